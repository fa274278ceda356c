"""Growth: known shocks come back, draws are named, and intervals cover what happened."""

import numpy as np
import pandas as pd
import pytest
from made_counts import table
from scipy import stats

from ecosim.calibration import hindsight
from ecosim.calibration.backtest import growth_coverage
from ecosim.calibration.growth import DRIFT_BETWEEN_FLOOR, fit_growth
from ecosim.calibration.hindsight import SCALE_FLOOR, look_back, predictive
from ecosim.calibration.increments import base_year, log_levels, moments
from ecosim.data.panel import CountsError

ORIGIN = "2020-12"


@pytest.fixture(scope="module")
def growth(made_up):
    return fit_growth(made_up, "inventions_applied", ORIGIN)


def test_fit_recovers_the_drift_and_shocks_that_made_the_panel(made_up):
    known = moments(log_levels(made_up, "inventions_applied", None, 2020), "inventions_applied")
    assert np.sqrt(known.pooled_local_variance) == pytest.approx(0.12, abs=0.015)
    assert np.sqrt(known.noise_variance) == pytest.approx(0.08, abs=0.015)
    assert known.common.std(ddof=1) == pytest.approx(0.10, abs=4 * 0.10 / np.sqrt(2 * 18))
    assert known.drift_mean == pytest.approx(0.10, abs=4 * 0.10 / np.sqrt(19))
    assert known.drift_between == pytest.approx(0.04, abs=0.02)


def panel(places, years, seed, local=0.0, noise=0.0, drift=0.1):
    """Log levels, years x places, of one drift for all: they differ by local shocks and noise alone."""
    luck = np.random.default_rng(seed)
    steps = drift + local * luck.standard_normal((years, places))
    logs = 8.0 + np.cumsum(steps, axis=0) + noise * luck.standard_normal((years, places))
    return pd.DataFrame(logs, index=range(2001, 2001 + years), columns=[f"place {p:03d}" for p in range(places)])


@pytest.mark.parametrize(("local", "noise"), [(0.2, 0.0), (0.02, 0.2)])
def test_places_that_differ_by_luck_alone_have_one_drift(local, noise):
    known = moments(panel(400, 5, 1, local, noise), "inventions_applied")
    apart = np.std(np.diff(panel(400, 5, 1, local, noise).to_numpy(), axis=0).mean(axis=0))
    assert apart > 0.06
    assert known.drift_between < 0.5 * apart
    assert known.drift.std() < 0.25 * apart


def test_the_error_of_a_places_mean_is_that_of_its_shocks_and_of_the_noise_at_both_ends(made_up):
    known = moments(log_levels(made_up, "inventions_applied", None, 2020), "inventions_applied")
    left_open = known.drift_sd**2 / known.drift_between**2
    error = known.drift_between**2 * left_open / (1.0 - left_open)
    assert error == pytest.approx(known.pooled_local_variance / 19 + 2.0 * known.noise_variance / 19**2)


def with_one_longer_series(seed=4):
    """Twenty places of three years that differ by small shocks, and one of ten years that swung by half before."""
    levels = panel(20, 10, seed, local=0.05)
    levels.loc[:2007] = np.nan
    levels["county"] = 3.0 + np.cumsum([0.6, 0.6, -0.4, -0.4, 0.6, 0.6, -0.4, -0.4, 0.1, 0.1])
    return levels


def test_what_one_place_of_many_did_before_the_others_were_counted_is_its_own_and_no_common_shock():
    levels = with_one_longer_series()
    known, others = (moments(table, "inventions_applied") for table in (levels, levels.drop(columns="county")))
    assert known.years == others.years == (2009, 2010)
    assert known.common.shape == (2,)
    assert known.common.sum() == pytest.approx(0.0)
    assert known.common_variance(0.5, 3.0, 0.08) == pytest.approx(others.common_variance(0.5, 3.0, 0.08), rel=0.25)
    assert known.pooled_local_variance == pytest.approx(others.pooled_local_variance, rel=0.2)
    assert np.sqrt(known.local_variance[-1]) > 0.3
    assert known.drift[-1] == pytest.approx(np.diff(levels["county"]).mean(), abs=0.1)


