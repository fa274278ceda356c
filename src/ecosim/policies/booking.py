"""What a rule costs the treasury, summed over firms in whole fen, so that the order of the firms does not matter."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecosim.model.arithmetic import exp
from ecosim.model.compiled import brief
from ecosim.model.firms import HIGH_TECH, RESEARCH
from ecosim.model.ledger import FEN_PER_UNIT

FEN = float(FEN_PER_UNIT)


@brief
def on_research(firms: Any, top: int, value: NDArray[np.float64]) -> tuple[int, int]:
    """Fen and firms: value (rungs, kinds) of a yuan of R&D, for performers that know the instruments for R&D."""
    total = count = 0
    for i in range(top):
        if firms.alive[i] == 1 and firms.performs[i] == 1 and (firms.aware[i] & RESEARCH) != 0:
            worth = value[firms.certificate[i], firms.kind[i]]
            if worth > 0.0:
                total += int(np.floor(firms.research[i] * worth * FEN + 0.5))
                count += 1
    return total, count


@brief
def on_high_tech_sales(firms: Any, top: int, value: float) -> tuple[int, int]:
    """Fen and firms: value of a yuan of a quarter's sales, for high-tech enterprises."""
    total = count = 0
    for i in range(top):
        if firms.alive[i] == 1 and firms.certificate[i] == HIGH_TECH:
            sales = exp(firms.log_employees[i] + firms.log_productivity[i]) * 0.25
            total += int(np.floor(sales * value * FEN + 0.5))
            count += 1
    return total, count
