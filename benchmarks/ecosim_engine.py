"""The reference model on ecosim's engine: columns, one small compiled loop per rule and block, draws by name."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks import spec
from ecosim.model.arithmetic import exp, log
from ecosim.model.compiled import inlined, kernel
from ecosim.model.luck import four_uniforms, philox, uniforms

BLOCK = 1024
EVENTS, SHOCKS, FILING, NEWBORN, LATER = (np.uint64(stream) for stream in range(5))
WORD, THIRTY_TWO = np.uint64(0xFFFFFFFF), np.uint64(32)
FINE = 1024.0
(FIRMS, EMPLOYMENT, SALES, RESEARCH, KNOWLEDGE, PERFORMERS, PATENTS, CERTIFIED, BIRTHS, DEATHS) = range(10)
LARGEST_HAZARD = 0.2  # no firm's closing hazard of a quarter is above it


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


class Model:
    """Firms in columns with room to grow; closed rows are filled by births."""

    def __init__(self, firms: int, seed: int) -> None:
        start = spec.begin(firms, seed)
        self.key = (np.uint64(seed), np.uint64(0))
        self.top, self.quarter = firms, 0
        capacity = int(1.2 * firms) + 64
        self.columns = Columns(*(np.zeros(capacity, kind.__args__[1].__args__[0]) for kind in _kinds()))
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
        self.history: list[list[float]] = []

    @property
    def state_bytes(self) -> int:
        return sum(column.nbytes for column in self.columns)

    def step(self) -> None:
        if self.top + int(0.1 * self.top) + 64 > self.columns.uid.size:
            self._grow()
        totals = np.zeros(len(spec.SERIES), np.int64)
        prices = spec.log_user_cost(self.quarter)
        self.top, self.count_free = quarter(
            self.columns, self.cells, self.key, np.uint64(self.quarter), prices, self.top, self.free, self.count_free,
            totals,
        )  # fmt: skip
        self.record(totals)

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


def _kinds() -> list[Any]:
    return list(Columns.__annotations__.values())


@kernel
def quarter(f: Columns, cells: Any, key: Any, now: Any, prices: Any, top: int, free: Any, holes: int, totals: Any):  # type: ignore[no-untyped-def]
    """One quarter of all firms; returns the rows in use and the free rows."""
    near, fresh = np.empty(cells.size), np.zeros(cells.size, np.int64)
    for c in range(cells.size):
        near[c] = spec.PATENTS + spec.SPILLOVER * log(1.0 + cells[c] / FINE / 1000.0)
    work = np.empty((8, BLOCK))
    children = np.empty(top // 8 + 1024, np.int64)
    born = 0
    for start in range(0, top, BLOCK):
        stop = min(start + BLOCK, top)
        b = Columns(
            f.uid[start:stop], f.knowledge[start:stop], f.log_employees[start:stop], f.log_productivity[start:stop],
            f.ambition[start:stop], f.cell[start:stop], f.age[start:stop], f.patents[start:stop], f.alive[start:stop],
            f.performs[start:stop], f.certified[start:stop],
        )  # fmt: skip
        draw(b, key, now, work)
        close(b, work, totals)
        produce(b, prices, key, now, work)
        file(b, near, work, totals)
        certify(b, work)
        grow(b, work)
        born = found(b, start, work, children, born)
        survey(b, work, fresh, totals)
        for i in range(b.alive.size):
            if b.alive[i] == 2:
                b.alive[i] = 0
                free[holes] = start + i
                holes += 1
    cells[:] = fresh
    for k in range(born):
        parent = children[k] >> 3
        if holes > 0:
            holes -= 1
            row = free[holes]
        else:
            row = top
            top += 1
        begin(f, row, f.cell[parent], child_uid(f.uid[parent], now, np.uint64(children[k] & 7)), key, now)
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
def close(b: Columns, work: Any, totals: Any) -> None:
    """Closing firms are marked 2. Few draws lie below the largest hazard, and only those ask for the firm's own."""
    alive, closing, age, log_employees = b.alive, work[0], b.age, b.log_employees
    closed = 0
    for i in range(alive.size):
        if (closing[i] < LARGEST_HAZARD) & (alive[i] == 1):
            years = log(1.0 + 0.25 * age[i])
            hazard = spec.EXIT + spec.EXIT_AGE * years + spec.EXIT_SIZE * (log_employees[i] - 2.3)
            if closing[i] < 1.0 - exp(-exp(hazard)):
                alive[i] = 2
                closed += 1
    totals[DEATHS] += closed


