"""Discovery visits: officials look for firms that could be certified and do not know it."""

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
class DiscoveryVisits:
    """capacity: visits a quarter, spread over eligible firms that do not know the programs; cost: 10k CNY each."""

    family: ClassVar[str] = "discovery_visits"
    capacity: Steps
    cost: float = Field(default=0.0, ge=0)
    eligible: OnEveryRung = EVERYONE

    def revise(self, terms: Terms, model: EcosystemModel) -> None:
        """Set the chance of a visit."""
        mask = self.eligible.mask(model.region.zone_names)
        targets = int(model.survey.unaware[mask].sum()) * model.weight
        if targets > 0:
            rate = min(1.0, self.capacity.at(model.quarter) / targets)
            terms.visit_rate[mask] = 1.0 - (1.0 - terms.visit_rate[mask]) * (1.0 - rate)

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Book the visits made: the capacity, or fewer where fewer firms are left to find."""
        targets = int(model.survey.unaware[self.eligible.mask(model.region.zone_names)].sum()) * model.weight
        visits = int(np.floor(min(self.capacity.at(model.quarter), targets)))
        if visits:
            fen = round(visits * self.cost * FEN_PER_UNIT)
            model.ledger.pay(name, year_of(model.quarter), fen, visits)
