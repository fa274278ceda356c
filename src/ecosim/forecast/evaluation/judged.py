"""Scores of earlier forecasts as each origin could tell them: against the figures that had been published by then."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecosim.forecast.evaluation.forecaster import Floats
from ecosim.forecast.evaluation.grid import Grid, truth_after
from ecosim.forecast.evaluation.marks import LEVELS
from ecosim.forecast.evaluation.panels import Panels
from ecosim.forecast.evaluation.race import Course
from ecosim.forecast.scores import wis


@dataclass(frozen=True)
class JudgedAtOrigins:
    """The weighted interval scores of a run as its origins could tell them. forecasts: all quantiles of its methods."""

    course: Course
    panels: Panels
    forecasts: pd.DataFrame

    def __call__(self, target: str, horizon: int) -> Iterator[Floats]:
        """A panel (models, places, origins) for each origin: NaN where the figure had not been published by then.

        Where it is that of the truth, the score is the one in the panels.
        """
        final, scores = self._figures(self.course.grid, target, horizon), self.panels.values["wis", target, horizon]
        known = [self._figures(self.course.published[step], target, horizon) for step in self.panels.steps]
        revised = [np.isfinite(each) & (each != final) for each in known]
        cuts = self._quantiles(target, horizon) if np.any(revised) else None
        for figures, other in zip(known, revised, strict=True):
            panel = np.where(figures == final, scores, np.nan)
            if cuts is not None:
                panel[:, other] = [wis(figures[other], each, LEVELS) for each in cuts[:, other]]
            yield panel

    def _figures(self, grid: Grid, target: str, horizon: int) -> Floats:
        """Outcomes, (places, origins)."""
        found = np.full(self.panels.shape[1:], np.nan)
        for row, place in enumerate(self.panels.locations):
            if (place, target) in grid.truth:
                found[row] = truth_after(grid, (place, target), self.panels.steps, horizon)
        return found

    def _quantiles(self, target: str, horizon: int) -> Floats:
        """Of every forecast, (models, places, origins, 23)."""
        rows = self.forecasts[(self.forecasts["target"] == target) & (self.forecasts["horizon"] == horizon)]
        axes = {"model": self.panels.models, "location": self.panels.locations, "origin": self.panels.origins}
        at = np.stack([pd.Index(names).get_indexer(pd.Index(rows[axis].astype(str))) for axis, names in axes.items()])
        levels, there = np.searchsorted(LEVELS, rows["quantile"].to_numpy() - 1e-9), (at >= 0).all(axis=0)
        found = np.full((*self.panels.shape, len(LEVELS)), np.nan)
        found[(*at[:, there], levels[there])] = rows["value"].to_numpy()[there]
        return found
