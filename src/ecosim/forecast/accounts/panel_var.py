"""Yearly rates of many places: what they share and what is their own, each a vector autoregression."""

from typing import NamedTuple

import numpy as np
from scipy import stats

from ecosim.forecast.evaluation.forecaster import Floats, NoForecast

OWN = 0.5  # prior mean of a shared rate's dependence on its own last value; others zero
SLOPES = 10.0  # years that the prior of the shared slopes is worth; set by hand on origins up to 1996
CROWDING = 10.0  # the same of the pull of crowding
MEANS = 1.0  # the same of the shared mean
SHARED_DF, SHARED_SD = 3.0, 0.55  # prior of the shared shocks: degrees of freedom, sd over that of the shared rates
LOCAL_DF = 8.0  # years that the common variance of local shocks is worth for one place
LOCAL_T = 5.0  # local shocks are Student t
LEAST_STEPS = 3  # pairs of successive years
MOST_LOCAL = 0.95  # of the modulus of the local slopes
SWEEPS = 20


class PanelVar(NamedTuple):
    """Estimates. K rates, P places; rates are logs.

    x[p, t] = mean[p] + level + scale * shared[t] + local_scale * own[p, t]
    shared[t] = a + A shared[t-1] + g crowding[t-1] + e,   own[p, t] = B own[p, t-1] + u[p, t]
    """

    level: Floats  # (K,)
    scale: Floats  # (K,)
    slopes: Floats  # (1 + K + 1, K) constant, shared slopes, crowding
    root: Floats  # root of their posterior covariance over regressors, (1 + K + 1,) square
    squares: Floats  # (K, K) of the inverse Wishart of the shared shocks
    freedom: float
    local: Floats  # (K, K)
    local_root: Floats  # (K, K)
    local_scale: Floats  # (K,)
    local_width: Floats  # (P, K) a place's sd over that of all
    mean: Floats  # (P, K) shrunk
    mean_sd: Floats  # (P, K)
    shared_last: Floats  # (K,)
    last: Floats  # (P, K) rates of the last year
    crowding_level: float
    crowding_scale: float


class Walk(NamedTuple):
    """Where members stand: their draws of parameters, and the shared (S, K) and local (S, P, K) deviations."""

    slopes: Floats  # (S, 1 + K + 1, K)
    shock_root: Floats  # (S, K, K)
    mean: Floats  # (S, P, K)
    shared: Floats
    local: Floats


def fit(rates: Floats, crowding: Floats | None = None) -> PanelVar:
    """Estimate from rates (P, T, K), NaN where not known. crowding: (T + 1,) shared, known before each year and after.

    Shared rates: conjugate prior, so that few years do not run away; local ones: least squares over all places with
    half of the bias that place means leave (Nickell, unverified) put back; means shrunk to that of all.
    Raises NoForecast with fewer than three pairs of successive years.
    """
    _, years, kinds = rates.shape
    mean, shared = _two_way(rates)
    own = rates - mean[:, None] - shared[None]
    level = shared.mean(axis=0)
    scale = np.maximum(shared.std(axis=0), 1e-3)
    unit = (shared - level) / scale
    if years - 1 < LEAST_STEPS:
        raise NoForecast(f"needs {LEAST_STEPS + 1} successive years of rates, has {years}")
    pull = np.zeros(years + 1) if crowding is None else crowding
    middle, width = float(pull[:years].mean()), max(float(pull[:years].std()), 1e-6)
    design = np.column_stack([np.ones(years - 1), unit[:-1], (pull[1:years] - middle) / width])
    prior = np.vstack([np.zeros(kinds), OWN * np.eye(kinds), np.zeros(kinds)])
    weight = np.array([MEANS, *[SLOPES] * kinds, CROWDING])
    inverse = np.linalg.inv(design.T @ design + np.diag(weight))
    slopes = inverse @ (design.T @ unit[1:] + weight[:, None] * prior)
    errors, moved = unit[1:] - design @ slopes, slopes - prior
    squares = errors.T @ errors + moved.T @ (weight[:, None] * moved) + SHARED_DF * SHARED_SD**2 * np.eye(kinds)
    local, root, local_scale, width_of = _local(own)
    persistence = np.clip(np.diag(local), 0.0, MOST_LOCAL)
    counted = np.maximum(np.isfinite(rates).sum(axis=1), 1)  # (P, K)
    sampling = np.sum(root**2, axis=1) / (1.0 - persistence) ** 2 / counted * local_scale**2
    between = np.maximum(mean.var(axis=0) - sampling.mean(axis=0), 1e-8)
    share = between / (between + sampling)
    return PanelVar(
        level, scale, slopes, np.linalg.cholesky(inverse), squares, years - 1 + SHARED_DF, local, root, local_scale,
        width_of, mean * share, np.sqrt(share * sampling), unit[-1], rates[:, -1], middle, width,
    )  # fmt: skip


