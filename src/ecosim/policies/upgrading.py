"""Upgrading of traditional trades: garments and luggage start design and R&D of their own."""

from typing import ClassVar

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import EVERYONE, OnEveryRung
from ecosim.policies.outlays import pay_yearly
from ecosim.policies.places import kinds_in, raise_where
from ecosim.policies.schedule import NOTHING, Steps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Upgrading:
    """push: added to the log hazard of starting R&D of eligible firms; cost: 10k CNY a year."""

    family: ClassVar[str] = "upgrading"
    dated: ClassVar[bool] = True
    steady: ClassVar[bool] = True
    push: Steps
    cost: Steps = NOTHING
    eligible: OnEveryRung = EVERYONE

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Push into R&D."""
        raise_where(terms.research_push, kinds_in(model.region, (), self.eligible), self.push.at(model.quarter))

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Pay for the program."""
        pay_yearly(name, model, self.cost)
