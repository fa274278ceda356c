"""Growth: known shocks come back, draws are named, and intervals cover what happened."""

import numpy as np
import pytest
from made_counts import table

from ecosim.calibration.backtest import growth_coverage
from ecosim.calibration.growth import fit_growth
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


def test_drawn_paths_have_the_fitted_center_and_spread(growth):
    paths = growth.draw("place 03", 20_000, 2, seed=1)
    center, spread = growth.spread("place 03", 2)
    assert np.median(paths[:, 1]) == pytest.approx(center, abs=5 * spread / np.sqrt(20_000))
    assert paths[:, 1].std() == pytest.approx(spread, rel=0.05)


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
