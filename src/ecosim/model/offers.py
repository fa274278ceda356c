"""Offers: places in a program for a limited number of firms in a quarter, which instruments make and firms take.

An instrument offers places of a service to classes of firms; the rule of the service says which firms want one and how
they rank, and gives the whole places of all offers in one pass to those that rank first (behaviors/service.py); the
ecosystem keeps the count. So a capacity is never exceeded and takers are the same whatever the order of the firms. The
review of R&D institutes works alike, on places by rung in the terms and the queue of those that wait
(behaviors/institutes.py).
"""

from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.model.compiled import apart, brief, inlined
from ecosim.model.firms import INSTITUTES
from ecosim.model.slots import Whose

if TYPE_CHECKING:
    from ecosim.model.ecosystem import EcosystemModel

Rows = NDArray[np.int64]
SERVICES = ("visit", "counsel", "liaison", "incubator", "matching", "prize")
(VISIT, COUNSEL, LIAISON, INCUBATOR, MATCHING, PRIZE) = range(len(SERVICES))
LOWEST, STEPS, BINS = -2.0, 16.0, 512  # bins of scores: where they begin, how many to a log point, how many
MOST_STACKS = 32  # of offers that are remembered between two dates
DRIVEN = (VISIT, COUNSEL)  # services whose places the effort of the officials multiplies


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


WHOSE, FOR_WHOM, HOW_MANY = itemgetter(0, 1, 4), itemgetter(3), itemgetter(2)  # of an offer; quicker than by name


class Taken(NamedTuple):
    """What became of an offer: rows of the firms that took a place, and how many firms wanted one (real firms).

    first: of those rows, how many took a place of the instrument for the first time in the year.
    """

    rows: NDArray[np.int64]
    wanted: int
    first: int = 0


class Given(Mapping[str, Taken]):
    """What became of the offers of a quarter, by key. asking, served, first: (offers,) firms in agents' units."""

    def __init__(
        self, stack: "Stack", chosen: Rows, asking: Rows, served: Rows, first: Rows, weight: int
    ) -> None:  # fmt: skip
        self.stack, self.chosen, self.weight = stack, chosen, weight
        self.asking, self.served, self.first = asking, served, first

    def __getitem__(self, key: str) -> Taken:
        at = self.stack.at[key]
        first, wanted = self.first.item(at) * self.weight, self.asking.item(at) * self.weight
        start = int(self.served[:at].sum())
        return Taken(self.chosen[start : start + self.served.item(at)], wanted, first)

    def __contains__(self, key: object) -> bool:
        return key in self.stack.at

    def __iter__(self) -> Iterator[str]:
        return iter(self.stack.keys)

    def __len__(self) -> int:
        return len(self.stack.keys)


@apart
def push(score: float, number: int, heap: Any) -> None:
    """Take a score into a heap of the `number` best so far, the lowest of them on top; it starts at -inf."""
    if score <= heap[0]:
        return
    at, below = 0, 1
    while below < number:
        if below + 1 < number and heap[below + 1] < heap[below]:
            below += 1
        if heap[below] >= score:
            break
        heap[at] = heap[below]
        at, below = below, 2 * below + 1
    heap[at] = score


@inlined
def bin_of(score: float) -> int:
    """The bin of a score: equal scores share one, and a higher score is never in a lower one."""
    return int(min(max((score - LOWEST) * STEPS, 0.0), BINS - 1.0))


@apart
def least_of_first(scores: Any, number: int, heap: Any) -> float:
    """The lowest of the `number` highest scores: counted by bins, then sorted out in its own; heap: scratch."""
    counts, bins = np.zeros(BINS, np.int32), np.empty(scores.size, np.int16)
    for k in range(scores.size):
        bins[k] = bin_of(scores[k])
    for k in range(scores.size):
        counts[bins[k]] += 1
    at, left = BINS - 1, number
    while counts[at] < left:
        left -= counts[at]
        at -= 1
    heap[:left] = -np.inf
    for k in range(scores.size):
        if bins[k] == at:
            push(scores[k], left, heap)
    least: float = heap[0]
    return least


@apart
def keep_first(rows: Any, scores: Any, number: int, heap: Any, chosen: Any) -> int:
    """At most `number` rows, those with the highest scores, into chosen; returns how many. Of equals, earlier rows."""
    if number >= rows.size:
        chosen[: rows.size] = rows
        return rows.size
    if number <= 0:
        return 0
    scores = scores[: rows.size]
    least, equal, count = least_of_first(scores, number, heap), number, 0
    for k in range(rows.size):
        equal -= 1 if scores[k] > least else 0
    for k in range(rows.size):
        if scores[k] > least or (scores[k] == least and equal > 0):
            equal -= 1 if scores[k] == least else 0
            chosen[count] = rows[k]
            count += 1
    return count


@apart
def first_by_rung(rows: Any, rungs: Any, scores: Any, places: Any, chosen: Any, counts: Any) -> None:
    """The first of each rung within its places, rung after rung, (n,) out; counts: (rungs,) out, how many."""
    mine, marks, heap = np.empty(rows.size, np.int64), np.empty(rows.size), np.empty(rows.size)
    total = 0
    for rung in range(places.size):
        asking = 0
        for k in range(rows.size):
            if rungs[k] == rung:
                mine[asking], marks[asking] = rows[k], scores[k]
                asking += 1
        counts[rung] = keep_first(mine[:asking], marks, int(places[rung]), heap, chosen[total:])
        total += counts[rung]


