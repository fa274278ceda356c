"""Terms: what policies write and behaviors read, by class of firm.

A class of firm (kind) is sector x zone x ownership x size band. A term is an array over kinds, some also over rungs of
the certification ladder. Each quarter the terms start neutral, every policy in force revises them, and firms act on
them; no firm learns which policy moved its terms. A new channel is a new field here with a neutral default.
"""

from collections.abc import Collection
from functools import cache
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.model import addresses
from ecosim.model.firms import BANDS, INSTITUTES, RUNGS, SIZE_BANDS, SKILLS, SOURCES, Columns
from ecosim.model.region import OWNERSHIP, SECTORS

Array = NDArray[np.float64]
FLOAT = np.dtype(np.float64)


class Terms(NamedTuple):
    """Terms in force in a quarter; (kinds,) arrays unless a shape is given. Money in 10k CNY."""

    # taxes and R&D
    tax_rate: Array  # (rungs, kinds) corporate income tax
    relief: Array  # (5,) of small firms: ln sales of the lower rate, ln sales at most, both rates, ln employees at most
    deduction: Array  # (rungs, kinds) R&D deducted from profit beyond its cost, share
    research_grant: Array  # (rungs, kinds) share of R&D cost that a grant pays
    research_push: Array  # added to the log hazard of starting R&D
    patent_subsidy: Array  # applications filed for the subsidy alone, share of the firm's own
    invention_premium: Array  # added to the share of inventions among applications
    # the ladders
    tech_sme_award: Array  # paid once at the first rung
    high_tech_award: Array  # paid once at the second rung, first certification
    institute_award: Array  # (institute rungs, kinds) paid once at an R&D institute's rung; rung 0 is none
    review_places: Array  # (institute rungs,) institutes that can be recognized in the quarter, real ones
    criteria: Array  # (6,) R&D over sales by sales band (3), staff share, patents, share of new products
    # people
    hiring_grant: Array  # (skills, kinds) paid once for a new S&T employee
    retention: Array  # taken off the log of the rate at which staff leaves
    experts: Array  # flexible talent: part-time experts within reach, share of the staff that the R&D pays for
    # credit
    credit_coverage: Array  # (rungs, kinds) share of a lender's loss that a fund bears
    lending: Array  # (rungs, kinds) added to the log odds that credit is granted
    spread: Array  # (rungs, kinds) taken off the yearly interest rate
    # information and service
    reach: Array  # (zones,) service network: share by which word of the programs travels faster
    quality: Array  # (1,) of public service, factor on what a visit or service achieves; neutral 1
    effort: Array  # (1,) factor on places of visits and counsel; neutral 1
    reviewing: Array  # (1,) factor on places of review; neutral 1
    budget: Array  # (1,) factor on the yearly budget of every instrument; neutral 1
    # knowledge from outside
    platform: Array  # knowledge that a user of a shared platform gains, share of its R&D
    platform_access: Array  # probability in a quarter that an R&D performer takes up a platform
    university: Array  # knowledge from co-built institutes, share of R&D
    nearness: Array  # (zones,) integration with the big center of knowledge next door, 0 to 1
    # entry and exit
    founding: Array  # added to the log rate of local founding
    arrivals: Array  # (sources, sectors, zones) firms that arrive from outside, expected in the quarter, real firms
    pull: Array  # (sources,) added to the log of expected arrivals
    entry_standard: Array  # least ln sales per worker of an arrival over its sector's mean; -inf: none
    incubation: Array  # taken off the log hazard of closing while in an incubator, beyond the behavior's own
    clean_up: Array  # added to the log hazard of closing of small firms with low sales per worker


NEUTRAL = {  # tax rate: 2008
    **{"tax_rate": 0.25, "quality": 1.0, "effort": 1.0, "reviewing": 1.0, "budget": 1.0},
    **{"relief": -np.inf, "entry_standard": -np.inf, "criteria": np.inf},
}
BY_RUNG = ("tax_rate", "deduction", "research_grant", "credit_coverage", "lending", "spread")
SALES_BANDS = (5_000.0, 20_000.0)  # annual sales, 10k CNY: the bands of the criteria


