"""Awards for R&D institutes, paid once at each rung."""

from typing import ClassVar

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from ecosim.data.periods import year_of
from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.firms import INSTITUTES
from ecosim.model.ledger import FEN_PER_UNIT
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import EVERYONE, OnEveryRung
from ecosim.policies.rationing import pay_each
from ecosim.policies.schedule import NOTHING, OptionalSteps, Steps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class InstituteAward:
    """Amounts by rung, 10k CNY; budget: 10k CNY a year, none means unlimited; the highest rung is paid first."""

    family: ClassVar[str] = "institute_award"
    city: Steps = NOTHING
    provincial_center: Steps = NOTHING
    provincial_institute: Steps = NOTHING
    key_institute: Steps = NOTHING
    budget: OptionalSteps = None
    eligible: OnEveryRung = EVERYONE

    def amount(self, rung: int, quarter: int) -> float:
        """Of an institute at a rung, 10k CNY."""
        return float(getattr(self, INSTITUTES[rung]).at(quarter))

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Promise the awards that the rest of the year's budget can still pay."""
        left = None
        if self.budget is not None:
            left = model.ledger.left(name, year_of(model.quarter), self.budget.at(model.quarter))
        firms = self.eligible.mask(model.region.zone_names)
        for rung in range(1, len(INSTITUTES)):
            amount = self.amount(rung, model.quarter)
            if amount > 0 and (left is None or left >= round(amount * FEN_PER_UNIT) * model.weight):
                terms.institute_award[rung, firms] += amount

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Pay the firms recognized in this quarter; by lottery where the budget is short."""
        kind = model.firms.columns.kind
        firms = self.eligible.mask(model.region.zone_names)
        for rung in sorted(model.recognized, reverse=True):
            amount, rows = self.amount(rung, model.quarter), model.recognized[rung]
            rows = rows[firms[kind[rows]]]
            if amount > 0 and rows.size:
                pay_each(name, model, rows, amount, self.budget)
