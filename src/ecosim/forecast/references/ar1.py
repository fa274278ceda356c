"""A first-order autoregression of growth."""

import numpy as np

from ecosim.forecast.evaluation.forecaster import Floats
from ecosim.forecast.references.case import Case, Posterior, need, regress

TRIES = 20  # sets of draws before the share of stationary ones is called too small


def ar1(case: Case) -> Floats:
    """d(t) = c + phi d(t-1) + e on scaled increments; least squares, (c, phi, sd) drawn; (samples, steps).

    Draws with |phi| >= 1 are drawn again; where that does not fill the sample, they are set to +-0.99.
    """
    steps = case.known.scaled[1:] - case.known.scaled[:-1]
    pairs = np.isfinite(steps[1:]) & np.isfinite(steps[:-1])
    need(int(pairs.sum()), 5, "pairs of increments")
    outcome, before = steps[1:][pairs], steps[:-1][pairs]
    drawn = _stationary(np.column_stack([np.ones(len(before)), before]), outcome, case)
    constant, slope = drawn.coefficients.T
    growth = np.full(case.samples, steps[-1] if np.isfinite(steps[-1]) else np.nanmean(steps))
    level = np.full(case.samples, case.known.scaled[-1])
    path = np.empty((case.samples, case.steps))
    for step in range(case.steps):
        growth = constant + slope * growth + drawn.sd * case.luck.standard_normal(case.samples)
        level = level + growth
        path[:, step] = level
    return case.known.scale.back(path)


def _stationary(design: Floats, outcome: Floats, case: Case) -> Posterior:
    draws = [regress(design, outcome, case.samples, case.luck) for _ in range(TRIES)]
    coefficients, sd = np.concatenate([d.coefficients for d in draws]), np.concatenate([d.sd for d in draws])
    order = np.argsort(np.abs(coefficients[:, 1]) >= 1.0, kind="stable")[: case.samples]
    kept = coefficients[order]
    kept[:, 1] = np.clip(kept[:, 1], -0.99, 0.99)
    return Posterior(kept, sd[order])
