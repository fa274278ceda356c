"""posterior=<run>: a forecast draws from a calibration of the same facts, says so everywhere, and refuses any other."""

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import fake_job
import numpy as np
import pandas as pd
import pytest
from test_calibrate_study import FakePosterior

import ecosim.forecast.posterior  # before the forecast is replaced
from ecosim.door import calibrating
from ecosim.door.console import run
from ecosim.door.posteriors import DRAWS, FACTS
from ecosim.door.reporting import drawn_from
from ecosim.door.reproduce import run_reproduce
from ecosim.door.run import run_scenario
from ecosim.forecast.drawn import Drawn
from ecosim.forecast.drawn_told import members

CALIBRATE = ["+scenario=pinghu_2017", "study=calibrate", "origin=2018-12", "tracking.enabled=false"]
FORECAST = ["+scenario=pinghu_2017", "origin=2018-12", "horizon=2020", "members=4"]
QUIET = [*FORECAST, "tracking.enabled=false"]


@pytest.fixture
def posterior(here: Path, fake: None, monkeypatch: pytest.MonkeyPatch) -> str:
    """The folder of a calibration, from the working directory; the forecasts that follow cost nothing."""
    monkeypatch.setattr(ecosim.forecast.posterior, "run", FakePosterior([]).run)
    return str(calibrating.run_calibration(CALIBRATE).folder.relative_to(here))


