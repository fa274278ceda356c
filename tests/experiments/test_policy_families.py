"""The experiment on policy families: equal costs are equal, and its tables come out of a sweep."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scripts import load

from ecosim.door.library import Library

FOLDER = Path(__file__).parents[2] / "experiments" / "policy_families"


balance, summarize = load("policy_families", "balance"), load("policy_families", "summarize")


@pytest.mark.slow
def test_talent_first_and_subsidy_first_cost_the_same_within_two_percent() -> None:
    more = ["members=200", "workers=1"]  # as many as the page states: members differ in what is delivered
    job, outlook = balance.foresee([f"+scenario={balance.FIXED}", *more])
    fixed = balance.outlay(job, outlook, [f"+scenario={balance.FIXED}", *more])
    scaled = balance.outlay(job, outlook, [f"+scenario={balance.SCALED}", *more])
    assert fixed > 0
    assert scaled == pytest.approx(fixed, rel=0.02)


def test_the_factor_is_found_where_cost_rises_with_it() -> None:
    told: list[str] = []
    factor = balance.solve(lambda f: 100 * min(f, 6.0) ** 1.5, 900.0, told.append)
    assert 100 * factor**1.5 == pytest.approx(900.0, rel=balance.CLOSE)
    assert len(told) < 12


@pytest.mark.parametrize("cost", [lambda factor: 100.0, lambda factor: 0.0, lambda factor: 100 * min(factor, 2.0)])
def test_a_cost_that_no_factor_reaches_is_one_message(cost) -> None:
    with pytest.raises(balance.BalanceError, match="no factor up to 64"):
        balance.solve(cost, 900.0, lambda line: None)


def test_the_factor_is_written_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "talent_first.yaml"
    text = Library().scenario("talent_first").read_text(encoding="utf-8")
    path.write_text(text, encoding="utf-8")
    balance.write(path, 3.25)
    lines = path.read_text(encoding="utf-8").splitlines()
    changed = [line for line, before in zip(lines, text.splitlines(), strict=True) if line != before]
    assert changed == ["  talent: 3.25  # found by: python experiments/policy_families/balance.py --write"]


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    """Runs of all scenarios with three members; each adds its number to what the baseline has."""
    names = [summarize.RULES, summarize.WHOLE, *summarize.PAIR]
    names += [name for name in Library().options("scenario") if name.startswith(summarize.LEFT_OUT)]
    for number, name in enumerate(names):
        home = tmp_path / name / "2026-01-01T000000"
        home.mkdir(parents=True)
        rows = [("hnte_stock", time, m, 100.0 * m + number) for time in ("2024", "2025") for m in range(3)]
        table = pd.DataFrame(rows, columns=["target", "time", "member", "value"])
        table.assign(scenario=name, frequency="year").to_parquet(home / "members.parquet")
        costs = pd.DataFrame({"instrument": ["x", "package"], "year": ["all", "all"], "outlay": [1.0, 4200.0]})
        costs.to_csv(home / "costs.csv", index=False)
    return tmp_path


def test_findings_are_paired_differences_in_the_last_year(outputs: Path) -> None:
    text = summarize.table(outputs)
    assert "| `pinghu_2017` | 42 | +1 (+1 to +1) |" in text
    assert "| `talent_first` less `subsidy_first` | 42 | −1 (−1 to −1) |" in text
    assert text.count("pinghu_without_") == 8


def test_a_scenario_that_was_not_run_is_named(outputs: Path) -> None:
    (outputs / "talent_first" / "2026-01-01T000000" / "costs.csv").unlink()
    with pytest.raises(summarize.SummaryError, match="talent_first"):
        summarize.table(outputs)


def test_runs_with_other_members_are_not_compared(outputs: Path) -> None:
    path = outputs / "talent_first" / "2026-01-01T000000" / "members.parquet"
    table = pd.read_parquet(path)
    table[table["member"] > 0].to_parquet(path)
    with pytest.raises(summarize.SummaryError, match="different members"):
        summarize.table(outputs)


def test_the_readme_names_every_scenario_of_the_sweep() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    command = next(line for line in text.splitlines() if "--multirun" in line)
    swept = command.partition("+scenario=")[2].split(",")
    left_out = [name for name in Library().options("scenario") if name.startswith(summarize.LEFT_OUT)]
    assert sorted(swept) == sorted([summarize.RULES, summarize.WHOLE, *summarize.PAIR, *left_out])
    assert np.unique(swept).size == len(swept)
