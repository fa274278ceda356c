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


def crps_of_quantiles(observed: Floats, quantiles: Floats) -> Floats:
    """CRPS of distributions given by their quantiles at levels (i + 1/2) / m; observed (n,), quantiles (n, m) -> (n,).

    Twice the integral of the pinball loss over all levels, by the midpoint rule. These are no random members: the fair
    estimator would take their spread for too small by 1 / m and give too low a score. Lower is better.
    Gneiting and Ranjan (2011), doi:10.1198/jbes.2010.08110 (for the decomposition over quantiles;
    text not at hand: unverified).
    """
    values = np.asarray(quantiles, dtype=float)
    levels = (np.arange(values.shape[1]) + 0.5) / values.shape[1]
    error = np.asarray(observed, dtype=float)[:, None] - values
    return np.asarray(2.0 * np.mean(np.maximum(levels * error, (levels - 1.0) * error), axis=1))
