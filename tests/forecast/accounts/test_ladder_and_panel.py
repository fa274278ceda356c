"""Certificates renew by cohort; rates of many places share their shocks."""

from dataclasses import replace

import numpy as np
import pytest

from ecosim.calibration.growth import Growth
from ecosim.forecast.accounts import ladder, panel_var
from ecosim.forecast.evaluation.forecaster import NoForecast


def still(drift=0.0):
    """Growth without any shock."""
    none, ones = np.zeros(3), np.ones(3)
    return Growth(
        "hnte_certifications", 2021, ("A",), np.array([drift]), np.zeros(1), np.zeros(1), none, 3.0, 0.0, ones, ones,
        np.zeros(3, dtype=np.int64), (2020, 2021), drift, 0.0, 0.0, "hnte_certifications", "test",
    )  # fmt: skip


def test_renewals_and_first_certificates_by_hand():
    flows = np.array([100.0, 400.0, 200.0, 175.0])  # N = 175 - 0.75 x 100 = 100
    given = ladder.forecast(flows, still(), "A", 3, np.array([0.75]), seed=1)
    assert given.flow[0].tolist() == [400.0, 250.0, 231.0]  # 0.75 x (400, 200, 175) + 100, whole
    assert given.stock[0].tolist() == [200.0 + 175.0 + 400.0, 175.0 + 400.0 + 250.0, 400.0 + 250.0 + 231.0]
    assert given.first[0].tolist() == [100.0, 100.0, 100.0]


def test_cohorts_that_are_not_known_are_as_if_growth_had_been_the_panels():
    flat = ladder.forecast(np.array([100.0]), still(), "A", 2, np.array([0.75]), seed=1)
    assert flat.flow[0].tolist() == [100.0, 100.0]


def test_a_count_that_stays_keeps_its_mean_under_shocks():
    shaken = replace(still(), local_scale=np.array([0.02]))
    given = ladder.forecast(np.full(4, 10.0), shaken, "A", 3, np.full(4_000, 0.75), seed=1)
    assert given.flow.mean(axis=0) == pytest.approx([10.0] * 3, abs=0.05)


def made_up_rates(places=30, years=60, seed=1):
    luck = np.random.default_rng(seed)
    shared, own = np.zeros((years, 2)), np.zeros((places, years, 2))
    for year in range(1, years):
        shared[year] = shared[year - 1] @ np.array([[0.6, 0.0], [0.3, 0.4]]) + 0.1 * luck.standard_normal(2)
        own[:, year] = own[:, year - 1] @ np.array([[0.7, 0.0], [0.0, 0.2]]) + 0.05 * luck.standard_normal((places, 2))
    return shared + own + 0.2 * luck.standard_normal((places, 1, 2))


def test_fit_recovers_the_slopes_that_made_the_rates():
    fitted = panel_var.fit(made_up_rates(years=300))
    assert np.diag(fitted.local) == pytest.approx([0.7, 0.2], abs=0.04)
    assert fitted.slopes[1, 0] == pytest.approx(0.6, abs=0.15)
    assert fitted.slopes[2, 0] == pytest.approx(0.3, abs=0.15)


def test_places_share_the_shock_of_a_year():
    fitted = panel_var.fit(made_up_rates())
    luck = np.random.default_rng(3)
    rates, _ = panel_var.advance(fitted, panel_var.begin(fitted, 4_000, luck), None, luck)
    apart = rates[..., 0] - rates[..., 0].mean(axis=1, keepdims=True)
    assert apart.std(axis=0).mean() == pytest.approx(0.05, rel=0.1)  # of a place, Student t of that sd
    assert rates[:, 0, 0].std() > 0.09  # the shared sd of 0.1 and its own


def test_means_of_places_lie_about_as_far_from_the_truth_as_they_say():
    luck = np.random.default_rng(4)
    places, years = 60, 40
    truth = 0.1 * luck.standard_normal(places)
    own = np.zeros((places, years))
    for year in range(1, years):
        own[:, year] = 0.5 * own[:, year - 1] + 0.1 * luck.standard_normal(places)
    fitted = panel_var.fit((truth[:, None] + own + 0.1 * luck.standard_normal(years))[..., None])
    z = (fitted.mean - (truth - truth.mean())[:, None]) / fitted.mean_sd
    assert 0.75 < np.sqrt(np.mean(z**2)) < 1.25


@pytest.mark.parametrize("places", [1, 2, 5])
def test_few_places_and_late_ones_are_fitted(places):
    rates = made_up_rates(places, 8)
    rates[0, :2] = np.nan if places > 1 else rates[0, :2]
    fitted = panel_var.fit(rates)
    luck = np.random.default_rng(1)
    walk = panel_var.begin(fitted, 50, luck)
    for _ in range(5):
        step, walk = panel_var.advance(fitted, walk, None, luck)
        assert np.isfinite(step).all()


def test_too_few_years_are_no_forecast():
    with pytest.raises(NoForecast, match="successive years"):
        panel_var.fit(made_up_rates(3, 3))
