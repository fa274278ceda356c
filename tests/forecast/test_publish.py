"""From members' series to published counts, by hand."""

from dataclasses import replace

import numpy as np
import pytest

from ecosim.calibration.inherit import Level
from ecosim.data.periods import quarter_index
from ecosim.forecast import publish
from ecosim.forecast.anchor import Anchor
from ecosim.forecast.publish import FLOWS, INDEX, RATIO, by_year, past_stocks
from ecosim.forecast.start import Ladder
from ecosim.forecast.statements import no_index
from ecosim.model.ecosystem import OBSERVED

END_2016, MIDDLE_2018 = quarter_index("2016-12"), quarter_index("2018-06")


def yearly(world, values, target="tech_sme_new", base=40.0):
    return by_year(world, {target: np.array([values], dtype=float)}, {target: np.array([base])})[target][0].tolist()


def test_a_flow_is_summed_over_the_quarters_of_a_year(make_world):
    assert yearly(make_world(END_2016, 2016, 8), [1, 2, 3, 4, 5, 6, 7, 8]) == [10, 26]


def test_a_stock_is_that_of_the_last_quarter(make_world):
    assert yearly(make_world(END_2016, 2016, 8), [1, 2, 3, 4, 5, 6, 7, 8], "hnte_stock") == [4, 8]


def test_quarters_before_an_origin_within_a_year_count_as_a_quarter_of_the_last_years_flow(make_world):
    world = make_world(MIDDLE_2018, 2017, 6)
    assert yearly(world, [3, 4, 5, 6, 7, 8]) == [2 * 40 / 4 + 3 + 4, 26]


def test_a_stock_within_the_year_of_the_origin_is_still_its_last_quarter(make_world):
    assert yearly(make_world(MIDDLE_2018, 2017, 6), [3, 4, 5, 6, 7, 8], "tech_sme_stock") == [4, 8]


def test_certificates_given_once_a_year_lie_after_an_origin_within_it(make_world):
    assert yearly(make_world(MIDDLE_2018, 2017, 6), [0, 9, 0, 0, 0, 7], "hnte_certifications") == [9, 7]


def test_an_origin_at_the_end_of_september_leaves_one_quarter(make_world):
    assert yearly(make_world(quarter_index("2018-09"), 2017, 5), [4, 5, 6, 7, 8]) == [34, 26]


def test_every_flow_is_a_series_and_no_stock_is_a_flow():
    assert set(FLOWS) <= {*OBSERVED, "hnte_certifications"}
    assert not {"firms", "employment", "hnte_stock", "tech_sme_stock", "hightech_firms", "rd_personnel"} & set(FLOWS)


def test_certifications_are_first_ones_and_renewals(make_run):
    series = publish.stack([make_run(2, hnte_new=[3, 4], hnte_renewed=[1, 5])])
    assert series["hnte_certifications"].tolist() == [[4, 9]]


def test_the_year_before_the_origin_gives_flows_as_sums_and_stocks_as_the_last(make_world, make_run):
    base = publish.base_values(make_world(END_2016, 2016, 4), [make_run(4, before=2.0)])
    assert base["births"].tolist() == [8.0]
    assert base["firms"].tolist() == [2.0]


def test_the_ladder_gives_the_certificates_of_the_year_before_the_origin(make_world, make_run):
    base = publish.base_values(make_world(END_2016, 2016, 4), [make_run(4, before=2.0)])
    assert base["hnte_stock"].tolist() == [100.0]
    assert base["hnte_certifications"].tolist() == [50.0]
    assert base["hnte_new"].tolist() == [50.0 - 0.8 * 10.0]
    assert base["tech_sme_new"].tolist() == [60.0]


def test_past_stocks_are_made_of_the_cohorts(make_world):
    # certificates are given in the fourth quarter: 50 in 2016, 30, 20, 10 in 2013, and 10 x 10 / 20 = 5 the year before
    expected = [60, 60, 60, 100]  # 2016-Q1 to Q3 still stand on 30 + 20 + 10
    stocks = past_stocks(make_world(END_2016, 2016, 4), range(1))[0]
    assert stocks.tolist() == [35, 35, 35, 60, *expected]


def test_past_stocks_from_the_middle_of_a_year(make_world):
    # from 2016-Q3: the decision of 2017 is the newest cohort, those of 2016 and 2015 stand before it
    stocks = past_stocks(make_world(MIDDLE_2018, 2017, 6), range(1))[0]
    assert stocks.tolist() == [35, 60, 60, 60, 60, 100, 100, 100]


