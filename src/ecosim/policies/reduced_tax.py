"""A reduced income tax rate for certified firms."""

from typing import ClassVar

import numpy as np
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from ecosim.data.periods import year_of
from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.firms import HIGH_TECH
from ecosim.model.terms import NEUTRAL, Terms
from ecosim.policies import booking
from ecosim.policies.schedule import Percent


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class ReducedTax:
    """rate: percent, for high-tech enterprises; margin: taxed profit over sales, for the tax expenditure booked."""

    family: ClassVar[str] = "reduced_tax"
    rate: Percent
    margin: float = Field(default=0.07, ge=0, le=1)

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Lower the rate at the second rung once the rule is in force."""
        rate = self.rate.at(model.quarter)
        if rate > 0:
            terms.tax_rate[HIGH_TECH] = np.minimum(terms.tax_rate[HIGH_TECH], rate / 100)

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Book the tax that is not paid, a tax expenditure."""
        rate = self.rate.at(model.quarter)
        if rate > 0:
            saved = self.margin * (NEUTRAL["tax_rate"] - rate / 100)
            fen, firms = booking.on_high_tech_sales(model.firms.columns, model.firms.top, saved)
            model.ledger.pay(name, year_of(model.quarter), fen * model.weight, firms * model.weight)
