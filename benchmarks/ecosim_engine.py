"""The reference model on ecosim's engine: columns, one small compiled loop per rule and block, draws by name."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks import spec
from ecosim.model.arithmetic import exp, log
from ecosim.model.compiled import inlined, kernel
from ecosim.model.firms import dtype_of
from ecosim.model.luck import four_uniforms, philox, uniforms

BLOCK = 1024
EVENTS, SHOCKS, FILING, NEWBORN, LATER = (np.uint64(stream) for stream in range(5))
WORD, THIRTY_TWO = np.uint64(0xFFFFFFFF), np.uint64(32)
FINE = 1024.0
(FIRMS, EMPLOYMENT, SALES, RESEARCH, KNOWLEDGE, PERFORMERS, PATENTS, CERTIFIED, BIRTHS, DEATHS) = range(10)
HIGHEST_RATE = math.exp(spec.EXIT - 2.3 * spec.EXIT_SIZE)  # of closing: a new firm of one person
LARGEST_HAZARD = 1.000001 * (1.0 - math.exp(-HIGHEST_RATE))  # above any error of rounding


class Columns(NamedTuple):
    """State of the firms, (capacity,) each."""

    uid: NDArray[np.uint64]
    knowledge: NDArray[np.float64]
    log_employees: NDArray[np.float64]
    log_productivity: NDArray[np.float64]
    ambition: NDArray[np.float64]
    cell: NDArray[np.int32]
    age: NDArray[np.int32]
    patents: NDArray[np.int32]
    alive: NDArray[np.int8]
    performs: NDArray[np.int8]
    certified: NDArray[np.int8]


class Room(NamedTuple):
    """Scratch of a quarter."""

    near: NDArray[np.float64]  # (cells,) what neighbors know
    fresh: NDArray[np.int64]  # (cells,) what they will know
    work: NDArray[np.float64]  # (9, block)
    rows: NDArray[np.int64]  # (2, block)
    children: NDArray[np.int64]  # founders
    uids: NDArray[np.uint64]  # (block,)

    @classmethod
    def of(cls, capacity: int) -> "Room":
        """For so many rows."""
        return cls(
            np.empty(spec.CELLS), np.empty(spec.CELLS, np.int64), np.empty((9, BLOCK)), np.empty((2, BLOCK), np.int64),
            np.empty(capacity // 8 + 1024, np.int64), np.empty(BLOCK, np.uint64),
        )  # fmt: skip


class Model:
    """Firms in columns with room to grow; closed rows are filled by births."""

    def __init__(self, firms: int, seed: int) -> None:
        start = spec.begin(firms, seed)
        self.key = (np.uint64(seed), np.uint64(0))
        self.top, self.quarter = firms, 0
        capacity = int(1.2 * firms) + 64
        self.columns = Columns(*(np.zeros(capacity, dtype_of(hint)) for hint in Columns.__annotations__.values()))
        self.columns.uid[:firms] = np.arange(firms) + (1 << 62)
        self.columns.alive[:firms] = 1
        for name, values in zip(
            ("cell", "age", "log_employees", "log_productivity", "knowledge", "ambition", "performs"),
            start,
            strict=True,
        ):
            getattr(self.columns, name)[:firms] = values
        self.free = np.empty(capacity, np.int64)
        self.count_free = 0
        self.cells = np.bincount(start.cell, start.knowledge * FINE, spec.CELLS).astype(np.int64)
        self.totals = np.zeros(len(spec.SERIES), np.int64)
        self.room = Room.of(capacity)
        self.history: list[list[float]] = []

    @property
    def state_bytes(self) -> int:
        return sum(column.nbytes for column in self.columns)

    def step(self) -> None:
        if self.top + int(0.1 * self.top) + 64 > self.columns.uid.size:
            self._grow()
        prices = spec.log_user_cost(self.quarter)
        self.top, self.count_free = quarter(
            self.columns, self.cells, self.key, np.uint64(self.quarter), prices, self.top, self.free, self.count_free,
            self.totals, self.room,
        )  # fmt: skip
        self.record(self.totals)

    def record(self, totals: NDArray[np.int64]) -> None:
        """Keep the series of a quarter and go on to the next."""
        values = totals.astype(float)
        values[EMPLOYMENT : KNOWLEDGE + 1] /= FINE
        self.history.append(values.tolist())
        self.quarter += 1

    def _grow(self) -> None:
        capacity = self.columns.uid.size + self.columns.uid.size // 2
        self.columns = Columns(*(np.concatenate([c, np.zeros(capacity - c.size, c.dtype)]) for c in self.columns))
        self.free = np.concatenate([self.free, np.empty(capacity - self.free.size, np.int64)])
        self.room = Room.of(capacity)


@kernel
def quarter(  # type: ignore[no-untyped-def]
    f: Columns, cells: Any, key: Any, now: Any, prices: Any, top: int, free: Any, holes: int, totals: Any, room: Room
):
    """One quarter of all firms; returns the rows in use and the free rows. totals: the series, out."""
    near, fresh, work, rows, children = room.near, room.fresh, room.work, room.rows, room.children
    born, fresh[:], totals[:] = 0, 0, 0
    for c in range(cells.size):
        near[c] = spec.PATENTS + spec.SPILLOVER * log(1.0 + cells[c] / FINE / 1000.0)
    for start in range(0, top, BLOCK):
        stop = min(start + BLOCK, top)
        b = Columns(
            f.uid[start:stop], f.knowledge[start:stop], f.log_employees[start:stop], f.log_productivity[start:stop],
            f.ambition[start:stop], f.cell[start:stop], f.age[start:stop], f.patents[start:stop], f.alive[start:stop],
            f.performs[start:stop], f.certified[start:stop],
        )  # fmt: skip
        draw(b, key, now, work)
        closed = close(b, work, rows[1])
        for k in range(closed):
            free[holes + k] = start + rows[1, k]
        produce(b, prices, work)
        performers = listed(b.performs, rows[0])
        file(b, near, rows[0][:performers], rows[1], key, now, work, totals)
        certify(b, rows[0][:performers], work)
        grow(b, work)
        born = found(b, start, work, children, born)
        survey(b, work, fresh, totals)
        holes += closed
        totals[DEATHS] += closed
    for c in range(cells.size):
        cells[c] = fresh[c]
    for first in range(0, born, BLOCK):
        some = children[first : min(first + BLOCK, born)]
        top, holes = begin(f, some, key, now, top, free, holes, rows[0], room.uids[: some.size], work)
    totals[BIRTHS] = born
    totals[FIRMS] += born
    return top, holes


@kernel
def draw(b: Columns, key: Any, now: Any, work: Any) -> None:
    """The luck of the quarter: 0 closing, 1 R&D, 2 ladder, 3 founders, 4 productivity, 5 growth."""
    uid = b.uid
    closing, research, ladder, founders = work[0], work[1], work[2], work[3]
    shock, move = work[4], work[5]
    for i in range(uid.size):
        closing[i], research[i], ladder[i], founders[i] = four_uniforms(key[0], key[1], uid[i], now, EVENTS)
    for i in range(uid.size):
        shock[i], move[i] = uniforms(key[0], key[1], uid[i], now, SHOCKS)


@kernel
def listed(flags: Any, rows: Any) -> int:
    """Rows that are flagged, written to rows; returns how many."""
    count = 0
    for i in range(flags.size):
        rows[count] = i
        count += flags[i]
    return count


@kernel
def close(b: Columns, work: Any, rows: Any) -> int:
    """Firms that close are no longer alive and stand in rows; returns how many.

    Few draws lie below the largest hazard, and only those ask for the firm's own.
    """
    alive, closing, age, log_employees, hazard = b.alive, work[0], b.age, b.log_employees, work[6]
    age_of = work[7]
    near, closed = 0, 0
    for i in range(alive.size):
        rows[near] = i
        near += (closing[i] < LARGEST_HAZARD) & (alive[i] == 1)
    for k in range(near):
        hazard[k] = spec.EXIT_SIZE * (log_employees[rows[k]] - 2.3)
        closing[k], age_of[k] = closing[rows[k]], age[rows[k]]
    for k in range(near):
        hazard[k] = exp(spec.EXIT + spec.EXIT_AGE * log(1.0 + 0.25 * age_of[k]) + hazard[k])
        hazard[k] = 1.0 - exp(-hazard[k])
    for k in range(near):
        i = rows[k]
        rows[closed] = i
        closed += closing[k] < hazard[k]
    for k in range(closed):
        alive[rows[k]] = 0
    return closed


@kernel
def produce(b: Columns, prices: Any, work: Any) -> None:
    """Age, sales per worker, R&D and its capital; the ratio of R&D to sales goes to work[0], sales to work[6]."""
    age, shock, ratio, sales = b.age, work[4], work[0], work[6]
    log_productivity, log_employees, knowledge = b.log_productivity, b.log_employees, b.knowledge
    ambition, performs, certified = b.ambition, b.performs, b.certified
    for i in range(age.size):
        age[i] += 1
    for i in range(age.size):
        log_productivity[i] += spec.TREND + spec.SHOCK * spec.LOGISTIC * log(shock[i] / (1.0 - shock[i]))
    for i in range(age.size):
        price = prices[1] if certified[i] == 1 else prices[0]
        ratio[i] = exp(spec.INTENSITY + spec.AMBITION * ambition[i] + spec.PRICE * price) * performs[i]
        sales[i] = exp(log_employees[i] + log_productivity[i])
    for i in range(age.size):
        knowledge[i] = (1.0 - spec.WEAR) * knowledge[i] + 0.25 * ratio[i] * sales[i]


@kernel
def file(b: Columns, near: Any, rows: Any, filers: Any, key: Any, now: Any, work: Any, totals: Any) -> None:
    """Patents of the performers (rows) by inversion of a geometric law."""
    knowledge, cell, patents, alive, uid = b.knowledge, b.cell, b.patents, b.alive, b.uid
    luck, mean, capital = work[4], work[7], work[8]
    for k in range(rows.size):
        luck[k], _ = uniforms(key[0], key[1], uid[rows[k]], now, FILING)
    for k in range(rows.size):
        mean[k] = near[cell[rows[k]]]
        capital[k] = knowledge[rows[k]]
    for k in range(rows.size):
        rate = exp(mean[k] + spec.KNOWLEDGE * log(max(capital[k], 1e-3)))
        mean[k] = rate / (1.0 + rate)
    filing = 0
    for k in range(rows.size):
        filers[filing], capital[filing], mean[filing] = rows[k], luck[k], mean[k]
        filing += luck[k] <= mean[k]
    for k in range(filing):
        capital[k] = log(capital[k]) / log(mean[k])
    filed = 0
    for k in range(filing):
        count = int(capital[k])
        patents[filers[k]] += count
        filed += count * alive[filers[k]]
    totals[PATENTS] += filed


@kernel
def certify(b: Columns, rows: Any, work: Any) -> None:
    """The ladder: holders may lose the certificate; of the performers (rows) those with a patent may get one.

    No chance is above that of the largest ratio and the most patents among them; only draws below ask for the own.
    """
    ratio, ladder, certified, patents = work[0], work[2], b.certified, b.patents
    own, held = work[7], work[8]
    largest, most, near = 0.003, np.int32(0), 0
    for k in range(rows.size):
        largest = max(largest, ratio[rows[k]])
        most = max(most, patents[rows[k]])
    bound = 1.000001 * chance(largest, most)
    for k in range(rows.size):
        i = rows[k]
        rows[near] = i
        near += (ladder[i] < bound) & (certified[i] == 0) & (patents[i] >= 1)
    for i in range(certified.size):
        certified[i] &= ladder[i] >= spec.LAPSE
    for k in range(near):
        own[k], held[k] = ratio[rows[k]], patents[rows[k]]
    for k in range(near):
        own[k] = chance(own[k], held[k])
    for k in range(near):
        certified[rows[k]] = ladder[rows[k]] < own[k]


@inlined
def chance(ratio, patents):  # type: ignore[no-untyped-def]
    """Of a certificate, for a performer with patents."""
    value = spec.CERTIFY + spec.RATIO * log(max(ratio, 0.003) / 0.03) + spec.PATENTED * log(1.0 + patents)
    return 1.0 - exp(-exp(value))


@kernel
def grow(b: Columns, work: Any) -> None:
    """Employment, and the start or end of R&D."""
    move, luck, log_employees, performs = work[5], work[1], b.log_employees, b.performs
    for i in range(log_employees.size):
        size = -log(1.0 - abs(2.0 * move[i] - 1.0))
        laplace = size if move[i] > 0.5 else -size
        scale = 0.5 * spec.SPREAD * exp(-spec.SLOPE * (log_employees[i] - 3.0))
        log_employees[i] = max(log_employees[i] + spec.MEAN + scale * laplace, 0.0)
    for i in range(performs.size):
        chance = spec.STOP if performs[i] == 1 else spec.START
        performs[i] = performs[i] ^ (1 if luck[i] < chance else 0)


@kernel
def found(b: Columns, start: int, work: Any, children: Any, born: int) -> int:
    """Founders of the survivors: row and number of each, packed; returns how many there are by now."""
    luck, alive = work[3], b.alive
    none = exp(-spec.SPAWN)
    for i in range(alive.size):
        if (luck[i] > none) & (alive[i] == 1):
            left, term, count = luck[i], none, 0
            while left > term:
                left -= term
                children[born] = ((start + i) << 3) | count
                count += 1
                term *= spec.SPAWN / count
                born += 1
    return born


@kernel
def survey(b: Columns, work: Any, cells: Any, totals: Any) -> None:
    """The series, in fixed point so that the order of the firms does not matter."""
    ratio, sales, alive, knowledge, log_employees = work[0], work[6], b.alive, b.knowledge, b.log_employees
    performs, certified, cell = b.performs, b.certified, b.cell
    firms, people, turnover, spent, capital, does, holds = 0, 0, 0, 0, 0, 0, 0
    for i in range(alive.size):
        people += int(exp(log_employees[i]) * FINE) if alive[i] == 1 else 0
        turnover += int(sales[i] * FINE) if alive[i] == 1 else 0
        spent += int(0.25 * ratio[i] * sales[i] * FINE) if alive[i] == 1 else 0
        capital += int(knowledge[i] * FINE) if alive[i] == 1 else 0
    for i in range(alive.size):
        firms += alive[i]
        does += alive[i] & performs[i]
        holds += alive[i] & certified[i]
    for i in range(alive.size):
        cells[cell[i]] += int(knowledge[i] * FINE) * alive[i]
    totals[FIRMS] += firms
    totals[EMPLOYMENT] += people
    totals[SALES] += turnover
    totals[RESEARCH] += spent
    totals[KNOWLEDGE] += capital
    totals[PERFORMERS] += does
    totals[CERTIFIED] += holds


@inlined
def child_uid(parent, now, number):
    """Identity of a founder's firm, hashed from parent, quarter and number."""
    a, b, _, _ = philox(parent & WORD, parent >> THIRTY_TWO, now, LATER, number, LATER)
    return (a << THIRTY_TWO) | b


