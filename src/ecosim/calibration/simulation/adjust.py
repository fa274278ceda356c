"""From simulations near the observed moments to a posterior: local-linear regression, also from a shared bank.

Beaumont, Zhang and Balding (2002), doi:10.1093/genetics/162.4.2025: parameters are regressed on moments among the
nearest simulations, weighted by an Epanechnikov kernel, and moved to where the observed moments are. From a bank the
moments are first made into one estimate per parameter, the prediction of a regression over the whole bank (Fearnhead
and Prangle 2012, doi:10.1111/j.1467-9868.2011.01010.x): distance then has as many dimensions as there are parameters.
Citations unverified.
"""

from dataclasses import dataclass

import numpy as np

from ecosim.calibration.simulation.priors import Floats
from ecosim.calibration.simulation.sampler import spread
from ecosim.model.luck import generator_of

RIDGE = 1e-6  # of the regressors' unit variance, so that moments that say the same can stand side by side


@dataclass(frozen=True)
class Posterior:
    """Draws on the standard scale, z (n, d), and their weights (n,), which sum to one."""

    z: Floats
    weights: Floats

    @property
    def effective(self) -> float:
        """Number of equally weighted draws that would tell as much."""
        return float(1.0 / np.square(self.weights).sum())

    @property
    def mean(self) -> Floats:
        """Weighted mean, (d,)."""
        middle: Floats = self.weights @ self.z
        return middle

    @property
    def covariance(self) -> Floats:
        """Weighted covariance, (d, d)."""
        centered = self.z - self.mean
        spread_: Floats = (self.weights[:, None] * centered).T @ centered / max(1.0 - 1.0 / self.effective, 1e-9)
        return spread_

    def quantile(self, levels: Floats) -> Floats:
        """Weighted quantiles, (levels, d)."""
        columns = []
        for column in self.z.T:
            order = np.argsort(column, kind="stable")
            ladder = np.cumsum(self.weights[order]) - 0.5 * self.weights[order]
            columns.append(np.interp(levels, ladder, column[order]))
        return np.array(columns).T

    def draws(self, count: int, seed: int) -> Floats:
        """Equally weighted draws, (count, d), by systematic resampling, in random order."""
        from ecosim.calibration.simulation.particles import systematic

        stream = generator_of(seed, count)
        chosen: Floats = self.z[stream.permutation(systematic(self.weights, count, stream))]
        return chosen


def adjust(z: Floats, weights: Floats, moments: Floats, observed: Floats, scale: Floats | None = None) -> Posterior:
    """Particles moved to the observed moments. z (n, d); weights (n,); moments (n, k), all of them used.

    Without moments, or with too few particles for the regression, they stay where they are.
    """
    size, terms = moments.shape
    if terms == 0 or size < 2 * (terms + 1):
        return Posterior(z, weights / weights.sum())
    gaps = (moments - observed) / (spread(moments) if scale is None else scale)
    distances = np.sqrt(np.square(gaps).sum(axis=1))
    edge = distances.max()
    kernel = weights * (1.0 - np.square(distances / edge) + 1e-3 if edge > 0 else 1.0)
    kernel = kernel / kernel.sum()
    slopes = regress(gaps, z, kernel)[1:]
    return Posterior(z - gaps @ slopes, kernel)


def from_bank(z: Floats, moments: Floats, observed: Floats, nearest: int) -> Posterior:
    """The posterior of one data set from a bank of prior draws: z (n, d), moments (n, k), observed (k,)."""
    scale = spread(moments)
    flat = np.full(len(z), 1.0 / len(z))
    coefficients = regress((moments - observed) / scale, z, flat)
    summaries = ((moments - observed) / scale) @ coefficients[1:]  # observed stand at 0
    within = summaries / summaries.std(axis=0).clip(1e-12)
    order = np.argsort(np.square(within).sum(axis=1), kind="stable")[:nearest]
    return adjust(z[order], np.full(nearest, 1.0 / nearest), summaries[order], np.zeros(z.shape[1]))


def regress(regressors: Floats, outcomes: Floats, weights: Floats) -> Floats:
    """Coefficients of a weighted linear regression with a constant, (1 + k, d)."""
    design = np.column_stack([np.ones(len(regressors)), regressors])
    weighted = design * weights[:, None]
    gram = weighted.T @ design
    gram[1:, 1:] += RIDGE * np.diag(np.maximum(np.diag(gram)[1:], 1e-12))
    solved = np.linalg.lstsq(gram, weighted.T @ outcomes, rcond=None)[0]
    return solved.astype(np.float64)
