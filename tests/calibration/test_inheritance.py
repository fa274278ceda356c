"""A county inherits level and growth, and says from where."""

import made_counts
import numpy as np
import pandas as pd
import pytest

from ecosim.calibration.borrow import (
    BORROWED_DRIFT_SD,
    BORROWED_VARIANCE,
    COHORT_SHARES,
    COUNTY_LOCAL_SD,
    RATIO_SD,
    growth_since,
    inherit_growth,
    own_growth,
    stock_damping,
    stocks_from_flows,
    unfollowed_growth,
)
from ecosim.calibration.growth import fit_growth
from ecosim.calibration.inherit import CLOSE_SD, CLOSING_ERROR, CLOSING_SHARE, YEAR_SD, inherit_level, own_level
from ecosim.data.panel import CountsError, series

INSIDE = ("Jiaxing", "Zhejiang")


def test_an_observed_level_is_taken_as_it_is(carried):
    level = inherit_level(carried, "tech_sme_stock", "Pinghu", INSIDE, "2016-12")
    assert (level.mean, level.log_sd, level.basis, level.time) == (279.0, 0.0, "observed", "2016")


def test_pinghus_certified_stock_of_2016_is_an_assumption_through_jiaxing(carried):
    level = inherit_level(carried, "hnte_stock", "Pinghu", INSIDE, "2016-12")
    assert level.basis == "assumption"
    assert level.mean == pytest.approx(496 * 279 / 1621, rel=0.05)
    assert level.log_sd >= CLOSE_SD
    assert "Jiaxing 2015 (496)" in level.explanation
    assert "borrowed from inventions_applied" in level.explanation


def test_city_and_province_both_stay_in_the_level_of_2020(carried):
    through_city = 2416 * 779 / 5563.58
    level = inherit_level(carried, "hnte_stock", "Pinghu", INSIDE, "2020-12")
    assert 269 < level.mean < through_city
    assert "Jiaxing 2020" in level.explanation
    assert "Zhejiang 2020 (22,334)" in level.explanation


def test_a_province_sums_its_last_three_flows(carried):
    without = carried[(carried["target"] != "hnte_stock") | (carried["location"] == "China")]
    level = inherit_level(without, "hnte_stock", "Zhejiang", (), "2022-12")
    assert level.mean == 10204 + 11514 + 14138
    assert level.basis == "observed"
    assert level.log_sd == pytest.approx(0.03)


def test_a_reported_stock_is_not_replaced_by_the_sum_of_flows(carried):
    reported = carried["target"].eq("hnte_stock") & carried["location"].eq("Zhejiang") & carried["time"].eq("2021")
    changed = carried.assign(value=carried["value"].mask(reported, 27_000.0))
    assert reported.sum() == 1
    assert series(stocks_from_flows(changed), "Zhejiang", "hnte_stock")[2021] == 27_000


def test_an_own_earlier_point_moves_the_inherited_level(carried):
    level = inherit_level(carried, "tech_sme_stock", "Pinghu", INSIDE, "2020-12")
    assert level.basis == "inherited"
    through_city = 6064 * 779 / 5563.58
    own = 358 * np.exp(inherit_growth(carried, "tech_sme_stock", "Pinghu", INSIDE, "2020-12").spread("Pinghu", 3)[0])
    assert own < level.mean < through_city


def test_nothing_after_the_origin_reaches_a_level(carried):
    later = carried["time"].str[:4].astype(int) > 2016
    changed = carried.assign(value=carried["value"].where(~later, 7.0))
    before, after = (inherit_level(c, "hnte_stock", "Pinghu", INSIDE, "2016-12") for c in (carried, changed))
    assert before == after


def test_the_calculation_that_is_shown_gives_the_level():
    spending = made_counts.table([("Village", 2022, 8.8), ("Province", 2022, 2416.8)], "rd_expenditure", "100m CNY")
    counts = pd.concat([made_counts.table([("Province", 2022, 122807.0)], "patents_applied"), spending])
    level = inherit_level(counts, "patents_applied", "Village", ("Province",), "2022-12")
    assert level.explanation == "Province 2022 (122,807) x share of rd_expenditure 8.8 (2022) / 2,417 (2022)"
    assert level.mean == pytest.approx(122807 * 8.8 / 2417, abs=0.5)


def test_a_level_that_nothing_leads_to_is_refused_with_a_way_out(carried):
    with pytest.raises(CountsError, match=r"Pinghu, hnte_foreign_stock.*add a count"):
        inherit_level(carried, "hnte_foreign_stock", "Pinghu", INSIDE, "2016-12")


