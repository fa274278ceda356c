"""Grants of patents grow as the applications that they come from, whatever their own past says."""

from dataclasses import replace

import numpy as np
import pytest

from ecosim.forecast.observation import GRANTS_KEPT, faded, log_growth, observation_layer
from ecosim.forecast.shifts import GRANTED_OF


def layer(outlook, **faster):
    """What is added to the counts of a place; faster: rise of a count's yearly drift, in log points."""
    growth = dict(outlook.anchor.growth)
    for name, more in faster.items():
        own = growth[name]
        growth[name] = replace(own, drift=own.drift + more, pooled_drift=own.pooled_drift + more)
    start = replace(outlook.anchor, growth=growth)
    return observation_layer(outlook.world, start, outlook.runs, outlook.paths, 2)


@pytest.mark.parametrize(("granted", "applied"), GRANTED_OF.items())
def test_the_past_growth_of_grants_alone_does_not_carry_on(small_outlook, granted, applied):
    assert {granted, applied} <= set(small_outlook.anchor.growth)
    plain, own, theirs = (layer(small_outlook, **some) for some in ({}, {granted: 0.5}, {applied: 0.5}))
    assert own[granted] == pytest.approx(plain[granted])
    assert np.all(theirs[granted] > plain[granted] + 0.05)


def test_staff_is_lifted_from_the_models_own_growth_to_the_estimated_one(small_outlook):
    own, runs = small_outlook.anchor.growth["rd_personnel"], small_outlook.runs
    calm = replace(
        own, drift_sd=0.0 * own.drift_sd, pooled_drift_sd=0.0, local_scale=0.0 * own.local_scale,
        pooled_local_scale=0.0, common_scale=0.0 * own.common_scale, measurement_sd=0.0,
    )  # fmt: skip
    calmed = replace(small_outlook.anchor, growth={**small_outlook.anchor.growth, "rd_personnel": calm})
    added = observation_layer(small_outlook.world, calmed, runs, small_outlook.paths, 2)["rd_personnel"]
    grown = log_growth(small_outlook.world, runs, 2)["rd_personnel"]
    trend = [own.spread(small_outlook.world.region.name, step)[0] for step in (1, 2)]
    assert grown + added == pytest.approx(np.tile(trend, (len(runs), 1)))  # without any doubt about it


def test_what_grants_depart_by_themselves_fades():
    path = np.array([[1.0, 1.0, 1.0], [0.0, 2.0, 1.0]])  # cumulated
    k = GRANTS_KEPT
    assert faded(path) == pytest.approx(np.array([[1.0, k, k * k], [0.0, 2.0, 2.0 * k - 1.0]]))
