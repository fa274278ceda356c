"""The tables that the package carries, as text, wherever the package is installed."""

from functools import cache
from importlib import resources
from io import StringIO

import numpy as np
import pandas as pd


@cache
def _read(name: str) -> pd.DataFrame:
    text = resources.files("ecosim.data").joinpath("tables", f"{name}.csv").read_text(encoding="utf-8")
    return pd.read_csv(StringIO(text), dtype=str, keep_default_na=False)


def read_text(name: str) -> pd.DataFrame:
    """A carried table by its file name without ending; every cell is text, an empty cell is ''."""
    return _read(name).copy()


def read_numbers(name: str, *columns: str) -> pd.DataFrame:
    """A carried table with the named columns as floats, NaN for an empty cell."""
    table = read_text(name)
    for column in columns:
        table[column] = [float(text) if text else np.nan for text in table[column]]
    return table


def source_names() -> dict[str, str]:
    """Identifier of a source in the carried tables -> the statistical office or report, in words."""
    table = _read("sources")
    return dict(zip(table["source_id"], table["source"], strict=True))