def test_one_place_of_many_alone_judges_no_damping():
    levels = with_one_longer_series()
    assert look_back(levels, "inventions_applied", 3).origins.tolist() == [1, 0, 0]
    assert look_back(levels[["county"]], "inventions_applied", 3).origins.tolist() == [7, 6, 5]


def test_growth_over_a_declared_break_judges_no_damping():
    levels = panel(5, 12, 8, local=0.1).set_index(np.arange(2011, 2023))
    of_firms, of_others = (look_back(levels, name, 4) for name in ("hightech_firms", "inventions_applied"))
    assert of_others.origins.tolist() == [9, 8, 7, 6]
    assert of_firms.origins.tolist() == [8, 6, 4, 2]  # from 2013 to 2016 up to 2017, and from 2018 on


@pytest.mark.parametrize("many", [3, 10])
def test_places_that_were_counted_for_a_few_years_do_not_take_the_shocks_of_these_years_for_their_drift(many):
    error = []
    for seed in range(20):
        luck = np.random.default_rng(seed)
        steps = 0.08 * luck.standard_normal((10, 1)) + 0.05 * luck.standard_normal((10, 20))
        levels = pd.DataFrame(np.cumsum(np.vstack([np.zeros(20), steps]), axis=0), index=range(2000, 2011))
        levels.iloc[:7, :many] = np.nan
        known = moments(levels.rename(columns=str), "inventions_applied")
        error.append(known.drift[:many] - known.drift_mean)
    assert np.sqrt(np.mean(np.square(error))) < 0.02  # all have the same drift; common shocks have 0.08


def test_places_that_were_never_counted_in_the_same_year_still_have_shocks():
    levels = panel(2, 6, 5, local=0.1)
    levels.iloc[:3, 0], levels.iloc[3:, 1] = np.nan, np.nan
    known = moments(levels, "inventions_applied")
    assert known.years == (2002, 2003, 2005, 2006)
    assert np.isfinite(known.common).all()


def test_increments_that_do_not_swing_back_show_no_noise_however_few_the_years():
    known = moments(panel(400, 6, 2, local=0.2), "inventions_applied")
    assert known.noise_variance < 0.05 * 0.2**2
    assert known.pooled_local_variance == pytest.approx(0.2**2, rel=0.1)


@pytest.mark.parametrize(("places", "years"), [(2, 40), (3, 13), (31, 7)])
def test_noise_and_local_shocks_come_back_from_few_places_and_from_few_years(places, years):
    found = [moments(panel(places, years, seed, local=0.1, noise=0.06), "inventions_applied") for seed in range(200)]
    noise, local = ([getattr(known, name) for known in found] for name in ("noise_variance", "pooled_local_variance"))
    for values, truth in ((noise, 0.06**2), (local, 0.1**2)):
        assert np.mean(values) == pytest.approx(truth, rel=0.15)


def test_two_places_that_vary_alike_have_the_pooled_variance():
    known = moments(panel(2, 9, 3, local=0.2), "inventions_applied")
    assert known.local_variance == pytest.approx([known.pooled_local_variance] * 2)


def test_the_common_shock_takes_in_its_prior_the_factor_and_the_drift_that_damping_leaves_out(made_up):
    known = moments(log_levels(made_up, "inventions_applied", None, 2020), "inventions_applied")
    years, squares = 19, np.sum(known.common**2)
    left_out = years * (0.75 * known.drift_mean) ** 2
    expected = (3.0 * 0.08**2 + squares + left_out) / (3.0 + years - 1)
    assert known.common_variance(0.25, 3.0, 0.08) == pytest.approx(expected)


@pytest.mark.parametrize(("origin", "step"), [("2020-12", 1), ("2020-12", 8), ("2005-12", 3)])
def test_drawn_paths_have_the_fitted_center_and_spread(made_up, origin, step):
    fitted = fit_growth(made_up, "inventions_applied", origin)
    paths = fitted.draw("place 03", 20_000, step, seed=1)[:, -1]
    center, spread = fitted.spread("place 03", step)
    assert np.median(paths) == pytest.approx(center, abs=5 * spread / np.sqrt(20_000))
    assert paths.std() == pytest.approx(spread, rel=0.04)