def test_two_routes_are_averaged_and_what_they_disagree_by_widens_the_level():
    spending = [("Village", 2022, 8.0), ("City", 2022, 80.0), ("Province", 2022, 800.0)]
    filed = [("City", 2022, 1000.0), ("Province", 2022, 40000.0)]
    counts = pd.concat([
        made_counts.table(spending, "rd_expenditure", "100m CNY"), made_counts.table(filed, "patents_applied"),
    ])  # fmt: skip
    level = inherit_level(counts, "patents_applied", "Village", ("City", "Province"), "2022-12")
    assert level.mean == pytest.approx(200.0)  # of 100 and 400
    assert level.log_sd == pytest.approx(np.sqrt(CLOSE_SD**2 + np.log(2.0) ** 2))


def test_gdp_that_is_not_given_is_research_over_its_share_in_percent():
    counts = pd.concat([
        made_counts.table([("Village", 2022, 8.8)], "rd_expenditure", "100m CNY"),
        made_counts.table([("Village", 2022, 2.0)], "rd_intensity", "percent"),
        made_counts.table([("Province", 2022, 4400.0)], "gdp", "100m CNY"),
        made_counts.table([("Province", 2022, 1000.0)], "patents_applied"),
    ])  # fmt: skip
    level = inherit_level(counts, "patents_applied", "Village", ("Province",), "2022-12")
    assert level.mean == pytest.approx(1000.0 * 440.0 / 4400.0)
    assert "share of gdp 440 (2022) / 4,400 (2022)" in level.explanation


@pytest.mark.parametrize(("known", "sign"), [(2021, 1.0), (2019, -1.0)])
def test_the_two_sides_of_a_share_are_moved_to_one_year_by_growth(carried, known, sign):
    whole = carried["target"].eq("rd_expenditure") & carried["location"].eq("Zhejiang")
    spent = float(carried.loc[whole & carried["time"].eq("2020"), "value"].item())
    village = made_counts.table([("Village", known, 10.0)], "rd_expenditure", "100m CNY")
    counts = pd.concat([carried[~whole | carried["time"].eq("2020")], village], ignore_index=True)
    level = inherit_level(counts, "patents_applied", "Village", ("Zhejiang",), "2022-12")
    filed = series(carried, "Zhejiang", "patents_applied")[2022]
    grown = inherit_growth(counts, "rd_expenditure", "Village", ("Zhejiang",), "2022-12").spread("Village", 1)[0]
    assert grown > 0.01
    assert level.mean == pytest.approx(filed * 10.0 / (spent * np.exp(sign * grown)))


def test_an_own_point_counts_for_less_the_less_sure_the_growth_that_carried_it(carried):
    level = inherit_level(carried, "tech_sme_stock", "Pinghu", INSIDE, "2020-12")
    own = inherit_growth(carried, "tech_sme_stock", "Pinghu", INSIDE, "2020-12")
    carry, carry_sd = own.spread("Pinghu", 3)
    without = carried["target"].eq("tech_sme_stock") & carried["location"].eq("Pinghu")
    around = inherit_level(carried[~without], "tech_sme_stock", "Pinghu", INSIDE, "2020-12")
    carried = 358 * np.exp(carry)
    assert carry_sd**2 > 0.038  # what flows disperse by alone
    precisions = np.array([around.log_sd**-2, 1.0 / (carry_sd**2 + 1.0 / carried)])
    mean = np.average(np.log([around.mean, carried]), weights=precisions)
    assert (level.mean, level.log_sd) == pytest.approx((np.exp(mean), precisions.sum() ** -0.5))


@pytest.mark.parametrize("times", [0.3, 5.0])
def test_an_own_point_above_or_below_its_share_moves_the_level_by_the_same_weight(times, carried):
    own = carried["target"].eq("tech_sme_stock") & carried["location"].eq("Pinghu")
    around = inherit_level(carried[~own], "tech_sme_stock", "Pinghu", INSIDE, "2020-12")
    counts = carried.assign(value=carried["value"].where(~own, times * carried["value"]))
    level = inherit_level(counts, "tech_sme_stock", "Pinghu", INSIDE, "2020-12")
    carry, carry_sd = inherit_growth(counts, "tech_sme_stock", "Pinghu", INSIDE, "2020-12").spread("Pinghu", 3)
    gap = np.log(358 * times) + carry - np.log(around.mean)
    weight = around.log_sd**2 / (around.log_sd**2 + carry_sd**2)
    assert np.log(level.mean / around.mean) == pytest.approx(weight * gap, rel=0.05)  # a little less: chance
    assert level.log_sd < min(around.log_sd, np.hypot(carry_sd, 0.1))


