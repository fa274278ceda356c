"""What is known of a place at an origin: levels, certificates by cohort, number of firms."""

import numpy as np
import pandas as pd
import pytest

from ecosim.calibration.inherit import Level
from ecosim.data import china
from ecosim.data.panel import CountsError, known_at
from ecosim.forecast.anchor import CLOSING_SHARE, LEAST_FIRMS, PANEL_TARGETS, anchor, make_ladder, number_of_firms
from ecosim.model.region import RegionError

SMALL = "Smallville"


@pytest.fixture(scope="module")
def small(make_job):
    """The small county at the end of 2016."""
    job = make_job()
    return anchor(job.counts, job.region, "2016-12", 2)


@pytest.fixture(scope="module")
def zhejiang(make_region, few_counts):
    """A province with five certification flows, at the end of 2022."""
    return anchor(few_counts, make_region("_province_base", name="Zhejiang"), "2022-12", 2)


def ladder_of(place, job, origin="2016-12", **levels):
    """The ladder of a place at an origin, with some of its levels changed."""
    return make_ladder(known_at(job.counts, origin), job.region, origin, {**place.levels, **levels}, place.growth)


def test_a_count_of_the_place_itself_is_observed_and_certain(small):
    level = small.levels["tech_sme_stock"]
    assert (level.mean, level.log_sd, level.basis, level.time) == (48.0, 0.0, "observed", "2016")


def test_a_level_from_shares_alone_is_an_assumption(small):
    level = small.levels["inventions_applied"]
    assert level.basis == "assumption"
    assert level.log_sd >= 0.4


def test_a_ladder_from_a_stock_sums_to_it_and_grew_at_one_rate(small):
    newest, second, oldest = small.ladder.cohorts
    assert newest + second + oldest == pytest.approx(14.0)
    growth = small.growth["hnte_certifications"]
    drift = growth.drift[growth.locations.index(SMALL)]
    assert np.log([newest / second, second / oldest, oldest / small.ladder.expired]) == pytest.approx([drift] * 3)


def test_a_ladder_from_flows_takes_the_last_three_and_the_one_before(zhejiang):
    assert zhejiang.ladder.cohorts == (14138.0, 11514.0, 10204.0)
    assert zhejiang.ladder.expired == 7054.0


def test_a_ladder_from_three_flows_alone_shrinks_the_oldest_by_a_year(few_counts, make_region):
    early = anchor(few_counts, make_region("_province_base", name="Zhejiang"), "2020-12", 2)
    yearly = early.growth["hnte_certifications"].spread("Zhejiang", 1)[0]
    assert early.ladder.cohorts[0] == 10204.0
    assert early.ladder.expired == pytest.approx(early.ladder.cohorts[2] * np.exp(-yearly))


def test_an_observed_flow_of_tech_smes_is_taken_as_it_is(small):
    assert small.ladder.tech_sme_flow == 10.0


def test_a_flow_that_is_inherited_is_taken_as_it_is(small, make_job):
    inherited = Level(9.0, 0.4, "assumption", "", "2016", "")
    assert ladder_of(small, make_job(), tech_sme_new=inherited).tech_sme_flow == 9.0


def test_stocks_of_the_two_years_before_are_those_that_were_counted(few_counts, make_region):
    village = few_counts[few_counts["target"].eq("hnte_stock") & few_counts["location"].eq(SMALL)].iloc[:1]
    own = pd.concat(village.assign(time=str(year), value=value) for year, value in ((2020, 80.0), (2022, 151.0)))
    counts = pd.concat([few_counts[few_counts["location"] != SMALL], own])
    place = anchor(counts, make_region(name=SMALL, inside=["Zhejiang"], firms=1200), "2022-12", 2)
    assert place.ladder.before == (None, 80.0)


def test_a_year_without_certifications_before_one_with_some_leaves_the_cohorts_assumed(small, few_counts, make_job):
    flows = few_counts["target"].eq("hnte_certifications")
    own = pd.concat(
        few_counts[flows].iloc[:1].assign(location=SMALL, time=time, value=value)
        for time, value in (("2015", 0.0), ("2016", 5.0))
    )
    job = make_job(counts=pd.concat([few_counts, own]))
    ladder = ladder_of(small, job, hnte_stock=Level(46.0, 0.4, "assumption", "", "2016", ""))
    assert ladder.counted == 0
    assert np.divide(ladder.scaled(2.0, 1.0, 1.0).cohorts, ladder.cohorts) == pytest.approx([2.0] * 3)


