"""Conditions of the region: what moves all its firms and no rule explains, as a path over quarters.

Calibration estimates trend and shocks of each count over many places; the part that the firms do not produce by
themselves reaches them here, inside the rule it belongs to. Neutral conditions are zero.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Conditions(NamedTuple):
    """Shifts of logarithms, each (quarters,)."""

    demand: NDArray[np.float64]  # quarterly growth of sales per worker in high-tech sectors
    research: NDArray[np.float64]  # level of R&D intensity
    invention: NDArray[np.float64]  # level of the arrival rate of inventions
    tech_sme: NDArray[np.float64]  # level of the log hazard of the first rung
    high_tech: NDArray[np.float64]  # level of the log hazard of the second rung

    def in_quarter(self, elapsed: int) -> dict[str, float]:
        """Values after a number of quarters; the last ones hold on after the paths end, empty paths move nothing."""
        at = min(elapsed, self.demand.size - 1)
        return {name: path.item(at) if at >= 0 else 0.0 for name, path in zip(self._fields, self, strict=True)}


def neutral(quarters: int) -> Conditions:
    """Conditions that move nothing."""
    return Conditions(*(np.zeros(quarters) for _ in Conditions._fields))
