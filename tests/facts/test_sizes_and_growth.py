"""Measures of sizes and growth on samples whose answer is known."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from ecosim.facts import growth, sizes

N = 40_000


@pytest.mark.parametrize("exponent", [0.8, 1.06, 2.0])
def test_hill_finds_the_exponent_of_a_pareto_sample(exponent):
    draws = np.random.default_rng(1).pareto(exponent, N) + 1
    assert sizes.hill(np.log(draws)) == pytest.approx(exponent, rel=4 / np.sqrt(0.05 * N))


def test_hill_looks_at_the_tail_alone():
    tail = np.log(np.random.default_rng(2).pareto(1.0, 1_000) + 1) + 5
    body = np.random.default_rng(3).uniform(0, 5, 19_000)
    assert sizes.hill(np.concatenate([body, tail])) == pytest.approx(1.0, rel=0.13)


def test_vuong_tells_a_pareto_tail_from_a_lognormal_one():
    rng = np.random.default_rng(4)
    assert sizes.pareto_or_lognormal(rng.normal(2.0, 1.0, N)).statistic < -2
    assert sizes.pareto_or_lognormal(rng.exponential(1.0, N)).statistic > -2


@pytest.mark.parametrize("shape", [0.7, 1.0, 1.5, 2.0])
def test_subbotin_recovers_the_shape_that_made_the_sample(shape):
    sample = stats.gennorm.rvs(shape, loc=0.02, scale=0.3, size=N, random_state=5)
    found = growth.subbotin(sample)
    assert found.shape == pytest.approx(shape, rel=0.04)
    assert found.location == pytest.approx(0.02, abs=0.01)


def test_subbotin_agrees_with_scipy():
    sample = stats.gennorm.rvs(1.2, size=5_000, random_state=6)
    shape, location, _ = stats.gennorm.fit(sample)
    found = growth.subbotin(sample)
    assert found.shape == pytest.approx(shape, abs=0.005)
    assert found.location == pytest.approx(location, abs=0.01)


def test_subbotin_calls_laplace_one_and_normal_two():
    rng = np.random.default_rng(7)
    assert growth.subbotin(rng.laplace(size=N)).shape == pytest.approx(1.0, abs=0.04)
    assert growth.subbotin(rng.normal(size=N)).shape == pytest.approx(2.0, abs=0.08)


@pytest.mark.parametrize("slope", [-0.17, 0.0])
def test_the_slope_of_spread_on_size_is_the_one_that_made_the_sample(slope):
    rng = np.random.default_rng(8)
    size = rng.normal(3.0, 1.2, N)
    change = rng.laplace(size=N) * np.exp(slope * size)
    assert growth.size_variance_slope(size, change) == pytest.approx(slope, abs=0.02)


def test_the_explained_share_is_one_minus_the_noise():
    rng = np.random.default_rng(9)
    causes = rng.normal(size=(N, 2))
    change = causes @ [0.3, 0.1] + rng.normal(0, np.sqrt(0.9), N)
    assert growth.explained_share(change, causes) == pytest.approx(0.1, abs=0.01)
    assert abs(growth.explained_share(rng.normal(size=N), causes)) < 0.001


def test_the_explained_share_pays_for_every_cause():
    rng = np.random.default_rng(10)
    causes, change = rng.normal(size=(14, 3)), rng.normal(size=14)
    other = sm.OLS(change, sm.add_constant(causes)).fit()
    assert growth.explained_share(change, causes) == pytest.approx(other.rsquared_adj)
