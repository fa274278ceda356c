"""What a run says of its package: rules that it leaves out, instruments that act nowhere, too early or too late."""

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from ecosim.data.naming import some
from ecosim.data.periods import QUARTERS_PER_YEAR, quarter_index, year_of
from ecosim.policies.schedule import ALWAYS, Schedule
from ecosim.policies.shelf import LIMITS, needed

if TYPE_CHECKING:
    from ecosim.forecast.job import Job

USUAL_BASELINE = "national_rules"  # of configs/config.yaml
PERCENT = ("access", "border", "coverage", "founding", "gap", "nearness", "premium", "rate", "reach", "share")
SMALL = 0.3  # percent, below which a share may have been meant; a convention


def package(job: "Job") -> list[str]:
    """All of it."""
    parts = (other_baseline, left_out, nowhere, as_shares, started_before, starts_later, year_under_way)
    return [sentence for part in parts for sentence in part(job)]


def other_baseline(job: "Job") -> list[str]:
    """That the forecast rests on the choice of a baseline which holds more than national rules."""
    if job.baseline == USUAL_BASELINE:
        return []
    return [
        f"The firms are set to the counts at the origin, and to the growth that was estimated, under the baseline "
        f"{job.baseline}: the forecast itself, not only the effect, is another one than beside {USUAL_BASELINE}."
    ]


def left_out(job: "Job") -> list[str]:
    """Rules of the baseline that the scenario does not have."""
    gone = [row.label for name, row in job.baseline_policies.items() if name not in job.policies]
    if not gone:
        return []
    return [
        f"The scenario leaves out rules of its baseline: {some(gone)}. What is shown as the effect of the package "
        "is also that of their end. A package file keeps the national rules by 'defaults: [national_rules, _self_]'."
    ]


def nowhere(job: "Job") -> list[str]:
    """Instruments for parks in a region whose zones list none."""
    if job.region.known_parks:
        return []
    named = [row.label for row in job.policies.values() if getattr(row.policy, "parks", ())]
    if not named:
        return []
    return [
        f"The zones of {job.region.name} list no parks (zones.<name>.parks in the region file), so these act nowhere, "
        f"and what their places cost is booked all the same: {some(named)}. List the parks in the zones where "
        "they are."
    ]


def as_shares(job: "Job") -> list[str]:
    """Percentages so small that they may have been written as shares."""
    found = [
        f"{name}.{key} {step:g}"
        for name, row in job.policies.items()
        for key in PERCENT
        for step in dict.fromkeys(_steps(getattr(row.policy, key, ())))
        if 0 < step < SMALL
    ]
    return [f"Read as percent, not as shares: {', '.join(found)}."] if found else []


def _steps(value: Any) -> list[float]:
    return [step for _, step in value] if isinstance(value, Schedule) else []


def started_before(job: "Job") -> list[str]:
    """Instruments outside the baseline that were in force at the origin: part of their effect is in the counts."""
    origin = quarter_index(job.origin)
    names = [
        row.label
        for name, row in job.policies.items()
        if name not in job.baseline_policies and begins(row.policy) <= origin
    ]
    if not names:
        return []
    return [
        f"In force before the origin already: {some(names)}. The counts at the origin hold part of their effect, "
        "and the hazards are set to those counts under the baseline's rules, so level and effect after the origin are "
        "too high by that part."
    ]


def starts_later(job: "Job") -> list[str]:
    """Instruments beyond the baseline that begin after the horizon, or never."""
    last, rules = job.horizon, job.baseline_policies
    end = quarter_index(f"{last}-12")
    added = {name: row for name, row in job.policies.items() if name not in rules}
    late = [row.label for row in added.values() if begins(row.policy) > end]
    if not late:
        return []
    if len(late) == len(added) and all(job.policies.get(name) == row for name, row in rules.items()):
        return [f"No instrument of the scenario is in force before the end of {last}: there is no effect to show."]
    return [f"Not in force before the end of {last}, so without any effect: {some(late)}."]


def begins(policy: Any) -> float:
    """The first quarter (index) in which an instrument can do anything; infinite where it never does.

    All that it must be given is above zero then, or where it must be given nothing with dates, some of what it is
    given; a budget alone begins nothing.
    """
    fields = dataclasses.fields(policy)
    given = {field: getattr(policy, field.name) for field in fields if field.name not in LIMITS}
    first = {field: _first(value) for field, value in given.items() if isinstance(value, Schedule)}
    must = [start for field, start in first.items() if needed(field)]
    openings = [first for _, first in getattr(policy, "opens", ())]  # of town service centers
    if must:
        return max([*must, *([min(openings)] if openings else [])])
    return min(first.values(), default=ALWAYS)


def _first(steps: Schedule) -> float:
    return min((start for start, step in steps if step > 0), default=np.inf)


def year_under_way(job: "Job") -> list[str]:
    """What is booked of the origin's own year, where it lies within one."""
    origin = quarter_index(job.origin)
    left = QUARTERS_PER_YEAR - 1 - origin % QUARTERS_PER_YEAR
    if not left:
        return []
    year, quarters = year_of(origin), "its last quarter" if left == 1 else f"its last {left} quarters"
    return [
        f"The origin lies within {year}: what is booked of {year} is of {quarters} alone, and the budgets of that year "
        "count as unspent at the origin."
    ]
