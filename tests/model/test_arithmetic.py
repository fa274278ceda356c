"""exp, log, the normal quantile and Poisson counts against libraries, with the error bounds that they claim."""

import numpy as np
import pytest
from numba import njit
from scipy import special, stats

from ecosim.model import arithmetic

FOUR_ULPS = 4e-16


@njit
def each(values, results, which):
    for i in range(values.size):
        if which == 0:
            results[i] = arithmetic.exp(values[i])
        elif which == 1:
            results[i] = arithmetic.log(values[i])
        elif which == 2:
            results[i] = arithmetic.log_below(values[i])
        else:
            results[i] = arithmetic.normal(values[i])


@njit
def counts(draws, mean, results):
    for i in range(draws.size):
        results[i] = arithmetic.poisson(draws[i], mean)


def apply(values, which):
    results = np.empty(values.size)
    each(values, results, which)
    return results


def relative_error(got, true):
    return np.max(np.abs(got / true - 1.0))


@pytest.mark.parametrize("bound", [1.0, 40.0, 690.0])
def test_exp_errs_by_less_than_it_claims(bound):
    x = np.random.default_rng(1).uniform(-bound, bound, 20_000)
    with np.errstate(over="ignore"):
        true = np.exp(x.astype(np.longdouble))
    assert relative_error(apply(x, 0), true) < FOUR_ULPS


def test_exp_is_exact_at_zero_and_clipped_at_both_ends():
    ends = apply(np.array([0.0, -0.0, 701.0, 700.0, -701.0, -700.0, np.inf, -np.inf]), 0)
    assert ends[0] == ends[1] == 1.0
    assert ends[2] == ends[3] == ends[6]
    assert ends[4] == ends[5] == ends[7] > 0


@pytest.mark.parametrize(("low", "high"), [(1e-300, 1e-10), (1e-3, 0.999), (1.001, 1e6), (1e6, 1e300)])
def test_log_errs_by_less_than_it_claims(low, high):
    x = np.exp(np.random.default_rng(2).uniform(np.log(low), np.log(high), 20_000))
    assert relative_error(apply(x, 1), np.log(x.astype(np.longdouble))) < FOUR_ULPS


def test_log_near_one_keeps_its_relative_error():
    x = np.concatenate([1.0 + np.logspace(-15, -4, 2_000), 1.0 - np.logspace(-15, -4, 2_000)])
    assert relative_error(apply(x, 1), np.log(x.astype(np.longdouble))) < FOUR_ULPS
    assert apply(np.ones(1), 1)[0] == 0.0


def test_log_takes_back_exp():
    x = np.linspace(-600, 600, 5_001)
    assert np.max(np.abs(apply(apply(x, 0), 1) - x)) < 2e-13


def test_the_bound_of_a_logarithm_is_short_of_it_by_less_than_that_of_two():
    x = np.append(np.exp(np.random.default_rng(1).uniform(-30.0, 30.0, 20_000)), 2.0 ** np.arange(-40, 40))
    short = np.log(x) - apply(x, 2)
    assert short.min() > -1e-13
    assert short.max() < np.log(2.0)


def test_normal_quantile_errs_by_less_than_it_claims():
    u = np.concatenate([np.linspace(1e-6, 1 - 1e-6, 50_001), np.logspace(-15, -3, 500)])
    u = u[u != 0.5]
    got, true = apply(u, 3), special.ndtri(u)
    assert np.max(np.abs(got - true) / np.maximum(np.abs(true), 1e-3)) < 1.2e-9
    assert np.all(np.diff(apply(np.linspace(0.001, 0.999, 10_001), 3)) > 0)


@pytest.mark.parametrize("mean", [0.01, 0.7, 5.0, 50.0])
def test_poisson_is_the_inverse_of_the_distribution(mean):
    draws = np.random.default_rng(3).uniform(size=5_000)
    got = np.empty(draws.size, np.int64)
    counts(draws, mean, got)
    assert np.mean(got == stats.poisson.ppf(draws, mean)) > 0.999  # ties at rounding alone
    assert np.array_equal(got[draws < np.exp(-mean)], np.zeros(np.sum(draws < np.exp(-mean))))


def test_a_higher_mean_with_the_same_luck_never_gives_fewer():
    draws = np.random.default_rng(4).uniform(size=2_000)
    fewer, more = np.empty(draws.size, np.int64), np.empty(draws.size, np.int64)
    counts(draws, 3.0, fewer)
    counts(draws, 3.05, more)
    assert np.all(more >= fewer)
    assert np.any(more > fewer)
