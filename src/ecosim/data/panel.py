"""The observed counts as one long table: reading, validating, what was known when, and series out of it."""

import hashlib
from collections.abc import Sequence
from datetime import date
from math import fsum
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from ecosim.data import checks, gaps, periods
from ecosim.data.checks import COLUMNS, CountsError
from ecosim.data.errors import nearest
from ecosim.data.reading import read_table
from ecosim.data.targets import TARGETS, UNITS, Target, kind_of

__all__ = [
    "COLUMNS",
    "TARGETS",
    "UNITS",
    "CountsError",
    "Merged",
    "Target",
    "by_quarter",
    "data_hash",
    "declare_gaps",
    "in_years",
    "known_at",
    "load_counts",
    "merge",
    "series",
    "validate",
    "wide",
]

_KEY = ["location", "target", "time"]


class Merged(NamedTuple):
    """Two tables of counts laid over each other."""

    counts: pd.DataFrame
    replaced: int  # location, target and time of the lower table that gave way
    added: int  # location, target and time that only the upper table has


def load_counts(path: str | Path) -> pd.DataFrame:
    """Counts from a CSV (UTF-8) or Parquet file in the schema `location, target, time, value[, unit, as_of, source]`.

    Returns the validated table with the columns COLUMNS; `value` is float, everything else text, a declared gap is NaN.
    Raises CountsError, which names the file, the row, the value and the way out.
    """
    table = read_table(path)
    if not len(table):
        checks.check_columns(str(path), list(table.columns))
        raise CountsError(f"{path}: has a header and no rows; add one row per location, target and time")
    return validate(table, str(path))


