"""What a run says of its own sample: how many futures, and how many simulated firms, its figures rest on."""

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats.mstats import mjci

from ecosim.data.targets import in_words
from ecosim.forecast.ensemble import TEMPLATES
from ecosim.forecast.publish import starts
from ecosim.forecast.summary import Floats

if TYPE_CHECKING:
    from ecosim.forecast.future import Outlook
    from ecosim.forecast.job import Job

ENDS = (0.05, 0.95)  # of the intervals that are shown first
FEWEST = 50  # members below which an end of a 90 % interval rests on the outermost one or two
ENOUGH = 100  # simulated firms with a certificate; below it a ratio of counts is noisy by more than a tenth
FEW_AGENTS = "Few simulated firms stand for those of"


def monte_carlo(yearly: dict[str, Floats], year: str) -> str:
    """How far another draw of members would move what is shown of the last year. yearly: (members, years)."""
    last = [block[:, -1] for block in yearly.values()]
    members = last[0].size
    if members < FEWEST:
        return (
            f"{members} futures are few: the ends of the 90 % intervals rest on the outermost one or two of them. Take "
            "members=200 or more to publish."
        )
    medians = [_relative_error(values, 0.5) for values in last]
    ends = [max(_relative_error(values, level) for level in ENDS) for values in last]
    return (
        f"From {members} futures the medians of {year} are known within {_range(medians)}, the ends of the 90 % "
        f"intervals within {_range(ends)}, depending on the target (one Monte-Carlo standard error, without the luck "
        f"of the {TEMPLATES} starting populations that members share); members={4 * members} halves that."
    )


def _range(shares: list[float]) -> str:
    """'3 to 12 %', '3 %'."""
    least, most = (f"{round(100 * share, 1):.2g}" for share in (min(shares), max(shares)))
    return f"{most} %" if least == most else f"{least} to {most} %"


def _relative_error(values: Floats, level: float) -> float:
    """Standard error of a quantile of members (Maritz and Jarrett 1978) over the quantile; 0 where that is 0."""
    at = abs(float(np.quantile(values, level)))
    with np.errstate(invalid="ignore"):  # members that agree have a variance of rounding errors, at times below 0
        error = float(np.nan_to_num(mjci(values, [level])[0]))
    return error / at if at > 0.0 else 0.0


def small_sample(job: "Job", outlook: "Outlook") -> list[str]:
    """Whether too few simulated firms hold a certificate for the counts of those that they stand for."""
    held = float(np.median(starts(outlook.runs)["hnte_stock"])) / outlook.world.weight
    if outlook.world.weight == 1 or held >= ENOUGH:
        return []
    return [
        f"{FEW_AGENTS} {job.region.name}: about {held:.0f} hold a certificate for high-tech enterprises at the origin. "
        "What is forecast of certificates is noisy with so few, and too high on average; raise largest_sample "
        f"({job.region.largest_sample:,})."
    ]


def short_pools(outlook: "Outlook", often: bool) -> list[str]:
    """Flows at the origin that members could not reach because too few of their firms could apply.

    often: told only where more than half of the members could not reach one of them; else only where none is so.
    """
    members = len(outlook.runs)
    names = [name for name in ("hnte_new", "tech_sme_new") if name in outlook.scenario.yearly]
    found = {name: sum(name in run.short for run in outlook.runs) for name in names}
    told = [f"{in_words(name)} (in {count} of {members} futures)" for name, count in found.items() if count > 0]
    if not told or (max(found.values()) > members / 2) != often:
        return []
    return [
        f"Of {outlook.anchor.firms:,} firms fewer could apply than the origin needs for {' and '.join(told)}, which "
        "start and grow too low there; if the place has more firms that could be certified one day, raise firms in "
        "its region file."
    ]
