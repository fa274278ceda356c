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
from ecosim.model.arithmetic import poisson
from ecosim.model.compiled import brief, inlined
from ecosim.model.ecosystem import Arrivals
from ecosim.model.firms import SOURCES
from ecosim.model.luck import ARRIVAL_COUNT, ARRIVAL_LUMPS, ARRIVAL_OWNER, uniform, uniforms
from ecosim.model.region import OWNERSHIP
from ecosim.model.terms import Terms

JAPANESE, FOREIGN = OWNERSHIP.index("japanese"), OWNERSHIP.index("foreign")
GATED = np.array([name in ("shanghai", "foreign_project", "elsewhere") for name in SOURCES])  # must meet a standard
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


@inlined
def origin(source, cell):
    """Identity of a cell of a source, from which its firms' identities derive."""
    return ORIGIN | (np.uint64(source) << FORTY) | np.uint64(cell)


def come(
    traits: Traits, lumps: NDArray[np.float64], terms: Terms, weight: int, luck: Any, quarter: np.uint64
) -> Arrivals:
    """Arrivals of a quarter from the sources that policies speak to.

    lumps: dispersion by source, (sources,). Raises ArrivalsError where a cell expects more than can be drawn.
    """
    pull = np.exp(terms.pull) / weight
    for source in np.flatnonzero(lumps).tolist():
        if not terms.arrivals[source].any():
            continue
        draw = lump_draw(luck, quarter, source)
        pull[source] *= gammaincinv(1.0 / lumps[source], draw) * lumps[source]
    sources, sectors, zones = terms.arrivals.shape
    expected = terms.arrivals.reshape(sources, sectors * zones) * pull[:, np.newaxis]
    largest = expected.max()
    if largest > LARGEST_MEAN:
        raise ArrivalsError(
            f"{largest * weight:.0f} arrivals are expected in one sector and zone in a quarter; "
            f"at most {LARGEST_MEAN * weight:.0f} can be drawn: lower the events or projects"
        )
    counts = np.empty(expected.shape, np.int64)
    total = count(expected, luck, quarter, counts)
    uids = np.empty(total, np.uint64)
    columns = np.empty((4, total), np.int8)  # sector, zone, ownership, source
    settle(traits, counts, zones, luck, quarter, uids, *columns)
    return Arrivals(uids, *columns)


@brief
def lump_draw(luck: Any, quarter: Any, source: int) -> float:
    """The region's luck with a source in a quarter."""
    return uniform(luck[0], luck[1], np.uint64(source), quarter, ARRIVAL_LUMPS)


@brief
def count(expected: Any, luck: Any, quarter: Any, counts: Any) -> int:
    """Poisson counts (sources, cells), out, by each cell's own luck; returns their sum."""
    total = 0
    for source in range(expected.shape[0]):
        for cell in range(expected.shape[1]):
            mean = expected[source, cell]
            counts[source, cell] = 0
            if mean > 0.0:
                draw = uniform(luck[0], luck[1], origin(source, cell), quarter, ARRIVAL_COUNT)
                counts[source, cell] = poisson(draw, mean)
                total += counts[source, cell]
    return total


@brief
def settle(
    c: Traits, counts: Any, zones: int, luck: Any, quarter: Any,
    uids: Any, sector: Any, zone: Any, ownership: Any, source: Any,
) -> None:  # fmt: skip
    """Name the arrivals of all cells, (n,) arrays out, and draw their owners."""
    k = 0
    for origins in range(counts.shape[0]):
        for cell in range(counts.shape[1]):
            for number in range(counts[origins, cell]):
                uid = child_uid(origin(origins, cell), quarter, np.uint64(number))
                abroad, where = uniforms(luck[0], luck[1], uid, quarter, ARRIVAL_OWNER)
                invested = JAPANESE if where < c.japanese[origins] else FOREIGN
                uids[k] = uid
                sector[k], zone[k], source[k] = cell // zones, cell % zones, origins
                ownership[k] = invested if abroad < c.foreign[origins] else 0
                k += 1


def admit(
    traits: Traits, standard: NDArray[np.float64], zones: int, luck: Any, quarter: np.uint64, arrivals: Arrivals
) -> Arrivals:
    """Arrivals without those from outside that fall short of the standard, (kinds,), of where they would settle."""
    if standard.max() == -np.inf:
        return arrivals
    meets = np.ones(arrivals.uids.size, np.bool_)
    rejected = examine(traits, standard, zones, luck, quarter, *arrivals[:5], meets)
    if rejected == 0:
        return arrivals
    kept: Any = (column[meets] for column in arrivals[:5])
    return Arrivals(*kept, rejected)


@brief
def examine(
    c: Traits, standard: Any, zones: int, luck: Any, quarter: Any,
    uids: Any, sector: Any, zone: Any, ownership: Any, source: Any, meets: Any,
) -> int:  # fmt: skip
    """Hold arrivals from outside, by what `furnish` will draw for them, to the standard; returns how many fail."""
    rejected = 0
    for k in range(uids.size):
        if GATED[source[k]]:
            size = drawn_size(c, luck, quarter, uids[k], source[k], ownership[k])
            kind = kind_of(sector[k], zone[k], ownership[k], size, zones)
            if drawn_productivity(c, luck, quarter, uids[k], source[k], 0.0) < standard[kind]:
                meets[k] = False
                rejected += 1
    return rejected
