"""What firms can claim between two dates of a package, and what is due in any case: worked out once, settled together.

Most instruments pay the firms of a list so much for each unit of something. Between two dates only the firms change; so
such an instrument says once what can be claimed of it, and claims that follow each other are settled in one compiled
call: billed in whole fen, paid as far as the money goes, credited and flagged. Only where money is short and goes to
claims in an order does the pass stop for the instrument's own queue.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.data.periods import QUARTERS_PER_YEAR, year_of
from ecosim.model.billing import COLUMNS, GRANT, UNITS, Book, pay
from ecosim.model.claims import LISTS
from ecosim.model.ledger import Ledger
from ecosim.model.protocols import Events, Policy
from ecosim.model.terms import Terms

if TYPE_CHECKING:
    from ecosim.model.ecosystem import EcosystemModel

LIMITLESS = 2**62  # fen

Rows = NDArray[np.int64]


class Claim(NamedTuple):
    """What the firms of a list can claim of an instrument while no date passes.

    claimants: one of LISTS; classes: (rungs, kinds) who is eligible; units: columns of which each unit is paid for,
    none for the firm itself; prices: 10k CNY for a unit of each.
    tax: GRANT; or DEDUCTION, where the price is the rate that is deducted; or REDUCTION, where it is tax over sales.
    budget: 10k CNY a year; paced: whether a quarter gets its part of it, or all that is left of the year.
    queue: where money is short, rows in the order in which whole claims are paid; None: the same share of each.
    expects: share of claims that firms expect from what they expected before and what was paid; None: what was paid.
    """

    claimants: str
    classes: NDArray[np.bool_]
    units: tuple[str, ...]
    prices: tuple[float, ...]
    tax: int = GRANT
    budget: float | None = None
    paced: bool = True
    queue: "Callable[[EcosystemModel, Rows], Rows] | None" = None
    expects: Callable[[float, float], float] | None = None


class Bills:
    """Claims that follow each other in a package, by the instrument's name; they settle as an instrument does."""

    def __init__(self, claims: dict[str, Claim]) -> None:
        self.claims = claims
        self._rows = list(claims.items())
        self._limited = [
            (n, name, claim.budget, claim.paced)
            for n, (name, claim) in enumerate(self._rows)
            if claim.budget is not None
        ]
        rows = list(claims.values())
        self._book = Book(
            np.array([LISTS.index(claim.claimants) for claim in rows]),
            np.array([claim.classes for claim in rows]),
            np.array([[*(COLUMNS[name] for name in claim.units), -1, -1, -1][:UNITS] for claim in rows]),
            np.array([[*claim.prices, 0.0, 0.0][:UNITS] for claim in rows]),
            np.array([claim.tax for claim in rows]),
            np.array([claim.queue is None for claim in rows]),
        )

    def revise(self, name: str, terms: Terms, model: "EcosystemModel") -> None:
        """Changes nothing."""

    def settle(self, name: str, model: "EcosystemModel", events: Events) -> None:
        """As `pay`."""
        self.pay(model)

    def pay(self, model: "EcosystemModel") -> None:
        """Pay the claims in their order, as far as budgets go, and book them."""
        firms, terms, now, year = model.firms, model.terms, model.claims, year_of(model.quarter)
        flags, slots = model.take_up.all_flags(self.claims, firms)
        limits = self._limits(model, year)
        (asking, fen), (worth,) = firms.scratch(2, np.int64), firms.scratch(1, np.float64)
        results = np.empty((len(limits), 5), np.int64)
        start = 0
        while start < len(limits):
            stop = pay(
                firms.table, now.rows, now.counts, self._book, terms.deduction, terms.tax_rate, flags, slots,
                np.array(limits), model.weight, start, asking, fen, worth, results,
            )  # fmt: skip
            whole = results.tolist()
            for n in range(start, stop):
                self._enter(n, limits[n], whole[n], model, year)
            if stop < len(limits):
                count = whole[stop][1]
                self._queue_up(stop, limits[stop], asking[:count].copy(), fen[:count].copy(), model)
            start = stop + 1

    def _limits(self, model: "EcosystemModel", year: int) -> list[int]:
        """Fen that the quarter can spend on each."""
        growth, quarters = float(model.terms.budget[0]), QUARTERS_PER_YEAR - model.quarter % QUARTERS_PER_YEAR
        limits = [LIMITLESS] * len(self._rows)
        for n, name, budget, paced in self._limited:
            limit = max(model.ledger.left(name, year, budget * growth), 0)
            limits[n] = limit // quarters if paced else limit
        return limits

    def _enter(self, n: int, limit: int, result: list[int], model: "EcosystemModel", year: int) -> None:
        """Book what became of claim n. result: see `pay`."""
        name, claim = self._rows[n]
        claimed, asked, paid, served, first = result
        weight, ledger = model.weight, model.ledger
        if claim.tax != GRANT:
            ledger.forgo(name, year, paid * weight, first * weight)
        elif claim.units:
            ledger.pay(name, year, paid * weight, first * weight)
            claimed *= weight
            self._expect(n, 1.0 if claimed <= limit else limit / claimed, model)
        elif model.claims.of(claim.claimants).size:
            ledger.pay(name, year, paid * weight, first * weight)
        if asked > served:
            ledger.refuse(name, year, (asked - served) * weight)

    def _expect(self, n: int, share: float, model: "EcosystemModel") -> None:
        """Remember the share of claims that firms expect in the next quarter."""
        (name, claim), known = self._rows[n], model.paid_share
        known[name] = share if claim.expects is None else claim.expects(known.get(name, 1.0), share)

    def _queue_up(self, n: int, limit: int, rows: Rows, fen: NDArray[np.int64], model: "EcosystemModel") -> None:
        """Pay whole claims in the instrument's order, until the next one does not fit into the limit."""
        name, claim = self._rows[n]
        assert claim.queue is not None
        ordered = claim.queue(model, rows)
        by_row = np.argsort(rows, kind="stable")
        asked = fen[by_row[np.searchsorted(rows, ordered, sorter=by_row)]]
        served = int(np.searchsorted(np.cumsum(asked), limit // model.weight, side="right"))
        paid = asked[:served]
        model.grant(name, ordered[:served], paid, rows)
        if claim.units:
            self._expect(n, int(paid.sum()) * model.weight / (int(fen.sum()) * model.weight), model)


class Dues:
    """What instruments spend in every quarter until a date passes; they settle as one instrument does."""

    def __init__(self, steady: list[tuple[str, Policy]], model: "EcosystemModel") -> None:
        books, year = model.ledger, year_of(model.quarter)
        model.ledger = Ledger()  # to see what they book
        for name, policy in steady:
            policy.settle(name, model, Events(np.empty(0, np.int64)))
        seen = model.ledger
        self._sums = [(name, fen, seen.recipients[name, year]) for (name, _), fen in seen.outlay.items()]
        model.ledger = books

    def revise(self, name: str, terms: Terms, model: "EcosystemModel") -> None:
        """Changes nothing."""

    def settle(self, name: str, model: "EcosystemModel", events: Events) -> None:
        """Book them."""
        year = year_of(model.quarter)
        for instrument, fen, recipients in self._sums:
            model.ledger.pay(instrument, year, fen, recipients)


def settle(name: str, claim: Claim | None, model: "EcosystemModel") -> None:
    """Settle one claim alone."""
    if claim is not None:
        Bills({name: claim}).pay(model)
