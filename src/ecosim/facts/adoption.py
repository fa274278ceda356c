"""Adoption: how well a logistic curve describes the share of adopters, and whether it turns within the sample."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

Floats = NDArray[np.float64]


class Curve(NamedTuple):
    """ceiling / (1 + exp(-speed (t - middle))), ceiling at most 1.

    explained: R squared; inside: middle over the length of the sample.
    """

    ceiling: float
    speed: float
    middle: float
    explained: float
    inside: float


def logistic(shares: Floats) -> Curve:
    """Least squares of a logistic curve on a series (n,) of shares of adopters, t = 0, 1, ... n - 1.

    Griliches (1957), "Hybrid corn", doi:10.2307/1905380.
    """
    t = np.arange(shares.size, dtype=np.float64)

    def curve(t: Floats, ceiling: float, speed: float, middle: float) -> Floats:
        return ceiling / (1.0 + np.exp(-speed * (t - middle)))

    length = float(shares.size)
    start = (min(1.2 * float(shares.max()), 1.0), 8.0 / length, length / 2.0)
    bounds = ([0.0, 0.01 / length, -3.0 * length], [1.0, 100.0 / length, 4.0 * length])
    (ceiling, speed, middle), _ = optimize.curve_fit(curve, t, shares, p0=start, bounds=bounds, max_nfev=20_000)
    left = shares - curve(t, ceiling, speed, middle)
    explained = 1.0 - float((left**2).sum() / ((shares - shares.mean()) ** 2).sum())
    return Curve(float(ceiling), float(speed), float(middle), explained, float(middle / (shares.size - 1)))
