"""The same numbers whatever the workers, the members beside one, what came later, and instruments that give nothing."""

from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from ecosim.data.periods import quarter_index
from ecosim.forecast.anchor import MODEL_TARGETS, PANEL_TARGETS
from ecosim.forecast.ensemble import draw_behaviors, prepare, reached, run_member, run_members
from ecosim.forecast.job import run
from ecosim.forecast.publish import LADDER_PUBLISHED
from ecosim.policies import shelf

NOTHING = (
    "amount", "rate", "capacity", "coverage", "fund", "budget", "graduate", "senior", "leading",
    "share", "lending", "spread",
)  # fmt: skip
AFTERWARDS = {"later", "scores"}  # tables that may know what was published after the origin


def silent(*_):
    """Progress that nobody sees."""


def same(one, other, what):
    assert_frame_equal(one, other, check_exact=True, obj=what)


def policies_of(rows):
    return {name: row.policy for name, row in shelf.build(rows).items()}


def without_benefit(rows):
    """The same instruments, each of which gives nothing: what begins at dates is nothing at all of them."""
    return {name: {key: nothing(key, value) for key, value in row.items()} for name, row in rows.items()}


def nothing(key, value):
    if isinstance(value, dict) and all(str(when)[:4].isdigit() for when in value):
        return dict.fromkeys(value, 0)
    return 0 if key in NOTHING else value


def equal_runs(one, other):
    parts = ("before", "start", "series")
    return all(np.array_equal(getattr(one, part), getattr(other, part)) for part in parts)


def test_two_workers_give_the_same_tables_bit_for_bit(small_result, make_job, tables_of):
    other = run(make_job(workers=2), silent)
    named = tables_of(small_result)
    assert len(named) >= 19  # every table, so that none is left out unseen
    for name, table in named.items():
        same(getattr(other, name), table, name)
    assert other.statements == small_result.statements


@pytest.fixture(scope="module")
def told_otherwise(few_counts):
    """Other counts after 2016: some are gone, some thrice as large, some new. What was known then is as it was."""
    later = few_counts["time"].str[:4].astype(int) > 2016
    gone = later & (np.arange(len(few_counts)) % 3 == 0)
    raised = few_counts.assign(value=few_counts["value"].where(~later, few_counts["value"] * 3))
    new = [
        ("Smallville", "hnte_stock", "2017", 900.0),
        ("Smallville", "inventions_applied", "2018", 7.0),
        ("Zhejiang", "tech_sme_stock", "2017", 123.0),
    ]
    rows = pd.DataFrame(new, columns=["location", "target", "time", "value"])
    rows = rows.assign(unit="count", as_of="", source="made up")
    return pd.concat([raised[~gone], rows], ignore_index=True)


def test_what_was_counted_after_the_origin_leaves_the_forecast_as_it_is(
    small_result, make_job, tables_of, told_otherwise
):
    other = run(make_job(counts=told_otherwise), silent)
    for name, table in tables_of(small_result).items():
        if name not in AFTERWARDS:
            same(getattr(other, name), table, name)
    assert not other.later.equals(small_result.later)
    assert not other.scores.equals(small_result.scores)


def test_members_do_not_depend_on_workers_or_on_how_many_there_are(small_outlook):
    world = small_outlook.world
    few = run_members(world, [world.baseline], {}, 3, 1, silent)[0]
    many = run_members(world, [world.baseline], {}, 5, 2, silent)[0]
    assert all(equal_runs(one, other) for one, other in zip(few, many[:3], strict=True))
    assert not equal_runs(many[3], many[4])


def test_a_member_does_not_depend_on_the_package_beside_it(small_outlook, national, package_rows):
    world = small_outlook.world
    package = {**national, **policies_of(package_rows)}
    alone = run_member(world, [world.baseline], {}, world.quarters, 2)
    beside = run_member(world, [package, world.baseline], {}, world.quarters, 2)
    assert equal_runs(alone[0], beside[1])
    assert not equal_runs(*beside)


