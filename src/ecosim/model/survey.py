"""The census at the end of a quarter: what firms will see of each other next quarter, and the series that are reported.

Sums are taken in 64-bit fixed point, so that they are exact and do not depend on the order of the firms.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.model.arithmetic import exp, log
from ecosim.model.compiled import kernel
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
FINE = 1024.0  # fixed-point steps per unit of money and persons
FINER = 1048576.0  # of logarithms
DESIGNATED_SIZE = 7.600902459542082  # ln of 2,000: sales (10k CNY) from which industrial firms are counted
HIGH_TECH = int(HIGH_TECH)
IS_HIGH_TECH = np.array([1.0 if sector in HIGH_TECH_SECTORS else 0.0 for sector in SECTORS])
OTHER_SECTOR_WEIGHT = 0.25  # of knowledge in other sectors of the zone, assumption
OTHER_ZONE_WEIGHT = 0.5  # of the same sector's knowledge elsewhere in the region, assumption


class Survey(NamedTuple):
    """What the firms see of each other. S sectors, Z zones, K kinds."""

    mean_productivity: NDArray[np.float64]  # (S,) mean ln sales per worker
    mean_change: NDArray[np.float64]  # (S,) mean change of ln sales per worker in the quarter
    high_tech: NDArray[np.float64]  # (S,) 1 for high-tech sectors
    spillover: NDArray[np.float64]  # (S, Z) ln of neighbors' knowledge relative to the reference
    reference: NDArray[np.float64]  # (S, Z) ln of neighbors' knowledge at the origin
    known: NDArray[np.float64]  # (Z, families) share of firms that know
    liaisons: NDArray[np.float64]  # (Z,) share of firms with a liaison officer
    unaware: NDArray[np.int64]  # (K,) firms that do not know certification
    servable: NDArray[np.int64]  # (K,) R&D performers that know it and hold no high-tech certificate
    totals: NDArray[np.int64]  # (len(SERIES),) fixed point where the unit is money or persons

    @property
    def series(self) -> NDArray[np.float64]:
        """The reported series in their units, (len(SERIES),)."""
        values = self.totals.astype(np.float64)
        for k in (EMPLOYMENT, SALES, RD, RD_REPORTED):
            values[k] /= FINE
        return values


def blank(zones: int, kinds: int) -> Survey:
    """A survey of nobody."""
    sectors = len(SECTORS)
    return Survey(
        mean_productivity=np.zeros(sectors),
        mean_change=np.zeros(sectors),
        high_tech=IS_HIGH_TECH.copy(),
        spillover=np.zeros((sectors, zones)),
        reference=np.zeros((sectors, zones)),
        known=np.zeros((zones, len(FAMILIES))),
        liaisons=np.zeros(zones),
        unaware=np.zeros(kinds, np.int64),
        servable=np.zeros(kinds, np.int64),
        totals=np.zeros(len(SERIES), np.int64),
    )


@kernel
def take(firms: Columns, top: int, survey: Survey) -> None:
    """Fill the survey, in place."""
    sectors, zones = survey.spillover.shape
    count = np.zeros(sectors, np.int64)
    sum_log, sum_change = np.zeros(sectors, np.int64), np.zeros(sectors, np.int64)
    capital = np.zeros((sectors, zones), np.int64)
    in_zone, officers = np.zeros(zones, np.int64), np.zeros(zones, np.int64)
    knows = np.zeros((zones, len(FAMILIES)), np.int64)
    totals = survey.totals
    totals[:] = 0
    survey.unaware[:] = 0
    survey.servable[:] = 0
    people, revenue = np.empty(top), np.empty(top)
    log_employees, log_productivity = firms.log_employees[:top], firms.log_productivity[:top]
    for i in range(people.size):
        people[i] = exp(log_employees[i])
        revenue[i] = people[i] * exp(log_productivity[i])
    for i in range(top):
        if firms.alive[i] == 0:
            continue
        s, z, kind = firms.sector[i], firms.zone[i], firms.kind[i]
        productivity = firms.log_productivity[i]
        employees, sales = people[i], revenue[i]
        count[s] += 1
        sum_log[s] += int(productivity * FINER)
        sum_change[s] += int(firms.productivity_change[i] * FINER)
        capital[s, z] += int(firms.knowledge[i] * FINE)
        in_zone[z] += 1
        officers[z] += firms.liaison[i]
        aware = firms.aware[i]
        for family in range(len(FAMILIES)):
            knows[z, family] += (aware >> family) & 1
        certificate, event, performs = firms.certificate[i], firms.event[i], firms.performs[i]
        informed = aware & CERTIFICATION
        survey.unaware[kind] += 1 - informed
        survey.servable[kind] += 1 if (informed == 1) & (performs == 1) & (certificate < HIGH_TECH) else 0
        totals[FIRMS] += 1
        totals[EMPLOYMENT] += int(employees * FINE)
        totals[SALES] += int(sales * FINE)
        totals[PERFORMERS] += performs
        totals[RD] += int(firms.research[i] * FINE)
        totals[RD_REPORTED] += int(max(firms.research[i], firms.reported[i] * sales * 0.25 * performs) * FINE)
        totals[PERSONNEL] += firms.staff[i]
        totals[APPLIED] += firms.filed[i]
        totals[INVENTIONS] += firms.inventions_filed[i]
        totals[GRANTED] += firms.granted[i]
        totals[INVENTIONS_GRANTED] += firms.inventions_granted[i]
        totals[TECH_SMES] += 1 if certificate > 0 else 0
        totals[NEW_TECH_SMES] += 1 if (event & NEW_TECH_SME) != 0 else 0
        totals[HNTES] += 1 if certificate == HIGH_TECH else 0
        totals[NEW_HNTES] += 1 if (event & NEW_HIGH_TECH) != 0 else 0
        totals[RENEWALS] += 1 if (event & RENEWED) != 0 else 0
        totals[LAPSES] += 1 if (event & LAPSED) != 0 else 0
        foreign = firms.ownership[i] >= FOREIGN_FROM
        totals[FOREIGN_HNTES] += 1 if (certificate == HIGH_TECH) & foreign else 0
        large = firms.log_employees[i] + productivity >= DESIGNATED_SIZE
        totals[HIGHTECH] += 1 if large & (survey.high_tech[s] > 0.0) else 0
        totals[AWARE] += informed
        totals[ASSISTED] += 1 if firms.assisted[i] > 0 else 0
        totals[CONSTRAINED] += firms.constrained[i]
    for s in range(sectors):
        if count[s] > 0:
            survey.mean_productivity[s] = sum_log[s] / FINER / count[s]
            survey.mean_change[s] = sum_change[s] / FINER / count[s]
    for z in range(zones):
        survey.liaisons[z] = officers[z] / in_zone[z] if in_zone[z] > 0 else 0.0
        for family in range(len(FAMILIES)):
            survey.known[z, family] = knows[z, family] / in_zone[z] if in_zone[z] > 0 else 0.0
        for s in range(sectors):
            near = 0.0
            for other in range(sectors):
                near += capital[other, z] / FINE * (1.0 if other == s else OTHER_SECTOR_WEIGHT)
            for elsewhere in range(zones):
                if elsewhere != z:
                    near += capital[s, elsewhere] / FINE * OTHER_ZONE_WEIGHT
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
