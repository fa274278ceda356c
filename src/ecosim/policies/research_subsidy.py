"""A subsidy that pays a share of R&D spending."""

from typing import ClassVar

import numpy as np
from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.firms import RESEARCH
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import EVERYONE, Eligibility
from ecosim.policies.rationing import pay_claims
from ecosim.policies.schedule import OptionalSteps, Percent


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class ResearchSubsidy:
    """rate: percent of R&D spending; budget: 10k CNY a year. Firms expect the share that was paid last quarter."""

    family: ClassVar[str] = "research_subsidy"
    rate: Percent
    budget: OptionalSteps = None
    eligible: Eligibility = EVERYONE
    at_most: float = Field(default=50.0, gt=0, le=100)  # percent, a guard against a slip of the pen

    @model_validator(mode="after")
    def _within_the_guard(self) -> "ResearchSubsidy":
        if self.rate.largest > self.at_most:
            raise ValueError(
                f"rate {self.rate.largest:g} is above at_most {self.at_most:g}; raise at_most if it is meant"
            )
        return self

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Lower the price of R&D by the subsidy that eligible firms expect."""
        expected = self.rate.at(model.quarter) / 100 * model.paid_share.get(name, 1.0)
        where = self.eligible.classes(model.region.zone_names)
        terms.research_grant[where] += expected

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Pay eligible performers that know of it."""
        rate = self.rate.at(model.quarter) / 100
        if rate <= 0:
            return
        columns, top = model.firms.columns, model.firms.top
        does = (columns.alive[:top] == 1) & (columns.performs[:top] == 1)
        rows = np.flatnonzero(does & (columns.aware[:top] & RESEARCH > 0))
        here = self.eligible.rung_mask[columns.certificate[rows]]
        here &= self.eligible.mask(model.region.zone_names)[columns.kind[rows]]
        rows = rows[here]
        model.paid_share[name] = pay_claims(name, model, rows, columns.research[rows] * rate, self.budget)
