"""Instruments of platforms, parks and Shanghai: each one's term, place and price, by small cases computed by hand."""

import numpy as np
import pytest

from ecosim.data.periods import quarter_index
from ecosim.model.ecosystem import Events
from ecosim.model.firms import SOURCES
from ecosim.model.ledger import FEN_PER_UNIT
from ecosim.model.region import SECTORS, Region, RegionError, Zone
from ecosim.model.terms import buffer_of, classify, grid, neutral
from ecosim.policies import shelf
from ecosim.policies.shelf import PolicyError

SHANGHAI, FOREIGN_PROJECT, TALENT, INCUBATED = (
    SOURCES.index(name) for name in ("shanghai", "foreign_project", "talent", "incubated")
)
EQUIPMENT, ELECTRONICS, GARMENTS = (SECTORS.index(name) for name in ("advanced_equipment", "electronics", "garments"))
NOBODY = Events(np.zeros(0, np.int64))


@pytest.fixture(scope="module")
def region():
    return Region(
        name="Border",
        level="county",
        sectors={"advanced_equipment": 0.5, "electronics": 0.2, "garments": 0.3},
        ownership={"private": 1.0},
        zones={"town": Zone(share=0.5), "park": Zone(share=0.5, borders_shanghai=True, parks=("hub",))},
    )


@pytest.fixture
def at(make_model, region):
    """A model with one instrument, its terms revised: at('2018-Q1', 'platform', number=1, ...)."""

    def build(quarter, family, firms=60, weight=1, **values):
        rows = {"mine": {"family": family, "source": "test", **values}}
        policies = {name: row.policy for name, row in shelf.build(rows).items()}
        model = make_model(firms, policies=policies, quarter=quarter, weight=weight, region=region)
        model.revise_terms()
        return model

    return build


def paid(model, year=2018, events=NOBODY):
    model.policies["mine"].settle("mine", model, events)
    return model.ledger.outlay["mine", year] / FEN_PER_UNIT


def touched(model):
    """Names of the terms that are not neutral."""
    now, before = model.terms._asdict(), neutral(len(model.region.zones))._asdict()
    return {name for name in now if not np.array_equal(now[name], before[name])}


def test_a_platform_teaches_its_trade_and_is_paid_when_it_opens(at):
    values = {
        "number": {"2018-01": 2, "2018-07": 3}, "rate": {"2018-01": 5}, "access": {"2018-01": 10},
        "construction": 100, "running": 8, "eligible": {"sectors": ["electronics"]},
    }  # fmt: skip
    assert touched(at("2017-Q4", "platform", **values)) == set()
    model = at("2018-Q1", "platform", **values)
    assert touched(model) == {"platform", "platform_access"}
    gain, access = grid(model.terms.platform, 2), grid(model.terms.platform_access, 2)
    assert set(gain[ELECTRONICS].flat) == {0.05}
    assert access[ELECTRONICS].max() == pytest.approx(1 - 0.9**2)
    assert np.count_nonzero(gain) == gain[ELECTRONICS].size
    assert paid(model) == 2 * 100 + 2 * 8 / 4
    assert paid(at("2018-Q2", "platform", **values)) == 2 * 8 / 4
    assert paid(at("2018-Q3", "platform", **values)) == 100 + 3 * 8 / 4


def test_two_rows_of_platforms_are_taken_up_as_one_row_of_both(make_model):
    row = {"family": "platform", "rate": 5, "access": 60, "source": "test"}
    chances = []
    for rows in ({"both": {**row, "number": 2}}, {"one": {**row, "number": 1}, "other": {**row, "number": 1}}):
        model = make_model(60, policies={name: each.policy for name, each in shelf.build(rows).items()})
        model.revise_terms()
        chances.append(set(np.round(model.terms.platform_access, 9)))
    assert chances == [{0.84}, {0.84}]


def test_a_university_institute_teaches_its_trade(at):
    model = at("2018-Q3", "university_institute", rate=8, cost=100, eligible={"sectors": ["electronics"]})
    assert touched(model) == {"university"}
    assert set(grid(model.terms.university, 2)[ELECTRONICS].flat) == {0.08}
    assert paid(model) == 25


def test_matching_offers_its_places_from_its_date_on(at):
    values = {"capacity": {"2018-01": 7}, "cost": 2}
    assert not at("2017-Q4", "problem_matching", **values).offers
    model = at("2018-Q1", "problem_matching", **values)
    assert [offer.places for offer in model.offers] == [7]
    model.agents.set("performs", 1).set("certificate", 1)
    model.give_places()
    assert paid(model) == 14
    assert model.ledger.recipients["mine", 2018] == 7


