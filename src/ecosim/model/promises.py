"""What firms can expect of instruments until the next date: promises, which one compiled pass puts into the terms.

An instrument says once what it adds to which term, and how far that is expected to be kept. Between two dates only the
latter changes: with what was paid, and what is left. So a quarter compares one number for each promise with that of the
last quarter, and writes the few terms in which it has changed.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.data.periods import year_of
from ecosim.model.compiled import brief
from ecosim.model.ledger import ENTERED, OUTLAY, whole_fen
from ecosim.model.slots import Whose
from ecosim.model.terms import Array, Terms, buffer_of

if TYPE_CHECKING:
    from ecosim.model.ecosystem import EcosystemModel

BY_ROW = ("hiring_grant", "institute_award")  # terms of which a row is promised: of a skill, of a rung of institutes
EXPECTED, AFFORDED, FUNDED = range(3)  # how far it is kept, see `Promise`


class Promise(NamedTuple):
    """What an instrument adds to a term for classes of firms while no date passes.

    term: its name; classes: (kinds,) or (rungs, kinds) as the term is; row: of a term that has others than rungs.
    The promise is scale x (amount x how far it is kept): EXPECTED, the share of claims that firms expect to be paid;
    AFFORDED, 1 while what is left of the year's money (10k CNY; None: no limit) pays one amount; FUNDED, 1 while money
    (10k CNY) was not paid out. covers: a share of what is not covered yet, instead of a sum.
    """

    term: str
    classes: NDArray[np.bool_]
    amount: float
    row: int = 0
    scale: float = 1.0
    kept: int = EXPECTED
    money: float | None = None
    covers: bool = False


PROMISE = np.dtype(
    [
        ("start", np.int64),  # in the buffer of the terms
        ("stop", np.int64),
        ("amount", np.float64),
        ("scale", np.float64),
        ("kept", np.int64),
        ("money", np.float64),  # nan: no limit
        ("covers", np.bool_),
        ("classes", np.int64),  # where they start among the classes of all
    ]
)


NOWHERE = np.empty((0, 2), np.int64)


class Promises:
    """Promises of several instruments, with their names, in the order in which they act. terms: any of the model's."""

    def __init__(self, rows: list[tuple[str, Promise]], terms: Terms) -> None:
        places = [_place(promise, terms) for _, promise in rows]
        by_place = sorted(range(len(rows)), key=lambda k: places[k])  # stable: in order where they add to the same
        self._whose = Whose([rows[k][0] for k in by_place])
        classes = [rows[k][1].classes.ravel() for k in by_place]
        ends = np.cumsum([0, *(each.size for each in classes)])
        self._classes = np.concatenate(classes) if classes else np.empty(0, np.bool_)
        self._rows = np.array([_row(rows[k][1], *places[k], int(ends[n])) for n, k in enumerate(by_place)], PROMISE)
        self.parts = [slice(*places[k]) for k in by_place]  # of the buffer of the terms, to which something is promised

    def put(
        self,
        model: "EcosystemModel",
        terms: Array,
        standing: Array,
        last: Array | None = None,
        moved: NDArray[np.int64] = NOWHERE,
    ) -> Array:
        """Put into the terms what is promised on top of standing ones; returns the promises, (n,).

        terms, standing: buffers; last: what was promised when the terms were written last, None: anew; moved: parts of
        the terms that are put back to standing ones before, (n, 2) from and to.
        """
        books = model.ledger
        now = np.empty(self._rows.size)
        before = np.full(now.size, np.nan) if last is None else last
        slots = self._whose.of(books)  # first, for a new name may make the books longer
        keep(
            self._rows, self._classes, books.expected, books.of_year(year_of(model.quarter)), books.paid_by_slot, slots,
            model.terms.budget, model.weight, now, before, moved, standing, terms,
        )  # fmt: skip
        return now


def put(name: str, promises: list[Promise], terms: Terms, model: "EcosystemModel") -> None:
    """Put the promises of one instrument into terms, on top of what is there."""
    if promises:
        buffer = buffer_of(terms)
        Promises([(name, promise) for promise in promises], terms).put(model, buffer, buffer)


