"""R&D super-deduction: firms deduct more from taxable profit than their R&D costs."""

from typing import ClassVar

import numpy as np
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from ecosim.data.periods import year_of
from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.firms import RESEARCH
from ecosim.model.ledger import FEN_PER_UNIT
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import EVERYONE, Eligibility
from ecosim.policies.schedule import Steps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class SuperDeduction:
    """rate: percent of R&D spending deducted beyond its cost. Where several apply to a firm the largest holds."""

    family: ClassVar[str] = "super_deduction"
    rate: Steps
    eligible: Eligibility = EVERYONE

    def revise(self, terms: Terms, model: EcosystemModel) -> None:
        """Raise the deduction of eligible classes and rungs to the rate in force."""
        rate = self.rate.at(model.quarter) / 100
        where = np.outer(self.eligible.rung_mask, self.eligible.mask(model.region.zone_names))
        terms.deduction[where] = np.maximum(terms.deduction[where], rate)

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Book the tax saved by firms that know of it, a tax expenditure, under the rule whose rate holds for them."""
        rate = self.rate.at(model.quarter) / 100
        if rate <= 0:
            return
        columns, top = model.firms.columns, model.firms.top
        does = (columns.alive[:top] == 1) & (columns.performs[:top] == 1)
        rows = np.flatnonzero(does & (columns.aware[:top] & RESEARCH > 0))
        rung, kind = columns.certificate[rows], columns.kind[rows]
        here = self.eligible.rung_mask[rung] & self.eligible.mask(model.region.zone_names)[kind]
        here &= np.isclose(model.terms.deduction[rung, kind], rate)
        for other in model.policies.values():  # where two rules grant the same rate the first one books it
            if other is self:
                break
            if isinstance(other, SuperDeduction) and other.rate.at(model.quarter) / 100 == rate:
                zones = model.region.zone_names
                here &= ~(other.eligible.rung_mask[rung] & other.eligible.mask(zones)[kind])
        rows, rung, kind = rows[here], rung[here], kind[here]
        fen = np.round(columns.research[rows] * rate * model.terms.tax_rate[rung, kind] * FEN_PER_UNIT)
        model.ledger.pay(
            name, year_of(model.quarter), int(fen.astype(np.int64).sum()) * model.weight, int(rows.size) * model.weight
        )
