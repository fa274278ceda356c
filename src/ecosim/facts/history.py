"""A long history of simulated firms for the facts: decades until the start is forgotten, then years on record."""

from dataclasses import dataclass, field
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.behaviors.decisions import Behaviors
from ecosim.behaviors.rules import FirmRules
from ecosim.data.periods import QUARTERS_PER_YEAR, quarter_index
from ecosim.model import survey as census
from ecosim.model.ecosystem import EcosystemModel, Policy
from ecosim.model.luck import Key
from ecosim.model.population import LOG_PRODUCTIVITY, synthesize
from ecosim.model.region import Region

PROGRAMS_START = "2007-12"  # last quarter before the certificate of 2008; nobody knows a program before
FORGETTING = 200  # quarters before, without programs, in which the assumed first population is forgotten
ON_RECORD = 60  # quarters with programs: 2008 to 2022
PEOPLE_SHARE = 0.05  # S&T people looking for a post at the start, over all employees

OLDEST = 120  # quarters of age told apart in the life table

Floats = NDArray[np.float64]


class Year(NamedTuple):
    """The firms alive at the end of a year, one array for each quantity, sorted by uid. Money in 10k CNY."""

    uid: NDArray[np.uint64]
    sector: NDArray[np.int8]
    age: NDArray[np.int16]  # quarters
    log_employees: Floats
    log_productivity: Floats
    performs: NDArray[np.int8]
    research: Floats  # true R&D of the year; of firms younger than a year, since their founding
    knowledge: Floats  # R&D capital
    filed: Floats  # patents applied for in the year
    patents: NDArray[np.int32]  # held
    reported: Floats  # R&D over sales as last reported
    ratio: Floats  # true R&D over sales in the last quarter
    next_ratio: Floats  # the same once the firm has adapted to the notch
    responds: NDArray[np.bool_]  # stretched its R&D for a certificate in this year
    certificate: NDArray[np.int8]

    @property
    def log_sales(self) -> Floats:
        """ln of annual sales."""
        return self.log_employees + self.log_productivity


@dataclass(frozen=True)
class History:
    """What one seed left: a Year for every year of the programs, and the series by quarter."""

    years: list[Year]
    series: dict[str, Floats] = field(default_factory=dict)  # one value for each quarter
    exposure: Floats = field(default_factory=lambda: np.zeros(0))  # (OLDEST,) firm-quarters by age in quarters
    closed: Floats = field(default_factory=lambda: np.zeros(0))  # (OLDEST,) closings among them


def simulate(region: Region, firms: int, behaviors: Behaviors, policies: dict[str, Policy], key: Key) -> History:
    """The history of one seed; about `firms` firms when the programs start."""
    model = forget(region, firms, behaviors, policies, key)
    return record(model, ON_RECORD)


def forget(region: Region, firms: int, behaviors: Behaviors, policies: dict[str, Policy], key: Key) -> EcosystemModel:
    """A model at PROGRAMS_START whose sizes and productivities no longer show the first population."""
    start = quarter_index(PROGRAMS_START)
    count = max(200, ceil(firms * np.exp(-behaviors.entry.growth * FORGETTING / QUARTERS_PER_YEAR)))
    model = synthesized(region, count, behaviors, policies, key, start - FORGETTING)
    for _ in range(FORGETTING):
        model.step()
    relevel(model)
    return model


def synthesized(
    region: Region, firms: int, behaviors: Behaviors, policies: dict[str, Policy], key: Key, quarter: int
) -> EcosystemModel:
    """A model of a first population at a quarter (index)."""
    table = synthesize(region, firms, key)
    people = int(np.exp(table.columns.log_employees[table.rows]).sum() * PEOPLE_SHARE)
    rules = FirmRules(behaviors, region)
    return EcosystemModel(region, table, rules, policies=policies, key=key, quarter=quarter, people=people)


