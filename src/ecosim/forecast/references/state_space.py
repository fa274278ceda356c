"""Paths of a linear Gaussian model of statsmodels with its parameters drawn: for arima and local_linear_trend."""

from typing import Any

import numpy as np

from ecosim.forecast.evaluation.forecaster import Floats, NoForecast
from ecosim.forecast.references.importance import draw_parameters, resample

DRAWS = 40  # of the parameters, before they are weighted: each costs a run of the Kalman filter
PRIOR_SD = 2.0  # about the maximum, of statsmodels' unbounded parameters of a series whose steps have size one


def sample_paths(model: Any, fitted: Floats, samples: int, steps: int, luck: np.random.Generator) -> Floats:
    """Observations after the last one, (samples, steps).

    model: an MLEModel of statsmodels with matrices that do not change over time; fitted: its parameters.
    Raises NoForecast where the filter leaves no finite state.
    """
    center = np.asarray(model.untransform_params(fitted), dtype=float)

    def log_likelihood(draws: Floats) -> Floats:
        return np.array([_log_likelihood(model, draw) for draw in draws])

    prior = np.full(len(center), PRIOR_SD)
    drawn, weights = draw_parameters(log_likelihood, center, prior, DRAWS, luck)
    chosen = resample(weights, samples, luck)
    paths = np.empty((samples, steps))
    for draw in np.unique(chosen):
        rows = np.flatnonzero(chosen == draw)
        paths[rows] = _simulate(model, drawn[draw], len(rows), steps, luck)
    return paths


def _log_likelihood(model: Any, parameters: Floats) -> float:
    try:
        return float(model.loglike(parameters, transformed=False))
    except (ValueError, np.linalg.LinAlgError):
        return -np.inf  # outside of what the model can be: no weight


def _simulate(model: Any, parameters: Floats, samples: int, steps: int, luck: np.random.Generator) -> Floats:
    model.update(parameters, transformed=False)
    after = model.ssm.filter()
    mean, covariance = after.predicted_state[:, -1], after.predicted_state_cov[:, :, -1]
    matrices = [np.asarray(model.ssm[name], dtype=float) for name in ("transition", "selection", "state_cov", "design")]
    transition, selection, state_cov, design = (matrix[..., 0] if matrix.ndim == 3 else matrix for matrix in matrices)
    intercept = np.asarray(model.ssm["state_intercept"], dtype=float).reshape(len(mean), -1)[:, -1]
    noise = float(np.asarray(model.ssm["obs_cov"], dtype=float).ravel()[-1])
    if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
        raise NoForecast("its filter leaves no finite state")
    state = mean + luck.standard_normal((samples, len(mean))) @ root(covariance).T
    shock = selection @ root(state_cov)
    paths = np.empty((samples, steps))
    for step in range(steps):
        paths[:, step] = state @ design[0] + np.sqrt(max(noise, 0.0)) * luck.standard_normal(samples)
        state = state @ transition.T + intercept + luck.standard_normal((samples, shock.shape[1])) @ shock.T
    return paths


def root(covariance: Floats) -> Floats:
    """A square root A of a covariance, A A' = V, also of one without full rank."""
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2.0)
    return vectors * np.sqrt(np.maximum(values, 0.0))
