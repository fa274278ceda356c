"""What is booked beside claims, whoever asks: what places in programs cost, and what dates alone decide."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.data.periods import year_of
from ecosim.model.ledger import FEN_PER_UNIT, Ledger
from ecosim.model.offers import MOST_STACKS, Given, Stack
from ecosim.model.protocols import Events, Policy
from ecosim.model.slots import Whose

if TYPE_CHECKING:
    from ecosim.model.ecosystem import EcosystemModel

Rows = NDArray[np.int64]


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
        self._known: dict[Stack, tuple[Whose, Rows, NDArray[np.float64]]] = {}  # by offers, which of them cost what

    def entries(self, model: "EcosystemModel") -> tuple[NDArray[Any], ...]:
        """Offers of the quarter that cost something, as `billing.pay_beside` takes them; and what was taken."""
        given = model.taken
        if type(given) is not Given:  # nothing was offered
            return NO_FEES
        known = self._known.get(given.stack)
        if known is None:
            if len(self._known) >= MOST_STACKS:
                self._known.clear()
            known = self._known[given.stack] = self._of(given.stack)
        whose, offers, costs = known
        return whose.of(model.ledger), offers, costs, given.served, given.first

    def _of(self, stack: Stack) -> tuple[Whose, Rows, NDArray[np.float64]]:
        rows = [row for row in self._rows if row.offer in stack.at]
        offers = np.array([(stack.at[row.offer], row.again) for row in rows], np.int64).reshape(-1, 2)
        return Whose([row.instrument for row in rows]), offers, np.array([row.cost for row in rows], np.float64)


NOBODY = np.empty(0, np.int64)
NO_FEES = NOBODY, np.empty((0, 2), np.int64), np.empty(0), NOBODY, NOBODY


class Due(NamedTuple):
    """What an instrument spends in every quarter until a date passes. once: its recipients count once a year."""

    instrument: str
    fen: int
    recipients: int = 0
    once: bool = False


class Dues:
    """What instruments spend in every quarter until a date passes."""

    def __init__(self, rows: list[Due]) -> None:
        self._whose = Whose([row.instrument for row in rows])
        self._spent = np.array([row[1:] for row in rows], np.int64).reshape(-1, 3)

    def entries(self, model: "EcosystemModel") -> tuple[Rows, Rows]:
        """Slots, (n,), and what is spent, (n, 3), as `billing.pay_beside` takes them."""
        return self._whose.of(model.ledger), self._spent


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


def upkeep(name: str, amount: float) -> list[Due]:
    """What an instrument spends in a quarter on its places, whoever takes them, as a row; amount: 10k CNY.

    Raises ValueError for an amount below 0.
    """
    if amount < 0:
        raise ValueError(f"{name}: upkeep of {amount} is below 0")
    return [Due(name, round(amount * FEN_PER_UNIT))] if amount > 0 else []
