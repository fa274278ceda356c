"""Panels for the calibration tests: the carried one, and synthetic ones with known shocks."""

import numpy as np
import pytest
from made_counts import table

from ecosim.data import china


@pytest.fixture(scope="session")
def carried():
    return china.load()


@pytest.fixture(scope="session")
def provinces():
    return china.provinces()


@pytest.fixture(scope="session")
def made_up():
    """Counts of 60 places in 2001-2020: drift 0.10 (between places 0.04), common 0.10, local 0.12, noise 0.08."""
    luck = np.random.default_rng(7)
    places, years = 60, 20
    drift = luck.normal(0.10, 0.04, places)
    steps = drift + luck.normal(0, 0.10, (years - 1, 1)) + luck.normal(0, 0.12, (years - 1, places))
    logs = 8.0 + np.vstack([np.zeros(places), np.cumsum(steps, axis=0)]) + luck.normal(0, 0.08, (years, places))
    values = np.round(np.exp(logs))
    return table(
        [(f"place {p:02d}", 2001 + t, values[t, p]) for p in range(places) for t in range(years)], "inventions_applied"
    )
