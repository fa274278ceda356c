"""Regression adjustment, identification, ranks, simulated moments and particles, each where the answer is known."""

import numpy as np
import pytest
from scipy import stats

from ecosim.calibration.simulation import (
    NOT_IDENTIFIED,
    Parameter,
    Posterior,
    Prior,
    PriorError,
    SearchPlan,
    from_bank,
    identify,
    match_moments,
    rank_test,
    reweigh,
    systematic,
)
from ecosim.calibration.simulation.identification import _left, parameters, sentences
from ecosim.calibration.simulation.particles import log_nb2
from ecosim.calibration.simulation.ranks import holm

PRIOR = Prior((Parameter("seen", 0.0, 1.0), Parameter("half", 5.0, 2.0), Parameter("unseen", 1.0, 0.1, 0.0)))
NOISE = np.array([0.3, 1.0, 1.0])


def bank(size, seed=1):
    """Each moment is its parameter on the standard scale plus noise; the third does not see its parameter."""
    z = PRIOR.draw(seed, np.arange(size))
    luck = np.random.default_rng(seed).standard_normal((size, 3))
    return z, z * np.array([1.0, 1.0, 0.0]) + NOISE * luck


def test_a_posterior_from_the_bank_is_the_conjugate_one():
    z, moments = bank(4_000)
    observed = np.array([0.8, -0.5, 0.4])
    posterior = from_bank(z, moments, observed, 800)
    error = 4.0 / np.sqrt(posterior.effective)
    assert np.allclose(posterior.mean, [0.8 / 1.09, -0.25, 0.0], atol=error)
    assert np.allclose(np.sqrt(np.diag(posterior.covariance)), [0.287, 0.707, 1.0], rtol=error)


def test_ranks_are_uniform_where_the_posterior_is_right_and_not_where_it_is_too_narrow():
    z, moments = bank(2_200, seed=3)
    right = rank_test(PRIOR.names, z, moments, 200, 500, 1).table
    assert right["p_adjusted"].min() > 0.01
    assert 0.85 < right["coverage_90"].mean() < 0.95
    assert right["contraction"].iloc[0] > 0.6
    assert right["contraction"].iloc[2] < 0.1
    noisy = moments.copy()
    noisy[:200] += np.random.default_rng(9).standard_normal((200, 3)) * NOISE * 2.0  # data of another model
    assert rank_test(PRIOR.names, z, noisy, 200, 500, 1).table["p_adjusted"].min() < 0.01


def test_holms_correction_is_that_of_the_textbook():
    assert np.allclose(holm(np.array([0.01, 0.04, 0.03])), [0.03, 0.06, 0.06])


def test_a_weighted_quantile_lies_between_the_middles_of_the_weights():
    posterior = Posterior(np.array([[3.0], [1.0], [2.0], [4.0]]), np.array([0.1, 0.4, 0.3, 0.2]))
    levels = np.array([0.05, 0.2, 0.375, 0.55, 0.75, 0.9, 0.99])  # middles at 0.2, 0.55, 0.75 and 0.9
    assert posterior.quantile(levels)[:, 0] == pytest.approx([1.0, 1.0, 1.5, 2.0, 3.0, 4.0, 4.0])


def test_the_table_of_parameters_has_deviations_of_a_sample_and_ends_of_ninety_percent():
    few = np.random.default_rng(6).standard_normal((5, 3))
    table = parameters(PRIOR, Posterior(few, np.full(5, 0.2)))
    assert table["posterior_sd"].to_numpy() == pytest.approx(PRIOR.from_standard(few).std(axis=0, ddof=1))
    assert table["posterior_mean"].to_numpy() == pytest.approx(PRIOR.from_standard(few).mean(axis=0))
    steps = stats.norm.ppf((np.arange(999) + 0.5) / 999)
    many = parameters(PRIOR, Posterior(np.tile(0.5 * steps[:, None], 3), np.full(999, 1 / 999))).set_index("parameter")
    assert many.loc["half", ["lower", "upper"]].tolist() == pytest.approx([5.0 - 1.645, 5.0 + 1.645], abs=0.01)
    assert many.loc["half", "contraction"] == pytest.approx(0.5, abs=0.01)


def test_columns_that_say_nothing_narrow_nothing_however_many_they_are():
    luck = np.random.default_rng(7)
    particles = Posterior(luck.standard_normal((60, 400)), np.full(60, 1 / 60))
    assert np.mean(_left(particles, luck.standard_normal((60, 20))) ** 2) == pytest.approx(1.0, abs=0.05)


def report(used):
    z, moments = bank(3_000, seed=5)
    mask = np.array(used)
    flat = np.full(3_000, 1 / 3_000)
    rest = from_bank(z, moments[:, mask], np.zeros(mask.sum()), 600) if mask.any() else Posterior(z, flat)
    return identify(PRIOR, rest, Posterior(z, flat), moments, ("first", "second", "third"), used)


def test_a_parameter_that_the_data_see_is_said_to_be_and_one_that_they_do_not_is_not():
    table = report((True, True, True)).parameters.set_index("parameter")
    assert table.loc["seen", "contraction"] > 0.6
    assert NOT_IDENTIFIED not in table.loc["seen", "verdict"]
    assert table.loc["unseen", "verdict"] == NOT_IDENTIFIED
    assert abs(table.loc["half", "prior_sd"] - 2.0) < 1e-9


