"""The government's books: what each instrument paid or did not collect, to how many, and what is left, in whole fen."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

FEN_PER_UNIT = 1_000_000  # fen in 10k CNY

Book = dict[tuple[str, int], int]  # (instrument, year) -> fen or firms


def _book() -> Book:
    return defaultdict(int)


@dataclass
class Ledger:
    """Money by (instrument, year) as integers in fen, so every yuan balances exactly.

    outlay: money paid; tax_expenditure: tax not collected under a rule, which is no outlay and fills no budget;
    recipients: firms that got something at least once in the year; refused: applications that the budget did not reach.
    """

    outlay: Book = field(default_factory=_book)
    tax_expenditure: Book = field(default_factory=_book)
    recipients: Book = field(default_factory=_book)
    refused: Book = field(default_factory=_book)
    paid: dict[str, int] = field(default_factory=lambda: defaultdict(int))  # by instrument, over all years
    total: int = 0  # everything paid so far, fen; without tax expenditure

    def left(self, instrument: str, year: int, budget: float) -> int:
        """Fen left of a year's budget (10k CNY)."""
        return round(budget * FEN_PER_UNIT) - self.outlay[instrument, year]

    def pay(self, instrument: str, year: int, fen: int, recipients: int) -> None:
        """Book a payment. recipients: firms that are paid for the first time in the year.

        Raises ValueError where something is negative.
        """
        if fen < 0 or recipients < 0:
            raise ValueError(f"{instrument} in {year}: a payment of {fen} fen to {recipients} is negative")
        key = instrument, year
        self.outlay[key] += fen
        self.recipients[key] += recipients
        self.paid[instrument] += fen
        self.total += fen

    def forgo(self, instrument: str, year: int, fen: int, recipients: int) -> None:
        """Book tax that is not collected, as `pay`."""
        if fen < 0 or recipients < 0:
            raise ValueError(f"{instrument} in {year}: tax of {fen} fen of {recipients} is negative")
        self.tax_expenditure[instrument, year] += fen
        self.recipients[instrument, year] += recipients

    def refuse(self, instrument: str, year: int, applicants: int) -> None:
        """Book applicants for whom the budget did not suffice."""
        self.refused[instrument, year] += applicants

    def carry(self, outlay: Mapping[tuple[str, int], int]) -> None:
        """Take over what was paid under another model in the same year, by (instrument, year)."""
        for (instrument, year), fen in outlay.items():
            self.pay(instrument, year, fen, 0)
