"""Terms: what policies write and behaviors read, by class of firm.

A class of firm (kind) is sector x zone x ownership x size band. A term is an array over kinds, some also over rungs of
the certification ladder. Each quarter the terms start neutral, every policy in force revises them, and firms act on
them; no firm learns which policy moved its terms. A new channel is a new field here with a neutral default.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.model.firms import BANDS, RUNGS, SIZE_BANDS, Columns
from ecosim.model.region import OWNERSHIP, SECTORS

Array = NDArray[np.float64]


class Terms(NamedTuple):
    """Terms in force in a quarter; (kinds,) arrays unless a shape is given. Money in 10k CNY."""

    tax_rate: Array  # (rungs, kinds) corporate income tax
    deduction: Array  # (rungs, kinds) R&D deducted from profit beyond its cost, share
    research_grant: Array  # (rungs, kinds) share of R&D cost that a grant pays
    tech_sme_award: Array  # paid once at the first rung
    high_tech_award: Array  # paid once at the second rung, first certification
    visit_rate: Array  # probability of a discovery visit in the quarter
    service_rate: Array  # probability that an aware firm gets one-to-one service in the quarter
    hiring_grant: Array  # paid once for a new S&T employee
    credit_coverage: Array  # (rungs, kinds) share of a lender's loss that a fund bears
    closing_pressure: Array  # added to the log hazard of closing
    criteria: Array  # (5,) R&D over sales by sales band (3), S&T staff share, patents: for the second rung


NEUTRAL = {"tax_rate": 0.25}  # standard rate since 2008; every other term is neutral at 0
BY_RUNG = ("tax_rate", "deduction", "research_grant", "credit_coverage")
SALES_BANDS = (5_000.0, 20_000.0)  # annual sales, 10k CNY: the bands of the criteria


def kinds(zones: int) -> int:
    """Number of classes of firms for a number of zones."""
    return len(SECTORS) * zones * len(OWNERSHIP) * BANDS


def neutral(zones: int) -> Terms:
    """Terms under no policy at all; no certificate can be had (criteria beyond reach)."""
    count = kinds(zones)
    values = {}
    for name in Terms._fields:
        shape: tuple[int, ...] = (5,) if name == "criteria" else (RUNGS, count) if name in BY_RUNG else (count,)
        values[name] = np.full(shape, NEUTRAL.get(name, 0.0))
    terms = Terms(**values)
    reset(terms)
    return terms


def reset(terms: Terms) -> None:
    """Put every term back to neutral, in place."""
    for name, values in zip(terms._fields, terms, strict=True):
        values[...] = NEUTRAL.get(name, 0.0)
    terms.criteria[...] = np.inf


def classify(columns: Columns, rows: NDArray[np.int64], zones: int) -> None:
    """Put new firms into their kinds; the quarter's rules keep them up to date from then on."""
    band = np.searchsorted(np.log(SIZE_BANDS), columns.log_employees[rows], side="right")
    place = columns.sector[rows].astype(np.int32) * zones + columns.zone[rows]
    columns.kind[rows] = (place * len(OWNERSHIP) + columns.ownership[rows]) * BANDS + band


def grid(values: Array, zones: int) -> Array:
    """A term as (..., sector, zone, ownership, size band), a view: to select kinds by what they are."""
    return values.reshape(*values.shape[:-1], len(SECTORS), zones, len(OWNERSHIP), BANDS)
