"""Growth shrunk to that of all places, with a common shock and a width learned at earlier origins."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

import numpy as np

from ecosim.calibration.growth import fit_growth
from ecosim.data.panel import CountsError
from ecosim.forecast.evaluation.forecaster import Ahead, History, NoForecast, Paths, Series


class Pooled:
    """The growth model of docs/calibration.md on its own, without firms: yearly data of several places.

    One fit per target and origin over all places, so that a place borrows the drift and the shocks of the others.
    Steps beyond the last known value only: a place whose last value is older than the others' is not forecast.
    """

    name: ClassVar[str] = "pooled"
    scope: ClassVar[Literal["place", "panel"]] = "panel"

    def fit(self, history: History, wanted: Sequence[Series], ahead: Ahead) -> Mapping[Series, Paths | NoForecast]:
        """Paths of every wanted series."""
        found: dict[Series, Paths | NoForecast] = {}
        for target in dict.fromkeys(target for _, target in wanted):
            places = [place for place, other in wanted if other == target]
            found |= self._target(history, target, places, ahead)
        return found

    def _target(
        self, history: History, target: str, places: list[str], ahead: Ahead
    ) -> dict[Series, Paths | NoForecast]:
        if len(history.origin) != len("2012"):
            return {(place, target): NoForecast("for yearly data only") for place in places}
        try:
            growth = fit_growth(history.counts, target, history.origin, horizon=ahead.steps)
        except CountsError as error:
            return {(place, target): NoForecast(str(error)) for place in places}
        found: dict[Series, Paths | NoForecast] = {}
        for place in places:
            known = history.series[place, target]
            if known.lag or known.scale.kind == "level":
                found[place, target] = NoForecast("its last value is not of the origin's year or has no logarithm")
                continue
            paths = known.scaled[-1] + growth.draw(place, ahead.samples, ahead.steps, ahead.seed + _salt(history))
            values = known.scale.back(paths)
            finite = bool(np.isfinite(values).all())
            found[place, target] = Paths(values) if finite else NoForecast("failed: some of its paths are not finite")
        return found


def _salt(history: History) -> int:
    """Different luck at different origins: the year."""
    return int(history.origin) << 32
