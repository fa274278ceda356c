"""Exponential smoothing with additive errors: level, trend or damped trend, and season where there is one."""

from typing import NamedTuple

import numpy as np

from ecosim.forecast.evaluation.forecaster import Floats
from ecosim.forecast.references.case import Case, expit, logit, need
from ecosim.forecast.references.importance import draw_parameters, resample

DRAWS = 400  # of the parameters, before they are weighted
LOGIT_SD, STATE_SD = 1.5, 3.0  # prior about the maximum: of a smoothing weight's logit, of an initial state in steps
LOWEST, HIGHEST = 0.001, 0.999  # of a smoothing weight where it enters as a logit
DAMPING = (0.8, 0.98)  # statsmodels' bounds


class Smoothing(NamedTuple):
    """Parameters by draw. Arrays (n,); a part that the model lacks is None."""

    level: Floats  # alpha
    trend: Floats | None  # beta, below alpha
    season: Floats | None  # gamma, below 1 - alpha
    damping: Floats | None  # phi
    first_level: Floats
    first_trend: Floats | None
    first_season: Floats | None  # (m, n), the first step's first


class Filtered(NamedTuple):
    """What the recursion leaves, by draw: sum of squared errors, and the states after the last value."""

    squares: Floats  # (n,)
    level: Floats  # (n,)
    trend: Floats  # (n,)
    season: Floats  # (m, n), the next step's first


def ets(case: Case) -> Floats:
    """ETS(A,N), (A,A) or (A,Ad) by AICc, with a season where there is one, fitted by statsmodels; (samples, steps).

    y = l + phi b + s + e, l' = l + phi b + alpha e, b' = phi b + beta e, s' = s + gamma e. Parameters are drawn about
    the maximum (importance.py), s^2 = SSE / chi^2(n - k). Hyndman, Koehler, Ord and Snyder (2008), (unverified).
    """
    values = case.known.filled
    need(len(values), 6)
    unit = float(np.sqrt(np.mean(np.diff(values) ** 2))) or 1.0
    z = (values - values[-1]) / unit
    season = case.known.season if case.known.season > 1 and len(z) >= 2 * case.known.season + 3 else 1
    fitted, shape = _choose(z, season)
    center, prior = _unbounded(fitted, shape)

    def log_likelihood(draws: Floats) -> Floats:
        return -0.5 * len(z) * np.log(np.maximum(run(_bounded(draws, shape), z, season).squares, 1e-12))

    drawn, weights = draw_parameters(log_likelihood, center, prior, DRAWS, case.luck)
    chosen = drawn[resample(weights, case.samples, case.luck)]
    parameters = _bounded(chosen, shape)
    after = run(parameters, z, season)
    freedom = max(len(z) - _size(shape, season), 2)
    sd = np.sqrt(after.squares / case.luck.chisquare(freedom, case.samples))
    paths = _simulate(parameters, after, sd, case)
    return case.known.scale.back(values[-1] + unit * paths)


class _Shape(NamedTuple):
    trend: bool
    damped: bool
    season: Floats | None  # initial seasonal states of the fit, kept where they are


def _choose(z: Floats, season: int) -> tuple[dict[str, float], _Shape]:
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    best: tuple[float, dict[str, float], bool, bool] | None = None
    for trend, damped in ((False, False), (True, False), (True, True)):
        if len(z) <= _size(_Shape(trend, damped, None), season) + 2:
            continue
        seasonal = {"seasonal": "add", "seasonal_periods": season} if season > 1 else {}
        model = ETSModel(z, error="add", trend="add" if trend else None, damped_trend=damped, **seasonal)
        result = model.fit(disp=0)
        score = float(result.aicc)
        found = dict(zip(model.param_names, map(float, result.params), strict=True))
        if np.isfinite(score) and (best is None or score < best[0]):
            best = score, found, trend, damped
    need(0 if best is None else 1, 1, "model that could be fitted")
    assert best is not None
    _, found, trend, damped = best
    states = None
    if season > 1:  # statsmodels counts them backwards from the step before the first
        states = np.array([found[f"initial_seasonal.{season - 1 - i}"] for i in range(season)])
    return found, _Shape(trend, damped, states)


def _size(shape: _Shape, season: int) -> int:
    return 2 + 2 * shape.trend + shape.damped + (season if season > 1 else 0)


def _unbounded(fitted: dict[str, float], shape: _Shape) -> tuple[Floats, Floats]:
    """The fit in coordinates without bounds, and their prior sd: weights as logits of shares, initial states as are."""
    alpha = np.clip(fitted["smoothing_level"], LOWEST, HIGHEST)
    values, sd = [logit(alpha), fitted["initial_level"]], [LOGIT_SD, STATE_SD]
    if shape.trend:
        values += [logit(np.clip(fitted["smoothing_trend"] / alpha, LOWEST, HIGHEST)), fitted["initial_trend"]]
        sd += [LOGIT_SD, STATE_SD]
    if shape.damped:
        low, high = DAMPING
        values.append(logit(np.clip((fitted["damping_trend"] - low) / (high - low), 0.05, 0.95)))
        sd.append(LOGIT_SD)
    if shape.season is not None:
        values.append(logit(np.clip(fitted["smoothing_seasonal"] / (1.0 - alpha), LOWEST, HIGHEST)))
        sd.append(LOGIT_SD)
    return np.array(values, dtype=float), np.array(sd)


def _bounded(draws: Floats, shape: _Shape) -> Smoothing:
    columns = iter(draws.T)
    level, first_level = expit(next(columns)), next(columns)
    trend = first_trend = damping = season = states = None
    if shape.trend:
        trend, first_trend = expit(next(columns)) * level, next(columns)
    if shape.damped:
        damping = DAMPING[0] + (DAMPING[1] - DAMPING[0]) * expit(next(columns))
    if shape.season is not None:
        season = expit(next(columns)) * (1.0 - level)
        states = np.repeat(shape.season[:, None], len(draws), axis=1)
    return Smoothing(level, trend, season, damping, first_level, first_trend, states)


def run(p: Smoothing, z: Floats, season: int) -> Filtered:
    """The recursion over the values z (T,), for all draws at once."""
    level, none = p.first_level.copy(), np.zeros_like(p.first_level)
    trend = none if p.first_trend is None else p.first_trend.copy()
    states = np.zeros((season, len(level))) if p.first_season is None else p.first_season.copy()
    squares = np.zeros(len(level))
    for t, value in enumerate(z):
        grown = trend if p.damping is None else p.damping * trend
        error = value - level - grown - states[t % season]
        level = level + grown + p.level * error
        trend = grown if p.trend is None else grown + p.trend * error
        if p.season is not None:
            states[t % season] += p.season * error
        squares += error**2
    return Filtered(squares, level, trend, np.roll(states, -(len(z) % season), axis=0))


def _simulate(p: Smoothing, after: Filtered, sd: Floats, case: Case) -> Floats:
    level, trend, states = after.level, after.trend, after.season
    paths = np.empty((case.samples, case.steps))
    for step in range(case.steps):
        row = step % len(states)
        grown = trend if p.damping is None else p.damping * trend
        error = sd * case.luck.standard_normal(case.samples)
        paths[:, step] = level + grown + states[row] + error
        level = level + grown + p.level * error
        trend = grown if p.trend is None else grown + p.trend * error
        if p.season is not None:
            states[row] += p.season * error
    return paths
