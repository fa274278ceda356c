"""Discovery visits: officials look for firms that could be certified and do not know it."""

from typing import ClassVar

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from ecosim.model import reach
from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.offers import VISIT, Offer
from ecosim.model.reach import Reach
from ecosim.model.settlement import charge
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import EVERYONE, OnEveryRung
from ecosim.policies.schedule import Steps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class DiscoveryVisits:
    """capacity: visits a quarter, spread over eligible firms that do not know the programs; cost: 10k CNY each."""

    family: ClassVar[str] = "discovery_visits"
    dated: ClassVar[bool] = True
    capacity: Steps
    cost: float = Field(default=0.0, ge=0)
    eligible: OnEveryRung = EVERYONE

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Offer the quarter's places."""
        places = self.capacity.at(model.quarter)
        model.offers.append(Offer(name, VISIT, places, self.eligible.mask(model.region.zone_names)))

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Book the visits made."""
        charge(name, self.fees(name), model, events)

    def fees(self, name: str) -> dict[str, float]:
        """What a place costs."""
        return {name: self.cost}

    def audience(self, model: EcosystemModel) -> Reach | None:
        """Firms that do not know the programs; officials come to them, so nothing need be known."""
        if self.capacity.at(model.quarter) == 0:
            return None
        classes = self.eligible.classes(model.region.zone_names)
        return Reach(classes, needs=reach.UNINFORMED, keeps=reach.STILL_INFORMED)
