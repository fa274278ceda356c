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
from ecosim.model.ledger import FEN_PER_UNIT, Ledger
from ecosim.model.offers import MOST_STACKS, Given, Stack
from ecosim.model.protocols import Events, Policy
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
        self._bound: tuple[Any, ...] = (None, None)  # registers of a model, and the slots of the claims in them
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
        beside: tuple[NDArray[Any], ...] | None = (self._dues.entries(model), *self._fees.entries(model))
        for number, instrument, policy in self._between:
            if not (hasattr(policy, "idle") and policy.idle(instrument, model)):
                self._pay(model, start, number, shares, most, beside)
                policy.settle(instrument, model, events)
                start, beside = number, None
        self._pay(model, start, len(self._rows), shares, most, beside)
        for n, tell in told:
            tell(most.item(n))
        books, slots = model.ledger, self._slots(model)
        for n, instrument, expects in self._expecting:
            share = shares.item(n)
            after = share if expects is None else expects(books.expected_of(instrument), share)
            books.expected[slots.item(1, n)] = after

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
        flags, books, bound = model.take_up.slots, model.ledger.slots, self._bound
        if bound[0] is not flags or bound[1] is not books:
            names = [name for name, _ in self._rows]
            both = model.take_up.slots_of(names), model.ledger.slots_of(names)
            bound = self._bound = flags, books, np.array(both, np.int64)
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


class Fee(NamedTuple):
    """What a place of an offer costs. again: whether who takes a place again in a year is a recipient again."""

    instrument: str
    offer: str
    cost: float  # 10k CNY
    again: bool = False


class Fees:
    """What places in programs cost."""

    def __init__(self, rows: list[Fee]) -> None:
        for name, offer, cost, _ in rows:
            if cost < 0:
                raise ValueError(f"{name}: a place of {offer} costs {cost}, which is negative")
        self._rows = rows
        self._bound: tuple[Any, dict[Stack, Any]] = (None, {})  # a register, and by offers which of them cost what

    def entries(self, model: "EcosystemModel") -> tuple[NDArray[Any], ...]:
        """Offers of the quarter that cost something, as `billing.pay_beside` takes them; and what was taken."""
        given, slots, bound = model.taken, model.ledger.slots, self._bound
        if type(given) is not Given:  # nothing was offered
            return NO_FEES
        if bound[0] is not slots or len(bound[1]) > MOST_STACKS:
            bound = self._bound = slots, {}
        known = bound[1].get(given.stack)
        if known is None:
            offered = given.stack.at
            rows = [row for row in self._rows if row.offer in offered]
            whose = model.ledger.slots_of([row.instrument for row in rows]).tolist()
            at = [(offered[row.offer], slot, row.again) for row, slot in zip(rows, whose, strict=True)]
            known = np.array(at, np.int64).reshape(-1, 3), np.array([row.cost for row in rows], np.float64)
            bound[1][given.stack] = known
        return *known, given.served, given.first


NO_FEES = np.empty((0, 3), np.int64), np.empty(0), np.empty(0, np.int64), np.empty(0, np.int64)


class Due(NamedTuple):
    """What an instrument spends in every quarter until a date passes. once: its recipients count once a year."""

    instrument: str
    fen: int
    recipients: int = 0
    once: bool = False


class Dues:
    """What instruments spend in every quarter until a date passes."""

    def __init__(self, spent: list[Due]) -> None:
        self._spent = spent
        self._bound: tuple[Any, Any] = (None, None)  # the register of a ledger, and the entries by its slots

    def entries(self, model: "EcosystemModel") -> Rows:
        """As `billing.pay_beside` takes them, (n, 4)."""
        slots, bound = model.ledger.slots, self._bound
        if bound[0] is not slots:
            whose = model.ledger.slots_of([due.instrument for due in self._spent]).tolist()
            rows = [(slot, *due[1:]) for slot, due in zip(whose, self._spent, strict=True)]
            bound = self._bound = slots, np.array(rows, np.int64).reshape(-1, 4)
        entries: Rows = bound[1]
        return entries


def dues_of(steady: list[tuple[str, Policy]], model: "EcosystemModel") -> list[Due]:
    """What some instruments book in a quarter: they settle on books that nobody reads."""
    books, year = model.ledger, year_of(model.quarter)
    model.ledger = Ledger()
    seen = model.ledger
    try:
        for name, policy in steady:
            policy.settle(name, model, Events(np.empty(0, np.int64)))
    finally:
        model.ledger = books
    once = {name for name, policy in steady if getattr(policy, "once_a_year", False)}
    return [Due(name, fen, seen.recipients[name, year], name in once) for (name, _), fen in seen.outlay.items()]


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


def upkeep(name: str, amount: float) -> list[Due]:
    """What an instrument spends in a quarter on its places, whoever takes them, as a row; amount: 10k CNY."""
    return [Due(name, round(amount * FEN_PER_UNIT))] if amount > 0 else []


def listed(name: str, claim: "Claim | list[Claim] | None") -> list[tuple[str, Claim]]:
    """What an instrument says can be claimed of it, as rows."""
    claims = claim if isinstance(claim, list) else [] if claim is None else [claim]
    return [(name, each) for each in claims]