@pytest.fixture
def jobs(posterior: str, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Jobs that are run."""
    seen: list[Any] = []
    real = fake_job.run
    monkeypatch.setattr(fake_job, "run", lambda job, progress: seen.append(job) or real(job, progress))
    return seen


def test_members_are_given_the_draws_and_the_run_says_where_they_come_from(posterior: str, jobs: list[Any]) -> None:
    home = run_scenario([*QUIET, f"posterior={posterior}"]).folder
    (job,) = jobs
    assert job.posterior.names == ("start.hnte_stock",)
    assert job.posterior.origin == "2018-12"
    assert job.calibrated.where == f"run {Path(posterior).name}"
    assert job.calibrated.identification["parameter"].tolist()[0] == "start.hnte_stock"
    told = json.loads((home / "provenance.json").read_text(encoding="utf-8"))["posterior"]
    made = json.loads((Path(posterior) / "provenance.json").read_text(encoding="utf-8"))
    assert told["run"] == Path(posterior).name
    assert (told["origin"], told["data_hash"]) == ("2018-12", made["data_hash"])
    assert (home / DRAWS).read_bytes() == (Path(posterior) / DRAWS).read_bytes()
    assert f"run {told['run']}, origin 2018-12" in (home / "report.html").read_text(encoding="utf-8")


def test_without_it_members_draw_from_the_priors(jobs: list[Any]) -> None:
    run_scenario(QUIET)
    assert jobs[0].posterior is None


def test_mlflow_can_be_asked_for_forecasts_from_a_posterior(here: Path, posterior: str, store: Path) -> None:
    shutil.copytree(store, here / "mlruns")
    found = run_scenario([*FORECAST, f"posterior={posterior}"])
    with sqlite3.connect(here / "mlruns" / "mlflow.db") as base:
        tags = dict(base.execute("SELECT key, value FROM tags WHERE run_uuid = ?", (found.run_id,)).fetchall())
        params = dict(base.execute("SELECT key, value FROM params WHERE run_uuid = ?", (found.run_id,)).fetchall())
    assert tags["posterior_run"] == Path(posterior).name
    assert tags["posterior_origin"] == "2018-12"
    assert params["posterior"] == posterior


def test_it_is_made_again_from_its_own_copy_of_the_draws(here: Path, posterior: str, jobs: list[Any]) -> None:
    home = run_scenario([*QUIET, f"posterior={posterior}"]).folder
    shutil.rmtree(here / posterior)
    found = run_reproduce(["study=reproduce", f"run={home.relative_to(here)}"])
    assert found.same, found.sentences
    assert jobs[0].posterior.values.tolist() == jobs[1].posterior.values.tolist()
    assert jobs[1].posterior.run == Path(posterior).name


def test_a_stopped_forecast_goes_on_with_its_own_draws_and_not_with_others(
    here: Path, posterior: str, jobs: list[Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = fake_job.run
    monkeypatch.setattr(fake_job, "run", lambda job, progress: (_ for _ in ()).throw(KeyboardInterrupt))
    assert run([*QUIET, f"posterior={posterior}"]) == 130
    monkeypatch.setattr(fake_job, "run", real)
    (home,) = {path.parents[1] for path in (here / "outputs").glob("pinghu_2017/*/members/key.json")}
    copy = here / posterior
    table = pd.read_parquet(copy / DRAWS)
    table.assign(**{"start.hnte_stock": 0.3}).to_parquet(copy / DRAWS)  # another calibration under the same name
    assert run([f"resume={home.relative_to(here)}", f"posterior={posterior}"]) == 2
    assert "was begun with other settings (posterior)" in capsys.readouterr().err
    assert run([f"resume={home.relative_to(here)}"]) == 0
    assert jobs[-1].posterior.values.tolist() == [[0.1]]


WRONG = [
    (["origin=2018-06"], "its origin 2018-12 is after 2018-06, so it knows what this forecast must not know"),
    (["region=jiaxing"], "it is of Pinghu, and this forecast is of Jiaxing"),
    (["behaviors.exit.mature.mean=-4.0"], "it rests on other parameters (behaviors)"),
    (["delivery_sd=0.2"], "it rests on other parameters (delivery_sd)"),
    (["data.path=more.csv"], "the counts known at its origin 2018-12 were others"),
    (["region.firms=5000"], "it is of another description of Pinghu (firms)"),
    (["study=stylised_facts"], "posterior is what members of study=forecast and study=decompose draw from"),
    (["posterior=nothere"], "no run 'nothere'"),
    (["posterior={forecast}"], "is of study=forecast; name a run of study=calibrate"),
]


@pytest.mark.parametrize(("words", "says"), WRONG, ids=[words[0] for words, _ in WRONG])
def test_a_posterior_of_other_facts_is_refused_in_one_message(
    here: Path, posterior: str, words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "more.csv").write_text("location,target,time,value\nPinghu,births,2016,90\n", encoding="utf-8")
    if "{forecast}" in words[0]:
        words = [words[0].replace("{forecast}", str(run_scenario(QUIET).folder.relative_to(here)))]
    capsys.readouterr()
    assert run([*QUIET, f"posterior={posterior}", *words]) == 2
    told = capsys.readouterr().err
    assert says in told
    assert "Traceback" not in told


def test_a_posterior_of_other_equations_or_another_version_is_refused(
    here: Path, posterior: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = here / posterior / FACTS
    facts = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(facts | {"source": "another"}), encoding="utf-8")
    assert run([*QUIET, f"posterior={posterior}"]) == 2
    assert "its equations are of another version of ecosim; calibrate again" in capsys.readouterr().err
    file.unlink()
    assert run([*QUIET, f"posterior={posterior}"]) == 2
    assert "holds no posterior.json, so it did not finish" in capsys.readouterr().err


def test_a_posterior_of_an_instrument_that_the_package_lacks_is_refused_unless_it_was_taken_out(
    here: Path, posterior: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*QUIET, f"posterior={posterior}", "~policies.discovery_visits"]) == 0
    file = here / posterior / FACTS
    facts = json.loads(file.read_text(encoding="utf-8"))
    facts["parameters"].append("moon_base")
    file.write_text(json.dumps(facts), encoding="utf-8")
    assert run([*QUIET, f"posterior={posterior}"]) == 2
    assert "it knows moon_base, which the package has not" in capsys.readouterr().err


def test_the_report_begins_with_where_the_parameters_come_from_and_leaves_their_names_for_later() -> None:
    names = ("certification.reach", "discovery_visits", "origin.hnte_stock")
    drawn = Drawn(names, np.zeros((2, 3)), np.full(2, 0.5), "2018-12", "1a2b3c4d")
    (head,) = drawn_from(["Something else.", members(drawn, drawn)])
    assert head.startswith(
        "Members draw 2 parameters together from the weighted posterior of run 1a2b3c4d, origin 2018-12, not from the "
        "priors; all others are drawn from their priors."
    )
    assert "discovery_visits" not in head
    (updated,) = drawn_from([f"Forecast from 2018-12: {members(drawn, drawn)}"])
    assert updated == head
