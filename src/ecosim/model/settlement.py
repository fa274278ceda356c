"""What firms can claim between two dates of a package, and what is due in any case: worked out once, settled together.

Most instruments pay the firms of a list so much for each unit of something. Between two dates only the firms change; so
such an instrument says once what can be claimed of it, and claims that follow each other are settled in one compiled
call: billed in whole fen, paid as far as the money goes, credited and flagged. Only where money is short and goes to
claims in an order does the pass stop for the instrument's own queue.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.data.periods import QUARTERS_PER_YEAR, year_of
from ecosim.model.billing import BILL, COLUMNS, GRANT, LIMITLESS, UNITS, Stop, foresee, pay, pay_beside
from ecosim.model.claims import LISTS
from ecosim.model.dues import Dues, Fee, Fees, upkeep
from ecosim.model.protocols import Events, Policy
from ecosim.model.slots import Whose
from ecosim.model.terms import Terms

if TYPE_CHECKING:
    from ecosim.model.ecosystem import EcosystemModel

Rows = NDArray[np.int64]


class Claim(NamedTuple):
    """What the firms of a list can claim of an instrument while no date passes.

    claimants: one of LISTS; classes: (rungs, kinds) who is eligible; units: columns of which each unit is paid for,
    none for the firm itself; prices: 10k CNY for a unit of each.
    tax: GRANT; or DEDUCTION, where the price is the rate that is deducted; or REDUCTION, where it is profit over sales.
    budget: 10k CNY a year; paced: whether a quarter gets its part of it, or all that is left of the year.
    queue: where money is short, rows in the order in which whole claims are paid; None: the same share of each.
    places: agents that can be paid in the quarter at most, and who is told how many were; None: as far as money goes.
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
    places: "Callable[[str, EcosystemModel], tuple[int, Callable[[int], None]]] | None" = None


