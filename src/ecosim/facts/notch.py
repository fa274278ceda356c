"""The certification notch: too many firms just above the required ratio, and how much of their R&D is a label."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
BELOW, ABOVE = 0.8, 1.2


def excess_mass(ratios: Floats, threshold: float) -> float:
    """Firms in [1, 1.2) of a threshold over those in [0.8, 1) of it; infinite where nobody is below."""
    relative = ratios / threshold
    above = np.count_nonzero((relative >= 1.0) & (relative < ABOVE))
    below = np.count_nonzero((relative >= BELOW) & (relative < 1.0))
    return above / below if below else float("inf") if above else float("nan")


def relabeled_share(reported: Floats, true: Floats, sales: Floats) -> float:
    """Share of reported R&D that is none. reported, true: ratios to sales (n,)."""
    return float(((reported - true) * sales).sum() / (reported * sales).sum())
