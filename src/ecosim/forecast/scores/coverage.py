"""Coverage of central intervals."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def coverage(observed: Floats, lower: Floats, upper: Floats) -> float:
    """Share of observed values (n,) inside [lower, upper], both (n,)."""
    return float(np.mean(inside(observed, lower, upper)))


def inside(observed: Floats, lower: Floats, upper: Floats) -> Floats:
    """1 where the observed value lies in [lower, upper], its ends included, else 0; all (n,)."""
    truth = np.asarray(observed, dtype=float)
    return ((np.asarray(lower) <= truth) & (truth <= np.asarray(upper))).astype(float)
