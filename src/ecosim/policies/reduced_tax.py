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
    """rate: percent, for high-tech enterprises; margin: taxed profit over sales, for the tax expenditure booked."""

    family: ClassVar[str] = "reduced_tax"
    dated: ClassVar[bool] = True
    rate: Percent
    margin: float = Field(default=0.07, ge=0, le=1)

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Lower the rate at the second rung once the rule is in force."""
        rate = self.rate.at(model.quarter)
        if rate > 0:
            lowered = terms.tax_rate[HIGH_TECH]
            np.minimum(lowered, rate / 100, out=lowered)

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Book the tax that is not paid, a tax expenditure."""
        settlement.settle(name, self.claim(model), model)

    def claim(self, model: EcosystemModel) -> Claim | None:
        """Tax saved on the profit of all high-tech enterprises."""
        rate = self.rate.at(model.quarter)
        if rate <= 0:
            return None
        saved = self.margin * (NEUTRAL["tax_rate"] - rate / 100)
        return Claim("high_tech", SECOND_RUNG.classes(model.region.zone_names), (), (saved,), tax=REDUCTION)

    def audience(self, model: EcosystemModel) -> Reach | None:
        """High-tech enterprises; the certificate tells them."""
        if self.rate.at(model.quarter) == 0:
            return None
        return Reach(SECOND_RUNG.classes(model.region.zone_names), keeps=reach.STILL_HIGH_TECH)
