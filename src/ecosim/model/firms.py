"""Firms in columns: the state of all firms as arrays."""

from typing import Any, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from ecosim.model import addresses
from ecosim.model.compiled import brief

TECH_SME, HIGH_TECH = 1, 2  # rungs of the certification ladder; 0 is none
RUNGS = 3
CERTIFICATION, RESEARCH, TALENT, FINANCE = 1, 2, 4, 8  # bits of `aware`, one for each family of instruments
FAMILIES = ("certification", "research", "talent", "finance")
SIZE_BANDS = (20, 300, 1000)  # employees; micro, small, medium, large (statistical classes of 2011, industry)
BANDS = len(SIZE_BANDS) + 1
SKILLS = ("graduate", "senior", "leading")  # of science and technology staff
INSTITUTES = ("none", "city", "provincial_center", "provincial_institute", "key_institute")  # R&D institute rungs
SOURCES = ("incumbent", "local", "shanghai", "foreign_project", "talent", "incubated", "elsewhere")  # how a firm came
NEW_TECH_SME, NEW_HIGH_TECH, RENEWED, LAPSED, FIRST_HIGH_TECH = (
    1,
    2,
    4,
    8,
    16,
)  # bits of `event`, what happened in this quarter


class Columns(NamedTuple):
    """The state of the firms, one array for each quantity, all of the same length (capacity).

    Money in 10k CNY at 2017 prices, sales by year, labor in persons, time in quarters.
    """

    uid: NDArray[np.uint64]  # permanent identity, key of the firm's luck
    alive: NDArray[np.int8]  # 1 while the firm exists
    closing: NDArray[np.int8]  # 1 where it decided to close in this quarter
    sector: NDArray[np.int8]  # index into SECTORS
    zone: NDArray[np.int8]  # index into the region's zones
    ownership: NDArray[np.int8]  # index into OWNERSHIP
    kind: NDArray[np.int32]  # class of firm, index into the terms
    age: NDArray[np.int16]  # quarters
    log_employees: NDArray[np.float64]
    log_productivity: NDArray[np.float64]  # ln of annual sales per worker
    productivity_change: NDArray[np.float64]  # its change in this quarter
    knowledge: NDArray[np.float64]  # R&D capital
    performs: NDArray[np.int8]  # 1 if it does R&D
    ambition: NDArray[np.float64]  # persistent effect on R&D intensity, standard normal
    stretch: NDArray[np.float64]  # ln of the rise in true intensity taken on for a certificate
    research: NDArray[np.float64]  # true R&D spending in this quarter
    reported: NDArray[np.float64]  # reported R&D over sales
    inert: NDArray[np.float64]  # uniform rank of unwillingness to apply for anything
    staff: NDArray[np.int32]  # science and technology staff, persons, seniors and leaders included
    seniors: NDArray[np.int32]  # of the staff
    leaders: NDArray[np.int32]  # leading talent, of the staff
    experts: NDArray[np.float64]  # flexible talent: part-time experts from outside, full-time equivalents
    pending: NDArray[np.int32]  # utility models and designs filed, not yet decided
    patents: NDArray[np.int32]  # patents held, inventions included
    inventions_pending: NDArray[np.int32]
    filed: NDArray[np.int32]  # applications in this quarter, inventions included
    inventions_filed: NDArray[np.int32]
    granted: NDArray[np.int32]  # grants in this quarter, inventions included
    inventions_granted: NDArray[np.int32]
    certificate: NDArray[np.int8]  # rung
    held: NDArray[np.int16]  # quarters since the certificate was given or renewed
    honored: NDArray[np.int8]  # 1 once it has held the second rung; awards for a first certification are over
    event: NDArray[np.int8]  # bits of what happened in this quarter
    aware: NDArray[np.int8]  # bits of instrument families that the firm knows
    assisted: NDArray[np.int8]  # quarters of one-to-one service left
    constrained: NDArray[np.int8]  # 1 if credit was refused, or cut by the lender's limit, in this quarter
    loan: NDArray[np.float64]  # outstanding
    cash: NDArray[np.float64]
    vacancies: NDArray[np.int32]  # open posts for graduates; once filled, the hires of the quarter
    senior_vacancies: NDArray[np.int32]
    leader_vacancies: NDArray[np.int16]
    institute: NDArray[np.int8]  # R&D institute rung, index into INSTITUTES
    waiting: NDArray[np.int16]  # quarters in the queue for the review of an institute
    fresh: NDArray[np.float64]  # share of new high-tech products in sales
    liaison: NDArray[np.int8]  # 1 if it has a science and technology liaison officer
    visited: NDArray[np.int8]  # 1 if officials visit it in this quarter
    matched: NDArray[np.int8]  # quarters left of work with an institute on a technical problem
    incubated: NDArray[np.int8]  # quarters left in an incubator
    platform: NDArray[np.int8]  # 1 if it uses a shared platform
    external: NDArray[np.float64]  # knowledge from outside in this quarter, as R&D
    source: NDArray[np.int8]  # how it came, index into SOURCES


def dtype_of(hint: Any) -> np.dtype[Any]:
    """The type of the numbers in an `NDArray[...]`, its innermost argument; how deep it stands depends on NumPy."""
    while inner := get_args(hint):
        hint = inner[-1]
    return np.dtype(hint)


DTYPES = {name: dtype_of(hint) for name, hint in Columns.__annotations__.items()}


def empty(capacity: int) -> Columns:
    """Columns of zeros for `capacity` rows."""
    return Columns(**{name: np.zeros(capacity, dtype) for name, dtype in DTYPES.items()})


