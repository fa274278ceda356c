"""study=backtest from the command line: tables, chart, words, shortcuts, and one message for every mistake."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecosim.data.errors import UserError
from ecosim.door.backtest import build_plan, spelled_out
from ecosim.door.backtest_summary import draw, print_summary
from ecosim.door.compose import compose
from ecosim.door.console import run
from ecosim.forecast.evaluation.outcome import Outcome
from ecosim.forecast.evaluation.skill import COLUMNS as SKILL

QUICK = ["study.samples=100", "study.origins=6", "models=[last_value,drift,nb_trend,ensemble]", "horizons=[1,2]"]
WRONG = [
    (["models=[last_valu]"], "did you mean 'last_value'"),
    (["models=[drift,ets]", "relative_to=last_value"], "not among study.models"),
    (["horizons=[]"], "study.horizons=[] is empty; give at least 1 value, study.horizons=[...]"),
    (["horizons=3"], "study.horizons=3: must be a list, study.horizons=[3]"),
    (["models=ets"], "study.models='ets': must be a list, study.models=[ets]"),
    (["models=[drift,ets,drift]"], "study.models: drift named more than once; name each method once"),
    (["horizons=[0]"], "greater than or equal to 1"),
    (["window=4"], "shorter than least_history"),
    (["targets=[frims]"], "did you mean 'firms'"),
    (["locations=[nowhere]"], "'nowhere' is not in the counts"),
    (["first=2015", "last=2010"], "is after last"),
    (["first=soon"], "no time"),
    (["least_history=90"], "data.path=my.csv: no origin"),
    (["models=[ets]", "least_history=90"], "data.path=my.csv: no origin"),
    (["study.horizn=3"], "did you mean 'horizons'"),
    (["+scenario=pinghu_2017"], "takes no scenario"),
    (["origin=2016"], "origin=2016: study=backtest does not use origin; its origins are times of the counts"),
    (["horizon=2025"], "does not use horizon; study.horizons=[1,2,3] says how many steps ahead"),
    (["members=20"], "does not use members; study.samples=1000 says"),
    (["policies=pinghu_2017"], "does not use policies; leave it out"),
    (["data.path=none.csv"], "no such file"),
]


@pytest.fixture
def counts(here: Path) -> Path:
    luck = np.random.default_rng(1)
    rows = []
    for place in ("甲", "B, C"):
        for target in ("firms", "visitors"):
            values = np.round(np.exp(5.0 + np.cumsum(0.05 + 0.1 * luck.standard_normal(20))))
            rows += [(place, target, 2000 + t, value, "count") for t, value in enumerate(values)]
    table = pd.DataFrame(rows, columns=["location", "target", "time", "value", "unit"])
    table.to_csv(here / "my.csv", index=False)
    return here


@pytest.mark.slow
def test_a_table_of_ones_own_is_evaluated_without_a_scenario(counts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["study=backtest", "data.path=my.csv", *QUICK]) == 0
    (home,) = (counts / "outputs" / "backtest").iterdir()
    scores = pd.read_csv(home / "scores.csv", dtype={"origin": str})
    wanted = ["model", "target", "location", "origin", "horizon", "score", "value"]
    assert list(scores.columns[:7]) == wanted
    assert set(scores["location"]) == {"甲", "B, C"}
    assert {"wis", "crps", "log_score", "coverage_50", "mape", "smape", "mase", "energy"} <= set(scores["score"])
    assert not scores["value"].isna().any()
    skill = pd.read_csv(home / "skill.csv")
    assert list(skill.columns[:8]) == [*wanted[:2], "horizon", "score", "relative_to", "value", "lower", "upper"]
    assert set(skill["target"]) == {"firms", "visitors", "all"}
    assert (home / "skill.png").stat().st_size > 10_000
    assert (home / "calibration.png").stat().st_size > 10_000
    said = capsys.readouterr().out
    assert "Best by relative WIS" in said.replace("\n", " ")
    assert "last_value" in said
    with sqlite3.connect(counts / "mlruns" / "mlflow.db") as base:
        assert base.execute("SELECT status FROM runs").fetchall() == [("FINISHED",)]
        assert base.execute("SELECT value FROM tags WHERE key = 'role'").fetchone()[0] == "backtest"
        artifacts = Path(base.execute("SELECT artifact_uri FROM runs").fetchone()[0].removeprefix("file://"))
    assert {"scores.csv", "skill.csv", "skill.png", "calibration.png"} <= {path.name for path in artifacts.iterdir()}


@pytest.mark.parametrize(("overrides", "message"), WRONG)
def test_a_mistake_is_one_message(
    counts: Path, capsys: pytest.CaptureFixture[str], overrides: list[str], message: str
) -> None:
    more = [] if any(text.startswith("data.path") for text in overrides) else ["data.path=my.csv"]
    assert run(["study=backtest", "tracking.enabled=false", *more, *overrides]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("ecosim: ") == 1
    assert "Traceback" not in said
    assert not (counts / "outputs").exists()


def test_a_backtest_without_any_forecast_is_one_message_and_keeps_the_reasons(
    counts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["study=backtest", "data.path=my.csv", "tracking.enabled=false", "study.origins=1", "models=[ensemble]"]
    assert run([*command, "study.samples=100", "targets=[firms]"]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert (
        "no method has a forecast of firms at any origin: ensemble (needs 2 other forecasts, has 0); name other" in said
    )
    assert "Traceback" not in said
    (home,) = (counts / "outputs" / "backtest").iterdir()
    assert str(home.relative_to(counts) / "missing.csv") in said
    assert set(pd.read_csv(home / "missing.csv")["reason"]) == {"needs 2 other forecasts, has 0"}
    assert not any(path.is_dir() for path in home.iterdir())  # so that the same command begins anew


@pytest.fixture(scope="module")
def race() -> Outcome:
    """Three methods at six horizons."""
    skill = [
        (model, "firms", horizon, "wis", "last_value", value, value, value, 9, 1, 9)
        for model, value in (("ets", 0.3), ("drift", 6011366824.0))
        for horizon in range(1, 7)
    ]
    summary = [
        (model, "firms", horizon, "coverage_90", 0.9, 0.0, 9, 1, 9)
        for model in ("last_value", "ets", "drift", "bass")
        for horizon in range(1, 7)
    ]
    columns = ["model", "target", "horizon", "score", "mean", "monte_carlo_error", "cells", "locations", "origins"]
    empty = pd.DataFrame({"model": []})
    return Outcome(
        scores=pd.DataFrame(columns=["model", "score"]),
        skill=pd.DataFrame(skill, columns=list(SKILL)),
        summary=pd.DataFrame(summary, columns=columns),
        tests=empty, forecasts=empty, missing=empty, warnings=empty, weights=empty,
        baseline="last_value", examined="ets", models=("last_value", "drift", "ets", "bass"), frequency="year",
    )  # fmt: skip


def test_the_printed_table_says_what_it_leaves_out_and_what_has_no_ratio(
    race: Outcome, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    print_summary(race, ("A verdict.",), tmp_path, 1.0)
    said = capsys.readouterr().out
    assert "not shown: 5, 6 years ahead; skill.csv has them" in said
    rows = [line.split()[1:7:2] for line in said.splitlines() if line.startswith("│")]
    assert rows == [
        ["ets", "0.30*", "0.30*"],
        ["last_value", "1.00", "1.00"],
        ["drift", "6e+09*", "6e+09*"],
        ["bass", "-", "-"],
    ]


def test_the_chart_counts_in_the_singular_and_names_what_has_no_ratio(
    race: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr("ecosim.figures.skill_chart", lambda *given: told.extend(given[2:4]))
    wis = race.summary[race.summary["horizon"] == 1].assign(score="wis", mean=1.0)
    draw(replace(race, skill=race.skill.assign(origins=1), summary=pd.concat([race.summary, wis])), tmp_path)
    assert "firms, 1 place, 1 origin; line" in told[1]
    assert told[1].endswith("; no ratio: bass")


@pytest.mark.parametrize(
    ("origins", "upper", "words"),
    [(9, 0.9, "ets is best, 70\u00a0% less"), (9, 1.1, "which may be luck"), (3, 0.9, "ets has 70\u00a0% less 1 year")],
)
def test_the_title_of_the_chart_claims_no_more_than_origins_and_interval_allow(
    race: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, origins: int, upper: float, words: str
) -> None:
    told: list[str] = []
    monkeypatch.setattr("ecosim.figures.skill_chart", lambda *given: told.extend(given[2:4]))
    draw(replace(race, skill=race.skill.assign(origins=origins, upper=upper)), tmp_path)
    assert words in told[0]


def test_the_studys_own_keys_have_a_short_form() -> None:
    assert spelled_out(["models=[ets]", "seed=3", "resume=x"]) == ["study.models=[ets]", "seed=3", "study.resume=x"]


def test_a_file_of_ones_own_is_taken_alone_unless_a_table_is_named() -> None:
    assert spelled_out(["data.path=my.csv"])[0] == "data=own"
    assert spelled_out(["data=china", "data.path=my.csv"]) == ["data=china", "data.path=my.csv"]


def test_without_data_the_provinces_are_evaluated_and_never_the_nation(here: Path) -> None:
    plan = build_plan(compose(["study=backtest"]), here)
    assert len(plan.locations) == 31
    assert "China" not in plan.locations
    assert plan.breaks["hightech_firms"] == ("2011", "2018")
    assert "seasonal_naive" not in plan.models
    assert "ensemble" in plan.models


def test_quarters_bring_the_seasonal_reference(here: Path) -> None:
    times = [f"{year}-Q{part}" for year in range(2010, 2014) for part in range(1, 5)]
    table = pd.DataFrame({"location": "A", "target": "firms", "time": times, "value": range(16)})
    table.to_csv(here / "quarters.csv", index=False)
    plan = build_plan(compose(spelled_out(["study=backtest", "data.path=quarters.csv"])), here)
    assert "seasonal_naive" in plan.models


def test_a_wrong_item_of_a_list_is_one_complaint() -> None:
    with pytest.raises(UserError) as told:
        compose(["study=backtest", "study.horizons=[0]"])
    assert str(told.value).splitlines() == ["study.horizons.0=0: must be greater than or equal to 1"]
