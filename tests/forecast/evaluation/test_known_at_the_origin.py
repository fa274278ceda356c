"""What a forecast knows: nothing after its origin, whatever stands there; and what it is held against."""

import numpy as np
import pandas as pd
import pytest

from ecosim.data.panel import CountsError
from ecosim.forecast.evaluation import cells, grid, outcome, race
from ecosim.forecast.evaluation.judged import JudgedAtOrigins
from ecosim.forecast.evaluation.panels import arrange, best_so_far
from ecosim.forecast.references.shelf import usual

ORIGIN = "2015"


def forecasts(table):
    """The quantiles of a piece, without anything that looks at the truth."""
    rows = table[table["score"].str.startswith("quantile") | (table["score"] == "missing")]
    return rows.drop(columns="monte_carlo_error").reset_index(drop=True)


def pieces_at(counts, make_plan, origin=ORIGIN, **changes):
    course = race.lay_course(make_plan(counts, first=origin, last=origin, origins=None, **changes))
    return [piece for _, _, piece in race.pieces(course)]


@pytest.mark.slow
def test_a_poisoned_future_changes_no_forecast_of_any_method(make_counts, make_plan, years):
    counts = make_counts(years)
    poisoned = counts.assign(value=counts["value"].where(counts["time"] <= ORIGIN, counts["value"] * 17 + 3))
    late = counts[counts["time"] == "2014"].assign(as_of="2018", value=9.0)
    poisoned = pd.concat([poisoned, late], ignore_index=True)
    models = usual(1, {"firms"})
    plain, other = (pieces_at(table, make_plan, models=models, samples=100) for table in (counts, poisoned))
    assert len(plain) == len(other) == 3  # two places, and all of them together
    for one, two in zip(plain, other, strict=True):
        pd.testing.assert_frame_equal(forecasts(cells.evaluate(one)), forecasts(cells.evaluate(two)))
        assert any((one.truth[series] != two.truth[series]).any() for series in one.truth)


def test_a_vintage_counts_from_its_publication_and_the_last_one_is_the_truth(make_counts, make_plan, years):
    counts = make_counts(years, locations=("A",), targets=("firms",))
    first = counts[counts["time"] == "2015"].assign(as_of="2015", value=111.0)
    late = counts[counts["time"] == "2015"].assign(as_of="2017", value=222.0)
    revised = counts[counts["time"] == "2016"].assign(as_of="2019", value=333.0)
    table = pd.concat([counts[counts["time"] != "2015"], first, late, revised], ignore_index=True)
    (piece,) = pieces_at(table, make_plan, models=("last_value",))
    assert piece.history.series["A", "firms"].values[-1] == 111.0
    assert piece.truth["A", "firms"][0] == 333.0
    (later,) = pieces_at(table, make_plan, origin="2017", models=("last_value",))
    assert later.history.series["A", "firms"].values[-3] == 222.0


def test_the_figures_published_by_an_origin_end_where_they_end(make_counts, make_plan, years):
    counts = make_counts(years, locations=("A",), targets=("firms",))
    undated = race.lay_course(make_plan(counts)).grid
    known = grid.published_by(undated, 2015)
    assert known.last == 2015
    assert np.array_equal(known.truth["A", "firms"], undated.truth["A", "firms"][:16])
    late = counts.assign(as_of=lambda t: (t["time"].astype(int) + 1).astype(str))
    revised = counts[counts["time"] == "2010"].assign(as_of="2018", value=333.0)
    dated = race.lay_course(make_plan(pd.concat([late, revised]))).grid
    known = grid.published_by(dated, 2015)
    assert known.last == 2014
    assert np.array_equal(known.truth["A", "firms"], undated.truth["A", "firms"][:15])
    assert grid.published_by(dated, 2018).truth["A", "firms"][10] == 333.0
    steps = np.array([2010, 2013, 2014])
    assert np.isfinite(grid.truth_after(known, ("A", "firms"), steps, 1)).tolist() == [True, True, False]