def test_a_flow_is_the_newest_of_three_cohorts_of_a_growing_stock(carried):
    village = made_counts.table([("Village", 2022, 300.0)], "hnte_stock")
    counts = pd.concat([carried[carried["location"] != "Jiaxing"], village], ignore_index=True)
    level = inherit_level(counts, "hnte_certifications", "Village", (), "2022-12")
    growth = inherit_growth(counts, "hnte_stock", "Village", (), "2022-12")
    yearly = growth.place("Village")[0]
    assert yearly > growth.spread("Village", 1)[0] > 0.05  # what has been is not damped
    assert level.mean == pytest.approx(300.0 / (1.0 + np.exp(-yearly) + np.exp(-2.0 * yearly)))
    assert level.from_stock


@pytest.mark.parametrize(("before", "now"), [(200, 400), (300, 360), (390, 400), (400, 390), (900, 850)])
def test_new_tech_smes_are_the_counted_rise_of_their_stock_and_the_firms_that_closed(before, now, carried):
    rows = [("Village", 2021, before), ("Village", 2022, now)]
    counts = pd.concat([carried, made_counts.table(rows, "tech_sme_stock")], ignore_index=True)
    level = inherit_level(counts, "tech_sme_new", "Village", (), "2022-12")
    doubt = CLOSING_ERROR * CLOSING_SHARE * before
    assert level.mean == pytest.approx(max(now - before + CLOSING_SHARE * before, doubt))
    assert level.log_sd == pytest.approx(np.hypot(YEAR_SD, doubt / level.mean))
    assert level.log_sd < 1.01
    assert f"{before:.0f} (2021) to {now:.0f} (2022), and 4% of {before:.0f} closed" in level.explanation
    assert ("at least half of the closed" in level.explanation) == (now < before - doubt)


@pytest.mark.parametrize("span", [2, 3])
def test_over_a_gap_the_stock_grew_by_the_same_factor_in_each_year(span, carried):
    before = 288.0 ** (1.0 / span) * 431.0 ** (1.0 - 1.0 / span)
    rows = [("Village", 2022 - span, 288.0), ("Village", 2022, 431.0)]
    counts = pd.concat([carried, made_counts.table(rows, "tech_sme_stock")], ignore_index=True)
    level = inherit_level(counts, "tech_sme_new", "Village", (), "2022-12")
    assert level.mean == pytest.approx(431.0 - before + CLOSING_SHARE * before)
    unseen = before * 0.1 * np.sqrt(1.0 - 1.0 / span) / level.mean
    doubt = CLOSING_ERROR * CLOSING_SHARE * before / level.mean
    assert level.log_sd == pytest.approx(np.sqrt(YEAR_SD**2 + doubt**2 + unseen**2))
    assert f"a year's part of {span}, and 4% of" in level.explanation


def test_two_counts_carried_over_the_same_years_do_not_take_away_the_error_of_their_growth(carried):
    levels = {}
    for value in (200.0, 900.0):
        own = made_counts.table([("Village", 2022, value), ("Village", 2022, 100.0)], "inventions_applied")
        own.loc[1, ["target", "unit"]] = "gdp", "100m CNY"
        counts = pd.concat([carried, own], ignore_index=True)
        growth = inherit_growth(counts, "inventions_applied", "Village", ("Zhejiang",), "2024-12")
        carry, sd = growth.spread("Village", 2)
        level = inherit_level(counts, "inventions_applied", "Village", ("Zhejiang",), "2024-12")
        assert "prior: Zhejiang" in level.explanation
        assert sd < level.log_sd < np.hypot(sd, 0.2)
        levels[value] = np.log(level.mean) - carry - np.log(value)
    assert np.abs(list(levels.values())).max() < 0.1  # the share says some other level


def test_growth_over_a_declared_break_is_no_fact(carried):
    rows = [("Village", 2017, 100.0), ("Village", 2018, 70.0)]
    counts = pd.concat([carried, made_counts.table(rows, "hightech_firms")], ignore_index=True)
    with_break, without = (
        inherit_growth(some, "hightech_firms", "Village", ("Zhejiang",), "2020-12").place("Village")
        for some in (counts, carried)
    )
    assert with_break[:2] == without[:2]


