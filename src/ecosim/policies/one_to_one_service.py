"""One-to-one service: an intermediary helps a firm with R&D accounting, patents and the application."""

from typing import ClassVar

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from ecosim.model import reach
from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.firms import CERTIFICATION
from ecosim.model.offers import COUNSEL, Offer
from ecosim.model.reach import Reach
from ecosim.model.settlement import charge
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import EVERYONE, OnEveryRung, below_second
from ecosim.policies.schedule import Steps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class OneToOneService:
    """capacity: firms taken in a quarter, among R&D performers that know the programs; cost: 10k CNY for each."""

    family: ClassVar[str] = "one_to_one_service"
    dated: ClassVar[bool] = True
    capacity: Steps
    cost: float = Field(default=0.0, ge=0)
    eligible: OnEveryRung = EVERYONE

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Offer the quarter's places."""
        places = self.capacity.at(model.quarter)
        model.offers.append(Offer(name, COUNSEL, places, self.eligible.mask(model.region.zone_names)))

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Book the firms served."""
        charge(name, self.fees(name), model, events)

    def fees(self, name: str) -> dict[str, float]:
        """What a place costs."""
        return {name: self.cost}

    def audience(self, model: EcosystemModel) -> Reach | None:
        """R&D performers without the second rung; help that led to a certificate is kept."""
        if self.capacity.at(model.quarter) == 0:
            return None
        classes = below_second(self.eligible, model.region.zone_names)
        return Reach(classes, reach.RESEARCHER, CERTIFICATION, reach.STILL_TECH_SME)
