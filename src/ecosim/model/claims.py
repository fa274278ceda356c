"""Who can ask for money after a quarter: short lists of firms, gathered in one pass, from which instruments settle.

Instruments used to look through all firms one after another. Now one compiled pass finds the firms that did R&D, hired,
were certified, filed patents and so on; an instrument goes through the few that concern it. Money is rounded once for
each firm, to whole fen, before it is summed as integers: so a sum is exact and does not depend on the order.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecosim.model.compiled import apart, brief
from ecosim.model.firms import FIRST_HIGH_TECH, HIGH_TECH, INSTITUTES, NEW_TECH_SME, RESEARCH, SOURCES, TALENT, Firms
from ecosim.model.ledger import FEN_PER_UNIT, enter
from ecosim.model.listing import rows_with
from ecosim.model.table import columns_of
from ecosim.model.take_up import fund

LISTS = (
    "researchers",
    "high_tech",
    "hirers",
    "new_tech_sme",
    "first_high_tech",
    "employers",
    "hosts",
    "filers",
    "inventors",
    "newcomers",
    "talent_founders",
    *(f"recognized_{rung}" for rung in INSTITUTES[1:]),
)
MARKED = len(LISTS) - len(INSTITUTES) + 1  # lists that are found by the marks of firms; the others are handed over
TALENT_FOUNDER = SOURCES.index("talent")
FEN = float(FEN_PER_UNIT)
NOBODY: Mapping[int, NDArray[np.int64]] = MappingProxyType({})


class Claims:
    """Rows of the firms with something to claim in the present quarter, each a (n,) view, most of them properties.

    rows (lists, capacity), of which the first counts (lists,) hold.
    The hires of `hirers` stand in `vacancies`, `senior_vacancies` and `leader_vacancies`.
    """

    def __init__(self) -> None:
        self.rows = np.empty((len(LISTS), 0), np.int64)
        self.counts = np.zeros(len(LISTS), np.int64)

    def gather(self, firms: Firms, recognized: Mapping[int, NDArray[np.int64]] = NOBODY) -> None:
        """Look through all firms once. recognized: rows of new R&D institutes by rung."""
        if self.rows.shape[1] < firms.top:
            self.rows = np.empty((len(LISTS), firms.capacity), np.int64)
        gather(firms.table, firms.top, self.rows, self.counts)
        for rung, rows in recognized.items():
            self.rows[MARKED + rung - 1, : rows.size], self.counts[MARKED + rung - 1] = rows, rows.size

    def of(self, name: str) -> NDArray[np.int64]:
        """One of LISTS."""
        return self._list(LISTS.index(name))

    def _list(self, number: int) -> NDArray[np.int64]:
        return self.rows[number, : self.counts[number]]

    @property
    def researchers(self) -> NDArray[np.int64]:
        """Firms that perform R&D and know the instruments for it."""
        return self._list(0)

    @property
    def high_tech(self) -> NDArray[np.int64]:
        """High-tech enterprises."""
        return self._list(1)

    @property
    def hirers(self) -> NDArray[np.int64]:
        """Firms that hired in the quarter and know the instruments for talent."""
        return self._list(2)

    @property
    def new_tech_sme(self) -> NDArray[np.int64]:
        """Firms that reached the first rung in the quarter."""
        return self._list(3)

    @property
    def first_high_tech(self) -> NDArray[np.int64]:
        """Firms that reached the second rung in the quarter for the first time."""
        return self._list(4)

    @property
    def employers(self) -> NDArray[np.int64]:
        """Firms with science and technology staff that know the instruments for talent."""
        return self._list(5)

    @property
    def hosts(self) -> NDArray[np.int64]:
        """Firms at which part-time experts work."""
        return self._list(6)

    @property
    def filers(self) -> NDArray[np.int64]:
        """Firms that filed patents in the quarter and know the instruments for R&D."""
        return self._list(7)

    @property
    def inventors(self) -> NDArray[np.int64]:
        """Firms that were granted inventions in the quarter and know the instruments for R&D."""
        return self._list(8)

    @property
    def newcomers(self) -> NDArray[np.int64]:
        """Firms that were founded at the end of the last quarter; `talent_founders`: those of talent from outside."""
        return self._list(9)


@apart
def gather(table: Any, top: int, rows: Any, counts: Any) -> None:
    """Fill the lists that marks find: rows (lists, capacity) and counts (lists,). table: of `Firms.table`."""
    f, marks = columns_of(table), np.empty(top, np.uint16)
    find(
        f.alive, f.performs, f.aware, f.certificate, f.event, f.vacancies, f.senior_vacancies, f.leader_vacancies,
        f.staff, f.experts, f.filed, f.inventions_granted, f.age, f.source, marks,
    )  # fmt: skip
    enlist(marks, rows, counts)


@brief
def find(
    alive: Any, performs: Any, aware: Any, certificate: Any, event: Any, graduates: Any, seniors: Any, leaders: Any,
    staff: Any, experts: Any, filed: Any, granted: Any, age: Any, source: Any, marks: Any,
) -> None:  # fmt: skip
    """Fill marks (top,): bit k where a firm belongs to list k. Short loops over few columns, so that they vectorize."""
    for i in range(marks.size):
        researcher = (performs[i] == 1) & ((aware[i] & RESEARCH) != 0)
        bits = np.uint16(1) if researcher else np.uint16(0)
        bits |= np.uint16(2) if certificate[i] == HIGH_TECH else np.uint16(0)
        bits |= np.uint16(8) if (event[i] & NEW_TECH_SME) != 0 else np.uint16(0)
        bits |= np.uint16(16) if (event[i] & FIRST_HIGH_TECH) != 0 else np.uint16(0)
        marks[i] = bits if alive[i] == 1 else np.uint16(0)
    for i in range(marks.size):
        hired = (graduates[i] + seniors[i] + leaders[i] > 0) & ((aware[i] & TALENT) != 0) & (alive[i] == 1)
        marks[i] |= np.uint16(4) if hired else np.uint16(0)
    for i in range(marks.size):
        bits = np.uint16(32) if (staff[i] > 0) & ((aware[i] & TALENT) != 0) else np.uint16(0)
        bits |= np.uint16(64) if experts[i] > 0.0 else np.uint16(0)
        marks[i] |= bits
    for i in range(marks.size):
        knows = (alive[i] == 1) & ((aware[i] & RESEARCH) != 0)
        bits = np.uint16(128) if (filed[i] > 0) & knows else np.uint16(0)
        bits |= np.uint16(256) if (granted[i] > 0) & knows else np.uint16(0)
        marks[i] |= bits
    for i in range(marks.size):
        new = (age[i] == 1) & (alive[i] == 1)
        bits = np.uint16(512) if new else np.uint16(0)
        marks[i] |= bits | (np.uint16(1024) if new & (source[i] == TALENT_FOUNDER) else np.uint16(0))


@brief
def enlist(marks: Any, rows: Any, counts: Any) -> None:
    """Fill rows (lists, capacity) and counts (lists,) of the first lists from the marks; the others are empty."""
    counts[MARKED:] = 0
    for number in range(MARKED):
        counts[number] = rows_with(np.uint16(1 << number), marks, rows[number])


@brief
def credit(cash: Any, flags: Any, rows: Any, fen: Any) -> tuple[int, int]:
    """Add whole fen to the cash (10k CNY) of the rows, and flag the rows as funded.

    Returns the sum and how many of them were not funded before in the year.
    """
    total = new = 0
    for k in range(rows.size):
        i = rows[k]
        cash[i] += fen[k] / FEN
        total += fen[k]
        new += fund(flags, i)
    return total, new


@brief
def hand_out(cash: Any, flags: Any, rows: Any, fen: Any, weight: int, entries: Any, paid: Any, slot: int) -> int:
    """Credit whole fen to the rows, as often as an agent stands for firms, and book them; returns the sum.

    entries, paid: books of the year and of all, see `ledger.Ledger`, with the slot of who pays.
    """
    total, first = credit(cash, flags, rows, fen)
    enter(entries, paid, slot, total * weight, first * weight)
    booked: int = total * weight
    return booked
