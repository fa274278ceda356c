"""The tests of a backtest as one table: equal skill, confidence set, bias, coverage, calibration."""

import numpy as np
import pandas as pd

from ecosim.forecast.evaluation import significance
from ecosim.forecast.evaluation.confidence_set import confidence_set
from ecosim.forecast.evaluation.forecaster import Floats, generator
from ecosim.forecast.evaluation.marks import INTERVALS
from ecosim.forecast.evaluation.panels import ALL, BEST_SO_FAR, Panels
from ecosim.forecast.evaluation.significance import Verdict

COLUMNS = ["model", "target", "horizon", "score", "test", "relative_to", "statistic", "p_value", "origins"]
SCORE = "wis"
COMPLETE = 0.9  # share of the cells that a model of the confidence set must have


def tests(panels: Panels, relative_to: tuple[str, ...], seed: int) -> pd.DataFrame:
    """Every test for every model, target (and all targets) and horizon (COLUMNS); p_value NaN: too few origins."""
    rows: list[tuple[object, ...]] = []
    targets = (*panels.targets, ALL) if len(panels.targets) > 1 else panels.targets
    for target in targets:
        for horizon in panels.horizons:
            losses = panels.get(SCORE, target, horizon)
            if losses is None:
                continue
            rows += _equal_skill(panels, losses, relative_to, target, horizon)
            rows += _confidence_set(panels, losses, target, horizon, seed)
            rows += _calibration(panels, target, horizon, seed)
    return pd.DataFrame(rows, columns=COLUMNS)


def differences(first: Floats, second: Floats) -> Floats:
    """Difference of losses by origin, (origins with a common cell,): mean over places, each over its mean loss."""
    both = np.isfinite(first) & np.isfinite(second)
    middle = np.where(both, (first + second) / 2.0, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = middle.sum(axis=1) / both.sum(axis=1)
        share = np.where(both & (scale[:, None] > 0), (first - second) / scale[:, None], np.nan)
    there = np.isfinite(share)
    kept = there.any(axis=0)
    return np.where(there, share, 0.0).sum(axis=0)[kept] / there.sum(axis=0)[kept]


def _equal_skill(
    panels: Panels, losses: Floats, relative_to: tuple[str, ...], target: str, horizon: int
) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for reference in relative_to:
        if reference not in panels.models:
            continue
        other = losses[panels.models.index(reference)]
        for model, mine in zip(panels.models, losses, strict=True):
            gap = differences(mine, other)
            if model != reference and len(gap) and np.any(gap != 0):
                verdict = significance.diebold_mariano(gap, horizon)
                rows.append((model, target, horizon, SCORE, "diebold_mariano", reference, *verdict))
    return rows


def _confidence_set(panels: Panels, losses: Floats, target: str, horizon: int, seed: int) -> list[tuple[object, ...]]:
    there = np.isfinite(losses)
    most = there.sum(axis=(1, 2)).max()
    named = [at for at, model in enumerate(panels.models) if model != BEST_SO_FAR]
    models = [at for at in named if there[at].sum() >= COMPLETE * most]
    both = there[models].all(axis=0)
    chosen = np.where(both, losses[models], 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = chosen.mean(axis=0).sum(axis=1) / both.sum(axis=1)  # (places,)
    usable = both & (scale > 0)[:, None]
    kept = usable.any(axis=0)
    if not kept.any():
        return []  # nobody has an error, so there is nothing to choose by
    shares = np.where(usable, chosen / np.where(scale > 0, scale, 1.0)[None, :, None], 0.0).sum(axis=1)
    by_origin = (shares[:, kept] / usable.sum(axis=0)[kept]).T  # (origins, models)
    luck = generator(seed, "confidence set", target, horizon)
    p_values = confidence_set(by_origin, horizon, luck)
    return [
        (panels.models[at], target, horizon, SCORE, "confidence_set", "", float(by_origin[:, row].mean()),
         float(p_values[row]), len(by_origin))
        for row, at in enumerate(models)
    ]  # fmt: skip


def _calibration(panels: Panels, target: str, horizon: int, seed: int) -> list[tuple[object, ...]]:
    pits = panels.get("pit", target, horizon)
    if pits is None:
        return []
    rows: list[tuple[object, ...]] = []
    for at, model in enumerate(panels.models):
        mine = pits[at].T  # (origins, places)
        if not np.isfinite(mine).any():
            continue
        found: list[tuple[str, str, Verdict]] = [
            ("bias", "bias", significance.bias_test(mine, horizon)),
            ("pit", "pit", significance.pit_test(mine, horizon)),
        ]
        for percent in INTERVALS:
            name = f"coverage_{percent}"
            hits = panels.get(name, target, horizon)
            assert hits is not None  # every forecast with a PIT has it
            verdict = significance.coverage_test(hits[at].T, mine, percent / 100, horizon, seed, model, target, name)
            found.append((name, "coverage", verdict))
        rows += [(model, target, horizon, score, test, "", *verdict) for score, test, verdict in found]
    return rows