class Firms:
    """The table of firms: columns, the rows in use and the free rows that births fill.

    The uid is a firm's identity, never its row. Capacity grows by half when it is full; no entrant is ever dropped.
    """

    def __init__(self, columns: Columns, free: NDArray[np.int64], top: int) -> None:
        self.columns = columns
        self.top = top  # rows at and after `top` were never used
        self._free = free
        self._left = free.size  # of these so many
        self._scratch: dict[Any, NDArray[Any]] = {}
        self._views: dict[Any, NDArray[Any]] = {}  # of it, by what was asked for
        self._roomy: Columns | None = None  # the columns for whose rows they have room
        self._addressed: Columns | None = None  # the columns whose addresses are in `_table`
        self._table = np.empty(0, np.int64)

    @classmethod
    def room_for(cls, count: int) -> "Firms":
        """An empty table for about `count` firms."""
        return cls(empty(max(64, int(1.3 * count))), np.empty(0, np.int64), 0)

    def copy(self) -> "Firms":
        """An independent copy of the same firms, with room for half as many more."""
        twin = Firms(self.columns, self.free.copy(), self.top)
        twin._grow(max(self.capacity, self.top + self.top // 2))
        return twin

    def __getstate__(self) -> dict[str, Any]:
        """A copy lies elsewhere and has no scratch."""
        return {**self.__dict__, "_addressed": None, "_roomy": None, "_scratch": {}, "_views": {}}

    @property
    def table(self) -> NDArray[np.int64]:
        """Capacity, then the address of each column: what kernels take in place of the columns (see `model.table`).

        Raises ValueError as `addresses.table_of`.
        """
        if self._addressed is not self.columns:
            layout = [(f"column {name}", (self.capacity,), dtype) for name, dtype in DTYPES.items()]
            self._table, self._addressed = addresses.table_of(self.capacity, self.columns, layout), self.columns
        return self._table

    @property
    def capacity(self) -> int:
        """Rows that the columns hold."""
        return int(self.columns.uid.size)

    @property
    def free(self) -> NDArray[np.int64]:
        """Closed rows in the order in which they were closed, a view; the last one is filled first."""
        return self._free[: self._left]

    @property
    def rows(self) -> NDArray[np.int64]:
        """Rows of the living firms, in order."""
        return np.flatnonzero(self.columns.alive[: self.top])

    @property
    def closing(self) -> NDArray[np.int64]:
        """Rows of the living firms that decided to close, in order."""
        rows = self.scratch(1, np.int64)[0]
        closing: NDArray[np.int64] = rows[: closing_rows(self.columns.closing, self.columns.alive, self.top, rows)]
        return closing.copy()

    def __len__(self) -> int:
        return int(np.count_nonzero(self.columns.alive[: self.top].view(np.bool_)))

    def scratch(self, count: int, dtype: Any, width: int = 0) -> NDArray[Any]:
        """Room for `count` quantities of every row, (count, capacity), until the next call: memory that is kept.

        width: of so many rows instead.
        """
        if self._roomy is not self.columns:
            self._roomy, self._views = self.columns, {}
        view = self._views.get((count, dtype, width))
        if view is None:
            had, rows = self._scratch.get((dtype, width)), width or self.capacity
            if had is None or had.shape[0] < count or had.shape[1] < rows:
                had = self._scratch[dtype, width] = np.empty((count, rows), dtype)
                self._views.clear()  # views would keep what it replaces
            view = self._views[count, dtype, width] = had[:count]
        return view

    def take_rows(self, count: int) -> NDArray[np.int64]:
        """`count` free rows, closed ones first; the table grows where they do not suffice."""
        reused = min(self._left, count)
        top = self.top + count - reused
        if top > self.capacity:
            self._grow(max(top, self.capacity + self.capacity // 2))
        rows = np.empty(count, np.int64)
        open_rows(self.free, self.top, rows)
        self._left, self.top = self._left - reused, top
        return rows

    def release(self, rows: NDArray[np.int64]) -> int:
        """Close rows: the firms are gone with their certificates, the rows are free; returns the staff in them."""
        f, left = self.columns, self._left + rows.size
        if left > self._free.size:
            self._free = np.concatenate([self.free, np.empty(left, np.int64)])
        staff: int = shut(f.alive, f.closing, f.certificate, f.staff, rows, self._free[self._left : left])
        self._left = left
        return staff

    def _grow(self, capacity: int) -> None:
        grown, had = empty(capacity), self.capacity
        for name, old in zip(Columns._fields, self.columns, strict=True):
            getattr(grown, name)[:had] = old
        self.columns = grown


@brief
def open_rows(free: Any, top: int, rows: Any) -> None:
    """Rows for firms, (n,) out: free ones from the last on, then those from top on."""
    for k in range(rows.size):
        rows[k] = free[free.size - 1 - k] if k < free.size else top + k - free.size


@brief
def shut(alive: Any, closing: Any, certificate: Any, staff: Any, rows: Any, free: Any) -> int:
    """Close rows, free (n,) out; returns the staff that is still in them."""
    left = 0
    for k in range(rows.size):
        free[k] = rows[k]
        alive[rows[k]] = closing[rows[k]] = certificate[rows[k]] = 0
        left += staff[rows[k]]
    return left


@brief
def closing_rows(closing: Any, alive: Any, top: int, rows: Any) -> int:
    """Rows of living firms that close, out; returns how many. Eight firms at a time, as most stay."""
    whole = top - top % 8
    words, count = closing[:whole].view(np.uint64), 0
    for word in range(words.size + 1):
        if word == words.size or words[word] != 0:
            for i in range(8 * word, min(8 * word + 8, top)):
                rows[count] = i
                count += 1 if (closing[i] == 1) & (alive[i] == 1) else 0
    return count
