"""Months and quarters of counts: those that make whole quarters, and those that make no whole year."""

from math import fsum
from typing import NamedTuple

import pandas as pd

from ecosim.data import periods
from ecosim.data.panel import in_years, latest, series
from ecosim.data.targets import kind_of

MONTHS = 3  # of a quarter


class Unfinished(NamedTuple):
    """Counts of parts of a year that make no whole year. parts: 'month' or 'quarter'; given: how many."""

    location: str
    target: str
    year: int
    parts: str
    given: int

    def __str__(self) -> str:
        return f"{self.target} of {self.year} ({self.given} {self.parts}{'s' * (self.given != 1)})"


def unfinished(counts: pd.DataFrame) -> list[Unfinished]:
    """Years of known flows and stocks that lack parts, of a stock the last one, and have no figure of their own.

    counts: in the counts schema.
    """
    found = []
    known = counts[counts["target"].map(kind_of).isin(["flow", "stock"]) & counts["value"].notna()]
    for (location, target), rows in known.groupby(["location", "target"], sort=False):
        whole = set(series(rows, str(location), str(target)).index)
        parts: dict[tuple[int, str], set[str]] = {}
        for time in rows["time"].astype(str):
            period = periods.parse(time)
            if period.end.year not in whole:
                parts.setdefault((period.end.year, period.frequency), set()).add(time)
        found += [Unfinished(str(location), str(target), *key, len(times)) for key, times in sorted(parts.items())]
    return found


def in_quarters(counts: pd.DataFrame) -> pd.DataFrame:
    """The same table with sums in place of the months of flows, to stand beside forecasts by quarter.

    Only of quarters with all three months; other months and days of flows are left out. Each figure stands there once:
    of several vintages the last one, of several levels in a quarter the last one, and a flow's own quarter rather than
    the sum of its months. All else stays as it is.
    """
    months, others = _months_of_flows(counts)
    made = [
        {**rows.iloc[-1].to_dict(), "time": periods.quarter_label(quarter), "value": fsum(rows["value"])}
        for (_, quarter), rows in _by_quarter(months)
        if len(rows) == MONTHS
    ]
    others = latest(others)
    if made:
        added = pd.DataFrame(made, columns=list(counts.columns))
        others = pd.concat([others, added], ignore_index=True) if len(others) else added
    return _once(others)


def whole_years(counts: pd.DataFrame) -> pd.DataFrame:
    """Rows of the years that quarters or months of flows make, each their sum; years that lack a part have none."""
    frequencies = counts["time"].astype(str).map(lambda time: periods.parse(time).frequency)
    flows = counts["target"].map(kind_of) == "flow"
    return in_years(counts[flows & frequencies.isin(["quarter", "month"])]).dropna(subset="value")


def _once(rows: pd.DataFrame) -> pd.DataFrame:
    """One row for each year or quarter of a target in a place: the last period in it, of equal ones the first."""
    if rows.empty:
        return rows
    found = rows["time"].astype(str).map(periods.parse)
    cells = found.map(lambda period: period.end.year if period.frequency == "year" else None)
    quarters = rows["time"].astype(str).map(periods.quarter_index)
    keys = pd.DataFrame({"location": rows["location"], "target": rows["target"], "year": cells, "quarter": quarters})
    keys["end"], keys["known"] = found.map(lambda period: period.end), rows["value"].notna()
    ordered = keys.iloc[::-1].sort_values(["known", "end"], kind="stable")
    last = ordered.drop_duplicates(["location", "target", "year", "quarter"], keep="last").index
    return rows.loc[last.sort_values()].reset_index(drop=True)


def loose_months(counts: pd.DataFrame) -> dict[str, int]:
    """By flow the number of months in quarters that lack one."""
    found: dict[str, int] = {}
    for (target, _), rows in _by_quarter(_months_of_flows(counts)[0]):
        if len(rows) < MONTHS:
            found[target] = found.get(target, 0) + len(rows)
    return found


def _months_of_flows(counts: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Months of flows, of several vintages the last one, and all that is no month and no day of a flow."""
    frequencies = counts["time"].astype(str).map(lambda time: periods.parse(time).frequency)
    flows = counts["target"].map(kind_of) == "flow"
    months = counts[flows & (frequencies == "month")]
    others = counts[~(flows & frequencies.isin(["month", "day"]))].reset_index(drop=True)
    return (latest(months).dropna(subset="value") if len(months) else months), others


def _by_quarter(months: pd.DataFrame) -> list[tuple[tuple[str, int], pd.DataFrame]]:
    quarters = [periods.quarter_index(str(time)) for time in months["time"]]
    groups = months.groupby([months["target"].astype(str).to_numpy(), quarters], sort=False)
    return [((str(target), int(str(quarter))), rows) for (target, quarter), rows in groups]