@kernel
def produce(b: Columns, prices: Any, key: Any, now: Any, work: Any) -> None:
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
    filing, uid = work[4], b.uid
    for i in range(uid.size):
        filing[i], _ = uniforms(key[0], key[1], uid[i], now, FILING)


@kernel
def file(b: Columns, near: Any, work: Any, totals: Any) -> None:
    """Patents by inversion of a geometric law."""
    knowledge, performs, cell, patents, alive = b.knowledge, b.performs, b.cell, b.patents, b.alive
    luck, mean = work[4], work[7]
    for i in range(cell.size):
        mean[i] = near[cell[i]]
    filed = 0
    for i in range(cell.size):
        rate = exp(mean[i] + spec.KNOWLEDGE * log(max(knowledge[i], 1e-3))) * performs[i]
        luck[i] = log(luck[i]) / log((rate + 1e-300) / (1.0 + rate))
    for i in range(cell.size):
        count = int(luck[i])
        patents[i] += count
        filed += count * (alive[i] & 1)
    totals[PATENTS] += filed


@kernel
def certify(b: Columns, work: Any) -> None:
    """The ladder; only performers with a patent, and holders, ask for more than a comparison."""
    ratio, ladder, certified, performs, patents = work[0], work[2], b.certified, b.performs, b.patents
    for i in range(certified.size):
        if certified[i] == 1:
            certified[i] = 0 if ladder[i] < spec.LAPSE else 1
        elif (performs[i] == 1) & (patents[i] >= 1):
            value = spec.CERTIFY + spec.RATIO * log(max(ratio[i], 0.003) / 0.03)
            value += spec.PATENTED * log(1.0 + patents[i])
            certified[i] = 1 if ladder[i] < 1.0 - exp(-exp(value)) else 0


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
        there = np.int64(alive[i] & 1)
        people += there * int(exp(log_employees[i]) * FINE)
        turnover += there * int(sales[i] * FINE)
        spent += there * int(0.25 * ratio[i] * sales[i] * FINE)
        capital += there * int(knowledge[i] * FINE)
    for i in range(alive.size):
        there = np.int64(alive[i] & 1)
        firms += there
        does += there * performs[i]
        holds += there * certified[i]
    for i in range(alive.size):
        cells[cell[i]] += (alive[i] & 1) * int(knowledge[i] * FINE)
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
def begin(f: Columns, row: int, cell: int, uid: Any, key: Any, now: Any) -> None:
    """A new firm in a row."""
    u, v = uniforms(key[0], key[1], uid, now, NEWBORN)
    w, x = uniforms(key[0], key[1], uid, now, LATER)
    f.uid[row], f.alive[row], f.cell[row], f.age[row] = uid, 1, cell, 0
    size = spec.NEWBORN_SIZE + spec.NEWBORN_SPREAD * spec.LOGISTIC * log(u / (1.0 - u))
    f.log_employees[row] = max(size, 0.0)
    skill = spec.NEWBORN_PRODUCTIVITY_SPREAD * spec.LOGISTIC * log(v / (1.0 - v))
    f.log_productivity[row] = spec.NEWBORN_PRODUCTIVITY + skill
    f.ambition[row] = spec.LOGISTIC * log(w / (1.0 - w))
    f.performs[row] = 1 if x < spec.NEWBORN_PERFORMS else 0
    f.knowledge[row], f.patents[row], f.certified[row] = 0.0, 0, 0