def test_a_later_vintage_moves_nothing_that_earlier_origins_learned(make_counts, make_plan, years, tmp_path):
    counts = make_counts(years, locations=("A", "B", "C"))
    luck = np.random.default_rng(3)
    revised = counts[counts["time"] <= "2015"]  # published after the origin 2016
    revised = revised.assign(as_of="2017", value=np.round(revised["value"] * luck.uniform(0.6, 1.6, len(revised))))
    models = ("last_value", "drift", "ar1", "historical_mean", "ensemble", "ecosim", "ecosim_stacked")
    learned, chosen, final = [], [], []
    for name, table in (("plain", counts), ("revised", pd.concat([counts, revised], ignore_index=True))):
        course = race.lay_course(make_plan(table, models=models, first="2012", last="2017", origins=None, samples=100))
        home = tmp_path / name
        home.mkdir()
        race.run(course, home, {}, 1, lambda *_: None)
        found = outcome.gather(course, home, "last_value", "ecosim_stacked")
        learned.append(found.forecasts.astype({"model": str, "origin": str}).set_index("origin").sort_index())
        panels = arrange(found.scores, models, dict(zip(course.labels, course.origins, strict=True)))
        judged = JudgedAtOrigins(course, panels, found.forecasts)
        chosen.append(best_so_far(panels, "last_value", models[1:4], judged=judged))
        final.append(best_so_far(panels, "last_value", models[1:4]))
    pd.testing.assert_frame_equal(learned[0].loc[:"2016"], learned[1].loc[:"2016"])
    before, after = (table[table["model"] == "ecosim_stacked"].loc["2017", "value"].to_numpy() for table in learned)
    assert not np.array_equal(before, after)
    assert [choice[:5] for choice in chosen[0].values()] == [choice[:5] for choice in chosen[1].values()]
    assert chosen[0] == final[0]
    assert [choice[:5] for choice in final[0].values()] != [choice[:5] for choice in final[1].values()]


def test_a_figure_published_late_is_a_lag(make_counts, make_plan, years):
    counts = make_counts(years, locations=("A",), targets=("firms",)).assign(
        as_of=lambda t: (t["time"].astype(int) + 1).astype(str)
    )
    (piece,) = pieces_at(counts, make_plan, models=("last_value",))
    known = piece.history.series["A", "firms"]
    assert known.lag == 1
    assert len(known.values) == 15


def test_a_forecast_is_for_the_period_that_lies_its_horizon_after_the_origin(make_counts, make_plan, years, tmp_path):
    course = race.lay_course(make_plan(make_counts(years), models=("last_value",)))
    race.run(course, tmp_path, {}, 1, lambda *_: None)
    rows = outcome.gather(course, tmp_path, "last_value", "last_value").forecasts
    assert set(rows["horizon"]) == {1, 2, 3}
    assert (rows["time"].astype(int) == rows["origin"].astype(int) + rows["horizon"]).all()


def test_a_fixed_window_forgets(make_counts, make_plan, years):
    piece = pieces_at(make_counts(years), make_plan, window=7)[0]
    assert {len(known.values) for known in piece.history.series.values()} == {7}
    assert piece.history.counts["time"].min() == "2009"


def test_nothing_before_a_break_is_used_and_nothing_across_it_scored(make_counts, make_plan, years):
    counts = make_counts(years)
    breaks = {"firms": ("2013",)}
    piece = pieces_at(counts, make_plan, breaks=breaks, least_history=3)[0]
    assert len(piece.history.series["A", "firms"].values) == 3
    assert len(piece.history.series["A", "deaths"].values) == 16
    before = pieces_at(counts, make_plan, origin="2011", breaks=breaks)[0]
    assert np.isfinite(before.truth["A", "firms"]).tolist() == [True, False, False]
    assert np.isfinite(before.truth["A", "deaths"]).all()


def test_gaps_stay_gaps(make_counts, make_plan, years):
    counts = make_counts(years)
    counts.loc[(counts["time"] == "2010") & (counts["target"] == "firms"), "value"] = np.nan
    known = pieces_at(counts, make_plan)[0].history.series["A", "firms"]
    assert np.isnan(known.values[10])
    assert np.isfinite(known.filled).all()
    assert len(known.increments()) == 13


