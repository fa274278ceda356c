"""The index of science and technology progress: what a county is ranked by, and its rank under a stated assumption.

Zhejiang's Science and Technology Department scores its 90 counties every year (Pinghu: 25th in 2015, 3rd in 2017). The
other counties are in no file that comes with ecosim, so the index measures the place against itself:

    index = sum over k of weight_k ln((x_k + base_k) / (x_k at the start + base_k)) / spread_k

with x the place's R&D over sales, share of high-tech enterprises, patents per employee, share of new products in sales
and fiscal science spending over sales, each over the last four quarters. R&D is the reported one: what is ranked is
what is reported, so relabeling raises the index and knowledge need not follow (compare `knowledge`).

The rank rests on an assumption: the other places' indices are normal with the `spread` of `Monitoring`, move up by
`drift` a year, and put the place at its known rank at the start. It is their expected number above, plus one.
"""

from collections.abc import Sequence
from copy import copy
from functools import cache
from math import log
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.model import survey as census
from ecosim.model import systems
from ecosim.model.compiled import apart, brief
from ecosim.model.ledger import FEN_PER_UNIT
from ecosim.model.region import Monitoring

YEAR = 4  # quarters over which the components are taken


class Components(NamedTuple):
    """What the index is made of."""

    research: float  # reported R&D over sales
    certified: float  # high-tech enterprises over firms
    patents: float  # granted in a year, per employee
    products: float  # new high-tech products over sales
    fiscal: float  # government's outlay on science over sales


NORMAL = NormalDist()
WEIGHT = Components(0.2, 0.2, 0.2, 0.2, 0.2)  # assumption: the department's weights are not published
SPREAD = Components(0.5, 0.5, 0.5, 0.5, 0.5)  # of logarithms between counties, assumption
BASE = Components(0.001, 0.001, 1e-4, 0.02, 0.001)  # what every county has beside what is modeled, assumption


class Quarter(NamedTuple):
    """Sums of one quarter in agents' units; sales by year, all else in the quarter or at its end. 10k CNY."""

    sales: float
    reported: float
    firms: float
    certified: float
    patents: float
    employees: float
    products: float
    fiscal: float


SALES, REPORTED, FIRMS, CERTIFIED, PATENTS, EMPLOYEES, PRODUCTS, FISCAL = range(len(Quarter._fields))


@apart
def compose(quarters: Any, now: Any) -> None:
    """The components over some quarters: rows of `Quarter`, (n, 8); `Components`, (5,), out."""
    sums = np.zeros(quarters.shape[1])
    for n in range(len(quarters)):
        sums += quarters[n]
    sales = max(sums[SALES] / YEAR, 1e-9)
    now[0] = sums[REPORTED] / sales
    now[1] = quarters[-1, CERTIFIED] / max(quarters[-1, FIRMS], 1.0)
    now[2] = YEAR * sums[PATENTS] / max(sums[EMPLOYEES], 1e-9)
    now[3] = sums[PRODUCTS] / sales
    now[4] = sums[FISCAL] / sales


def components(quarters: Sequence[Quarter]) -> Components:
    """The components over the given quarters."""
    now = np.empty(len(Components._fields))
    compose(np.array(quarters), now)
    return Components(*now.tolist())


@brief
def index(now: Any, start: Any) -> float:
    """Weighted log distance from the start, in standard deviations between counties; rises in every component."""
    total = 0.0
    for k in range(len(WEIGHT)):
        total += WEIGHT[k] * log((now[k] + BASE[k]) / (start[k] + BASE[k])) / SPREAD[k]
    return total


def rank(value: float, years: float, monitoring: Monitoring) -> float:
    """Expected rank among the monitored places, years after the start; 1 is the best, 0 where none is monitored."""
    if monitoring.places < 2:
        return 0.0
    others = monitoring.places - 1
    place = ahead_at_start(monitoring.rank, monitoring.places) + (value - monitoring.drift * years) / monitoring.spread
    return 1.0 + others * (1.0 - NORMAL.cdf(place))


@cache
def ahead_at_start(rank: float, places: int) -> float:
    """Standard deviations by which a place at a rank is ahead of the mean of all places."""
    return NORMAL.inv_cdf(1.0 - (rank - 0.5) / places)


