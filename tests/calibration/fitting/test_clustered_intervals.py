"""How often 90 % intervals hold the slope where errors go together within clusters, as docs/equations.md says."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ecosim.calibration.fitting import Equation
from ecosim.calibration.fitting.design import build
from ecosim.calibration.fitting.fit import estimate

SLOPE = 0.5
YEARS = 8


def lasting(luck, places, sd, share):
    """A shock by place and year whose part `share` of the variance lasts from year to year, (places * YEARS,)."""
    own, new = luck.normal(size=(places, 1)), luck.normal(size=(places, YEARS))
    walk = np.cumsum(new, axis=1) / np.sqrt(np.arange(1, YEARS + 1))
    return sd * (np.sqrt(share) * own + np.sqrt(1 - share) * walk).ravel()


def covered(places, times, effects, clusters="place", share=0.5):
    """Share of intervals that hold the slope of counts whose driver and shock both last."""
    luck, hits = np.random.default_rng(places), 0
    place, year = np.repeat(np.arange(places), YEARS), np.tile(np.arange(YEARS), places)
    equation = Equation("covered", "y", ("x",), fixed_effects=effects, unit="place", clusters=clusters)
    for _ in range(times):
        x = lasting(luck, places, 0.7, share)
        data = pd.DataFrame({"place": place, "year": year, "x": x})
        data["y"] = luck.poisson(np.exp(3.0 + SLOPE * x + lasting(luck, places, 0.4, share)))
        result = estimate(equation, build(equation, data))
        hits += abs(result.estimate[0] - SLOPE) <= stats.t.ppf(0.95, result.freedom) * result.std_error[0]
    return hits / times


@pytest.mark.slow
def test_within_places_clustered_intervals_cover_nearly_what_they_promise():
    assert 0.86 <= covered(60, 300, ("place", "year")) <= 0.94


@pytest.mark.slow
def test_between_places_clustered_intervals_are_somewhat_too_narrow_and_unclustered_ones_useless():
    clustered, alone = covered(60, 300, ("year",)), covered(60, 300, ("year",), clusters="")
    assert 0.78 <= clustered <= 0.93
    assert alone < clustered - 0.15
