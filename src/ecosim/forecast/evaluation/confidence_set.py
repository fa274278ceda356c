"""The models that cannot be told apart from the best one: the model confidence set."""

import numpy as np

from ecosim.forecast.evaluation.forecaster import Floats
from ecosim.forecast.evaluation.significance import bandwidth, least_origins

DRAWS = 1000
NOTHING = 1e-12  # of the mean variance of the models' losses: a variance below it is rounding


def confidence_set(losses: Floats, horizon: int, luck: np.random.Generator) -> Floats:
    """p-value of each model, (models,), from losses (origins, models); a model is in the 90 % set where p > 0.10.

    Hansen, Lunde and Nason (2011), doi:10.3982/ECTA5771: statistic T_max with its elimination rule. Studentized and
    held against white noise at this very n and bandwidth like `diebold_mariano`, with the covariance of these models: a
    bootstrap of few origins drops one of several best ones far too often. NaN with fewer origins than a test needs.
    Every loss must be finite.
    """
    count, models = losses.shape
    if count < least_origins(horizon):
        return np.full(models, np.nan)
    width = bandwidth(count, horizon)
    centered = losses - losses.mean(axis=0)
    shape = centered.T @ centered / count
    drawn = luck.multivariate_normal(np.zeros(models), shape, (DRAWS, count), check_valid="ignore")
    mean, variance = losses.mean(axis=0), _variance_of_means(losses, width)
    noise, noise_variance = drawn.mean(axis=1), _variance_of_means(drawn, width)
    least = NOTHING * max(float(np.trace(shape)) / models / count, np.finfo(float).tiny)
    left, p_values, highest = list(range(models)), np.ones(models), 0.0
    while len(left) > 1:
        if not (_of_gaps(variance[np.ix_(left, left)]) > least).all():
            break  # identical losses: nothing to tell apart
        statistic = _statistic(mean[left], variance[np.ix_(left, left)], least)
        law = _statistic(noise[:, left], noise_variance[:, left][:, :, left], least).max(axis=1)
        highest = max(highest, float((1 + np.sum(law >= statistic.max())) / (DRAWS + 1)))
        worst = left[int(np.argmax(statistic))]
        p_values[worst] = highest
        left.remove(worst)
    return p_values


def _variance_of_means(losses: Floats, width: int) -> Floats:
    """Covariance of the means of losses (..., origins, models) by `long_run_variance`, (..., models, models)."""
    count = losses.shape[-2]
    apart = np.abs(np.subtract.outer(np.arange(count), np.arange(count)))
    weights = np.maximum(1.0 - apart / width, 0.0)  # Bartlett
    centered = losses - losses.mean(axis=-2, keepdims=True)
    return np.asarray(np.swapaxes(centered, -1, -2) @ (weights @ centered) / count**2)


def _of_gaps(variance: Floats) -> Floats:
    """Variances of the distances from the models' mean, (..., models), from a covariance (..., models, models)."""
    own = np.diagonal(variance, axis1=-2, axis2=-1)
    return np.asarray(own - 2.0 * variance.mean(axis=-1) + variance.mean(axis=(-2, -1))[..., None])


def _statistic(mean: Floats, variance: Floats, least: float) -> Floats:
    """Distance of each model's mean from that of all over its standard error, (..., models)."""
    gap = mean - mean.mean(axis=-1, keepdims=True)
    return np.asarray(gap / np.sqrt(np.maximum(_of_gaps(variance), least)))
