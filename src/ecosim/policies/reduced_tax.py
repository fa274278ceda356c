"""A reduced income tax rate for certified firms."""

from typing import ClassVar

import numpy as np
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from ecosim.model import reach, settlement
from ecosim.model.billing import REDUCTION
from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.firms import HIGH_TECH
from ecosim.model.reach import Reach
from ecosim.model.settlement import Claim
from ecosim.model.terms import NEUTRAL, Terms
from ecosim.policies.eligibility import Eligibility
from ecosim.policies.schedule import Percent

SECOND_RUNG = Eligibility(rungs=("high_tech",))


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class ReducedTax:
    """rate: percent, for high-tech enterprises; margin: taxed profit over sales, for the tax expenditure booked.

    Where several are in force the lowest rate holds.
    """

    family: ClassVar[str] = "reduced_tax"
    dated: ClassVar[bool] = True
    no_doses: ClassVar[tuple[str, ...]] = ("rate",)
    rate: Percent
    margin: float = Field(default=0.07, ge=0, le=1)

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Lower the rate at the second rung once the rule is in force."""
        rate = self._now(model)
        if rate > 0:
            lowered = terms.tax_rate[HIGH_TECH]
            np.minimum(lowered, rate, out=lowered)

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Book the tax that is not paid, a tax expenditure, under the rule whose rate holds."""
        settlement.settle(name, self.claim(model), model)

    def claim(self, model: EcosystemModel) -> Claim | None:
        """Tax saved on the profit of all high-tech enterprises, but for small ones that pay as little without."""
        if not self.holds(model):
            return None
        return Claim("high_tech", SECOND_RUNG.classes(model.region.zone_names), (), (self.margin,), tax=REDUCTION)

    def holds(self, model: EcosystemModel) -> bool:
        """Whether firms pay by this rule: the first of those with the lowest rate, which is below the usual one."""
        rules = [rule for rule in model.policies.values() if isinstance(rule, ReducedTax) and rule._now(model) > 0]
        lowest = min(rules, key=lambda rule: rule._now(model), default=None)
        return lowest is self and self._now(model) < NEUTRAL["tax_rate"]

    def _now(self, model: EcosystemModel) -> float:
        """The rate in force, a share; 0: none is."""
        return float(self.rate.at(model.quarter)) / 100

    def audience(self, model: EcosystemModel) -> Reach | None:
        """High-tech enterprises; the certificate tells them."""
        if not self.holds(model):
            return None
        return Reach(SECOND_RUNG.classes(model.region.zone_names), keeps=reach.STILL_HIGH_TECH)
