"""What a reference forecast of one series is given, and the regression that several of them share."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ecosim.forecast.evaluation.forecaster import Floats, Known, NoForecast


class Case(NamedTuple):
    """One series to forecast. steps: after its last known value; luck: named after model, series and origin."""

    known: Known
    beside: Mapping[str, Known]  # the other targets of its place
    steps: int
    samples: int
    luck: np.random.Generator


class Posterior(NamedTuple):
    """Draws of a linear regression under a flat prior: coefficients (samples, k) and error sd (samples,)."""

    coefficients: Floats
    sd: Floats


def need(known: int, least: int, what: str = "values") -> None:
    """Raises NoForecast where fewer than `least` are known."""
    if known < least:
        raise NoForecast(f"needs {least} {what}, has {known}")


def regress(design: Floats, outcome: Floats, samples: int, luck: np.random.Generator) -> Posterior:
    """y = X b + e with p(b, ln s) flat: s^2 = SSE / chi^2(n - k), b ~ N(b_hat, s^2 (X'X)^-1). X (n, k), y (n,).

    So a forecast has the t of the textbook. Gelman et al., Bayesian Data Analysis, ch. 14 (unverified).
    Raises NoForecast where n <= k or the columns of X are not independent.
    """
    rows, columns = design.shape
    need(rows, columns + 1, "steps to fit on")
    basis, triangle = np.linalg.qr(design)
    if np.min(np.abs(np.diag(triangle))) <= 1e-10 * np.max(np.abs(np.diag(triangle))):
        raise NoForecast("its regressors do not vary independently")
    center = np.linalg.solve(triangle, basis.T @ outcome)
    squares = float(np.sum((outcome - design @ center) ** 2))
    sd = np.sqrt(squares / luck.chisquare(rows - columns, samples))
    normal = luck.standard_normal((samples, columns))
    spread = np.linalg.solve(triangle, normal.T).T
    return Posterior(center + sd[:, None] * spread, sd)


def logit(share: Floats) -> Floats:
    """ln(p / (1 - p))."""
    return np.log(share / (1.0 - share))


def expit(value: Floats) -> Floats:
    """1 / (1 + exp(-x))."""
    return 1.0 / (1.0 + np.exp(-value))
