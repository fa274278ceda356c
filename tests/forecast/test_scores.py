"""Scores against hand calculations and an independent implementation."""

import numpy as np
import pytest
import scoringrules

from ecosim.forecast.reference import QUANTILES
from ecosim.forecast.scores import ape, coverage, crps, wis

LEVELS = np.array(QUANTILES)


def test_wis_of_one_interval_and_a_median_by_hand():
    # median 10, 90 % interval [4, 20], observed 24: interval score 16 + (2 / 0.1) * 4 = 96
    expected = (0.5 * 14 + 0.05 * 96) / 1.5
    assert wis(np.array([24.0]), np.array([[4.0, 10.0, 20.0]]), np.array([0.05, 0.5, 0.95])) == pytest.approx(expected)


def test_wis_agrees_with_the_compiled_implementation_of_scoringrules():
    luck = np.random.default_rng(0)
    quantiles, observed = np.sort(luck.normal(5, 3, (20, 23))), luck.normal(5, 3, 20)
    other = scoringrules.weighted_interval_score(
        observed, quantiles[:, 11], quantiles[:, :11], quantiles[:, :11:-1], 2 * LEVELS[:11], backend="numba"
    )
    assert wis(observed, quantiles, LEVELS) == pytest.approx(other)


def test_wis_refuses_levels_without_their_mirror():
    with pytest.raises(ValueError, match="not symmetric"):
        wis(np.array([1.0]), np.array([[1.0, 2.0]]), np.array([0.1, 0.5]))


def test_fair_crps_by_hand():
    # members 1 and 3, observed 2: mean distance 1, half the mean distance between the two 1
    assert crps(np.array([2.0]), np.array([[1.0, 3.0]])) == pytest.approx(0.0)
    assert crps(np.array([5.0]), np.array([[1.0, 3.0]])) == pytest.approx(3.0 - 1.0)


def test_coverage_counts_the_bounds_as_inside():
    assert coverage(np.array([1.0, 2.0, 4.0]), np.array([1.0, 1.0, 1.0]), np.array([3.0, 2.0, 3.0])) == 2 / 3


def test_percentage_error_of_zero_is_refused():
    assert ape(np.array([100.0]), np.array([80.0])) == pytest.approx(20.0)
    with pytest.raises(ValueError, match="zero"):
        ape(np.array([0.0]), np.array([1.0]))
