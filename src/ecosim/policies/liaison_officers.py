"""Liaison officers: one person in a firm takes in what the service network and the world outside know."""

from typing import ClassVar

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.offers import LIAISON, Offer
from ecosim.model.settlement import charge
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import EVERYONE, OnEveryRung
from ecosim.policies.schedule import Steps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class LiaisonOfficers:
    """capacity: firms that name an officer in a quarter, larger ones and performers first; cost: 10k CNY each, once."""

    family: ClassVar[str] = "liaison_officers"
    dated: ClassVar[bool] = True
    capacity: Steps
    cost: float = Field(default=0.0, ge=0)
    eligible: OnEveryRung = EVERYONE

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Offer the quarter's places."""
        model.offers.append(
            Offer(name, LIAISON, self.capacity.at(model.quarter), self.eligible.mask(model.region.zone_names))
        )

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Book the officers named."""
        charge(name, self.fees(name), model, events)

    def fees(self, name: str) -> dict[str, float]:
        """What a place costs."""
        return {name: self.cost}
