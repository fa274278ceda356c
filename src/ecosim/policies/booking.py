"""What a rule costs the treasury, summed over claimants in whole fen, so that their order does not matter."""

from typing import Any

import numpy as np

from ecosim.model.compiled import brief
from ecosim.model.ledger import FEN_PER_UNIT

FEN = float(FEN_PER_UNIT)


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
