"""Every reference forecast by its name, each as a Forecaster."""

import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ecosim.forecast.evaluation.forecaster import (
    Ahead,
    Floats,
    Forecaster,
    History,
    Known,
    NoForecast,
    Paths,
    Series,
    generator,
)
from ecosim.forecast.references.ar1 import ar1
from ecosim.forecast.references.arima import arima
from ecosim.forecast.references.bass import bass
from ecosim.forecast.references.case import Case
from ecosim.forecast.references.drift import drift
from ecosim.forecast.references.ets import ets
from ecosim.forecast.references.firm_model import GROWING, FirmModel
from ecosim.forecast.references.historical_mean import historical_mean
from ecosim.forecast.references.last_value import last_value
from ecosim.forecast.references.local_linear_trend import local_linear_trend
from ecosim.forecast.references.nb_trend import nb_trend
from ecosim.forecast.references.pooled import Pooled
from ecosim.forecast.references.seasonal_naive import seasonal_naive
from ecosim.forecast.references.var1 import var1

Method = Callable[[Case], Floats]
ENSEMBLE = "ensemble"
STACKED, PLAIN = "ecosim_stacked", "ecosim_stacked_plain"  # evaluation/stacking.py, with and without recalibration
FAILURES = (
    ArithmeticError,
    ValueError,
    RuntimeError,
)  # what libraries raise for a series they cannot fit; told as missing

METHODS: dict[str, Method] = {
    method.__name__: method
    for method in (
        last_value,
        drift,
        historical_mean,
        ar1,
        ets,
        arima,
        local_linear_trend,
        nb_trend,
        bass,
        var1,
        seasonal_naive,
    )
}
NAMES = (*METHODS, Pooled.name, ENSEMBLE, FirmModel.name, STACKED, PLAIN)
OURS = (FirmModel.name, STACKED, PLAIN)  # what the references are there to be beaten by


@dataclass(frozen=True)
class Single:
    """A method for one series at a time, as a Forecaster."""

    name: str
    method: Method
    scope: Literal["place", "panel"] = "place"

    def fit(self, history: History, wanted: Sequence[Series], ahead: Ahead) -> Mapping[Series, Paths | NoForecast]:
        """Paths of every wanted series, each with luck of its own."""
        return {series: self._one(history, series, ahead) for series in wanted}

    def _one(self, history: History, series: Series, ahead: Ahead) -> Paths | NoForecast:
        location, target = series
        known = history.series[series]
        luck = generator(ahead.seed, self.name, location, target, history.origin)
        case = Case(known, history.beside(location, target), ahead.steps + known.lag, ahead.samples, luck)
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            try:
                values = self.method(case)[:, known.lag :]
            except NoForecast as reason:
                return reason
            except FAILURES as error:
                return NoForecast(f"failed: {type(error).__name__}: {error}")
        if not np.isfinite(values).all():
            return NoForecast("failed: some of its paths are not finite")
        return Paths(known.exact(values), _said(heard))


def _said(heard: list[warnings.WarningMessage]) -> tuple[str, ...]:
    """Each warning once, as one line: its kind and first sentence."""
    lines = (f"{each.category.__name__}: {' '.join(str(each.message).split())[:200]}" for each in heard)
    return tuple(dict.fromkeys(lines))


def build(names: Sequence[str]) -> tuple[Forecaster, ...]:
    """The forecasters behind names of NAMES; those that combine others are none (quantile_median, stacking)."""
    found: list[Forecaster] = [Single(name, METHODS[name]) for name in names if name in METHODS]
    panel: list[Forecaster] = [Pooled(), FirmModel()]
    return (*found, *(each for each in panel if each.name in names))


def usual(season: int, targets: Collection[str]) -> tuple[str, ...]:
    """What runs without a choice: the seasonal one with a season, the firm model on yearly counts of its own."""
    left_out = {seasonal_naive.__name__} if season == 1 else set()
    if season > 1 or not set(targets) & set(GROWING):
        left_out |= set(OURS)
    return tuple(name for name in NAMES if name not in left_out)


__all__ = ["ENSEMBLE", "METHODS", "NAMES", "OURS", "Known", "Single", "build", "usual"]
