"""What a model hands on to its fork: books of the year, what instruments remember, the index and the last quarters."""

from copy import copy
from typing import TYPE_CHECKING

from ecosim.data.periods import year_of

if TYPE_CHECKING:
    from ecosim.model.ecosystem import EcosystemModel

REMEMBERED = 12  # quarters; no instrument looks further back


def hand_on(model: "EcosystemModel", twin: "EcosystemModel") -> None:
    """Make a new model with the same firms go on where another one stands; its series and its funnel start anew.

    Its books hold what was spent in the present year, which counts against budgets. An instrument that is the same in
    both remembers what it knew; one that is new, or changed, starts with the twin.
    """
    twin.left_over, twin.review_left = model.left_over.copy(), model.review_left.copy()
    if model.survey.outside.any():
        twin.survey.outside[...] = model.survey.outside
        twin.take_survey()
    twin.ledger = model.ledger.handed_on(year_of(model.quarter + 1))  # a fund is not full again
    for name, state in model.pursuits.items():
        if name in twin.policies and twin.policies[name] == model.policies.get(name):
            twin.pursuits[name] = copy(state)
    if known := model.recent(REMEMBERED):
        twin.past = [*known[:-1], model.observe()]  # firms may have been changed since the quarter ended
    twin.progress = model.progress.copy(spent=twin.ledger.total)
