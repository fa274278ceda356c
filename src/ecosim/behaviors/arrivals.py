"""Arrivals: firms that come from outside or start in an incubator, by source, sector and zone.

Each cell (sector, zone) of a source draws its own Poisson count by inversion of the region's luck, and each firm is
named by (source, cell, quarter, number): more of one source, or in one cell, leaves all others the same firms. A source
whose projects come in lumps multiplies its expected counts by one gamma factor a quarter, which makes its total
negative binomial.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

from ecosim.behaviors.entry import Traits, child_uid, drawn_productivity, drawn_size, kind_of
from ecosim.data.errors import UserError
from ecosim.model.arithmetic import exp, poisson
from ecosim.model.compiled import apart, brief, inlined, kernel
from ecosim.model.firms import SOURCES
from ecosim.model.luck import ARRIVAL, ARRIVAL_COUNT, ARRIVAL_LUMPS, ARRIVAL_OWNER, ARRIVAL_TRAITS, uniform, uniforms
from ecosim.model.region import OWNERSHIP
from ecosim.model.terms import Terms

JAPANESE, FOREIGN = OWNERSHIP.index("japanese"), OWNERSHIP.index("foreign")
GATED = np.array([name in ("shanghai", "foreign_project", "elsewhere") for name in SOURCES])  # must meet a standard
ELSEWHERE = SOURCES.index("elsewhere")
ORIGIN, FORTY = np.uint64(1) << np.uint64(63), np.uint64(40)
LARGEST_MEAN = 300.0  # arrivals (agents) in one cell and quarter that can be drawn by inversion


class ArrivalsError(UserError, ValueError):
    """More arrivals than can be drawn."""


class Newcomer(NamedTuple):
    """Firms of one source: their traits when they start, their owners, and how lumpy their number is."""

    log_size: float  # mean ln employees
    size_spread: float
    productivity: float  # ln sales per worker relative to the sector's mean
    productivity_spread: float
    performs: float  # share that does R&D from the start
    foreign: float  # share of foreign-invested firms
    japanese: float  # share of Japanese among the foreign-invested
    lumps: float  # dispersion of the quarterly count: variance = mean + lumps x mean^2; 0 is Poisson


class Batch(NamedTuple):
    """Room for firms to be founded, (n,) arrays."""

    uids: NDArray[np.uint64]
    sector: NDArray[np.int8]
    zone: NDArray[np.int8]
    ownership: NDArray[np.int8]
    source: NDArray[np.int8]


class Shares(NamedTuple):
    """Where arrivals that no policy speaks to settle and whose they are: cumulative shares of the region."""

    sectors: NDArray[np.float64]
    zones: NDArray[np.float64]
    owners: NDArray[np.float64]


def room_for(count: int) -> Batch:
    """An empty batch."""
    sector, zone, ownership, source = np.empty((4, count), np.int8)
    return Batch(np.empty(count, np.uint64), sector, zone, ownership, source)


@inlined
def origin(source, cell):
    """Identity of a cell of a source, from which its firms' identities derive."""
    return ORIGIN | (np.uint64(source) << FORTY) | np.uint64(cell)


def lumped(
    pull: NDArray[np.float64], lumps: list[tuple[int, float]], terms: Terms, luck: Any, quarter: np.uint64
) -> NDArray[np.float64]:
    """Agents that come for each expected firm, (sources,): the pull of the place times the quarter's lump, in place.

    lumps: sources whose numbers are lumpy, and their dispersion.
    """
    for source, lump in lumps:
        if (draw := lump_draw(terms.arrivals, source, luck, quarter)) > 0.0:
            pull[source] *= gammaincinv(1.0 / lump, draw) * lump
    return pull


def check(terms: Terms, pull: NDArray[np.float64], weight: int) -> None:
    """Raises ArrivalsError where a cell expects more than can be drawn."""
    largest = (terms.arrivals * pull[:, np.newaxis, np.newaxis]).max()
    if largest > LARGEST_MEAN:
        raise ArrivalsError(
            f"{largest * weight:.0f} arrivals are expected in one sector and zone in a quarter; "
            f"at most {LARGEST_MEAN * weight:.0f} can be drawn: lower the events or projects"
        )


