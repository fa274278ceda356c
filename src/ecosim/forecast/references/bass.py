"""Adoption that imitation speeds up and a ceiling slows down: the curve of Bass."""

import numpy as np

from ecosim.forecast.evaluation.forecaster import LARGEST, Floats, NoForecast
from ecosim.forecast.references.case import Case, need, regress

TRIES = 20
LEAST_SHARE = 0.01  # of the draws must have a ceiling
FARTHEST_CEILING = 100.0  # times the last value; beyond, the counts do not know of one


def bass(case: Case) -> Floats:
    """n(t) = (p + q N(t-1) / m) (m - N(t-1)) with N cumulative, for series that never fall; (samples, steps).

    Divided by N(t-1), growth is a / N + b + c N with a = p m, b = q - p, c = -q / m: fitted by least squares in the
    original discrete form, (a, b, c, sd) drawn, draws without a ceiling m between the last value and a hundred times
    it, or with p < 0, refused. Bass (1969), doi:10.1287/mnsc.15.5.215.
    """
    values = case.known.values[np.isfinite(case.known.values)]
    if len(values) != len(case.known.values):
        raise NoForecast("needs a series without gaps")
    need(len(values), 6)
    if case.known.kind in ("flow", "level") or (np.diff(values) < 0).any() or values[0] <= 0:
        raise NoForecast("for cumulative series only: stocks that never fell")
    unit = values[-1]
    before = values[:-1] / unit
    growth = np.diff(values) / values[:-1]
    design = np.column_stack([1.0 / before, np.ones_like(before), before])
    draws = [regress(design, growth, case.samples, case.luck) for _ in range(TRIES)]
    coefficients, sd = np.concatenate([d.coefficients for d in draws]), np.concatenate([d.sd for d in draws])
    kept = _with_ceiling(coefficients)
    if kept.sum() < max(LEAST_SHARE * len(kept), 20):
        raise NoForecast("the counts show no ceiling")
    chosen = case.luck.choice(np.flatnonzero(kept), case.samples, replace=bool(kept.sum() < case.samples))
    (a, b, c), noise = coefficients[chosen].T, sd[chosen]
    now, paths = np.ones(case.samples), np.empty((case.samples, case.steps))
    for step in range(case.steps):
        rate = a / now + b + c * now + noise * case.luck.standard_normal(case.samples)
        now = np.minimum(now * (1.0 + np.maximum(rate, 0.0)), LARGEST)
        paths[:, step] = now
    return np.round(paths * unit) if case.known.counted else paths * unit


def _with_ceiling(coefficients: Floats) -> np.ndarray:
    """Where a / N + b + c N falls to zero at a ceiling between 1 and FARTHEST_CEILING, N in units of the last value."""
    a, b, c = coefficients.T
    found = (c < 0) & (a >= 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        ceiling = (-b - np.sqrt(b**2 - 4.0 * a * c)) / (2.0 * c)
    return found & (ceiling > 1.0) & (ceiling <= FARTHEST_CEILING)
