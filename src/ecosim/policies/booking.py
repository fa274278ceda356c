"""What a rule costs the treasury, summed over claimants in whole fen, so that their order does not matter."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecosim.model.compiled import brief
from ecosim.model.firms import Firms
from ecosim.model.ledger import FEN_PER_UNIT

FEN = float(FEN_PER_UNIT)


def of_source(firms: Firms, rows: NDArray[np.int64], source: int) -> NDArray[np.int64]:
    """Of the rows those that came in a way, index into SOURCES."""
    chosen = firms.scratch(1, np.int64)[0]
    return chosen[: where_equal(rows, firms.columns.source, source, chosen)]


@brief
def where_equal(rows: Any, column: Any, value: int, chosen: Any) -> int:
    """Of the rows those with a value in a column, written to chosen; returns how many."""
    count = 0
    for k in range(rows.size):
        chosen[count] = rows[k]
        count += 1 if column[rows[k]] == value else 0
    return count


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
