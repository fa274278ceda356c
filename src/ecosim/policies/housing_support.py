"""Housing support: money for the science and technology staff of firms, so that fewer people leave."""

from typing import ClassVar

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from ecosim.data.periods import QUARTERS_PER_YEAR
from ecosim.model import promises, settlement
from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.promises import Promise
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
        promises.put(name, self.promises(model), terms, model)

    def promises(self, model: EcosystemModel) -> list[Promise]:
        """Support for the staff, by its effect on the rate of leaving."""
        here, amount = self.eligible.mask(model.region.zone_names), self.amount.at(model.quarter)
        return [Promise("retention", here, amount, scale=self.effect)] if amount > 0 else []

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
