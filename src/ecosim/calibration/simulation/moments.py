"""Simulated method of moments: parameters at which the mean of simulated moments meets the observed, with errors.

McFadden (1989), doi:10.2307/1913621; Pakes and Pollard (1989), doi:10.2307/1913622 (unverified). All parameter values
meet the same luck (common random numbers), so the objective is piecewise smooth: a Sobol search over the prior finds
the start, Nelder and Mead's method the minimum, and derivatives for the errors are differences over a whole step.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import ndtri
from scipy.stats import qmc

from ecosim.calibration.simulation.priors import Floats, Prior, PriorError

MeanMoments = Callable[[Floats], Floats]  # z (d,) -> mean of the moments over the replicates, (k,)
STEP = 0.25  # of the differences, prior standard deviations
EDGE = 3.0  # the search stays within so many prior standard deviations
OUTSIDE = 1e3  # penalty for each square beyond


@dataclass(frozen=True)
class SearchPlan:
    """starts: points of the Sobol search, a power of two; cap: evaluations of the objective, search included."""

    starts: int = 32
    cap: int = 400
    seed: int = 0


@dataclass(frozen=True)
class Estimated:
    """z (d,) and its covariance (d, d) on the standard scale; objective: at the minimum, chi-squared with k - d degrees
    of freedom if the model is true; weak: parameters whose error is no smaller than their prior."""

    prior: Prior
    z: Floats
    covariance: Floats
    objective: float
    evaluations: int

    @cached_property
    def table(self) -> pd.DataFrame:
        """parameter, estimate, std_error in own units (delta method), note."""
        sd = np.sqrt(np.diag(self.covariance))
        half = 0.5 * STEP
        slope = (self.prior.from_standard(self.z + half) - self.prior.from_standard(self.z - half)) / STEP
        notes = ["" if error < 1.0 else "not identified by these data: no surer than its prior" for error in sd]
        return pd.DataFrame({
            "parameter": self.prior.names,
            "estimate": self.prior.from_standard(self.z),
            "std_error": sd * slope,
            "note": notes,
        })  # fmt: skip


def match_moments(
    prior: Prior, observed: Floats, covariance: Floats, mean_moments: MeanMoments, replicates: int, plan: SearchPlan
) -> Estimated:
    """Minimize (m - m(z))' W (m - m(z)), W the inverse of the covariance of the observed moments (k, k).

    replicates: simulations behind each mean; their noise adds covariance / replicates. Raises PriorError with fewer
    moments than parameters.
    """
    size = len(prior.names)
    if len(observed) < size:
        raise PriorError(
            f"{len(observed)} moments cannot fix {size} parameters ({', '.join(prior.names)}); free fewer of them"
        )
    root = np.linalg.cholesky(covariance + 1e-12 * np.eye(len(observed)))
    calls = [0]

    def whitened(z: Floats) -> Floats:
        calls[0] += 1
        gaps: Floats = np.linalg.solve(root, mean_moments(np.clip(z, -EDGE, EDGE)) - observed)
        return gaps

    def objective(z: Floats) -> float:
        beyond = np.maximum(np.abs(z) - EDGE, 0.0)
        return float(np.square(whitened(z)).sum() + OUTSIDE * np.square(beyond).sum())

    grid = qmc.Sobol(size, rng=plan.seed).random(plan.starts)
    points = np.vstack([np.zeros(size), ndtri(np.clip(grid, 0.02, 0.98))])
    values = [objective(point) for point in points]
    start = points[int(np.argmin(values))]
    simplex = np.vstack([start, start + 0.5 * np.eye(size)])
    options = {"maxfev": max(plan.cap - calls[0], size + 2), "xatol": 1e-3, "fatol": 1e-3, "initial_simplex": simplex}
    found = minimize(objective, start, method="Nelder-Mead", options=options)
    z = np.clip(found.x, -EDGE, EDGE)
    slopes = np.column_stack([
        (whitened(z + shift) - whitened(z - shift)) / (2.0 * STEP) for shift in STEP * np.eye(size)
    ])  # fmt: skip
    information = slopes.T @ slopes
    inverse = np.linalg.pinv(information, rcond=1e-9, hermitian=True).astype(np.float64)
    spread = (1.0 + 1.0 / replicates) * inverse
    flat = np.diag(information) < 1e-9  # the moments do not move: the pseudo-inverse would call it known
    spread[flat, flat] = np.inf
    return Estimated(prior, z, spread, float(found.fun) / (1.0 + 1.0 / replicates), calls[0])
