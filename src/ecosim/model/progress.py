"""The index of science and technology progress: what a county is ranked by, and its rank under a stated assumption.

Zhejiang's Science and Technology Department scores its 90 counties every year (Pinghu: 25th in 2015, 3rd in 2017). The
other counties are in no file that comes with ecosim, so the index measures the place against itself:

    index = sum over k of weight_k ln(x_k / x_k at the start) / spread_k

with x the place's R&D over sales, share of high-tech enterprises, patents per employee, share of new products in sales
and fiscal science spending over sales, each over the last four quarters. R&D is the reported one: what is ranked is
what is reported, so relabeling raises the index and knowledge need not follow (compare `knowledge`).

The rank rests on an assumption: the other places' indices are normal with the `spread` of `Monitoring`, move up by
`drift` a year, and put the place at its known rank at the start. It is their expected number above, plus one.
"""

from collections import deque
from copy import copy
from functools import cache
from math import log
from statistics import NormalDist
from typing import Any, NamedTuple

from ecosim.model import survey as census
from ecosim.model import systems
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


def components(quarters: "deque[Quarter] | list[Quarter]") -> Components:
    """The components over the given quarters."""
    sums = Quarter(*map(sum, zip(*quarters, strict=True)))
    sales = max(sums.sales / YEAR, 1e-9)
    last = quarters[-1]
    return Components(
        sums.reported / sales,
        last.certified / max(last.firms, 1.0),
        YEAR * sums.patents / max(sums.employees, 1e-9),
        sums.products / sales,
        sums.fiscal / sales,
    )


def index(now: Components, start: Components) -> float:
    """Weighted log distance from the start, in standard deviations between counties; rises in every component."""
    parts = zip(WEIGHT, SPREAD, BASE, now, start, strict=True)
    return sum([weight * log((x + base) / (x0 + base)) / spread for weight, spread, base, x, x0 in parts])


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


def read(model: Any, spent: int) -> Quarter:
    """A quarter from a model's survey. spent: fen in it."""
    main, products = model.survey.totals.tolist(), int(model.systems[systems.NEW_PRODUCTS])
    return Quarter(
        sales=main[census.SALES] / census.FINE,
        reported=main[census.RD_REPORTED] / census.FINE,
        firms=float(main[census.FIRMS]),
        certified=float(main[census.HNTES]),
        patents=float(main[census.GRANTED]),
        employees=main[census.EMPLOYMENT] / census.FINE,
        products=products / systems.FINE,
        fiscal=spent / FEN_PER_UNIT / model.weight,
    )


class Progress:
    """The index of one model, quarter by quarter."""

    def __init__(self, monitoring: Monitoring) -> None:
        self.monitoring = monitoring
        self.last: deque[Quarter] = deque(maxlen=YEAR)
        self.start: Components | None = None
        self.quarters = 0
        self.spent_before = 0  # fen, until the last quarter
        self.index = 0.0
        self.rank = float(monitoring.rank)

    def take(self, model: Any) -> None:
        """Read a model's survey and books at the end of a quarter."""
        spent = model.ledger.total - self.spent_before
        self.spent_before = model.ledger.total
        self.observe(read(model, spent))

    def copy(self, spent: int) -> "Progress":
        """The same for another model whose books begin with what was spent, fen."""
        twin = copy(self)
        twin.last, twin.spent_before = self.last.copy(), spent
        return twin

    def begin(self, model: Any) -> None:
        """Start anew from the last four quarters, as far as they would have had the firms that a model has now.

        For a forecast, which changes firms at its origin: what they are counted by is scaled, in all four quarters.
        """
        now, last = read(model, 0), self.last[-1]
        scales = [y / x if x > 0 else 1.0 for x, y in zip(last, now, strict=True)]
        scale = Quarter(*scales)._replace(patents=1.0, fiscal=1.0)  # flows of quarters that have passed
        scaled = [Quarter(*(x * y for x, y in zip(old, scale, strict=True))) for old in self.last]
        self.last.extend([*scaled[:-1], now._replace(patents=last.patents, fiscal=last.fiscal)])
        self.start, self.quarters, self.index = components(self.last), 0, 0.0
        self.rank = float(self.monitoring.rank)

    def observe(self, quarter: Quarter) -> None:
        """Take in a quarter; a model's very first one stands for the year before it and is the start."""
        if self.start is None:
            self.last.extend([quarter] * YEAR)
            self.start = components(self.last)
            return
        self.last.append(quarter)
        self.quarters += 1
        self.index = index(components(self.last), self.start)
        self.rank = rank(self.index, self.quarters / YEAR, self.monitoring)
