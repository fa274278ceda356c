"""What the command line says of itself: in general, and of each thing that can be chosen."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ecosim.door.console import run
from ecosim.door.library import GROUPS, Library


def test_the_help_lists_everything_and_loads_nothing_heavy(here: Path) -> None:
    code = (
        "import sys; from ecosim.door.console import run; assert run(['--help']) == 0; "
        "names = {'mesa', 'mlflow', 'statsmodels', 'matplotlib', 'hydra', 'numba', 'pandas', 'numpy'}; "
        "heavy = names & set(sys.modules); "
        "assert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    for word in (
        "pinghu_2017",
        "How do Pinghu's",
        "inner_mongolia",
        "national_rules",
        "forecast",
        "members=50",
        "tracking.enabled=false",
    ):
        assert word in done.stdout


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_a_reader_that_goes_away_is_no_fault(here: Path, option: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "ecosim", option]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


def test_alone_it_lists_what_can_be_run(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 0
    assert "+scenario=<name>" in capsys.readouterr().out
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("ecosim ")


@pytest.mark.parametrize(
    ("named", "words"),
    [
        (["study=backtest"], ["study=backtest: its settings: study.<setting>=<value>", "horizons: [1, 2, 3]  # steps"]),
        (["+scenario=talent_first"], ["scenario=talent_first", "# What does a package add"]),
        (["--multirun", "+scenario=talent_first,subsidy_first"], ["scenario=talent_first", "scenario=subsidy_first"]),
        (["+scenario=pinghu_2017", "region=anhui"], ["scenario=pinghu_2017", "region=anhui", "name_zh: 安徽"]),
        (["policies=pinghu_2017"], ["~policies.<row> removes one", "hnte_award:"]),
        (["ui"], ["ecosim ui --port 5001"]),
        (["members=3"], ["Scenarios", "Overrides worth knowing"]),
    ],
)
def test_help_is_about_what_is_named_beside_it(
    here: Path, capsys: pytest.CaptureFixture[str], named: list[str], words: list[str]
) -> None:
    assert run([*named, "--help"]) == 0
    told = capsys.readouterr().out
    assert all(word in told for word in words), told
    assert not list(here.iterdir())


def test_help_on_a_name_that_is_not_there_says_which_ones_are(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["study=bcktest", "--help"]) == 2
    assert "did you mean 'backtest'?" in capsys.readouterr().err


def test_help_tells_of_every_choice(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = Library()
    for group in GROUPS:
        for name in library.options(group):
            assert run([f"{group}={name}", "--help"]) == 0
            told = capsys.readouterr().out
            assert told.startswith(f"{group}={name}: ")
            assert library.question(group, name)[:40] in told
