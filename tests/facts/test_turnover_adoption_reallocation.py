"""Measures of births, deaths, adoption and reallocation on samples whose answer is known."""

import numpy as np
import pytest

from ecosim.facts import adoption, reallocation, turnover


def test_a_constant_quarterly_hazard_gives_the_same_yearly_one_at_every_age():
    exposure = np.full(40, 1000.0)
    hazards = turnover.yearly_hazards(exposure, 0.02 * exposure, (0.0, 1.0, 2.0, 7.0, 10.0))
    assert hazards == pytest.approx(np.full(4, 1 - 0.98**4))


def test_hazards_of_a_year_of_age_are_those_of_its_four_quarters():
    closed = np.array([1.0, 2.0, 3.0, 4.0, 0.0, 0.0, 0.0, 0.0])
    hazards = turnover.yearly_hazards(np.full(8, 100.0), closed, (0.0, 1.0, 2.0))
    assert hazards == pytest.approx([1 - 0.99 * 0.98 * 0.97 * 0.96, 0.0])


def test_above_a_published_lower_bound_no_hazard_is_off():
    published, bound = np.array([0.016, 0.08]), np.array([False, True])
    assert turnover.furthest_off(np.array([0.02, 0.12]), published, bound) == pytest.approx(0.004)
    assert turnover.furthest_off(np.array([0.016, 0.06]), published, bound) == pytest.approx(0.02)


def test_the_entry_rate_is_the_mean_of_the_years():
    assert turnover.entry_rate(np.array([6.0, 12.0]), np.array([100.0, 100.0])) == pytest.approx(0.09)


def test_a_logistic_curve_is_found_again():
    t = np.arange(60)
    curve = adoption.logistic(0.4 / (1 + np.exp(-0.2 * (t - 25))))
    assert (curve.ceiling, curve.speed, curve.middle) == pytest.approx((0.4, 0.2, 25.0), rel=1e-4)
    assert curve.explained == pytest.approx(1.0)
    assert curve.inside == pytest.approx(25 / 59, rel=1e-4)


def test_growth_without_a_turn_has_its_inflection_outside_of_the_sample():
    assert not 0 < adoption.logistic(np.exp(0.05 * np.arange(40)) / 100).inside < 1


def test_the_gap_within_sectors_does_not_see_gaps_between_them():
    rng = np.random.default_rng(1)
    sector = np.repeat([0, 1], 50_000).astype(np.int8)
    values = rng.normal(0, 0.5, 100_000) + 3.0 * sector
    assert reallocation.gap_within(values, sector) == pytest.approx(2 * 1.2816 * 0.5, rel=0.02)


def test_the_parts_of_a_decomposition_sum_to_the_change():
    rng = np.random.default_rng(2)
    before = (np.arange(80, dtype=np.uint64), rng.exponential(size=80), rng.normal(size=80))
    after = (np.arange(30, 120, dtype=np.uint64), rng.exponential(size=90), rng.normal(0.3, 1, 90))
    parts = reallocation.decompose(before, after)
    assert sum(parts[1:]) == pytest.approx(parts.change)


def test_a_decomposition_by_hand():
    """One firm stays and gains 0.1, one at 0 leaves, one at 0.4 enters; all weigh the same."""
    before = (np.array([1, 2], np.uint64), np.ones(2), np.array([0.2, 0.0]))
    after = (np.array([1, 3], np.uint64), np.ones(2), np.array([0.3, 0.4]))
    parts = reallocation.decompose(before, after)
    assert parts.change == pytest.approx(0.25)
    assert parts.within == pytest.approx(0.05)
    assert (parts.between, parts.cross) == pytest.approx((0.0, 0.0))
    assert parts.entry == pytest.approx(0.5 * (0.4 - 0.1))
    assert parts.exit == pytest.approx(0.5 * (0.1 - 0.0))
    assert parts.net_entry_share == pytest.approx(0.2 / 0.25)
