"""What a run says of counts of parts of years: those that it does not start from, and those that are not scored."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ecosim.data.panel import known_at
from ecosim.data.parts import Unfinished, loose_months, unfinished
from ecosim.forecast.tabulate import later

if TYPE_CHECKING:
    from ecosim.forecast.job import Job

BY_QUARTER = ("hnte_foreign_stock",)  # the last one known is taken, whenever in a year it was


def unused(job: "Job", targets: Iterable[str]) -> list[str]:
    """Months and quarters known at the origin that make no whole year, of the place and those around it.

    targets: that are forecast.
    """
    own = job.region.name
    known = known_at(job.counts[job.counts["location"].isin([own, *job.region.inside])], job.origin)
    used = set(targets) - set(BY_QUARTER)
    found = [each for each in unfinished(known) if each.target in used]
    if not found:
        return []
    named = ", ".join(_named(each, own) for each in sorted(found, key=lambda each: each.location != own))
    return [
        f"A forecast starts from whole years; these parts of years are not used: {named}. Give the rest of the year, "
        "or the figure of the year itself, and an origin at its end."
    ]


def _named(each: Unfinished, own: str) -> str:
    return str(each) if each.location == own else f"{each.location}, {each}"


def unscored(job: "Job") -> list[str]:
    """Months of flows after the origin that make no whole quarter, which the forecast could be held against."""
    loose = [f"{target} ({number})" for target, number in loose_months(later(job, job.counts)).items()]
    return [f"Months that make no whole quarter are not scored: {', '.join(loose)}."] if loose else []
