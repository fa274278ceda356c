"""A park run together with the neighboring province: nearer to its knowledge, with an entry standard of its own."""

from math import log
from typing import ClassVar

import numpy as np
from pydantic import ConfigDict, field_validator
from pydantic.dataclasses import dataclass

from ecosim.data.errors import nearest
from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.firms import SOURCES
from ecosim.model.region import SECTORS
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import EVERYONE
from ecosim.policies.outlays import pay_yearly
from ecosim.policies.places import kinds_in, shares_in, zones_in
from ecosim.policies.schedule import NOTHING, Percent, Steps

SHANGHAI = SOURCES.index("shanghai")


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class CrossProvincePark:
    """nearness: percent of full integration with the center that the park adds in its zones.

    arrivals: firms from Shanghai expected in a quarter, in the named sectors (all where none is); standard: least sales
    per worker of an arrival, percent of its sector's mean, 0 for none; cost: 10k CNY a year.
    """

    family: ClassVar[str] = "cross_province_park"
    dated: ClassVar[bool] = True
    steady: ClassVar[bool] = True
    parks: tuple[str, ...]
    nearness: Percent = NOTHING
    arrivals: Steps = NOTHING
    standard: Steps = NOTHING
    sectors: tuple[str, ...] = ()
    cost: Steps = NOTHING

    @field_validator("sectors")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return known_sectors(names)

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Bring the center nearer, expect its firms and set the standard."""
        now, region = model.quarter, model.region
        here = zones_in(region, self.parks)
        closer = self.nearness.at(now) / 100
        if closer > 0:
            terms.nearness[here] = np.minimum(terms.nearness[here] + closer, 1.0)
        expected = self.arrivals.at(now)
        if expected > 0:
            terms.arrivals[SHANGHAI] += expected * shares_in(region, self.parks, self.sectors)
        standard = self.standard.at(now)
        if standard > 0:
            least = log(standard / 100)
            kinds = kinds_in(region, self.parks, EVERYONE)
            np.maximum(terms.entry_standard, least, out=terms.entry_standard, where=kinds)

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Pay for the park."""
        pay_yearly(name, model, self.cost)


def known_sectors(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names as they are. Raises ValueError for one that is no sector."""
    for name in names:
        if name not in SECTORS:
            raise ValueError(f"unknown name {name!r}; {nearest(name, SECTORS)}")
    return names
