"""Schedules on the command line: whole in place of what they replace, whatever quotes stand around their dates."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecosim.door import resuming
from ecosim.door.build import build_policies
from ecosim.door.compose import compose
from ecosim.door.library import ConfigError
from ecosim.door.provenance import config_hash
from ecosim.door.recorded import spelled_out
from ecosim.door.schedules import instead, together
from ecosim.door.sweep import run_sweep

SCENARIO = "+scenario=pinghu_2017"


def amount(*overrides: str) -> Any:
    composed = compose([SCENARIO, *overrides])
    build_policies(composed)
    assert config_hash(composed.tree)
    return composed.settings.policies["hnte_award"]["amount"]


@pytest.mark.parametrize("table", ["{2018-07: 30}", "{'2018-07': 30}", '{"2018-07": 30}', "{ '2018-07' :30 }"])
def test_a_schedule_takes_the_place_of_that_of_its_file(table: str) -> None:
    assert amount(f"policies.hnte_award.amount={table}") == {"2018-07": 30}
    assert amount() == {"2017-07": 20}


def test_every_date_of_the_old_schedule_is_gone() -> None:
    rows = compose([SCENARIO, "policies.discovery_drive.rate={2018-04: 50, '2018-07': 0}"]).settings.policies
    assert rows["discovery_drive"]["rate"] == {"2018-04": 50, "2018-07": 0}


@pytest.mark.parametrize("sign", ["+", "++"])
def test_a_plus_adds_a_date_or_changes_one(sign: str) -> None:
    assert amount(f"{sign}policies.hnte_award.amount={{'2018-07': 30}}") == {"2017-07": 20, "2018-07": 30}
    assert amount(f"{sign}policies.hnte_award.amount={{2017-07: 30}}") == {"2017-07": 30}


@pytest.mark.parametrize(
    ("overrides", "steps"),
    [
        (["+policies.hnte_criteria.patents={2018-07: 2}"], {"1950": 1, "2018-07": 2}),
        (["++policies.hnte_criteria.patents={2018-07: 2}"], {"1950": 1, "2018-07": 2}),
        (["policies.hnte_criteria.patents=3", "+policies.hnte_criteria.patents={2019: 2}"], {"1950": 3, "2019": 2}),
        (["policies.hnte_criteria.patents={2018-07: 2}"], {"2018-07": 2}),
    ],
)
def test_a_date_that_is_added_to_a_number_keeps_the_number_until_then(
    overrides: list[str], steps: dict[str, int]
) -> None:
    composed = compose([SCENARIO, *overrides])
    found = composed.settings.policies["hnte_criteria"]["patents"]
    assert {str(when): step for when, step in found.items()} == steps
    (_, first), *later = build_policies(composed)[0]["hnte_criteria"].policy.patents
    assert [first, *(step for _, step in later)] == list(steps.values())


def test_years_stand_beside_months() -> None:
    assert amount("policies.hnte_award.amount={2017-07: 20, 2019: 30}") == {"2017-07": 20, "2019": 30}
    assert amount("+policies.hnte_award.amount={2019: 30}") == {"2017-07": 20, "2019": 30}


@pytest.mark.parametrize("table", ["{talent: 1.5}", "{'talent': 1.5}"])
def test_the_form_of_an_intensity_in_the_defaults_works(table: str) -> None:
    changed, usual = (compose([SCENARIO, *more]).settings for more in ([f"intensity={table}"], []))
    assert changed.intensity == {"talent": 1.5}
    graduate = usual.policies["talent_subsidy"]["graduate"]
    assert changed.policies["talent_subsidy"]["graduate"] == {when: 1.5 * step for when, step in graduate.items()}
    assert compose([SCENARIO, "intensity={}"]).settings.intensity == {}


@pytest.mark.parametrize(
    ("override", "answer"),
    [
        (
            "policies.discovery_drive.rate=50",
            r"rate=50: has several dates, \{2017-04: 100, 2017-07: 0.*=\{2017-04: 50\}",
        ),
        ("policies.hnte_award.amount={}", "is empty and would change nothing"),
        ("policies.hnte_award.amount.2017-07=30", r"'policies\.hnte_award\.amount=\{2017-07: \.\.\.\}' for the whole"),
        ("policies.hnte_award.amount={2018-07:", r"one pair of quotes.*'policies\.hnte_award\.amount=\{2017-07: 20"),
        ("policies.hnte_award.amount={2018-07: 30}}", "cannot read 'policies"),
        ("policies.hnte_award.cap={2018-07: 30}", "no 'cap' in 'policies.hnte_award'"),
        ("policies.hnte_awrad.amount={2018-07: 30}", "did you mean 'hnte_award'"),
        ("policies.hnte_award={amonut: 30}", "no 'amonut' in 'policies.hnte_award'; did you mean 'amount'"),
        ("region.sectors={garmnts: 0.2}", "no 'garmnts' in 'region.sectors'; did you mean 'garments'"),
    ],
)
def test_what_cannot_be_meant_is_answered_with_the_form_that_works(override: str, answer: str) -> None:
    with pytest.raises(ConfigError, match=f"(?s){answer}") as caught:
        compose([SCENARIO, override])
    assert "without '+'" not in str(caught.value)


def test_a_number_for_one_date_of_several_is_told_how_and_that_way_works() -> None:
    rows = compose([SCENARIO, "+policies.discovery_drive.rate={2018-04: 50}"]).settings.policies
    assert rows["discovery_drive"]["rate"] == {"2017-04": 100, "2017-07": 0, "2018-04": 50, "2018-07": 0}


def test_a_stopped_run_and_a_recorded_one_read_it_again(tmp_path: Path) -> None:
    given = [SCENARIO, "policies.hnte_award.amount={'2018-07': 30}"]
    home = tmp_path / resuming.FOLDER
    home.mkdir()
    (home / resuming.KEY).write_text(json.dumps({"overrides": given, "config_dir": None}))
    again = resuming.read_command([f"resume={tmp_path}"], None, tmp_path)
    assert compose(again.overrides).tree == compose(given).tree
    assert compose(spelled_out(compose(given).overrides, ("run",))).tree == compose(given).tree


def test_what_stands_for_a_schedule_inside_reads_as_the_user_wrote_it() -> None:
    given = [SCENARIO, "policies.hnte_award.amount=50,{2018-07: 30}", "+policies.hnte_award.budget={2019: 1}", "seed=5"]
    assert instead(given) != given
    assert together(instead(given)) == given


def test_a_sweep_over_schedules_gives_each_job_its_own(here: Path, fake: None) -> None:
    given = [
        SCENARIO,
        "members=2",
        "tracking.enabled=false",
        "policies.hnte_award.amount={'2018-07': 30},{2019: 40},50",
    ]
    assert run_sweep([*given, "intensity={talent: 1.5}"], None, here) == 0
    folders = sorted((here / "outputs" / "pinghu_2017").iterdir())
    found = [yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8")) for folder in folders]
    amounts = [settings["policies"]["hnte_award"]["amount"] for settings in found]
    assert [{str(when): step for when, step in steps.items()} for steps in amounts] == [
        {"2018-07": 30},
        {"2019": 40},
        {"2017-07": 50},
    ]
    assert all(settings["intensity"] == {"talent": 1.5} for settings in found)
