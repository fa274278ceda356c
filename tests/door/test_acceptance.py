"""The study of stylised facts: files, table, exit code and the run in MLflow."""

import json
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecosim.door.acceptance import build_suite, run_facts
from ecosim.door.compose import compose
from ecosim.door.console import run
from ecosim.facts import suite as suites
from ecosim.facts.register import FACTS, REPORTED
from ecosim.facts.verdict import table

COMMAND = ["study=stylised_facts", "study.seeds=5", "study.firms=2000"]
QUIET = [*COMMAND, "tracking.enabled=false"]
COLUMNS = (
    "fact", "name", "kind", "target", "lower", "upper", "value", "standard_error", "seeds", "tolerance", "verdict",
    "reason", "source",
)  # fmt: skip


@pytest.fixture
def measured(monkeypatch):
    """Puts made values in the place of the simulation; give those that differ from the middle of their bands."""

    def put(**values):
        middle = {
            fact.measure: 0.0 if fact.kind == REPORTED else np.clip(0.5, fact.lower, fact.upper) for fact in FACTS
        }

        def run_made(suite, progress):
            facts = table([middle | values] * suite.seeds)
            rows = [(row["fact"], row["measure"], 0, row["value"]) for row in facts.to_dict("records")]
            progress("seeds", suite.seeds, suite.seeds)
            return facts, pd.DataFrame(rows, columns=["fact", "measure", "seed", "value"])

        monkeypatch.setattr(suites, "run", run_made)

    return put


def test_the_verdicts_stand_in_the_output_folder_and_on_the_screen(here: Path, measured, capsys) -> None:
    measured(net_entry=0.1)
    assert run(QUIET) == 0
    shown = capsys.readouterr().out
    assert "M16 fails: " in shown
    assert "calibration check" in shown
    (folder,) = (here / "outputs" / "stylised_facts").iterdir()
    assert {path.name for path in folder.iterdir()} == {
        "config.yaml", "provenance.json", "stylised_facts.csv", "stylised_facts_by_seed.csv", "stylised_facts.png",
    }  # fmt: skip
    written = pd.read_csv(folder / "stylised_facts.csv")
    assert set(COLUMNS) <= set(written.columns)
    assert written.loc[written["verdict"] == "fail", "fact"].tolist() == ["M16"]
    assert json.loads((folder / "provenance.json").read_text(encoding="utf-8"))["seed"] == 2017


def test_two_facts_may_fail_and_three_may_not(here: Path, measured, capsys) -> None:
    measured(net_entry=0.1, entry_rate=0.3, performers=0.9)
    assert run(QUIET) == 1
    error = capsys.readouterr().err
    assert "3 facts fail (M5, M6, M16); at most 2 may" in error
    measured(net_entry=0.1, performers=0.9, performers_large=0.2)
    assert run(QUIET) == 0


def test_no_scenario_is_needed_and_one_may_be_given() -> None:
    assert build_suite(compose(COMMAND)).seeds == 5
    suite = build_suite(compose([*COMMAND, "+scenario=pinghu_2017", "region=anhui", "behaviors.entry.growth.mean=0.0"]))
    assert suite.region.name == "Anhui"
    assert "hnte_award" in suite.policies
    assert suite.behaviors["entry"]["growth"]["mean"] == 0.0


def test_the_run_is_logged_as_an_acceptance(here: Path, measured, tmp_path_factory) -> None:
    from ecosim.tracking import open_store

    made = tmp_path_factory.mktemp("store")
    open_store(made)
    shutil.copytree(made / "mlruns", here / "mlruns")
    measured(net_entry=0.1)
    outcome = run_facts(COMMAND)
    assert outcome.run_id
    with sqlite3.connect(here / "mlruns" / "mlflow.db") as base:
        tags = dict(base.execute("SELECT key, value FROM tags"))
        metrics = dict(base.execute("SELECT key, value FROM metrics"))
        status = base.execute("SELECT status FROM runs").fetchall()
    assert (tags["role"], tags["study"]) == ("acceptance", "stylised_facts")
    assert metrics["facts_failing"] == 1.0
    assert status == [("FINISHED",)]
    assert list((here / "mlruns").rglob("stylised_facts.csv"))


@pytest.mark.slow
def test_the_numbers_do_not_depend_on_the_workers(here: Path) -> None:
    one, two = (run_facts([*QUIET, f"workers={workers}"]).facts for workers in (1, 2))
    pd.testing.assert_frame_equal(one, two)
    assert np.isfinite(one["value"]).all()
