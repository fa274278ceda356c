"""What a run says of its package."""

from dataclasses import replace

import pytest

from ecosim.data.periods import quarter_label
from ecosim.forecast import package_told
from ecosim.model.region import Zone
from ecosim.policies import shelf
from ecosim.policies.schedule import ALWAYS

AWARD = {"family": "award", "rung": "high_tech", "amount": {"2019-01": 20}, "source": "made up"}


def test_a_package_that_begins_after_the_horizon_is_said_to_have_no_effect_to_show(make_job):
    award = shelf.build({"later": AWARD})
    job = make_job()
    job = replace(job, policies={**job.baseline_policies, **award})
    assert package_told.starts_later(job) == [
        "No instrument of the scenario is in force before the end of 2018: there is no effect to show."
    ]
    assert package_told.starts_later(replace(job, horizon=2019)) == []
    assert package_told.starts_later(replace(job, policies=job.baseline_policies)) == []
    one = next(iter(job.baseline_policies))
    fewer = {name: row for name, row in job.policies.items() if name != one}
    assert package_told.starts_later(replace(job, policies=fewer)) == [
        "Not in force before the end of 2018, so without any effect: later."
    ]


def test_an_instrument_that_begins_after_the_horizon_is_named_beside_others(make_job):
    rows = shelf.build({"later": AWARD, "now": {**AWARD, "amount": {"2017": 20}}})
    job = make_job()
    job = replace(job, policies={**job.baseline_policies, **rows})
    assert package_told.starts_later(job) == ["Not in force before the end of 2018, so without any effect: later."]


@pytest.mark.parametrize(
    ("row", "first"),
    [
        ({"family": "research_subsidy", "rate": {"2030": 3}, "budget": 800}, "2030-Q1"),
        ({"family": "platform", "number": {"2030": 3}, "rate": 8, "access": 3}, "2030-Q1"),
        ({"family": "platform", "number": 2, "rate": 8, "access": {"2018-05": 3}}, "2018-Q2"),
        ({"family": "town_service_centers", "opens": {"a": "2019-01", "b": "2018-07"}, "rate": 10}, "2018-Q3"),
        ({"family": "regional_corridor", "rate": {"2020": 5}, "founding": {"2019": 2}}, "2019-Q1"),
        ({"family": "drive", "rate": {"2017-04": 0, "2018": 100}}, "2018-Q1"),
        ({"family": "discovery_visits", "capacity": 60, "cost": 0.2}, ""),
    ],
)
def test_an_instrument_begins_when_all_that_it_must_be_given_is_there(row, first):
    (one,) = shelf.build({"mine": {**row, "source": "made up"}}).values()
    begins = package_told.begins(one.policy)
    assert (quarter_label(int(begins)) if first else begins) == (first or ALWAYS)


def test_an_instrument_that_is_never_above_zero_never_begins(make_job):
    job = make_job()
    nothing = shelf.build({"nothing": {**AWARD, "amount": 0}, "now": {**AWARD, "amount": {"2016": 20}}})
    job = replace(job, policies={**job.baseline_policies, **nothing})
    assert package_told.starts_later(job) == ["Not in force before the end of 2018, so without any effect: nothing."]
    (told,) = package_told.started_before(job)
    assert told.startswith("In force before the origin already: now.")


def test_of_many_instruments_the_first_three_are_named_and_the_others_counted(make_job):
    early, late = ({**AWARD, "amount": {start: 20}} for start in ("2016", "2030"))
    job = make_job()
    began = shelf.build({f"early_{n}": early for n in range(47)})
    (told,) = package_told.started_before(replace(job, policies=job.baseline_policies | began))
    assert told.startswith("In force before the origin already: early_0, early_1, early_2 and 44 more. The counts")
    three = dict(list(began.items())[:3])
    (told,) = package_told.started_before(replace(job, policies=job.baseline_policies | three))
    assert told.startswith("In force before the origin already: early_0, early_1, early_2. ")
    later = began | shelf.build({f"late_{n}": late for n in range(5)})
    (told,) = package_told.starts_later(replace(job, policies=job.baseline_policies | later))
    assert told.endswith("without any effect: late_0, late_1, late_2 and 2 more.")
    (told,) = package_told.left_out(replace(job, baseline_policies=began))
    assert told.startswith("The scenario leaves out rules of its baseline: early_0, early_1, early_2 and 44 more. ")
    row = {"family": "incubator", "slots": 20, "cost": 2, "parks": ["science_park"], "source": "made up"}
    parks = shelf.build({f"rooms_{n}": row for n in range(4)})
    nowhere = replace(job, policies=parks, region=replace(job.region, zones={"all": Zone(share=1.0)}))
    assert "all the same: rooms_0, rooms_1, rooms_2 and 1 more." in package_told.nowhere(nowhere)[0]


def test_a_baseline_of_ones_own_is_said_to_move_the_forecast_too(make_job):
    assert package_told.other_baseline(make_job()) == []
    (told,) = package_told.other_baseline(replace(make_job(), baseline="parks_alone"))
    assert "under the baseline parks_alone: the forecast itself" in told


def test_rules_of_the_baseline_that_a_package_leaves_out_are_named_with_the_way_to_keep_them(make_job):
    job = make_job()
    assert package_told.left_out(replace(job, policies=job.baseline_policies)) == []
    one = next(iter(job.baseline_policies))
    fewer = {name: row for name, row in job.baseline_policies.items() if name != one}
    (told,) = package_told.left_out(replace(job, policies=fewer))
    assert told.startswith(f"The scenario leaves out rules of its baseline: {job.baseline_policies[one].label}.")
    assert "defaults: [national_rules, _self_]" in told


def test_percentages_that_may_have_been_meant_as_shares_are_told(make_job):
    row = {"family": "research_subsidy", "source": "made up"}
    rows = shelf.build({"mine": {**row, "rate": {"2017": 0.04, "2018": 4}}, "other": {**row, "rate": 3, "budget": 0.1}})
    assert package_told.as_shares(replace(make_job(), policies=rows)) == [
        "Read as percent, not as shares: mine.rate 0.04."
    ]


def test_instruments_for_parks_where_no_zone_lists_any_are_named(make_job):
    row = {"family": "incubator", "slots": 20, "cost": 2, "parks": ["science_park"], "source": "made up"}
    job = replace(make_job(), policies=shelf.build({"rooms": row, "award": AWARD}))
    (told,) = package_told.nowhere(replace(job, region=replace(job.region, zones={"all": Zone(share=1.0)})))
    assert "these act nowhere, and what their places cost is booked all the same: rooms." in told
    with_park = {"all": Zone(share=1.0, parks=("science_park",))}
    assert package_told.nowhere(replace(job, region=replace(job.region, zones=with_park))) == []


@pytest.mark.parametrize(
    ("origin", "part"), [("2018-06", "its last 2 quarters"), ("2018-09", "its last quarter"), ("2018-12", "")]
)
def test_a_year_under_way_is_said_to_be_a_part_in_the_books(make_job, origin, part):
    told = " ".join(package_told.year_under_way(make_job(origin=origin, horizon=2020)))
    assert part in told
    assert ("2018" in told) == bool(part)
