"""The compiled pass that bills and pays claims: in whole fen, as far as the money goes, credited and flagged."""

from typing import Any, NamedTuple

import numpy as np

from ecosim.data.periods import QUARTERS_PER_YEAR
from ecosim.model.arithmetic import exp
from ecosim.model.claims import credit
from ecosim.model.compiled import brief
from ecosim.model.firms import Columns
from ecosim.model.ledger import ENTERED, FEN_PER_UNIT, FORGONE, OUTLAY, RECIPIENTS, REFUSED, TAX, enter, whole_fen
from ecosim.model.table import floats, ints, shorts, small
from ecosim.model.take_up import fund, mark_asked
from ecosim.model.taxes import rate_of

FEN = float(FEN_PER_UNIT)
LIMITLESS = 2**62  # fen
GRANT, DEDUCTION, REDUCTION = range(3)  # money paid; tax saved on R&D, on profit: not collected, so no outlay
UNITS = 3  # columns of which one claim can be made
COLUMNS = {name: number for number, name in enumerate(Columns._fields)}
CERTIFICATE, KIND, CASH, RESEARCH = (COLUMNS[name] for name in ("certificate", "kind", "cash", "research"))
EXPERTS, LEADERS, EMPLOYEES, PRODUCTIVITY = (
    COLUMNS[name] for name in ("experts", "leader_vacancies", "log_employees", "log_productivity")
)


BILL = np.dtype(
    [
        ("claimants", np.int64),  # number of the list
        ("units", np.int64, UNITS),  # columns, -1 for none
        ("prices", np.float64, UNITS),
        ("tax", np.int64),
        ("shares", np.bool_),  # whether all get the same share where money is short
        ("budget", np.float64),  # 10k CNY a year, nan: no limit
        ("paced", np.bool_),
        ("told", np.bool_),  # whether firms expect the share that was paid
    ]
)


class Stop(NamedTuple):
    """Where the pass stopped: at a claim that must queue up, or after the last one.

    asking: firms that claim, their rows and fen stand in the pass's room; limit: fen that can be spent on them; spent:
    fen paid by the pass so far.
    """

    number: int
    asking: int
    limit: int
    spent: int


@brief
def pay(
    entries: Any, paid: Any, expected: Any, table: Any, lists: Any, counts: Any, bills: Any, classes: Any,
    deduction: Any, tax_rate: Any, relief: Any, flags: Any, slots: Any, growth: float, quarters: int, weight: int,
    start: int, upto: int, asking: Any, fen: Any, worth: Any, shares: Any, most: Any,
) -> tuple[int, int, int, int]:  # fmt: skip
    """Settle and book claims from one number up to another, as `Stop`; the one that must queue up is only billed.

    bills: (n,) of BILL; classes: (n, rungs, kinds); slots: (2, n) in the flags and in the books; entries, paid,
    expected: books of the year and of all, see `ledger.Ledger`; growth: factor on budgets; quarters: left of the year
    with this one; shares: (n,) out, how much of what was claimed is paid; most: (n,) agents that can be paid, which
    holds where all claim the same, then those that are; asking, fen, worth: room.
    """
    cash, spent = floats(table, CASH), 0
    for n in range(start, upto):
        bill = bills[n]
        rows = lists[bill.claimants, : counts[bill.claimants]]
        mine, slot = flags[slots[0, n]], slots[1, n]
        account = entries[slot]
        if bill.tax != GRANT:
            if bill.tax == DEDUCTION:
                saved, first = deducted(table, rows, classes[n], deduction, bill.prices[0], tax_rate, relief, mine)
            else:
                saved, first = reduced(table, rows, bill.prices[0], tax_rate, relief, mine)
            account[TAX] += saved * weight
            account[RECIPIENTS] += first * weight
            account[ENTERED] |= FORGONE
            continue
        limit = LIMITLESS
        if not np.isnan(bill.budget):
            account[ENTERED] |= 1 << OUTLAY
            limit = max(whole_fen(bill.budget * growth) - account[OUTLAY], 0)
            limit = limit // quarters if bill.paced else limit
        total, count = billed(table, rows, classes[n], bill.units, bill.prices, asking, fen, worth)
        served, shares[n] = count, 1.0 if limit > 0 else 0.0
        if count > most[n]:
            limit = min(limit, most[n] * fen[0] * weight)
        if total * weight > limit:
            if not bill.shares:
                return n, count, limit, spent
            shares[n] = limit / (total * weight)
            served = count if shares[n] > 0.0 else 0
            cut(fen[:served], shares[n])
            if served < count:
                mark_asked(mine, asking[:count])
                account[REFUSED] += (count - served) * weight
                account[ENTERED] |= 1 << REFUSED
        if bill.told:
            expected[slot] = shares[n]
        sum_paid, first = credit(cash, mine, asking[:served], fen[:served])
        if rows.size > 0 or bill.units[0] >= 0:
            enter(entries, paid, slot, sum_paid * weight, first * weight)
        most[n] = served
        spent += sum_paid * weight
    return upto, 0, 0, spent


