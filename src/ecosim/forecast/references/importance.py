"""Parameter uncertainty of a fitted likelihood: draws from a Student proposal at its maximum, weighted and resampled.

The target is likelihood x prior, the prior normal about the maximum with a standard deviation that the caller gives:
it keeps a parameter that the data do not move (a variance at zero, a smoothing weight at one) from running away.
Sampling importance resampling: Rubin (1988); a documented approximation, not an exact posterior.
"""

from collections.abc import Callable

import numpy as np

from ecosim.forecast.evaluation.forecaster import Floats, NoForecast

FREEDOM = 5.0  # of the Student proposal
STEP = 1e-3  # of the numerical second derivatives, on parameters of order one


def draw_parameters(
    log_likelihood: Callable[[Floats], Floats], center: Floats, prior_sd: Floats, draws: int, luck: np.random.Generator
) -> tuple[Floats, Floats]:
    """Parameters (draws, k) and their weights (draws,), which sum to one.

    log_likelihood: (n, k) -> (n,), -inf where not defined. center: its maximum, in coordinates without bounds.
    Raises NoForecast where no draw has a likelihood.
    """
    size = len(center)
    precision = -curvature(log_likelihood, center) + np.diag(prior_sd**-2.0)
    values, vectors = np.linalg.eigh((precision + precision.T) / 2.0)
    root = vectors / np.sqrt(np.maximum(values, np.min(prior_sd**-2.0)))
    normal = luck.standard_normal((draws, size))
    stretch = np.sqrt(luck.chisquare(FREEDOM, draws) / FREEDOM)
    standard = normal / stretch[:, None]
    standard[0] = 0.0  # the maximum itself is one of them
    drawn = center + standard @ root.T
    proposal = -(FREEDOM + size) / 2.0 * np.log1p(np.sum(standard**2, axis=1) / FREEDOM)
    prior = -0.5 * np.sum(((drawn - center) / prior_sd) ** 2, axis=1)
    log_weight = log_likelihood(drawn) + prior - proposal
    log_weight[~np.isfinite(log_weight)] = -np.inf
    if not np.isfinite(log_weight).any():
        raise NoForecast("no draw of its parameters has a likelihood")
    weight = np.exp(log_weight - log_weight.max())
    return drawn, weight / weight.sum()


def curvature(function: Callable[[Floats], Floats], center: Floats) -> Floats:
    """Second derivatives (k, k) by central differences; zero where the function is not finite."""
    size = len(center)
    steps = STEP * np.eye(size) * np.maximum(1.0, np.abs(center))
    points = [center]
    for i in range(size):
        for j in range(i + 1):
            points += [center + a * steps[i] + b * steps[j] for a, b in ((1, 1), (1, -1), (-1, 1), (-1, -1))]
    values = function(np.array(points))
    found, at = np.zeros((size, size)), 1
    for i in range(size):
        for j in range(i + 1):
            pp, pm, mp, mm = values[at : at + 4]
            found[i, j] = found[j, i] = (pp - pm - mp + mm) / (4.0 * steps[i, i] * steps[j, j])
            at += 4
    return np.where(np.isfinite(found), found, 0.0)


def resample(weights: Floats, samples: int, luck: np.random.Generator) -> np.ndarray:
    """Which draw each of the samples gets, (samples,): systematic resampling in random order."""
    positions = (np.arange(samples) + luck.random()) / samples
    chosen = np.minimum(np.searchsorted(np.cumsum(weights), positions), len(weights) - 1)
    return luck.permutation(chosen)
