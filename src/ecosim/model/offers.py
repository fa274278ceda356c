"""Offers: places in a program for a limited number of firms in a quarter, which instruments make and firms take.

An instrument offers places of a service to classes of firms; the rule of the service says which firms want one and how
they rank, and gives the whole places of all offers in one pass to those that rank first (behaviors/service.py); the
ecosystem keeps the count. So a capacity is never exceeded and takers are the same whatever the order of the firms. The
review of R&D institutes works alike, on places by rung in the terms and the queue of those that wait
(behaviors/institutes.py).
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.model.firms import INSTITUTES

if TYPE_CHECKING:
    from ecosim.model.ecosystem import EcosystemModel

SERVICES = ("visit", "counsel", "liaison", "incubator", "matching", "prize")
(VISIT, COUNSEL, LIAISON, INCUBATOR, MATCHING, PRIZE) = range(len(SERVICES))
DRIVEN = (VISIT, COUNSEL)  # services whose places a drive of the officials multiplies, beside reviews


class Offer(NamedTuple):
    """Places of one service in one quarter. places: real firms; eligible: (kinds,) classes of firms.

    part: tells the offers of one instrument apart where it makes several.
    """

    instrument: str
    service: int
    places: float
    eligible: NDArray[np.bool_]
    part: str = ""

    @property
    def key(self) -> str:
        """Name in `model.taken` and `model.left_over`: the instrument's, with the part where there is one."""
        return f"{self.instrument}.{self.part}" if self.part else self.instrument


class Taken(NamedTuple):
    """What became of an offer: rows of the firms that took a place, and how many firms wanted one (real firms).

    first: of those rows, how many took a place of the instrument for the first time in the year.
    """

    rows: NDArray[np.int64]
    wanted: int
    first: int = 0


def first_by_score(rows: NDArray[np.int64], scores: NDArray[np.float64], places: int) -> NDArray[np.int64]:
    """At most `places` rows, those with the highest scores; (n,) both, O(n). Scores carry luck, so none are equal."""
    if rows.size <= places:
        return rows
    if places <= 0:
        return rows[:0]
    return rows[np.argpartition(-scores, places - 1)[:places]]


def give(model: "EcosystemModel") -> None:
    """Offers meet the firms that want them; one agent takes the places of the `weight` firms it stands for."""
    model.taken = {}
    if not model.offers:
        model.firms.columns.visited[: model.firms.top] = 0
        return
    effort, whole = float(model.terms.effort[0]), []
    for offer in model.offers:
        drive = effort if offer.service in DRIVEN else 1.0
        places = drive * offer.places / model.weight + model.left_over.get(offer.key, 0.0)
        whole.append(int(places))
        model.left_over[offer.key] = places - int(places)
    for offer, (rows, chosen) in zip(model.offers, model.rules.give(model, model.offers, whole), strict=True):
        got = chosen[:0] if offer.service == PRIZE else chosen  # a prize is got when it is paid
        first = model.take_up.note(offer.instrument, rows, got, model.firms)
        model.taken[offer.key] = Taken(chosen, int(rows.size) * model.weight, first * model.weight)


def review(model: "EcosystemModel") -> None:
    """Recognize R&D institutes within the places of each rung: those that waited longest, of them the best first."""
    model.recognized = {}
    places = model.terms.review_places * (model.terms.effort[0] / model.weight) + model.review_left
    model.review_left = places - np.floor(places)
    if places.max() < 1:
        return
    rows, rungs, scores = model.rules.queue(model)
    for rung in range(1, len(INSTITUTES)):
        asking = np.flatnonzero(rungs == rung)
        if asking.size and places[rung] >= 1:
            model.recognized[rung] = first_by_score(rows[asking], scores[asking], int(places[rung]))
    for chosen in model.recognized.values():  # after all were chosen, so that nobody climbs two rungs at once
        model.rules.recognize(model, chosen)
