"""Tests over origins whose size is right with few of them: of equal skill, of bias, of coverage, of calibration.

Every test takes origins as the unit (places of one origin share its shocks) and knows the horizon, because errors of
successive origins overlap. Its own size is a test (tests/forecast/evaluation).
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from scipy import special

from ecosim.forecast.evaluation.forecaster import Floats, generator

LEAST_ORIGINS = 5
DRAWS = 20_000  # of a null law
OVERLAP = 0.9  # weight of each step's shock in a null law, relative to the step after it: 1 is a random walk's error
CLUSTER_DRAWS = 2_000
RHO_STEP = 0.05


class Verdict(NamedTuple):
    """Outcome of a test; p_value is NaN where there are too few origins to test at all."""

    statistic: float
    p_value: float
    origins: int


def least_origins(horizon: int) -> int:
    """With fewer there is no test."""
    return max(LEAST_ORIGINS, 2 * horizon)


def bandwidth(count: int, horizon: int) -> int:
    """Of the Bartlett kernel: three horizons, at least the root of the number of origins, at most half of it.

    So wide that the variance is noisy; the law that the statistic is held against knows (fixed-b: Kiefer and
    Vogelsang 2005, doi:10.1017/S0266466605050565; for small samples Coroneo and Iacone 2020, doi:10.1002/jae.2756).
    """
    return max(1, min(max(int(np.ceil(np.sqrt(count))), 3 * horizon), count // 2))


def long_run_variance(series: Floats, width: int) -> Floats:
    """Bartlett: g(0) + 2 sum over k < width of (1 - k / width) g(k); series (..., n), centered here -> (...)."""
    centered = series - series.mean(axis=-1, keepdims=True)
    count = series.shape[-1]
    total = np.sum(centered**2, axis=-1) / count
    for lag in range(1, width):
        total = total + 2.0 * (1.0 - lag / width) * np.sum(centered[..., lag:] * centered[..., :-lag], axis=-1) / count
    return np.maximum(total, 0.0)


def t_statistic(series: Floats, width: int) -> Floats:
    """Mean over its standard error, (..., n) -> (...); 0 where the series is zero throughout."""
    mean, error = series.mean(axis=-1), np.sqrt(long_run_variance(series, width) / series.shape[-1])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(mean == 0, 0.0, mean / error)


def diebold_mariano(difference: Floats, horizon: int) -> Verdict:
    """Equal expected loss of two forecasts; difference of losses by origin (n,), two-sided.

    Diebold and Mariano (1995); small-sample factor sqrt((n + 1 - 2h + h(h-1)/n) / n) of Harvey, Leybourne and Newbold
    (1997); Bartlett long-run variance. The p-value holds that product against the law of the ratio without the factor,
    under white noise at this very n and bandwidth: so it allows for losses of successive origins that overlap.
    """
    count = len(difference)
    if count < least_origins(horizon):
        return Verdict(float("nan"), float("nan"), count)
    width = bandwidth(count, horizon)
    factor = np.sqrt((count + 1 - 2 * horizon + horizon * (horizon - 1) / count) / count)
    statistic = float(factor * t_statistic(difference, width))
    return Verdict(statistic, _p_value(abs(statistic), _law(count, width, 1, "level")), count)


def bias_test(pits: Floats, horizon: int) -> Verdict:
    """Forecasts are neither too high nor too low: mean PIT of 1/2; pits (origins, places), NaN where there is none.

    Studentized by Bartlett; p-value from the law of the statistic when overlapping errors are calibrated.
    """
    return _moment_test(pits, horizon, "bias")


def pit_test(pits: Floats, horizon: int) -> Verdict:
    """PITs are uniform in their mean and their spread: the smaller of the two p-values, doubled; pits as above."""
    place, spread = _moment_test(pits, horizon, "bias"), _moment_test(pits, horizon, "spread")
    worse = min((place, spread), key=lambda verdict: verdict.p_value)
    return Verdict(worse.statistic, float(np.minimum(1.0, 2.0 * worse.p_value)), worse.origins)


def coverage_test(hits: Floats, pits: Floats, level: float, horizon: int, seed: int, *names: str) -> Verdict:
    """An interval covers as often as it says; hits (origins, places) of 0 and 1, NaN where there is none.

    p-value, two-sided, from the coverage of right forecasts whose errors overlap as those of a random walk do and
    move together between places as these did (`_together`, in steps of 0.05). Ties are
    split at random (seed, names), so that few hits do not make the test timid. Exact in this null, timid where errors
    of successive origins overlap less.
    """
    rows = np.isfinite(hits).any(axis=1)
    hits, pits = hits[rows], pits[rows]
    count = len(hits)
    if count < least_origins(horizon):
        return Verdict(float("nan"), float("nan"), count)
    places = max(1, round(float(np.isfinite(hits).sum(axis=1).mean())))
    rho = _together(pits) if places > 1 else 0.0
    law = _coverage_law(count, horizon, places, level, round(rho / RHO_STEP))
    found = float(np.nanmean(np.nanmean(hits, axis=1)))
    below, equal = np.sum(law < found - 1e-9), np.sum(np.abs(law - found) <= 1e-9)
    luck = generator(seed, "coverage test", *names).random()
    lower = (below + luck * (equal + 1)) / (len(law) + 1)
    return Verdict(found - level, float(2.0 * min(lower, 1.0 - lower)), count)


def _moment_test(pits: Floats, horizon: int, moment: str) -> Verdict:
    rows = pits[np.isfinite(pits).any(axis=1)]
    count = len(rows)
    if count < least_origins(horizon):
        return Verdict(float("nan"), float("nan"), count)
    width = bandwidth(count, horizon)
    statistic = float(t_statistic(np.nanmean(_moment(rows, moment), axis=1), width))
    return Verdict(statistic, _p_value(abs(statistic), _law(count, width, horizon, moment)), count)


def _moment(pits: Floats, moment: str) -> Floats:
    return pits - 0.5 if moment == "bias" else (pits - 0.5) ** 2 - 1.0 / 12.0


@lru_cache(maxsize=256)
def _law(count: int, width: int, horizon: int, moment: str) -> Floats:
    """|statistic| of right forecasts, sorted, (DRAWS,)."""
    luck = generator(0, "null law", count, width, horizon, moment)
    errors = _errors(luck, DRAWS, 1, count, horizon, 0.0, OVERLAP)[:, 0]
    series = errors if moment == "level" else _moment(special.ndtr(errors), moment)
    return np.sort(np.abs(t_statistic(series, width)))


def _errors(
    luck: np.random.Generator, draws: int, places: int, count: int, horizon: int, rho: float, overlap: float
) -> Floats:
    """Standard normal h-step errors, (draws, places, count), moving averages over the horizon."""
    shape = (draws, places, count + horizon - 1)
    shocks = np.sqrt(1.0 - rho) * luck.standard_normal(shape)
    if rho > 0:
        shocks += np.sqrt(rho) * luck.standard_normal((draws, 1, count + horizon - 1))
    weights = overlap ** np.arange(horizon)
    weights = weights / np.sqrt(np.sum(weights**2))
    total = np.zeros((draws, places, count))
    for lag, weight in enumerate(weights):
        begin = horizon - 1 - lag
        total += weight * shocks[..., begin : begin + count]
    return total


@lru_cache(maxsize=1024)
def _coverage_law(count: int, horizon: int, places: int, level: float, rho_steps: int) -> Floats:
    luck = generator(0, "coverage law", count, horizon, places, f"{level:g}", rho_steps)
    bound = special.ndtri(0.5 + level / 2.0)
    draws = CLUSTER_DRAWS if places > 1 else DRAWS
    shares, chunk = [], max(1, 2_000_000 // (places * count))
    for begin in range(0, draws, chunk):
        size = min(chunk, draws - begin)
        errors = _errors(luck, size, places, count, horizon, rho_steps * RHO_STEP, 1.0)
        shares.append((np.abs(errors) < bound).mean(axis=(1, 2)))
    return np.sort(np.concatenate(shares))


def _together(pits: Floats) -> float:
    """Correlation between places of the probits of PITs (origins, places), between 0 and 1.

    The larger of their mean correlation and the root of that of the folded PITs |u - 1/2|, which does not cancel where
    some places move against the others: whether an interval holds does not ask on which side.
    """
    signed = _mean_correlation(special.ndtri(np.clip(pits, 1e-4, 1.0 - 1e-4)))
    folded = _mean_correlation(np.abs(pits - 0.5) - 0.25)
    return float(np.clip(max(signed, np.sqrt(max(folded, 0.0))), 0.0, 1.0))


def _mean_correlation(values: Floats) -> float:
    """Mean product of pairs of places over the mean square, about zero, of values (origins, places)."""
    counted = np.isfinite(values).sum(axis=1)
    squares, sums = np.nansum(values**2, axis=1), np.nansum(values, axis=1)
    pairs = float(np.sum(counted * (counted - 1)))
    own = float(np.sum(squares) / max(counted.sum(), 1))
    return float(np.sum(sums**2 - squares) / pairs / own) if pairs and own else 0.0


def _p_value(statistic: float, law: Floats) -> float:
    return float((1 + len(law) - np.searchsorted(law, statistic)) / (len(law) + 1))
