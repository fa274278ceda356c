"""The counts on a regular grid: which series there are, the origins, what was known at each, and what came after."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecosim.data.errors import nearest
from ecosim.data.panel import CountsError, known_at
from ecosim.data.periods import parse
from ecosim.data.targets import COUNT, kind_of
from ecosim.forecast.evaluation.forecaster import LARGEST, Floats, History, Known, Series

PER_YEAR = {"year": 1, "quarter": 4, "month": 12}


@dataclass(frozen=True)
class Grid:
    """A table of counts of one frequency. truth: the latest figures by series, (steps,) from `first` on, NaN: none."""

    counts: pd.DataFrame
    frequency: str
    first: int  # number of the first step of the table
    truth: Mapping[Series, Floats]
    breaks: Mapping[str, tuple[int, ...]]  # target -> steps from which it is not comparable with what was before
    season: int

    @property
    def last(self) -> int:
        """Number of the last step of the table."""
        return self.first + len(next(iter(self.truth.values()))) - 1


def choose(
    counts: pd.DataFrame, targets: tuple[str, ...], locations: tuple[str, ...], least: int
) -> tuple[pd.DataFrame, str]:
    """The rows of the chosen series (all of them where none is named) and their frequency.

    Series with no more than `least` values are left out, since they could not be forecast and scored even once.
    Raises CountsError where a name is not in the counts, nothing is left, a value is larger than forecasts can be, or
    frequencies are mixed.
    """
    for what, names, column in (("targets", targets, "target"), ("locations", locations, "location")):
        there = set(counts[column])
        for name in names:
            if name not in there:
                raise CountsError(f"study.{what}: {name!r} is not in the counts; {nearest(name, there)}")
    chosen = counts[counts["value"].notna()]
    for column, names in (("target", targets), ("location", locations)):
        chosen = chosen[chosen[column].isin(names)] if names else chosen
    known = chosen.groupby(["location", "target"])["time"].transform("nunique")
    chosen = chosen[known > least]
    if chosen.empty:
        raise CountsError(
            f"no origin: no chosen series has more than {least} values; lower study.least_history or choose other "
            "locations and targets"
        )
    _refuse_too_large(chosen)
    return chosen.reset_index(drop=True), _frequency(chosen)


def lay_out(
    counts: pd.DataFrame,
    targets: tuple[str, ...],
    locations: tuple[str, ...],
    least: int,
    season: int | None,
    breaks: Mapping[str, tuple[str, ...]],
) -> Grid:
    """The grid of the chosen series. season: steps of a cycle; None: 4 for quarters, 12 for months.

    Raises CountsError as `choose` does.
    """
    chosen, frequency = choose(counts, targets, locations, least)
    numbers = [number(text) for text in chosen["time"].unique()]
    first, last = min(numbers), max(numbers)
    return Grid(
        counts=chosen,
        frequency=frequency,
        first=first,
        truth=_values(_latest(chosen), first, last),
        breaks={target: tuple(number(time) for time in times) for target, times in breaks.items()},
        season=PER_YEAR[frequency] if season is None else season,
    )


def _refuse_too_large(chosen: pd.DataFrame) -> None:
    large = chosen[chosen["value"].abs() > LARGEST]
    if len(large):
        first = large.iloc[0]
        raise CountsError(
            f"{len(large)} value{'s' * (len(large) > 1)} beyond {LARGEST:.0e}, where forecasts end, first at "
            f"{first['location']}, {first['target']}, {first['time']}: {first['value']:.6g}; give them in a larger unit"
        )


def _frequency(counts: pd.DataFrame) -> str:
    found = {parse(text).frequency: text for text in counts["time"].unique()}
    if "day" in found:
        raise CountsError(f"days like {found['day']} have no regular step; give months, quarters or years")
    if len(found) > 1:
        examples = ", ".join(f"{name} {text!r}" for name, text in sorted(found.items()))
        raise CountsError(f"the chosen series mix frequencies ({examples}); choose targets of one: study.targets=[...]")
    return next(iter(found))


def number(text: str) -> int:
    """A period as the number of its step: years, quarters or months since year 0."""
    start, _, frequency = parse(text)
    per_year = PER_YEAR[frequency]
    return start.year * per_year + (start.month - 1) * per_year // 12


def label(step: int, frequency: str) -> str:
    """The period behind a number."""
    if frequency == "year":
        return f"{step:04d}"
    per_year = PER_YEAR[frequency]
    year, part = divmod(step, per_year)
    return f"{year:04d}-Q{part + 1}" if frequency == "quarter" else f"{year:04d}-{part + 1:02d}"


def ahead(horizon: int, frequency: str) -> str:
    """'1 year', '3 quarters'."""
    return f"{horizon} {frequency}{'s' * (horizon > 1)}"


def _latest(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per series and time: the vintage published last; one without a date counts as the earliest."""
    keys = ["location", "target", "time"]
    if not rows.duplicated(keys).any():
        return rows
    published = rows["as_of"].map(lambda text: parse(text).end.toordinal() if text else 0)
    return rows.assign(_published=published).sort_values("_published", kind="stable").drop_duplicates(keys, keep="last")