class Bills:
    """Settles a package: claims in their order, and what is booked beside them; all in one call where nobody queues up.

    claims: with the instrument's name; dues, fees: what else is booked; between: instruments that pay firms otherwise,
    by name, and before which claim each of them acts.
    """

    def __init__(
        self,
        claims: list[tuple[str, Claim]],
        dues: "Dues | None" = None,
        fees: "Fees | None" = None,
        between: Sequence[tuple[int, str, Policy]] = (),
    ) -> None:
        self._rows = claims
        later = {name for name, claim in claims if claim.expects is not None}  # told after the pass, in their order
        expecting = [(n, name, claim) for n, (name, claim) in enumerate(claims) if _expected(claim)]
        self._expecting = [(n, name, claim.expects) for n, name, claim in expecting if name in later]
        self._looked_at = np.array([n for n, *_ in expecting], np.int64)
        self._classes = np.array([claim.classes for _, claim in claims] or np.empty((0, 0, 0), np.bool_))
        self._bills = np.array([_bill(claim, name not in later) for name, claim in claims], BILL)
        self._limitless = np.full(len(claims), LIMITLESS)
        self._scarce = [(n, name, claim.places) for n, (name, claim) in enumerate(claims) if claim.places]
        names = [name for name, _ in claims]
        self._flags, self._books = Whose(names), Whose(names)
        self._bound: tuple[Any, ...] = (None, None)  # the slots of the claims in both, and together
        self._dues, self._fees = dues or Dues([]), fees or Fees([])
        self._between = between

    def revise(self, name: str, terms: Terms, model: "EcosystemModel") -> None:
        """Changes nothing."""

    def settle(self, name: str, model: "EcosystemModel", events: Events) -> None:
        """Pay the claims in their order, as far as budgets go, and book all else beside the first of them."""
        shares, most, start = np.empty(len(self._rows)), self._limitless.copy(), 0
        told: list[tuple[int, Callable[[int], None]]] = []
        for n, instrument, places in self._scarce:
            number, tell = places(instrument, model)
            most[n] = max(number, 0)
            told.append((n, tell))
        beside: tuple[NDArray[Any], ...] | None = (*self._dues.entries(model), *self._fees.entries(model))
        for number, instrument, policy in self._between:
            if not (hasattr(policy, "idle") and policy.idle(instrument, model)):
                self._pay(model, start, number, shares, most, beside)
                policy.settle(instrument, model, events)
                start, beside = number, None
        self._pay(model, start, len(self._rows), shares, most, beside)
        for n, tell in told:
            tell(most.item(n))
        books = model.ledger
        for n, instrument, expects in self._expecting:
            share = shares.item(n)
            after = share if expects is None else expects(books.expected_of(instrument), share)
            books.expected[self._slots(model).item(1, n)] = after

    def foresee(self, model: "EcosystemModel") -> None:
        """Before an instrument has paid, firms look at its money and at what would have been claimed a quarter ago."""
        slots, expected = self._slots(model), model.ledger.expected
        fresh = self._looked_at[np.isnan(expected[slots[1, self._looked_at]])]
        if fresh.size:
            firms, last = model.firms, model.claims
            last.gather(firms)
            (asking, fen), (worth,) = firms.scratch(2, np.int64), firms.scratch(1, np.float64)
            foresee(
                fresh, expected, firms.table, last.rows, last.counts, self._bills, self._classes, slots,
                float(model.terms.budget[0]), model.weight, asking, fen, worth,
            )  # fmt: skip

    def _pay(
        self, model: "EcosystemModel", start: int, upto: int, shares: NDArray[np.float64], most: Rows, beside: Any
    ) -> None:  # fmt: skip
        """Pay the claims from one number up to another.

        shares: out, of what was claimed; most: agents that can be paid, then those that were; beside: what else is
        booked, None for nothing.
        """
        if start == upto and beside is None:
            return
        firms, terms, now, books = model.firms, model.terms, model.claims, model.ledger
        slots, year = self._slots(model), year_of(model.quarter)
        flags, quarters = model.take_up.flags(firms), QUARTERS_PER_YEAR - model.quarter % QUARTERS_PER_YEAR
        (asking, fen), (worth,) = firms.scratch(2, np.int64), firms.scratch(1, np.float64)
        growth = terms.budget.item(0)
        while start < upto or beside is not None:
            known = (
                books.of_year(year), books.paid_by_slot, books.expected, firms.table, now.rows, now.counts, self._bills,
                self._classes, terms.deduction, terms.tax_rate, terms.relief, flags, slots, growth, quarters,
                model.weight, start, upto, asking, fen, worth, shares, most,
            )  # fmt: skip
            stop = Stop(*(pay(*known) if beside is None else pay_beside(*beside, *known)))
            beside, start = None, stop.number + 1
            books.total += stop.spent
            if stop.number < upto:
                rows, claimed = asking[: stop.asking].copy(), fen[: stop.asking].copy()
                paid = self._queue_up(stop.number, stop.limit, rows, claimed, model)
                most[stop.number] = paid.size
                share = int(paid.sum()) * model.weight / (int(claimed.sum()) * model.weight)
                shares[stop.number] = share
                if self._bills["told"][stop.number]:
                    books.expected[slots[1, stop.number]] = share

    def _slots(self, model: "EcosystemModel") -> Rows:
        """Slots of the claims in the flags and in the books of a model, (2, n), remembered for the last model."""
        flags, books, bound = self._flags.of(model.take_up), self._books.of(model.ledger), self._bound
        if bound[0] is not flags or bound[1] is not books:
            bound = self._bound = flags, books, np.array([flags, books], np.int64)
        slots: Rows = bound[2]
        return slots

    def _queue_up(self, n: int, limit: int, rows: Rows, fen: Rows, model: "EcosystemModel") -> Rows:
        """Pay whole claims in the instrument's order, until the next one does not fit; returns the fen paid to each."""
        name, claim = self._rows[n]
        assert claim.queue is not None
        ordered = claim.queue(model, rows)
        by_row = np.argsort(rows, kind="stable")
        asked = fen[by_row[np.searchsorted(rows, ordered, sorter=by_row)]]
        served = int(np.searchsorted(np.cumsum(asked), limit // model.weight, side="right"))
        paid = asked[:served]
        model.grant(name, ordered[:served], paid, rows)
        return paid


def _bill(claim: Claim, tells: bool) -> tuple[Any, ...]:
    """A claim as the pass takes it. tells: whether the pass itself tells firms what was paid."""
    units = [*(COLUMNS[name] for name in claim.units), -1, -1, -1][:UNITS]
    budget = np.nan if claim.budget is None else claim.budget
    prices = [*claim.prices, 0.0, 0.0][:UNITS]
    told = tells and _expected(claim)
    return LISTS.index(claim.claimants), units, prices, claim.tax, claim.queue is None, budget, claim.paced, told


def _expected(claim: Claim) -> bool:
    """Whether firms look at what was paid of it."""
    return claim.tax == GRANT and bool(claim.units)


def settle(name: str, claim: "Claim | list[Claim] | None", model: "EcosystemModel") -> None:
    """Settle the claims of one instrument alone."""
    if claims := listed(name, claim):
        Bills(claims).settle(name, model, Events(np.empty(0, np.int64)))


def charge(
    name: str, fees: dict[str, float], model: "EcosystemModel", events: Events, *, again: bool = False, due: float = 0.0
) -> None:  # fmt: skip
    """Settle what the places of one instrument cost. fees: 10k CNY a place, by the offer's key.

    again: as `Fee`; due: 10k CNY that it spends in the quarter beside that.
    """
    rows = [Fee(name, offer, cost, again) for offer, cost in fees.items()]
    Bills([], Dues(upkeep(name, due)), Fees(rows)).settle(name, model, events)


def listed(name: str, claim: "Claim | list[Claim] | None") -> list[tuple[str, Claim]]:
    """What an instrument says can be claimed of it, as rows."""
    claims = claim if isinstance(claim, list) else [] if claim is None else [claim]
    return [(name, each) for each in claims]
