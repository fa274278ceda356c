"""The gap of costs to the big center: firms come where land and labor are cheaper."""

from math import log
from typing import ClassVar

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.firms import SOURCES
from ecosim.model.terms import Terms
from ecosim.policies.schedule import Steps

SHANGHAI = SOURCES.index("shanghai")


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class CostGap:
    """gap: percent by which costs in the center lie above those here; elasticity: of arrivals from there to the ratio
    of costs. No policy of the region moves it: a condition with a date."""

    family: ClassVar[str] = "cost_gap"
    dated: ClassVar[bool] = True
    steady: ClassVar[bool] = True
    gap: Steps
    elasticity: float = Field(ge=0, le=10)

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Draw firms from the center by the gap."""
        terms.pull[SHANGHAI] += self.elasticity * log(1.0 + self.gap.at(model.quarter) / 100)

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """It costs the treasury nothing."""
