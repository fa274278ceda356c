"""Intervals with clustered errors hold what they promise where errors go together within clusters."""

import numpy as np
import pandas as pd
import pytest

from ecosim.calibration.fitting import Equation
from ecosim.calibration.fitting.design import build
from ecosim.calibration.fitting.fit import estimate

SLOPE = 0.5


def covered(clusters, times=400, errors_by="place"):
    """Share of 90 % intervals that hold the slope, of counts with a shock that lasts within a place."""
    from scipy import stats

    luck, hits = np.random.default_rng(clusters), 0
    place, year = np.repeat(np.arange(clusters), 6), np.tile(np.arange(6), clusters)
    equation = Equation(
        "covered", "y", ("x",), fixed_effects=("year",), unit="place", clusters=errors_by if errors_by else ""
    )
    for _ in range(times):
        x = luck.normal(size=clusters)[place] + 0.3 * luck.normal(size=len(place))
        shock = 0.5 * luck.normal(size=clusters)[place]
        data = pd.DataFrame({"place": place, "year": year, "x": x})
        data["y"] = luck.poisson(np.exp(2.0 + SLOPE * x + shock))
        result = estimate(equation, build(equation, data))
        wide = stats.t.ppf(0.95, result.freedom) * result.std_error[0]
        hits += abs(result.estimate[0] - SLOPE) <= wide
    return hits / times


@pytest.mark.slow
def test_ninety_percent_intervals_by_clusters_cover_about_ninety_percent():
    assert 0.86 <= covered(60) <= 0.93  # three standard errors of 400 are 0.045


@pytest.mark.slow
def test_intervals_without_clusters_are_far_too_narrow():
    assert covered(60, 200, errors_by="") < 0.7
