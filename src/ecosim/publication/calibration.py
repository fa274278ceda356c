"""How honest the intervals of scored forecasts were, over time: coverage as the counts come in, and reliability."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from ecosim.forecast.evaluation.marks import INTERVALS

CELL = ["bundle", "model", "target", "location", "time"]
LEVELS = tuple(round(0.05 * step, 2) for step in range(1, 20))
CONFIDENCE = 0.90


def cells(entries: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Every scored cell of a ledger, of counts that were revised the latest: CELL, made_ahead, pit, coverage_50 ...

    The models of several bundles of one team are one model.
    """
    rows = [
        {"bundle": entry["bundle"], "origin": entry["origin"], **cell} for entry in entries for cell in entry["cells"]
    ]
    table = pd.DataFrame(rows)
    return table.drop_duplicates(CELL, keep="last").reset_index(drop=True) if len(table) else table


def over_time(table: pd.DataFrame) -> pd.DataFrame:
    """Share of counts inside the central intervals, of all years up to each.

    model, through (year), nominal, covered, lower, upper (90 % Wilson interval, as if cells were independent), cells,
    forecasts, years. Cells of one year share its luck, so the number of years says how much the share is worth.
    """
    from scipy.stats import binomtest

    rows = []
    for model, mine in table.groupby("model", sort=False):
        for year in sorted(mine["time"].unique()):
            past = mine[mine["time"] <= year]
            for percent in INTERVALS:
                inside = int(past[f"coverage_{percent}"].sum())
                interval = binomtest(inside, len(past)).proportion_ci(CONFIDENCE, method="wilson")
                rows.append(
                    (model, year, percent / 100, inside / len(past), interval.low, interval.high, len(past),
                     past["bundle"].nunique(), past["time"].nunique())
                )  # fmt: skip
    columns = ["model", "through", "nominal", "covered", "lower", "upper", "cells", "forecasts", "years"]
    return pd.DataFrame(rows, columns=columns)


def reliability(table: pd.DataFrame) -> pd.DataFrame:
    """Share of counts at or below each published quantile: model, nominal, share, cells. Honest: share = nominal."""
    rows = []
    for model, mine in table.groupby("model", sort=False):
        pit = mine["pit"].to_numpy(dtype=float)
        rows += [(model, level, float((pit <= level + 1e-9).mean()), len(mine)) for level in LEVELS]
    return pd.DataFrame(rows, columns=["model", "nominal", "share", "cells"])
