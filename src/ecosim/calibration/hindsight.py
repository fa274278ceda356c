"""How much drift to trust and how wide to be, judged on forecasts from earlier origins of the same panel."""

from functools import lru_cache
from math import fsum
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from ecosim.calibration.increments import BREAKS, TOGETHER, Moments, moments, usable_increments

Floats = NDArray[np.float64]

DAMPINGS = np.linspace(0.0, 1.0, 11)
DAMPING_PRIOR = 0.75, 0.25  # mean and sd of the normal, cut to [0, 1]; an assumption, see docs/calibration.md
UNJUDGED = 0.5  # share of a year's drift that is kept where no earlier origin judges it; an assumption
COMMON_DF = 3.0  # prior degrees of freedom of the common shock; set by hand
COMMON_SD = 0.08  # prior sd of the common shock, log points a year; set by hand
LOCAL_T_DF = 5.0  # local shocks are Student t with 5 degrees of freedom
SCALE_WEIGHT = 4.0  # origins that the prior scale of 1 is worth; set by hand
SCALE_FLOOR = 0.85  # chosen after seeing that without it intervals covered too little; set by hand
LEAST_INCREMENTS = 2  # an earlier origin needs a drift and one common shock
LEVELS = np.array([0.01, 0.025, *np.round(np.arange(0.05, 0.96, 0.05), 2), 0.975, 0.99])  # the 23 hub quantiles


class Hindsight(NamedTuple):
    """Damping and scale by horizon, and on how many earlier origins they rest."""

    damping: Floats  # (horizon,)
    scale: Floats  # (horizon,)
    origins: NDArray[np.int64]  # (horizon,)


def look_back(levels: pd.DataFrame, target: str, horizon: int, common_sd: float = COMMON_SD) -> Hindsight:
    """Average damping by what its WIS was at earlier origins, then take the scale of mean squared standardized error.

    levels: log levels, years x places, known at the present origin. Where no earlier origin reaches a horizon, the
    scale is 1 and half a year's drift is added to that of the horizon before. Damped drift never shrinks with the
    horizon: a median path must not turn back because fewer origins judge the longer one. WIS is on logs, so that a
    large place does not decide alone. common_sd: prior of the common shock.
    """
    past = [
        (int(year), moments(levels.loc[:year], target))
        for year in levels.index[:-1]
        if levels.loc[year].notna().any() and len(usable_increments(levels.loc[:year], target)) >= LEAST_INCREMENTS
    ]
    damping, scale, origins = np.zeros(horizon), np.ones(horizon), np.zeros(horizon, dtype=np.int64)
    for step in range(1, horizon + 1):
        cases = [case for year, known in past if (case := _change(levels, known, target, year, step))]
        origins[step - 1] = len(cases)
        before = damping[step - 2] * (step - 1) if step > 1 else 0.0
        if not cases:
            damping[step - 1] = (before + UNJUDGED) / step
            continue
        losses = np.array([np.mean([_wis(*case, step, a, common_sd) for case in cases]) for a in DAMPINGS])
        damping[step - 1] = max(averaged_damping(losses, len(cases)), before / step)
        squares = [_squared_error(*case, step, damping[step - 1], common_sd) for case in cases]
        scale[step - 1] = max(SCALE_FLOOR, np.sqrt((SCALE_WEIGHT + fsum(squares)) / (SCALE_WEIGHT + len(squares))))
    return Hindsight(damping, scale, origins)


def averaged_damping(losses: Floats, origins: int) -> float:
    """Posterior mean of damping. losses: mean WIS by damping, as DAMPINGS; origins: over how many.

    The prior times the losses to the power of minus the origins: the profile likelihood of one error of Laplace's law
    an origin. With a handful of origins the least loss alone is luck.
    """
    mean, sd = DAMPING_PRIOR
    evidence = -origins * np.log(losses) - ((DAMPINGS - mean) / sd) ** 2 / 2.0
    weights = np.exp(evidence - evidence.max())
    return float(np.sum(weights * DAMPINGS) / np.sum(weights))


def predictive(known: Moments, step: int, damping: float, common_sd: float = COMMON_SD) -> tuple[Floats, Floats, float]:
    """Center (P,), sd (P,) and degrees of freedom of the log growth over `step` years, before the scale.

    The sum of a common t, local t and normal parts is taken as one t with the same variance and mean kurtosis.
    """
    freedom = COMMON_DF + len(known.years) - 1
    spread = step * (1.0 + damping**2 * step / len(known.years))
    common = known.common_variance(damping, COMMON_DF, common_sd) * spread * freedom / max(freedom - 2.0, 0.5)
    local = step * known.local_variance
    other = (damping * step * known.drift_sd) ** 2 + 2.0 * known.noise_variance
    total = common + local + other
    kurtosis = (common**2 * 6.0 / max(freedom - 4.0, 0.5) + local**2 * 6.0 / (LOCAL_T_DF - 4.0) / step) / total**2
    return damping * step * known.drift, np.sqrt(total), 4.0 + 6.0 / float(np.mean(kurtosis))


def _change(levels: pd.DataFrame, known: Moments, target: str, year: int, step: int) -> tuple[Moments, Floats] | None:
    """The observed log growth (P,) from an earlier origin, or nothing where too few know it.

    What one place of several did alone does not judge the forecasts of all, nor does growth over a declared break.
    """
    if year + step not in levels.index or any(year < broken <= year + step for broken in BREAKS.get(target, ())):
        return None
    places = list(known.locations)
    change: Floats = levels.loc[year + step, places].to_numpy(float) - levels.loc[year, places].to_numpy(float)
    return (known, change) if np.isfinite(change).sum() >= min(TOGETHER, levels.shape[1]) else None


def _wis(known: Moments, change: Floats, step: int, damping: float, common_sd: float) -> float:
    center, sd, freedom = predictive(known, step, damping, common_sd)
    error = change[:, None] - (center[:, None] + sd[:, None] * _unit_quantiles(round(min(freedom, 60.0), 1)))
    return float(2.0 * np.nanmean(np.where(error >= 0, LEVELS, LEVELS - 1.0) * error))


def _squared_error(known: Moments, change: Floats, step: int, damping: float, common_sd: float) -> float:
    center, sd, _ = predictive(known, step, damping, common_sd)
    return float(np.nanmean(((change - center) / sd) ** 2))


@lru_cache(maxsize=1024)
def _unit_quantiles(freedom: float) -> Floats:
    """Quantiles of a t distribution scaled to variance 1."""
    return np.asarray(stats.t.ppf(LEVELS, freedom) * np.sqrt((freedom - 2.0) / freedom))
