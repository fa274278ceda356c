"""A place: its name, what it lies in, how many firms it has and how they spread over sectors, zones and owners."""

from functools import cached_property
from math import isclose
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic.dataclasses import dataclass

from ecosim.data.errors import UserError, nearest

SECTORS = (
    "advanced_equipment",
    "new_materials",
    "energy_environment",
    "electronics",
    "garments",
    "luggage",
    "other",
    "bio_food",
)
HIGH_TECH_SECTORS = ("advanced_equipment", "new_materials", "electronics", "bio_food")
OWNERSHIP = ("private", "state", "hk_macao_taiwan", "japanese", "foreign")
FOREIGN_FROM = OWNERSHIP.index("hk_macao_taiwan")  # from here on a firm counts as foreign-invested
LEVELS = ("county", "city", "province", "state", "country")
MOST_ZONES = 64


class RegionError(UserError, ValueError):
    """A region file that cannot be used."""


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Zone:
    """A town, park or other part of a region.

    share: of the region's firms. distance: km to the big center of knowledge next door. parks: names of the parks,
    platforms and incubator hubs that lie in it; instruments act where the parks they name lie.
    """

    share: float = Field(ge=0, le=1)
    name_zh: str = ""
    distance: float = Field(default=0.0, ge=0)
    borders_shanghai: bool = False
    parks: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Center:
    """The big center of knowledge next door. knowledge: its R&D capital, 10k CNY; sectors: how it spreads."""

    name: str
    sectors: dict[str, float]
    knowledge: float = Field(ge=0)
    name_zh: str = ""
    source: str = ""

    @field_validator("sectors")
    @classmethod
    def _shares(cls, shares: dict[str, float]) -> dict[str, float]:
        return _check_shares(shares, SECTORS)


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Monitoring:
    """The ranking of places that a region is held to (see `ecosim.model.progress`); places 0: none.

    places: how many are ranked, this one included; rank: its last known one; drift: index points that the others gain
    a year; spread: of the others' indices.
    """

    places: int = Field(default=0, ge=0)
    rank: int = Field(default=0, ge=0)
    drift: float = 0.1
    spread: float = Field(default=0.7, gt=0)
    source: str = ""

    @model_validator(mode="after")
    def _rank_within(self) -> "Monitoring":
        if self.places and not 1 <= self.rank <= self.places:
            raise ValueError(f"rank {self.rank} of {self.places} places; give one from 1 to {self.places}")
        return self


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Region:
    """Everything that the synthetic population needs to know of a place.

    Shares sum to 1. `firms` is a count where a source gives one; without it the number of firms is
    `firms_per_certificate` times the high-tech enterprises of the place, a convention (the counts fix only the
    product of eligible firms and hazard, never the two apart); the ensemble varies the share that never applies.
    """

    name: str
    level: str
    sectors: dict[str, float]
    ownership: dict[str, float]
    name_zh: str = ""
    inside: tuple[str, ...] = ()
    zones: dict[str, Zone] = Field(default_factory=lambda: {"all": Zone(share=1.0)})
    firms: int | None = Field(default=None, ge=50, le=100_000_000)
    firms_source: str = "convention: firms per certificate"
    firms_per_certificate: float = Field(default=60.0, ge=5, le=500)
    largest_sample: int = Field(default=20_000, ge=200)  # agents; above it one agent stands for several firms
    center: Center | None = None
    monitoring: Monitoring = Field(default_factory=Monitoring)

    @field_validator("name")
    @classmethod
    def _named(cls, name: str) -> str:
        if not name.strip():
            raise ValueError("a region needs a name that is not blank")
        return name

    @field_validator("level")
    @classmethod
    def _known_level(cls, level: str) -> str:
        if level not in LEVELS:
            raise ValueError(f"unknown level {level!r}; {nearest(level, LEVELS)}")
        return level

    @field_validator("sectors", "ownership")
    @classmethod
    def _shares(cls, shares: dict[str, float], info: ValidationInfo) -> dict[str, float]:
        return _check_shares(shares, SECTORS if info.field_name == "sectors" else OWNERSHIP)

    @model_validator(mode="after")
    def _zones_sum_to_one(self) -> "Region":
        if not 1 <= len(self.zones) <= MOST_ZONES:
            raise ValueError(f"{len(self.zones)} zones; give between 1 and {MOST_ZONES}")
        total = sum(zone.share for zone in self.zones.values())
        if not isclose(total, 1.0, abs_tol=1e-6):
            raise ValueError(f"the zones' shares sum to {total:.4f}; make them sum to 1")
        return self

    @cached_property
    def zone_names(self) -> tuple[str, ...]:
        """Names of the zones; a firm's zone is an index into them."""
        return tuple(self.zones)

    @cached_property
    def known_parks(self) -> tuple[str, ...]:
        """Names of all parks of the region."""
        return tuple(dict.fromkeys(park for zone in self.zones.values() for park in zone.parks))

    def within(self, parks: tuple[str, ...]) -> NDArray[np.bool_]:
        """(zones,) True where one of the parks lies; every zone where none is named.

        A region without any park has none of them. Raises RegionError for an unknown park in a region that has some.
        """
        for park in parks:
            if self.known_parks and park not in self.known_parks:
                raise RegionError(f"the region {self.name} has no park {park!r}; {nearest(park, self.known_parks)}")
        return np.array([not parks or any(park in zone.parks for park in parks) for zone in self.zones.values()])

    def spread(self, sectors: tuple[str, ...], parks: tuple[str, ...], border: float = 1.0) -> NDArray[np.float64]:
        """(sectors, zones) shares of newcomers, summing to 1, or 0 where no such sector or park is.

        By the region's own shares of the sectors named (all where none is) and of the zones of the parks; a zone on
        the border counts `border` times.
        """
        of_sector = np.array([self.sectors.get(name, 0.0) * (not sectors or name in sectors) for name in SECTORS])
        of_zone = np.array([zone.share * (border if zone.borders_shanghai else 1.0) for zone in self.zones.values()])
        both = np.outer(of_sector, of_zone * self.within(parks))
        total = both.sum()
        return both / total if total > 0 else both

    @cached_property
    def memory(self) -> dict[Any, Any]:
        """What instruments have worked out for this region, so that they need not do it every quarter."""
        return {}

    def __getstate__(self) -> dict[str, Any]:
        """A copy in another process works it out again: views of one buffer do not survive the journey."""
        return {name: value for name, value in self.__dict__.items() if name != "memory"}


def _check_shares(shares: dict[str, float], names: tuple[str, ...]) -> dict[str, float]:
    for name, share in shares.items():
        if name not in names:
            raise ValueError(f"unknown name {name!r}; {nearest(name, names)}")
        if share < 0:
            raise ValueError(f"share of {name!r} is {share}; shares are never negative")
    if not isclose(sum(shares.values()), 1.0, abs_tol=1e-6):
        raise ValueError(f"the shares sum to {sum(shares.values()):.4f}; make them sum to 1")
    return shares
