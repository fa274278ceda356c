"""How much more a count varies than Poisson: dispersion and its tests."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

Floats = NDArray[np.float64]


class Tested(NamedTuple):
    """A test: its statistic, the p value, and how the statistic is spread under the null."""

    statistic: float
    p: float


def moment_dispersion(outcome: Floats, mean: Floats, freedom: float) -> float:
    """NB2 dispersion alpha that solves sum (y - mu)^2 / (mu + alpha mu^2) = residual degrees of freedom; 0 if none."""

    def excess(alpha: float) -> float:
        return float(((outcome - mean) ** 2 / (mean + alpha * mean**2)).sum()) - freedom

    if excess(0.0) <= 0:
        return 0.0
    upper = 1.0
    while excess(upper) > 0:
        upper *= 2.0
    return float(optimize.brentq(excess, 0.0, upper))


def pearson(outcome: Floats, mean: Floats, freedom: float, alpha: float = 0.0) -> float:
    """Pearson statistic over residual degrees of freedom; 1 where the variance is mu + alpha mu^2."""
    return float(((outcome - mean) ** 2 / (mean + alpha * mean**2)).sum()) / freedom


def cameron_trivedi(outcome: Floats, mean: Floats) -> Tested:
    """Test of Poisson variance against mu + a mu^2: t of a in ((y - mu)^2 - y) / mu on mu, one-sided.

    Cameron and Trivedi (1990), doi:10.1016/0304-4076(90)90014-K; robust t, approximately normal.
    """
    response = ((outcome - mean) ** 2 - outcome) / mean
    slope = float(mean @ response / (mean @ mean))
    error = float(np.sqrt(((mean * (response - slope * mean)) ** 2).sum()) / (mean @ mean))
    statistic = slope / error
    return Tested(statistic, float(stats.norm.sf(statistic)))


def extra_zeros(outcome: Floats, mean: Floats, columns: Floats) -> Tested:
    """Score test of Poisson against a constant share of extra zeros; chi-squared with 1 df.

    columns: those of the regression, (n, p). van den Broek (1995), doi:10.2307/2532959.
    """
    zero = np.exp(-mean)
    score = float((((outcome == 0) - zero) / zero).sum())
    inverse = np.linalg.pinv(columns.T @ (columns * mean[:, None]), hermitian=True)
    cross = columns.T @ mean
    variance = float(((1.0 - zero) / zero).sum() - cross @ inverse @ cross)
    statistic = score**2 / variance if variance > 0.0 else 0.0
    return Tested(statistic, float(stats.chi2.sf(statistic, 1)))