def test_of_a_stock_that_was_not_counted_only_the_uncounted_cohorts_are_unsure(small, few_counts, make_job):
    flows = few_counts["target"].eq("hnte_certifications")
    own = few_counts[flows].iloc[:1].assign(location=SMALL, time="2016", value=6.0)
    job = make_job(counts=pd.concat([few_counts, own]))
    ladder = ladder_of(small, job, hnte_stock=Level(15.0, 0.4, "assumption", "", "2016", ""))
    stock = ladder.high_tech_stock
    assert (ladder.counted, ladder.cohorts[0]) == (1, 6.0)
    more = ladder.scaled(1.2, 1.0, 1.0)
    assert more.cohorts[0] == 6.0
    assert more.high_tech_stock == pytest.approx(1.2 * stock)
    assert more.cohorts[1] / more.expired == pytest.approx(ladder.cohorts[1] / ladder.expired)
    assert ladder.scaled(0.01, 1.0, 1.0).cohorts[1] == pytest.approx(0.1 * ladder.cohorts[1])


def test_without_any_flow_the_stocks_growth_of_the_last_year_and_its_closings_are_taken(small, make_job):
    stocks = {name: level for name, level in small.levels.items() if name != "tech_sme_new"}
    ladder = make_ladder(known_at(make_job().counts, "2016-12"), make_job().region, "2016-12", stocks, small.growth)
    yearly = small.growth["hnte_certifications"].spread(SMALL, 1)[0]
    assert yearly > 0.05
    before = 48.0 / np.exp(yearly)
    assert ladder.tech_sme_flow == pytest.approx(48.0 - before + CLOSING_SHARE * 48.0)


def test_a_stock_that_falls_by_more_than_closings_has_no_new_tech_smes_and_never_less(few_counts, make_region):
    falling = few_counts[few_counts["target"].eq("hnte_stock") & few_counts["location"].eq(SMALL)].iloc[:1]
    own = pd.concat(
        falling.assign(time=str(year), value=value)
        for year, value in zip(range(2019, 2023), (200, 150, 110, 90), strict=True)
    )
    others = few_counts[few_counts["location"] != SMALL]
    place = anchor(pd.concat([others, own]), make_region(name=SMALL, inside=["Zhejiang"], firms=1200), "2022-12", 6)
    assert place.growth["hnte_stock"].spread(SMALL, 1)[0] < -CLOSING_SHARE
    assert place.ladder.tech_sme_flow == 0.0


def test_there_are_more_tech_smes_than_high_tech_enterprises(small, make_job):
    ladder = ladder_of(small, make_job(), tech_sme_stock=Level(10.0, 0.0, "observed", "", "2016", ""))
    assert ladder.tech_sme_stock == pytest.approx(1.05 * 14)


def test_a_province_without_tech_smes_says_so_and_assumes_a_multiple(zhejiang):
    assert {"tech_sme_stock", "tech_sme_new"}.isdisjoint(zhejiang.levels)
    assert any(note.startswith("tech_sme_stock, tech_sme_new are not forecast: no level") for note in zhejiang.notes)
    assert zhejiang.ladder.tech_sme_stock == pytest.approx(3.0 * zhejiang.levels["hnte_stock"].mean)


def test_targets_that_are_not_forecast_for_one_reason_stand_in_one_note(few_counts, make_region):
    others = few_counts[few_counts["location"] != SMALL]
    stock = others.iloc[:1].assign(location=SMALL, target="hnte_stock", time="2022", value=18.0, as_of="")
    place = anchor(pd.concat([others, stock]), make_region(name=SMALL, inside=["Zhejiang"], firms=1200), "2022-12", 2)
    (note,) = [note for note in place.notes if "not forecast" in note]
    assert note.startswith("tech_sme_stock, tech_sme_new, patents_applied, inventions_applied, ")
    assert "are not forecast: no level" in note
    assert note.count("no level known at 2022-12") == 1
    assert SMALL not in note


def test_the_region_file_gives_the_number_of_firms(small):
    assert small.firms == 1200