def test_borrowed_growth_has_the_parents_drift_and_all_three_doubts_of_it(carried):
    growth = inherit_growth(carried, "hnte_certifications", "Pinghu", INSIDE, "2016-12")
    panel = fit_growth(carried, "inventions_applied", "2016-12")
    drift, sd, _ = panel.place("Zhejiang")
    assert growth.drift[-1] == drift
    assert growth.drift_sd[-1] == pytest.approx(np.sqrt(panel.pooled_drift_sd**2 + sd**2 + BORROWED_DRIFT_SD**2))
    assert growth.scale == pytest.approx(panel.scale * np.sqrt(BORROWED_VARIANCE))


def test_a_fact_over_two_years_counts_as_its_yearly_mean(carried):
    facts = carried["target"].eq("hnte_stock_ratio_2y") & carried["location"].eq("Pinghu")
    told = inherit_growth(carried, "hnte_stock", "Pinghu", INSIDE, "2018-06")
    prior = inherit_growth(carried[~facts], "hnte_stock", "Pinghu", INSIDE, "2018-06")
    yearly = prior.local_scale[-1] ** 2 + prior.common_scale[0] ** 2
    noise = yearly / 2.0 + (RATIO_SD / 2.0) ** 2
    weight = prior.drift_sd[-1] ** 2 / (prior.drift_sd[-1] ** 2 + noise)
    assert told.drift[-1] == pytest.approx(prior.drift[-1] + weight * (np.log(2.0) / 2.0 - prior.drift[-1]))
    assert told.drift_sd[-1] == pytest.approx(prior.drift_sd[-1] * np.sqrt(1.0 - weight))


def test_growth_without_a_panel_is_borrowed_and_says_so(carried):
    growth = inherit_growth(carried, "hnte_certifications", "Pinghu", INSIDE, "2016-12")
    panel = fit_growth(carried, "inventions_applied", "2016-12")
    assert growth.borrowed_from == "inventions_applied"
    assert "borrowed for hnte_certifications" in growth.basis
    assert growth.spread("Pinghu", 1)[1] > panel.spread("Zhejiang", 1)[1]
    assert growth.local_scale[-1] >= COUNTY_LOCAL_SD


def test_a_stock_feels_a_shock_to_its_flow_little_by_little():
    damping = stock_damping(8)
    assert damping[0] == pytest.approx(COHORT_SHARES[0])
    assert (np.diff(damping) > 0).all()
    assert damping[-1] < 1


def test_a_province_of_the_panel_keeps_its_own_growth(carried):
    own = inherit_growth(carried, "inventions_applied", "Zhejiang", (), "2020-12")
    panel = fit_growth(carried, "inventions_applied", "2020-12")
    assert own.spread("Zhejiang", 2) == panel.spread("Zhejiang", 2)


def test_doubled_in_two_years_raises_the_drift_and_is_used_once(carried):
    facts = carried["target"].eq("hnte_stock_ratio_2y") & carried["location"].eq("Pinghu")
    with_fact = inherit_growth(carried, "hnte_stock", "Pinghu", INSIDE, "2018-06")
    without = inherit_growth(carried[~facts], "hnte_stock", "Pinghu", INSIDE, "2018-06")
    assert facts.sum() == 1
    assert without.drift[-1] < with_fact.drift[-1] < np.log(2) / 2
    assert with_fact.drift_sd[-1] < without.drift_sd[-1]
    both = inherit_growth(carried, "tech_sme_stock", "Pinghu", INSIDE, "2018-06").basis
    assert "own growth 2016-2017 x 1.28" in both
    assert "x 2.00" not in both


FIRMS = [8000, 8400, 8880, 9400, 9900, 10480, 11000, 11600]


def followed(values, last=2022):
    rows = [("Smallville", last - len(values) + 1 + n, value) for n, value in enumerate(values) if value is not None]
    return made_counts.table(rows, "firms")


def test_firms_that_a_place_has_followed_itself_grow_as_they_did_and_borrow_nothing(carried):
    growth = own_growth(pd.concat([carried, followed(FIRMS)], ignore_index=True), "firms", "Smallville", "2022-12", 6)
    yearly = np.log(11600.5 / 8000.5) / 7
    assert growth.place("Smallville")[0] == pytest.approx(yearly)
    assert growth.borrowed_from == growth.target == "firms"
    center, sd = growth.spread("Smallville", 3)
    assert 1.5 * yearly < center < 3.0 * yearly  # damped, but by less than half
    assert sd < 0.15
    assert growth.drift_error("Smallville") == pytest.approx(growth.common_scale[0] / np.sqrt(7))