def test_past_stocks_that_were_counted_are_these(make_world):
    world = make_world(END_2016, 2016, 4)
    counted = replace(world, ladder=replace(world.ladder, before=(70.0, 50.0)))
    assert past_stocks(counted, range(1))[0].tolist() == [50, 50, 50, 70, 70, 70, 70, 100]


def test_past_stocks_of_a_place_that_never_grew_are_level(make_world):
    level = Ladder(tech_sme_stock=300.0, tech_sme_flow=60.0, cohorts=(10.0, 10.0, 10.0), expired=10.0)
    assert past_stocks(make_world(END_2016, 2016, 4, level), range(1))[0].tolist() == [30.0] * 8


@pytest.fixture
def published(make_world, make_run):
    world = make_world(END_2016, 2016, 8)
    stock = [100, 100, 100, 130, 130, 130, 130, 150]
    runs = [make_run(8, start=200.0, hnte_stock=stock)]
    base = publish.base_values(world, runs)
    return publish.publish(world, runs, base, {"hnte_stock": np.array([2.0])}, {"hnte_stock": np.log([[1.5, 1.0]])})


def test_a_published_count_is_the_models_by_its_scale_and_by_what_the_model_lacks(published):
    assert published.yearly["hnte_stock"][0] == pytest.approx([130 * 2 * 1.5, 150 * 2])
    by_quarter = published.quarterly["hnte_stock"][0, [1, 3, 5, 7]]
    assert by_quarter == pytest.approx([100 * 2 * 1.5**0.5, 130 * 2 * 1.5, 130 * 2 * 1.5**0.5, 150 * 2])


def test_a_flow_has_in_each_quarter_what_the_year_lacks(make_world, make_run):
    world = make_world(END_2016, 2016, 8)
    runs = [make_run(8, births=[1, 2, 3, 4, 5, 6, 7, 8])]
    added = {"births": np.log([[3.0, 0.5]])}
    factors = {name: np.ones(1) for name in ("births", "hnte_stock")}
    futures = publish.publish(world, runs, publish.base_values(world, runs), factors, added)
    assert futures.quarterly["births"][0].tolist() == pytest.approx([3, 6, 9, 12, 2.5, 3, 3.5, 4])
    assert futures.yearly["births"][0].tolist() == pytest.approx([30, 13])


def test_the_index_is_100_in_the_last_complete_year(published):
    assert published.yearly[INDEX][0] == pytest.approx([390.0, 300.0])  # the stock of 2016 is 100
    assert published.quarterly[INDEX][0] == pytest.approx(published.quarterly["hnte_stock"][0])


def test_the_ratio_compares_a_quarter_with_that_of_two_years_before(published):
    stock = published.quarterly["hnte_stock"][0]
    past = [35, 35, 35, 60, 60, 60, 60, 100]
    assert published.quarterly[RATIO][0] == pytest.approx(stock / past)
    assert RATIO not in published.yearly


def futures_from(make_world, make_run, cohorts, stock=4.0, expired=0.0):
    """Of a place with these high-tech certificates at the origin and after it."""
    ladder = Ladder(tech_sme_stock=9.0, tech_sme_flow=2.0, cohorts=cohorts, expired=expired)
    world = make_world(END_2016, 2016, 12, ladder)
    runs = [make_run(12, hnte_stock=stock)]
    base = publish.base_values(world, runs)
    return publish.publish(world, runs, base, {"hnte_stock": np.array([1.0])}, {})


@pytest.mark.filterwarnings("error")
def test_a_place_without_a_certificate_has_no_index_and_no_ratio_and_says_why(make_world, make_run):
    futures = futures_from(make_world, make_run, (0.0, 0.0, 0.0))
    assert set(futures.yearly) == set(futures.quarterly) == {"hnte_stock"}
    (sentence,) = no_index(futures)
    assert "the stock at the origin is 0: no index, and no growth rate can be taken from it" in sentence


@pytest.mark.filterwarnings("error")
def test_a_place_with_its_first_certificates_has_an_index_and_no_ratio(make_world, make_run):
    futures = futures_from(make_world, make_run, (5.0, 0.0, 0.0))
    assert futures.yearly[INDEX][0].tolist() == [80.0] * 3
    assert RATIO not in futures.quarterly
    assert "the stock was 0 within two years before the origin" in no_index(futures)[0]