def test_an_incubator_offers_what_is_free_and_expects_start_ups_in_its_zone(at):
    values = {"slots": {"2018-01": 10}, "start_ups": 4, "cost": 8, "support": 0.2, "parks": ["hub"]}
    model = at("2018-Q1", "incubator", weight=3, **values)
    assert touched(model) == {"incubation", "arrivals"}
    assert model.offers[0].places == 9
    assert grid(model.terms.incubation, 2)[:, 0].max() == 0.0
    assert grid(model.terms.incubation, 2)[:, 1].min() == 0.2
    assert model.terms.arrivals[INCUBATED].sum() == pytest.approx(4)
    assert model.terms.arrivals[INCUBATED][:, 0].sum() == 0.0
    assert paid(model) == 20
    model.agents.set("zone", 1).select(at_most=3).set("incubated", 5)
    model.revise_terms()
    assert not model.offers
    assert model.terms.arrivals.sum() == 0.0


def test_start_ups_of_an_incubator_begin_in_the_zones_where_it_has_slots(at):
    model = at("2018-Q1", "incubator", slots=10, start_ups=4, eligible={"zones": ["park"]})
    assert not grid(model.offers[0].eligible, 2)[:, 0].any()
    assert not model.terms.arrivals[INCUBATED][:, 0].any()
    assert model.terms.arrivals[INCUBATED].sum() == pytest.approx(4)
    model.agents.set("zone", 0).select(at_most=10).set("incubated", 5)
    model.revise_terms()
    assert model.offers[0].places == 10, "tenants of other zones take none of its slots"


def test_a_cross_province_park_brings_the_center_near_and_sets_a_standard(at):
    values = {"nearness": 5, "arrivals": 3, "standard": 120, "sectors": ["electronics"], "parks": ["hub"], "cost": 40}
    model = at("2018-Q1", "cross_province_park", **values)
    assert touched(model) == {"nearness", "arrivals", "entry_standard"}
    assert model.terms.nearness.tolist() == [0.0, 0.05]
    assert model.terms.arrivals[SHANGHAI, ELECTRONICS].tolist() == [0.0, 3.0]
    standard = grid(model.terms.entry_standard, 2)
    assert np.all(standard[:, 0] == -np.inf)
    assert np.all(standard[:, 1] == np.log(1.2))
    assert paid(model) == 10


def test_a_clean_up_presses_in_its_zones_and_compensates_small_low_firms_that_close(at):
    model = at("2018-Q1", "clean_up", pressure={"2017-01": 1.0, "2019-01": 0.0}, cost=5, parks=["hub"])
    assert touched(model) == {"clean_up"}
    assert set(grid(model.terms.clean_up, 2)[:, 1].flat) == {1.0}
    assert not grid(model.terms.clean_up, 2)[:, 0].any()
    model.agents.set("zone", 1).set("log_employees", np.log(5.0)).set("log_productivity", 1.0)
    model.survey.mean_productivity[:] = 2.0
    classify(model.firms.columns, model.firms.rows, 2)
    firms = model.agents
    firms[0].log_employees = 4.0
    firms[1].log_productivity = 2.0
    firms[2].zone = 0
    classify(model.firms.columns, model.firms.rows, 2)
    assert paid(model, events=Events(np.arange(5))) == 2 * 5
    assert touched(at("2019-Q1", "clean_up", pressure={"2017-01": 1.0, "2019-01": 0.0})) == set()


def test_integration_brings_shanghai_nearer_above_all_on_the_border(at):
    values = {"nearness": {"2017-04": 20, "2018-01": 90}, "border": 30, "founders": 6, "border_weight": 2, "cost": 4}
    model = at("2017-Q4", "shanghai_integration", **values)
    assert model.terms.nearness == pytest.approx([0.2, 0.5])
    assert model.terms.arrivals[TALENT].sum(axis=0) == pytest.approx([2.0, 4.0])
    assert at("2018-Q1", "shanghai_integration", **values).terms.nearness == pytest.approx([0.9, 1.0])
    assert paid(model, 2017) == 1


