"""Problem matching: a firm's technical problem meets an institute that can solve it."""

from typing import ClassVar

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.offers import MATCHING, Offer
from ecosim.model.settlement import charge
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import EVERYONE, OnEveryRung
from ecosim.policies.places import kinds_in
from ecosim.policies.schedule import Steps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class ProblemMatching:
    """capacity: firms matched in a quarter, among R&D performers that hold a certificate; cost: 10k CNY for each."""

    family: ClassVar[str] = "problem_matching"
    dated: ClassVar[bool] = True
    again: ClassVar[bool] = True
    capacity: Steps
    cost: float = Field(default=0.0, ge=0)
    eligible: OnEveryRung = EVERYONE

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Offer the quarter's places."""
        places = self.capacity.at(model.quarter)
        if places > 0:
            model.offers.append(Offer(name, MATCHING, places, kinds_in(model.region, (), self.eligible)))

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Book the firms matched."""
        charge(name, self.fees(name), model, events, again=self.again)

    def fees(self, name: str) -> dict[str, float]:
        """What a match costs."""
        return {name: self.cost}
