"""Coefficients are drawn with the spread that their table gives, together, and within their bounds."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest

from ecosim.calibration.estimate import from_table


class Rule(NamedTuple):
    """Two coefficients."""

    level: float
    slope: float


ROWS = {
    "level": {"mean": 2.0, "sd": 0.5, "source": "assumption: test"},
    "slope": {"mean": -1.0, "sd": 0.1, "source": "counts: test"},
}


def draws(estimate, count=4000):
    luck = np.random.default_rng(1)
    return np.array([estimate.draw(luck) for _ in range(count)])


def test_draws_have_the_mean_and_the_deviation_of_the_table():
    estimate = from_table("rule", Rule, ROWS)
    found = draws(estimate)
    assert estimate.center == Rule(2.0, -1.0)
    assert estimate.kinds == ("assumption", "counts")
    assert np.all(np.abs(found.mean(axis=0) - [2.0, -1.0]) < 4 * np.array([0.5, 0.1]) / np.sqrt(4000))
    assert found.std(axis=0) == pytest.approx([0.5, 0.1], rel=0.05)  # 4.5 standard errors
    assert abs(np.corrcoef(found.T)[0, 1]) < 0.07


def test_coefficients_that_were_fitted_together_are_drawn_together():
    together = np.array([[0.25, 0.04], [0.04, 0.01]])  # correlation 0.8
    found = draws(replace(from_table("rule", Rule, ROWS), covariance=together))
    assert np.cov(found.T) == pytest.approx(together, rel=0.1)


def test_draws_beyond_a_bound_stand_at_it():
    found = draws(from_table("rule", Rule, {**ROWS, "level": {**ROWS["level"], "least": 1.5, "most": 2.0}}))
    assert (found[:, 0].min(), found[:, 0].max()) == (1.5, 2.0)
    assert np.mean(found[:, 0] == 2.0) == pytest.approx(0.5, abs=0.04)
