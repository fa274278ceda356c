"""Measures of research, patents and the notch on samples whose answer is known."""

import numpy as np
import pytest
import statsmodels.api as sm

from ecosim.facts import notch, patents, research

N = 20_000


def negative_binomial(rng, mean, dispersion):
    return rng.poisson(mean * rng.gamma(1 / dispersion, dispersion, mean.size))


def test_the_elasticity_of_counts_is_the_one_that_made_them():
    rng = np.random.default_rng(1)
    log_cause = rng.normal(3.0, 1.5, N)
    counts = negative_binomial(rng, np.exp(-2 + 0.55 * log_cause), 0.8)
    found = patents.elasticity_of_counts(counts.astype(float), log_cause)
    assert found.elasticity == pytest.approx(0.55, abs=0.02)
    assert found.dispersion == pytest.approx(0.8, abs=0.06)


def test_the_elasticity_agrees_with_a_glm_of_the_same_dispersion():
    rng = np.random.default_rng(2)
    log_cause = rng.normal(3.0, 1.5, 5_000)
    counts = negative_binomial(rng, np.exp(-2 + 0.6 * log_cause), 1.0).astype(float)
    found = patents.elasticity_of_counts(counts, log_cause)
    family = sm.families.NegativeBinomial(alpha=found.dispersion)
    other = sm.GLM(counts, sm.add_constant(log_cause), family=family).fit()
    assert found.elasticity == pytest.approx(other.params[1], abs=1e-4)


def test_poisson_counts_are_not_overdispersed():
    rng = np.random.default_rng(3)
    log_cause = rng.normal(1.0, 1.0, N)
    found = patents.elasticity_of_counts(rng.poisson(np.exp(log_cause)).astype(float), log_cause)
    assert found.dispersion < 0.01


def test_the_top_tenth_of_ten_holders_is_one_of_them():
    assert patents.share_of_top_decile(np.array([0, 0, *[1] * 9, 91])) == pytest.approx(0.91)
    assert patents.share_of_top_decile(np.full(15, 4)) == pytest.approx(0.1)


@pytest.mark.parametrize("exponent", [1.8, 2.4])
def test_the_power_law_is_the_one_that_made_the_sample(exponent):
    counts = np.random.default_rng(4).zipf(exponent, N)
    counts = counts[counts < 10**6]
    assert patents.tail_of_top_decile(counts).exponent == pytest.approx(exponent, abs=0.1)
    found = patents.power_law(counts)
    assert found.exponent == pytest.approx(exponent, abs=0.08)
    assert found.start <= 5


def test_two_stage_least_squares_is_not_led_astray_by_feedback():
    rng = np.random.default_rng(5)
    renewal, size = rng.normal(size=(2, N))
    shock = rng.normal(size=N)
    cause = 0.4 * renewal + 0.3 * shock + 0.2 * size
    change = 0.1 * cause + 0.1 * size + shock
    assert research.slope(cause, change) > 0.3
    found = research.elasticity_of_change(change, cause, renewal, size[:, None])
    assert found == pytest.approx(0.1, abs=4 / (0.4 * np.sqrt(N)))


def test_two_stage_least_squares_agrees_with_two_regressions():
    rng = np.random.default_rng(6)
    renewal, size, shock = rng.normal(size=(3, 2_000))
    cause = 0.4 * renewal + 0.3 * shock
    change = 0.1 * cause + shock
    first = sm.OLS(cause, sm.add_constant(np.column_stack([renewal, size]))).fit().fittedvalues
    second = sm.OLS(change, sm.add_constant(np.column_stack([first, size]))).fit()
    assert research.elasticity_of_change(change, cause, renewal, size[:, None]) == pytest.approx(second.params[1])


def test_skewness_of_an_exponential_is_two():
    assert research.skewness(np.random.default_rng(7).exponential(size=200_000)) == pytest.approx(2.0, abs=0.1)


def test_excess_mass_counts_both_sides_of_a_threshold():
    ratios = np.array([0.039, 0.041, 0.0499, 0.05, 0.051, 0.0599, 0.061, 0.0])
    assert notch.excess_mass(ratios, 0.05) == 3 / 2
    assert notch.excess_mass(np.array([0.05]), 0.05) == np.inf
    assert np.isnan(notch.excess_mass(np.array([0.2]), 0.05))


def test_a_smooth_density_does_not_bunch():
    assert notch.excess_mass(np.random.default_rng(8).uniform(0, 0.2, 200_000), 0.05) == pytest.approx(1.0, abs=0.05)


def test_the_relabeled_share_is_weighted_by_sales():
    share = notch.relabeled_share(np.array([0.05, 0.05]), np.array([0.04, 0.05]), np.array([3.0, 1.0]))
    assert share == pytest.approx(0.03 / 0.2)
