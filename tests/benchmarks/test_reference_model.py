"""The reference model is the same model in every implementation."""

import importlib
import json
import re
import shutil

import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import c_kernel, ecosim_engine, large, spec

QUARTERS = 16
ADDED_UP = {"employment", "sales", "research", "knowledge"}  # heavy tails: their logs are compared


def histories(make, seeds, firms=1500):
    runs = []
    for seed in seeds:
        model = make(firms, seed)
        for _ in range(QUARTERS):
            model.step()
        runs.append(model.history)
    return np.array(runs)


@pytest.fixture(scope="module")
def engine():
    return histories(ecosim_engine.Model, range(24))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["numpy_columns", "mesa_tuned", "mesa_objects", "starsim_guide", "starsim_arrays"])
def test_every_implementation_agrees_in_distribution(name, engine):
    if name.startswith("starsim"):
        pytest.importorskip("starsim")
    module = importlib.import_module(f"benchmarks.{name}")
    other = histories(module.Model, range(100, 112) if name == "mesa_objects" else range(100, 124))
    for k, series in enumerate(spec.SERIES):
        flow = series in ("patents", "births", "deaths")
        ours, theirs = (run[:, :, k].sum(axis=1) if flow else run[:, -1, k] for run in (engine, other))
        if series in ADDED_UP:
            ours, theirs = np.log(ours), np.log(theirs)
        error = np.sqrt(ours.var(ddof=1) / ours.size + theirs.var(ddof=1) / theirs.size)
        assert abs(ours.mean() - theirs.mean()) < 4 * error, series


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler on this machine")
@pytest.mark.parametrize("firms", [300, 2500])  # less than a block, and some blocks with a rest
def test_the_c_kernel_gives_the_engines_numbers_bit_for_bit(firms):
    ours, theirs = ecosim_engine.Model(firms, 5), c_kernel.Model(firms, 5)
    for _ in range(QUARTERS):
        ours.step()
        theirs.step()
    assert ours.history == theirs.history
    assert ours.top == theirs.top
    for name, one, other in zip(ours.columns._fields, ours.columns, theirs.columns, strict=True):
        assert one[: ours.top].tobytes() == other[: ours.top].tobytes(), name


def test_the_order_of_rows_does_not_matter_to_the_engine():
    one, other = ecosim_engine.Model(700, 1), ecosim_engine.Model(700, 1)
    order = np.random.default_rng(0).permutation(700)
    for column in other.columns:
        column[:700] = column[:700][order]
    for model in (one, other):
        for _ in range(QUARTERS):
            model.step()
    assert np.array_equal(one.history, other.history)


def test_firms_balance(engine):
    firms, births, deaths = engine[:, :, 0], engine[:, :, 8], engine[:, :, 9]
    assert np.array_equal(firms[:, 1:], firms[:, :-1] + births[:, 1:] - deaths[:, 1:])


def test_the_command_writes_a_row_for_each_implementation(tmp_path):
    target = tmp_path / "speed.json"
    only = ["numpy_columns", "ecosim_engine"]
    assert command.main(["--firms", "300", "--repeats", "1", "--only", *only, "--json", str(target)]) == 0
    rows = json.loads(target.read_text())
    assert {row["implementation"] for row in rows} == {"NumPy columns", "ecosim"}
    assert all(row["firms"] == 300 and row["ns_per_firm_step"] > 0 for row in rows)


def test_the_command_says_what_runs_and_how_wide_the_processors_vectors_are(capsys):
    assert command.main(["--firms", "300", "--repeats", "2", "--only", "numpy_columns"]) == 0
    told = capsys.readouterr()
    assert told.err.splitlines()[-1] == "run 2 of 2: NumPy columns, 300 firms"
    assert command.vectors() in told.out.splitlines()[0]


@pytest.mark.parametrize("model", [[], ["--whole"]])
def test_many_firms_in_one_process_are_measured(model, capsys):
    assert large.main(["--firms", "600", "--quarters", "2", *model]) == 0
    assert "bytes of state a row" in capsys.readouterr().out


def test_both_models_are_measured_in_alternation_on_the_same_firms(monkeypatch, capsys):
    monkeypatch.setattr(large, "SECONDS", 0.1)
    assert large.main(["--firms", "600", "--quarters", "2", "--ratio"]) == 0
    few, many, times = map(float, re.findall(r"(?<!\d)\d+\.\d", capsys.readouterr().out))
    assert many > few
    assert times == pytest.approx(many / few, rel=0.5)  # of medians, where the one told is the median of ratios
