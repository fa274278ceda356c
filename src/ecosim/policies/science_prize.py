"""Science and technology prizes: once a year the firms with the best patents and R&D receive money."""

from typing import ClassVar

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from ecosim.data.periods import QUARTERS_PER_YEAR
from ecosim.model import reach
from ecosim.model.ecosystem import DECISION_QUARTER, EcosystemModel, Events
from ecosim.model.offers import PRIZE, Offer
from ecosim.model.reach import Reach
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import EVERYONE, OnEveryRung
from ecosim.policies.rationing import Order, Score, pay_each
from ecosim.policies.schedule import OptionalSteps, Steps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class SciencePrize:
    """capacity: prizes a year, given in its last quarter; amount: 10k CNY each; budget: 10k CNY a year."""

    family: ClassVar[str] = "science_prize"
    moves: ClassVar[tuple[str, ...]] = ()
    pays_firms: ClassVar[bool] = True
    capacity: Steps
    amount: Steps
    budget: OptionalSteps = None
    eligible: OnEveryRung = EVERYONE
    ration: Order = "lottery"
    score: Score = "patents"

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Offer the year's prizes."""
        places = self.capacity.at(model.quarter)
        if model.quarter % QUARTERS_PER_YEAR == DECISION_QUARTER and places > 0:
            model.offers.append(Offer(name, PRIZE, places, self.eligible.mask(model.region.zone_names)))

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Pay the winners."""
        amount = self.amount.at(model.quarter)
        if name in model.taken and amount > 0:
            pay_each(name, model, model.taken[name].rows, amount, self.budget, self.ration, self.score)

    def idle(self, name: str, model: EcosystemModel) -> bool:
        """Whether no prize is given in the quarter."""
        return name not in model.taken

    def audience(self, model: EcosystemModel) -> Reach | None:
        """R&D performers; those with a patent are looked at without being asked."""
        if self.amount.at(model.quarter) == 0 or self.capacity.at(model.quarter) == 0:
            return None
        classes = self.eligible.classes(model.region.zone_names)
        return Reach(classes, reach.RESEARCHER, keeps=reach.STILL_RESEARCHER)