def _place(promise: Promise, terms: Terms) -> tuple[int, int]:
    """Where in the buffer the classes of a promise start and end. Raises ValueError where they are not the term's."""
    at = Terms._fields.index(promise.term)
    term = terms[at].shape
    rows, shape = (term[0], term[1:]) if promise.term in BY_ROW else (1, term)
    if promise.classes.shape != shape or not 0 <= promise.row < rows:
        raise ValueError(
            f"a promise to {promise.term} is for classes {shape} in a row below {rows}, "
            f"not for {promise.classes.shape} in row {promise.row}"
        )
    start = sum(term.size for term in terms[:at]) + promise.row * promise.classes.shape[-1]
    return start, start + promise.classes.size


def _row(promise: Promise, start: int, stop: int, classes: int) -> tuple[Any, ...]:
    money = np.nan if promise.money is None else promise.money
    return start, stop, promise.amount, promise.scale, promise.kept, money, promise.covers, classes


@brief
def put_back(terms: Any, standing: Any, start: int, stop: int) -> None:
    """Terms from one place up to another are what they stand at."""
    here, there = terms[start:stop], standing[start:stop]  # from zero on, which vectorizes
    for k in range(here.size):
        here[k] = there[k]


@brief
def keep(
    rows: Any, classes: Any, expected: Any, entries: Any, paid: Any, slots: Any, growth: Any, weight: int, now: Any,
    before: Any, moved: Any, standing: Any, terms: Any,
) -> None:  # fmt: skip
    """Put back what was moved, then as `weigh` and `write`. growth: (1,) factor on budgets."""
    for k in range(len(moved)):
        put_back(terms, standing, moved[k, 0], moved[k, 1])
    weigh(rows, expected, entries, paid, slots, growth[0], weight, now)
    write(rows, classes, now, before, standing, terms)


@brief
def weigh(
    rows: Any, expected: Any, entries: Any, paid: Any, slots: Any, growth: float, weight: int, now: Any
) -> None:  # fmt: skip
    """What is promised, (n,) out. rows: (n,) of PROMISE; expected, entries, paid: of `ledger.Ledger`."""
    for k in range(rows.size):
        promise, slot = rows[k], slots[k]
        kept = 1.0
        if promise.kept == EXPECTED:
            kept = 1.0 if np.isnan(expected[slot]) else expected[slot]
        elif promise.kept == AFFORDED and not np.isnan(promise.money):
            entries[slot, ENTERED] |= 1 << OUTLAY
            left = max(whole_fen(promise.money * growth) - entries[slot, OUTLAY], 0)
            kept = 1.0 if left >= whole_fen(promise.amount) * weight else 0.0
        elif promise.kept == FUNDED:
            kept = 1.0 if whole_fen(promise.money) - paid[slot] > 0 else 0.0
        now[k] = promise.scale * (promise.amount * kept)


@brief
def write(rows: Any, classes: Any, now: Any, before: Any, standing: Any, terms: Any) -> None:
    """Write the terms in which a promise is another than before. rows: those to the same classes follow each other."""
    first = 0
    while first < rows.size:
        start, stop, last, changed = rows[first].start, rows[first].stop, first, False
        while last < rows.size and rows[last].start == start:
            changed |= now[last] != before[last]
            last += 1
        if changed:
            put_back(terms, standing, start, stop)
            for k in range(first, last):
                here = classes[rows[k].classes : rows[k].classes + stop - start]
                if now[k] != 0.0:
                    add(terms[start:stop], here, now[k], rows[k].covers)
        first = last


@brief
def add(term: Any, here: Any, promise: float, covers: bool) -> None:
    """Add a promise to a term where the classes are, or cover its share of what is left."""
    if covers:
        for k in range(term.size):
            term[k] = 1.0 - (1.0 - term[k]) * (1.0 - promise) if here[k] else term[k]
    else:
        for k in range(term.size):
            term[k] = term[k] + promise if here[k] else term[k]