@kernel
def begin(  # type: ignore[no-untyped-def]
    f: Columns, children: Any, key: Any, now: Any, top: int, free: Any, holes: int, rows: Any, uids: Any, work: Any
):
    """New firms of at most a block of founders, in free rows first; returns the rows in use and the free rows."""
    size, skill, ambition, performs = work[0], work[1], work[2], work[3]
    for k in range(children.size):
        uids[k] = f.uid[children[k] >> 3]
    for k in range(children.size):
        uids[k] = child_uid(uids[k], now, np.uint64(children[k] & 7))
    for k in range(children.size):
        size[k], skill[k] = uniforms(key[0], key[1], uids[k], now, NEWBORN)
        ambition[k], performs[k] = uniforms(key[0], key[1], uids[k], now, LATER)
    for k in range(children.size):
        size[k] = max(spec.NEWBORN_SIZE + spec.NEWBORN_SPREAD * normal(size[k]), 0.0)
        skill[k] = spec.NEWBORN_PRODUCTIVITY + spec.NEWBORN_PRODUCTIVITY_SPREAD * normal(skill[k])
        ambition[k] = normal(ambition[k])
    for k in range(children.size):
        reused = holes > 0
        rows[k] = free[holes - 1] if reused else top
        holes -= reused
        top += not reused
    for k in range(children.size):
        row = rows[k]
        f.uid[row], f.alive[row], f.cell[row], f.age[row] = uids[k], 1, f.cell[children[k] >> 3], 0
        f.log_employees[row], f.log_productivity[row], f.ambition[row] = size[k], skill[k], ambition[k]
        f.performs[row] = performs[k] < spec.NEWBORN_PERFORMS
        f.knowledge[row], f.patents[row], f.certified[row] = 0.0, 0, 0
    return top, holes


@inlined
def normal(u):  # type: ignore[no-untyped-def]
    """A logistic of unit variance."""
    return spec.LOGISTIC * log(u / (1.0 - u))