@pytest.mark.parametrize(
    ("times", "season"),
    [
        ([f"{year}-Q{part}" for year in range(2005, 2012) for part in range(1, 5)], 4),
        ([f"{year}-{part:02d}" for year in range(2008, 2012) for part in range(1, 13)], 12),
    ],
)
def test_quarters_and_months_have_their_season_and_their_origins(make_counts, make_plan, times, season):
    course = race.lay_course(make_plan(make_counts(times), models=("last_value", "seasonal_naive"), origins=3))
    assert course.grid.season == season
    assert course.labels == times[-4:-1]
    for _, _, piece in race.pieces(course):
        found = cells.evaluate(piece)
        assert set(found["model"]) == {"last_value", "seasonal_naive"}
        assert "missing" not in set(found["score"])


def test_the_numbers_of_periods_are_their_own_inverse():
    for text, frequency in (("2012", "year"), ("2012-Q3", "quarter"), ("2012-09", "month")):
        assert grid.label(grid.number(text), frequency) == text


def test_real_values_may_be_negative_where_the_unit_is_no_count(make_counts, make_plan, years):
    counts = make_counts(years, targets=("balance",), unit="1m EUR")
    counts["value"] -= counts["value"].mean()
    for piece in pieces_at(counts, make_plan, models=("last_value", "drift", "ets", "nb_trend", "ensemble")):
        found = cells.evaluate(piece)
        assert set(found.loc[found["score"] == "missing", "model"]) == {"nb_trend"}
        assert (found["score"] == "log_score").any()


def test_mixed_frequencies_and_unknown_names_are_refused(make_counts, make_plan, years):
    counts = make_counts(years)
    months = make_counts([f"2010-{part:02d}" for part in range(1, 13)], targets=("births",))
    with pytest.raises(CountsError, match=r"mix frequencies.*study\.targets"):
        race.lay_course(make_plan(pd.concat([counts, months])))
    with pytest.raises(CountsError, match="did you mean 'firms'"):
        race.lay_course(make_plan(counts, targets=("firm",)))
    with pytest.raises(CountsError, match="no origin"):
        race.lay_course(make_plan(counts, least_history=40))


def test_every_third_origin_is_counted_back_from_the_last_one(make_counts, make_plan, years):
    course = race.lay_course(make_plan(make_counts(years), every=3, origins=3))
    assert course.labels == ["2013", "2016", "2019"]


def test_a_horizon_that_no_origin_can_score_is_found_with_the_origins_that_could(make_counts, make_plan, years):
    counts = make_counts(years)  # 2000 to 2020
    (found,) = race.unscored(race.lay_course(make_plan(counts, horizons=(1, 6), origins=3)))
    assert found == race.Unscored(6, "2014", 6)
    assert race.unscored(race.lay_course(make_plan(counts, horizons=(1, 6), origins=found.origins))) == ()
    assert race.unscored(race.lay_course(make_plan(counts, horizons=(1, 6), origins=3, last=found.latest))) == ()
    (late,) = race.unscored(race.lay_course(make_plan(counts, horizons=(1, 6), origins=None, first="2016")))
    assert late == race.Unscored(6, "2014", None)
    (long,) = race.unscored(race.lay_course(make_plan(counts, horizons=(1, 40))))
    assert long == race.Unscored(40, "", None)


def test_a_horizon_across_a_break_from_every_origin_is_one_without_a_figure(make_counts, make_plan, years):
    counts = make_counts(years, targets=("firms",))
    plan = make_plan(counts, horizons=(1, 3), origins=None, first="2016", last="2017", breaks={"firms": ("2018",)})
    assert race.unscored(race.lay_course(plan)) == (race.Unscored(3, "2014", None),)


def test_a_value_where_forecasts_end_is_refused(make_counts, make_plan, years):
    counts = make_counts(years)
    counts.loc[counts["time"] == "2003", "value"] = 2e15
    with pytest.raises(
        CountsError, match=r"4 values beyond 1e\+15, .* first at A, firms, 2003: 2e\+15; give them in a larger"
    ):
        race.lay_course(make_plan(counts))


def test_too_short_a_table_is_said_in_the_right_number(make_counts, make_plan, years):
    with pytest.raises(CountsError, match="a figure 1 year later"):
        race.lay_course(make_plan(make_counts(years), horizons=(1,), first="2020"))
