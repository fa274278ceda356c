"""The tables of take-up and missions, from made-up members."""

from types import SimpleNamespace

import numpy as np
import pytest

from ecosim.data.periods import quarter_index
from ecosim.forecast import funnel
from ecosim.forecast.ensemble import Run
from ecosim.model.take_up import STAGES
from ecosim.policies import shelf

ORIGIN, QUARTERS = quarter_index("2016-12"), 8
ROWS = {
    "rule": {"family": "super_deduction", "rate": 50, "source": "test"},
    "award": {
        "family": "award", "rung": "tech_sme", "amount": 2, "label": "Award", "label_zh": "奖励", "source": "test",
    },
    "fund": {"family": "risk_compensation_fund", "coverage": 40, "fund": 9, "source": "test"},
    "first": {
        "family": "mission", "observable": "japanese_hnte_stock", "deadline": "2018-12", "rate": 5, "source": "test",
    },
}  # fmt: skip


@pytest.fixture
def make(pinghu):
    def build(members):
        rows = shelf.build(ROWS)
        empty = np.zeros((1, 1))
        runs = [
            Run(empty, empty, empty, {}, {}, {}, take_up=taken, missions={"first": reached})
            for taken, reached in members
        ]
        world = SimpleNamespace(region=pinghu, origin=ORIGIN, quarters=QUARTERS)
        job = SimpleNamespace(scenario="s", region=pinghu, policies=rows, baseline_policies={"rule": rows["rule"]})
        return job, SimpleNamespace(world=world, runs=runs)

    return build


def stages(pinghu, *values):
    block = np.zeros((len(pinghu.zones), len(STAGES)), np.int64)
    block[0] = values
    block[2] = values
    return block


def test_zones_add_up_and_the_last_year_has_not_kept_anything_yet(make, pinghu):
    taken = {("award", year): stages(pinghu, 9, 7, 1, 5, 4, 3) for year in (2017, 2018)}
    table = funnel.take_up(*make([({**taken, ("rule", 2017): taken["award", 2017]}, None)] * 3))
    assert list(dict.fromkeys(table["instrument"])) == ["award", "rule"], "those that the baseline lacks come first"
    cell = table[(table["instrument"] == "award") & (table["year"] == 2017)]
    whole = cell[cell["zone"] == "all"].set_index("stage")["median"]
    assert whole.to_dict() == dict(zip(STAGES, (18, 14, 2, 10, 8, 6), strict=True))
    assert set(cell["zone"]) == {"all", *pinghu.zones}
    assert set(cell.loc[cell["zone"] == "all", "zone_zh"]) == {"全域"}
    danghu = cell[cell["zone"] == "danghu"]
    assert set(danghu["zone_zh"]) == {"当湖街道"}
    assert danghu.set_index("stage").loc["funded", "median"] == 4
    assert set(cell["label_zh"]) == {"奖励"}
    assert "kept" not in set(table.loc[table["year"] == 2018, "stage"])


def test_a_member_without_any_taker_counts_as_none(make, pinghu):
    table = funnel.take_up(*make([({("award", 2017): stages(pinghu, 8, 8, 0, 8, 8, 0)}, None), ({}, None)]))
    funded = table[(table["zone"] == "all") & (table["stage"] == "funded")].iloc[0]
    assert funded["median"] == 8.0  # between 16 and 0
    assert funded["lower"] < 1


def test_a_stage_that_does_not_apply_has_no_numbers(make, pinghu):
    taken = {("fund", year): stages(pinghu, 9, 7, 1, 5, 4, 0) for year in (2017, 2018)}
    table = funnel.take_up(*make([(taken, None)] * 3))
    cell = table[(table["zone"] == "all") & (table["year"] == 2017)].set_index("stage")
    assert cell.loc["kept", ["median", "lower", "upper"]].isna().all()
    assert cell.loc["funded", "median"] == 8
    assert not cell.drop(index="kept")["median"].isna().any()


def test_no_instrument_no_rows(make):
    table = funnel.take_up(*make([({}, None)]))
    assert len(table) == 0
    assert list(table.columns) == list(funnel.FUNNEL)


def test_a_mission_shows_when_it_is_reached_and_by_how_many(make):
    early, late = quarter_index("2017-Q2"), quarter_index("2018-Q3")
    table = funnel.missions(*make([({}, early)] * 6 + [({}, late)] * 3 + [({}, None)]))
    assert table["share_reached"].tolist() == [0.6, 0.9]
    first = table.iloc[0]
    assert (first["first_median"], first["first_lower"], first["first_upper"]) == ("2017-Q2", "2017-Q2", "")
    assert set(table["mission"]) == {"first"}


def test_a_mission_that_is_reached_in_the_last_quarter_of_a_year_is_reached_in_it(make):
    table = funnel.missions(*make([({}, quarter_index("2017-Q4"))] * 3))
    assert table.set_index("year")["share_reached"].to_dict() == {2017: 1.0, 2018: 1.0}
    assert set(table["first_median"]) == {"2017-Q4"}
