"""A package made smaller or larger: lines of work left out, factors on what instruments give."""

import pytest

from ecosim.door.build import build_policies
from ecosim.door.compose import compose
from ecosim.door.library import ConfigError, Library
from ecosim.policies.shelf import GROUPS

SCENARIO = "+scenario=pinghu_2017"
LEFT_OUT = [name for name in Library().options("scenario") if name.startswith("pinghu_without_")]


def rows(*overrides: str) -> dict:
    return compose([SCENARIO, *overrides]).settings.policies


def test_a_line_of_work_is_left_out_with_all_its_rows() -> None:
    whole, less = rows(), rows("without=[service]")
    gone = {name for name, row in whole.items() if row.get("group") == "service"}
    assert {"discovery_visits", "one_to_one_service"} <= gone
    assert set(whole) - set(less) == gone
    assert less == {name: row for name, row in whole.items() if name not in gone}


def test_rows_are_left_out_by_name_beside_lines_of_work() -> None:
    less = rows("without=[hnte_award,talent]")
    assert "hnte_award" not in less
    assert "tech_sme_award" in less
    assert not [row for row in less.values() if row.get("group") == "talent"]


def test_a_line_of_work_in_which_the_package_does_nothing_leaves_it_as_it_is() -> None:
    assert compose(["+scenario=zhejiang_2022", "without=[service]"]).settings.policies == (
        compose(["+scenario=zhejiang_2022"]).settings.policies
    )


def test_the_baseline_keeps_its_rows() -> None:
    composed = compose([SCENARIO, "without=[rules]"])
    assert "hnte_criteria" not in composed.settings.policies
    assert "hnte_criteria" in composed.baseline_rows


def test_a_factor_holds_for_amounts_budgets_and_places_and_keeps_their_dates() -> None:
    usual, more = rows(), rows("+intensity.talent=1.5", "+intensity.discovery_visits=2")
    assert more["talent_subsidy"]["graduate"] == {"2017-07": 1.5 * usual["talent_subsidy"]["graduate"]["2017-07"]}
    assert more["talent_subsidy"]["budget"] == {"2017-07": 1.5 * usual["talent_subsidy"]["budget"]["2017-07"]}
    assert more["discovery_visits"]["capacity"] == {"2017-01": 2 * usual["discovery_visits"]["capacity"]["2017-01"]}
    assert more["discovery_visits"]["cost"] == usual["discovery_visits"]["cost"]
    assert more["hnte_award"] == usual["hnte_award"]


def test_a_row_named_beside_its_line_of_work_takes_both_factors() -> None:
    more = rows("+intensity.talent=1.5", "+intensity.talent_subsidy=2")
    assert more["talent_subsidy"]["graduate"]["2017-07"] == 3 * rows()["talent_subsidy"]["graduate"]["2017-07"]


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("without=[servise]", "without: no row or line of work 'servise' in the policies; did you mean 'service'"),
        ("without=[hnte_awards]", "did you mean 'hnte_award'"),
        ("+intensity.talents=2", "intensity: no row or line of work 'talents'"),
        ("+intensity.talent=-1", "intensity.talent"),
        ("without=service", "without"),
        ("+intensity.hnte_criteria=2", "intensity.hnte_criteria: hnte_criteria has nothing of which more gives more"),
        ("+intensity.talent=many", "intensity.talent"),
        ("+intensity.lower_tax=2", "intensity.lower_tax: lower_tax has nothing of which more gives more"),
    ],
)
def test_a_name_or_factor_that_cannot_be_meant_is_one_message(override: str, told: str) -> None:
    tax = "+policies.lower_tax={family: reduced_tax, rate: 12, source: test}"
    with pytest.raises(ConfigError) as caught:
        compose([SCENARIO, tax, override])
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", LEFT_OUT)
def test_a_scenario_that_leaves_out_a_line_of_work_is_the_package_without_it(name: str) -> None:
    composed, whole = compose([f"+scenario={name}"]), compose([SCENARIO])
    group = name.removeprefix("pinghu_without_")
    assert composed.settings.without == (group,)
    expected = {row: values for row, values in whole.settings.policies.items() if values.get("group") != group}
    assert composed.settings.policies == expected
    assert (composed.settings.origin, composed.settings.horizon) == (whole.settings.origin, whole.settings.horizon)


def test_every_line_of_work_has_a_scenario_that_leaves_it_out() -> None:
    assert {name.removeprefix("pinghu_without_") for name in LEFT_OUT} == set(GROUPS) - {"rules", "other"}


def test_the_rules_of_2016_are_the_baseline_itself() -> None:
    package, baseline = build_policies(compose(["+scenario=pinghu_2016_rules"]))
    assert package == baseline


def test_talent_first_and_subsidy_first_share_everything_but_what_they_are_named_for() -> None:
    talent, subsidy = (compose([f"+scenario={name}_first"]).settings.policies for name in ("talent", "subsidy"))
    groups = [{row.get("group") for row in rows.values()} for rows in (talent, subsidy)]
    assert groups[0] - groups[1] == {"talent"}
    assert groups[1] - groups[0] == {"certification", "research"}
    shared = set(talent) & set(subsidy)
    assert {name: talent[name] for name in shared} == {name: subsidy[name] for name in shared}


def test_a_row_without_a_line_of_work_is_another_measure_and_one_of_the_baseline_a_rule() -> None:
    added = "+policies.prize={family: award, rung: high_tech, amount: {2017-07: 20}, source: 'assumption: made up'}"
    package, baseline = build_policies(compose([SCENARIO, added]))
    assert package["prize"].group == "other"
    assert {package[name].group for name in baseline} == {row.group for row in baseline.values()} == {"rules"}
    assert set(rows(added)) - set(rows(added, "without=[other]")) == {"prize"}
    assert set(rows(added)) - set(rows(added, "without=[rules]")) == set(baseline)
