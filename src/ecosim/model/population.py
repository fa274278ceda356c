"""Synthetic firms that match a region's margins: the state from which the spin-up starts."""

from math import ceil

import numpy as np
from numpy.typing import NDArray

from ecosim.model.arithmetic import log, normal
from ecosim.model.compiled import kernel
from ecosim.model.firms import Columns, Firms
from ecosim.model.luck import Key, generator_of, uniforms
from ecosim.model.region import FOREIGN_FROM, OWNERSHIP, SECTORS, Region
from ecosim.model.terms import classify

FIRST_UID = np.uint64(1) << np.uint64(62)  # initial firms; founders' uids are hashes and fall anywhere
LOG_SIZE, SIZE_SPREAD = 2.9, 1.15  # ln employees of an industrial firm before the spin-up, assumption
LOG_PRODUCTIVITY, PRODUCTIVITY_SPREAD = 4.2, 0.6  # ln sales per worker (10k CNY) before the spin-up, assumption
FOREIGN_LARGER = 1.0  # ln employees of foreign-invested firms above others before the spin-up, assumption
MEAN_AGE = 36.0  # quarters before the spin-up, exponential, assumption
FRESH = 0.5  # share of new products in sales of firms that do R&D before the spin-up, assumption
LAYOUT = np.uint64(1000)  # streams of the first layout, apart from those of the quarters


def agents_and_weight(firms: int, largest_sample: int) -> tuple[int, int]:
    """How many agents, and how many firms each stands for: 600,000 firms and 20,000 agents -> (20000, 30)."""
    weight = max(1, ceil(firms / largest_sample))
    return max(1, round(firms / weight)), weight


def quotas(
    shares: dict[str, float], names: tuple[str, ...], count: int, shuffled: NDArray[np.int64]
) -> NDArray[np.int8]:
    """An index into names for each of `count` firms, in exact proportion to the shares (largest remainder)."""
    exact = np.array([shares.get(name, 0.0) for name in names]) * count
    whole = np.floor(exact).astype(np.int64)
    for k in np.argsort(whole - exact, kind="stable")[: count - int(whole.sum())]:
        whole[k] += 1
    assigned = np.empty(count, np.int8)
    assigned[shuffled] = np.repeat(np.arange(len(names), dtype=np.int8), whole)
    return assigned


def synthesize(region: Region, count: int, key: Key) -> Firms:
    """`count` firms whose sectors, zones and owners match the region's shares; sizes, ages and skill are drawn.

    Margins are met exactly one by one and are independent of each other: no published cross-table is assumed.
    """
    firms = Firms.room_for(count)
    rows = firms.take_rows(count)
    columns = firms.columns
    generator = generator_of((key.seed << 32) | key.member, 7)
    zones = {name: zone.share for name, zone in region.zones.items()}
    for column, shares, names in (
        (columns.sector, region.sectors, SECTORS),
        (columns.zone, zones, region.zone_names),
        (columns.ownership, region.ownership, OWNERSHIP),
    ):
        column[rows] = quotas(shares, names, count, generator.permutation(count))
    columns.uid[rows] = FIRST_UID + rows.astype(np.uint64)
    columns.alive[rows] = 1
    lay_out(columns, count, np.uint64(key.seed), np.uint64(key.member))
    classify(columns, rows, len(region.zones))
    return firms


@kernel
def lay_out(firms: Columns, count: int, seed: int, member: int) -> None:
    """Draw the traits of the initial firms."""
    zero = np.uint64(0)
    for i in range(count):
        a, b = uniforms(seed, member, firms.uid[i], zero, LAYOUT)
        c, d = uniforms(seed, member, firms.uid[i], zero, LAYOUT + np.uint64(1))
        e, f = uniforms(seed, member, firms.uid[i], zero, LAYOUT + np.uint64(2))
        larger = FOREIGN_LARGER if firms.ownership[i] >= FOREIGN_FROM else 0.0
        firms.log_employees[i] = max(LOG_SIZE + larger + SIZE_SPREAD * normal(a), 0.0)
        firms.log_productivity[i] = LOG_PRODUCTIVITY + PRODUCTIVITY_SPREAD * normal(b)
        firms.age[i] = int(-MEAN_AGE * log(c))
        firms.ambition[i] = normal(d)
        firms.inert[i] = e
        firms.performs[i] = 1 if f < 0.2 else 0
        firms.fresh[i] = FRESH * firms.performs[i]
