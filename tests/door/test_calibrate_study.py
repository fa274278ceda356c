"""study=calibrate: settings are checked, what was found stands in its folder, and a stale calibration is never used."""

import io
import shutil
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from rich.console import Console

from ecosim.door import calibrated, calibrating
from ecosim.door.build import build_job
from ecosim.door.compose import compose
from ecosim.door.console import run
from ecosim.door.library import ConfigError

SCENARIO = ["+scenario=pinghu_2017", "study=calibrate"]
QUIET = [*SCENARIO, "tracking.enabled=false"]


def table() -> pd.DataFrame:
    names = ["start.hnte_stock", "certification.foreign", "discovery_visits"]
    return pd.DataFrame({
        "parameter": names, "prior_sd": [0.4, 0.3, 0.5], "posterior_sd": [0.2, 0.29, 0.5],
        "contraction": [0.5, 0.03, 0.0],
        "verdict": ["the data narrow the prior by 50%", *["not identified by these data"] * 2],
        "prior_mean": 0.0, "posterior_mean": [0.1, 0.0, 0.0], "lower": -0.5, "upper": 0.5,
        "kind": "assumption", "source": "made up",
    })  # fmt: skip


@dataclass(frozen=True)
class FakePosterior:
    """What the study calls, without a simulation."""

    tasks: list[Any]

    def run(self, task: Any, progress: Any) -> Any:
        from ecosim.forecast.posterior.job import Found

        self.tasks.append(task)
        progress("simulations", 1, 1)
        fits = pd.DataFrame([("tech_sme_new 2017", 79.0, 82.0, 60.0, 104.0, True, True),
                             ("patents_granted 2021", 1394.0, 11420.0, 1250.4, 23456.7, True, True)],
                            columns=["count", "observed", "median", "lower", "upper", "inside_90", "used"])  # fmt: skip
        one = pd.DataFrame({"generation": [0], "tolerance": [1.0], "simulations": [20], "acceptance": [1.0]})
        estimates = pd.DataFrame({"equation": ["posterior by simulation"], "term": ["start.hnte_stock"],
                                  "estimate": [0.1], "std_error": [0.2], "source": ["made up"]})  # fmt: skip
        draws = pd.DataFrame({"draw": [0], "weight": [1.0], "start.hnte_stock": [0.1]})
        empty = pd.DataFrame()
        return Found(estimates, empty, empty, table(), empty, empty, empty, draws, fits, one,
                     ("2 of 3 parameters are not identified by these data.",), "2016-12", None, {})  # fmt: skip


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    tasks: list[Any] = []
    import ecosim.forecast.posterior

    monkeypatch.setattr(ecosim.forecast.posterior, "run", FakePosterior(tasks).run)
    assert "ecosim.forecast.posterior" in sys.modules
    return tasks


def test_tables_draws_and_chart_stand_at_the_root_of_the_folder(here: Path, fake, capsys) -> None:
    assert run(QUIET) == 0
    (home,) = (here / "outputs" / "pinghu_2017").iterdir()
    names = {path.name for path in home.iterdir()}
    assert names >= {"coefficients.csv", "identification.csv", "posterior.parquet", "identification.png",
                     "fits.csv", "statements.txt", "config.yaml", "provenance.json"}  # fmt: skip
    found = pd.read_csv(home / "identification.csv")
    assert found.columns.tolist()[:5] == ["parameter", "prior_sd", "posterior_sd", "contraction", "verdict"]
    said = capsys.readouterr().out
    assert "not identified" in said
    assert "tech_sme_new 2017" in said
    assert all(number in said for number in ("1,394", "11,420", "(1,250 to 23,457)"))
    assert "e+0" not in said


def test_a_run_is_told_to_mlflow(here: Path, fake, store: Path) -> None:
    shutil.copytree(store, here / "mlruns")
    outcome = calibrating.run_calibration([*SCENARIO, "seed=3"])
    assert outcome.run_id
    assert outcome.problem == ""
    (logged,) = (here / "mlruns").rglob("identification.csv")
    assert logged.parent.name == "artifacts"


