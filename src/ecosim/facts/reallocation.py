"""Productivity across firms: how far apart they are, and how much of its growth comes from entry and exit."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def gap_within(log_productivity: Floats, sector: NDArray[np.int8]) -> float:
    """90th less 10th percentile of ln productivity within a sector, mean over sectors weighted by firms.

    Syverson (2011), "What determines productivity?", doi:10.1257/jel.49.2.326.
    """
    total = 0.0
    for group in np.unique(sector):
        values = log_productivity[sector == group]
        low, high = np.quantile(values, [0.1, 0.9])
        total += (high - low) * values.size
    return float(total / log_productivity.size)


class Decomposed(NamedTuple):
    """Change of the weighted mean of ln productivity and its parts; the five parts sum to the change."""

    change: float
    within: float
    between: float
    cross: float
    entry: float
    exit: float

    @property
    def net_entry_share(self) -> float:
        """Share of the change that entry and exit supply."""
        return (self.entry + self.exit) / self.change


def decompose(
    before: tuple[NDArray[np.uint64], Floats, Floats], after: tuple[NDArray[np.uint64], Floats, Floats]
) -> Decomposed:
    """Decomposition of aggregate productivity growth. Each side: uid (sorted), weight, ln productivity.

    Foster, Haltiwanger and Krizan (2001), "Aggregate productivity growth: lessons from microeconomic evidence".
    """
    uid_0, weight_0, value_0 = before
    uid_1, weight_1, value_1 = after
    share_0, share_1 = weight_0 / weight_0.sum(), weight_1 / weight_1.sum()
    mean = float(share_0 @ value_0)
    _, i, j = np.intersect1d(uid_0, uid_1, assume_unique=True, return_indices=True)
    gone, new = np.ones(uid_0.size, bool), np.ones(uid_1.size, bool)
    gone[i], new[j] = False, False
    step, shift = value_1[j] - value_0[i], share_1[j] - share_0[i]
    return Decomposed(
        change=float(share_1 @ value_1) - mean,
        within=float(share_0[i] @ step),
        between=float(shift @ (value_0[i] - mean)),
        cross=float(shift @ step),
        entry=float(share_1[new] @ (value_1[new] - mean)),
        exit=float(-share_0[gone] @ (value_0[gone] - mean)),
    )
