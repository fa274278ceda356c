"""Weights and widths are learned on earlier origins only, and say what they learned."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ecosim.forecast.evaluation import stacking
from ecosim.forecast.evaluation.combined import spread_out
from ecosim.forecast.evaluation.marks import LEVELS
from ecosim.forecast.evaluation.stacking import CENTER, Deck, combine

MODELS = ("good", "bad", "ensemble", "ecosim")
NORMAL = stats.norm.ppf(LEVELS)


def make_deck(origins=12, series=40, sd=1.0, horizon=1, seed=1, kinds=2):
    """Outcomes about 0 with sd 1; 'ensemble' and 'good' are centered there, 'ecosim' is a sd off; width sd."""
    luck = np.random.default_rng(seed)
    truth = luck.standard_normal((series, origins))
    off = np.array([0.0, 3.0, 0.0, 1.0])
    quantiles = np.broadcast_to(
        off[:, None, None, None] + sd * NORMAL, (len(MODELS), series, origins, len(LEVELS))
    ).copy()
    known, steps = np.repeat(truth[..., None], origins, axis=-1), np.arange(origins)
    return Deck(MODELS, quantiles, truth, known, steps, steps, np.arange(series) % kinds, horizon)


def test_the_first_origin_is_three_quarters_model_and_later_ones_move_to_the_better_of_model_and_ensemble():
    _, _, weights = combine(make_deck(origins=24))
    assert weights[0] == pytest.approx(np.tile([0.0, 0.0, 0.25, 0.75], (2, 1)))
    assert weights.sum(axis=-1) == pytest.approx(1.0)
    assert (weights[:, :, :2] == 0).all()
    assert (np.diff(weights[:, :, 2], axis=0) > -0.01).all()
    assert (weights[-1, :, 2] > 0.6).all()


def test_without_an_ensemble_every_other_method_is_weighed():
    deck = make_deck(origins=24)
    _, _, weights = combine(deck._replace(models=("good", "bad", "middle", "ecosim")))
    assert weights[0] == pytest.approx(np.tile([1 / 12, 1 / 12, 1 / 12, 0.75], (2, 1)))
    assert (weights[-1, :, 0] > 0.15).all()
    assert (weights[-1, :, 1] < 0.05).all()


@pytest.mark.parametrize("horizon", [1, 3])
def test_no_later_figure_moves_a_combination(horizon):
    deck = make_deck(horizon=horizon)
    at = 7
    later, revised = deck.known.copy(), deck.known.copy()
    later[:, deck.steps + horizon > deck.steps[at]] += 50.0
    revised[..., at + 1 :] += 50.0
    for changed in (later, revised):
        for before, after in zip(combine(deck)[:2], combine(deck._replace(known=changed))[:2], strict=True):
            assert np.array_equal(before[:, : at + 1], after[:, : at + 1])
            assert not np.array_equal(before[:, -1], after[:, -1])


def test_a_figure_published_a_step_late_is_learned_from_a_step_later():
    deck = make_deck(origins=16)
    late = deck._replace(latest=deck.steps - 1)
    assert np.array_equal(combine(late)[2][1:], combine(deck)[2][:-1])
    plain = np.broadcast_to(NORMAL, (*deck.truth.shape, len(LEVELS)))
    assert np.array_equal(stacking.recalibrate(late, plain)[:, 1:], stacking.recalibrate(deck, plain)[:, :-1])


def test_intervals_that_held_too_little_are_widened_and_calm_narrows_them_less():
    for sd, low, high in ((0.4, 1.4, 2.6), (3.0, 0.84, 0.95)):
        deck = make_deck(origins=14, sd=sd)
        plain = np.broadcast_to(sd * NORMAL, (*deck.truth.shape, len(LEVELS)))
        wide = stacking.recalibrate(deck, plain)
        factor = (wide[:, -1, -3] - wide[:, -1, CENTER]) / (plain[:, -1, -3] - plain[:, -1, CENTER])
        assert (factor > low).all(), factor
        assert (factor < high).all(), factor
        assert np.array_equal(wide[:, 0], plain[:, 0])


@pytest.mark.parametrize(("sd", "worth"), [(0.4, 4), (1.15, 12)])
def test_earlier_origins_widen_faster_than_they_narrow(sd, worth):
    deck = make_deck(origins=14, series=2000)
    plain = np.broadcast_to(sd * NORMAL, (*deck.truth.shape, len(LEVELS)))
    wide = stacking.recalibrate(deck, plain)[0, -1]
    assert wide[-3] / plain[0, -1, -3] == pytest.approx((1 / sd) ** (13 / (13 + worth)), rel=0.02)


def test_intervals_that_hold_what_they_name_need_no_other_width_at_any_level():
    truth = np.random.default_rng(2).standard_normal(40_000)
    factors = stacking._factors(truth, np.broadcast_to(NORMAL, (truth.size, len(LEVELS))))
    away = np.arange(len(LEVELS)) != CENTER
    assert factors[away] == pytest.approx(1.0, abs=0.06)


def test_without_the_firm_model_there_is_no_combination_and_without_another_method_there_is():
    deck = make_deck()
    quantiles = deck.quantiles.copy()
    quantiles[3, 0] = np.nan  # ecosim, first series
    quantiles[2, 1] = np.nan  # ensemble, second series
    plain, wide, _ = combine(deck._replace(quantiles=quantiles))
    assert np.isnan(plain[0]).all()
    assert np.isnan(wide[0]).all()
    assert np.isfinite(wide[1:]).all()


def test_quantiles_are_spread_out_to_a_whole_distribution():
    levels = np.array([0.001, 0.01, 0.3, 0.5, 0.9, 0.999])
    assert spread_out(2.0 + 3.0 * NORMAL, levels) == pytest.approx(2.0 + 3.0 * stats.norm.ppf(levels), abs=0.05)


def test_a_backtest_scores_the_combination_beside_its_parts(make_counts, make_plan, years, tmp_path):
    from ecosim.forecast.evaluation import outcome, race

    counts = make_counts(years, locations=("A", "B", "C"), targets=("firms", "deaths"))
    models = ("last_value", "drift", "ensemble", "ecosim", "ecosim_stacked", "ecosim_stacked_plain")
    course = race.lay_course(make_plan(counts, models=models))
    race.run(course, tmp_path, {}, 1, lambda *_: None)
    found = outcome.gather(course, tmp_path, "last_value", "ecosim_stacked")
    cells = found.scores.groupby("model", observed=True).size()
    assert cells["ecosim_stacked"] == cells["ecosim"] - (found.scores["score"] == "energy").sum() / 4
    assert set(found.weights["model"]) == {"ensemble", "ecosim"}
    sums = found.weights.groupby(["origin", "target", "horizon"])["weight"].sum()
    assert sums.to_numpy() == pytest.approx(1.0)
    rows = found.forecasts[found.forecasts["model"] == "ecosim_stacked"]
    assert isinstance(rows, pd.DataFrame)
    assert (
        rows.groupby(["target", "location", "origin", "horizon"], observed=True)["value"].diff().dropna() >= 0
    ).all()
