"""Every reference forecast by its name, each as a Forecaster."""

import warnings
from collections.abc import Callable, Mapping, Sequence
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
from ecosim.forecast.references.historical_mean import historical_mean
from ecosim.forecast.references.last_value import last_value
from ecosim.forecast.references.local_linear_trend import local_linear_trend
from ecosim.forecast.references.nb_trend import nb_trend
from ecosim.forecast.references.pooled import Pooled
from ecosim.forecast.references.seasonal_naive import seasonal_naive
from ecosim.forecast.references.var1 import var1

Method = Callable[[Case], Floats]
ENSEMBLE = "ensemble"
FAILURES = (ArithmeticError, ValueError, RuntimeError, IndexError, NotImplementedError)  # of a fit; others are bugs

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
NAMES = (*METHODS, Pooled.name, ENSEMBLE)


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
        return Paths(values, _said(heard))


def _said(heard: list[warnings.WarningMessage]) -> tuple[str, ...]:
    """Each warning once, as one line: its kind and first sentence."""
    lines = (f"{each.category.__name__}: {' '.join(str(each.message).split())[:200]}" for each in heard)
    return tuple(dict.fromkeys(lines))


def build(names: Sequence[str]) -> tuple[Forecaster, ...]:
    """The forecasters behind names of NAMES; the ensemble is none, it combines what they give (quantile_median)."""
    found: list[Forecaster] = [Single(name, METHODS[name]) for name in names if name in METHODS]
    return (*found, Pooled()) if Pooled.name in names else tuple(found)


def usual(season: int) -> tuple[str, ...]:
    """What runs where no models are named: all but the seasonal one on data without a season."""
    return tuple(name for name in NAMES if season > 1 or name != seasonal_naive.__name__)


__all__ = ["ENSEMBLE", "METHODS", "NAMES", "Known", "Single", "build", "usual"]
