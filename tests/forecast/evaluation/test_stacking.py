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
    scales = np.full(truth.shape, "log", dtype=object)
    return Deck(MODELS, scales, quantiles, np.exp(truth), known, steps, steps, np.arange(series) % kinds, horizon)


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


def test_a_large_series_without_logarithms_does_not_take_over_the_weights_of_the_others():
    deck = make_deck(origins=24, kinds=1)
    quantiles, known = deck.quantiles.copy(), deck.known.copy()
    quantiles[:, 0] += np.log(1e6)
    quantiles[3, 0] -= 1.0  # where it is large, the firm model is right
    quantiles[2, 0] += 1.0
    known[0] += np.log(1e6)
    large = deck._replace(quantiles=quantiles, known=known)
    scales, known = deck.scales.copy(), known.copy()
    scales[0, -1], known[0, :, -1] = "level", np.exp(known[0, :, -1])
    lost = large._replace(scales=scales, known=known)
    everywhere, allowed = np.arange(deck.truth.shape[0]), np.array([False, False, True, True])
    start = np.array([0.0, 0.0, 0.25, 0.75])
    before, after = (stacking.learn(each, everywhere, 23, start, allowed) for each in (large, lost))
    assert before[2] > 0.9
    assert after == pytest.approx(before, abs=0.05)


def test_forecasts_made_on_another_scale_are_seen_on_that_of_the_origin_that_learns():
    deck = make_deck(origins=3, series=2)
    scales = np.array([["log", "log", "level"], ["log", "log", "log"]], dtype=object)
    seen = deck._replace(scales=scales).seen_from(2, deck.quantiles)
    assert np.array_equal(seen[:, 0, :2], np.exp(deck.quantiles[:, 0, :2]))
    assert np.array_equal(seen[:, 0, 2], deck.quantiles[:, 0, 2])
    assert np.array_equal(seen[:, 1], deck.quantiles[:, 1])
    assert np.array_equal(deck.seen_from(2, deck.quantiles), deck.quantiles)


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


@pytest.fixture(scope="module")
def race_of_money(make_counts, make_plan, years, tmp_path_factory):
    """race_of_money(**last): the tables where the last values of a place are these; four places, amounts of money."""
    from ecosim.forecast.evaluation import outcome, race

    models = ("last_value", "drift", "ensemble", "ecosim", "ecosim_stacked", "ecosim_stacked_plain")

    def run(**last):
        counts = make_counts(years, locations=tuple("ABCD"), targets=("rd_expenditure",), unit="100m CNY")
        for place, values in last.items():
            counts.loc[counts.index[counts["location"] == place][-len(values) :], "value"] = values
        course = race.lay_course(make_plan(counts, models=models, horizons=(1, 2), origins=8))
        home = tmp_path_factory.mktemp("race")
        race.run(course, home, {}, 1, lambda *_: None)
        return outcome.gather(course, home, "last_value", "ecosim_stacked")

    return run


@pytest.fixture(scope="module")
def fallen(race_of_money):
    """Two of the places end without logarithms, from 2019 on."""
    return race_of_money(A=(0.0, 0.0), B=(-40.0, -40.0))


def test_a_late_value_without_logarithm_moves_no_combination_before_it(race_of_money, fallen):
    texts = ["model", "location", "origin"]
    tables = [each.forecasts.astype(dict.fromkeys(texts, str)) for each in (race_of_money(), fallen)]
    before, same = (table[table["origin"] < "2019"].reset_index(drop=True) for table in tables)
    assert {"ecosim_stacked", "ecosim_stacked_plain"} <= set(before.loc[before["location"] == "A", "model"])
    columns = [*texts, "horizon", "quantile", "value"]
    pd.testing.assert_frame_equal(before[columns], same[columns], check_exact=True)


def test_a_combination_is_held_against_a_figure_without_logarithm_as_its_parts_are(fallen):
    scores = fallen.scores[(fallen.scores["origin"] == "2018") & (fallen.scores["score"] == "wis")]
    found = scores.set_index(["model", "location", "horizon"])["value"]
    for place in "AB":
        for horizon in (1, 2):
            parts = found["ecosim", place, horizon]
            assert found["ecosim_stacked", place, horizon] == pytest.approx(parts, rel=0.2)