class Stack:
    """What of the offers of a quarter stays the same while dates do: (offers,) arrays, and eligible (offers, kinds).

    open_to_all: whether all classes of firms are eligible; pays: whether who has a place is funded by it.
    """

    def __init__(self, given: list[Offer]) -> None:
        self.keys = [offer.key for offer in given]
        self.at = {key: number for number, key in enumerate(self.keys)}
        self.driven = np.array([offer.service in DRIVEN for offer in given])
        self.whose = Whose([offer.instrument for offer in given])
        self.services = np.array([offer.service for offer in given])
        self.masks = [offer.eligible for offer in given]  # kept, so that no other array can have the identity of one
        self.eligible = np.array(self.masks)
        self.open_to_all = self.eligible.all(axis=1)
        self.pays = self.services != PRIZE  # a prize is got when it is paid
        self.parts = Whose(self.keys)  # in what is left over


class LeftOver:
    """Parts of places that no whole agent filled and that are kept for the next quarter, by the offer's key."""

    def __init__(self) -> None:
        self.slots: dict[str, int] = {}
        self.parts = np.zeros(0)

    def copy(self) -> "LeftOver":
        """The same in a book of their own."""
        twin = LeftOver()
        twin.slots, twin.parts = dict(self.slots), self.parts.copy()
        return twin

    def slots_of(self, instruments: Sequence[str]) -> Rows:
        """Where the parts of offers stand, by their keys."""
        slots = [self.slots.setdefault(key, len(self.slots)) for key in instruments]
        self.parts = np.concatenate([self.parts, np.zeros(len(self.slots) - self.parts.size)])
        return np.array(slots, np.int64)


@brief
def round_places(
    offered: Any, driven: Any, effort: float, weight: int, most: int, slots: Any, left: Any, whole: Any
) -> None:  # fmt: skip
    """Whole agents' places of offers, (n,) out, at most so many; what is left of a place stands in left.

    offered: real firms; driven: whether effort multiplies them.
    """
    for k in range(offered.size):
        places = (effort if driven[k] else 1.0) * offered[k] / weight + left[slots[k]]
        left[slots[k]] = places - np.trunc(places)
        whole[k] = int(min(max(places, 0.0), float(most)))


@brief
def round_reviews(offered: Any, factor: float, left: Any, places: Any) -> float:
    """Places of the review by rung, (rungs,) out, with what is left from before; returns the most of a rung."""
    most = 0.0
    for rung in range(offered.size):
        places[rung] = offered[rung] * factor + left[rung]
        left[rung] = places[rung] - int(places[rung])
        most = max(most, places[rung])
    return most


def stacked(given: list[Offer], memory: dict[Any, Any]) -> Stack:
    """The stack of some offers, remembered for offers alike. memory: of the quarters between two dates."""
    known: dict[Any, Stack] = memory.setdefault("offers", {})
    key = (*map(WHOSE, given), *map(id, map(FOR_WHOM, given)))
    stack = known.get(key)
    if stack is None:
        if len(known) >= MOST_STACKS:
            known.clear()
        stack = known[key] = Stack(given)
    return stack


def give(model: "EcosystemModel") -> None:
    """Offers meet the firms that want them; one agent takes the places of the `weight` firms it stands for."""
    if not model.offers:
        model.taken = {}
        model.firms.columns.visited[: model.firms.top] = 0
        return
    stack, weight, left = stacked(model.offers, model.stretch().memory), model.weight, model.left_over
    offered = np.array([*map(HOW_MANY, model.offers)], np.float64)
    whole, effort, slots = np.empty(offered.size, np.int64), model.terms.effort.item(0), stack.parts.of(left)
    round_places(offered, stack.driven, effort, weight, model.firms.top, slots, left.parts, whole)
    asking, served, asked, chosen = model.rules.give(model, stack, whole)
    first = model.take_up.note_offers(stack, asking, served, asked, chosen, model.firms)
    model.taken = Given(stack, chosen, asking, served, first, weight)


def review(model: "EcosystemModel") -> None:
    """Recognize R&D institutes within the places of each rung: those that waited longest, of them the best first."""
    model.recognized = {}
    places = np.empty(len(INSTITUTES))
    factor = model.terms.reviewing.item(0) / model.weight
    if round_reviews(model.terms.review_places, factor, model.review_left, places) < 1:
        return
    rows, rungs, scores = model.rules.queue(model)
    if not rows.size:
        return
    first, counts = np.empty(rows.size, np.int64), np.empty(len(INSTITUTES), np.int64)
    first_by_rung(rows, rungs, scores, places, first, counts)
    done = 0
    for rung, count in enumerate(counts.tolist()):
        if count > 0:
            model.recognized[rung] = first[done : done + count]
            done += count
    if done:
        model.rules.recognize(model, first[:done])  # after all were chosen, so that nobody climbs two rungs at once