@pytest.mark.filterwarnings("error")
def test_a_place_whose_stock_falls_to_nothing_has_no_ratio_and_says_why(make_world, make_run):
    futures = futures_from(make_world, make_run, (1.0, 1.0, 1.0), [3.0] * 3 + [0.0] + [2.0] * 8, expired=1.0)
    assert futures.yearly[INDEX][0, 0] == 0.0
    assert RATIO not in futures.quarterly
    assert "falls to 0 in 1 of the futures" in no_index(futures)[0]


def test_an_index_and_a_ratio_need_no_words(published):
    assert no_index(published) == []


def test_stocks_start_at_their_level_whatever_the_model_holds(make_world, make_run):
    world = make_world(END_2016, 2016, 4)
    runs = [make_run(4, before=1.0, start=50.0, hnte_stock=50.0)]
    base = publish.base_values(world, runs)
    levels = {"hnte_stock": Level(100.0, 0.0, "observed", "", "2016", "")}
    factors = publish.scales(Anchor(levels, {}, world.ladder, 900, ()), world, runs, base)
    futures = publish.publish(world, runs, base, factors, {})
    assert futures.quarterly["hnte_stock"][0].tolist() == [100.0] * 4


def test_members_share_the_luck_of_levels_between_model_and_publication(make_world, make_run):
    world = make_world(END_2016, 2016, 4, level_sd=(0.4, 0.2))
    base = publish.base_values(world, [make_run(4)] * 3)
    draws = [publish.level_draws(world, member) for member in range(3)]
    assert base["hnte_stock"] == pytest.approx([100.0 * high_tech for high_tech, _, _ in draws])
    assert base["tech_sme_stock"] == pytest.approx([300.0 * tech_sme for _, tech_sme, _ in draws])


def test_members_differ_by_the_doubt_of_a_level_and_patents_of_one_place_share_it(make_world, make_run):
    world = make_world(END_2016, 2016, 4)
    runs = [make_run(4, before=10.0)] * 2000
    base = publish.base_values(world, runs[:1])
    base = {name: np.repeat(values, len(runs)) for name, values in base.items()}
    levels = {
        "patents_applied": Level(180.0, 0.4, "assumption", "", "2016", ""),
        "inventions_applied": Level(60.0, 0.4, "assumption", "", "2016", ""),
        "rd_personnel": Level(90.0, 0.2, "assumption", "", "2016", ""),
    }
    factors = publish.scales(Anchor(levels, {}, world.ladder, 900, ()), world, runs, base)
    applied, inventions, staff = (np.log(factors[name] * base[name] / levels[name].mean) for name in levels)
    assert applied.std() == pytest.approx(0.4, rel=0.08)  # 5 standard errors
    assert abs(np.median(applied)) < 5 * 1.25 * 0.4 / np.sqrt(len(runs))
    assert inventions == pytest.approx(applied)
    assert staff.std() == pytest.approx(0.2, rel=0.08)
    assert abs(np.corrcoef(staff, applied)[0, 1]) < 0.12


def test_a_member_without_a_single_patent_or_birth_does_not_make_a_flood_of_them(make_world, make_run):
    world = make_world(END_2016, 2016, 4)
    runs = [make_run(4, before=0.0, inventions_applied=2.0, births=1.0)]
    base = publish.base_values(world, runs)
    levels = {name: Level(180.0, 0.0, "observed", "", "2016", "") for name in ("inventions_applied", "births")}
    factors = publish.scales(Anchor(levels, {}, world.ladder, 900, ()), world, runs, {**base, "firms": np.ones(1)})
    assert factors["inventions_applied"].tolist() == [180.0]
    assert factors["births"].tolist() == [180.0]


def certified(make_world, make_run, added, summed, stock=30.0):
    """Futures of a place that certifies 11, 12, 13 and 14 firms, of which half as many again are counted."""
    world = make_world(END_2016, 2016, 16)
    new = [flow if quarter == 3 else 0 for flow in (11, 12, 13, 14) for quarter in range(4)]
    runs = [make_run(16, start=10.0, hnte_new=new, hnte_stock=stock, hnte_foreign_stock=6.0)]
    base = publish.base_values(world, runs)
    factors = {name: np.ones(1) for name in ("hnte_certifications", "hnte_stock", "hnte_foreign_stock")}
    return publish.publish(world, runs, base, factors, {"hnte_certifications": np.log([added])}, summed), world.ladder