def test_a_place_among_others_shares_the_error_of_their_mean(carried):
    growth = inherit_growth(carried, "hnte_certifications", "Zhejiang", (), "2022-12")
    assert growth.drift_error("Zhejiang") == pytest.approx(np.hypot(growth.place("Zhejiang")[1], growth.mean_error))


def test_firms_and_staff_are_calmer_than_births_and_closings():
    firms = followed(FIRMS)
    calm, wild = (own_growth(firms.assign(target=name), name, "Smallville", "2022-12") for name in ("firms", "births"))
    assert calm.common_scale[0] < 0.75 * wild.common_scale[0]


@pytest.mark.parametrize(
    "known", [followed(FIRMS[-2:]), followed([8000, 8400, None, 9400, None, 10480, None, 11600]), followed(FIRMS, 2021)]
)
def test_two_years_a_series_of_gaps_or_an_old_one_give_no_growth_of_firms(known):
    assert own_growth(known, "firms", "Smallville", "2022-12") is None
    assert own_growth(known, "firms", "Elsewhere", "2022-12") is None


def test_three_years_give_growth_and_what_comes_after_the_origin_does_not():
    known = followed(FIRMS[-3:])
    assert own_growth(known, "firms", "Smallville", "2022-12").years == (2021, 2022)
    assert own_growth(known, "firms", "Smallville", "2021-12") is None


@pytest.mark.parametrize(("target", "prior"), [("firms", 0.04), ("births", 0.08)])
def test_an_old_count_of_firms_is_carried_by_its_own_mean_growth_and_is_unsure_by_its_shocks(target, prior):
    known = followed([100, 110, None, 120, 150, 165], 2015).assign(target=target)
    level = own_level(known, target, "Smallville", "2022-12")
    steps = np.log([110.5 / 100.5, 150.5 / 120.5, 165.5 / 150.5])
    variance = (3 * prior**2 + 2 * steps.var(ddof=1)) / 3  # expected with a prior of 3 degrees of freedom
    assert level.mean == pytest.approx(165 * np.exp(7 * steps.mean()))
    assert level.log_sd == pytest.approx(np.sqrt(7 * variance + 7**2 * variance / 3))
    assert (level.basis, level.time, level.source) == ("inherited", "2022", "test")
    grown = f"{np.expm1(7 * steps.mean()):+.0%}"
    assert level.explanation == (
        f"own level of 2015 (165) grown 7 y by {grown} (mean of 3 yearly increments of its own counts)"
    )


def test_firms_that_grew_evenly_are_unsure_too_and_more_so_the_older_their_count():
    known = followed([100 * 1.1**n for n in range(6)], 2015)
    sds = [own_level(known, "firms", "Smallville", f"{year}-12").log_sd for year in (2016, 2018, 2022)]
    assert 0.02 < sds[0] < sds[1] < sds[2]


@pytest.mark.parametrize("values", [[8000], [8000, 8400], [8000, None, 8400, None, 8900]])
def test_an_old_count_whose_growth_its_own_counts_do_not_tell_stays_where_it_was_with_the_prior_spread(values):
    level = own_level(followed(values, 2019), "firms", "Smallville", "2022-12")
    assert (level.mean, level.basis) == (values[-1], "inherited")
    assert level.log_sd == pytest.approx(np.sqrt(3 * 0.04**2 + (0.5 * 3 * 0.03) ** 2))
    assert "grown 3 y by +0% (too few own counts to tell it)" in level.explanation
    prior = unfollowed_growth("firms", "Smallville", 2019).spread("Smallville", 3)
    assert growth_since(followed(values, 2019), "firms", "Smallville", 2019, 3)[:2] == prior


@pytest.mark.parametrize("origin", ["2022-12", "2023-06"])
def test_firms_that_were_counted_in_the_last_complete_year_are_certain(origin):
    level = own_level(followed(FIRMS), "firms", "Smallville", origin)
    assert (level.mean, level.log_sd, level.basis) == (11600.0, 0.0, "observed")
    assert (level.explanation, level.time) == ("observed 2022", "2022")
    assert own_level(followed(FIRMS), "firms", "Elsewhere", origin) is None
    assert own_level(followed(FIRMS), "births", "Smallville", origin) is None
