"""The median of the other methods, quantile by quantile."""

from collections.abc import Mapping

import numpy as np

from ecosim.forecast.evaluation.forecaster import Floats, NoForecast

LEAST = 2


def quantile_median(others: Mapping[str, Floats]) -> Floats:
    """At each step and each of the samples' quantile levels the median over methods; (samples, steps).

    A path keeps the ranks that the path of the same number has under the first method, so that steps hang together as
    they do there. others: paths (samples, steps) by method. Raises NoForecast with fewer than two.
    """
    if len(others) < LEAST:
        raise NoForecast(f"needs {LEAST} other forecasts, has {len(others)}")
    paths = list(others.values())
    middle = np.median(np.stack([np.sort(each, axis=0) for each in paths]), axis=0)
    ranks = np.argsort(np.argsort(paths[0], axis=0, kind="stable"), axis=0, kind="stable")
    return np.take_along_axis(middle, ranks, axis=0)