def validate(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """The same counts with canonical columns and types; `name` opens every message.

    Units of known targets are filled in (`TARGETS`); an unknown target needs one. Negative and fractional values are
    errors where the unit is a count. A row without a value declares a gap; a period that is missing between the first
    and the last of a series without such a row is an error. Raises CountsError.
    """
    rows = frame.index.tolist() if frame.index.name == "line" else list(range(2, len(frame) + 2))
    return _validated(frame, name, rows)


def _validated(frame: pd.DataFrame, name: str, rows: Sequence[Any]) -> pd.DataFrame:
    checks.check_columns(name, list(frame.columns))
    texts = {
        column: checks.as_text(frame[column]) if column in frame else [""] * len(frame)
        for column in COLUMNS
        if column != "value"
    }
    counts = pd.DataFrame({**texts, "value": frame["value"].to_numpy()}, columns=list(COLUMNS))
    table = checks.Table(name, counts, rows)
    checks.check_names(table)
    checks.check_times(table)
    counts["value"] = checks.numbers(table)
    counts["unit"] = checks.fill_units(table)
    checks.check_counts(table)
    checks.check_duplicates(table)
    gaps.check_series(table)
    return counts


def known_at(counts: pd.DataFrame, origin: str, vintage: bool = False) -> pd.DataFrame:
    """The rows whose period ends on or before the last day of `origin` ('2016-12', '2018', '2018-Q2').

    With `vintage` a row that says when it was published (`as_of`) must also have been published by then; a row that
    does not say passes. This is the one gate through which counts reach a model. Raises CountsError.
    """
    last_day = _origin_date(origin)
    ends = {text: periods.parse(text).end for text in counts["time"].unique()}
    keep = counts["time"].map(ends).map(lambda end: end <= last_day).astype(bool)
    if vintage:
        published = {text: periods.parse(text).end for text in counts["as_of"].unique() if text}
        keep &= counts["as_of"].map(lambda text: not text or published[text] <= last_day).astype(bool)
    return counts[keep].reset_index(drop=True)


def _origin_date(origin: str) -> date:
    try:
        return periods.origin_date(str(origin))
    except ValueError as error:
        raise CountsError(f"origin {error}") from error


def series(counts: pd.DataFrame, location: str, target: str) -> pd.Series:
    """The observed yearly values of a series, indexed by year (int) in ascending order; empty where there are none.

    Declared gaps are left out (the index shows them). Of several vintages the one published last counts. Of quarters
    and months, a stock is its last one of the year and a flow is their sum, each only where the year is complete.
    Raises CountsError where parts of a year are given for a target that is neither a known stock nor a known flow.
    """
    rows = counts[(counts["location"] == location) & (counts["target"] == target)]
    rows = latest(rows).dropna(subset="value")
    yearly: dict[int, float] = {}
    parts: dict[int, dict[date, float]] = {}
    for time, value in zip(rows["time"], rows["value"], strict=True):
        period = periods.parse(time)
        if period.frequency == "year":
            yearly[period.end.year] = float(value)
        else:
            parts.setdefault(period.end.year, {})[period.end] = float(value)
    if parts:
        frequency = periods.parse(rows["time"].iloc[0]).frequency
        yearly |= _years_of_parts(location, target, frequency, parts)
    years = sorted(yearly)
    return pd.Series([yearly[year] for year in years], index=pd.Index(years, dtype="int64", name="year"), name=target,
                     dtype=float)  # fmt: skip


def _years_of_parts(
    location: str, target: str, frequency: str, parts: dict[int, dict[date, float]]
) -> dict[int, float]:
    kind = kind_of(target)
    if kind == "flow":
        needed = {"quarter": 4, "month": 12}.get(frequency)  # days are never known to be all there
        return {year: fsum(values.values()) for year, values in parts.items() if len(values) == needed}
    if kind == "stock":
        ends = {year: date(year, 12, 31) for year in parts}
        return {year: values[ends[year]] for year, values in parts.items() if ends[year] in values}
    raise CountsError(
        f"{location}, {target}: is given by {frequency}s, and ecosim does not know how they make a year of it; "
        f"give yearly figures, or a known name: {nearest(target, TARGETS)}"
    )


def in_years(counts: pd.DataFrame) -> pd.DataFrame:
    """The same table with years in place of the parts of a year of known stocks and flows, to stand beside forecasts.

    A flow's year is its sum, only where it is complete; one between two complete ones that is not is a declared gap.
    A stock's is its last value of the year, which keeps its own time where it does not close the year. Rows of years,
    and of targets that are neither stock nor flow, stay as they are. Only location, target, time and value are needed.
    """
    times, kinds = counts["time"].astype(str), counts["target"].map(kind_of)
    parts = times.map(lambda time: periods.parse(time).frequency != "year").astype(bool) & kinds.isin(["stock", "flow"])
    if not parts.any():
        return counts
    made: list[dict[Any, Any]] = []
    for (location, target), rows in counts[parts].groupby(["location", "target"], sort=False):
        ordered = latest(rows).sort_values("time", key=lambda texts: texts.map(lambda text: periods.parse(text).end))
        if kind_of(str(target)) == "stock":
            made += _last_of_years(ordered)
            continue
        yearly = series(rows, str(location), str(target))
        years = range(int(yearly.index.min()), int(yearly.index.max()) + 1) if len(yearly) else range(0)
        last: dict[str, dict[Any, Any]] = {str(row["time"])[:4]: row for row in ordered.to_dict("records")}
        made += [
            {**last.get(str(year), {"location": location, "target": target}), "time": str(year), "value": value}
            for year, value in zip(years, yearly.reindex(years).tolist(), strict=True)
        ]
    whole = counts[~parts]
    if not made:
        return whole
    added = pd.DataFrame(made, columns=list(counts.columns))
    return pd.concat([whole, added], ignore_index=True) if len(whole) else added


def _last_of_years(ordered: pd.DataFrame) -> list[dict[Any, Any]]:
    """The last value of each year of a stock, a gap where there is none; ordered: its rows by time."""
    years: dict[int, dict[Any, Any]] = {}
    for row in ordered.to_dict("records"):
        end = periods.parse(str(row["time"])).end
        if pd.notna(row["value"]) or end.year not in years:
            closes = (end.month, end.day) == (12, 31)
            years[end.year] = row | ({"time": str(end.year)} if closes else {})
    return list(years.values())


def by_quarter(counts: pd.DataFrame, location: str, target: str) -> pd.Series:
    """The observed values indexed by the quarter that holds the last day of their period (year * 4 + quarter - 1).

    For stocks of any frequency: a year stands at its fourth quarter, July 2018 at the third of 2018; of several values
    within a quarter the last counts. Declared gaps are left out; of several vintages the one published last counts.
    """
    rows = counts[(counts["location"] == location) & (counts["target"] == target)]
    rows = latest(rows).dropna(subset="value")
    pairs = zip(rows["time"], rows["value"], strict=True)
    in_order = sorted(pairs, key=lambda pair: periods.parse(pair[0]).end)
    values = {periods.quarter_index(time): float(value) for time, value in in_order}
    return pd.Series(list(values.values()), index=pd.Index(list(values), dtype="int64", name="quarter"), name=target,
                     dtype=float)  # fmt: skip


def wide(counts: pd.DataFrame, target: str) -> pd.DataFrame:
    """One target as years (rows, int, none left out) by locations (columns), NaN where nothing was observed."""
    rows = counts[counts["target"] == target]
    locations = sorted(rows["location"].unique())
    if (rows["time"].str.len() == len("2022")).all():  # the same as below, without a look at every row
        table = latest(rows).dropna(subset="value").pivot(index="time", columns="location", values="value")
        table = table.set_axis(table.index.astype("int64")).reindex(columns=locations)
    else:
        table = pd.DataFrame({location: series(rows, location, target) for location in locations}, dtype=float)
    years = list(range(int(table.index.min()), int(table.index.max()) + 1)) if len(table) else []
    return table.reindex(pd.Index(years, dtype="int64", name="year")).rename_axis(columns="location")


def latest(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per location, target and time: the vintage published last; an undated one counts as the earliest."""
    if not rows.duplicated(_KEY).any():
        return rows
    published = rows["as_of"].map(lambda text: periods.parse(text).end if text else date.min)
    order = published.sort_values(kind="stable").index
    return rows.loc[order].drop_duplicates(_KEY, keep="last").sort_index()


def declare_gaps(frame: pd.DataFrame) -> pd.DataFrame:
    """The same table with an empty row for every period that is missing inside a series: these gaps are known.

    For tables of scattered points (levels quoted in the press). `time` must be valid text; `unit` is carried over.
    """
    extra = []
    for (location, target), rows in frame.groupby(["location", "target"], sort=False):
        first = rows.iloc[0]
        for time in gaps.missing_periods([*rows["time"].unique()]):
            gap = {
                "location": location,
                "target": target,
                "time": time,
                "value": float("nan"),
                "source": "declared gap",
            }
            extra.append(gap | ({"unit": first["unit"]} if "unit" in frame else {}))
    if not extra:
        return frame.reset_index(drop=True)
    filled = pd.concat([frame, pd.DataFrame(extra, columns=list(frame.columns))], ignore_index=True)
    texts = [column for column in filled.columns if column != "value"]
    return filled.fillna(dict.fromkeys(texts, ""))


def merge(upper: pd.DataFrame, lower: pd.DataFrame, name: str = "merged counts") -> Merged:
    """The user's counts (`upper`) laid over carried ones (`lower`): upper rows win for the same location, target, time.

    Every vintage of such a row gives way. The result is validated again, since together two tables can leave a gap
    or mix frequencies. Raises CountsError.
    """
    upper_keys = pd.MultiIndex.from_frame(upper[_KEY]).unique()
    lower_keys = pd.MultiIndex.from_frame(lower[_KEY])
    gives_way = lower_keys.isin(upper_keys)
    replaced = lower_keys[gives_way].nunique()
    counts = pd.concat([lower[~gives_way], upper], ignore_index=True)
    return Merged(_validated(counts, name, ()), int(replaced), len(upper_keys) - int(replaced))


def data_hash(counts: pd.DataFrame) -> str:
    """SHA-256 over what the table says, whatever its row order, column order or file format."""
    lines = sorted(
        "\x1f".join([*(str(row[column]) for column in COLUMNS if column != "value"), _exact(row["value"])])
        for row in counts[list(COLUMNS)].to_dict("records")
    )
    return hashlib.sha256("\x1e".join(lines).encode()).hexdigest()


def _exact(value: float) -> str:
    return "" if pd.isna(value) else repr(float(value) + 0.0)  # -0.0 and 0.0 are one value
