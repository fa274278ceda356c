"""Relative skill: pairwise ratios of scores on common cells, their geometric mean, and bootstrap intervals."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecosim.forecast.evaluation.forecaster import Floats, generator
from ecosim.forecast.evaluation.panels import ALL, Panels
from ecosim.forecast.evaluation.resampling import block_length, stationary_indices, weights_of

RATIOS = ("wis", "crps", "energy", "mape", "smape", "mase")  # not negative, 0 is perfect
DIFFERENCES = ("log_score",)
DRAWS = 500
LEVEL = 0.90  # of the intervals
COLUMNS = [
    "model", "target", "horizon", "score", "relative_to", "value", "lower", "upper", "cells", "locations", "origins",
]  # fmt: skip


def relative_skill(panels: Panels, relative_to: tuple[str, ...], seed: int) -> pd.DataFrame:
    """Every model's skill relative to some (COLUMNS); below 1 (log_score: below 0) is better.

    theta_ij = geometric mean over places of (mean score of i over origins / the same of j), on cells that both have;
    theta_i = geometric mean of theta_ij over all j; value = theta_i / theta_k. Where no cell is missing this is the
    ratio of the two. A method without any error has no ratio to one with errors, and no row beside it; a place in which
    one of the two has none is left out of their mean, not of cells and locations. For log_score the mean difference on
    common cells. lower, upper: 90 % interval over places drawn with replacement and origins drawn in blocks (stationary
    bootstrap), the same draws for all scores and targets; a draw in which no cells connect the two says nothing of them
    and does not count.
    The pairwise idea is that of scoringutils (get_pairwise_comparisons), which takes means over all cells.
    """
    rows = []
    targets = (*panels.targets, ALL) if len(panels.targets) > 1 else panels.targets
    references = [name for name in relative_to if name in panels.models]
    for horizon in panels.horizons:
        places, origins = draw_weights(panels, horizon, seed)
        for target in targets:
            copies = panels.copies(target)
            for score in (*RATIOS, *DIFFERENCES):
                panel = panels.get(score, target, horizon)
                if panel is None:
                    continue
                theta, linked = _theta(panel, np.tile(places, copies), origins, score in RATIOS)
                rows += _rows(panels, panel, theta, linked, references, (target, horizon, score), copies)
    return pd.DataFrame(rows, columns=COLUMNS)


def draw_weights(panels: Panels, horizon: int, seed: int) -> tuple[Floats, Floats]:
    """Weights of locations (draws + 1, locations) and origins (draws + 1, origins); the first row is the data's own."""
    count, origins = len(panels.locations), len(panels.origins)
    luck = generator(seed, "skill bootstrap", horizon)
    places = weights_of(luck.integers(0, count, (DRAWS, count)), count)
    blocks = stationary_indices(origins, block_length(origins, horizon), DRAWS, luck)
    return np.vstack([np.ones(count), places]), np.vstack([np.ones(origins), weights_of(blocks, origins)])


def _theta(panel: Floats, places: Floats, origins: Floats, ratio: bool) -> tuple[Floats, NDArray[np.int32]]:
    """log theta (ratio) or mean score in common (difference) of each model, (draws, models); NaN without cells.

    With it, (draws, models), numbers that are equal for models which pairs connect in a draw.
    """
    models = len(panel)
    pairs = np.full((models, models, len(places)), np.nan)
    for i in range(models):
        pairs[i, i] = 0.0 if np.isfinite(panel[i]).any() else np.nan
        for j in range(i):
            pairs[i, j] = _pair(panel[i], panel[j], places, origins, ratio)
            pairs[j, i] = -pairs[i, j]
    known = np.isfinite(pairs)
    total = np.where(known, pairs, 0.0).sum(axis=1)
    counted = known.sum(axis=1)
    theta = np.where(counted > 0, total / np.maximum(counted, 1), np.nan)
    theta[~np.isfinite(panel).any(axis=(1, 2))] = np.nan
    return theta.T, _linked(known)


def _linked(known: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Number of the connected part in which a model is, (draws, models); known: pairs, (models, models, draws)."""
    from scipy.sparse.csgraph import connected_components

    models = len(known)
    patterns, which = np.unique(known.reshape(models * models, -1), axis=1, return_inverse=True)
    parts = [connected_components(each.reshape(models, models), directed=False)[1] for each in patterns.T]
    return np.array(parts)[which.ravel()]


def _pair(first: Floats, second: Floats, places: Floats, origins: Floats, ratio: bool) -> Floats:
    """Mean over places of the log ratio of means over origins (or of the difference of means), (draws,)."""
    both = np.isfinite(first) & np.isfinite(second)
    mine = np.where(both, first, 0.0) @ origins.T  # (places, draws)
    other = np.where(both, second, 0.0) @ origins.T
    count = both.astype(float) @ origins.T
    usable = (mine > 0) & (other > 0) if ratio else count > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.log(mine / other) if ratio else (mine - other) / count
    weight = places.T * usable
    total = weight.sum(axis=0)
    summed = np.sum(weight * np.where(usable, value, 0.0), axis=0)
    return np.where(total > 0, summed / np.where(total > 0, total, 1.0), np.nan)


def _equal(first: Floats, second: Floats) -> bool:
    """Whether two methods have the same scores wherever both have one."""
    both = np.isfinite(first) & np.isfinite(second)
    return bool(both.any() and (first[both] == second[both]).all())


def _rows(
    panels: Panels,
    panel: Floats,
    theta: Floats,
    linked: NDArray[np.int32],
    references: list[str],
    key: tuple[str, int, str],
    copies: int,
) -> list[tuple[object, ...]]:
    target, horizon, score = key
    ratio = score in RATIOS
    rows: list[tuple[object, ...]] = []
    for reference in references:
        base = panels.models.index(reference)
        gap = theta - theta[:, [base]]
        value = np.exp(gap) if ratio else gap
        for at, model in enumerate(panels.models):
            if model == reference or not np.isfinite(value[0, at]):
                continue
            draws = value[1:, at][linked[1:, at] == linked[1:, base]]
            if linked[0, at] != linked[0, base]:
                if not _equal(panel[at], panel[base]):
                    continue
                value[0, at], draws = 1.0, np.ones(1)
            lower, upper = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
            there = np.isfinite(panel[at])
            locations = there.any(axis=1).reshape(copies, -1).any(axis=0)
            rows.append(
                (model, target, horizon, score, reference, value[0, at], lower, upper,
                 int(there.sum()), int(locations.sum()), int(there.any(axis=0).sum()))
            )  # fmt: skip
    return rows
