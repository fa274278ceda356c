"""The tutorial is followed as a reader would: files are written, commands run, the county is in the results."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest
import yaml

from ecosim.policies.shelf import GROUPS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorial.md"
COUNTY = "云溪县"
BLOCK = re.compile(r"(?:^`(?P<path>[^`\n]+)`\n\n)?^```(?P<kind>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


class Step(NamedTuple):
    """A fenced block of the page: a file to write (path) or commands to run."""

    path: str | None
    kind: str
    body: str


def steps() -> list[Step]:
    return [Step(**found.groupdict()) for found in BLOCK.finditer(PAGE.read_text(encoding="utf-8"))]


def test_every_block_of_the_page_is_a_command_or_a_named_file() -> None:
    assert len(steps()) == PAGE.read_text(encoding="utf-8").count("\n```\n")
    assert {step.kind for step in steps() if step.path is None} == {"bash"}
    assert {step.kind for step in steps() if step.path} == {"yaml", "csv"}


def test_the_page_asks_for_a_dozen_rows() -> None:
    (table,) = (step.body for step in steps() if step.kind == "csv")
    assert len(table.strip().splitlines()) - 1 == 12


def test_the_instruments_of_page_and_template_name_their_line_of_work() -> None:
    (page,) = (step.body for step in steps() if step.path and "scenario/" in step.path)
    template = (ROOT / "experiments" / "my_county" / "scenario" / "my_county.yaml").read_text(encoding="utf-8")
    for text in (page, template):
        assert all(row["group"] in GROUPS for row in yaml.safe_load(text)["policies"].values())


def follow(step: Step, folder: Path) -> None:
    """Write the step's file over the template's, or run its commands with this Python first on the path."""
    if step.path:
        target = folder / step.path
        assert target.is_file(), f"{step.path}: the template has no such file after the commands before it"
        target.write_text(step.body, encoding="utf-8")
        return
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW")}
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", "")])
    done = subprocess.run(
        ["bash", "-euc", step.body], cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=900
    )
    assert done.returncode == 0, f"{step.body}\n{done.stdout}\n{done.stderr}"


@pytest.mark.slow
def test_the_tutorial_works_as_printed(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "experiments", tmp_path / "experiments")
    for step in steps():
        follow(step, tmp_path)
    runs = sorted((tmp_path / "outputs" / "yunxi_award").iterdir())
    assert len(runs) == sum(step.body.count("python -m ecosim") for step in steps() if step.kind == "bash")
    for run in runs:
        forecast = pd.read_csv(run / "forecast.csv", dtype={"time": str})
        assert set(forecast["location"]) == {COUNTY}
        assert {"hnte_stock", "tech_sme_stock"} <= set(forecast["target"])
        assert forecast["time"].max() == "2028"
        assert COUNTY in (run / "report.html").read_text(encoding="utf-8")
        small = re.findall(r"In (\d+) of 20 futures fewer firms", (run / "statements.txt").read_text(encoding="utf-8"))
        assert all(int(futures) <= 3 for futures in small)
        assert {"county_award", "county_visits"} <= set(pd.read_csv(run / "ledger.csv")["instrument"])
