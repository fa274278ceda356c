"""Weighted interval score."""

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
    # twice the mean pinball loss is the same number; scoringrules has it, but takes seconds to import, and its numpy
    # backend is wrong (0.10: https://github.com/frazane/scoringrules), its numba backend right: a test compares
    error = np.asarray(observed, dtype=float)[:, None] - np.asarray(quantiles, dtype=float)
    return np.asarray(2.0 * np.mean(np.maximum(levels * error, (levels - 1.0) * error), axis=1))
