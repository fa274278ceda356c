"""Scores of forecasts against counts, one function each."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def wis(observed: Floats, quantiles: Floats, levels: Floats) -> Floats:
    """Weighted interval score; observed (n,), quantiles (n, k) at levels (k,) -> (n,), lower is better.

    Levels must be symmetric about their median 0.5, as the 23 of the hubs are. Raises ValueError otherwise.
    Bracher, Ray, Gneiting and Reich (2021), doi:10.1371/journal.pcbi.1008618.
    """
    levels = np.asarray(levels, dtype=float)
    if len(levels) % 2 == 0 or not np.allclose(levels + levels[::-1], 1.0):
        raise ValueError(f"quantile levels {levels.tolist()} are not symmetric about 0.5; give pairs and the median")
    # twice the mean pinball loss is the same number; scoringrules has it, but takes seconds to import
    error = np.asarray(observed, dtype=float)[:, None] - np.asarray(quantiles, dtype=float)
    return np.asarray(2.0 * np.mean(np.maximum(levels * error, (levels - 1.0) * error), axis=1))


def crps(observed: Floats, members: Floats) -> Floats:
    """CRPS = E|X - y| - E|X - X'| / 2, fair estimator; observed (n,), members (n, m) -> (n,), lower is better.

    Gneiting and Raftery (2007), doi:10.1198/016214506000001437.
    """
    values = np.asarray(members, dtype=float)
    import scoringrules  # takes seconds to import

    score = scoringrules.crps_ensemble(np.asarray(observed, dtype=float), values, estimator="fair", backend="numpy")
    return np.asarray(score)


def coverage(observed: Floats, lower: Floats, upper: Floats) -> float:
    """Share of observed values (n,) inside [lower, upper], both (n,)."""
    return float(np.mean((np.asarray(lower) <= observed) & (observed <= np.asarray(upper))))


def ape(observed: Floats, predicted: Floats) -> Floats:
    """Absolute percentage error, in percent of the observed value; (n,), (n,) -> (n,), lower is better.

    Raises ValueError where an observed value is zero.
    """
    truth = np.asarray(observed, dtype=float)
    if (truth == 0).any():
        raise ValueError(f"{int((truth == 0).sum())} observed values are zero, and no error is a percentage of zero")
    return np.abs(np.asarray(predicted, dtype=float) - truth) / np.abs(truth) * 100.0
