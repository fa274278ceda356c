"""A small county is simulated and held against its counts: moments, luck, names, resuming, and what stays unknown."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from ecosim.calibration.simulation import NOT_IDENTIFIED, Plan, Posterior, PriorError, SearchPlan, key_of
from ecosim.calibration.simulation.kept import Kept
from ecosim.forecast.delivery import delivered
from ecosim.forecast.posterior import CalibrationJob, job, tables
from ecosim.forecast.posterior.counted import Moment, moments_of, published, root, simulated
from ecosim.forecast.posterior.place import AT_END, at_origin, drive, simulate
from ecosim.forecast.posterior.prepare import check_names, find_start, prepare, usual
from ecosim.forecast.shifts import CHANNELS, member_paths

FREE = ("certification.foreign", "discovery_visits")


def silent(*_):
    """Progress that nobody sees."""


@pytest.fixture(scope="module")
def later(make_job):
    return make_job(origin="2018-12", horizon=2020)


@pytest.fixture(scope="module")
def place(later, estimates):
    found, start, _ = prepare(later, estimates, FREE, 2, 1500, silent)
    assert start == "2016-12"
    return found


def test_counts_after_the_start_become_moments_and_a_stock_that_follows_from_others_is_not_used(place):
    named = {moment.name: moment for moment in place.moments}
    assert set(named) == {
        "tech_sme_stock 2017", "tech_sme_new 2017", "hnte_stock 2018", "hnte_foreign_stock 2018-07",
    }  # fmt: skip
    assert named["tech_sme_new 2017"].used
    assert named["tech_sme_new 2017"].moment == pytest.approx(2 * np.sqrt(12.375))


def test_a_stock_that_is_only_the_sum_of_two_other_counts_is_carried_but_not_used(few_counts):
    own = few_counts[few_counts["location"] == "Smallville"].copy()
    own.loc[(own["target"] == "tech_sme_stock") & (own["time"] == "2017"), "value"] = 60.0  # 48 + 12
    found = {moment.name: moment for moment in moments_of(own, "Smallville", "2016-12", "2018-12", {})}
    assert not found["tech_sme_stock 2017"].used
    assert found["tech_sme_new 2017"].used


def test_a_provinces_stock_that_is_the_sum_of_three_flows_is_not_used_beside_them(all_counts):
    found = {moment.name: moment for moment in moments_of(all_counts, "Zhejiang", "2020-12", "2022-12", {})}
    assert found["hnte_certifications 2022"].used
    assert not found["hnte_stock 2022"].used


def test_quarters_of_certificates_are_held_against_the_year_that_they_make(few_counts):
    own = few_counts[few_counts["location"] == "Smallville"]
    flows = [(f"2017-Q{quarter}", 2.0 * quarter) for quarter in (1, 2, 3, 4)] + [("2018-Q1", 3.0)]
    added = pd.DataFrame(flows, columns=["time", "value"])
    added = added.assign(target="hnte_certifications", location="Smallville", unit="count", as_of="")
    found = moments_of(pd.concat([own, added], ignore_index=True), "Smallville", "2016-12", "2018-12", {})
    certified = [moment for moment in found if moment.name.startswith("hnte_certifications")]
    assert [(moment.name, moment.value) for moment in certified] == [("hnte_certifications 2017", 20.0)]
    assert (certified[0].start, certified[0].end) == (8068, 8071)


def test_growth_over_a_declared_break_is_no_moment(all_counts):
    found = moments_of(all_counts, "Zhejiang", "2010-12", "2012-12", {})
    assert not [moment.name for moment in found if moment.name.startswith("hightech_firms")]
    found = moments_of(all_counts, "Zhejiang", "2018-12", "2020-12", {})
    assert [moment.name for moment in found if moment.name.startswith("hightech_firms")] == [
        "hightech_firms 2019", "hightech_firms 2020",
    ]  # fmt: skip


def test_each_count_is_one_moment_whatever_its_vintages_and_months(few_counts):
    own = few_counts[few_counts["location"] == "Smallville"].copy()
    ratio = "tech_sme_stock_ratio_2y", "2018-06"
    more = [("tech_sme_new", "2017", 15.0, "2018-10"), (*ratio, 2.0, "2018-07"), (*ratio, 2.2, "2018-09")]
    more += [("institutes_foreign", f"2018-0{month}", float(month), "") for month in (4, 5, 6)]
    added = pd.DataFrame(more, columns=["target", "time", "value", "as_of"]).assign(location="Smallville", unit="count")
    found = moments_of(pd.concat([own, added], ignore_index=True), "Smallville", "2016-12", "2018-12", {})
    values = {moment.name: moment.value for moment in found}
    assert len(values) == len(found)
    assert values["tech_sme_new 2017"] == 15.0
    assert values["tech_sme_stock_ratio_2y 2018-06"] == 2.2
    assert [name for name in values if name.startswith("institutes_foreign")] == ["institutes_foreign 2018-06"]


def test_moments_of_a_path_are_what_one_counts_by_hand():
    path = {"hnte_new": np.array([0.0, 1, 2, 3, 4]), "hnte_renewed": np.ones(5), "hnte_stock": np.arange(10.0, 15.0)}
    flow = Moment("hnte_certifications 2017", ("hnte_new", "hnte_renewed"), "level", 8068, 8071, 14.0, root(14.0))
    assert simulated(flow, path, 8067, 0.0) == pytest.approx(root(1 + 2 + 3 + 4 + 4))
    ratio = Moment("hnte_stock_ratio_2y", ("hnte_stock",), "ratio", 8067, 8071, 2.0, np.log(2.0), 0.15)
    halfway = simulated(ratio, path, 8067, 0.0)
    assert halfway == pytest.approx(2 * np.log(14.5 / 10.5))  # four quarters stand for half of eight
    assert simulated(ratio, path, 8067, 1.0) == pytest.approx(halfway + 0.15)
    assert published(flow, np.array([flow.moment]))[0] == pytest.approx(14.0)
    growth = Moment("rd_expenditure 2017", ("rd_expenditure",), "growth", 8068, 8071, 12.0, np.log(1.2))
    path |= {"rd_expenditure": np.array([9.0, 1, 2, 3, 4]), "rd_expenditure before": np.array([7.0])}
    assert simulated(growth, path, 8067, 0.0) == pytest.approx(np.log(10.5 / 7.5))
    stock = Moment("firms 2017", ("firms",), "growth", 8068, 8071, 12.0, np.log(1.2), 0.1)
    path |= {"firms": np.array([20.0, 21, 22, 23, 24]), "firms before": np.array([20.0])}
    assert simulated(stock, path, 8067, 2.0) == pytest.approx(np.log(24.5 / 20.5) + 0.2)
    assert published(growth, np.array([np.log(1.3)]))[0] == pytest.approx(13.0)


def test_the_same_number_means_the_same_luck_and_another_one_other_luck(place):
    z = place.prior.draw(1, np.arange(2))
    assert np.array_equal(simulate(place, z[0], 7), simulate(place, z[0], 7))
    assert not np.array_equal(simulate(place, z[0], 7), simulate(place, z[0], 8))
    assert not np.array_equal(simulate(place, z[0], 7), simulate(place, z[1], 7))


def test_more_visits_make_more_firms_aware_under_the_same_luck(place):
    z = np.zeros((2, len(place.prior.names)))
    z[0, place.prior.names.index("discovery_visits")] = -6.0  # a twentieth of the places
    column = place.names.index("aware_firms")
    few, many = (np.mean([simulate(place, row, number)[column] for number in range(3)]) for row in z)
    assert many > few


def test_a_free_instrument_delivers_what_its_parameter_says_and_others_what_luck_says(place, later):
    written = later.policies["discovery_visits"].policy.capacity.largest
    values = {"discovery_visits": np.log(1.5)}
    world = place.world
    one, two = (
        delivered(place.policies, world.baseline, world.seed, member, world.delivery_sd, values) for member in (1, 2)
    )
    assert one["discovery_visits"].capacity.largest == pytest.approx(1.5 * written)
    assert two["discovery_visits"] == one["discovery_visits"]
    assert one["hnte_award"] != two["hnte_award"]
    assert one["research_super_deduction"] is place.policies["research_super_deduction"]  # law, in the baseline too


def test_levels_at_the_origin_are_carried_along_for_forecasts_from_there(place):
    assert place.names[-3:] == AT_END
    assert place.until == 8
    z = np.zeros(len(place.prior.names))
    stock = np.exp(simulate(place, z, 1)[-3])
    assert 5 < stock < 100  # 14 at the start
    path = {"tech_sme_new": np.arange(9.0), "tech_sme_new before": np.array([8.0]), "hnte_stock": np.arange(9.0)}
    assert at_origin(path, "hnte_stock", 8) == pytest.approx(np.log(8.5))
    assert at_origin(path, "tech_sme_new", 8) == pytest.approx(np.log(5 + 6 + 7 + 8 + 0.5))
    assert at_origin(path, "tech_sme_new", 2) == pytest.approx(np.log(1 + 2 + 4 + 0.5))  # half of the year before


def test_a_channel_whose_growth_is_given_is_shifted_by_it_damped_and_less_the_models_own(place):
    given, other = ({"drift.invention": growth} for growth in (0.4, 0.1))
    growth, own = place.growth["invention"], place.structure.center["inventions_applied"]
    shifts = np.array([drive(place, given, member)["invention"][0] for member in range(600)])
    expected = growth.damped(np.array([0.4]), place.years)[0] - own[: place.years]
    assert np.abs(np.median(shifts, axis=0) - expected) == pytest.approx(0.0, abs=0.04)
    less = shifts[0] - drive(place, other, 0)["invention"][0]  # under the same luck
    assert less == pytest.approx(growth.damped(np.array([0.3]), place.years)[0])


def test_a_channel_whose_growth_is_not_given_grows_and_varies_as_in_a_forecast(place):
    assert set(place.growth) == set(CHANNELS)
    shifts = [drive(place, {}, member) for member in range(600)]
    for channel, growth in place.growth.items():
        target = CHANNELS[channel]
        ahead = member_paths(growth, place.structure, target, "Smallville", 4000, place.years, 1)
        found = np.array([some[channel][0] for some in shifts])
        assert np.median(found, axis=0) == pytest.approx(np.median(ahead, axis=0), abs=0.04)
        assert found.std(axis=0) == pytest.approx(ahead.std(axis=0), rel=0.15)


def test_unknown_parameters_are_named_with_the_nearest(later, estimates):
    with pytest.raises(PriorError, match=r"no instrument 'discovery_visit'.*discovery_visits"):
        check_names(("discovery_visit",), later.policies, estimates)
    with pytest.raises(PriorError, match=r"certification has no coefficient 'foriegn'.*foreign"):
        check_names(("certification.foriegn",), later.policies, estimates)
    with pytest.raises(PriorError, match=r"no rule 'certificaton'.*certification"):
        check_names(("certificaton.foreign",), later.policies, estimates)
    with pytest.raises(PriorError, match="sd 0 in behaviors"):
        check_names(("certification.tech_sme",), later.policies, estimates)


def test_instruments_that_the_scenario_has_not_are_left_out_of_the_usual_ones(later):
    names = ("certification.foreign", "discovery_visits", "moon_base")
    assert usual(names, later.policies, 0.5) == FREE
    assert usual(names, later.policies, 0.0) == FREE[:1]  # what is written is delivered


def task(later, folder=None, key=None, cap=60, workers=1, population=25):
    plan = Plan(population, cap, 4, 0.02, 5)
    return CalibrationJob(replace(later, workers=workers), FREE, 2, 1500, plan, folder, key)


def test_a_killed_calibration_is_resumed_from_disk_and_ends_as_if_nothing_had_happened(later, place, tmp_path):
    key = key_of({"task": 1}, "counts")
    whole = job.draw(task(later, tmp_path / "whole", key), place, silent)
    lines = (tmp_path / "whole" / "simulations.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    assert len(lines) == whole.simulations == 60
    part = tmp_path / "part"
    Kept(part, key)
    (part / "simulations.jsonl").write_text("".join(lines[:40]) + lines[40][:30], encoding="utf-8")
    again = job.draw(task(later, part, key), place, silent)
    assert np.array_equal(again.moments, whole.moments)
    assert len(Kept(part, key)) == 60


@pytest.mark.slow
def test_the_posterior_is_the_same_for_any_number_of_workers(later, place):
    one, two = (job.draw(task(later, workers=workers), place, silent) for workers in (1, 2))
    assert np.array_equal(one.z, two.z)
    assert np.array_equal(one.moments, two.moments)


@pytest.mark.slow
def test_a_calibration_says_of_every_parameter_whether_the_data_know_it(later, monkeypatch):
    monkeypatch.setattr(job, "match", lambda *_: job.indirect.Matching(None, "left out of this test"))
    found = job.run(task(later, cap=120, population=50), silent)
    table = found.identification
    assert table.columns.tolist()[:5] == ["parameter", "prior_sd", "posterior_sd", "contraction", "verdict"]
    assert table.set_index("parameter").loc["discovery_visits", "verdict"] == NOT_IDENTIFIED
    assert set(found.coefficients.columns) >= {"equation", "term", "estimate", "std_error", "source"}
    assert "posterior by simulation" in set(found.coefficients["equation"])
    assert found.posterior["weight"].sum() == pytest.approx(1.0)
    assert set(found.posterior.columns[2:]) == {*table["parameter"], *AT_END}
    assert len(found.fits) == 4
    assert any(NOT_IDENTIFIED in sentence for sentence in found.statements)


def test_simulated_moments_are_tried_for_what_is_identified_alone(later, place, monkeypatch):
    monkeypatch.setattr(job, "LUCKS", 3)
    monkeypatch.setattr(job, "SearchPlan", lambda **_: SearchPlan(starts=2, cap=6))
    told = ["the data narrow the prior by 40%" if name == "drift.tech_sme" else NOT_IDENTIFIED
            for name in place.prior.names]  # fmt: skip
    table = pd.DataFrame({"parameter": place.prior.names, "verdict": told, "contraction": 0.4})
    estimated = job.estimate_moments(task(later), place, SimpleNamespace(parameters=table), silent)
    assert estimated.table["parameter"].tolist() == ["drift.tech_sme"]
    assert (estimated.table["std_error"] > 0).all()
    table["verdict"] = NOT_IDENTIFIED
    assert job.estimate_moments(task(later), place, SimpleNamespace(parameters=table), silent) is None


def test_a_place_without_later_counts_keeps_its_priors_and_says_so(make_job, estimates):
    early = make_job(origin="2016-12")
    place, start, _ = prepare(early, estimates, FREE, 2, 1500, silent)
    assert not place.moments
    sampled = job.draw(task(early, population=20, cap=20), place, silent)
    words = tables.told(place, sampled, task(early), start)
    assert "nothing can be held against simulations" in words[0]
    assert Posterior(sampled.z, sampled.weights).effective == pytest.approx(20)


def test_the_start_moves_later_until_levels_are_known(make_job):
    start, anchored = find_start(make_job(origin="2018-12"), 6)
    assert start >= "2012-12"
    assert anchored.firms == 1200


def test_a_count_of_all_firms_is_read_as_growth_because_the_models_number_is_a_convention(few_counts):
    own = few_counts[few_counts["location"] == "Smallville"].copy()
    later = own[own["target"] == "firms"].assign(time="2018", value=1560.0)
    found = {m.name: m for m in moments_of(pd.concat([own, later]), "Smallville", "2016-12", "2018-12", {})}
    assert found["firms 2018"].way == "growth"
    assert found["firms 2018"].moment == pytest.approx(np.log(1.2))
    alone = later[later["target"] == "firms"]
    assert not moments_of(alone, "Smallville", "2016-12", "2018-12", {})  # nothing to grow from


def test_panel_counts_become_growth_since_the_start(few_counts):
    found = moments_of(few_counts, "Zhejiang", "2018-12", "2020-12", {"rd_expenditure": 0.02})
    rows = {moment.name: moment for moment in found}
    zhejiang = few_counts[(few_counts["location"] == "Zhejiang") & (few_counts["target"] == "rd_expenditure")]
    value = zhejiang.set_index("time")["value"]
    assert rows["rd_expenditure 2020"].moment == pytest.approx(np.log(value["2020"] / value["2018"]))
    assert rows["rd_expenditure 2020"].noise == pytest.approx(0.02 * np.sqrt(2.0))
    assert isinstance(found, tuple)
    assert pd.notna([moment.value for moment in found]).all()
