"""Institutes that a university and the region build together: knowledge for the R&D of one trade."""

from typing import ClassVar

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import EVERYONE, OnEveryRung
from ecosim.policies.outlays import pay_yearly
from ecosim.policies.places import kinds_in, raise_where
from ecosim.policies.schedule import NOTHING, Percent, Steps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class UniversityInstitute:
    """rate: percent of its R&D that an eligible firm learns from the institute; cost: 10k CNY a year."""

    family: ClassVar[str] = "university_institute"
    dated: ClassVar[bool] = True
    steady: ClassVar[bool] = True
    rate: Percent
    cost: Steps = NOTHING
    eligible: OnEveryRung = EVERYONE

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Offer the institute's knowledge."""
        here = kinds_in(model.region, (), self.eligible)
        raise_where(terms.university, here, self.rate.at(model.quarter) / 100)

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Pay the region's part of the institute."""
        pay_yearly(name, model, self.cost)