def _two_way(rates: Floats) -> tuple[Floats, Floats]:
    """Means of places (P, K), which sum to zero, and of years (T, K)."""
    mean = np.zeros((rates.shape[0], rates.shape[2]))
    shared = np.zeros(rates.shape[1:])
    for _ in range(SWEEPS if np.isnan(rates).any() else 1):
        shared = np.nanmean(rates - mean[:, None], axis=0)
        mean = np.nanmean(rates - shared[None], axis=1)
        mean = mean - mean.mean(axis=0)
    return mean, shared


def _local(own: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Slopes, root of the covariance, scale and width of each place, of deviations (P, T, K) with NaN."""
    places, years, kinds = own.shape
    scale = np.sqrt(np.nanmean(own**2, axis=(0, 1)))
    if places < 2 or not (scale > 0).all():
        return np.zeros((kinds, kinds)), np.zeros((kinds, kinds)), np.ones(kinds), np.ones((places, kinds))
    unit = own / scale
    before, after = unit[:, :-1].reshape(-1, kinds), unit[:, 1:].reshape(-1, kinds)
    there = np.isfinite(before).all(axis=1) & np.isfinite(after).all(axis=1)
    x, y = before[there], after[there]
    slopes = np.linalg.solve(x.T @ x + kinds * np.eye(kinds), x.T @ y)
    slopes = slopes + np.eye(kinds) * (1.0 + np.diag(slopes)) / (2.0 * (years - 1))
    largest = np.abs(np.linalg.eigvals(slopes)).max()
    slopes = slopes * min(1.0, MOST_LOCAL / max(largest, 1e-9))
    errors = y - x @ slopes
    freedom = len(errors) * (1.0 - 1.0 / places) * (1.0 - 1.0 / max(years - 1, 2))
    covariance = errors.T @ errors / max(freedom, 1.0)
    square = np.full((places * (years - 1), kinds), np.nan)
    square[there] = errors**2
    by_place = square.reshape(places, years - 1, kinds)
    counted = np.isfinite(by_place).sum(axis=1)
    common = np.diag(covariance)
    width = np.sqrt((np.nansum(by_place, axis=1) + LOCAL_DF * common) / (counted + LOCAL_DF) / common)
    return slopes, np.linalg.cholesky(covariance + 1e-12 * np.eye(kinds)), scale, width


def begin(fitted: PanelVar, samples: int, luck: np.random.Generator) -> Walk:
    """Draw the parameters of every member and stand them at the last year."""
    kinds = len(fitted.level)
    drawn = stats.invwishart.rvs(max(fitted.freedom, kinds + 1.5), fitted.squares, samples, random_state=luck)
    shock = np.linalg.cholesky(np.asarray(drawn).reshape(samples, kinds, kinds))
    normal = luck.standard_normal((samples, *fitted.slopes.shape))
    slopes = fitted.slopes + np.einsum("mn,snk,sjk->smj", fitted.root, normal, shock)
    mean = fitted.mean + fitted.mean_sd * luck.standard_normal((samples, *fitted.mean.shape))
    local = (fitted.last - fitted.level - fitted.scale * fitted.shared_last - mean) / fitted.local_scale
    return Walk(slopes, shock, mean, np.tile(fitted.shared_last, (samples, 1)), local)


def advance(fitted: PanelVar, walk: Walk, crowding: Floats | None, luck: np.random.Generator) -> tuple[Floats, Walk]:
    """The next year's rates (S, P, K): one shared shock per member for all places. crowding: (S,) before the year."""
    samples, places, kinds = walk.mean.shape
    pull = np.zeros(samples) if crowding is None else (crowding - fitted.crowding_level) / fitted.crowding_scale
    design = np.column_stack([np.ones(samples), walk.shared, pull])
    shock = np.einsum("sij,sj->si", walk.shock_root, luck.standard_normal((samples, kinds)))
    shared = np.einsum("sm,smj->sj", design, walk.slopes) + shock
    heavy = np.sqrt((LOCAL_T - 2.0) / luck.chisquare(LOCAL_T, (samples, places, 1)))
    own = luck.standard_normal((samples, places, kinds)) @ fitted.local_root.T * fitted.local_width * heavy
    local = walk.local @ fitted.local + own
    rates = walk.mean + fitted.level + (fitted.scale * shared)[:, None] + fitted.local_scale * local
    return rates, walk._replace(shared=shared, local=local)
