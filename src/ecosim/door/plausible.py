"""Whether a place's own counts can be right: names that are meant, parts no larger than wholes, no tenfold leaps."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ecosim.data.digits import plain
from ecosim.data.errors import UserError
from ecosim.data.targets import TARGETS

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.model.region import Region

SLIP = 0.85  # of a slip of the pen, as difflib measures it: hnte_stok and hnte_stock have 0.95
LEAST_NAME = 3  # characters of a Chinese name that may be part of a longer one
ADD_UP = ("stock", "flow")
LEAP = 10.0  # times the year before, or its tenth
LESS = (("births", "firms"), ("deaths", "firms"), ("firms", "employment"))  # within a year in any place
LEAST = 20.0  # of the larger figure below which a leap is chance


class Implausible(UserError, ValueError):
    """Counts that cannot be right as they stand."""


def check_targets(named: str, own: "pd.DataFrame") -> None:
    """Raises Implausible where a target is a slip of the pen for one that is known, or its Chinese name."""
    strange = own.loc[~own["target"].isin(list(TARGETS)), "target"].astype(str).value_counts(sort=False)
    meant = {target: (count, name) for target, count in strange.items() if (name := meant_target(str(target)))}
    if meant:
        rows = "; ".join(
            f"{target!r} ({count} row{'s' * (count > 1)}): write {name!r}" for target, (count, name) in meant.items()
        )
        raise Implausible(f"data.path={named}: no target of that name: {rows} in the column target")


def meant_target(text: str) -> str:
    """The target that a text is a slip of the pen for, or the Chinese name of; empty where there is none."""
    chinese = {target.chinese: name for name, target in TARGETS.items() if target.chinese}
    if text in chinese:
        return chinese[text]
    plain_text = text.removesuffix("数量").removesuffix("数")  # "number of", which a name may have or lack
    if len(plain_text) >= LEAST_NAME and (longer := sorted((name for name in chinese if plain_text in name), key=len)):
        return chinese[longer[0]]
    close = get_close_matches(text, TARGETS, n=1, cutoff=SLIP)
    return close[0] if close else ""


def check_wholes(regions: Sequence["Region"], counts: "pd.DataFrame", opening: str = "") -> None:
    """Raises Implausible where a region has more of what adds up than a place that it lies in, at the same time.

    opening: of the message, what the counts are out of.
    """
    newest = counts.dropna(subset="value").sort_values("as_of", kind="stable")  # of several vintages of one figure
    keys = zip(newest["location"].astype(str), newest["target"].astype(str), newest["time"].astype(str), strict=True)
    values = dict(zip(keys, newest["value"].astype(float), strict=True))
    for region in regions:
        for (place, target, time), value in values.items():
            if place != region.name or target not in TARGETS or TARGETS[target].kind not in ADD_UP:
                continue
            for whole in region.inside:
                around = values.get((whole, target, time), value)
                if value > around:
                    raise Implausible(
                        f"{opening}{place}, {target}, {time}: {plain(value)} is more than the {plain(around)} of "
                        f"{whole}, in which it lies (region.inside); look at the figure and its unit"
                    )


def leaps(named: str, own: "pd.DataFrame", regions: Sequence["Region"]) -> Iterator[str]:
    """A sentence for each count of a region that is ten times that of the year before, or a tenth of it."""
    names = {region.name for region in regions}
    rows = own[own["location"].isin(names) & own["time"].astype(str).str.fullmatch(r"\d{4}") & own["value"].notna()]
    for key, series in rows.groupby(["location", "target"], sort=False):
        known = series.sort_values("time")[["time", "value"]].to_numpy().tolist()
        for (before, less), (after, more) in pairwise(known):
            low, high = sorted((float(less), float(more)))
            if int(after) - int(before) == 1 and low > 0 and high >= max(LEAST, LEAP * low):
                yield (
                    f"{', '.join(map(str, key))}: {plain(float(less))} in {before} and {plain(float(more))} in {after} "
                    f"({named}); is a digit or a unit wrong?"
                )


def contradictions(named: str, own: "pd.DataFrame", regions: Sequence["Region"]) -> Iterator[str]:
    """A sentence where a region counts more firms begun or ended in a year than firms, or more firms than employees."""
    rows = own[own["value"].notna()].sort_values("as_of", kind="stable")
    keys = zip(rows["location"].astype(str), rows["target"].astype(str), rows["time"].astype(str), strict=True)
    values = dict(zip(keys, rows["value"].astype(float), strict=True))
    for place in (region.name for region in regions):
        for small, large in LESS:
            times = [time for here, target, time in values if (here, target) == (place, small)]
            wrong = [time for time in times if values[place, small, time] > values.get((place, large, time), np.inf)]
            if wrong:
                one, other = values[place, small, wrong[0]], values[place, large, wrong[0]]
                others = len(wrong) - 1
                more = f" and {others} more year{'s' * (others > 1)}" if others else ""
                yield (
                    f"{place}, {wrong[0]}{more}: {small} is {plain(one)} and {large} {plain(other)} ({named}); do both "
                    "count the same firms, in the unit that is written?"
                )
