"""Scores of sample forecasts against scoringrules, against hand calculations and against competitions' definitions."""

import numpy as np
import pytest
import scoringrules
from scipy import stats

from ecosim.forecast import scores


@pytest.fixture(scope="module")
def ensemble():
    luck = np.random.default_rng(1)
    return luck.normal(5.0, 3.0, 12), luck.normal(5.0, 3.0, (12, 200))


def test_crps_is_the_fair_one_of_scoringrules(ensemble):
    observed, members = ensemble
    fair = scoringrules.crps_ensemble(observed, members, estimator="fair", backend="numpy")
    assert scores.crps(observed, members) == pytest.approx(fair)


def test_energy_is_the_fair_one_of_scoringrules_also_without_a_group(ensemble):
    observed, members = ensemble
    paths = members[:3].T  # (200, 3)
    score, without = scores.energy(observed[:3], paths, groups=10)
    assert score == pytest.approx(scoringrules.es_ensemble(observed[:3], paths, estimator="fair", backend="numpy"))
    left = np.delete(paths, np.s_[4::10], axis=0)
    expected = scoringrules.es_ensemble(observed[:3], left, estimator="fair", backend="numpy")
    assert without[4] == pytest.approx(float(expected))


def test_energy_of_one_step_is_crps(ensemble):
    observed, members = ensemble
    score, _ = scores.energy(observed[:1], members[0][:, None])
    assert score == pytest.approx(scores.crps(observed[:1], members[:1])[0])


def silverman(members):
    """0.9 min(sd, IQR / 1.34) m^(-1/5) by the book; members (m,)."""
    low, high = np.quantile(members, [0.25, 0.75])
    return 0.9 * min(members.std(ddof=1), (high - low) / 1.34) * len(members) ** (-1 / 5)


@pytest.mark.parametrize("case", ["normal", "one far away", "two heaps"])
def test_log_score_of_real_values_is_that_of_scoringrules_at_the_bandwidth_of_silverman(ensemble, case):
    observed, members = ensemble[0], ensemble[1][:, :20].copy()
    if case == "one far away":
        members[:, 0] = 200.0  # the quartiles tell the spread
    if case == "two heaps":
        members[:, :10] += 40.0  # the standard deviation does
    width = np.array([silverman(row) for row in members])
    other = scoringrules.logs_ensemble(observed, members, bw=width, backend="numpy")
    assert scores.log_score_real(observed, members) == pytest.approx(other)


def test_log_score_of_counts_sums_to_one():
    members = np.random.default_rng(2).poisson(6.0, (1, 300)).astype(float)
    counts = np.arange(0.0, 400.0)
    chances = np.exp(-scores.log_score_counts(counts, np.repeat(members, len(counts), axis=0)))
    assert chances.sum() == pytest.approx(1.0, abs=1e-6)


def test_log_score_of_counts_is_near_that_of_the_distribution():
    members = np.random.default_rng(3).poisson(100.0, (1, 20_000)).astype(float)
    for count in (80.0, 100.0, 125.0):
        expected = -stats.poisson(100).logpmf(count)
        assert scores.log_score_counts(np.array([count]), members)[0] == pytest.approx(expected, abs=0.1)


def test_log_score_of_counts_far_away_is_finite_and_of_members_that_agree_too():
    same = np.full((1, 100), 50.0)
    found = [scores.log_score_counts(np.array([count]), same)[0] for count in (50.0, 51.0, 60.0, 1e6)]
    assert np.isfinite(found).all()
    assert found == sorted(found)


def test_mape_smape_and_mase_by_their_definitions():
    """M3: sMAPE with the mean of |f| and |y| below. Tourism, part one: MASE over consecutive, part two over seasons."""
    known, observed, forecast = np.array([10.0, 12.0, 9.0, 14.0]), np.array([20.0, 10.0]), np.array([15.0, 10.0])
    assert scores.ape(observed, forecast) == pytest.approx([25.0, 0.0])
    assert scores.sape(observed, forecast) == pytest.approx([200 * 5 / 35, 0.0])
    consecutive = (2 + 3 + 5) / 3
    assert scores.naive_scale(known) == pytest.approx(consecutive)
    assert scores.naive_scale(known, season=2) == pytest.approx((1 + 2) / 2)
    mase = (len(known) - 1) / 2 * np.abs(observed - forecast).sum() / np.abs(np.diff(known)).sum()
    assert scores.ase(observed, forecast, consecutive).mean() == pytest.approx(mase)


def test_smape_is_at_most_200_and_zero_for_two_zeros():
    assert scores.sape(np.array([0.0, 0.0]), np.array([5.0, 0.0])) == pytest.approx([200.0, 0.0])


def test_a_series_that_never_moved_has_no_scaled_error():
    with pytest.raises(ValueError, match="never moved"):
        scores.ase(np.array([1.0]), np.array([1.0]), scores.naive_scale(np.array([3.0, 3.0, 3.0])))


def test_gaps_are_left_out_of_the_scale():
    assert scores.naive_scale(np.array([1.0, 2.0, np.nan, 9.0, 12.0])) == pytest.approx(2.0)


def test_pit_of_exchangeable_counts_is_uniform():
    luck = np.random.default_rng(4)
    draws = luck.poisson(2.0, (20_000, 21)).astype(float)
    ranks = scores.pit(draws[:, 0], draws[:, 1:], luck.random(20_000))
    assert stats.kstest(ranks, "uniform").pvalue > 0.001


def test_bias_is_one_where_all_members_are_too_high_and_zero_on_a_tie():
    assert scores.bias(np.array([0.0]), np.array([[1.0, 2.0]])) == pytest.approx(1.0)
    assert scores.bias(np.array([3.0]), np.array([[1.0, 2.0]])) == pytest.approx(-1.0)
    assert scores.bias(np.array([2.0]), np.array([[2.0, 2.0]])) == pytest.approx(0.0)


def test_the_ends_of_an_interval_are_inside():
    ends = np.array([1.0, 1.0, 1.0]), np.array([3.0, 3.0, 3.0])
    assert scores.inside(np.array([1.0, 3.0, 3.5]), *ends).tolist() == [1.0, 1.0, 0.0]


@pytest.mark.parametrize("members", [50, 1000])
def test_the_crps_of_quantiles_is_that_of_their_distribution(members):
    y = np.array([-2.0, 0.0, 0.7])
    quantiles = np.tile(stats.norm.ppf((np.arange(members) + 0.5) / members), (3, 1))
    exact = y * (2 * stats.norm.cdf(y) - 1) + 2 * stats.norm.pdf(y) - 1 / np.sqrt(np.pi)
    assert scores.crps_of_quantiles(y, quantiles) == pytest.approx(exact, rel=2e-3)
    assert (scores.crps(y, quantiles) < exact * (1 - 0.3 / members)).all()  # the fair one takes them for drawn
