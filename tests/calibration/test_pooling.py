"""Places borrow from each other as far as their errors say, and a place without counts inherits the rest."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ecosim.calibration.equations import EQUATIONS, Equation
from ecosim.calibration.pooling import PoolingError, inherited_rows, pool, pool_slope
from ecosim.data import china

NAMES = tuple(f"place {k}" for k in range(60))


def made(between, seed):
    luck = np.random.default_rng(seed)
    truth = 0.5 + between * luck.standard_normal(60)
    errors = luck.uniform(0.1, 0.5, 60)
    return truth, truth + errors * luck.standard_normal(60), errors


def test_mean_and_spread_between_places_come_out_over_seeds():
    found = [pool(NAMES, *made(0.3, seed)[1:]) for seed in range(40)]
    means, spreads = (np.array([getattr(each, name) for each in found]) for name in ("mean", "between"))
    errors = np.array([each.mean_se for each in found])
    assert abs(((means - 0.5) / errors).mean()) < 3 / np.sqrt(40)
    assert abs(spreads.mean() - 0.3) < 0.03


def test_shrunken_estimates_lie_nearer_to_the_truth_than_the_places_own():
    truth, estimates, errors = made(0.2, 3)
    table = pool(NAMES, estimates, errors).table
    assert np.square(table["pooled"] - truth).mean() < 0.7 * np.square(estimates - truth).mean()
    covered = np.abs(table["pooled"] - truth) < 1.645 * table["pooled_sd"]
    assert 0.78 < covered.mean() < 0.99


def test_a_new_place_lies_in_its_interval_about_as_often_as_it_says():
    inside = []
    for seed in range(60):
        low, high = pool(NAMES, *made(0.3, seed)[1:]).interval(0.90)
        new = 0.5 + 0.3 * np.random.default_rng(1000 + seed).standard_normal(50)
        inside.append(((low < new) & (new < high)).mean())
    assert abs(np.mean(inside) - 0.90) < 0.03


def test_a_place_is_as_sure_as_its_own_error_and_that_of_the_mean_leave_it():
    errors = np.full(4, 0.2)
    found = pool(NAMES[:4], np.array([0.1, 0.3, 0.5, 0.7]), errors)
    between = found.between**2
    share = between / (between + 0.04)
    assert between + 0.04 == pytest.approx(np.var([0.1, 0.3, 0.5, 0.7], ddof=1))
    assert found.mean_se == pytest.approx(np.sqrt((between + 0.04) / 4))
    own, of_mean = share * 0.04, (1.0 - share) ** 2 * (between + 0.04) / 4
    assert found.table["pooled_sd"].to_numpy() == pytest.approx(np.full(4, np.sqrt(own + of_mean)))


def test_the_interval_of_a_new_place_is_a_t_with_two_degrees_less_than_places():
    found = pool(NAMES[:5], np.array([0.1, 0.3, 0.4, 0.5, 0.9]), np.full(5, 0.1))
    half = stats.t.ppf(0.95, 3) * np.hypot(found.between, found.mean_se)
    assert found.interval(0.90) == pytest.approx((found.mean - half, found.mean + half))


def test_a_shock_that_all_places_share_does_not_move_their_slopes():
    luck = np.random.default_rng(6)
    rows, common = [], luck.standard_normal(12)
    for place in range(8):
        driver = np.exp(3.0 + luck.standard_normal(12) + common)
        outcome = np.round(np.exp(4.0 + 0.5 * np.log(driver) - 3.0 * common))
        rows += [(f"p{place}", "rd_expenditure", 2000 + t, driver[t]) for t in range(12)]
        rows += [(f"p{place}", "patents_applied", 2001 + t, outcome[t]) for t in range(12)]
    counts = pd.DataFrame(rows, columns=["location", "target", "time", "value"]).astype({"time": str})
    counts = counts.assign(unit="count", as_of="", source="test")
    found = pool_slope(
        counts, Equation("made", "patents_applied", ("rd_expenditure",)), "rd_expenditure lag", "2012-12"
    )
    assert found.mean == pytest.approx(0.5, abs=0.05)


def test_the_slope_of_an_equation_with_an_offset_is_one_of_growth():
    luck = np.random.default_rng(8)
    rows = []
    for place in range(8):
        driver, level = 3.0 + np.cumsum(0.3 * luck.standard_normal(14)), 9.0
        rows += [(f"p{place}", "rd_firm_funded", 2000 + t, np.exp(driver[t])) for t in range(14)]
        for t in range(14):
            rows.append((f"p{place}", "patents_applied", 2000 + t, np.round(np.exp(level))))
            level += 0.1 * driver[t] - 0.2
    counts = pd.DataFrame(rows, columns=["location", "target", "time", "value"]).astype({"time": str})
    counts = counts.assign(unit="count", as_of="", source="test")
    grows = Equation("made", "patents_applied", ("rd_firm_funded",), "patents_applied")
    assert pool_slope(counts, grows, "rd_firm_funded lag", "2013-12").mean == pytest.approx(0.1, abs=0.005)


def test_places_that_differ_by_their_errors_alone_become_one():
    _, estimates, errors = made(0.0, 5)
    found = pool(NAMES, estimates, errors)
    assert found.between < 0.1
    assert np.ptp(found.table["pooled"]) < 0.25 * np.ptp(estimates)


def test_too_few_places_are_refused():
    with pytest.raises(PoolingError, match="2 places have an estimate"):
        pool(("a", "b", "c"), np.array([1.0, 2.0, np.nan]), np.array([0.1, 0.1, 0.1]))


def test_a_countys_slope_is_wider_than_the_pooled_one():
    equation = next(equation for equation in EQUATIONS if equation.name == "inventions_applied")
    found = pool_slope(china.load(), equation, "rd_expenditure lag", "2022-12")
    assert len(found.table) > 20
    assert found.inherited_sd > found.mean_se
    assert 0.0 < found.mean < 1.5
    with pytest.raises(PoolingError, match="no term 'gdp lag'"):
        pool_slope(china.load(), equation, "gdp lag", "2022-12")


def test_a_province_has_its_own_shrunken_slope_and_a_county_that_of_all():
    province, county = (inherited_rows(china.load(), place, "2022-12") for place in ("Zhejiang", "Pinghu"))
    assert province["equation"].tolist() == county["equation"].tolist()
    assert province["source"].str.contains("shrunk towards").all()
    assert county["source"].str.contains("inherits the distribution").all()
    assert (county["std_error"] > 0).all()
    assert inherited_rows(china.load(), "Pinghu", "2010-12").empty
