"""Technology branch of a bank: lends to certified firms on their certificate, and at a lower rate of interest."""

from typing import ClassVar

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import Eligibility
from ecosim.policies.schedule import Percent, Steps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class TechBank:
    """lending: added to the log odds of a loan; spread: points off its yearly interest, borne by the bank."""

    family: ClassVar[str] = "tech_bank"
    dated: ClassVar[bool] = True
    steady: ClassVar[bool] = True
    lending: Steps
    spread: Percent = Field(default=0.0, validate_default=True)
    eligible: Eligibility = Eligibility(rungs=("tech_sme", "high_tech"))

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Better terms for the rungs and classes of firms that the branch serves."""
        where = self.eligible.classes(model.region.zone_names)
        lending, spread = self.lending.at(model.quarter), self.spread.at(model.quarter) / 100
        if lending > 0:
            terms.lending[where] += lending
        if spread > 0:
            terms.spread[where] += spread

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """No public money."""
