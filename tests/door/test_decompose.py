"""study=decompose from the command line: its settings, its files, its words, its mistakes."""

from pathlib import Path

import pandas as pd
import pytest

from ecosim.door.build import build_job
from ecosim.door.compose import compose
from ecosim.door.console import run
from ecosim.door.library import ConfigError
from ecosim.door.run import run_scenario

COMMAND = ["+scenario=pinghu_2017", "study=decompose", "members=3", "tracking.enabled=false"]


def test_members_of_the_study_go_before_those_of_the_settings() -> None:
    job = build_job(compose([*COMMAND, "study.members=7", "study.permutations=4", "study.year=2020"]), Path.cwd())
    assert (job.members, job.decompose.permutations, job.decompose.years) == (7, 4, (2020,))
    usual = build_job(compose(COMMAND), Path.cwd())
    assert (usual.members, usual.decompose.years) == (3, None)
    assert build_job(compose(["+scenario=pinghu_2017"]), Path.cwd()).decompose is None


def test_a_run_leaves_its_table_chart_and_section(here: Path, fake: None) -> None:
    home = run_scenario(COMMAND).folder
    table = pd.read_csv(home / "decomposition.csv")
    assert set(table["group"]) == {"package", "service", "talent"}
    assert (home / "decomposition.png").stat().st_size > 10_000
    assert (home / "costs.csv").is_file()
    page = (home / "report.html").read_text(encoding="utf-8")
    assert "What each line of work adds" in page
    assert "服务体系" in page
    assert "no bound" in page
    assert "prior effect" in page


def test_a_forecast_has_no_decomposition(here: Path, fake: None) -> None:
    home = run_scenario(["+scenario=pinghu_2017", "members=3", "tracking.enabled=false"]).folder
    assert not (home / "decomposition.csv").exists()
    assert "What each line of work adds" not in (home / "report.html").read_text(encoding="utf-8")


def test_the_last_lines_say_who_adds_what(here: Path, fake: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(COMMAND) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "of the package's +10 (+9 to +11) firms" in printed
    assert "Service system +6 (+5 to +7), 60 %; Talent +4 (+3 to +5), 40 %." in printed


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("study.permutations=1", "study.permutations=1: must be greater than or equal to 2"),
        ("study.members=1", "study.members"),
        ("study.year=2016", "study.year 2016 is not forecast; give a year from 2017 to 2025, or null"),
        ("study.year=2026", "study.year 2026 is not forecast"),
        ("study.permutation=4", "permutations"),
        ("study.targets=hnte_stock", "study.targets"),
    ],
)
def test_a_mistake_is_one_message(override: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        compose([*COMMAND, override])
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
