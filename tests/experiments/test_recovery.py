"""The experiment on recovery: a stopped run goes on from its finished seeds; a row for each coefficient."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scripts import EXPERIMENTS, load

from ecosim.forecast import recovery


@pytest.fixture
def check():
    return load("recovery", "check")


def compared(seed):
    return pd.DataFrame({
        "equation": ["exit", "stop"], "term": ["size", "constant"], "truth": [-0.16, -4.4], "estimate": [-0.15, -4.5],
        "std_error": [0.05, 0.1], "z": [0.2 + seed, -1.0], "inside_90": [True, seed % 2 == 0],
    })  # fmt: skip


def test_a_finished_seed_is_not_simulated_again(tmp_path, monkeypatch):
    made = []
    monkeypatch.setattr(recovery, "fit_all", lambda records: made.append(records))
    monkeypatch.setattr(recovery, "compare", lambda fits, truth: compared(3))
    monkeypatch.setattr(recovery, "record", lambda model, quarters: quarters)
    region = load("recovery", "check").REGION
    first = recovery.recover(60, 2, region, tmp_path, 3)
    pd.testing.assert_frame_equal(first, recovery.recover(60, 2, region, tmp_path, 3))
    assert made == [2]


@pytest.mark.slow
def test_the_command_spreads_its_seeds_over_two_processes(tmp_path):
    command = [
        sys.executable,
        EXPERIMENTS / "recovery" / "check.py",
        "--seeds",
        "2",
        "--firms",
        "500",
        "--quarters",
        "8",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "largest mean z" in done.stdout, done.stderr
    table = pd.read_csv(tmp_path / "outputs" / "recovery" / "recovery.csv")
    assert (table["seeds"] == 2).all()


def test_the_table_has_a_row_for_each_coefficient(check):
    table = check.summarize(pd.concat([compared(0), compared(1)])).set_index(["equation", "term"])
    assert table.loc[("exit", "size"), "mean z"] == pytest.approx(0.7)
    assert table.loc[("exit", "size"), "sd of z"] == pytest.approx(np.sqrt(0.5))
    assert table.loc[("stop", "constant"), "coverage"] == 0.5
    assert (table["seeds"] == 2).all()
