"""Housing support: money for the science and technology staff of firms, so that fewer people leave."""

from typing import ClassVar

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from ecosim.data.periods import QUARTERS_PER_YEAR
from ecosim.model import settlement
from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.settlement import Claim
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import EVERYONE, OnEveryRung
from ecosim.policies.rationing import budget_now
from ecosim.policies.schedule import OptionalSteps, Steps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class HousingSupport:
    """amount: 10k CNY a year for an S&T employee; effect: log points off the rate of leaving for each 10k CNY."""

    family: ClassVar[str] = "housing_support"
    moves: ClassVar[tuple[str, ...]] = ("retention",)
    amount: Steps
    effect: float = Field(default=0.5, ge=0, le=5)
    budget: OptionalSteps = None
    eligible: OnEveryRung = EVERYONE

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Hold staff by the support that it expects."""
        expected = self.amount.at(model.quarter) * self.depends(name, model)
        if expected > 0:
            self.eligible.add_to(terms.retention, model.region.zone_names, self.effect * expected)

    def depends(self, name: str, model: EcosystemModel) -> float:
        """The share of claims that was paid in the last quarter."""
        return model.paid_share.get(name, 1.0)

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Pay for the staff of firms that know of it."""
        settlement.settle(name, self.claim(model), model)

    def claim(self, model: EcosystemModel) -> Claim | None:
        """A quarter of the year's support for each of the staff."""
        amount = self.amount.at(model.quarter)
        if amount <= 0:
            return None
        here, budget = self.eligible.classes(model.region.zone_names), budget_now(self.budget, model)
        return Claim("employers", here, ("staff",), (amount / QUARTERS_PER_YEAR,), budget=budget)
