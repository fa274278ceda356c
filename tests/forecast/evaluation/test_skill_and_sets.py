"""Relative skill, the bootstrap, the confidence set, the best so far, Monte-Carlo errors, the verdict."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ecosim.forecast.evaluation import marks, resampling, tested
from ecosim.forecast.evaluation.confidence_set import confidence_set
from ecosim.forecast.evaluation.outcome import summarize
from ecosim.forecast.evaluation.panels import BEST_SO_FAR, arrange, with_best_so_far
from ecosim.forecast.evaluation.skill import draw_weights, relative_skill
from ecosim.forecast.evaluation.tested import differences

ORIGINS = [str(year) for year in range(2000, 2012)]
STEPS = {origin: int(origin) for origin in ORIGINS}


def table(values, score="wis", horizon=1, target="firms"):
    """Scores from {model: array (locations, origins)}."""
    rows = [
        (model, target, f"L{place}", ORIGINS[at], horizon, score, value)
        for model, array in values.items()
        for (place, at), value in np.ndenumerate(array)
        if np.isfinite(value)
    ]
    return pd.DataFrame(rows, columns=["model", "target", "location", "origin", "horizon", "score", "value"])


def skill_of(values, **more):
    panels = arrange(table(values, **more), list(values), STEPS)
    return relative_skill(panels, ("base",), 1).set_index("model")


def test_relative_skill_is_the_geometric_mean_over_places_of_ratios_of_means():
    luck = np.random.default_rng(1)
    base, model, third = luck.gamma(2.0, 1.0, (3, 4, 12))
    expected = np.exp(np.mean(np.log(model.mean(axis=1) / base.mean(axis=1))))
    found = skill_of({"base": base, "model": model, "third": third})
    assert found.loc["model", "value"] == pytest.approx(expected)
    assert found.loc["model", "lower"] < expected < found.loc["model", "upper"]
    assert (found.loc["model", ["cells", "locations", "origins"]] == [48, 4, 12]).all()


def test_a_missing_cell_is_left_out_of_every_pair_it_is_missing_in():
    luck = np.random.default_rng(2)
    base, model = luck.gamma(2.0, 1.0, (2, 3, 12))
    holes = model.copy()
    holes[:, 5:] = np.nan
    expected = np.exp(np.mean(np.log(model[:, :5].mean(axis=1) / base[:, :5].mean(axis=1))))
    found = skill_of({"base": base, "model": holes})
    assert found.loc["model", "value"] == pytest.approx(expected)
    assert found.loc["model", "cells"] == 15


def test_models_that_share_no_cell_are_compared_through_those_that_both_are_compared_with():
    base, early, late = np.full((2, 12), 2.0), np.full((2, 12), 1.0), np.full((2, 12), 6.0)
    early[:, 6:] = late[:, :6] = np.nan
    found = skill_of({"base": base, "early": early, "late": late})["value"]
    theta = {"base": (1.0 * 2.0 * (1 / 3)) ** (1 / 3), "early": 0.5 ** (1 / 2), "late": 3.0 ** (1 / 2)}
    assert found["early"] == pytest.approx(theta["early"] / theta["base"])
    assert found["late"] == pytest.approx(theta["late"] / theta["base"])


@pytest.mark.parametrize(("score", "equal"), [("wis", 1.0), ("log_score", 0.0)])
def test_a_draw_without_the_only_origin_of_a_model_is_none_of_its_interval(score, equal):
    luck = np.random.default_rng(13)
    base, model = luck.gamma(4.0, 1.0, (2, 8, 12))
    model[:, :-1], model[:, -1] = np.nan, 0.3 * base[:, -1]
    row = skill_of({"base": base, "model": model, "other": 2.0 * base}, score=score).loc["model"]
    assert row["value"] < equal
    assert row["upper"] < equal


def test_log_scores_are_compared_by_their_difference():
    base = np.zeros((2, 12))
    assert skill_of({"base": base, "model": base - 0.5}, score="log_score").loc["model", "value"] == pytest.approx(-0.5)


def test_the_interval_over_places_and_origins_holds_the_true_ratio():
    held = 0
    for seed in range(60):
        luck = np.random.default_rng(seed)
        shock = luck.gamma(4.0, 0.25, (1, 12))
        values = {"base": shock * luck.gamma(4.0, 0.25, (8, 12)), "model": 0.9 * shock * luck.gamma(4.0, 0.25, (8, 12))}
        row = skill_of(values).loc["model"]
        held += row["lower"] <= 0.9 <= row["upper"]
    assert 0.75 <= held / 60 <= 1.0


def test_blocks_of_the_stationary_bootstrap_have_their_mean_length():
    indices = resampling.stationary_indices(200, 5.0, 400, np.random.default_rng(3))
    follows = np.mean(np.diff(indices, axis=1) % 200 == 1)
    assert follows == pytest.approx(0.8 + 0.2 / 200, abs=0.01)
    assert np.bincount(indices.ravel(), minlength=200).std() < 0.1 * 400
    weights = resampling.weights_of(indices, 200)
    assert (weights.sum(axis=1) == 200).all()


def test_the_confidence_set_keeps_the_best_and_drops_the_bad():
    luck = np.random.default_rng(4)
    common = luck.gamma(2.0, 1.0, (40, 1))
    losses = common + 0.3 * luck.standard_normal((40, 4)) + np.array([0.0, 0.02, 0.5, 1.0])
    p_values = confidence_set(losses, 1, np.random.default_rng(5))
    assert p_values.max() == 1.0
    assert (p_values[:2] > 0.1).all()
    assert (p_values[2:] < 0.1).all()


def test_the_confidence_set_holds_the_best_model_often_enough():
    held = 0
    for seed in range(150):
        luck = np.random.default_rng(seed)
        losses = luck.standard_normal((40, 4)) + np.array([0.0, 0.0, 0.1, 0.3])
        held += confidence_set(losses, 1, luck)[0] > 0.10
    assert held / 150 > 0.84


def test_a_set_of_models_alike_is_whole_as_often_as_it_says_though_origins_are_few():
    whole = 0
    for seed in range(120):
        luck = np.random.default_rng(seed)
        shocks = luck.standard_normal((12, 6)) + luck.standard_normal((12, 1))
        losses = np.abs(shocks[2:] + shocks[1:-1] + shocks[:-2])  # three steps ahead, errors in part the same
        whole += (confidence_set(losses, 3, luck) > 0.10).all()
    assert whole / 120 > 0.80


@pytest.mark.parametrize(("origins", "horizon"), [(4, 1), (9, 5)])
def test_there_is_no_confidence_set_of_fewer_origins_than_a_test_needs(origins, horizon):
    losses = np.random.default_rng(14).standard_normal((origins, 3))
    assert np.isnan(confidence_set(losses, horizon, np.random.default_rng(15))).all()


def test_the_interval_of_a_skill_is_the_middle_ninety_percent_of_its_draws():
    luck = np.random.default_rng(10)
    base, model = luck.gamma(2.0, 1.0, (2, 5, 12))
    panels = arrange(table({"base": base, "model": model}), ["base", "model"], STEPS)
    places, origins = draw_weights(panels, 1, 1)
    logs = np.log((model @ origins[1:].T) / (base @ origins[1:].T))  # (places, draws)
    draws = np.exp(np.sum(places[1:].T * logs, axis=0) / 5)
    found = relative_skill(panels, ("base",), 1).set_index("model").loc["model"]
    assert [found["lower"], found["upper"]] == pytest.approx(np.quantile(draws, [0.05, 0.95]))


def test_a_model_that_outlives_another_in_the_confidence_set_is_no_less_likely_the_best():
    luck = np.random.default_rng(11)
    best, wild = luck.gamma(2.0, 1.0, 60), luck.standard_normal(60)
    wild = best + 0.2 + wild - wild.mean()
    losses = np.column_stack([best, best + 0.05 + 0.01 * luck.standard_normal(60), wild])
    alone = confidence_set(losses[:, :2], 1, np.random.default_rng(12))
    p_values = confidence_set(losses, 1, np.random.default_rng(12))
    assert alone[1] < 0.01
    assert p_values[0] == 1.0
    assert p_values[1] == p_values[2] > 0.1  # the wild one goes first, and nothing was sure of that


def test_the_error_of_a_mean_score_is_that_of_independent_cells():
    scores = table({"model": np.array([[1.0, 5.0]])}).assign(monte_carlo_error=[3.0, 4.0])
    (row,) = summarize(scores).to_dict("records")
    assert (row["mean"], row["monte_carlo_error"], row["cells"], row["origins"]) == (3.0, 2.5, 2, 2)


def test_a_mean_has_no_error_where_a_score_has_none():
    scores = table({"model": np.array([[1.0, 5.0]])}).assign(monte_carlo_error=[3.0, np.nan])
    assert np.isnan(summarize(scores)["monte_carlo_error"].item())


def test_identical_models_are_all_in_the_confidence_set():
    assert (confidence_set(np.ones((10, 3)), 1, np.random.default_rng(6)) == 1.0).all()


def test_the_best_so_far_looks_at_earlier_origins_only():
    luck = np.random.default_rng(7)
    base = luck.gamma(5.0, 0.2, (3, 12))
    early, late = base * 0.5, base * 2.0
    early[:, 6:] *= 8.0  # best until 2005, worst afterwards
    late[:, 6:] *= 0.1
    values = {"base": base, "early": early, "late": late}
    panels = with_best_so_far(arrange(table(values, horizon=2), list(values), STEPS), "base", ["base", "early", "late"])
    chosen = panels.values["wis", "firms", 2][panels.models.index(BEST_SO_FAR)]
    assert (chosen[:, :2] == base[:, :2]).all()  # at 2000 and 2001 no forecast two years ahead could be judged
    assert (chosen[:, 2:8] == early[:, 2:8]).all()  # what happened in 2006 and 2007 is known two years later
    poisoned = values | {"late": np.where(np.arange(12) >= 8, late * 1e-6, late)}
    other = with_best_so_far(
        arrange(table(poisoned, horizon=2), list(values), STEPS), "base", ["base", "early", "late"]
    )
    assert (other.values["wis", "firms", 2][-1][:, :8] == chosen[:, :8]).all()


def test_differences_weigh_places_alike():
    first, second = np.array([[2.0, 2.0], [200.0, 200.0]]), np.array([[1.0, 1.0], [300.0, 300.0]])
    assert differences(first, second) == pytest.approx([(1 / 1.5 - 100 / 250) / 2] * 2)


def test_the_confidence_set_weighs_places_alike():
    values = {"base": np.array([[2.0] * 12, [200.0] * 12]), "model": np.array([[1.0] * 12, [300.0] * 12])}
    found = tested.tests(arrange(table(values), list(values), STEPS), (), 1)
    means = found[found["test"] == "confidence_set"].set_index("model")["statistic"]
    assert means["base"] == pytest.approx((2.0 / 1.5 + 200.0 / 250.0) / 2)
    assert means["model"] == pytest.approx((1.0 / 1.5 + 300.0 / 250.0) / 2)


def test_the_monte_carlo_error_is_the_spread_over_ensembles():
    luck = np.random.default_rng(8)
    found = []
    for _ in range(120):
        paths = luck.normal(100.0, 10.0, (200, 2))
        found.append(marks.mark(np.array([105.0, 93.0]), paths, 10.0, False, np.array([0.5, 0.5])))
    for name in ("wis", "crps", "mape", "bias"):
        spread = np.std([each.values[name][0] for each in found])
        assert np.mean([each.errors[name][0] for each in found]) == pytest.approx(spread, rel=0.25), name
    spread = np.std([each.values["energy"][-1] for each in found])
    assert np.mean([each.errors["energy"][-1] for each in found]) == pytest.approx(spread, rel=0.25)


def test_intervals_of_a_right_forecast_cover_as_they_say():
    luck = np.random.default_rng(9)
    hits, ranks = [], []
    for _ in range(250):
        observed = luck.normal(0.0, 1.0, 1)
        found = marks.mark(observed, luck.normal(0.0, 1.0, (200, 1)), 1.0, False, luck.random(1))
        hits.append([found.values[f"coverage_{percent}"][0] for percent in marks.INTERVALS])
        ranks.append(found.values["pit"][0])
    assert np.mean(hits, axis=0) == pytest.approx(np.array(marks.INTERVALS) / 100, abs=0.07)
    assert stats.kstest(ranks, "uniform").pvalue > 0.001


def test_a_method_without_any_error_has_no_ratio_to_one_with_errors():
    luck = np.random.default_rng(3)
    none, model, third = np.zeros((2, 12)), *luck.gamma(2.0, 1.0, (2, 2, 12))
    found = skill_of({"base": none, "same": none, "model": model, "third": third})
    assert list(found.index) == ["same"]
    assert (found.loc["same", ["value", "lower", "upper"]] == 1.0).all()
    assert list(skill_of({"base": model, "third": third, "none": none}).index) == ["third"]


def test_nothing_is_tested_and_nothing_complained_of_where_nobody_has_an_error():
    values = {"base": np.zeros((2, 12)), "same": np.zeros((2, 12))}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = tested.tests(arrange(table(values), list(values), STEPS), ("base",), 1)
    assert not len(found)
