"""Sizes of firms: the exponent of the tail, and whether a Pareto or a lognormal law describes it better."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

Floats = NDArray[np.float64]


def hill(log_sizes: Floats, share: float = 0.05) -> float:
    """Exponent z of P(size > s) ~ s**-z over the largest `share` of firms. log_sizes (n,), higher is thinner.

    Hill (1975), doi:10.1214/aos/1176343247. Standard error about z / sqrt(share n).
    """
    ordered = np.sort(log_sizes)
    count = max(int(share * ordered.size), 2)
    return float(1.0 / (ordered[-count:] - ordered[-count - 1]).mean())


class Vuong(NamedTuple):
    """statistic: standardized log likelihood ratio, positive where Pareto fits better; p_value: two-sided."""

    statistic: float
    p_value: float


def pareto_or_lognormal(log_sizes: Floats, share: float = 0.05) -> Vuong:
    """Non-nested test of the tail above the threshold that `hill` uses: exponential against truncated normal ln sizes.

    Vuong (1989), doi:10.2307/1912557; as in Clauset, Shalizi and Newman (2009), doi:10.1137/070710111.
    """
    ordered = np.sort(log_sizes)
    count = max(int(share * ordered.size), 2)
    excess = ordered[-count:] - ordered[-count - 1]
    pareto = stats.expon.logpdf(excess, scale=excess.mean())

    def lognormal(parameters: Floats) -> Floats:
        mean, log_sd = parameters
        z = (excess - mean) * np.exp(-log_sd)
        return stats.norm.logpdf(z) - log_sd - stats.norm.logsf(-mean * np.exp(-log_sd))

    start = np.array([-excess.mean(), np.log(excess.std() * 2.0)])
    bounds = [(-50.0 * excess.std(), None), (None, None)]
    fit = optimize.minimize(lambda p: -lognormal(p).sum(), start, method="L-BFGS-B", bounds=bounds)
    difference = pareto - lognormal(fit.x)
    statistic = float(difference.sum() / (np.sqrt(count) * difference.std()))
    return Vuong(statistic, float(2.0 * stats.norm.sf(abs(statistic))))
