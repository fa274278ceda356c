"""Where an instrument acts: in the zones of its parks, on the classes of firms it is for."""

from collections.abc import Hashable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecosim.model.compiled import brief
from ecosim.model.region import Region
from ecosim.model.terms import Array, grid
from ecosim.policies.eligibility import Eligibility


def kinds_in(region: Region, parks: tuple[str, ...], eligible: Eligibility) -> NDArray[np.bool_]:
    """(kinds,) True for eligible classes of firms in zones of the parks; every zone where no park is named."""
    key: Hashable = ("kinds", parks, eligible)
    found: Any = region.memory.get(key)
    if found is None:
        found = eligible.mask(region.zone_names).copy()
        cube: Any = grid(found, len(region.zones))  # a view of the mask
        cube &= region.within(parks)[:, np.newaxis, np.newaxis]
        region.memory[key] = found
    return found


def shares_in(
    region: Region,
    parks: tuple[str, ...],
    sectors: tuple[str, ...] = (),
    border: float = 1.0,
    zones: tuple[str, ...] = (),
) -> NDArray[np.float64]:
    """(sectors, zones) shares of newcomers in the zones of the parks, see `Region.spread`; zones: of these, if any."""
    key: Hashable = ("shares", parks, sectors, border, zones)
    found: Any = region.memory.get(key)
    if found is None:
        found = region.spread(sectors, parks, border) * zones_in(region, parks, zones)
        found = region.memory[key] = found / found.sum() if zones and found.any() else found
    return found


def zones_in(region: Region, parks: tuple[str, ...], zones: tuple[str, ...] = ()) -> NDArray[np.bool_]:
    """(zones,) True for the zones of the parks; zones: of these, if any."""
    key: Hashable = ("zones", parks, zones)
    found: Any = region.memory.get(key)
    if found is None:
        named = np.array([not zones or name in zones for name in region.zone_names])
        found = region.memory[key] = region.within(parks) & named
    return found


def raise_where(term: Array, where: NDArray[np.bool_], by: float) -> None:
    """Add to a term for some classes of firms, in place."""
    if by != 0.0:
        add_where(term, where, by)


@brief
def add_where(term: Any, where: Any, by: float) -> None:
    """Add a number to a term where it holds, (n,)."""
    for k in range(term.size):
        term[k] = term[k] + by if where[k] else term[k]


@brief
def add_arrivals(arrivals: Any, source: int, expected: float, shares: Any) -> None:
    """Expect firms of a source, spread over sectors and zones by their shares, in place."""
    for sector in range(shares.shape[0]):
        for zone in range(shares.shape[1]):
            arrivals[source, sector, zone] += expected * shares[sector, zone]