def test_without_a_number_firms_follow_from_certificates_by_convention(zhejiang, make_region):
    assert zhejiang.firms == 60 * 35856
    region = make_region("_province_base", name="Zhejiang", firms_per_certificate=20)
    assert number_of_firms(region, zhejiang.levels) == 20 * 35856


def test_a_place_with_hardly_any_certificates_still_has_some_firms(make_region):
    levels = {"hnte_stock": Level(1.0, 0.0, "observed", "", "2016", "")}
    assert number_of_firms(make_region(firms=None), levels) == LEAST_FIRMS


def test_fewer_firms_than_certificates_are_refused_with_both_numbers(small, make_region):
    levels = {**small.levels, "tech_sme_stock": Level(75.0, 0.0, "observed", "", "2016", "")}
    with pytest.raises(RegionError, match=r"Smallville: 75 firms hold a certificate.*firms: 50.*leave firms out"):
        number_of_firms(make_region(name=SMALL, firms=50), levels)


def test_foreign_holders_counted_within_a_year_are_known_from_then_on(small, make_job):
    assert ladder_of(small, make_job(), "2018-06").foreign is None
    assert ladder_of(small, make_job(), "2018-12").foreign == 3.0
    assert ladder_of(small, make_job(), "2019-06").foreign == 3.0
    assert ladder_of(small, make_job(), "2019-09").foreign is None  # a year old


def test_a_middle_of_a_year_starts_from_the_last_complete_one(make_job):
    job = make_job()
    place = anchor(job.counts, job.region, "2018-06", 2)
    assert (place.levels["tech_sme_stock"].mean, place.levels["tech_sme_stock"].time) == (57.0, "2017")
    assert place.ladder.tech_sme_flow == 12.0


def test_own_firms_and_births_are_levels_where_counted(small):
    assert (small.levels["births"].mean, small.levels["firms"].mean) == (90.0, 1300.0)
    assert small.levels["firms"].basis == "observed"
    assert "deaths" not in small.levels


def test_own_firms_that_were_counted_long_ago_are_carried_and_have_no_growth_of_their_own_to_come(
    few_counts, make_region
):
    stock, firms = ("hnte_stock", 2021, [150, 200]), [700, 760, 830, 900, 985]
    old = county_of_2022(few_counts, make_region, stock, ("firms", 2013, firms), ("births", 2020, [90]))
    assert {"firms", "births"}.isdisjoint(old.growth)
    assert old.levels["firms"].mean == pytest.approx(985 * (985.5 / 700.5) ** (5 / 4))
    assert 0.05 < old.levels["firms"].log_sd < 0.2
    assert (old.levels["births"].mean, old.levels["births"].basis) == (90.0, "inherited")
    fresh = county_of_2022(few_counts, make_region, stock, ("firms", 2018, firms), ("births", 2022, [90]))
    assert fresh.levels["firms"] == Level(985.0, 0.0, "observed", "observed 2022", "2022", "made up")
    assert fresh.levels["births"] == Level(90.0, 0.0, "observed", "observed 2022", "2022", "made up")
    assert "firms" in fresh.growth


def test_every_count_of_a_province_is_forecast(zhejiang):
    assert set(PANEL_TARGETS) <= set(zhejiang.levels)
    assert set(zhejiang.levels) == set(zhejiang.growth) | ({"firms", "births", "deaths"} & set(zhejiang.levels))


def test_a_place_without_any_way_to_certificates_is_refused(few_counts, make_region):
    with pytest.raises(CountsError, match=r"Nowhere, hnte_stock: no level known.*add a count"):
        anchor(few_counts, make_region(name="Nowhere", inside=["Zhejiang"]), "2016-12", 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("origin", "names"), [("2022-12", china.provinces()), ("2020-12", ("Tibet", "Beijing", "Hainan"))]
)
def test_all_provinces_have_an_anchor(all_counts, make_region, origin, names):
    for name in names:
        place = anchor(all_counts, make_region("_province_base", name=name), origin, 2)
        assert place.firms >= LEAST_FIRMS, name
        assert min(*place.ladder.cohorts, place.ladder.expired, place.ladder.tech_sme_flow) > 0, name
        assert place.ladder.tech_sme_stock > place.ladder.high_tech_stock, name
        assert place.levels["hnte_stock"].basis == "observed", name
        assert all(np.isfinite(level.mean) for level in place.levels.values()), name


