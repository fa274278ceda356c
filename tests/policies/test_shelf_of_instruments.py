"""The shelf: families are found in the folder, rows become instruments, mistakes are named."""

import pkgutil

import pytest

import ecosim.policies
from ecosim.data.errors import UserError
from ecosim.policies import shelf
from ecosim.policies.shelf import PolicyError, build, families

AWARD = {"family": "award", "rung": "high_tech", "amount": {"2017-07": 20}, "source": "assumption: test"}


def test_the_families_of_the_issue_are_on_the_shelf():
    assert {
        "award", "reduced_tax", "research_subsidy", "super_deduction", "discovery_visits", "one_to_one_service",
        "talent_subsidy", "risk_compensation_fund", "criteria",
    } <= set(families())  # fmt: skip


def test_each_file_of_the_folder_is_a_family_or_a_tool():
    tools = {"booking", "eligibility", "outlays", "places", "rationing", "schedule", "shelf"}
    files = {module.name for module in pkgutil.iter_modules(ecosim.policies.__path__)}
    assert files - tools == set(families())


def test_a_row_becomes_an_instrument_with_its_source(package_rows):
    built = build(package_rows)
    assert list(built) == list(package_rows)
    award = built["hnte_award"]
    assert award.family == award.policy.family == "award"
    assert award.label_zh == "高新技术企业认定奖励"
    assert "assumption" in award.source
    assert build({"plain": AWARD})["plain"].label == "plain"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"family": "awards"}, r"policies\.mine\.family: unknown family 'awards'; did you mean 'award'"),
        ({"family": None}, r"policies\.mine: family is missing; one of award"),
        ({"source": ""}, r"policies\.mine\.source is missing"),
        ({"amuont": 3}, r"policies\.mine\.amuont: unknown key; did you mean 'amount'"),
        ({"eligible": {"size": ["small"]}}, r"eligible\.size: unknown key; did you mean 'sizes'"),
        ({"eligible": {"sizes": "small"}}, r"eligible\.sizes: 'small' must be a list: \[small\]"),
        ({"amount": -3}, r"policies\.mine\.amount: -3 must be a finite number of 0 or more"),
        ({"amount": {"2017-7": 3}}, r"policies\.mine\.amount: .*'2017-7' is no time"),
        ({"rung": "gold"}, r"policies\.mine\.rung: 'gold'"),
        ({"eligible": {"sectors": ["garment"]}}, r"policies\.mine\.eligible\.sectors.*did you mean 'garments'"),
        ({"eligible": {"sectors": "garments"}}, r"policies\.mine\.eligible\.sectors: 'garments'"),
        ({"eligible": {"sector": ["garments"]}}, r"policies\.mine\.eligible\.sector: "),
        ({"eligible": {"rungs": ["high_tech"]}}, r"policies\.mine\.eligible: .*does not tell rungs apart"),
    ],
)
def test_a_wrong_row_is_answered_with_row_key_and_way_out(change, message):
    row = {key: value for key, value in {**AWARD, **change}.items() if value is not None}
    with pytest.raises(PolicyError, match=message):
        build({"mine": row})


@pytest.mark.parametrize("missing", ["rung", "amount"])
def test_a_missing_number_is_named(missing):
    row = {key: value for key, value in AWARD.items() if key != missing}
    with pytest.raises(PolicyError, match=rf"policies\.mine\.{missing}: Field required"):
        build({"mine": row})


@pytest.mark.parametrize("row", [3, None, ["award"], "award"])
def test_a_row_that_is_no_table_is_an_error(row):
    with pytest.raises(PolicyError, match="is no row"):
        build({"mine": row})


@pytest.mark.parametrize(
    "name",
    ["os.system", "ecosim.policies.award.Award", "ecosim.policies.award", "builtins.eval", "__class__", 3, ["award"]],
)
def test_a_family_can_never_name_code(name):
    with pytest.raises(PolicyError, match="unknown family"):
        build({"mine": {**AWARD, "family": name}})


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"family": "risk_compensation_fund", "coverage": 140, "fund": 1}, "more than 100 percent"),
        ({"family": "reduced_tax", "rate": {"2008": 150}}, "more than 100 percent"),
        ({"family": "research_subsidy", "rate": 60}, "above at_most 50"),
        ({"family": "research_subsidy", "rate": 101, "at_most": 100}, "more than 100 percent"),
        ({"family": "discovery_visits", "capacity": 3, "cost": -1}, "greater than or equal to 0"),
        ({"family": "discovery_visits", "capacity": 3, "cost": 1e14}, r"mine\.cost: 1e\+14 is more than 1e\+08"),
        ({**AWARD, "amount": {"2017": 1e12}}, r"mine\.amount: 1e\+12 is more than 1e\+08; amounts are in 10k CNY"),
        ({"family": "talent_subsidy", "amount": 3, "eligible": {"rungs": ["tech_sme"]}}, "does not tell rungs apart"),
        ({"family": "discovery_visits", "capacity": 3, "eligible": {"rungs": ["none"]}}, "does not tell rungs apart"),
        ({"family": "one_to_one_service", "capacity": 3, "eligible": {"rungs": ["none"]}}, "does not tell rungs apart"),
    ],
)
def test_a_number_that_cannot_be_is_refused(row, message):
    with pytest.raises(PolicyError, match=message):
        build({"mine": {**row, "source": "test"}})


def test_a_policy_error_is_an_error_of_the_user():
    assert issubclass(PolicyError, UserError)
    assert issubclass(PolicyError, ValueError)
    assert shelf.ABOUT == ("label", "label_zh", "source", "group")