@brief
def measure(totals: Any, systems_totals: Any, fiscal: float, quarter: Any) -> None:
    """A quarter from the totals of a survey, (8,) out. fiscal: government's outlay in it."""
    quarter[SALES] = totals[census.SALES] / census.FINE
    quarter[REPORTED] = totals[census.RD_REPORTED] / census.FINE
    quarter[FIRMS] = totals[census.FIRMS]
    quarter[CERTIFIED] = totals[census.HNTES]
    quarter[PATENTS] = totals[census.GRANTED]
    quarter[EMPLOYEES] = totals[census.EMPLOYMENT] / census.FINE
    quarter[PRODUCTS] = systems_totals[systems.NEW_PRODUCTS] / systems.FINE
    quarter[FISCAL] = fiscal


@apart
def advance(totals: Any, systems_totals: Any, fiscal: float, last: Any, start: Any) -> float:
    """Take in a quarter, the oldest of the last ones leaves; returns the index."""
    for n in range(len(last) - 1):
        last[n] = last[n + 1]
    measure(totals, systems_totals, fiscal, last[-1])
    now = np.empty(start.size)
    compose(last, now)
    return index(now, start)


class Progress:
    """The index of one model, quarter by quarter."""

    def __init__(self, monitoring: Monitoring) -> None:
        self.monitoring = monitoring
        self._last = np.empty((0, len(Quarter._fields)))
        self._start = np.zeros(len(Components._fields))
        self.quarters = 0
        self.spent_before = 0  # fen, until the last quarter
        self.index = 0.0
        self.rank = float(monitoring.rank)

    @property
    def last(self) -> list[Quarter]:
        """The last four quarters; none before the first one."""
        return [Quarter(*row) for row in self._last.tolist()]

    @property
    def start(self) -> Components:
        """The components at the start."""
        return Components(*self._start.tolist())

    def take(self, model: Any) -> None:
        """Read a model's survey and books at the end of a quarter."""
        fiscal = (model.ledger.total - self.spent_before) / FEN_PER_UNIT / model.weight
        self.spent_before = model.ledger.total
        if len(self._last):
            self._enter(advance(model.survey.totals, model.systems, fiscal, self._last, self._start))
        else:
            self.observe(_read(model, fiscal))

    def copy(self, spent: int) -> "Progress":
        """The same for another model whose books begin with what was spent, fen."""
        twin = copy(self)
        twin._last, twin._start, twin.spent_before = self._last.copy(), self._start.copy(), spent
        return twin

    def begin(self, model: Any) -> None:
        """Start anew from the last four quarters, as far as they would have had the firms that a model has now.

        For a forecast, which changes firms at its origin: what they are counted by is scaled, in all four quarters.
        """
        now, last = _read(model, 0.0), self._last[-1].copy()
        scale = np.divide(now, last, out=np.ones(now.size), where=last > 0)
        scale[[PATENTS, FISCAL]] = 1.0  # flows of quarters that have passed
        self._last *= scale
        self._last[-1] = now
        self._last[-1, [PATENTS, FISCAL]] = last[[PATENTS, FISCAL]]
        compose(self._last, self._start)
        self.quarters, self.index, self.rank = 0, 0.0, float(self.monitoring.rank)

    def observe(self, quarter: "Quarter | NDArray[np.float64]") -> None:
        """Take in a quarter; a model's very first one stands for the year before it and is the start."""
        if not len(self._last):
            self._last = np.array([quarter] * YEAR)
            compose(self._last, self._start)
            return
        self._last = np.array([*self._last[1:], quarter])
        now = np.empty(self._start.size)
        compose(self._last, now)
        self._enter(index(now, self._start))

    def _enter(self, value: float) -> None:
        self.quarters += 1
        self.index = value
        self.rank = rank(value, self.quarters / YEAR, self.monitoring)


def _read(model: Any, fiscal: float) -> NDArray[np.float64]:
    quarter = np.empty(len(Quarter._fields))
    measure(model.survey.totals, model.systems, fiscal, quarter)
    return quarter
