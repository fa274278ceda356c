"""The census at the end of a quarter: what firms will see of each other next quarter, and the series that are reported.

Sums are taken in 64-bit fixed point, so that they are exact and do not depend on the order of the firms.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.model import addresses
from ecosim.model.arithmetic import exp, log
from ecosim.model.compiled import kernel, outer
from ecosim.model.firms import (
    CERTIFICATION,
    FAMILIES,
    HIGH_TECH,
    LAPSED,
    NEW_HIGH_TECH,
    NEW_TECH_SME,
    RENEWED,
    Columns,
)
from ecosim.model.region import FOREIGN_FROM, HIGH_TECH_SECTORS, SECTORS

SERIES = (
    "firms",
    "employment",
    "sales",
    "rd_performers",
    "rd_expenditure",  # true, in the quarter
    "rd_reported",  # reported, in the quarter
    "rd_personnel",
    "patents_applied",
    "inventions_applied",
    "patents_granted",
    "inventions_granted",
    "tech_sme_stock",  # any certificate
    "tech_sme_new",
    "hnte_stock",
    "hnte_new",
    "hnte_renewed",
    "hnte_lapsed",
    "hnte_foreign_stock",
    "hightech_firms",
    "aware_firms",
    "assisted_firms",
    "constrained_firms",
)
(
    FIRMS, EMPLOYMENT, SALES, PERFORMERS, RD, RD_REPORTED, PERSONNEL, APPLIED, INVENTIONS, GRANTED, INVENTIONS_GRANTED,
    TECH_SMES, NEW_TECH_SMES, HNTES, NEW_HNTES, RENEWALS, LAPSES, FOREIGN_HNTES, HIGHTECH, AWARE, ASSISTED, CONSTRAINED,
) = range(len(SERIES))  # fmt: skip
# sums by cell: firms, log productivity and its change, R&D capital, firms of designated size, firms with a liaison
# officer, firms that know each family
COUNT, LOG, CHANGE, CAPITAL, LARGE, OFFICERS, KNOW = range(7)
PARTS = KNOW + len(FAMILIES)
PATTERNS = 1 << len(FAMILIES)  # what a firm can know of the families
BLOCK = 1024
FINE = 1024.0  # fixed-point steps per unit of money and persons
FINER = 1048576.0  # of logarithms
UNITS = np.ones(len(SERIES))  # of the totals
UNITS[[EMPLOYMENT, SALES, RD, RD_REPORTED]] /= FINE
DESIGNATED_SIZE = 7.600902459542082  # ln of 2,000: sales (10k CNY) from which industrial firms are counted
HIGH_TECH = int(HIGH_TECH)
IS_HIGH_TECH = np.array([1.0 if sector in HIGH_TECH_SECTORS else 0.0 for sector in SECTORS])
OTHER_SECTOR_WEIGHT = 0.25  # of knowledge in other sectors of the zone, assumption
OTHER_ZONE_WEIGHT = 0.5  # of the same sector's knowledge elsewhere in the region, assumption


class Survey(NamedTuple):
    """What the firms see of each other. S sectors, Z zones."""

    mean_productivity: NDArray[np.float64]  # (S,) mean ln sales per worker
    mean_change: NDArray[np.float64]  # (S,) mean change of ln sales per worker in the quarter
    high_tech: NDArray[np.float64]  # (S,) 1 for high-tech sectors
    spillover: NDArray[np.float64]  # (S, Z) ln of neighbors' knowledge relative to the reference
    reference: NDArray[np.float64]  # (S, Z) ln of neighbors' knowledge at the end of the spin-up
    outside: NDArray[np.float64]  # (S, Z) knowledge of the center next door within reach, counted as a neighbor's
    firms: NDArray[np.int64]  # (S,)
    known: NDArray[np.float64]  # (Z, families) share of firms that know
    liaisons: NDArray[np.float64]  # (Z,) share of firms with a liaison officer
    totals: NDArray[np.int64]  # (len(SERIES),) fixed point where the unit is money or persons


def blank(zones: int) -> Survey:
    """A survey of nobody."""
    sectors = len(SECTORS)
    return Survey(
        mean_productivity=np.zeros(sectors),
        mean_change=np.zeros(sectors),
        high_tech=IS_HIGH_TECH.copy(),
        spillover=np.zeros((sectors, zones)),
        reference=np.zeros((sectors, zones)),
        outside=np.zeros((sectors, zones)),
        firms=np.zeros(sectors, np.int64),
        known=np.zeros((zones, len(FAMILIES))),
        liaisons=np.zeros(zones),
        totals=np.zeros(len(SERIES), np.int64),
    )


def table_of(survey: Survey, zones: int) -> NDArray[np.int64]:
    """The survey as kernels take it. Raises ValueError as `addresses.table_of`."""
    layout = [(f"survey's {name}", array.shape, array.dtype) for name, array in blank(zones)._asdict().items()]
    return addresses.table_of(zones, survey, layout)


@outer
def take(firms: Columns, top: int, survey: Survey) -> None:
    """Fill the survey, in place."""
    cells = np.zeros((survey.spillover.size, PARTS), np.int64)
    patterns = np.zeros((survey.spillover.size, PATTERNS), np.int64)
    survey.totals[:] = 0
    people, revenue = np.empty(BLOCK), np.empty(BLOCK)
    for start in range(0, top, BLOCK):
        stop = min(start + BLOCK, top)
        log_employees, log_productivity = firms.log_employees[start:stop], firms.log_productivity[start:stop]
        for i in range(log_employees.size):
            people[i] = exp(log_employees[i])
            revenue[i] = people[i] * exp(log_productivity[i])
        add_amounts(firms, start, stop, people, revenue, survey.totals)
        add_papers(firms, start, stop, survey.totals)
        add_statuses(firms, start, stop, survey.totals)
        add_cells(firms, start, stop, cells, patterns, survey)
    add_patterns(patterns, cells)
    share(cells, survey)


@kernel
def add_amounts(firms: Columns, start: int, stop: int, people: Any, revenue: Any, totals: Any) -> None:
    """Money and persons of the rows of one block; people, revenue: employees and annual sales, (block,)."""
    alive, performs = firms.alive[start:stop], firms.performs[start:stop]
    research, reported, staff = firms.research[start:stop], firms.reported[start:stop], firms.staff[start:stop]
    employment, sales, spent, claimed, personnel = 0, 0, 0, 0, 0
    for i in range(alive.size):
        counts: Any = np.int64(alive[i])
        employment += counts * int(people[i] * FINE)
        sales += counts * int(revenue[i] * FINE)
        spent += counts * int(research[i] * FINE)
        claimed += counts * int(max(research[i], reported[i] * revenue[i] * 0.25 * performs[i]) * FINE)
        personnel += counts * staff[i]
    totals[EMPLOYMENT] += employment
    totals[SALES] += sales
    totals[RD] += spent
    totals[RD_REPORTED] += claimed
    totals[PERSONNEL] += personnel


@kernel
def add_papers(firms: Columns, start: int, stop: int, totals: Any) -> None:
    """Patents filed and granted in the rows of one block."""
    alive, filed, inventions = firms.alive[start:stop], firms.filed[start:stop], firms.inventions_filed[start:stop]
    granted, inventions_granted = firms.granted[start:stop], firms.inventions_granted[start:stop]
    a, b, c, d = 0, 0, 0, 0
    for i in range(alive.size):
        counts: Any = np.int64(alive[i])
        a += counts * filed[i]
        b += counts * inventions[i]
        c += counts * granted[i]
        d += counts * inventions_granted[i]
    totals[APPLIED] += a
    totals[INVENTIONS] += b
    totals[GRANTED] += c
    totals[INVENTIONS_GRANTED] += d


@kernel
def add_statuses(firms: Columns, start: int, stop: int, totals: Any) -> None:
    """Firms of the rows of one block by what they are and what happened to them."""
    alive, performs, certificate = firms.alive[start:stop], firms.performs[start:stop], firms.certificate[start:stop]
    event, ownership, aware = firms.event[start:stop], firms.ownership[start:stop], firms.aware[start:stop]
    assisted, constrained = firms.assisted[start:stop], firms.constrained[start:stop]
    counts: Any
    living, performers, any_rung, second_rung, foreign = 0, 0, 0, 0, 0
    for i in range(alive.size):
        counts = np.int64(alive[i])
        high = counts if certificate[i] == HIGH_TECH else 0
        living += counts
        performers += counts * performs[i]
        any_rung += counts if certificate[i] > 0 else 0
        second_rung += high
        foreign += high if ownership[i] >= FOREIGN_FROM else 0
    listed, certified, renewed, lapsed, informed, helped, refused = 0, 0, 0, 0, 0, 0, 0
    for i in range(alive.size):
        counts, what = np.int64(alive[i]), event[i]
        listed += counts if (what & NEW_TECH_SME) != 0 else 0
        certified += counts if (what & NEW_HIGH_TECH) != 0 else 0
        renewed += counts if (what & RENEWED) != 0 else 0
        lapsed += counts if (what & LAPSED) != 0 else 0
        informed += counts if (aware[i] & CERTIFICATION) != 0 else 0
        helped += counts if assisted[i] > 0 else 0
        refused += counts * constrained[i]
    totals[FIRMS] += living
    totals[PERFORMERS] += performers
    totals[TECH_SMES] += any_rung
    totals[HNTES] += second_rung
    totals[FOREIGN_HNTES] += foreign
    totals[NEW_TECH_SMES] += listed
    totals[NEW_HNTES] += certified
    totals[RENEWALS] += renewed
    totals[LAPSES] += lapsed
    totals[AWARE] += informed
    totals[ASSISTED] += helped
    totals[CONSTRAINED] += refused


@kernel
def add_cells(firms: Columns, start: int, stop: int, cells: Any, patterns: Any, survey: Survey) -> None:
    """Sums by cell (sector and zone) of the rows of one block. cells: (S x Z, PARTS).

    patterns: (S x Z, PATTERNS) firms by all that they know, one count for each firm instead of five.
    """
    zones = survey.spillover.shape[1]
    alive, sector, zone = firms.alive[start:stop], firms.sector[start:stop], firms.zone[start:stop]
    log_productivity, knowledge = firms.log_productivity[start:stop], firms.knowledge[start:stop]
    log_employees, change = firms.log_employees[start:stop], firms.productivity_change[start:stop]
    aware, liaison = firms.aware[start:stop], firms.liaison[start:stop]
    for i in range(alive.size):
        if alive[i] == 0:
            continue
        at = sector[i] * zones + zone[i]
        productivity, cell = log_productivity[i], cells[at]
        cell[LOG] += int(productivity * FINER)
        cell[CHANGE] += int(change[i] * FINER)
        cell[CAPITAL] += int(knowledge[i] * FINE)
        cell[LARGE] += 1 if log_employees[i] + productivity >= DESIGNATED_SIZE else 0
        cell[OFFICERS] += liaison[i]
        patterns[at, aware[i] & (PATTERNS - 1)] += 1


@kernel
def add_patterns(patterns: Any, cells: Any) -> None:
    """Firms, and those that know each family, from the patterns of each cell."""
    for at in range(patterns.shape[0]):
        for pattern in range(PATTERNS):
            firms = patterns[at, pattern]
            cells[at, COUNT] += firms
            for family in range(len(FAMILIES)):
                cells[at, KNOW + family] += firms * ((pattern >> family) & 1)


@outer
def share(cells: Any, survey: Survey) -> None:
    """What firms see next quarter, from the sums by cell."""
    sectors, zones = survey.spillover.shape
    cell = cells.reshape((sectors, zones, PARTS))
    of_sector, of_zone = cell.sum(axis=1), cell.sum(axis=0)
    for s in range(sectors):
        survey.totals[HIGHTECH] += of_sector[s, LARGE] if survey.high_tech[s] > 0.0 else 0
        survey.firms[s] = of_sector[s, COUNT]
        if of_sector[s, COUNT] > 0:
            survey.mean_productivity[s] = of_sector[s, LOG] / FINER / of_sector[s, COUNT]
            survey.mean_change[s] = of_sector[s, CHANGE] / FINER / of_sector[s, COUNT]
    for z in range(zones):
        count = of_zone[z, COUNT]
        survey.liaisons[z] = of_zone[z, OFFICERS] / count if count > 0 else 0.0
        for family in range(len(FAMILIES)):
            survey.known[z, family] = of_zone[z, KNOW + family] / count if count > 0 else 0.0
        for s in range(sectors):
            near = survey.outside[s, z]
            for other in range(sectors):
                near += cell[other, z, CAPITAL] / FINE * (1.0 if other == s else OTHER_SECTOR_WEIGHT)
            for elsewhere in range(zones):
                if elsewhere != z:
                    near += cell[s, elsewhere, CAPITAL] / FINE * OTHER_ZONE_WEIGHT
            survey.spillover[s, z] = log(1.0 + near) - survey.reference[s, z]


def set_reference(survey: Survey) -> None:
    """Measure spillover relative to the present from now on."""
    survey.reference[...] += survey.spillover
    survey.spillover[...] = 0.0


def assume_for_absent(survey: Survey) -> None:
    """Sectors without any firm yet start at the region's mean productivity, not at zero."""
    absent = survey.mean_productivity == 0.0
    if not absent.all():
        survey.mean_productivity[absent] = survey.mean_productivity[~absent].mean()
