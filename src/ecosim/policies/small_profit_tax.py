"""The reduced income tax of small firms with low profits: from 2019 on lower than that of high-tech enterprises."""

from math import inf, log
from typing import ClassVar

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.terms import Terms
from ecosim.policies.schedule import NOTHING, Percent, Steps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class SmallProfitTax:
    """first_profit, first_rate: taxable profit a year (10k CNY) up to which the first rate (percent) holds; profit,
    second_rate: the profit at which the rule ends, and the rate from the first one up to it; employees: at most; sales:
    at most, 10k CNY a year, in place of the law's limit on assets; margin: taxable profit over sales.

    A part of the profit without a rate is no part of the rule. Of several in force the last one holds, and whoever has
    a lower rate by another rule keeps it.
    """

    family: ClassVar[str] = "small_profit_tax"
    dated: ClassVar[bool] = True
    steady: ClassVar[bool] = True
    profit: Steps
    second_rate: Percent
    employees: Steps
    sales: Steps
    first_profit: Steps = NOTHING
    first_rate: Percent = NOTHING
    margin: float = Field(default=0.07, gt=0, le=1)

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Set which firms are small, by sales and employees, and what they pay, once the rule is in force."""
        now = model.quarter
        first_rate, second_rate = self.first_rate.at(now), self.second_rate.at(now)
        first = self.first_profit.at(now) if first_rate > 0 else 0.0
        limit = self.profit.at(now) if second_rate > 0 else first
        if limit > 0:
            most = self.sales.at(now)
            terms.relief[:] = (
                _log(min(first / self.margin, most)),
                _log(min(limit / self.margin, most)),
                first_rate / 100,
                second_rate / 100,
                _log(self.employees.at(now)),
            )

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """A rule of taxation at large: what it leaves uncollected is not booked."""


def _log(limit: float) -> float:
    """Its ln; -inf, which nobody is below, for a limit of 0."""
    return log(limit) if limit > 0.0 else -inf
