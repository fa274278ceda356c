"""Offers: places in a program for a limited number of firms in a quarter, which instruments make and firms take.

An instrument offers places of a service to classes of firms; the rule of the service says which firms want one and how
they rank (behaviors/service.py); the ecosystem gives the places to those that rank first and keeps the count. So a
capacity is never exceeded and takers are the same whatever the order of the firms.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SERVICES = ("visit", "counsel", "liaison", "incubator", "matching", "prize")
(VISIT, COUNSEL, LIAISON, INCUBATOR, MATCHING, PRIZE) = range(len(SERVICES))


class Offer(NamedTuple):
    """Places of one service in one quarter. places: real firms; eligible: (kinds,) classes of firms."""

    instrument: str
    service: int
    places: float
    eligible: NDArray[np.bool_]


class Taken(NamedTuple):
    """What became of an offer: rows of the firms that took a place, and how many firms wanted one (real firms)."""

    rows: NDArray[np.int64]
    wanted: int


def first_by_score(rows: NDArray[np.int64], scores: NDArray[np.float64], places: int) -> NDArray[np.int64]:
    """At most `places` rows, those with the highest scores; (n,) both, O(n). Scores carry luck, so none are equal."""
    if rows.size <= places:
        return rows
    if places <= 0:
        return rows[:0]
    return rows[np.argpartition(-scores, places - 1)[:places]]
