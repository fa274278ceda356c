"""Integration with Shanghai: its knowledge comes nearer and its people found firms here, above all on the border."""

from typing import ClassVar

import numpy as np
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.firms import SOURCES
from ecosim.model.region import Region
from ecosim.model.terms import Terms
from ecosim.policies.outlays import pay_yearly
from ecosim.policies.places import shares_in
from ecosim.policies.schedule import NOTHING, Percent, Steps

TALENT = SOURCES.index("talent")


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class ShanghaiIntegration:
    """nearness: percent of full integration in every zone; border: percent more in zones that border Shanghai.

    founders: people from Shanghai who found a firm here in a quarter; border_weight: how many times as likely they
    settle in a border zone; cost: 10k CNY a year.
    """

    family: ClassVar[str] = "shanghai_integration"
    dated: ClassVar[bool] = True
    steady: ClassVar[bool] = True
    nearness: Percent
    border: Percent = NOTHING
    founders: Steps = NOTHING
    border_weight: float = Field(default=1.0, ge=0)
    cost: Steps = NOTHING

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Bring Shanghai nearer."""
        now, region = model.quarter, model.region
        closer = self.nearness.at(now) / 100 + self.border.at(now) / 100 * on_border(region)
        np.minimum(terms.nearness + closer, 1.0, out=terms.nearness)
        founders = self.founders.at(now)
        if founders > 0:
            terms.arrivals[TALENT] += founders * shares_in(region, (), (), self.border_weight)

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Pay for the plan."""
        pay_yearly(name, model, self.cost)


def on_border(region: Region) -> np.ndarray:
    """(zones,) 1 for zones that border Shanghai."""
    found = region.memory.get("border")
    if found is None:
        found = np.array([1.0 if zone.borders_shanghai else 0.0 for zone in region.zones.values()])
        region.memory["border"] = found
    return found