def test_a_stock_counted_as_three_flows_is_their_sum_and_changes_once_a_year(make_world, make_run):
    futures, ladder = certified(make_world, make_run, [1.0, 2.0, 1.0, 1.0], summed=True)
    newest, second, _ = ladder.cohorts
    assert futures.yearly["hnte_stock"][0].tolist() == pytest.approx(
        [11 + newest + second, 11 + 24 + newest, 11 + 24 + 13, 24 + 13 + 14]
    )
    by_quarter = futures.quarterly["hnte_stock"][0]
    assert by_quarter[3] == pytest.approx(futures.yearly["hnte_stock"][0][0])
    assert by_quarter[:3].tolist() == pytest.approx([ladder.high_tech_stock] * 3)


def test_a_stock_with_a_level_of_its_own_keeps_to_the_counted_flows_as_they_to_the_models(make_world, make_run):
    futures, ladder = certified(make_world, make_run, [1.0, 2.0, 1.0, 1.0], summed=False)
    newest, _, _ = ladder.cohorts
    beyond = [1.0, (11 + 24 + newest) / (11 + 12 + newest), (11 + 24 + 13) / (11 + 12 + 13), (24 + 27) / (12 + 27)]
    assert futures.yearly["hnte_stock"][0] == pytest.approx(30.0 * np.array(beyond))
    assert futures.yearly["hnte_foreign_stock"][0] == pytest.approx(6.0 * np.array(beyond))
    by_quarter = futures.quarterly["hnte_stock"][0]
    assert by_quarter[:7] == pytest.approx([30.0] * 7)
    assert by_quarter[7:11] == pytest.approx([30.0 * beyond[1]] * 4)


def listed(make_world, make_run, added):
    """Futures of a place with 200 technology SMEs, 20 new in each quarter, of which a tenth of those there leaves."""
    world = make_world(END_2016, 2016, 8)
    stock = [200.0]
    for _ in range(8):
        stock.append(0.9 * stock[-1] + 20.0)
    runs = [make_run(8, start=200.0, tech_sme_new=[20.0] * 8, tech_sme_stock=stock[1:])]
    base = publish.base_values(world, runs)
    base["tech_sme_stock"] = np.array([200.0])
    factors = {name: np.ones(1) for name in ("tech_sme_new", "tech_sme_stock", "hnte_stock")}
    return publish.publish(world, runs, base, factors, {"tech_sme_new": np.log([added])}), stock[1:]


def test_technology_smes_stay_as_in_the_model_where_nothing_is_added_to_new_ones(make_world, make_run):
    futures, stock = listed(make_world, make_run, [1.0, 1.0])
    assert futures.quarterly["tech_sme_stock"][0] == pytest.approx(stock)
    assert futures.yearly["tech_sme_stock"][0] == pytest.approx([stock[3], stock[7]])


def test_technology_smes_follow_what_is_counted_of_new_ones_and_leave_at_the_models_rate(make_world, make_run):
    futures, _ = listed(make_world, make_run, [2.0, 1e-12])
    expected = [200.0]
    for quarter in range(8):
        expected.append(0.9 * expected[-1] + (40.0 if quarter < 4 else 0.0))
    assert futures.quarterly["tech_sme_new"][0] == pytest.approx([40.0] * 4 + [0.0] * 4, abs=1e-9)
    assert futures.quarterly["tech_sme_stock"][0] == pytest.approx(expected[1:])
    assert futures.yearly["tech_sme_stock"][0] == pytest.approx([expected[4], expected[8]])


def test_first_certifications_start_where_they_were_counted_else_with_the_stock(make_world, make_run):
    world = make_world(END_2016, 2016, 4)
    runs = [make_run(4, start=200.0)]
    base = publish.base_values(world, runs)
    counted = {"hnte_new": Level(21.0, 0.0, "observed", "observed 2016", "2016", "counts")}
    with_count, without = (
        publish.scales(Anchor(levels, {}, world.ladder, 900, ()), world, runs, base) for levels in (counted, {})
    )
    assert base["hnte_new"] * with_count["hnte_new"] == pytest.approx([21.0])
    assert without["hnte_new"] == pytest.approx(without["hnte_stock"])
    assert with_count["hnte_stock"] == pytest.approx(without["hnte_stock"])
