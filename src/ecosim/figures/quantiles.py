"""Reads one forecast or effect out of a long table of quantiles."""

from collections.abc import Iterable

import pandas as pd

from ecosim.data.periods import parse

MEDIAN = 0.5


def interval(level: float) -> tuple[float, float]:
    """The two quantiles of a central interval: 0.9 -> (0.05, 0.95)."""
    return round((1 - level) / 2, 3), round((1 + level) / 2, 3)


def by_time(table: pd.DataFrame, target: str, needed: Iterable[float] = (MEDIAN,)) -> pd.DataFrame:
    """Quantiles of one target: rows the times in order, columns the quantiles.

    table: columns scenario, location, origin, time, target, quantile, value, of one scenario, location and origin.
    Raises ValueError where it holds several of these, where a quantile is missing or where a row stands twice.
    """
    require_one(table)
    rows = table[table["target"] == target].assign(
        quantile=lambda t: t["quantile"].astype(float).round(3), time=lambda t: t["time"].astype(str)
    )
    twice = rows.duplicated(["time", "quantile"])
    if twice.any():
        first = rows[twice].iloc[0]
        raise ValueError(f"{target}: quantile {first['quantile']} of {first['time']} stands twice; keep one")
    spread = rows.pivot(index="time", columns="quantile", values="value")
    missing = [q for q in needed if q not in spread.columns]
    if len(spread) and missing:
        raise ValueError(f"{target}: quantiles {missing} are not in the table; it has {list(spread.columns)}")
    return spread.loc[sorted(spread.index, key=lambda time: parse(time).end)]


def at(spread: pd.DataFrame, time: str) -> dict[float, float]:
    """The quantiles of one time of `by_time`, by quantile."""
    return {float(quantile): float(value) for quantile, value in spread.loc[time].to_dict().items()}  # type: ignore[arg-type]


def require_one(table: pd.DataFrame) -> None:
    """Raises ValueError unless the table is about one scenario, one location and one origin."""
    for column in ("scenario", "location", "origin"):
        if column in table.columns and table[column].nunique() > 1:
            several = ", ".join(sorted(table[column].astype(str).unique())[:5])
            raise ValueError(f"one {column} at a time, not {several}; filter the table first")


def of_place(counts: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """The counts of the place that a forecast is about, out of counts of any places."""
    return counts[counts["location"].isin(table["location"].unique())]


def year_end(time: str) -> float:
    """Where a period ends on an axis of years, the tick 2017 being the end of 2017: '2017-Q2' -> 2016.5."""
    end = parse(time).end
    return end.year - 1 + end.month / 12