@pytest.mark.parametrize(("origin", "passed"), [("2016-12", 0.0), ("2017-03", 0.25), ("2017-09", 0.75)])
def test_the_quarters_that_have_passed_since_the_count_add_new_tech_smes_less_those_that_closed(
    small, make_job, origin, passed
):
    ladder = ladder_of(small, make_job(), origin)
    assert ladder.tech_sme_stock == pytest.approx(48.0 + passed * (ladder.tech_sme_flow - CLOSING_SHARE * 48.0))


def county_of_2022(counts, make_region, *own):
    """The small county at the end of 2022 with counts of its own: (target, first year, values)."""
    rows = [(SMALL, target, str(first + n), value) for target, first, values in own for n, value in enumerate(values)]
    frame = pd.DataFrame(rows, columns=["location", "target", "time", "value"])
    frame = frame.assign(unit="count", as_of="", source="made up")
    others = counts[counts["location"] != SMALL]
    region = make_region(name=SMALL, inside=["Zhejiang"], firms=8000)
    return anchor(pd.concat([others, frame], ignore_index=True), region, "2022-12", 3)


FALLING = ("hnte_stock", 2015, [400, 350, 300, 260, 200, 150, 100, 60])
RISING = ("hnte_stock", 2015, [92, None, 121, None, None, 183, 200, 220])


@pytest.mark.parametrize(("own", "yearly"), [(FALLING, -0.24), (RISING, 0.10)])
def test_certifications_that_a_county_never_counted_grow_as_its_own_stock_did(all_counts, make_region, own, yearly):
    place = county_of_2022(all_counts, make_region, own)
    flow, stock = place.growth["hnte_certifications"], place.growth["hnte_stock"]
    assert flow.place(SMALL)[0] == stock.place(SMALL)[0] == pytest.approx(yearly, abs=0.03)
    assert flow.place(SMALL)[1] >= 0.03
    assert flow.place("Zhejiang")[0] > 0.15
    assert "own hnte_stock" in flow.basis
    newest, _, oldest = place.ladder.cohorts
    assert (newest > oldest) == (yearly > 0.0)


def test_tech_smes_follow_the_countys_high_tech_stock_where_it_counted_nothing_else(few_counts, make_region):
    place = county_of_2022(few_counts, make_region, FALLING, ("tech_sme_stock", 2022, [500]))
    assert place.growth["tech_sme_new"].place(SMALL)[0] == place.growth["tech_sme_stock"].place(SMALL)[0] < 0.0


def test_a_countys_own_certifications_say_more_of_their_growth_than_its_stock_where_they_are_surer(
    few_counts, make_region
):
    flows = ("hnte_certifications", 2017, [40, 50, 62, 78, 97, 121])
    place = county_of_2022(few_counts, make_region, flows, ("hnte_stock", 2021, [210, 230]))
    flow, stock = place.growth["hnte_certifications"], place.growth["hnte_stock"]
    assert stock.place(SMALL)[1] > flow.place(SMALL)[1]
    assert "own hnte_stock" not in flow.basis
    assert flow.place(SMALL)[0] > 0.15


def test_a_single_count_of_the_stock_leaves_the_flow_the_provinces_growth(few_counts, make_region):
    place = county_of_2022(few_counts, make_region, ("hnte_stock", 2022, [220]))
    flow = place.growth["hnte_certifications"]
    assert flow.place(SMALL)[0] == flow.place("Zhejiang")[0]


def test_certifications_that_were_counted_are_cohorts_and_the_rest_of_the_stock_is_older(few_counts, make_region):
    flows, stock = ("hnte_certifications", 2022, [80]), ("hnte_stock", 2020, [100, 150, 200])
    place = county_of_2022(few_counts, make_region, flows, stock)
    newest, second, oldest = place.ladder.cohorts
    assert newest == 80.0
    assert newest + second + oldest == pytest.approx(200.0)
    growth = place.growth["hnte_certifications"]
    drift = growth.drift[growth.locations.index(SMALL)]
    assert np.log([second / oldest, oldest / place.ladder.expired]) == pytest.approx([drift] * 2)
    level = place.levels["hnte_certifications"]
    assert (level.mean, level.basis) == (80.0, "observed")


