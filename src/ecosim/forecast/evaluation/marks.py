"""All scores of one forecast of one series, each with its Monte-Carlo error."""

from typing import NamedTuple

import numpy as np

from ecosim.forecast import scores
from ecosim.forecast.evaluation.forecaster import Floats
from ecosim.forecast.reference import QUANTILES

LEVELS = np.array(QUANTILES)
INTERVALS = (50, 80, 90, 95)  # percent, central
GROUPS = 10  # of members, left out in turn for the Monte-Carlo error
PER_STEP = (
    "wis", "crps", "log_score", *(f"coverage_{percent}" for percent in INTERVALS), "pit", "bias",
    "mape", "smape", "mase",
)  # fmt: skip
JOINT = "energy"  # of the whole path, given at its last horizon


class Marks(NamedTuple):
    """Scores by name: values and Monte-Carlo errors, each (horizons,); NaN where a score is not defined."""

    values: dict[str, Floats]
    errors: dict[str, Floats]


def quantiles(paths: Floats) -> Floats:
    """The 23 quantiles of paths (samples, horizons) -> (horizons, 23)."""
    return np.quantile(paths, LEVELS, axis=0).T


def mark(observed: Floats, paths: Floats, scale: float, counted: bool, luck: Floats) -> Marks:
    """Score paths (samples, horizons) against observed (horizons,).

    NaN in observed: not scored. scale: mean absolute step of what was known, for mase. luck: (horizons,) uniform, for
    pit. The Monte-Carlo error is the delete-a-group jackknife over interleaved tenths of the members.
    """
    known = np.isfinite(observed)
    truth, members = observed[known], paths[:, known].T
    whole = marks_of(truth, members, scale, counted, luck[known])
    size = members.shape[1] // GROUPS * GROUPS
    left = np.concatenate([np.delete(members[:, :size], np.s_[group::GROUPS], axis=1) for group in range(GROUPS)])
    again = marks_of(np.tile(truth, GROUPS), left, scale, counted, np.tile(luck[known], GROUPS))
    parts = {name: value.reshape(GROUPS, -1) for name, value in again.items()}
    values, errors = {}, {}
    for name in PER_STEP:
        values[name], errors[name] = np.full(len(observed), np.nan), np.full(len(observed), np.nan)
        values[name][known] = whole[name]
        errors[name][known] = jackknife(parts[name])
    values[JOINT], errors[JOINT] = np.full(len(observed), np.nan), np.full(len(observed), np.nan)
    if known.all():
        score, without = scores.energy(observed, paths, GROUPS)
        values[JOINT][-1], errors[JOINT][-1] = score, jackknife(without)
    return Marks(values, errors)


def jackknife(without: Floats) -> Floats:
    """Standard error from the values without each group, (groups, ...) -> (...): sqrt((g - 1) / g sum of squares)."""
    groups = len(without)
    return np.sqrt((groups - 1) / groups * np.sum((without - without.mean(axis=0)) ** 2, axis=0))


def marks_of(truth: Floats, members: Floats, scale: float, counted: bool, luck: Floats) -> dict[str, Floats]:
    """Every score per step; truth (n,), members (n, m)."""
    levels = np.concatenate([LEVELS, *([0.5 - percent / 200, 0.5 + percent / 200] for percent in INTERVALS)])
    cuts = np.quantile(members, levels, axis=1)
    middle = cuts[len(LEVELS) // 2]
    marks = {
        "wis": scores.wis(truth, cuts[: len(LEVELS)].T, LEVELS),
        "crps": scores.crps(truth, members),
        "log_score": (scores.log_score_counts if counted else scores.log_score_real)(truth, members),
        "pit": scores.pit(truth, members, luck),
        "bias": scores.bias(truth, members),
        "smape": scores.sape(truth, middle),
        "mape": np.full(len(truth), np.nan),
        "mase": np.full(len(truth), np.nan),
    }
    for place, percent in enumerate(INTERVALS):
        low, high = cuts[len(LEVELS) + 2 * place : len(LEVELS) + 2 * place + 2]
        marks[f"coverage_{percent}"] = scores.inside(truth, low, high)
    percentages = truth != 0
    marks["mape"][percentages] = scores.ape(truth[percentages], middle[percentages])
    if scale > 0:
        marks["mase"] = scores.ase(truth, middle, scale)
    return marks