def test_a_forecast_of_the_same_facts_finds_the_calibration_and_one_of_others_does_not(here: Path, fake) -> None:
    assert run(QUIET) == 0

    def found(*overrides: str) -> Any:
        composed = compose(["+scenario=pinghu_2017", *overrides])
        return calibrated.with_calibration(build_job(composed, here), composed, here).calibrated

    same = found("members=7", "horizon=2020")
    assert same is not None
    assert same.identification["parameter"].tolist() == table()["parameter"].tolist()
    assert same.where.startswith("outputs/.calibrations/")
    assert found("origin=2018-06") is None
    assert found("policies.hnte_award.amount=30") is None
    assert found("behaviors.exit.mature.mean=-4.0") is None
    (here / "more.csv").write_text("location,target,time,value\nPinghu,births,2016,90\n", encoding="utf-8")
    assert found("data.path=more.csv") is None  # another count known at the origin


def test_a_changed_equation_makes_the_calibration_stale(here: Path, fake, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(QUIET) == 0
    composed = compose(["+scenario=pinghu_2017"])
    job = build_job(composed, here)
    assert calibrated.with_calibration(job, composed, here).calibrated is not None
    from ecosim.calibration.simulation import kept

    real = kept.key_of
    monkeypatch.setattr(kept, "key_of", lambda *given: real(*given) | {"source": "another"})
    assert calibrated.with_calibration(job, composed, here).calibrated is None


def test_workers_tracking_and_length_do_not_make_it_stale_and_the_seed_does(here: Path) -> None:
    first = compose(QUIET)
    data = calibrated.data_hash(build_job(first, here))

    def where(*overrides: str) -> Path:
        return calibrated.folder_of_study(compose([*SCENARIO, *overrides]), data, here)

    assert where("workers=2", "members=9", "tracking.enabled=false") == calibrated.folder_of_study(first, data, here)
    assert where("study.simulations=900", "study.generations=3") == where()  # a longer run goes on from a shorter
    assert where("seed=5") != where()
    assert where("study.population=50") != where()


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("study.simulations=100", "fewer than population 300"),
        ("study.population=5", "study.population"),
        ("study.parameters=[discovery_visit]", "no instrument 'discovery_visit'"),
        ("study.parameters=[certification.foriegn]", "no coefficient 'foriegn'"),
    ],
)
def test_a_mistake_is_one_message(here: Path, capsys, override: str, says: str) -> None:
    assert run([*QUIET, override]) == 2
    told = capsys.readouterr().err
    assert says in told
    assert "Traceback" not in told


def test_it_needs_a_scenario(here: Path) -> None:
    with pytest.raises(ConfigError, match="no scenario"):
        calibrating.run_calibration(["study=calibrate"])


def test_two_processes_do_not_work_on_the_same_calibration(here: Path, fake, capsys) -> None:
    composed = compose(QUIET)
    data = calibrated.data_hash(build_job(composed, here))
    with calibrated.held(calibrated.folder_of_study(composed, data, here)):
        assert run(QUIET) == 2
    assert "another process calibrates" in capsys.readouterr().err


def test_a_simulation_that_cannot_be_kept_is_one_message(here: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    import ecosim.forecast.posterior

    def full(*_: Any) -> Any:
        raise OSError(28, "No space left on device", "simulations.jsonl")

    monkeypatch.setattr(ecosim.forecast.posterior, "run", full)
    assert run(QUIET) == 2
    told = capsys.readouterr().err
    assert "the disk is full" in told
    assert "Traceback" not in told


def test_the_task_frees_what_the_scenario_has(here: Path, fake) -> None:
    assert run(QUIET) == 0
    (task,) = fake
    assert "discovery_visits" in task.free
    assert "certification.foreign" in task.free
    assert replace(task, free=()).plan.cap == 3000


def test_a_count_outside_the_posterior_is_marked_in_words_too():
    columns = ["count", "used", "observed", "median", "lower", "upper", "inside_90"]
    rows = [
        ("patents_granted 2021", True, 2900.0, 2000.0, 1312.0, 2833.0, False),
        ("b", True, 3.0, 2.0, 1.0, 6.0, True),
    ]
    page = io.StringIO()
    Console(file=page, width=120).print(calibrating._fits(SimpleNamespace(fits=pd.DataFrame(rows, columns=columns))))
    first, second = [line for line in page.getvalue().splitlines() if " to " in line and "median" not in line]
    assert "outside: 2,900" in first
    assert "outside" not in second
