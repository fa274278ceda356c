"""Talent subsidy: money for each science and technology employee that a firm hires."""

from typing import ClassVar

import numpy as np
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.firms import TALENT
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import EVERYONE, OnEveryRung
from ecosim.policies.rationing import pay_claims
from ecosim.policies.schedule import OptionalSteps, Steps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class TalentSubsidy:
    """amount: 10k CNY for each person hired (relocation and housing); budget: 10k CNY a year."""

    family: ClassVar[str] = "talent_subsidy"
    amount: Steps
    budget: OptionalSteps = None
    eligible: OnEveryRung = EVERYONE

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Lower the price of hiring by the subsidy that firms expect."""
        expected = self.amount.at(model.quarter) * model.paid_share.get(name, 1.0)
        terms.hiring_grant[:, self.eligible.mask(model.region.zone_names)] += expected

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Pay for the people hired in this quarter by firms that know of it."""
        amount = self.amount.at(model.quarter)
        if amount <= 0:
            return
        columns, top = model.firms.columns, model.firms.top
        rows = np.flatnonzero((columns.vacancies[:top] > 0) & (columns.aware[:top] & TALENT > 0))
        rows = rows[self.eligible.mask(model.region.zone_names)[columns.kind[rows]]]
        model.paid_share[name] = pay_claims(name, model, columns.vacancies[rows] * amount, self.budget)