def _values(latest: pd.DataFrame, first: int, last: int) -> dict[Series, Floats]:
    """Figures by series, each from the first step to the last one, (steps,)."""
    numbers = {text: number(text) for text in latest["time"].unique()}
    found = {}
    for series, rows in latest.groupby(["location", "target"], sort=True):
        values = np.full(last - first + 1, np.nan)
        values[[numbers[text] - first for text in rows["time"]]] = rows["value"].to_numpy()
        found[str(series[0]), str(series[1])] = values
    return found


def published_by(grid: Grid, origin: int) -> Grid:
    """The grid as the table stood at the end of a step: the latest vintage published by then of every ended period.

    It ends at the last step with a figure, or at the origin where no row says when it was published. Unlike a history
    it has all steps and every series, also those of which nothing was known.
    """
    rows = _latest(known_at(grid.counts, label(origin, grid.frequency), vintage=True))
    last = origin
    if rows["as_of"].ne("").any():
        last = max(number(text) for text in rows["time"].unique())
    nothing = np.full(last - grid.first + 1, np.nan)
    return replace(grid, truth=dict.fromkeys(grid.truth, nothing) | _values(rows, grid.first, last))


def history_at(grid: Grid, origin: int, window: int | None, least: int) -> History:
    """What was known at the end of a step: the latest vintage published by then of every period that had ended.

    window: only that many last steps, None: all. least: series with fewer known values are left out. Nothing of a
    target before a break that had happened by then.
    """
    name = label(origin, grid.frequency)
    rows = _latest(known_at(grid.counts, name, vintage=True))
    steps = rows["time"].map({text: number(text) for text in rows["time"].unique()}).to_numpy(dtype=int)
    begin = np.full(len(rows), grid.first if window is None else origin - window + 1)
    for target, breaks in grid.breaks.items():
        happened = [step for step in breaks if step <= origin]
        if happened:
            mine = (rows["target"] == target).to_numpy()
            begin[mine] = np.maximum(begin[mine], max(happened))
    rows, steps = rows[steps >= begin], steps[steps >= begin]
    series = {}
    groups: dict[Any, Any] = dict(rows.groupby(["location", "target"], sort=True).indices)
    for (location, target), at in groups.items():
        if len(at) < least:
            continue
        where = steps[at]
        values = np.full(where.max() - where.min() + 1, np.nan)
        values[where - where.min()] = rows["value"].to_numpy()[at]
        counted = bool((rows["unit"].to_numpy()[at] == COUNT).all())
        series[location, target] = Known(values, origin - int(where.max()), counted, grid.season, kind_of(target))
    return History(name, rows.reset_index(drop=True), series)


def truth_after(
    grid: Grid, series: Series, origins: int | NDArray[np.int64], horizons: int | tuple[int, ...]
) -> Floats:
    """The latest figure at each horizon after each origin, NaN where there is none or a break lies between.

    Origins and horizons are broadcast: (horizons,) for one origin, (origins,) for one horizon.
    """
    values, begin = grid.truth[series], np.asarray(origins)
    end = begin + np.asarray(horizons)
    out = np.full(end.shape, np.nan)
    there = end - grid.first < len(values)
    for step in grid.breaks.get(series[1], ()):
        there &= (step <= begin) | (end < step)
    out[there] = values[end[there] - grid.first]
    return out
