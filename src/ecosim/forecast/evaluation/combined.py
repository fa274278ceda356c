"""The combined forecasts as rows of a backtest, beside those of the methods that they combine."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from ecosim.forecast.evaluation import grid
from ecosim.forecast.evaluation.cells import COLUMNS, MISSING, QUANTILE
from ecosim.forecast.evaluation.forecaster import Floats, History, Scale, Series, generator
from ecosim.forecast.evaluation.marks import LEVELS, PER_STEP, marks_of
from ecosim.forecast.evaluation.stacking import LEADER, Deck, combine, decks
from ecosim.forecast.references.shelf import PLAIN, STACKED
from ecosim.forecast.scores import crps_of_quantiles, naive_scale

if TYPE_CHECKING:
    from ecosim.forecast.evaluation.race import Course

WEIGHTS = ["origin", "target", "horizon", "model", "weight"]
ABSENT = f"{LEADER} has no forecast here"


def combined(course: "Course", forecasts: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows (cells.COLUMNS) of the combined methods that the plan names, and the weights behind them (WEIGHTS).

    forecasts: every quantile of the other methods. The Monte-Carlo error is not given, since quantiles are combined;
    nor is the energy score, since they have no paths.
    """
    wanted = [name for name in (PLAIN, STACKED) if name in course.plan.models]
    if not wanted or LEADER not in set(forecasts["model"].astype(str)):
        return pd.DataFrame(columns=COLUMNS), pd.DataFrame(columns=WEIGHTS)
    plan, laid = course.plan, course.grid
    steps = dict(zip(course.labels, course.origins, strict=True))
    seen = {name: grid.history_at(laid, step, plan.window, plan.least_history) for name, step in steps.items()}
    scales = _scales(list(seen.values()))
    truth = {
        series: {
            (step, horizon): float(grid.truth_after(laid, series, step, (horizon,))[0])
            for step in course.origins
            for horizon in plan.horizons
        }
        for series in scales
    }
    others = [name for name in plan.models if name not in (PLAIN, STACKED)]
    rows: list[tuple[object, ...]] = []
    weights: list[tuple[object, ...]] = []
    for deck, series, origins in decks(forecasts, truth, scales, others, steps, course.published):
        plain, wide, learned = combine(deck)
        weights += _weights(deck, learned, series, origins)
        for name, cuts in ((PLAIN, plain), (STACKED, wide)):
            if name in wanted:
                for at, origin in enumerate(origins):
                    rows += _rows(course, seen[origin], deck, series, name, cuts[:, at], at)
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table, pd.DataFrame(weights, columns=WEIGHTS)


def _scales(histories: Sequence[History]) -> dict[Series, list[Scale]]:
    """The scale of each series at each origin; where it was not known, that of the origin before, at first the next."""
    found: dict[Series, list[Scale]] = {}
    for at, history in enumerate(histories):
        for series, known in history.series.items():
            mine = found.setdefault(series, [])
            mine += [mine[-1] if mine else known.scale] * (at - len(mine)) + [known.scale]
    return {series: mine + mine[-1:] * (len(histories) - len(mine)) for series, mine in found.items()}


def _rows(
    course: "Course", history: History, deck: Deck, series: Sequence[Series], name: str, cuts: Floats, at: int
) -> list[tuple[object, ...]]:
    """Quantiles and scores of one method at one origin; cuts: (series, 23) on the scales of that origin."""
    rows: list[tuple[object, ...]] = []
    horizon, levels = deck.horizon, (np.arange(course.plan.samples) + 0.5) / course.plan.samples
    for row, (location, target) in enumerate(series):
        known = history.series.get((location, target))
        observed = deck.truth[row, at]
        keys = (name, target, location, history.origin, horizon)
        if known is None or not np.isfinite(deck.quantiles[:, row, at, 0]).any():
            continue
        if not np.isfinite(cuts[row, 0]):
            rows.append((*keys, MISSING, np.nan, np.nan, ABSENT))
            continue
        back = known.scale.back(cuts[row])
        rows += [
            (*keys, f"{QUANTILE}{level:g}", float(value), np.nan, "") for level, value in zip(LEVELS, back, strict=True)
        ]
        if not np.isfinite(observed):
            continue
        members = known.scale.back(spread_out(cuts[row], levels))
        luck = generator(course.plan.seed, "pit", location, target, history.origin).random(horizon)[-1:]
        scale = naive_scale(known.values, known.season)
        found = marks_of(np.array([observed]), members[None], scale, known.counted, luck)
        found["crps"] = crps_of_quantiles(np.array([observed]), members[None])  # members are quantiles, not drawn
        rows += [(*keys, mark, float(found[mark][0]), np.nan, "") for mark in PER_STEP if np.isfinite(found[mark][0])]
    return rows


def spread_out(cuts: Floats, levels: Floats) -> Floats:
    """The quantile function at any levels: lines between the 23 quantiles over the normal score, and beyond."""
    x, at = stats.norm.ppf(LEVELS), stats.norm.ppf(levels)
    inside = np.interp(at, x, cuts)
    low = cuts[0] + (at - x[0]) * (cuts[1] - cuts[0]) / (x[1] - x[0])
    high = cuts[-1] + (at - x[-1]) * (cuts[-1] - cuts[-2]) / (x[-1] - x[-2])
    return np.asarray(np.where(at < x[0], low, np.where(at > x[-1], high, inside)))


def _weights(deck: Deck, learned: Floats, series: Sequence[Series], origins: Sequence[str]) -> list[tuple[object, ...]]:
    kinds = {int(kind): series[row][1] for row, kind in enumerate(deck.targets)}
    return [
        (origin, target, deck.horizon, model, float(learned[at, kind, row]))
        for at, origin in enumerate(origins)
        for kind, target in sorted(kinds.items())
        for row, model in enumerate(deck.models)
        if learned[:, :, row].any()
    ]
