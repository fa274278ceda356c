"""The models that cannot be told apart from the best one: the model confidence set."""

import numpy as np

from ecosim.forecast.evaluation.forecaster import Floats
from ecosim.forecast.evaluation.resampling import block_length, stationary_indices

DRAWS = 1000
LEAST_ORIGINS = 5


def confidence_set(losses: Floats, horizon: int, luck: np.random.Generator) -> Floats:
    """p-value of each model, (models,), from losses (origins, models); a model is in the 90 % set where p > 0.10.

    Hansen, Lunde and Nason (2011), doi:10.3982/ECTA5771, statistic T_max with its elimination rule, stationary
    bootstrap over origins. NaN with fewer than five origins. Every loss must be finite.
    """
    count, models = losses.shape
    if count < LEAST_ORIGINS:
        return np.full(models, np.nan)
    indices = stationary_indices(count, block_length(count, horizon), DRAWS, luck)
    drawn = losses[indices].mean(axis=1) - losses.mean(axis=0)  # (draws, models), centered
    mean = losses.mean(axis=0)
    left, p_values, highest = list(range(models)), np.ones(models), 0.0
    while len(left) > 1:
        gap = mean[left] - mean[left].mean()
        centered = drawn[:, left] - drawn[:, left].mean(axis=1, keepdims=True)
        error = np.sqrt(np.mean(centered**2, axis=0))
        if not (error > 0).all():
            break  # identical losses: nothing to tell apart
        statistic = gap / error
        p_value = float(np.mean((centered / error).max(axis=1) >= statistic.max()))
        highest = max(highest, p_value)
        worst = left[int(np.argmax(statistic))]
        p_values[worst] = highest
        left.remove(worst)
    return p_values