def kinds(zones: int) -> int:
    """Number of classes of firms for a number of zones."""
    return len(SECTORS) * zones * len(OWNERSHIP) * BANDS


def neutral(zones: int) -> Terms:
    """Terms under no policy at all; no certificate can be had (criteria beyond reach), no institute is reviewed."""
    shapes, filled = _layout(zones)
    buffer, views, start = filled.copy(), [], 0
    for shape in shapes:
        stop = start + prod(shape)
        views.append(buffer[start:stop].reshape(shape))
        start = stop
    return Terms(*views)


@cache
def _layout(zones: int) -> tuple[list[tuple[int, ...]], Array]:
    """Shapes of the terms, and the buffer behind neutral ones."""
    count = kinds(zones)
    shapes: dict[str, tuple[int, ...]] = {
        **dict.fromkeys(BY_RUNG, (RUNGS, count)),
        "hiring_grant": (len(SKILLS), count),
        "institute_award": (len(INSTITUTES), count),
        "review_places": (len(INSTITUTES),),
        "relief": (5,),
        "criteria": (6,),
        "quality": (1,),
        "effort": (1,),
        "reviewing": (1,),
        "budget": (1,),
        "nearness": (zones,),
        "pull": (len(SOURCES),),
        "reach": (zones,),
        "arrivals": (len(SOURCES), len(SECTORS), zones),
    }
    of_terms = [shapes.get(name, (count,)) for name in Terms._fields]
    values = [NEUTRAL.get(name, 0.0) for name in Terms._fields]
    return of_terms, np.repeat(values, [prod(shape) for shape in of_terms])


def gathered(terms: Terms, zones: int) -> Terms:
    """The same terms as views of one buffer; those of a model that was copied lie apart."""
    together = neutral(zones)
    for term, value in zip(together, terms, strict=True):
        term[...] = value
    return together


def reset(buffer: Array, to: Array, parts: list[slice]) -> None:
    """Put parts of the terms back to what they are in `to`, in place. parts: of their buffers, see `parts_of`."""
    for part in parts:
        buffer[part] = to[part]


def parts_of(terms: Terms, names: Collection[str]) -> list[slice]:
    """Where some terms lie in the buffer, neighbors as one part."""
    parts: list[slice] = []
    start = 0
    for name, term in terms._asdict().items():
        stop = start + term.size
        if name in names:
            first = parts.pop().start if parts and parts[-1].stop == start else start
            parts.append(slice(first, stop))
        start = stop
    return parts


def table_of(terms: Terms, zones: int) -> NDArray[np.int64]:
    """The terms as kernels take them. Raises ValueError as `addresses.table_of`."""
    layout = [(f"term {name}", shape, FLOAT) for name, shape in zip(Terms._fields, _layout(zones)[0], strict=True)]
    return addresses.table_of(zones, terms, layout)


def buffer_of(terms: Terms) -> Array:
    """The one array of which all terms are views."""
    buffer = terms.tax_rate.base
    assert isinstance(buffer, np.ndarray)
    return buffer


def classify(columns: Columns, rows: NDArray[np.int64], zones: int) -> None:
    """Put new firms into their kinds; the quarter's rules keep them up to date from then on."""
    band = np.searchsorted(np.log(SIZE_BANDS), columns.log_employees[rows], side="right")
    place = columns.sector[rows].astype(np.int32) * zones + columns.zone[rows]
    columns.kind[rows] = (place * len(OWNERSHIP) + columns.ownership[rows]) * BANDS + band


def grid(values: Array, zones: int) -> Array:
    """A term as (..., sector, zone, ownership, size band), a view: to select kinds by what they are."""
    return values.reshape(*values.shape[:-1], len(SECTORS), zones, len(OWNERSHIP), BANDS)
