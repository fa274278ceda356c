"""The stationary bootstrap over origins, and the plain one over places."""

import numpy as np
from numpy.typing import NDArray


def stationary_indices(count: int, mean_block: float, draws: int, luck: np.random.Generator) -> NDArray[np.int64]:
    """Indices (draws, count) of blocks of geometric length on a circle: Politis and Romano (1994), JASA 89:1303-1313.

    mean_block: expected length of a block, at least 1; 1 is the plain bootstrap.
    """
    starts = luck.integers(0, count, (draws, count))
    fresh = luck.random((draws, count)) < 1.0 / max(mean_block, 1.0)
    fresh[:, 0] = True
    indices = np.empty((draws, count), dtype=np.int64)
    for at in range(count):
        follows = (indices[:, at - 1] + 1) % count if at else starts[:, 0]
        indices[:, at] = np.where(fresh[:, at], starts[:, at], follows)
    return indices


def weights_of(indices: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """How often each unit was drawn, (draws, count), from indices (draws, n)."""
    weights = np.zeros((len(indices), count))
    np.add.at(weights, (np.arange(len(indices))[:, None], indices), 1.0)
    return weights


def block_length(count: int, horizon: int) -> float:
    """Mean length of a block of origins: the horizon, whose errors overlap, and at least the cube root of the count."""
    return float(min(max(horizon, round(count ** (1 / 3)), 1), max(count // 2, 1)))
