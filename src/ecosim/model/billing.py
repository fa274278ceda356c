"""The compiled pass that bills and pays claims: in whole fen, as far as the money goes, credited and flagged."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.model.arithmetic import exp
from ecosim.model.claims import credit
from ecosim.model.compiled import brief
from ecosim.model.firms import Columns
from ecosim.model.ledger import FEN_PER_UNIT
from ecosim.model.table import floats, ints, shorts, small
from ecosim.model.take_up import fund, mark_asked

FEN = float(FEN_PER_UNIT)
GRANT, DEDUCTION, REDUCTION = range(3)  # money paid; tax saved on R&D, on profit: not collected, so no outlay
UNITS = 3  # columns of which one claim can be made
COLUMNS = {name: number for number, name in enumerate(Columns._fields)}
CERTIFICATE, KIND, CASH, RESEARCH = (COLUMNS[name] for name in ("certificate", "kind", "cash", "research"))
EXPERTS, LEADERS, EMPLOYEES, PRODUCTIVITY = (
    COLUMNS[name] for name in ("experts", "leader_vacancies", "log_employees", "log_productivity")
)


class Book(NamedTuple):
    """Claims as the pass takes them, (n, ...) each."""

    lists: NDArray[np.int64]
    classes: NDArray[np.bool_]
    units: NDArray[np.int64]  # (n, UNITS) columns, -1 for none
    prices: NDArray[np.float64]  # (n, UNITS)
    tax: NDArray[np.int64]
    shares: NDArray[np.bool_]  # whether all get the same share where money is short


@brief
def pay(
    table: Any, lists: Any, counts: Any, book: Any, deduction: Any, tax_rate: Any, flags: Any, slots: Any, limits: Any,
    weight: int, start: int, asking: Any, fen: Any, worth: Any, results: Any,
) -> int:  # fmt: skip
    """Settle claims from number `start` on; returns their number, or that of the first that must queue up.

    That one is only billed. results (n, 5) out, of each claim in agents: fen claimed, firms that asked, fen paid, firms
    that got it, and of these those that got it first in the year. asking, fen, worth: room; rows and fen of the last
    claim stand in it.
    """
    cash = floats(table, CASH)
    for n in range(start, limits.size):
        rows, mine, result = lists[book.lists[n], : counts[book.lists[n]]], flags[slots[n]], results[n]
        if book.tax[n] == DEDUCTION:
            result[:] = 0
            result[2], result[4] = deducted(table, rows, book.classes[n], deduction, book.prices[n, 0], tax_rate, mine)
            continue
        if book.tax[n] == REDUCTION:
            result[:] = 0
            result[2], result[4] = reduced(table, rows, book.prices[n, 0], mine)
            continue
        total, count = billed(table, rows, book.classes[n], book.units[n], book.prices[n], asking, fen, worth)
        result[0], result[1], served = total, count, count
        if total * weight > limits[n]:
            if not book.shares[n]:
                return n
            share = limits[n] / (total * weight)
            served = count if share > 0.0 else 0
            cut(fen[:served], share)
            if served < count:
                mark_asked(mine, asking[:count])
        result[3] = served
        result[2], result[4] = credit(cash, mine, asking[:served], fen[:served])
    return limits.size


@brief
def billed(
    table: Any, rows: Any, classes: Any, units: Any, prices: Any, asking: Any, fen: Any, worth: Any
) -> tuple[int, int]:
    """Of the rows those in classes that claim a fen or more: prices times units, in whole fen.

    Written to asking and fen; returns the sum of their fen and how many.
    """
    certificate, kind = small(table, CERTIFICATE), ints(table, KIND)
    total = claims = count = 0
    for k in range(rows.size):
        i = rows[k]
        asking[count] = i
        count += 1 if classes[certificate[i], kind[i]] else 0
    worth[:count] = prices[0] if units[0] < 0 else 0.0
    for n in range(UNITS):
        if units[n] == RESEARCH or units[n] == EXPERTS:
            add(floats(table, units[n]), prices[n], asking[:count], worth)
        elif units[n] == LEADERS:
            add(shorts(table, units[n]), prices[n], asking[:count], worth)
        elif units[n] >= 0:
            add(ints(table, units[n]), prices[n], asking[:count], worth)
    for k in range(count):
        claim = int(np.rint(worth[k] * FEN))
        asking[claims], fen[claims] = asking[k], claim
        claims += 1 if claim > 0 else 0
        total += claim
    return total, claims


@brief
def cut(fen: Any, share: float) -> None:
    """Cut claims (whole fen) to a share, rounded down, in place."""
    for k in range(fen.size):
        fen[k] = int(np.floor(fen[k] * share))


@brief
def add(column: Any, price: float, rows: Any, worth: Any) -> None:
    """Add what the units in a column are worth."""
    for k in range(rows.size):
        worth[k] += column[rows[k]] * price


@brief
def deducted(
    table: Any, rows: Any, classes: Any, deduction: Any, rate: float, tax_rate: Any, flags: Any
) -> tuple[int, int]:
    """Fen of tax saved: R&D times the rate where the terms grant this rate; claimants are flagged as funded.

    Returns also how many of them were not funded before in the year.
    """
    certificate, kind, research = small(table, CERTIFICATE), ints(table, KIND), floats(table, RESEARCH)
    total = new = 0
    for k in range(rows.size):
        i = rows[k]
        rung, cell = certificate[i], kind[i]
        if classes[rung, cell] and deduction[rung, cell] == rate:
            total += int(np.floor(research[i] * (rate * tax_rate[rung, cell]) * FEN + 0.5))
            new += fund(flags, i)
    return total, new


@brief
def reduced(table: Any, rows: Any, value: float, flags: Any) -> tuple[int, int]:
    """Fen: value of a yuan of a quarter's sales, for the firms in rows, which are flagged as funded.

    Returns also how many of them were not funded before in the year.
    """
    log_employees, log_productivity = floats(table, EMPLOYEES), floats(table, PRODUCTIVITY)
    total = new = 0
    for k in range(rows.size):
        i = rows[k]
        sales = exp(log_employees[i] + log_productivity[i]) * 0.25
        total += int(np.floor(sales * value * FEN + 0.5))
        new += fund(flags, i)
    return total, new