@brief
def foresee(
    fresh: Any, expected: Any, table: Any, lists: Any, counts: Any, bills: Any, classes: Any, slots: Any, growth: float,
    weight: int, asking: Any, fen: Any, worth: Any,
) -> None:  # fmt: skip
    """What the money of a quarter would have paid of the claims of the last one is expected of some claims, (n,).

    The others as in `pay`.
    """
    for k in range(fresh.size):
        n, share = fresh[k], 1.0
        bill = bills[n]
        if not np.isnan(bill.budget):
            limit = whole_fen(bill.budget * growth)
            limit = limit // QUARTERS_PER_YEAR if bill.paced else limit
            rows = lists[bill.claimants, : counts[bill.claimants]]
            total, _ = billed(table, rows, classes[n], bill.units, bill.prices, asking, fen, worth)
            if limit == 0 or total * weight > limit:
                share = limit / (total * weight) if total > 0 else 0.0
        expected[slots[1, n]] = share


@brief
def pay_beside(
    debtors: Any, dues: Any, payers: Any, fees: Any, costs: Any, served: Any, first: Any, entries: Any, paid: Any,
    expected: Any, table: Any, lists: Any, counts: Any, bills: Any, classes: Any, deduction: Any, tax_rate: Any,
    relief: Any, flags: Any, slots: Any, growth: float, quarters: int, weight: int, start: int, upto: int,
    asking: Any, fen: Any, worth: Any, shares: Any, most: Any,
) -> tuple[int, int, int, int]:  # fmt: skip
    """As `pay`, once what is due and what places cost is booked.

    debtors, payers: slots in the books; dues: (n, 3) fen, recipients, 1 where these count once a year; fees: (n, 2)
    offers, 1 where who takes a place again counts again; costs: 10k CNY a place; served, first: by offer, agents that
    took a place, and for the first time in the year.
    """
    beside = 0
    for k in range(len(dues)):
        slot, sum_due, recipients = debtors[k], dues[k, 0], dues[k, 1]
        if dues[k, 2]:
            recipients = max(recipients - entries[slot, RECIPIENTS], 0)
        enter(entries, paid, slot, sum_due, recipients)
        beside += sum_due
    for k in range(len(fees)):
        offer, places = fees[k, 0], served[fees[k, 0]] * weight
        if places > 0:
            cost = whole_fen(places * costs[k])
            enter(entries, paid, payers[k], cost, places if fees[k, 1] else first[offer] * weight)
            beside += cost
    number, count, limit, spent = pay(
        entries, paid, expected, table, lists, counts, bills, classes, deduction, tax_rate, relief, flags, slots,
        growth, quarters, weight, start, upto, asking, fen, worth, shares, most,
    )  # fmt: skip
    return number, count, limit, spent + beside


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
    table: Any, rows: Any, classes: Any, deduction: Any, rate: float, tax_rate: Any, relief: Any, flags: Any
) -> tuple[int, int]:
    """Fen of tax saved: R&D times the rate where the terms grant this rate; claimants are flagged as funded.

    Returns also how many of them were not funded before in the year.
    """
    certificate, kind, research = small(table, CERTIFICATE), ints(table, KIND), floats(table, RESEARCH)
    log_employees, log_productivity = floats(table, EMPLOYEES), floats(table, PRODUCTIVITY)
    total = new = 0
    for k in range(rows.size):
        i = rows[k]
        rung, cell = certificate[i], kind[i]
        if classes[rung, cell] and deduction[rung, cell] == rate:
            log_sales = log_employees[i] + log_productivity[i]
            tax = rate_of(tax_rate, relief, rung, cell, log_sales, log_employees[i])
            total += int(np.floor(research[i] * (rate * tax) * FEN + 0.5))
            new += fund(flags, i)
    return total, new


@brief
def reduced(table: Any, rows: Any, margin: float, tax_rate: Any, relief: Any, flags: Any) -> tuple[int, int]:
    """Fen of tax saved by a certificate on a quarter's profit, margin x sales, of high-tech enterprises in rows.

    Those that would pay as little without it save nothing; the others are flagged as funded. Returns also how many of
    them were not funded before in the year.
    """
    certificate, kind = small(table, CERTIFICATE), ints(table, KIND)
    log_employees, log_productivity = floats(table, EMPLOYEES), floats(table, PRODUCTIVITY)
    total = new = 0
    for k in range(rows.size):
        i = rows[k]
        log_sales = log_employees[i] + log_productivity[i]
        usual = rate_of(tax_rate, relief, 0, kind[i], log_sales, log_employees[i])
        points = usual - rate_of(tax_rate, relief, certificate[i], kind[i], log_sales, log_employees[i])
        if points > 0.0:
            total += int(np.floor(exp(log_sales) * 0.25 * (margin * points) * FEN + 0.5))
            new += fund(flags, i)
    return total, new
