"""A recorded run that costs nothing: the fake forecast of the door's tests, as its folder."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from ecosim.publication.bundle import publish
from ecosim.publication.hub import Publisher
from ecosim.publication.recorded import Recorded

sys.path.insert(0, str(Path(__file__).parent))
LEVELS = (0.01, 0.025, *np.round(np.arange(0.05, 0.96, 0.05), 2), 0.975, 0.99)
YEARS = ("2017", "2018", "2019")
TARGETS = {"tech_sme_stock": 300.0, "tech_sme_new": 80.0}
MEMBERS = 40


def members(scenario: str, seed: int, origin: str, factor: float = 1.0) -> pd.DataFrame:
    luck = np.random.default_rng(seed)
    rows = [
        (scenario, "Pinghu", origin, year, target, member, factor * level * float(np.exp(0.1 * luck.normal())), "year")
        for target, level in TARGETS.items()
        for year in YEARS
        for member in range(MEMBERS)
    ]
    columns = ["scenario", "location", "origin", "time", "target", "member", "value", "frequency"]
    return pd.DataFrame(rows, columns=columns)


def quantiles(table: pd.DataFrame) -> pd.DataFrame:
    by = ["scenario", "location", "origin", "time", "target"]
    found = table.groupby(by, sort=False)["value"].quantile(list(LEVELS)).reset_index()
    return found.rename(columns={"level_5": "quantile"})


def write_run(folder: Path, seed: int = 1, origin: str = "2016-12", effect: float = 1.2) -> Path:
    """The folder of a run, as study=forecast leaves it, with few targets and years."""
    folder.mkdir(parents=True)
    ours, base = members("test", seed, origin, effect), members("national_rules", seed, origin)
    paired = ours.assign(value=ours["value"] - base["value"])
    known = [("Pinghu", "tech_sme_stock", "2015", 250.0), ("Pinghu", "tech_sme_stock", "2016", 279.0)]
    counts = pd.DataFrame(known, columns=["location", "target", "time", "value"])
    counts = counts.assign(unit="count", as_of=["2016", ""], source="made up")
    later = counts.iloc[:1].assign(time="2017", value=358.0, as_of="")
    walk = quantiles(base[base["target"] == "tech_sme_stock"]).assign(model="random_walk", basis="own")
    tables = {
        "forecast": quantiles(ours),
        "baseline_forecast": quantiles(base),
        "effect": quantiles(paired).assign(baseline="national_rules"),
        "references": walk,
        "observed": counts,
        "later": later,
        "basis": pd.DataFrame([("tech_sme_new", 61.0, "assumption", "2016", "a guess")],
                              columns=["target", "level", "basis", "time", "source"]),
        "coefficients": pd.DataFrame([("firm: exit", "age", -0.5, 0.1, "assumption: flat", "assumption")],
                                     columns=["equation", "term", "estimate", "std_error", "source", "kind"]),
    }  # fmt: skip
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
    pd.concat([ours, base]).to_parquet(folder / "members.parquet", index=False)
    (folder / "statements.txt").write_text("These counts cannot tell the instruments apart.\n", encoding="utf-8")
    settings = {
        "scenario": "test", "title": "a test package", "seed": seed, "members": MEMBERS, "origin": origin,
        "horizon": 2019, "baseline": "national_rules", "region": {"name": "Pinghu", "name_zh": "平湖"},
        "policies": {}, "study": {"name": "forecast", "targets": list(TARGETS)}, "execution": {"workers": None},
    }  # fmt: skip
    (folder / "config.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    provenance = {
        "command": ["ecosim", "+scenario=test", "title=two words"],
        "overrides": ["+scenario=test"], "seed": seed, "config_hash": "c" * 64,
        "data_hash": "d" * 64, "ecosim": "0.2.0", "git": {"commit": None, "dirty": None}, "python": "3.11.7",
        "packages": {"numpy": "2.4.6"}, "platform": "Linux", "processor": "x86_64",
        "made": "2017-01-15T10:00:00+00:00", "seconds": {},
    }  # fmt: skip
    (folder / "provenance.json").write_text(json.dumps(provenance), encoding="utf-8")
    return folder


PUBLISHER = Publisher("lab", ("Ada Lovelace",), "ada@example.org", "lab/hub", "CC-BY-4.0", "Asia/Shanghai")


@pytest.fixture
def publisher() -> Publisher:
    return PUBLISHER


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., Recorded]:
    def make(name: str = "2017-01-15T100000", **more: object) -> Recorded:
        return Recorded(write_run(tmp_path / "runs" / name, **more), name)  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle made once; do not write into it."""
    home = tmp_path_factory.mktemp("published")
    run = Recorded(write_run(home / "run"), "a" * 32)
    return publish(run, PUBLISHER, home / "bundle", lambda path: path.write_text("<html></html>")).folder


@pytest.fixture
def bundle(published: Path, tmp_path: Path) -> Path:
    """A copy of the bundle to write into."""
    return Path(shutil.copytree(published, tmp_path / "bundle"))