@pytest.mark.parametrize("origin", ["2018-12", "2018-06"])
def test_what_is_in_force_at_the_origin_goes_on_as_if_nothing_had_been_stopped(
    small_outlook, national, package_rows, origin
):
    package = {**national, **policies_of(package_rows)}
    world = replace(small_outlook.world, baseline=package, origin=quarter_index(origin))
    going_on, _ = prepare(world, 1)
    going_on.history[-1] = going_on.observe()  # a mission looks at the certificates that were given at the origin
    for _ in range(6):
        going_on.step()
    again = run_member(world, [package], {}, 6, 1)[0]
    assert np.array_equal(again.series, np.array(going_on.history)[4:])
    assert again.missions == reached(going_on)
    paid = {key: fen / 1e6 for key, fen in going_on.ledger.outlay.items() if key[1] == 2019}
    assert sum(paid.values()) > 0
    assert {key: outlay for key, outlay in again.outlay.items() if key[1] == 2019} == pytest.approx(paid)


def test_coefficients_are_a_members_own(estimates):
    assert draw_behaviors(estimates, 7, 3) == draw_behaviors(estimates, 7, 3)
    assert draw_behaviors(estimates, 7, 3) != draw_behaviors(estimates, 7, 4)
    assert draw_behaviors(estimates, 7, 3) != draw_behaviors(estimates, 8, 3)


def test_a_package_that_gives_nothing_changes_no_firm(small_outlook, national, package_rows):
    world = small_outlook.world
    empty = {**national, **policies_of(without_benefit(package_rows))}
    assert empty != world.baseline
    for member in range(3):
        baseline, package = run_member(world, [world.baseline, empty], {}, world.quarters, member)
        assert equal_runs(baseline, package)
        assert sum(package.outlay.values()) == sum(baseline.outlay.values())


@pytest.mark.parametrize(
    "name",
    [
        "hnte_award", "tech_sme_award", "research_subsidy", "discovery_visits", "one_to_one_service", "talent_subsidy",
        "risk_compensation_fund", "housing_support", "flexible_talent", "talent_project", "tech_bank",
    ],
)  # fmt: skip
def test_an_instrument_that_gives_nothing_changes_no_firm_even_among_others(
    small_outlook, national, package_rows, name
):
    world = small_outlook.world
    others = {key: row for key, row in package_rows.items() if key != name}
    without = {**national, **policies_of(others)}
    void = {**national, **policies_of({**others, **without_benefit({name: package_rows[name]})})}
    assert equal_runs(*run_member(world, [without, void], {}, 4, 1))


@pytest.mark.slow
def test_a_package_that_gives_nothing_has_an_effect_of_exactly_zero(make_job, package_rows):
    result = run(make_job(package=without_benefit(package_rows), horizon=2019), silent)
    assert (result.effect["value"] == 0.0).all()
    assert (result.effect_quarterly["value"] == 0.0).all()
    columns = ["time", "target", "quantile", "value"]
    same(result.forecast[columns], result.baseline_forecast[columns], "forecast")
    by_scenario = [rows for _, rows in result.members.groupby("scenario")]
    assert len(by_scenario) == 2
    one, other = (rows.drop(columns="scenario").reset_index(drop=True) for rows in by_scenario)
    same(one, other, "members")


@pytest.mark.slow
def test_more_members_leave_the_first_ones_and_only_counts_with_an_estimated_spread_move(make_job, look):
    few, many = look(make_job(members=10)), look(make_job(members=20))
    assert all(equal_runs(one, other) for one, other in zip(few.runs, many.runs[:10], strict=True))
    changed = set()
    for target, values in few.scenario.yearly.items():
        if not np.array_equal(values, many.scenario.yearly[target][:10]):
            changed.add(target)
    # what the model lacks in these counts is measured over all members, so their published values follow the number
    # of so few firms these vary by themselves as much as was estimated
    spread_already = {"births", "deaths", *(name for name in LADDER_PUBLISHED if name.startswith("hnte"))}
    assert changed == {*PANEL_TARGETS, *MODEL_TARGETS, *LADDER_PUBLISHED} - spread_already


@pytest.mark.slow
def test_a_run_without_a_package_has_no_effect_and_one_scenario(make_job, look):
    job = make_job(package={})
    outlook = look(job)
    assert not outlook.differs
    assert outlook.scenario is outlook.baseline
    again = look(replace(job, seed=2018))
    assert not equal_runs(outlook.runs[0], again.runs[0])


def test_progress_ends_with_all_members_done(small_outlook):
    world = small_outlook.world
    told = []
    run_members(world, [world.baseline], {}, 2, 1, partial(lambda *call: told.append(call)))
    assert told == [(0, 2), (1, 2), (2, 2)]
