"""A reduced income tax rate for certified firms."""

from typing import ClassVar

import numpy as np
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from ecosim.data.periods import year_of
from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.firms import HIGH_TECH
from ecosim.model.ledger import FEN_PER_UNIT
from ecosim.model.terms import NEUTRAL, Terms
from ecosim.policies.schedule import Percent


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class ReducedTax:
    """rate: percent, for high-tech enterprises; margin: taxed profit over sales, for the tax expenditure booked."""

    family: ClassVar[str] = "reduced_tax"
    rate: Percent
    margin: float = Field(default=0.07, ge=0, le=1)

    def revise(self, terms: Terms, model: EcosystemModel) -> None:
        """Lower the rate at the second rung once the rule is in force."""
        rate = self.rate.at(model.quarter)
        if rate > 0:
            terms.tax_rate[HIGH_TECH] = np.minimum(terms.tax_rate[HIGH_TECH], rate / 100)

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Book the tax that is not paid, a tax expenditure."""
        rate = self.rate.at(model.quarter)
        columns, top = model.firms.columns, model.firms.top
        rows = np.flatnonzero((columns.alive[:top] == 1) & (columns.certificate[:top] == HIGH_TECH))
        if rate <= 0 or not rows.size:
            return
        saved = NEUTRAL["tax_rate"] - rate / 100
        sales = np.exp(columns.log_employees[rows] + columns.log_productivity[rows])
        fen = np.round(sales * self.margin * saved / 4 * FEN_PER_UNIT).astype(np.int64)
        model.ledger.pay(name, year_of(model.quarter), int(fen.sum()) * model.weight, int(rows.size) * model.weight)