def test_a_counted_stock_holds_where_three_years_of_certifications_do_not_sum_to_it(few_counts, make_region):
    flows, stock = ("hnte_certifications", 2020, [60, 70, 80]), ("hnte_stock", 2021, [220, 240])
    place = county_of_2022(few_counts, make_region, flows, stock)
    assert place.ladder.cohorts == pytest.approx((80.0, 160.0 * 70 / 130, 160.0 * 60 / 130))
    assert not any("something else" in note for note in place.notes)
    far = county_of_2022(few_counts, make_region, flows, ("hnte_stock", 2022, [400]))
    (told,) = (note for note in far.notes if "something else" in note)
    assert told.startswith("Smallville, 2022: hnte_stock is 400, and the certifications of three years, which a certif")
    assert "sum to 210" in told
    full = county_of_2022(few_counts, make_region, ("hnte_certifications", 2022, [80]), ("hnte_stock", 2022, [80]))
    assert full.ladder.cohorts == pytest.approx((80.0, 0.0, 0.0))
    none = county_of_2022(few_counts, make_region, ("hnte_certifications", 2022, [0]), ("hnte_stock", 2022, [80]))
    assert sum(none.ladder.cohorts) == pytest.approx(80.0)


def test_a_stock_that_was_not_counted_follows_from_the_certifications_that_were(all_counts, make_region):
    region = make_region("_province_base", name="Guangdong")
    place = anchor(all_counts, region, "2019-12", 2)
    newest, second, oldest = place.ladder.cohorts
    assert (newest, second) == (17_254.0, 16_935.0)
    growth = place.growth["hnte_certifications"]
    assert oldest == pytest.approx(second * np.exp(-growth.drift[growth.locations.index("Guangdong")]))
    stock = place.levels["hnte_stock"]
    assert stock.basis != "observed"
    assert stock.mean == pytest.approx(place.ladder.high_tech_stock)
    assert stock.explanation.startswith("48,413, as the certifications that were counted have it; ")
    assert 0.05 < stock.log_sd < 0.25  # of 0.4 or more by shares, the part that was not counted
    assert place.firms == round(region.firms_per_certificate * stock.mean)


PARTS = [
    (("hnte_foreign_stock", 2022, [90]), ("hnte_stock", 2022, [80]), r"hnte_foreign_stock is 90 and hnte_stock.* 80"),
    (("hnte_certifications", 2021, [90, 1]), ("hnte_stock", 2021, [80, 95]), "Smallville, 2021: hnte_certifications"),
    (("inventions_granted", 2022, [9]), ("patents_granted", 2022, [8]), "of which it is a part, 8; correct one"),
]


@pytest.mark.parametrize(("part", "whole", "says"), PARTS, ids=[part[0] for part, _, _ in PARTS])
def test_more_of_a_part_than_of_its_whole_is_refused_with_both_numbers(few_counts, make_region, part, whole, says):
    stock = ("hnte_stock", 2020, [70])
    with pytest.raises(CountsError, match=says):
        county_of_2022(few_counts, make_region, part, whole, stock)
    equal = part[0], part[1], whole[2]
    county_of_2022(few_counts, make_region, equal, whole, stock)


def test_first_certifications_that_were_counted_in_the_last_year_are_a_level(few_counts, make_region):
    stock, first = ("hnte_stock", 2021, [150, 200]), ("hnte_new", 2021, [20, 30])
    assert county_of_2022(few_counts, make_region, stock, first).levels["hnte_new"].mean == 30.0
    older = county_of_2022(few_counts, make_region, stock, ("hnte_new", 2021, [20]))
    assert "hnte_new" not in older.levels


def test_fewer_tech_smes_than_high_tech_enterprises_are_said_and_their_level_is_an_assumption(few_counts, make_region):
    stock = ("hnte_stock", 2021, [150, 200])
    place = county_of_2022(few_counts, make_region, stock, ("tech_sme_stock", 2022, [30]))
    (told,) = (note for note in place.notes if "technology SMEs too" in note)
    assert told.startswith("Smallville: tech_sme_stock is 30 and hnte_stock 200; ")
    assert "start at 210" in told
    level = place.levels["tech_sme_stock"]
    assert (level.mean, level.basis) == (pytest.approx(210.0), "assumption")
    assert place.ladder.tech_sme_stock == pytest.approx(210.0)
    equal = county_of_2022(few_counts, make_region, stock, ("tech_sme_stock", 2022, [200]))
    assert not any("technology SMEs too" in note for note in equal.notes)
    assert equal.levels["tech_sme_stock"].basis == "observed"