def test_a_member_draws_the_same_whatever_the_number_of_members_and_years(growth):
    few, many = growth.draw("place 00", 5, 3, seed=9), growth.draw("place 00", 50, 8, seed=9)
    assert np.array_equal(few, many[:5, :3])


def test_pieces_add_up_to_the_draw(growth):
    total = (
        growth.drift_paths("place 01", 7, 4, 3)
        + growth.common_shocks(7, 4, 3)
        + growth.local_shocks("place 01", 7, 4, 3)
        + growth.measurement("place 01", 7, 4, 3)
    )
    assert np.allclose(total, growth.draw("place 01", 7, 4, 3))


def test_local_luck_differs_between_places_and_seeds(growth):
    here = growth.local_shocks("place 01", 4000, 1, 3)[:, 0]
    there = growth.local_shocks("place 02", 4000, 1, 3)[:, 0]
    again = growth.local_shocks("place 01", 4000, 1, 4)[:, 0]
    assert abs(np.corrcoef(here, there)[0, 1]) < 0.06
    assert abs(np.corrcoef(here, again)[0, 1]) < 0.06


def test_common_shocks_of_two_targets_are_correlated_but_not_the_same(made_up, growth):
    other = fit_growth(made_up.assign(target="patents_applied"), "patents_applied", ORIGIN)
    correlation = np.corrcoef(growth.common_shocks(4000, 1, 3)[:, 0], other.common_shocks(4000, 1, 3)[:, 0])[0, 1]
    assert 0.12 < correlation < 0.36


def test_median_growth_never_turns_back_with_the_horizon(carried):
    damped = fit_growth(carried, "inventions_applied", "2016-12").damping * np.arange(1, 9)
    assert (np.diff(damped) >= -1e-12).all()


def test_a_place_outside_the_panel_gets_pooled_growth_with_wider_drift(growth):
    center, spread = growth.spread("nowhere", 3)
    assert center == pytest.approx(3 * growth.damping[2] * growth.pooled_drift)
    assert growth.pooled_drift_sd > growth.drift_sd.max()
    assert spread > 0


def test_a_place_outside_a_panel_of_one_drift_is_still_unsure_of_its_own():
    rows = [(f"p{p}", 2010 + t, float(round(100 * 1.1**t))) for p in range(5) for t in range(8)]
    growth = fit_growth(table(rows, "institutes"), "institutes", "2017-12")
    assert growth.pooled_drift_sd == DRIFT_BETWEEN_FLOOR


def test_a_longer_horizon_that_wants_no_drift_keeps_what_a_shorter_one_has_reached(monkeypatch):
    best = {1: 1.0, 2: 0.0, 3: 1.0}
    loss = dict.fromkeys(best.items(), 1.0)  # and a thousand at any other damping
    monkeypatch.setattr(hindsight, "_wis", lambda _, __, step, damping, ___: loss.get((step, damping), 1e3))
    assert look_back(panel(5, 20, 7, local=0.1), "inventions_applied", 3).damping.tolist() == [1.0, 0.5, 1.0]


def test_half_of_a_years_drift_is_kept_where_no_earlier_origin_judges_it():
    found = look_back(panel(5, 3, 7, local=0.1), "inventions_applied", 8)  # its two increments are both in use
    assert found.origins.tolist() == [0] * 8
    assert found.damping.tolist() == [0.5] * 8


def test_damping_is_averaged_by_prior_and_loss_at_earlier_origins():
    grid = np.linspace(0.0, 1.0, 11)
    losses = 0.05 + (grid - 0.3) ** 2
    weights = stats.norm.pdf(grid, 0.75, 0.25) / losses**6
    assert hindsight.averaged_damping(losses, 6) == pytest.approx(weights @ grid / weights.sum())
    assert hindsight.averaged_damping(losses, 60) == pytest.approx(0.3, abs=0.02)


def test_the_longer_a_trend_has_held_the_more_of_it_is_kept():
    steady = panel(30, 15, 5, local=0.02)
    kept = [look_back(steady.iloc[:years], "inventions_applied", 1).damping[0] for years in (3, 6, 10, 15)]
    assert kept == sorted(kept)
    assert kept[-1] > kept[0] + 0.1


