"""Scores as arrays: one panel (models, places, origins) for each score, target and horizon."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import repeat

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecosim.forecast.evaluation.forecaster import Floats

Judged = Callable[[str, int], Iterable[Floats]]  # target, horizon -> a panel (models, places, origins) for each origin
ALL = "all"  # in the place of a target: every target of every location is a place of its own
BEST_SO_FAR = "best_so_far"
NEEDED = 0.9  # share of the baseline's cells that a method must have to be chosen as the best so far


@dataclass(frozen=True)
class Panels:
    """All scores of a run on the same axes. values: by (score, target, horizon), each (models, places, origins).

    origins: as the data write them; steps: their numbers. A cell without a score is NaN.
    """

    models: tuple[str, ...]
    targets: tuple[str, ...]
    locations: tuple[str, ...]
    origins: tuple[str, ...]
    steps: NDArray[np.int64]
    horizons: tuple[int, ...]
    values: Mapping[tuple[str, str, int], Floats]

    def get(self, score: str, target: str, horizon: int) -> Floats | None:
        """A panel, None where the score is nowhere; for ALL the panels of the targets, one above the other."""
        if target != ALL:
            return self.values.get((score, target, horizon))
        found = [self.values.get((score, each, horizon)) for each in self.targets]
        there = next((each for each in found if each is not None), None)
        if there is None:
            return None
        return np.concatenate([np.full_like(there, np.nan) if each is None else each for each in found], axis=1)

    @property
    def shape(self) -> tuple[int, int, int]:
        """That of each panel."""
        return len(self.models), len(self.locations), len(self.origins)

    def copies(self, target: str) -> int:
        """How often each location stands in a panel."""
        return len(self.targets) if target == ALL else 1


def arrange(scores: pd.DataFrame, models: Sequence[str], steps: Mapping[str, int]) -> Panels:
    """Panels of a table of scores; models: in the order of the run; steps: number of each origin."""
    present = set(scores["model"].unique())
    axes = (
        pd.Index([model for model in models if model in present]),
        pd.Index(sorted(scores["location"].unique())),
        pd.Index(sorted(scores["origin"].unique(), key=lambda origin: steps[origin])),
    )
    shape = tuple(len(axis) for axis in axes)
    values = {}
    for key, rows in scores.groupby(["score", "target", "horizon"], sort=True, observed=True):
        score, target, horizon = (str(part) for part in key)
        panel = np.full(shape, np.nan)
        names = (rows["model"], rows["location"], rows["origin"])
        at = tuple(axis.get_indexer(pd.Index(column.astype(str))) for axis, column in zip(axes, names, strict=True))
        panel[at] = rows["value"].to_numpy()
        values[score, target, int(horizon)] = panel
    return Panels(
        models=tuple(axes[0]),
        targets=tuple(sorted(map(str, scores["target"].unique()))),
        locations=tuple(axes[1]),
        origins=tuple(axes[2]),
        steps=np.array([steps[origin] for origin in axes[2]]),
        horizons=tuple(sorted({horizon for _, _, horizon in values})),
        values=values,
    )


def with_best_so_far(
    panels: Panels, baseline: str, candidates: Sequence[str], score: str = "wis", judged: Judged | None = None
) -> Panels:
    """One more model: at each origin, for each target and horizon, the candidate that was best at earlier origins.

    Best: least geometric mean over locations of its mean score over the baseline's, at those origins whose figure at
    this horizon was known by then; only candidates with a forecast for nearly all of these cells. The baseline where
    nothing can be judged yet, and where the chosen one has no forecast. judged: the score as each origin could tell
    it; None: as it stands in the panels.
    """
    if baseline not in panels.models:
        return panels
    base = panels.models.index(baseline)
    choices = best_so_far(panels, baseline, candidates, score, judged)
    values = {}
    for (name, target, horizon), panel in panels.values.items():
        taken = np.stack([panel[model, :, at] for at, model in enumerate(choices[target, horizon])], axis=1)
        taken = np.where(np.isfinite(taken), taken, panel[base])
        values[name, target, horizon] = np.concatenate([panel, taken[None]])
    return replace(panels, models=(*panels.models, BEST_SO_FAR), values=values)


def best_so_far(
    panels: Panels, baseline: str, candidates: Sequence[str], score: str = "wis", judged: Judged | None = None
) -> dict[tuple[str, int], list[int]]:
    """Index of the model that each origin would have chosen, by target and horizon."""
    base, rows = panels.models.index(baseline), [panels.models.index(name) for name in candidates]
    choices = {}
    for target, horizon in {key[1:]: None for key in panels.values}:
        panel = panels.values.get((score, target, horizon), np.full(panels.shape, np.nan))
        seen = repeat(panel) if judged is None else judged(target, horizon)
        choices[target, horizon] = [
            _choose(each, rows, base, panels.steps + horizon <= step)
            for step, each in zip(panels.steps, seen, strict=False)
        ]
    return choices


def _choose(panel: Floats, rows: list[int], base: int, earlier: NDArray[np.bool_]) -> int:
    best, least = base, 0.0
    wanted = int(np.isfinite(panel[base][:, earlier]).sum())
    for row in rows:
        if row == base or not wanted:
            continue
        both = np.isfinite(panel[row][:, earlier]) & np.isfinite(panel[base][:, earlier])
        if both.sum() < NEEDED * wanted:
            continue
        mine, other = (np.where(both, panel[each][:, earlier], 0.0).sum(axis=1) for each in (row, base))
        ratio = np.log(mine[other > 0] / other[other > 0])
        value = float(ratio[np.isfinite(ratio)].mean()) if np.isfinite(ratio).any() else 0.0
        if value < least:
            best, least = row, value
    return best