def test_events_bring_the_projects_that_are_firms(at):
    model = at("2018-Q1", "shanghai_events", events=39, yields=0.5, share=40, border_weight=3, cost=2)
    assert touched(model) == {"arrivals"}
    assert model.terms.arrivals[SHANGHAI].sum(axis=0) == pytest.approx(np.array([1, 3]) / 4 * 39 * 0.5 * 0.4)
    assert model.terms.arrivals[SHANGHAI].sum(axis=1)[GARMENTS] == pytest.approx(0.3 * 39 * 0.2)
    assert paid(model) == 78


def test_foreign_projects_spread_over_named_sectors_and_parks(at):
    sectors = {"electronics": 0.75, "new_materials": 0.25}
    model = at("2018-Q1", "foreign_projects", projects=11, share=50, sectors=sectors, parks=["hub"], cost=3)
    expected = model.terms.arrivals[FOREIGN_PROJECT]
    assert expected.sum() == pytest.approx(5.5)
    assert expected[ELECTRONICS].tolist() == pytest.approx([0.0, 5.5 * 0.75])
    assert paid(model) == 33
    with pytest.raises(PolicyError, match="sum to"):
        at("2018-Q1", "foreign_projects", projects=1, share=50, sectors={"electronics": 0.5})


def test_upgrading_pushes_its_trades_into_research(at):
    model = at("2018-Q1", "upgrading", push=0.3, cost=8, eligible={"sectors": ["garments"]})
    assert touched(model) == {"research_push"}
    assert set(grid(model.terms.research_push, 2)[GARMENTS].flat) == {0.3}
    assert np.count_nonzero(model.terms.research_push) == grid(model.terms.research_push, 2)[GARMENTS].size
    assert paid(model) == 2


def test_chain_building_helps_a_sector_by_how_thin_it_is(at):
    reference = {"electronics": 0.2 * np.exp(0.5), "advanced_equipment": 0.4, "new_materials": 0.1}
    model = at("2018-Q1", "chain_building", rate=20, reference=reference, cost=4)
    assert touched(model) == {"founding"}
    founding = grid(model.terms.founding, 2)
    assert founding[ELECTRONICS].max() == pytest.approx(0.5 * np.log(1.2)) == founding[ELECTRONICS].min()
    assert not founding[EQUIPMENT].any()  # thicker than its reference
    assert founding[SECTORS.index("new_materials")].max() == pytest.approx(np.log(1.2))  # a sector without any firm
    assert paid(model) == 1


def test_the_cost_gap_and_the_corridor_pull_by_factors(at):
    model = at("2018-Q1", "cost_gap", gap=50, elasticity=2)
    assert np.exp(model.terms.pull[SHANGHAI]) == pytest.approx(1.5**2)
    assert np.count_nonzero(model.terms.pull) == 1
    model = at("2018-Q1", "regional_corridor", rate=10, founding=3)
    assert set(np.exp(model.terms.pull).round(12)) == {1.1}
    assert set(np.exp(model.terms.founding).round(12)) == {1.03}
    assert paid(model) == 0


def test_public_projects_cost_money_and_move_nothing(at):
    model = at("2018-Q1", "public_project", amount=200)
    assert np.array_equal(buffer_of(model.terms), buffer_of(neutral(len(model.region.zones))))
    assert paid(model) == 50


@pytest.mark.parametrize(
    ("family", "values"),
    [
        ("platform", {"number": 1, "rate": 5, "access": 5, "parks": ["hubb"]}),
        ("cross_province_park", {"parks": ["hubb"]}),
        ("clean_up", {"pressure": 1, "parks": ["hubb"]}),
    ],
)
def test_a_park_that_the_region_lacks_is_an_error(at, family, values):
    with pytest.raises(RegionError, match="'hubb'"):
        at("2018-Q1", family, **values)


@pytest.mark.parametrize("family", ["cross_province_park", "shanghai_events", "chain_building"])
def test_an_unknown_sector_is_named_with_the_nearest(family):
    values = {
        "cross_province_park": {"parks": [], "sectors": ["garment"]},
        "shanghai_events": {"events": 1, "yields": 1, "share": 1, "sectors": ["garment"]},
        "chain_building": {"rate": 1, "reference": {"garment": 0.1}},
    }[family]
    with pytest.raises(PolicyError, match="garments"):
        shelf.build({"mine": {"family": family, "source": "test", **values}})


def test_the_quarter_of_a_date_is_the_one_that_holds_it(at):
    park = at("2017-Q4", "high_tech_park", parks=["hub"], founding={"2017-12": 5})
    assert park.terms.founding.max() == pytest.approx(np.log(1.05))
    assert park.quarter == quarter_index("2017-12-01")