def test_earlier_forecasts_that_were_right_do_not_narrow_an_interval_below_its_floor():
    exact = panel(5, 20, 4)
    assert look_back(exact, "inventions_applied", 1).scale.tolist() == [SCALE_FLOOR]


def test_the_width_of_an_interval_is_learned_from_the_squares_of_earlier_errors():
    levels = panel(30, 12, 5, local=0.1)
    levels.iloc[8:] += 1.0  # a jump that no origin before it expected
    found = look_back(levels, "inventions_applied", 1)
    squares = []
    for year in range(2003, 2012):  # the first origin with two increments
        center, sd, _ = predictive(moments(levels.loc[:year], "inventions_applied"), 1, found.damping[0])
        squares.append(np.mean(((levels.loc[year + 1] - levels.loc[year] - center) / sd) ** 2))
    assert found.origins.tolist() == [len(squares)]
    assert found.scale[0] == pytest.approx(np.sqrt((4.0 + sum(squares)) / (4.0 + len(squares))))
    assert found.scale[0] > 1.5


def test_nothing_after_the_origin_is_used(carried):
    later = carried["time"].str[:4].astype(int) > 2016
    changed = carried.assign(value=carried["value"].where(~later, carried["value"] * 10))
    before, after = (fit_growth(counts, "inventions_applied", "2016-12") for counts in (carried, changed))
    assert np.array_equal(before.drift, after.drift)
    assert np.array_equal(before.common_scale, after.common_scale)
    assert before.years[-1] == 2016


def test_years_without_figures_and_breaks_give_no_increment(carried):
    growth = fit_growth(carried, "hightech_firms", "2022-12")
    assert growth.years == (2012, 2013, 2014, 2015, 2016, 2019, 2020, 2021, 2022)


def test_zero_counts_have_growth():
    rows = [(f"p{p}", 2010 + t, float(max(p - 1, 0) * (t + 1))) for p in range(4) for t in range(6)]
    growth = fit_growth(table(rows, "institutes"), "institutes", "2015-12")
    assert np.isfinite(growth.draw("p0", 10, 3, 1)).all()


def test_the_base_year_is_the_last_complete_one():
    assert (base_year("2016-12"), base_year("2018-06")) == (2016, 2017)


def test_a_target_without_two_successive_years_is_refused(carried):
    with pytest.raises(CountsError, match=r"hnte_certifications.*2016"):
        fit_growth(carried, "hnte_certifications", "2016-12")


def test_a_named_place_without_figures_is_refused(carried):
    with pytest.raises(CountsError, match="Pinghu"):
        fit_growth(carried, "inventions_applied", "2016-12", locations=["Zhejiang", "Pinghu"])


def test_growth_across_a_break_is_held_against_no_interval_and_a_place_outside_counts_once():
    luck = np.random.default_rng(6)
    logs = 6.0 + np.cumsum(0.1 + 0.02 * luck.standard_normal((11, 4)), axis=0)
    logs[9:, 0] += 3.0  # one of four places from 2019 on
    rows = [(f"p{p}", 2010 + t, float(round(np.exp(logs[t, p])))) for p in range(4) for t in range(11)]
    counts = table(rows, "hightech_firms")  # another rule from 2018 on
    found = growth_coverage(counts, "hightech_firms", [f"p{p}" for p in range(4)], (2016, 2017, 2018), horizon=2)
    assert found["origins"].tolist() == [2, 1]  # 2016 to 2017 and 2018 to 2019; 2018 to 2020
    assert found.loc[0, ["coverage", "lowest", "highest"]].tolist() == [0.875, 0.75, 1.0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("target", "first"),
    [
        ("hightech_firms", 2015),
        ("hnte_certifications", 2020),
        ("inventions_applied", 2014),
        ("inventions_granted", 2014),
    ],
)
def test_ninety_percent_intervals_cover_what_happened(carried, provinces, target, first):
    table = growth_coverage(carried, target, provinces, range(first, 2022))
    assert table["coverage"].between(0.80, 0.99).all(), table.to_string()
