"""Forecast tables in the shape in which MLflow's charts and compare page show them best."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ecosim.tracking.record import clean

if TYPE_CHECKING:
    import pandas as pd

NAME_WIDTH = 18  # characters of a run's name that the UI shows
WHOLE_NAME = 60  # characters of all of it
SHOWN = {0.05: "q05", 0.5: "median", 0.95: "q95"}


def run_name(scenario: str, seed: int, more: Sequence[str] = ()) -> str:
    """`pinghu_2017-s2017 members=20`: what the list of runs shows of every name, then as much as 60 characters hold.

    more: what sets the run apart, the most important first.
    """
    end = f"-s{seed}"
    first = clean(scenario).replace("/", "-")[: max(1, NAME_WIDTH - len(end))] + end
    whole = " ".join([first, *more])
    return whole if len(whole) <= WHOLE_NAME else f"{whole[: WHOLE_NAME - 4].rstrip()} ..."


def yearly_metrics(quantiles: "pd.DataFrame", prefix: str = "") -> dict[str, dict[int, float]]:
    """The 5 %, 50 % and 95 % lines of one scenario as `<prefix><target>/median` -> {year: value}.

    quantiles: columns target, time (years; other rows are left out), quantile, value, of one scenario and, or of
    several locations (then `<location>/` comes first). Raises ValueError when a year stands there twice.
    """
    rows = _years(quantiles)
    several = "location" in rows and rows["location"].nunique() > 1
    out: dict[str, dict[int, float]] = {}
    for target in rows["target"].unique():
        mine = rows[rows["target"] == target]
        for place in mine["location"].unique() if several else [""]:
            here = mine[mine["location"] == place] if several else mine
            for level, label in SHOWN.items():
                line = here[here["quantile"].round(3) == level]
                if line["time"].duplicated().any():
                    raise ValueError(f"{target}: several values for one year; give one scenario and origin at a time")
                name = f"{prefix}{place}/{target}/{label}" if several else f"{prefix}{target}/{label}"
                out[name] = dict(zip(line["time"].astype(int), line["value"].astype(float), strict=True))
    return {name: path for name, path in out.items() if path}


def headline_metrics(quantiles: "pd.DataFrame", first: str, years: Iterable[int], prefix: str = "") -> dict[str, float]:
    """Scalars that sort well: `hnte_stock_2020_median` and `hnte_stock_2020_width90`, the target `first` first.

    quantiles: as for `yearly_metrics`; width90 is the 95 % minus the 5 % quantile, in the target's unit.
    """
    lines = yearly_metrics(quantiles)
    targets = sorted({name.rpartition("/")[0] for name in lines}, key=lambda t: (t.split("/")[-1] != first, t))
    out: dict[str, float] = {}
    for target in targets:
        low, middle, high = (lines.get(f"{target}/{label}", {}) for label in ("q05", "median", "q95"))
        for year in years:
            if year in middle:
                out[f"{prefix}{target}_{year}_median"] = middle[year]
            if year in low and year in high:
                out[f"{prefix}{target}_{year}_width90"] = high[year] - low[year]
    return out


def forecast_table(quantiles: "pd.DataFrame", years: Iterable[int] | None = None) -> "pd.DataFrame":
    """Columns `forecast` ("hnte_stock 2020") and `median [90 %]` ("514 [497-530]"), as strings, one row each.

    The compare page joins the tables of several runs by the first column.
    """
    import pandas as pd

    lines = yearly_metrics(quantiles)
    rows = []
    for target in dict.fromkeys(name.rpartition("/")[0] for name in lines):
        low, middle, high = (lines.get(f"{target}/{label}", {}) for label in ("q05", "median", "q95"))
        for year in middle if years is None else [year for year in years if year in middle]:
            span = f" [{_number(low[year])}-{_number(high[year])}]" if year in low and year in high else ""
            rows.append((f"{target} {year}", f"{_number(middle[year])}{span}"))
    return pd.DataFrame(rows, columns=["forecast", "median [90 %]"], dtype=object)


def write_table(frame: "pd.DataFrame", file: Path) -> None:
    """Writes a small table in the JSON of MLflow's `log_table`; only `<something>_table.json` is compared."""
    text = [[str(cell) for cell in row] for row in frame.itertuples(index=False)]
    content = {"columns": [str(column) for column in frame.columns], "data": text}
    file.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def _years(quantiles: "pd.DataFrame") -> "pd.DataFrame":
    rows = quantiles.assign(time=quantiles["time"].astype(str), quantile=quantiles["quantile"].astype(float))
    return rows[rows["time"].str.fullmatch(r"\d{4}")]


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
