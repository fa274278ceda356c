"""One-to-one service: an intermediary helps a firm with R&D accounting, patents and the application."""

from typing import ClassVar

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from ecosim.data.periods import year_of
from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.ledger import FEN_PER_UNIT
from ecosim.model.offers import COUNSEL, Offer
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import EVERYONE, OnEveryRung
from ecosim.policies.schedule import Steps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class OneToOneService:
    """capacity: firms taken in a quarter, among R&D performers that know the programs; cost: 10k CNY for each."""

    family: ClassVar[str] = "one_to_one_service"
    capacity: Steps
    cost: float = Field(default=0.0, ge=0)
    eligible: OnEveryRung = EVERYONE

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Offer the quarter's places."""
        places = self.capacity.at(model.quarter)
        model.offers.append(Offer(name, COUNSEL, places, self.eligible.mask(model.region.zone_names)))

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Book the firms served."""
        taken = int(model.taken[name].rows.size) * model.weight
        if taken:
            model.ledger.pay(name, year_of(model.quarter), round(taken * self.cost * FEN_PER_UNIT), taken)
