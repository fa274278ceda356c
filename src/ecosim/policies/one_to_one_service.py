"""One-to-one service: an intermediary helps a firm with R&D accounting, patents and the application."""

from typing import ClassVar

import numpy as np
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from ecosim.data.periods import year_of
from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.ledger import FEN_PER_UNIT
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

    def revise(self, terms: Terms, model: EcosystemModel) -> None:
        """Set the chance of being taken into service."""
        mask = self.eligible.mask(model.region.zone_names)
        targets = int(model.survey.servable[mask].sum()) * model.weight
        if targets > 0:
            rate = min(1.0, self.capacity.at(model.quarter) / targets)
            terms.service_rate[mask] = 1.0 - (1.0 - terms.service_rate[mask]) * (1.0 - rate)

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Book the firms served: the capacity, or fewer where fewer firms could be served."""
        targets = int(model.survey.servable[self.eligible.mask(model.region.zone_names)].sum()) * model.weight
        served = int(np.floor(min(self.capacity.at(model.quarter), targets)))
        if served:
            fen = round(served * self.cost * FEN_PER_UNIT)
            model.ledger.pay(name, year_of(model.quarter), fen, served)
