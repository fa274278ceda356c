"""The example of docs/equations.md runs as it is printed."""

import re
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecosim.calibration.fitting.equation import FAMILIES, SMALL_SAMPLE
from ecosim.calibration.fitting.terms import FUNCTIONS
from ecosim.door.console import run

PAGE = (Path(__file__).parents[2] / "docs" / "equations.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def block(kind: str) -> str:
    return next(text for name, text in BLOCKS if name == kind)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    luck = np.random.default_rng(3)
    frame = pd.DataFrame({"firm": np.repeat(np.arange(60), 7), "year": np.tile(np.arange(2012, 2019), 60)})
    frame["industry"] = frame["firm"] % 4
    frame["rd"] = np.where(luck.random(420) < 0.2, 0, np.exp(luck.normal(3, 1, 420)))
    frame["employees"] = np.exp(luck.normal(4, 0.5, 420))
    frame["subsidy"] = luck.integers(0, 2, 420)
    last = frame.groupby("firm")["subsidy"].shift(1).fillna(0)
    frame["patents"] = luck.poisson(np.exp(-0.5 + 0.4 * np.log(frame["employees"]) + 0.3 * last))
    frame[block("csv").strip().split(",")].to_csv(tmp_path / "firms.csv", index=False)
    (tmp_path / "patents.yaml").write_text(block("yaml"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command_and_the_python_example_give_the_same(folder: Path) -> None:
    command = shlex.split(block(""))
    assert command[:3] == ["python", "-m", "ecosim"]
    assert run([*command[3:], "tracking.enabled=false"]) == 0
    (results,) = (folder / "outputs" / "fit").iterdir()
    names: dict[str, object] = {}
    exec(block("python"), names)
    table, written = names["result"].coefficients, pd.read_csv(results / "coefficients.csv")  # type: ignore[attr-defined]
    assert np.allclose(table["estimate"], written["estimate"])
    assert np.allclose(table["std_error"], written["std_error"])
    assert table["source"].tolist() == written["source"].tolist()


def test_the_page_names_every_family_function_and_factor() -> None:
    for name in (*FAMILIES, *SMALL_SAMPLE):
        assert f"`{name}`" in PAGE, name
    for function in FUNCTIONS:
        assert f"{function}(" in PAGE, function
