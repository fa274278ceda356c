"""The government's books: what each instrument paid or did not collect, to how many, and what is left, in whole fen."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from math import isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecosim.model.compiled import brief, inlined

FEN_PER_UNIT = 1_000_000  # fen in 10k CNY
OUTLAY, TAX, RECIPIENTS, REFUSED, ENTERED = range(5)  # ENTERED: bits of the others that something stands in, be it 0
PAID, FORGONE = 1 << OUTLAY | 1 << RECIPIENTS, 1 << TAX | 1 << RECIPIENTS
LARGEST = 4e18  # fen that one number holds, with room to add
ROOM = 64  # instruments for which there is room at first

Entries = NDArray[np.int64]


class Book(Mapping[tuple[str, int], int]):
    """One kind of entries of a ledger by (instrument, year): fen or firms, 0 where nothing was entered; a view."""

    def __init__(self, ledger: "Ledger", kind: int) -> None:
        self._ledger, self._kind = ledger, kind

    def __getitem__(self, key: tuple[str, int]) -> int:
        return self._ledger.entry(self._kind, *key)

    def __contains__(self, key: Any) -> bool:
        return bool(self._ledger.entry(ENTERED, *key) >> self._kind & 1)

    def __iter__(self) -> Iterator[tuple[str, int]]:
        for year, entries in self._ledger.years.items():
            for name, slot in self._ledger.slots.items():
                if entries[slot, ENTERED] >> self._kind & 1:
                    yield name, year

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Ledger:
    """Money by (instrument, year) as integers in fen, so every yuan balances exactly.

    outlay: money paid; tax_expenditure: tax not collected under a rule, which is no outlay and fills no budget;
    recipients: firms that got something at least once in the year; refused: applications that the budget did not reach.
    Each instrument has a slot; years: entries of a year by slot, (slots, kinds), which kernels write too.
    expected: by slot, the share of a claim that firms expect to be paid, most often what was paid in the last quarter;
    nan: nobody has looked at it yet.
    """

    def __init__(self) -> None:
        self.slots: dict[str, int] = {}
        self.years: dict[int, Entries] = {}
        self.paid_by_slot: Entries = np.zeros(ROOM, np.int64)  # fen, over all years
        self.expected: NDArray[np.float64] = np.full(ROOM, np.nan)
        self.total = 0  # everything paid so far, fen; without tax expenditure

    @property
    def outlay(self) -> Book:
        """Fen paid."""
        return Book(self, OUTLAY)

    @property
    def tax_expenditure(self) -> Book:
        """Fen of tax not collected."""
        return Book(self, TAX)

    @property
    def recipients(self) -> Book:
        """Firms that got something."""
        return Book(self, RECIPIENTS)

    @property
    def refused(self) -> Book:
        """Applications that the budget did not reach."""
        return Book(self, REFUSED)

    @property
    def paid(self) -> dict[str, int]:
        """Fen by instrument, over all years."""
        return defaultdict(int, {name: int(self.paid_by_slot[slot]) for name, slot in self.slots.items()})

    def expected_of(self, instrument: str) -> float:
        """Share of a claim on an instrument that firms expect to be paid, 1 before they have looked at it."""
        slot = self.slots.get(instrument)
        share = 1.0 if slot is None else self.expected.item(slot)
        return 1.0 if isnan(share) else share

    def paid_by(self, instrument: str) -> int:
        """Fen that an instrument paid, over all years."""
        slot = self.slots.get(instrument)
        return 0 if slot is None else int(self.paid_by_slot[slot])

    def entry(self, kind: int, instrument: str, year: int) -> int:
        """What stands in a book."""
        slot, entries = self.slots.get(instrument), self.years.get(year)
        return 0 if slot is None or entries is None else int(entries[slot, kind])

    def slot(self, instrument: str) -> int:
        """The slot of an instrument, a new one for a new name; entries may move to where there is room."""
        slot = self.slots.setdefault(instrument, len(self.slots))
        if slot == self.paid_by_slot.size:
            self.paid_by_slot = np.concatenate([self.paid_by_slot, np.zeros_like(self.paid_by_slot)])
            self.expected = np.concatenate([self.expected, np.full_like(self.expected, np.nan)])
            self.years = {year: np.concatenate([had, np.zeros_like(had)]) for year, had in self.years.items()}
        return slot

    def slots_of(self, instruments: Sequence[str]) -> NDArray[np.int64]:
        """The slots of some instruments, (n,), as `slot`."""
        for name in instruments:
            if name not in self.slots:
                self.slot(name)
        return np.array([self.slots[name] for name in instruments], np.int64)

    def of_year(self, year: int) -> Entries:
        """Entries of a year, to read and write."""
        entries = self.years.get(year)
        if entries is None:
            entries = self.years[year] = np.zeros((self.paid_by_slot.size, ENTERED + 1), np.int64)
        return entries

    def left(self, instrument: str, year: int, budget: float) -> int:
        """Fen left of a year's budget (10k CNY)."""
        slot = self.slot(instrument)
        entries = self.of_year(year)
        entries[slot, ENTERED] |= 1 << OUTLAY
        return round(budget * FEN_PER_UNIT) - entries.item(slot, OUTLAY)

    def pay(self, instrument: str, year: int, fen: int, recipients: int) -> None:
        """Book a payment. recipients: firms that are paid for the first time in the year.

        Raises ValueError where something is negative.
        """
        if fen < 0 or recipients < 0:
            raise ValueError(f"{instrument} in {year}: a payment of {fen} fen to {recipients} is negative")
        slot = self.slot(instrument)
        enter(self.of_year(year), self.paid_by_slot, slot, fen, recipients)
        self.total += fen

    def forgo(self, instrument: str, year: int, fen: int, recipients: int) -> None:
        """Book tax that is not collected, as `pay`."""
        if fen < 0 or recipients < 0:
            raise ValueError(f"{instrument} in {year}: tax of {fen} fen of {recipients} is negative")
        slot = self.slot(instrument)
        entries = self.of_year(year)
        entries[slot, TAX] += fen
        entries[slot, RECIPIENTS] += recipients
        entries[slot, ENTERED] |= FORGONE

    def refuse(self, instrument: str, year: int, applicants: int) -> None:
        """Book applicants for whom the budget did not suffice."""
        slot = self.slot(instrument)
        entries = self.of_year(year)
        entries[slot, REFUSED] += applicants
        entries[slot, ENTERED] |= 1 << REFUSED

    def handed_on(self, year: int) -> "Ledger":
        """The books with which another model goes on: what was paid in a year under way, and in all by instrument.

        What firms expect is handed on too.
        """
        twin = Ledger()
        twin.slots, twin.paid_by_slot = dict(self.slots), self.paid_by_slot.copy()
        twin.expected = self.expected.copy()
        entries, ours = twin.of_year(year), self.of_year(year)
        entries[:, OUTLAY] = ours[:, OUTLAY]
        entries[:, ENTERED] = (ours[:, ENTERED] >> OUTLAY & 1) * PAID
        twin.total = int(ours[:, OUTLAY].sum())
        return twin


@inlined
def whole_fen(amount):  # type: ignore[no-untyped-def]
    """Fen in an amount of 10k CNY; what is beyond counting counts as the largest sum."""
    return int(np.rint(min(amount * float(FEN_PER_UNIT), LARGEST)))


@brief
def enter(entries: Any, paid: Any, slot: int, fen: int, recipients: int) -> None:
    """Enter a payment under a slot. entries: of a year; paid: of all years."""
    entries[slot, OUTLAY] += fen
    entries[slot, RECIPIENTS] += recipients
    entries[slot, ENTERED] |= PAID
    paid[slot] += fen
