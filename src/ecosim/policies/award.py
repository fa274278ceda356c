"""Awards paid once at certification."""

from typing import ClassVar, Literal

import numpy as np
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from ecosim.data.periods import year_of
from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.firms import FIRST_HIGH_TECH, NEW_TECH_SME
from ecosim.model.ledger import FEN_PER_UNIT
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import EVERYONE, OnEveryRung
from ecosim.policies.rationing import pay_each
from ecosim.policies.schedule import OptionalSteps, Steps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Award:
    """amount: 10k CNY for a first certification at the rung; budget: 10k CNY a year, none means unlimited."""

    family: ClassVar[str] = "award"
    rung: Literal["tech_sme", "high_tech"]
    amount: Steps
    budget: OptionalSteps = None
    eligible: OnEveryRung = EVERYONE

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Promise the award while the year's budget can still pay one."""
        amount = self.amount.at(model.quarter)
        if self.budget is not None:
            left = model.ledger.left(name, year_of(model.quarter), self.budget.at(model.quarter))
            amount = amount if left >= round(amount * FEN_PER_UNIT) * model.weight else 0.0
        promised = terms.tech_sme_award if self.rung == "tech_sme" else terms.high_tech_award
        promised[self.eligible.mask(model.region.zone_names)] += amount

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Pay the firms certified in this quarter; by lottery where the budget is short."""
        event = NEW_TECH_SME if self.rung == "tech_sme" else FIRST_HIGH_TECH
        columns, top = model.firms.columns, model.firms.top
        rows = np.flatnonzero((columns.alive[:top] == 1) & (columns.event[:top] & event > 0))
        rows = rows[self.eligible.mask(model.region.zone_names)[columns.kind[rows]]]
        amount = self.amount.at(model.quarter)
        if amount > 0 and rows.size:
            pay_each(name, model, rows, amount, self.budget)
