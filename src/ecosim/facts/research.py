"""R&D of firms: who performs it, how its intensity spreads, and what it does to productivity."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def rises_with_size(log_sizes: Floats, performs: NDArray[np.int8], bins: int = 8) -> float:
    """Rank correlation of the share of performers with size over equal-count bins: 1 where every larger bin has more."""
    groups = np.array_split(np.argsort(log_sizes, kind="stable"), bins)
    share = np.array([performs[rows].mean() for rows in groups])
    rank = np.argsort(np.argsort(share))
    return float(np.corrcoef(rank, np.arange(bins))[0, 1])


def skewness(values: Floats) -> float:
    """Third standardized moment."""
    z = (values - values.mean()) / values.std()
    return float((z**3).mean())


def slope(x: Floats, y: Floats) -> float:
    """Least-squares slope of y on x."""
    return float(np.polyfit(x, y, 1)[0])


def within_elasticity(firm: NDArray[np.int64], year: NDArray[np.int64], x: Floats, y: Floats) -> float:
    """Slope of y on x with an effect for each firm and each year. (n,) each; firms seen once carry nothing.

    Both effects are taken out by alternating means, Gaure (2013), doi:10.1016/j.csda.2013.03.024.
    """
    firm = np.unique(firm, return_inverse=True)[1]
    year = np.unique(year, return_inverse=True)[1]
    x, y = _without_effects(firm, year, x), _without_effects(firm, year, y)
    return float((x @ y) / (x @ x))


def _without_effects(firm: NDArray[np.int64], year: NDArray[np.int64], values: Floats) -> Floats:
    values = values.copy()
    for _ in range(200):
        moved = 0.0
        for group in (firm, year):
            means = np.bincount(group, weights=values) / np.bincount(group)
            values -= means[group]
            moved = max(moved, float(np.abs(means).max()))
        if moved < 1e-8:
            break
    return values
