"""Entry: each firm spawns founders near it, and some firms arrive from outside."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.model.arithmetic import exp, largest, normal, poisson
from ecosim.model.compiled import apart, brief, inlined
from ecosim.model.firms import BANDS, SIZE_BANDS, SOURCES, Columns
from ecosim.model.listing import rows_with
from ecosim.model.luck import FOUNDERS, NEWBORN, NEWBORN_TRAITS, SPAWN, THIRTY_TWO, WORD, philox, uniform, uniforms
from ecosim.model.region import FOREIGN_FROM, OWNERSHIP
from ecosim.model.table import columns_of

BLOCK = 1024
OWNERS = len(OWNERSHIP)
LOG_BANDS = tuple(float(np.log(size)) for size in SIZE_BANDS)


class Entry(NamedTuple):
    """Rates of founding and the traits of the newborn."""

    local: float  # ln of founders per firm and year
    crowding: float  # elasticity to the number of firms over its reference, negative
    growth: float  # of the reference number of firms, a year
    outside: float  # ln of arrivals from outside the region per firm and year
    log_size: float  # mean ln employees of a founder's firm
    size_spread: float
    foreign_size: float  # ln employees of foreign-invested firms above others
    arrival_log_size: float  # mean ln employees of an arrival
    productivity: float  # ln sales per worker relative to the sector's mean
    productivity_spread: float
    performs: float  # share that does R&D from the start
    fresh: float  # share of new products in the sales of a newborn firm that does R&D


class Traits(NamedTuple):
    """What the newborn of each source are drawn from, (sources,) where an array; see `Entry`, `arrivals.Newcomer`."""

    log_size: NDArray[np.float64]
    size_spread: NDArray[np.float64]
    foreign_size: NDArray[np.float64]
    productivity: NDArray[np.float64]
    productivity_spread: NDArray[np.float64]
    performs: NDArray[np.float64]
    foreign: NDArray[np.float64]
    japanese: NDArray[np.float64]
    fresh: float  # of every source that does R&D


BOOK = np.dtype([*((name, np.float64, len(SOURCES)) for name in Traits._fields[:-1]), ("fresh", np.float64)])


def book_of(traits: Traits) -> NDArray[Any]:
    """The traits as an array of one record, (1,): kernels read it by the same names and take it in no time."""
    return np.array([tuple(traits)], BOOK)


@inlined
def log_rate(c, one, log_crowding):
    """Linear predictor of ln(founders per firm and year)."""
    return c.local * one + c.crowding * log_crowding


@inlined
def child_uid(parent, quarter, number):
    """Identity of the number-th founder that a firm spawns in a quarter: 64 bits hashed from the three."""
    a, b, _, _ = philox(parent & WORD, parent >> THIRTY_TWO, quarter, FOUNDERS, number, FOUNDERS)
    return (a << THIRTY_TWO) | b


@brief
def founding_rate(book: Any, log_crowding: float) -> float:
    """Founders per firm in a quarter. book: coefficients, of `decisions.book_of`."""
    return exp(log_rate(book[0].entry, 1.0, log_crowding)) * 0.25


@apart
def spawn(
    rate: float, lift: NDArray[np.float64], firms: Columns, luck: Any, quarter: Any, top: int,
    parents: NDArray[np.int64], uids: NDArray[np.uint64],
) -> int:  # fmt: skip
    """Poisson founders per surviving firm; parents (rows) and uids out; returns how many, more than fit if short.

    rate: founders per firm; lift: (kinds,) factors on it.
    """
    uid, alive, closing, kind = firms.uid, firms.alive, firms.closing, firms.kind
    count = 0
    none = exp(-rate * largest(lift))  # chance of no founder where the rate is highest
    draws, marks, listed = np.empty(BLOCK), np.empty(BLOCK, np.int8), np.empty(BLOCK, np.int64)
    for start in range(0, top, BLOCK):
        block = uid[start : min(start + BLOCK, top)]
        for i in range(block.size):
            draws[i] = 1.0 - uniform(luck[0], luck[1], block[i], quarter, SPAWN)
        for i in range(block.size):
            marks[i] = draws[i] > none
        for k in range(rows_with(np.int8(1), marks[: block.size], listed)):
            i = start + listed[k]
            if alive[i] == 0 or closing[i] == 1:
                continue
            for number in range(poisson(draws[i - start], rate * lift[kind[i]])):
                if count < parents.size:
                    parents[count] = i
                    uids[count] = child_uid(uid[i], quarter, np.uint64(number))
                count += 1
    return count


@inlined
def kind_of(sector, zone, ownership, log_employees, zones):
    """Class of a firm, index into the terms: sector x zone x ownership x size band."""
    band = (log_employees >= LOG_BANDS[0]) + (log_employees >= LOG_BANDS[1]) + (log_employees >= LOG_BANDS[2])
    return ((sector * zones + zone) * OWNERS + ownership) * BANDS + band


@inlined
def drawn_size(c, luck, quarter, uid, source, ownership):
    """ln employees of a newborn firm."""
    larger = c.foreign_size[source] if ownership >= FOREIGN_FROM else 0.0
    draw = normal(uniforms(luck[0], luck[1], uid, quarter, NEWBORN)[0])
    return max(c.log_size[source] + larger + c.size_spread[source] * draw, 0.0)


@inlined
def drawn_productivity(c, luck, quarter, uid, source, mean):
    """ln sales per worker of a newborn firm, given the mean of its sector."""
    draw = normal(uniforms(luck[0], luck[1], uid, quarter, NEWBORN)[1])
    return (mean + c.productivity[source]) + c.productivity_spread[source] * draw


@brief
def furnish(
    book: Any, table: Any, zones: int, mean_productivity: Any, mean_change: Any, key: Any, quarter: Any, rows: Any,
    uids: Any, sector: Any, zone: Any, ownership: Any, source: Any, births: Any,
) -> None:  # fmt: skip
    """Give newborn firms (rows) their state. uids to source: who they are, (n,); births: (sources,) out, how many.

    book: of `book_of`; table: of `Firms.table`; zones: how many; mean_productivity, mean_change: (sectors,) of the
    survey.
    """
    c, firms, luck = book[0], columns_of(table), (key[0], key[1])
    births[:] = 0
    for k in range(rows.size):
        i = rows[k]
        uid, origin = uids[k], source[k]
        firms.sector[i], firms.zone[i], firms.ownership[i] = sector[k], zone[k], ownership[k]
        firms.source[i] = origin
        births[origin] += 1
        performs = c.performs[origin]
        taste, fate = uniforms(luck[0], luck[1], uid, quarter, NEWBORN_TRAITS)
        firms.uid[i] = uid
        firms.alive[i] = 1
        firms.closing[i] = 0
        firms.age[i] = 0
        firms.log_employees[i] = drawn_size(c, luck, quarter, uid, origin, firms.ownership[i])
        firms.kind[i] = kind_of(firms.sector[i], firms.zone[i], firms.ownership[i], firms.log_employees[i], zones)
        mean = mean_productivity[firms.sector[i]]
        firms.log_productivity[i] = drawn_productivity(c, luck, quarter, uid, origin, mean)
        firms.productivity_change[i] = mean_change[firms.sector[i]]
        firms.knowledge[i] = 0.0
        firms.performs[i] = 1 if fate < performs else 0
        firms.ambition[i] = normal(taste)
        firms.stretch[i] = 0.0
        firms.research[i] = 0.0
        firms.reported[i] = 0.0
        firms.inert[i] = fate_rank(fate, performs)
        firms.staff[i] = 0
        firms.seniors[i] = 0
        firms.leaders[i] = 0
        firms.experts[i] = 0.0
        firms.pending[i] = 0
        firms.patents[i] = 0
        firms.inventions_pending[i] = 0
        firms.filed[i] = 0
        firms.inventions_filed[i] = 0
        firms.granted[i] = 0
        firms.inventions_granted[i] = 0
        firms.certificate[i] = 0
        firms.held[i] = 0
        firms.honored[i] = 0
        firms.event[i] = 0
        firms.aware[i] = 0
        firms.assisted[i] = 0
        firms.constrained[i] = 0
        firms.loan[i] = 0.0
        firms.cash[i] = 0.0
        firms.vacancies[i] = 0
        firms.senior_vacancies[i] = 0
        firms.leader_vacancies[i] = 0
        firms.institute[i] = 0
        firms.waiting[i] = 0
        firms.fresh[i] = c.fresh if fate < performs else 0.0
        firms.liaison[i] = 0
        firms.visited[i] = 0
        firms.matched[i] = 0
        firms.incubated[i] = 0
        firms.platform[i] = 0
        firms.external[i] = 0.0


@inlined
def fate_rank(fate, performs):
    """A uniform rank independent of whether the firm performs: the rest of the same draw."""
    return fate / performs if fate < performs else (fate - performs) / (1.0 - performs)
