"""Credit-risk compensation fund: bears a share of a bank's losses on certified firms until it is empty, then stops."""

from typing import ClassVar

import numpy as np
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from ecosim.data.periods import year_of
from ecosim.model import promises, reach
from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.firms import FINANCE
from ecosim.model.ledger import FEN_PER_UNIT
from ecosim.model.promises import FUNDED, Promise
from ecosim.model.reach import Reach
from ecosim.model.terms import Terms
from ecosim.policies.booking import lost
from ecosim.policies.eligibility import Eligibility
from ecosim.policies.schedule import Percent, Steps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class RiskCompensationFund:
    """coverage: percent of a loss that the fund bears; fund: 10k CNY paid in so far; loss: share of a loan lost."""

    family: ClassVar[str] = "risk_compensation_fund"
    moves: ClassVar[tuple[str, ...]] = ("credit_coverage",)
    without: ClassVar[tuple[str, ...]] = ("kept",)  # it is paid for firms that close
    coverage: Percent
    fund: Steps
    loss: float = Field(default=0.5, ge=0, le=1)
    eligible: Eligibility = Eligibility(rungs=("tech_sme", "high_tech"))

    def left(self, name: str, model: EcosystemModel) -> int:
        """Fen left in the fund."""
        return round(self.fund.at(model.quarter) * FEN_PER_UNIT) - model.ledger.paid_by(name)

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Cover eligible loans while the fund holds money."""
        promises.put(name, self.promises(model), terms, model)

    def promises(self, model: EcosystemModel) -> list[Promise]:
        """A share of the loss on eligible loans, of what no other fund bears."""
        classes, coverage = self.eligible.classes(model.region.zone_names), self.coverage.at(model.quarter) / 100
        fund = self.fund.at(model.quarter)
        return [Promise("credit_coverage", classes, coverage, kept=FUNDED, money=fund, covers=True)]

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Pay the fund's share of the loans of firms that close and know of it, as their lender does."""
        coverage = self.coverage.at(model.quarter) / 100
        rows = events.closing
        if coverage <= 0 or not rows.size:
            return
        f, classes = model.firms.columns, self.eligible.classes(model.region.zone_names)
        asking = np.empty(rows.size, np.int64)
        fen, count = lost(
            rows, events.loss, f.certificate, f.kind, f.aware, classes, FINANCE, self.loss, coverage, asking
        )
        total, year = fen * model.weight, year_of(model.quarter)
        paid, asked = min(total, max(self.left(name, model), 0)), asking[:count]
        first = model.take_up.note(name, asked, asked[: count if paid else 0], model.firms)
        if paid:
            model.ledger.pay(name, year, paid, first * model.weight)
            events.loss[np.isin(rows, asked)] *= 1.0 - coverage * paid / total  # what is left to another fund
        elif total:
            model.ledger.refuse(name, year, count * model.weight)

    def audience(self, model: EcosystemModel) -> Reach | None:
        """Firms of its classes with a loan; where one closes that knows of the fund, its lender has applied."""
        if self.coverage.at(model.quarter) == 0:
            return None
        return Reach(self.eligible.classes(model.region.zone_names), reach.BORROWER, FINANCE)
