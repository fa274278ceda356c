"""Targeted attraction of foreign projects: few, large and lumpy."""

from typing import ClassVar

import numpy as np
from pydantic import ConfigDict, Field, field_validator
from pydantic.dataclasses import dataclass

from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.firms import SOURCES
from ecosim.model.region import SECTORS
from ecosim.model.terms import Terms
from ecosim.policies.cross_province_park import known_sectors
from ecosim.policies.outlays import pay_sum
from ecosim.policies.places import zones_in
from ecosim.policies.schedule import Steps

FOREIGN_PROJECT = SOURCES.index("foreign_project")


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class ForeignProjects:
    """projects: in a quarter; share: percent of them that are new firms of the kind the model counts; sectors: how the
    projects spread; parks: where they settle, every zone by its size where none is named; cost: 10k CNY a project."""

    family: ClassVar[str] = "foreign_projects"
    dated: ClassVar[bool] = True
    steady: ClassVar[bool] = True
    projects: Steps
    sectors: dict[str, float]
    share: float = Field(ge=0, le=100)
    parks: tuple[str, ...] = ()
    cost: float = Field(default=0.0, ge=0)

    @field_validator("sectors")
    @classmethod
    def _known(cls, shares: dict[str, float]) -> dict[str, float]:
        known_sectors(tuple(shares))
        if any(share < 0 for share in shares.values()) or abs(sum(shares.values()) - 1.0) > 1e-6:
            raise ValueError(f"the shares sum to {sum(shares.values()):.4f}; make them sum to 1, none negative")
        return shares

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Expect the projects that become firms."""
        expected = self.projects.at(model.quarter) * self.share / 100
        if expected > 0:
            region = model.region
            key = (name, self.parks, tuple(self.sectors.items()))
            spread = region.memory.get(key)
            if spread is None:
                of_zone = np.array([zone.share for zone in region.zones.values()]) * zones_in(region, self.parks)
                of_sector = np.array([self.sectors.get(sector, 0.0) for sector in SECTORS])
                spread = np.outer(of_sector, of_zone / max(of_zone.sum(), 1e-12))
                region.memory[key] = spread
            terms.arrivals[FOREIGN_PROJECT] += expected * spread

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Pay for the quarter's projects as they are expected."""
        pay_sum(name, model, self.projects.at(model.quarter) * self.cost)
