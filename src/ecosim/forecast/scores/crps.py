"""Continuous ranked probability score."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def crps(observed: Floats, members: Floats) -> Floats:
    """CRPS = E|X - y| - E|X - X'| / 2, fair estimator; observed (n,), members (n, m) -> (n,), lower is better.

    The probability-weighted form of scoringrules on sorted members: the same number as its 'fair' form, in m log m
    steps. Gneiting and Raftery (2007), doi:10.1198/016214506000001437.
    """
    values = np.sort(np.asarray(members, dtype=float), axis=1)
    import scoringrules  # takes seconds to import

    score = scoringrules.crps_ensemble(
        np.asarray(observed, dtype=float), values, estimator="pwm", sorted_ensemble=True, backend="numpy"
    )
    return np.asarray(score)
