"""Whom an instrument is for: sectors, zones, owners, sizes and rungs; what is left out means all."""

from functools import cached_property, lru_cache
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, ConfigDict, field_validator
from pydantic.dataclasses import dataclass

from ecosim.data.errors import UserError, nearest
from ecosim.model import terms
from ecosim.model.region import OWNERSHIP, SECTORS

SIZES = ("micro", "small", "medium", "large")
RUNG_NAMES = ("none", "tech_sme", "high_tech")
KEPT = 256  # arrays that one eligibility remembers


class EligibilityError(UserError, ValueError):
    """An instrument for zones that the region does not have."""


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Eligibility:
    """Classes of firms; zones are names of the region's zones and are checked when the region is known."""

    sectors: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    ownership: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    rungs: tuple[str, ...] = ()

    @field_validator("sectors", "zones", "ownership", "sizes", "rungs")
    @classmethod
    def _some(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if not names:
            raise ValueError("is an empty list; leave it out where all are eligible")
        return names

    @field_validator("sectors", "ownership", "sizes", "rungs")
    @classmethod
    def _known(cls, names: tuple[str, ...], info) -> tuple[str, ...]:  # type: ignore[no-untyped-def]
        valid = {"sectors": SECTORS, "ownership": OWNERSHIP, "sizes": SIZES, "rungs": RUNG_NAMES}[info.field_name]
        for name in names:
            if name not in valid:
                raise ValueError(f"unknown name {name!r}; {nearest(name, valid)}")
        return names

    def __hash__(self) -> int:
        """As of all fields, worked out once."""
        return self._hash

    def mask(self, zone_names: tuple[str, ...]) -> NDArray[np.bool_]:
        """(kinds,) True for the classes of firms that are eligible. Raises EligibilityError for an unknown zone."""
        found = self._memory.get(zone_names)
        if found is None:
            found = self._memory[zone_names] = _mask(self, zone_names)
        return found

    def classes(self, zone_names: tuple[str, ...]) -> NDArray[np.bool_]:
        """(rungs, kinds) True for the rungs and classes of firms that are eligible."""
        key = "classes", zone_names
        found = self._memory.get(key)
        if found is None:
            found = self._memory[key] = _classes(self, zone_names)
        return found

    def spread(self, zone_names: tuple[str, ...], value: float, by_rung: bool = False) -> NDArray[np.float64]:
        """(kinds,) or (rungs, kinds): the value where eligible, 0 elsewhere; the same array for the same value."""
        key = value, by_rung, zone_names
        found = self._memory.get(key)
        if found is None:
            if len(self._memory) >= KEPT:
                self._memory.clear()
            found = self._memory[key] = _spread(self, zone_names, value, by_rung)
        return found

    @property
    def rung_mask(self) -> NDArray[np.bool_]:
        """(rungs,) True for the rungs that are eligible."""
        return np.array([not self.rungs or name in self.rungs for name in RUNG_NAMES])

    @cached_property
    def _hash(self) -> int:
        return hash((self.sectors, self.zones, self.ownership, self.sizes, self.rungs))

    @cached_property
    def _memory(self) -> dict[Any, NDArray[Any]]:
        """Arrays of these classes that were asked for before, shared with equal ones: quicker than by all fields."""
        return {}

    def __getstate__(self) -> dict[str, Any]:
        """A copy in another process works them out again."""
        return {name: value for name, value in self.__dict__.items() if not name.startswith("_")}


@lru_cache(maxsize=512)
def _classes(eligible: Eligibility, zone_names: tuple[str, ...]) -> NDArray[np.bool_]:
    both = np.outer(eligible.rung_mask, _mask(eligible, zone_names))
    both.flags.writeable = False
    return both


@lru_cache(maxsize=512)
def _spread(eligible: Eligibility, zone_names: tuple[str, ...], value: float, by_rung: bool) -> NDArray[np.float64]:
    where = _classes(eligible, zone_names) if by_rung else _mask(eligible, zone_names)
    values = np.where(where, value, 0.0)
    values.flags.writeable = False
    return values


@lru_cache(maxsize=512)
def _mask(eligible: Eligibility, zone_names: tuple[str, ...]) -> NDArray[np.bool_]:
    for name in eligible.zones:
        if name not in zone_names:
            raise EligibilityError(f"eligible.zones: the region has no zone {name!r}; {nearest(name, zone_names)}")
    mask = np.ones(terms.kinds(len(zone_names)), bool)
    cube: Any = terms.grid(mask, len(zone_names))  # a view of the mask
    for axis, (names, valid) in enumerate(
        (
            (eligible.sectors, SECTORS),
            (eligible.zones, zone_names),
            (eligible.ownership, OWNERSHIP),
            (eligible.sizes, SIZES),
        )
    ):
        if names:
            keep = np.array([name in names for name in valid])
            shape = [1, 1, 1, 1]
            shape[axis] = len(valid)
            cube &= keep.reshape(shape)
    mask.flags.writeable = False
    return mask


@lru_cache(maxsize=64)
def below_second(eligible: Eligibility, zone_names: tuple[str, ...]) -> NDArray[np.bool_]:
    """(rungs, kinds) as `classes`, without the second rung; the same array for the same eligibility."""
    both = _classes(eligible, zone_names).copy()
    both[RUNG_NAMES.index("high_tech")] = False
    both.flags.writeable = False
    return both


def _on_every_rung(eligible: Eligibility) -> Eligibility:
    if eligible.rungs:
        raise ValueError("this family does not tell rungs apart; leave rungs out")
    return eligible


EVERYONE = Eligibility()
OnEveryRung = Annotated[Eligibility, AfterValidator(_on_every_rung)]  # for terms that have no axis of rungs
