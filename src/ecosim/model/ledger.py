"""The government's books: what each instrument paid, to how many, and what is left of its budget, in whole fen."""

from collections import defaultdict
from dataclasses import dataclass, field

FEN_PER_UNIT = 1_000_000  # fen in 10k CNY


@dataclass
class Ledger:
    """Payments by (instrument, year); amounts are integers in fen, so every yuan balances exactly."""

    outlay: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    recipients: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    refused: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))

    def left(self, instrument: str, year: int, budget: float) -> int:
        """Fen left of a year's budget (10k CNY)."""
        return round(budget * FEN_PER_UNIT) - self.outlay[instrument, year]

    def pay(self, instrument: str, year: int, fen: int, recipients: int) -> None:
        """Book a payment. Raises ValueError where it is negative."""
        if fen < 0 or recipients < 0:
            raise ValueError(f"{instrument} in {year}: a payment of {fen} fen to {recipients} is negative")
        self.outlay[instrument, year] += fen
        self.recipients[instrument, year] += recipients

    def refuse(self, instrument: str, year: int, applicants: int) -> None:
        """Book applicants for whom the budget did not suffice."""
        self.refused[instrument, year] += applicants

    @property
    def total(self) -> int:
        """Everything paid so far, fen."""
        return sum(self.outlay.values())
