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
    """first_profit, first_rate: taxable profit a year (10k CNY) up to which the lower of two rates (percent) holds;
    profit, rate: the profit at which the rule ends, and the rate above the first one; employees: at most; sales: at
    most, 10k CNY a year, in place of the law's limit on assets; margin: taxable profit over sales.

    Whoever has a lower rate by another rule keeps it.
    """

    family: ClassVar[str] = "small_profit_tax"
    dated: ClassVar[bool] = True
    steady: ClassVar[bool] = True
    profit: Steps
    rate: Percent
    employees: Steps
    sales: Steps
    first_profit: Steps = NOTHING
    first_rate: Percent = NOTHING
    margin: float = Field(default=0.07, gt=0, le=1)

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Set which firms are small, by sales and employees, and what they pay."""
        now = model.quarter
        limit, first = self.profit.at(now) / self.margin, self.first_profit.at(now) / self.margin
        terms.relief[:] = (
            _log(min(first, self.sales.at(now))),
            _log(min(limit, self.sales.at(now))),
            self.first_rate.at(now) / 100,
            self.rate.at(now) / 100,
            _log(self.employees.at(now)),
        )

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """A rule of taxation at large: what it leaves uncollected is not booked."""


def _log(limit: float) -> float:
    """Its ln; -inf, which nobody is below, for a limit of 0."""
    return log(limit) if limit > 0.0 else -inf
