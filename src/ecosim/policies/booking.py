"""What a rule costs the treasury, summed over claimants in whole fen, so that their order does not matter."""

from typing import Any

import numpy as np

from ecosim.model.arithmetic import exp
from ecosim.model.compiled import brief
from ecosim.model.ledger import FEN_PER_UNIT

FEN = float(FEN_PER_UNIT)


@brief
def entitled(firms: Any, rows: Any, classes: Any, chosen: Any) -> int:
    """Of the rows those in classes (rungs, kinds), written to chosen; returns how many."""
    count = 0
    for k in range(rows.size):
        i = rows[k]
        if classes[firms.certificate[i], firms.kind[i]]:
            chosen[count] = i
            count += 1
    return count


@brief
def deducted(
    firms: Any, rows: Any, classes: Any, deduction: Any, rate: float, tax_rate: Any, chosen: Any
) -> tuple[int, int]:
    """Fen of tax saved and claimants (written to chosen): R&D times the rate where the terms grant this rate."""
    total = count = 0
    for k in range(rows.size):
        i = rows[k]
        rung, kind = firms.certificate[i], firms.kind[i]
        if classes[rung, kind] and deduction[rung, kind] == rate:
            total += int(np.floor(firms.research[i] * (rate * tax_rate[rung, kind]) * FEN + 0.5))
            chosen[count] = i
            count += 1
    return total, count


@brief
def on_sales(firms: Any, rows: Any, value: float) -> int:
    """Fen: value of a yuan of a quarter's sales, for the firms in rows."""
    total = 0
    for k in range(rows.size):
        i = rows[k]
        sales = exp(firms.log_employees[i] + firms.log_productivity[i]) * 0.25
        total += int(np.floor(sales * value * FEN + 0.5))
    return total
