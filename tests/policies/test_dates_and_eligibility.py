"""Values by date and classes of firms: what a row of configuration means."""

import numpy as np
import pytest

from ecosim.data.errors import UserError
from ecosim.data.periods import quarter_index
from ecosim.model.region import OWNERSHIP, SECTORS
from ecosim.model.terms import grid
from ecosim.policies.eligibility import EVERYONE, RUNG_NAMES, SIZES, Eligibility
from ecosim.policies.schedule import Schedule, to_schedule

ZONES = ("town", "park", "port")


def at(raw, *quarters):
    return [to_schedule(raw).at(quarter_index(quarter)) for quarter in quarters]


def test_a_number_holds_always():
    assert at(3, "1990", "2017-Q3", "2050") == [3.0, 3.0, 3.0]


def test_a_value_holds_from_its_date_until_the_next():
    steps = {"2017-07": 20, "2019": 30, "2021-Q2": 0}
    assert at(steps, "2017-Q2", "2017-Q3", "2018-Q4", "2019-Q1", "2021-Q1", "2021-Q2") == [0, 20, 20, 30, 30, 0]


def test_the_order_of_the_lines_does_not_matter():
    assert to_schedule({"2019": 30, "2017-07": 20}) == to_schedule({"2017-07": 20, "2019": 30})
    assert to_schedule({2019: 30}) == to_schedule({"2019-01-15": 30})


def test_a_schedule_stays_as_it_is_and_knows_its_largest_value():
    steps = to_schedule({"2017-07": 20, "2019": 3})
    assert to_schedule(steps) is steps
    assert steps.largest == 20
    assert Schedule().at(8000) == Schedule().largest == 0


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (-1, "0 or more"),
        (float("nan"), "finite"),
        (float("inf"), "finite"),
        (True, "write a number"),
        ("20", "neither a number nor a table"),
        ({"0017-07": 20}, "0017-07.*outside 1949 to 2199"),
        ({"2017-07": "20"}, "is no number"),
        ({"2017-07": 2, "500": None}, "'500' has no value; YAML ends a number at a comma"),
        ({"2017-07": False}, "is no number"),
        ({"2017-07": -3}, "0 or more"),
        ({"2017-13": 3}, "no month 13"),
        ({"July": 3}, "is no time"),
        ({"2017-07": 3, "2017-09": 4}, "'2017-09' lies in the quarter of an earlier line"),
        ([3], "neither a number nor a table"),
    ],
)
def test_a_value_that_cannot_be_read_is_named(raw, message):
    with pytest.raises(ValueError, match=message):
        to_schedule(raw)


def expected(**chosen):
    """The mask by plain loops over every class of firm."""
    axes = {"sectors": SECTORS, "zones": ZONES, "ownership": OWNERSHIP, "sizes": SIZES}
    keep = [[not chosen.get(axis) or name in chosen[axis] for name in names] for axis, names in axes.items()]
    return [s and z and o and b for s in keep[0] for z in keep[1] for o in keep[2] for b in keep[3]]


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"sectors": ("garments",)},
        {"zones": ("park", "port")},
        {"ownership": ("japanese", "foreign")},
        {"sizes": ("micro", "large")},
        {"sectors": ("garments", "electronics"), "zones": ("town",), "ownership": ("state",), "sizes": ("small",)},
    ],
)
def test_a_mask_holds_the_classes_that_are_named_and_no_others(chosen):
    mask = Eligibility(**chosen).mask(ZONES)
    assert mask.tolist() == expected(**chosen)
    assert mask.size == len(SECTORS) * len(ZONES) * len(OWNERSHIP) * len(SIZES)


def test_a_mask_cannot_be_written():
    with pytest.raises(ValueError, match="read-only"):
        EVERYONE.mask(ZONES)[0] = False


def test_rungs_are_a_mask_of_their_own():
    assert EVERYONE.rung_mask.tolist() == [True, True, True]
    assert Eligibility(rungs=("tech_sme",)).rung_mask.tolist() == [False, True, False]
    assert Eligibility(rungs=("high_tech",)).rung_mask[RUNG_NAMES.index("high_tech")]
    assert grid(Eligibility(rungs=("high_tech",)).mask(ZONES), 3).all()


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"sectors": ("garment",)}, "did you mean 'garments'"),
        ({"ownership": ("Japan",)}, "unknown name 'Japan'"),
        ({"sizes": ("huge",)}, "valid: large, medium, micro, small"),
        ({"rungs": ("tech-sme",)}, "did you mean 'tech_sme'"),
        *(({name: ()}, rf"{name}\n.*empty list; leave it out") for name in ("sectors", "zones", "sizes", "rungs")),
    ],
)
def test_an_unknown_class_is_named(chosen, message):
    with pytest.raises(ValueError, match=message):
        Eligibility(**chosen)


def test_a_zone_that_the_region_does_not_have_is_an_error_of_the_user():
    with pytest.raises(UserError, match="no zone 'prot'; did you mean 'port'"):
        Eligibility(zones=("town", "prot")).mask(ZONES)
    assert np.any(Eligibility(zones=("town",)).mask(ZONES))
