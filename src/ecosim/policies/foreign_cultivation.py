"""Cultivation of foreign-invested firms: visits by leaders, then one-to-one help up to the certificate."""

from typing import ClassVar

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from ecosim.model import reach
from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.offers import COUNSEL, VISIT, Offer
from ecosim.model.reach import Reach
from ecosim.model.region import FOREIGN_FROM, OWNERSHIP
from ecosim.model.settlement import charge
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import Eligibility, OnEveryRung, below_second
from ecosim.policies.schedule import Steps

FOREIGN = Eligibility(ownership=OWNERSHIP[FOREIGN_FROM:])
VISITS, FOLLOW_UP = "visits", "counsel"  # the two offers of one row


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class ForeignCultivation:
    """capacity: firms visited, and firms followed up one to one, in a quarter each; costs: 10k CNY each."""

    family: ClassVar[str] = "foreign_cultivation"
    dated: ClassVar[bool] = True
    capacity: Steps
    visit_cost: float = Field(default=0.0, ge=0)
    counsel_cost: float = Field(default=0.0, ge=0)
    eligible: OnEveryRung = FOREIGN

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Offer the quarter's places, of both services."""
        places, firms = self.capacity.at(model.quarter), self.eligible.mask(model.region.zone_names)
        model.offers.append(Offer(name, VISIT, places, firms, VISITS))
        model.offers.append(Offer(name, COUNSEL, places, firms, FOLLOW_UP))

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Book visits and firms followed up."""
        charge(name, self.fees(name), model, events)

    def fees(self, name: str) -> dict[str, float]:
        """What a visit and a follow-up cost."""
        return {f"{name}.{VISITS}": self.visit_cost, f"{name}.{FOLLOW_UP}": self.counsel_cost}

    def audience(self, model: EcosystemModel) -> Reach | None:
        """Firms without the second rung; officials come to them."""
        if self.capacity.at(model.quarter) == 0:
            return None
        return Reach(below_second(self.eligible, model.region.zone_names), keeps=reach.STILL_INFORMED)
