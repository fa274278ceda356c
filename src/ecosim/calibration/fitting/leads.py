"""Lead placebos: does a policy of the next period predict as well as the policy itself?"""

from collections.abc import Callable
from typing import NamedTuple

from ecosim.calibration.fitting.design import Design
from ecosim.calibration.fitting.terms import Term, one_ahead
from ecosim.calibration.fitting.values import show

SIGNIFICANT = 1.645  # two-sided 10 %, normal
FAILS = "fails its placebo: not for counterfactuals"
COLUMNS = ("equation", "term", "sample", "timing", "beside", "estimate", "std_error", "n", "flag")


class Slope(NamedTuple):
    """An estimate with its standard error."""

    estimate: float
    std_error: float


Slopes = dict[str, Slope]


class Placebo(NamedTuple):
    """A policy's slope and that of its lead, on the rows that have both. flag: what they say together."""

    term: str
    lead: str
    alone: Slope
    lead_alone: Slope
    beside: Slope  # of the policy, its lead beside it
    lead_beside: Slope
    rows: int
    flag: str


def lead_of(term: Term) -> tuple[str, Term]:
    """A policy term of the period after the outcome, by name."""
    ahead = one_ahead(term)
    return show(ahead), ahead


def try_lead(term: str, lead: str, both: Design, fit: Callable[[Design], Slopes]) -> Placebo:
    """Fit the policy, its lead and both to the same rows. both: the design with the lead behind the terms."""
    own = tuple(name for name in both.names if name != lead)
    others = tuple(name for name in own if name != term)
    alone, lead_alone = fit(both.pick(own))[term], fit(both.pick((*others, lead)))[lead]
    joint = fit(both)
    return Placebo(
        term, lead, alone, lead_alone, joint[term], joint[lead], both.rows, verdict(alone, joint[term], joint[lead])
    )


def verdict(own: Slope, beside: Slope, lead: Slope) -> str:
    """What a policy's slope and its lead's, beside it, say.

    No policy of the next period causes this period's outcome. Where it predicts beside the policy itself, the policy
    reacts or follows a trend of its own. Where its error is so wide that a lead as large as the policy's slope would
    not be seen, the placebo cannot tell.
    """
    if abs(lead.estimate) >= SIGNIFICANT * lead.std_error:
        return FAILS
    if SIGNIFICANT * lead.std_error > abs(own.estimate):
        return f"its placebo cannot tell: a lead as large as the slope ({abs(own.estimate):.3g}) would not be seen"
    return "passes its placebo; that alone does not make it an effect"
