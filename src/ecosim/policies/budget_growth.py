"""Growth of the science budget: a lever that multiplies the yearly budgets of all instruments of a package."""

from typing import ClassVar

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.terms import Terms
from ecosim.policies.schedule import Steps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class BudgetGrowth:
    """rate: percent on top of every budget from its date on. Instruments without a budget are not moved."""

    family: ClassVar[str] = "budget_growth"
    dated: ClassVar[bool] = True
    steady: ClassVar[bool] = True
    lever: ClassVar[bool] = True
    rate: Steps

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Raise the budgets."""
        terms.budget[0] *= 1.0 + self.rate.at(model.quarter) / 100

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """What it costs stands under the instruments that spend it."""
