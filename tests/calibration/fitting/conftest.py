"""Made tables for the fitting tests, and how far an estimate may lie from what made it."""

import numpy as np
import pandas as pd
import pytest


def panel(seed, units=60, years=8, spread=0.6):
    """A panel with two drivers, effects of unit and year, and nothing counted yet: columns firm, year, x, z, effect."""
    luck = np.random.default_rng(seed)
    firm, year = np.repeat(np.arange(units), years), np.tile(np.arange(years), units)
    own, common = luck.normal(0, 0.5, units), luck.normal(0, 0.2, years)
    x = luck.normal(0, spread, len(firm)) + 0.5 * own[firm]
    z = luck.normal(0, spread, len(firm)) + common[year]
    return pd.DataFrame({"firm": firm, "year": 2000 + year, "x": x, "z": z, "effect": own[firm] + common[year]})


@pytest.fixture(scope="session")
def made():
    return panel


@pytest.fixture(scope="session")
def near():
    """Whether the mean z-score of a slope over seeds is that of an unbiased estimate with a right standard error."""

    def check(pairs, truth):
        scores = np.array([(estimate - truth) / error for estimate, error in pairs])
        assert abs(scores.mean()) < 3 / np.sqrt(len(scores)), scores.round(2)
        assert np.abs(scores).max() < 4.5, scores.round(2)
        assert 0.3 < scores.std() < 2.0, scores.round(2)

    return check
