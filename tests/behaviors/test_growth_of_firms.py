"""Variance-gamma quarters: the table against the Bessel density, Laplace years, and the mean."""

import numpy as np
import pytest
from numba import njit
from scipy import integrate, special, stats

from ecosim.behaviors import growth
from ecosim.behaviors.growth import LAST, STEPS_PER_UNIT, VARIANCE_GAMMA, Growth

ALPHA = 0.25
PLAIN = Growth(mean=0.03, spread=0.36, log_size=0.17, productivity_change=0.0, productivity_gap=0.0)


def density(x):
    """Gamma(1/4) - Gamma(1/4), for x > 0 (Bessel function of the second kind)."""
    scale = np.sqrt(np.pi) * special.gamma(ALPHA) * 2 ** (ALPHA - 0.5)
    return x ** (ALPHA - 0.5) * special.kv(ALPHA - 0.5, x) / scale


def two_sided_tail(x):
    return 2 * integrate.quad(density, x, np.inf, epsabs=0, epsrel=1e-11)[0]


@njit
def quantiles(draws, results):
    for i in range(draws.size):
        z = -np.log(1.0 - abs(2.0 * draws[i] - 1.0)) * STEPS_PER_UNIT
        position = min(int(z), LAST)
        results[i] = growth.variance_gamma(draws[i], position, z - position)


def sample(draws):
    results = np.empty(draws.size)
    quantiles(draws, results)
    return results


def test_the_density_is_a_density():
    half = integrate.quad(density, 0, 1)[0] + integrate.quad(density, 1, np.inf)[0]
    assert half == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize("node", [1, 2, 3, 5, 10, 16, 40, 100, 250, 400, 560])
def test_the_table_is_the_integral_of_the_density_at_its_nodes(node):
    z = node / STEPS_PER_UNIT
    x = VARIANCE_GAMMA[node] * z * z / (1 + z)
    slope = -2 * density(x) / np.exp(-z)  # d ln tail / dx
    error = (np.log(two_sided_tail(x)) + z) / slope / x
    assert abs(error) < 1e-5 if node > 3 else abs(error) < 1e-3


@pytest.mark.parametrize("z", [0.09, 0.2, 0.53, 1.03, 2.7, 6.6, 15.3, 30.03])
def test_between_the_nodes_the_error_stays_below_a_thousandth(z):
    u = 0.5 + 0.5 * (1 - np.exp(-z))
    x = sample(np.array([u]))[0]
    true_z = -np.log(1 - abs(2 * u - 1))
    slope = -2 * density(x) / np.exp(-true_z)
    assert abs((np.log(two_sided_tail(x)) + true_z) / slope / x) < 1e-3


def test_the_quantile_is_odd_and_rises():
    u = np.linspace(0.0005, 0.9995, 2_001)
    x = sample(u)
    assert np.all(np.diff(x) >= 0)
    assert np.allclose(x, -x[::-1], atol=1e-9)


def test_extreme_luck_stays_finite():
    assert np.all(np.isfinite(sample(np.array([2.0**-53, 1 - 2.0**-53, 0.5]))))


def test_four_quarters_are_laplace():
    draws = np.random.default_rng(17).uniform(size=(4, 40_000))
    year = sum(sample(row) for row in draws)
    assert stats.kstest(year, "laplace").pvalue > 0.01
    assert stats.kstest(sample(draws[0]), "laplace").pvalue < 1e-6  # one quarter is not


def act(stage, quarter, c, employees, quarters=1, mean_change=0.0, **columns):
    scene = stage(100_000, log_employees=np.log(employees), **columns)
    scene.survey.mean_change[:] = mean_change
    start = scene.firms.log_employees.copy()
    for step in range(quarters):
        growth.act(c, scene.firms, scene.survey, scene.life(quarter + np.uint64(step))[0], scene.work)
    return scene.firms.log_employees - start


@pytest.mark.parametrize(("mean", "expected"), [(0.03, 0.03), (-0.08, -0.08), (4.0, 2.0), (-4.0, -2.0)])
def test_expected_employment_grows_at_the_mean_within_its_bounds(stage, quarter, mean, expected):
    ratio = np.exp(act(stage, quarter, PLAIN._replace(mean=mean), 500.0))
    assert abs(ratio.mean() - 1 - expected / 4) < 4 * ratio.std() / ratio.size**0.5


@pytest.mark.parametrize(
    ("employees", "spread"), [(20.0, 0.36), (200.0, 0.36 * 10**-0.17), (20_000.0, 0.36 * 1000**-0.17)]
)
def test_larger_firms_vary_less_by_the_scaling_law(stage, quarter, employees, spread):
    fixed = PLAIN._replace(mean=0.0)
    change = act(stage, quarter, fixed, employees)
    error = (stats.kurtosis(change) + 2) ** 0.5 / 2 / change.size**0.5
    assert abs(2 * change.std() / spread - 1) < 5 * error  # a year is four independent quarters


def test_a_firm_never_falls_below_one_employee(stage, quarter):
    change = act(stage, quarter, PLAIN._replace(mean=-4.0), 1.0, quarters=3)
    assert change.min() == 0.0
    assert change.max() > 0.0


def test_growth_follows_the_change_and_the_gap_of_productivity(stage, quarter):
    c = PLAIN._replace(mean=0.0, productivity_change=0.3, productivity_gap=0.01)
    still = act(stage, quarter, c, 100.0)
    changed = act(stage, quarter, c, 100.0, productivity_change=0.05)
    ahead = act(stage, quarter, c, 100.0, log_productivity=np.log(100.0) + 1.0)
    far_ahead = act(stage, quarter, c, 100.0, log_productivity=np.log(100.0) + 3.0)
    assert np.allclose(changed - still, np.log1p(0.3 * 0.05 * 5.0**-0.17))  # as the spread: less than at 20 employees
    assert np.allclose(ahead - still, np.log1p(0.01))
    assert np.allclose(far_ahead, ahead)


def test_a_gain_that_the_whole_sector_made_moves_nobody(stage, quarter):
    c = PLAIN._replace(productivity_change=2.0)
    alike = act(stage, quarter, c, 100.0, productivity_change=0.05, mean_change=0.05)
    assert np.array_equal(alike, act(stage, quarter, c, 100.0))
