"""What a rule costs the treasury, summed over claimants in whole fen, so that their order does not matter."""

from typing import Any

import numpy as np

from ecosim.model.arithmetic import exp
from ecosim.model.compiled import brief
from ecosim.model.ledger import FEN_PER_UNIT
from ecosim.model.take_up import fund, mark_got

FEN = float(FEN_PER_UNIT)


@brief
def within(rows: Any, kind: Any, classes: Any, chosen: Any) -> int:
    """Of the rows those in classes (kinds,), written to chosen; returns how many."""
    count = 0
    for k in range(rows.size):
        i = rows[k]
        chosen[count] = i
        count += 1 if classes[kind[i]] else 0
    return count


@brief
def billed(
    rows: Any, certificate: Any, kind: Any, classes: Any, worth: Any, price: float, asking: Any, fen: Any
) -> tuple[int, int]:
    """Of the rows those in classes (rungs, kinds) that claim a fen or more: price times what stands in worth.

    Written to asking and fen; returns how many and the sum of their fen.
    """
    total = count = 0
    for k in range(rows.size):
        i = rows[k]
        if classes[certificate[i], kind[i]]:
            claim = int(np.rint(worth[i] * price * FEN))
            asking[count] = i
            fen[count] = claim
            count += 1 if claim > 0 else 0
            total += claim
    return count, total


@brief
def shared(fen: Any, share: float) -> int:
    """Cut claims (whole fen) to a share, rounded down, in place; returns how many."""
    for k in range(fen.size):
        fen[k] = int(np.floor(fen[k] * share))
    return fen.size


@brief
def relocated(
    rows: Any, kind: Any, classes: Any, hired: Any, amounts: Any, asking: Any, fen: Any
) -> tuple[int, int]:  # fmt: skip
    """As `billed`, for people hired. hired: columns by skill; amounts: of each skill; classes: (kinds,)."""
    graduates, seniors, leaders = hired
    total = count = 0
    for k in range(rows.size):
        i = rows[k]
        if classes[kind[i]]:
            value = amounts[0] * graduates[i] + amounts[1] * seniors[i] + amounts[2] * leaders[i]
            claim = int(np.rint(value * FEN))
            asking[count] = i
            fen[count] = claim
            count += 1 if claim > 0 else 0
            total += claim
    return count, total


@brief
def deducted(
    rows: Any, certificate: Any, kind: Any, research: Any, classes: Any, deduction: Any, rate: float, tax_rate: Any,
    flags: Any,
) -> tuple[int, int]:  # fmt: skip
    """Fen of tax saved: R&D times the rate where the terms grant this rate; claimants are flagged as funded.

    Returns also how many of them were not funded before in the year.
    """
    total = new = 0
    for k in range(rows.size):
        i = rows[k]
        rung, cell = certificate[i], kind[i]
        if classes[rung, cell] and deduction[rung, cell] == rate:
            total += int(np.floor(research[i] * (rate * tax_rate[rung, cell]) * FEN + 0.5))
            new += fund(flags, i)
    return total, new


@brief
def on_sales(log_employees: Any, log_productivity: Any, rows: Any, value: float, flags: Any) -> tuple[int, int]:
    """Fen: value of a yuan of a quarter's sales, for the firms in rows, which are flagged as funded.

    Returns also how many of them were not funded before in the year.
    """
    total = 0
    for k in range(rows.size):
        i = rows[k]
        sales = exp(log_employees[i] + log_productivity[i]) * 0.25
        total += int(np.floor(sales * value * FEN + 0.5))
    return total, mark_got(flags, rows)


@brief
def lost(
    rows: Any, loss: Any, certificate: Any, kind: Any, aware: Any, classes: Any, knows: int, part: float, share: float,
    asking: Any,
) -> tuple[int, int]:  # fmt: skip
    """Fen: a share of a part of the loans (10k CNY) of the rows in classes (rungs, kinds) that know.

    Fills asking, (n,), with the rows that have such a loan, and returns how many they are too.
    """
    total = count = 0
    for k in range(rows.size):
        i = rows[k]
        if classes[certificate[i], kind[i]] and (aware[i] & knows) != 0:
            fen = loss[k] * part * share * FEN
            total += int(np.floor(fen))
            asking[count] = i
            count += 1 if fen != 0.0 else 0
    return total, count