def relevel(model: EcosystemModel) -> None:
    """Bring money back to the level at which programs start, and let nobody know of them yet.

    Decades of growth would lift sales above bands and wages that are fixed in CNY. Every rule but those looks at
    differences of ln sales per worker alone, so a common factor on all money changes nothing else.
    """
    columns, rows = model.firms.columns, model.firms.rows
    factor = columns.log_productivity[rows].mean() - LOG_PRODUCTIVITY
    columns.log_productivity[rows] -= factor
    for money in (columns.knowledge, columns.research, columns.loan, columns.cash):
        money[rows] *= np.exp(-factor)
    for none_yet in (columns.aware, columns.certificate, columns.held, columns.honored, columns.institute):
        none_yet[rows] = 0
    columns.waiting[rows] = 0
    model.take_survey()
    census.set_reference(model.survey)


def record(model: EcosystemModel, quarters: int) -> History:
    """Run a model and keep its firms at the end of every year. It must stand at the end of a year."""
    years: list[Year] = []
    series = []
    sums = _Sums()
    exposure, closed = np.zeros(OLDEST), np.zeros(OLDEST)
    for quarter in range(quarters):
        rows, ages = model.firms.rows, model.firms.columns.age[model.firms.rows].copy()
        stretch = model.firms.columns.stretch.copy()
        uid = model.firms.columns.uid.copy()
        model.step()
        known = ages < OLDEST
        exposure += np.bincount(ages[known], minlength=OLDEST)
        gone = known & ~_alive(model, uid[rows], rows)
        closed += np.bincount(ages[gone], minlength=OLDEST)
        sums.add(model, restart=quarter % QUARTERS_PER_YEAR == 0)
        series.append(model.observe())
        if quarter % QUARTERS_PER_YEAR == QUARTERS_PER_YEAR - 1:
            years.append(_year(model, sums, uid, stretch))
    table = np.array(series)
    return History(years, {name: table[:, k] for k, name in enumerate(model.observed_names)}, exposure, closed)


def _alive(model: EcosystemModel, uid: NDArray[np.uint64], rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether the firms that had these rows are still there."""
    return (model.firms.columns.uid[rows] == uid) & (model.firms.columns.alive[rows] == 1)


class _Sums:
    """Flows of a year by row, begun anew where a row has become another firm's."""

    def __init__(self) -> None:
        self.uid = np.zeros(0, np.uint64)
        self.research = np.zeros(0)
        self.filed = np.zeros(0)

    def add(self, model: EcosystemModel, restart: bool) -> None:
        columns, top = model.firms.columns, model.firms.top
        research, filed = columns.research[:top].copy(), columns.filed[:top].astype(np.float64)
        if not restart:
            before = self.uid.size
            same = columns.uid[:before] == self.uid
            research[:before][same] += self.research[same]
            filed[:before][same] += self.filed[same]
        self.uid, self.research, self.filed = columns.uid[:top].copy(), research, filed


def _year(model: EcosystemModel, sums: _Sums, uid: NDArray[np.uint64], stretch: Floats) -> Year:
    columns = model.firms.columns
    rows = model.firms.rows
    rows = rows[np.argsort(columns.uid[rows])]
    before = np.zeros(columns.uid.size)
    before[: stretch.size] = np.where(uid == columns.uid[: uid.size], stretch, 0.0)
    # spending was set on sales before the quarter's change of productivity
    log_sales = columns.log_employees[rows] + columns.log_productivity[rows] - columns.productivity_change[rows]
    ratio = 4.0 * columns.research[rows] * np.exp(-log_sales)
    raised = columns.stretch[rows] - before[rows]
    return Year(
        uid=columns.uid[rows],
        sector=columns.sector[rows],
        age=columns.age[rows],
        log_employees=columns.log_employees[rows],
        log_productivity=columns.log_productivity[rows],
        performs=columns.performs[rows],
        research=sums.research[rows],
        knowledge=columns.knowledge[rows],
        filed=sums.filed[rows],
        patents=columns.patents[rows],
        reported=columns.reported[rows],
        ratio=ratio,
        next_ratio=ratio * np.exp(raised),
        responds=raised > 0.0,
        certificate=columns.certificate[rows],
    )


def matched(before: Year, after: Year) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of the firms that are in both years."""
    _, first, second = np.intersect1d(before.uid, after.uid, assume_unique=True, return_indices=True)
    return first, second
