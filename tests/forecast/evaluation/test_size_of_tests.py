"""At 40 origins every test rejects 3 to 8 % of true nulls at its nominal 5 %."""

import numpy as np
import pytest
from scipy import special, stats

from ecosim.forecast.evaluation import significance
from ecosim.forecast.evaluation.confidence_set import confidence_set
from ecosim.forecast.evaluation.forecaster import generator

ORIGINS, REPLICATIONS = 40, 5000
HORIZONS = (1, 2, 4, 8)


def overlapping(luck, shape, horizon):
    """h-step errors of a random walk, standard normal, along the last axis: sums of h shocks in common."""
    shocks = luck.standard_normal((*shape, ORIGINS + horizon - 1))
    sums = np.cumsum(np.concatenate([np.zeros((*shape, 1)), shocks], axis=-1), axis=-1)
    return (sums[..., horizon:] - sums[..., :-horizon]) / np.sqrt(horizon)


def together(luck, places, horizon, rho):
    """Errors (replications, origins, places) with correlation rho between places."""
    own = overlapping(luck, (REPLICATIONS, places), horizon)
    common = overlapping(luck, (REPLICATIONS, 1), horizon)
    return (np.sqrt(rho) * common + np.sqrt(1 - rho) * own).transpose(0, 2, 1)


def share(verdicts):
    return np.mean([verdict.p_value < 0.05 for verdict in verdicts])


@pytest.mark.slow
@pytest.mark.parametrize("horizon", HORIZONS)
@pytest.mark.parametrize("kind", ["moving average", "squared errors", "absolute errors"])
def test_diebold_mariano_has_its_size(horizon, kind):
    luck = np.random.default_rng(horizon)
    first, second = overlapping(luck, (2, REPLICATIONS), horizon)
    losses = {
        "moving average": first,
        "squared errors": first**2 - second**2,
        "absolute errors": np.abs(first) - np.abs(second),
    }
    assert 0.03 <= share(significance.diebold_mariano(each, horizon) for each in losses[kind]) <= 0.08


@pytest.mark.slow
@pytest.mark.parametrize("horizon", HORIZONS)
@pytest.mark.parametrize(("places", "rho"), [(1, 0.0), (20, 0.3)])
def test_bias_and_pit_have_their_size(horizon, places, rho):
    luck = np.random.default_rng(100 + horizon)
    pits = special.ndtr(together(luck, places, horizon, rho))
    assert 0.03 <= share(significance.bias_test(each, horizon) for each in pits) <= 0.08
    assert 0.03 <= share(significance.pit_test(each, horizon) for each in pits) <= 0.08


@pytest.mark.slow
@pytest.mark.parametrize("horizon", HORIZONS)
@pytest.mark.parametrize(("places", "rho"), [(1, 0.0), (20, 0.3)])
@pytest.mark.parametrize("level", [0.5, 0.9, 0.95])
def test_coverage_has_its_size(horizon, places, rho, level):
    luck = np.random.default_rng(200 + horizon)
    errors = together(luck, places, horizon, rho)
    hits = (np.abs(errors) < special.ndtri(0.5 + level / 2)).astype(float)
    pits = special.ndtr(errors)
    verdicts = (
        significance.coverage_test(hit, pit, level, horizon, 1, str(number))
        for number, (hit, pit) in enumerate(zip(hits, pits, strict=True))
    )
    assert 0.03 <= share(verdicts) <= 0.08


@pytest.mark.slow
@pytest.mark.parametrize("horizon", HORIZONS)
@pytest.mark.parametrize("loss", [np.square, np.abs])
def test_the_confidence_set_loses_one_of_ten_models_alike_as_rarely_as_it_says(horizon, loss):
    luck = np.random.default_rng(400 + horizon)
    errors = loss(
        overlapping(luck, (REPLICATIONS // 25, 10), horizon) + overlapping(luck, (REPLICATIONS // 25, 1), horizon)
    )
    lost = [(confidence_set(each.T, horizon, luck) <= 0.10).any() for each in errors]
    assert np.mean(lost) <= 0.17


@pytest.mark.slow
def test_places_that_move_against_each_other_do_not_fool_the_coverage_test():
    """Half of 20 places moves against the other half: their mean correlation is zero, their coverage moves together."""
    luck = np.random.default_rng(300)
    common, own = overlapping(luck, (REPLICATIONS, 1), 1), overlapping(luck, (REPLICATIONS, 20), 1)
    side = np.where(np.arange(20) < 10, 1.0, -1.0)[None, :, None]
    errors = (np.sqrt(0.3) * side * common + np.sqrt(0.7) * own).transpose(0, 2, 1)
    hits = (np.abs(errors) < special.ndtri(0.95)).astype(float)
    pits = special.ndtr(errors)
    verdicts = (significance.coverage_test(*pair, 0.9, 1, 1) for pair in zip(hits, pits, strict=True))
    assert 0.03 <= share(verdicts) <= 0.10


def test_a_clear_difference_a_bias_and_narrow_intervals_are_found():
    luck = np.random.default_rng(1)
    errors = overlapping(luck, (10,), 2).T  # (origins, places)
    assert significance.diebold_mariano(errors.mean(axis=1) + 1.0, 2).p_value < 0.01
    assert significance.bias_test(special.ndtr(errors + 1.0), 2).p_value < 0.01
    wide = special.ndtr(3.0 * errors)
    assert significance.pit_test(wide, 2).p_value < 0.01
    hits = (np.abs(3.0 * errors) < special.ndtri(0.95)).astype(float)
    assert significance.coverage_test(hits, wide, 0.9, 2, 1).p_value < 0.01


def test_with_too_few_origins_there_is_no_p_value():
    luck = np.random.default_rng(2)
    for verdict in (
        significance.diebold_mariano(luck.standard_normal(4), 1),
        significance.diebold_mariano(luck.standard_normal(9), 5),
        significance.bias_test(luck.random((4, 30)), 1),
        significance.pit_test(luck.random((4, 30)), 1),
        significance.coverage_test(np.ones((4, 30)), luck.random((4, 30)), 0.9, 1, 1),
    ):
        assert np.isnan(verdict.p_value)


def test_the_small_sample_factor_is_that_of_harvey_leybourne_and_newbold():
    series = np.random.default_rng(3).standard_normal(40)
    width = significance.bandwidth(40, 4)
    plain = significance.t_statistic(series, width)
    assert significance.diebold_mariano(series, 4).statistic == pytest.approx(
        plain * np.sqrt((40 + 1 - 8 + 12 / 40) / 40)
    )


def test_the_p_value_of_a_coverage_is_twice_its_tail_of_the_binomial_law():
    hits = np.repeat([1.0, 0.0], [31, 9])[:, None]  # of intervals that name 90 %
    tie = generator(1, "coverage test").random()
    tail = stats.binom.cdf(30, 40, 0.9) + tie * stats.binom.pmf(31, 40, 0.9)
    found = significance.coverage_test(hits, np.full((40, 1), 0.5), 0.9, 1, 1)
    assert found.p_value == pytest.approx(2.0 * tail, rel=0.15)  # of 20,000 draws about 300 lie there
    assert found.statistic == pytest.approx(31 / 40 - 0.9)


def test_the_long_run_variance_by_hand():
    series = np.array([1.0, -1.0, 2.0, -2.0])
    by_hand = (1 + 1 + 4 + 4) / 4 + 2 * (1 - 1 / 2) * (-1 - 2 - 4) / 4
    assert significance.long_run_variance(series, 2) == pytest.approx(max(by_hand, 0.0))