def test_free_directions_are_those_of_the_parameters_that_no_moment_sees():
    directions = report((True, True, True)).directions
    assert directions["status"].tolist() == ["known", "known", "free"]
    assert directions["parameters"].iloc[-1] == "1.00 unseen"
    assert abs(directions["sd_ratio"].iloc[0] - 0.287) < 0.05


def test_the_column_that_would_help_most_is_the_one_that_sees_what_is_open():
    found = report((False, True, False))
    assert found.columns["column"].iloc[0] == "first"
    assert found.columns["most_helped"].iloc[0] == "seen"
    assert abs(found.columns["contraction_after"].iloc[0] - 0.71) < 0.05
    assert abs(found.columns.set_index("column").loc["third", "gain"]) < 0.01
    words = " ".join(sentences(found))
    assert "help most is first" in words
    assert f"{NOT_IDENTIFIED}: seen, unseen" in words


def test_two_parameters_that_only_their_sum_shows_cannot_be_told_apart():
    prior = Prior((Parameter("a", 0.0, 1.0), Parameter("b", 0.0, 1.0)))
    z = prior.draw(2, np.arange(3_000))
    moments = z.sum(axis=1, keepdims=True) + 0.2 * np.random.default_rng(2).standard_normal((3_000, 1))
    posterior = from_bank(z, moments, np.zeros(1), 1_000)
    found = identify(prior, posterior, posterior, moments[:1_000], ("sum",), (True,))
    assert found.pairs["correlation"].iloc[0] < -0.8
    assert found.directions["status"].tolist() == ["known", "free"]
    assert "cannot be told apart" in " ".join(sentences(found))


def test_simulated_moments_give_the_estimate_and_the_error_of_the_closed_form():
    prior = Prior((Parameter("a", 1.0, 2.0), Parameter("b", 0.0, 1.0)))
    loading = np.array([[1.0, 0.0], [1.0, 2.0], [0.0, 1.0]])
    covariance = np.diag([0.04, 0.09, 0.01])
    replicates = 10
    luck = np.random.default_rng(4).standard_normal((replicates, 3)) @ np.sqrt(covariance)
    truth = np.array([1.6, -0.4])
    observed = loading @ truth

    def mean_moments(z):
        return loading @ prior.from_standard(z) + (luck - luck.mean(axis=0)).mean(axis=0)

    found = match_moments(prior, observed, covariance, mean_moments, replicates, SearchPlan(starts=16, cap=400))
    expected = np.sqrt(1.1 * np.diag(np.linalg.inv(loading.T @ np.linalg.inv(covariance) @ loading)))
    assert np.allclose(found.table["estimate"], truth, atol=0.02)
    assert np.allclose(found.table["std_error"], expected, rtol=0.02)
    assert found.objective < 1e-2
    assert found.evaluations < 450


def test_a_parameter_that_moves_no_moment_is_not_called_estimated():
    prior = Prior((Parameter("a", 0.0, 1.0), Parameter("idle", 0.0, 1.0)))
    found = match_moments(
        prior, np.array([0.5, 0.2]), np.eye(2) * 0.01, lambda z: np.array([z[0], 0.0]), 5, SearchPlan()
    )
    notes = found.table.set_index("parameter")["note"]
    assert notes["a"] == ""
    assert "not identified by these data" in notes["idle"]
    assert np.isinf(found.table["std_error"].iloc[1])


def test_fewer_moments_than_parameters_are_refused_by_name():
    with pytest.raises(PriorError, match=r"1 moments cannot fix 3 parameters \(seen, half, unseen\)"):
        match_moments(PRIOR, np.zeros(1), np.eye(1), lambda z: np.zeros(1), 5, SearchPlan())


def test_particles_become_the_posterior_of_a_poisson_count():
    rates = np.random.default_rng(1).gamma(4.0, 5.0, 20_000)  # prior of the rate: Gamma(4, 1/5)
    step = reweigh(log_nb2(30.0, rates, 0.0), seed=2)
    chosen = rates[step.ancestors]
    mean, sd = 34.0 / 1.2, np.sqrt(34.0) / 1.2  # Gamma(4 + 30, 1/5 + 1)
    assert abs(chosen.mean() - mean) < 5 * sd / np.sqrt(step.effective)
    assert abs(chosen.std() / sd - 1) < 5 / np.sqrt(2 * step.effective)


def test_dispersion_makes_a_count_say_less():
    rates = np.linspace(10.0, 60.0, 500)
    sharp, blunt = (reweigh(log_nb2(30.0, rates, alpha), seed=1).effective for alpha in (0.0, 0.2))
    assert blunt > 1.5 * sharp
    assert np.allclose(log_nb2(30.0, rates, 1e-7), log_nb2(30.0, rates, 0.0), atol=1e-3)


def test_systematic_draws_give_each_its_share_within_one():
    weights = np.array([0.5, 0.3, 0.15, 0.05])
    counts = np.bincount(systematic(weights, 101, np.random.default_rng(3)), minlength=4)
    assert np.all(np.abs(counts - 101 * weights) < 1.0)
    assert counts.sum() == 101


def test_an_observation_that_no_member_could_make_leaves_them_as_they_are():
    step = reweigh(np.full(10, -np.inf), seed=1)
    assert np.allclose(step.weights, 0.1)
