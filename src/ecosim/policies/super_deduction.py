"""R&D super-deduction: firms deduct more from taxable profit than their R&D costs."""

from typing import ClassVar

import numpy as np
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from ecosim.data.periods import year_of
from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.terms import Terms
from ecosim.policies import booking
from ecosim.policies.eligibility import EVERYONE, Eligibility
from ecosim.policies.schedule import Steps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class SuperDeduction:
    """rate: percent of R&D spending deducted beyond its cost. Where several apply to a firm the largest holds."""

    family: ClassVar[str] = "super_deduction"
    rate: Steps
    eligible: Eligibility = EVERYONE

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Raise the deduction of eligible classes and rungs to the rate in force."""
        rate = self.rate.at(model.quarter) / 100
        where = self.eligible.classes(model.region.zone_names)
        np.maximum(terms.deduction, rate, out=terms.deduction, where=where)

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Book the tax saved by firms that know of it, a tax expenditure, under the rule whose rate holds for them."""
        rate = self.rate.at(model.quarter) / 100
        if rate <= 0:
            return
        zones = model.region.zone_names
        here = self.eligible.classes(zones) & (model.terms.deduction == rate)
        for other in model.policies.values():  # where two rules grant the same rate the first one books it
            if other is self:
                break
            if isinstance(other, SuperDeduction) and other.rate.at(model.quarter) / 100 == rate:
                here &= ~other.eligible.classes(zones)
        value = np.where(here, rate * model.terms.tax_rate, 0.0)
        fen, firms = booking.on_research(model.firms.columns, model.firms.top, value)
        model.ledger.pay(name, year_of(model.quarter), fen * model.weight, firms * model.weight)
