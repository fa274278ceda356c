"""A reduced income tax rate for certified firms."""

from typing import ClassVar

import numpy as np
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from ecosim.data.periods import year_of
from ecosim.model import reach
from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.firms import HIGH_TECH
from ecosim.model.reach import Reach
from ecosim.model.terms import NEUTRAL, Terms
from ecosim.policies import booking
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
        rate = self.rate.at(model.quarter)
        if rate > 0:
            saved = self.margin * (NEUTRAL["tax_rate"] - rate / 100)
            rows, columns = model.claims.high_tech, model.firms.columns
            flags = model.take_up.flags_of(name, model.firms)
            fen, first = booking.on_sales(columns.log_employees, columns.log_productivity, rows, saved, flags)
            model.ledger.forgo(name, year_of(model.quarter), fen * model.weight, first * model.weight)

    def audience(self, model: EcosystemModel) -> Reach | None:
        """High-tech enterprises; the certificate tells them."""
        if self.rate.at(model.quarter) == 0:
            return None
        return Reach(SECOND_RUNG.classes(model.region.zone_names), keeps=reach.STILL_HIGH_TECH)