@brief
def lump_draw(expected: Any, source: int, luck: Any, quarter: Any) -> float:
    """The region's luck with a source in a quarter, 0 where nobody is expected."""
    some = False
    for sector in range(expected.shape[1]):
        for zone in range(expected.shape[2]):
            some |= expected[source, sector, zone] != 0.0
    return uniform(luck[0], luck[1], np.uint64(source), quarter, ARRIVAL_LUMPS) if some else 0.0


@apart
def come(c: Traits, expected: Any, pull: Any, luck: Any, quarter: Any, batch: Batch, first: int) -> int:
    """Add arrivals to a batch of `first`: a Poisson count by each cell's own luck, names and owners.

    expected: firms, (sources, sectors, zones); pull: of `lumped`. Returns how many the batch should then hold; those
    without room are not written. Returns -1 where a cell expects more than can be drawn: `check` says which.
    """
    k = first
    sources, sectors, zones = expected.shape
    means, draws, nobody = np.empty((3, sectors * zones))
    for source in range(sources):
        most, cells = 0.0, expected[source].ravel()
        for cell in range(means.size):
            means[cell] = cells[cell] * pull[source]
            most = max(most, means[cell])
        if most > LARGEST_MEAN:
            return -1
        if most <= 0.0:
            continue
        for cell in range(means.size):
            draws[cell] = uniform(luck[0], luck[1], origin(source, cell), quarter, ARRIVAL_COUNT)
        for cell in range(means.size):
            nobody[cell] = exp(-means[cell])
        for cell in range(means.size):
            if means[cell] > 0.0 and draws[cell] > nobody[cell]:  # a count above zero
                number = poisson(draws[cell], means[cell])
                name_them(c, source, cell, zones, number, luck, quarter, batch, k)
                k += number
    return k


@kernel
def name_them(
    c: Traits, source: int, cell: int, zones: int, number: int, luck: Any, quarter: Any, batch: Batch, first: int
) -> None:  # fmt: skip
    """Put a number of arrivals of a cell into the batch, as far as there is room, from one place on."""
    for k in range(first, min(first + number, batch.uids.size)):
        uid = child_uid(origin(source, cell), quarter, np.uint64(k - first))
        abroad, where = uniforms(luck[0], luck[1], uid, quarter, ARRIVAL_OWNER)
        invested = JAPANESE if where < c.japanese[source] else FOREIGN
        batch.uids[k], batch.source[k] = uid, source
        batch.sector[k], batch.zone[k] = cell // zones, cell % zones
        batch.ownership[k] = invested if abroad < c.foreign[source] else 0


@apart
def come_from_elsewhere(c: Shares, number: int, luck: Any, quarter: Any, batch: Batch, first: int) -> int:
    """As `come`, a number of arrivals that no policy speaks to, named by (quarter, number); they settle by shares."""
    for k in range(min(number, batch.uids.size - first)):
        one = np.uint64(k)
        uid = child_uid(one | ORIGIN, quarter, one)
        first_draw, second_draw = uniforms(luck[0], luck[1], uid, quarter, ARRIVAL_TRAITS)
        third_draw = uniform(luck[0], luck[1], uid, quarter, ARRIVAL)
        batch.uids[first + k], batch.source[first + k] = uid, ELSEWHERE
        batch.sector[first + k] = np.searchsorted(c.sectors, first_draw * c.sectors[-1])
        batch.zone[first + k] = np.searchsorted(c.zones, second_draw * c.zones[-1])
        batch.ownership[first + k] = np.searchsorted(c.owners, third_draw * c.owners[-1])
    return first + number


@apart
def admit(c: Traits, standard: Any, zones: int, luck: Any, quarter: Any, batch: Batch, count: int) -> int:
    """Hold arrivals from outside, by what `furnish` will draw for them, to the standard, (kinds,), of their place.

    Those that fall short leave the batch of `count`; returns how many stay.
    """
    kept = 0
    for k in range(count):
        uid, sector, zone = batch.uids[k], batch.sector[k], batch.zone[k]
        ownership, source = batch.ownership[k], batch.source[k]
        meets = True
        if GATED[source]:
            size = drawn_size(c, luck, quarter, uid, source, ownership)
            kind = kind_of(sector, zone, ownership, size, zones)
            meets = drawn_productivity(c, luck, quarter, uid, source, 0.0) >= standard[kind]
        if meets:
            batch.uids[kept], batch.sector[kept], batch.zone[kept] = uid, sector, zone
            batch.ownership[kept], batch.source[kept] = ownership, source
            kept += 1
    return kept
