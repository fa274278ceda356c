"""Instruments for talent and credit: their terms and their payments, by small cases computed by hand."""

import numpy as np
import pytest

from ecosim.data.periods import quarter_index
from ecosim.model.ecosystem import Events
from ecosim.model.firms import FINANCE, HIGH_TECH, SOURCES, TALENT, TECH_SME
from ecosim.model.ledger import FEN_PER_UNIT
from ecosim.model.people import LOCAL
from ecosim.policies import shelf

NOBODY = Events(np.zeros(0, np.int64))
TALENT_FOUNDER = SOURCES.index("talent")


@pytest.fixture
def world(make_model):
    """A model with one instrument, nothing decided: world(family, quarter=.., firms=.., weight=.., **values)."""

    def build(family, quarter="2017-Q3", firms=60, weight=1, columns=None, **values):
        rows = {"mine": {"family": family, "source": "test", **values}}
        policies = {name: row.policy for name, row in shelf.build(rows).items()}
        model = make_model(firms, policies=policies, quarter=quarter, weight=weight)
        for name, value in (columns or {}).items():
            model.agents.set(name, value)
        model.take_survey()
        model.revise_terms()
        return model

    return build


def settle(model, events=NOBODY):
    model.claims.gather(model.firms)
    for name, policy in model.policies.items():
        policy.settle(name, model, events)


def paid(model, year=2017):
    return model.ledger.outlay["mine", year] / FEN_PER_UNIT


def test_a_talent_subsidy_pays_for_hires_of_firms_that_know_it(world):
    model = world("talent_subsidy", amount=3, columns={"vacancies": 0, "aware": TALENT})
    model.agents.select(at_most=5).set("vacancies", [1, 2, 3, 4, 5])
    model.agents[4].aware = FINANCE
    assert set(model.terms.hiring_grant.flat) == {3.0}
    settle(model)
    assert paid(model) == 3 * (1 + 2 + 3 + 4)
    assert model.agents.cash[:5].tolist() == [3.0, 6.0, 9.0, 12.0, 0.0]
    assert model.ledger.recipients["mine", 2017] == 4


def test_a_talent_subsidy_has_an_amount_for_each_skill(world):
    amounts = {"graduate": {"2017-07": 1}, "senior": {"2017-07": 5}, "leading": {"2017-10": 50}}
    model = world("talent_subsidy", **amounts, columns={"aware": TALENT})
    assert [set(row) for row in model.terms.hiring_grant] == [{1.0}, {5.0}, {0.0}]
    for name, hires in (("vacancies", [4, 0, 0]), ("senior_vacancies", [1, 2, 0]), ("leader_vacancies", [0, 0, 1])):
        model.agents.select(at_most=3).set(name, hires)
    settle(model)
    assert model.agents.cash[:3].tolist() == [9.0, 10.0, 0.0]
    model.quarter = quarter_index("2017-Q4")
    settle(model)
    assert model.agents.cash[:3].tolist() == [18.0, 20.0, 50.0]
    mixed = world("talent_subsidy", amount=2, leading=30)
    assert [set(row) for row in mixed.terms.hiring_grant] == [{2.0}, {2.0}, {30.0}]


def test_a_talent_subsidy_without_any_amount_is_a_mistake():
    with pytest.raises(shelf.PolicyError, match="no amount is given"):
        shelf.build({"mine": {"family": "talent_subsidy", "source": "test", "budget": 10}})


def test_a_short_budget_pays_the_same_share_of_all_claims_to_the_fen(world):
    model = world("talent_subsidy", amount=3, budget=4, quarter="2017-Q4", weight=2, columns={"aware": TALENT})
    model.agents.select(at_most=3).set("vacancies", [1, 1, 1])
    settle(model)
    fen = np.round(model.agents.cash[:3] * FEN_PER_UNIT).astype(int)
    assert len(set(fen)) == 1
    assert 2 * fen.sum() == model.ledger.outlay["mine", 2017] <= 4 * FEN_PER_UNIT
    assert model.ledger.expected_of("mine") == pytest.approx(4 / 18)
    model.revise_terms()
    assert model.terms.hiring_grant.max() == pytest.approx(3 * 4 / 18)


def test_housing_support_holds_staff_and_pays_by_the_quarter(world):
    columns = {"staff": 10, "aware": TALENT}
    model = world("housing_support", amount=0.4, effect=0.5, eligible={"zones": ["park"]}, columns=columns)
    zones = model.agents.zone
    assert sorted(set(model.terms.retention)) == [0.0, 0.2]
    settle(model)
    assert paid(model) == pytest.approx(0.1 * 10 * (zones == 1).sum())
    assert set(np.round(model.agents.cash[zones == 0], 9)) == {0.0}


def test_flexible_talent_costs_as_much_as_experts_come_and_shrinks_to_its_budget(world):
    model = world("flexible_talent", share=20, cost=4, budget=20, quarter="2017-Q4", columns={"experts": 0.0})
    assert set(model.terms.experts) == {0.2}
    model.agents.select(at_most=10).set("experts", 2.5)
    settle(model)
    assert paid(model) == pytest.approx(20.0)  # of 25 due
    model.revise_terms()
    assert set(np.round(model.terms.experts, 9)) == {0.16}
    model.quarter = quarter_index("2018-Q1")
    model.agents.select(at_most=10).set("experts", 0.1)
    settle(model)
    assert paid(model, 2018) == pytest.approx(1.0)
    assert model.ledger.expected_of("mine") == pytest.approx(0.88)


def test_flexible_talent_that_had_no_money_begins_with_its_budget(world):
    budget = {"2017-01": 0, "2018-01": 20}
    model = world("flexible_talent", share=20, cost=4, budget=budget, quarter="2017-Q4", columns={"experts": 0.0})
    promised = []
    for quarter in ("2017-Q4", "2018-Q1", "2018-Q2"):
        model.quarter = quarter_index(quarter)
        model.revise_terms()
        promised += set(model.terms.experts)
        settle(model)
    assert promised == [0.0, 0.0, 0.2], "firms expect what was paid in the quarter before"


def test_talent_projects_draw_founders_as_the_prize_the_places_and_the_budget_allow(world, small_region):
    for amount, expected in ((0, 0.0), (50, 5.0), (100, 10.0), (300, 10.0)):
        model = world("talent_project", amount=amount, places=10)
        arrivals = model.terms.arrivals
        assert arrivals.sum() == pytest.approx(expected / 4)
        assert arrivals[TALENT_FOUNDER].sum() == arrivals.sum()
    shares = arrivals[TALENT_FOUNDER] / arrivals.sum()
    assert shares.sum(axis=0) == pytest.approx([zone.share for zone in small_region.zones.values()])
    short = world("talent_project", amount=100, places=10, budget=199)
    assert short.terms.arrivals.sum() == 1.0
    park = world("talent_project", amount=100, places=10, eligible={"zones": ["park"], "sectors": ["electronics"]})
    assert np.count_nonzero(park.terms.arrivals) == 1


def test_a_talent_project_pays_start_ups_of_talent_once(world):
    model = world("talent_project", amount=100, places=10, columns={"age": 40})
    model.agents.select(at_most=4).set("source", TALENT_FOUNDER).set("age", [0, 1, 1, 2])
    settle(model)
    assert paid(model) == 200.0
    assert model.agents.cash[:4].tolist() == [0.0, 100.0, 100.0, 0.0]


@pytest.mark.parametrize("ration", ["lottery", "score", "first_come"])
def test_never_more_talent_start_ups_are_paid_than_places_whatever_the_quarter(world, ration):
    model = world("talent_project", amount=100, places=5, ration=ration, columns={"age": 40})
    founders = model.agents.select(at_most=8).set("source", TALENT_FOUNDER).set("patents", range(8))
    got = []
    for text, young in (("2017-Q3", range(3)), ("2017-Q4", range(3, 8)), ("2018-Q1", range(8))):
        model.quarter = quarter_index(text)
        model.agents.set("age", 40)
        for number in young:
            founders[number].age = 1
        before = model.agents.cash[:8].copy()
        settle(model)
        got.append(np.flatnonzero(model.agents.cash[:8] > before).tolist())
    assert [len(rows) for rows in got] == [3, 2, 5]
    assert (model.ledger.recipients["mine", 2017], model.ledger.refused["mine", 2017]) == (5, 3)
    assert model.ledger.refused["mine", 2018] == 3
    assert paid(model) == paid(model, 2018) == 500.0
    if ration == "score":
        assert got == [[0, 1, 2], [6, 7], [3, 4, 5, 6, 7]]


def test_places_smaller_than_an_agent_add_up_over_the_years(world):
    model = world("talent_project", amount=100, places=5, weight=8, columns={"age": 1, "source": TALENT_FOUNDER})
    served = []
    for year in range(2017, 2022):
        for quarter in (3, 4):
            model.quarter = quarter_index(f"{year}-Q{quarter}")
            settle(model)
        served.append(paid(model, year) / 100)
    assert served == [0, 8, 0, 8, 8]  # of 5, 10, 7, 12 and 9 places


def test_places_left_over_are_those_of_the_year_that_ended(world):
    places = {"2017": 5, "2018": 3}
    model = world("talent_project", amount=100, places=places, weight=8, columns={"age": 1, "source": TALENT_FOUNDER})
    for text in ("2017-Q4", "2018-Q1"):
        model.quarter = quarter_index(text)
        settle(model)
    assert (paid(model, 2017), paid(model, 2018)) == (0.0, 800.0)


def test_start_ups_are_one_quarter_old_when_instruments_settle(make_model, national):
    model = make_model(300, policies=national)
    model.step()
    births = model.births
    ages = []

    class Watch:
        def revise(self, name, terms, model):
            pass

        def settle(self, name, model, events):
            ages.extend(model.agents.age.tolist())

    model.policies = {**model.policies, "watch": Watch()}
    model.step()
    assert ages.count(1) == births > 0
    assert 0 not in ages


def test_the_tech_bank_serves_the_rungs_it_names(world):
    model = world("tech_bank", lending={"2017-06": 0.3}, spread={"2017-06": 1.5})
    for term, value in ((model.terms.lending, 0.3), (model.terms.spread, 0.015)):
        assert set(term[0]) == {0.0}
        assert set(term[TECH_SME].tolist() + term[HIGH_TECH].tolist()) == {value}
    settle(model)
    assert paid(model) == 0.0
    assert not world("tech_bank", lending={"2018-01": 1}).terms.lending.any()


def test_an_empty_fund_stops_to_cover_and_refuses(world):
    columns = {"certificate": TECH_SME, "aware": FINANCE}
    model = world("risk_compensation_fund", coverage=50, fund=100, loss=1.0, columns=columns)
    loss = Events(np.array([0, 1]), np.array([150.0, 90.0]))
    settle(model, loss)
    assert paid(model) == 100.0
    model.revise_terms()
    assert not model.terms.credit_coverage.any()
    settle(model, loss)
    assert paid(model) == 100.0
    assert model.ledger.refused["mine", 2017] == 2


def test_two_funds_bear_no_more_than_the_loss_that_they_cover(make_model):
    fund = {"family": "risk_compensation_fund", "fund": 1000, "loss": 0.5, "source": "test"}
    rows = {"one": {**fund, "coverage": 60}, "two": {**fund, "coverage": 50}}
    model = make_model(60, policies={name: row.policy for name, row in shelf.build(rows).items()}, quarter="2017-Q3")
    model.agents.set("certificate", TECH_SME).set("aware", FINANCE)
    model.revise_terms()
    assert set(np.round(model.terms.credit_coverage[TECH_SME], 9)) == {0.8}
    settle(model, Events(np.array([0, 1]), np.array([150.0, 50.0])))
    outlay = {name: model.ledger.outlay[name, 2017] / FEN_PER_UNIT for name in rows}
    assert outlay == {"one": 60.0, "two": 20.0}, "0.8 of a loss of 100"


def package(**rows):
    return {name: {"source": "test", "family": name, **values} for name, values in rows.items()}


ZERO = package(
    talent_subsidy={"amount": 0, "leading": 0},
    housing_support={"amount": 0},
    flexible_talent={"share": 0, "cost": 5},
    talent_project={"amount": 0, "places": 10},
    tech_bank={"lending": 0, "spread": 0},
    risk_compensation_fund={"coverage": 0, "fund": 100},
)


def ready(make_model, behaviors, policies, member=0, firms=300):
    model = make_model(firms, member, behaviors=behaviors, policies=policies)
    model.agents.set("aware", TALENT | FINANCE).set("liaison", 1)
    return model


@pytest.mark.parametrize("name", sorted(ZERO))
def test_a_zero_amount_gives_exactly_nothing(make_model, quick, name):
    instrument = {name: shelf.build(ZERO)[name].policy}
    models = [ready(make_model, quick, policies) for policies in ({}, instrument)]
    for _ in range(6):
        for model in models:
            model.step()
    assert np.array_equal(models[0].history, models[1].history)
    assert np.array_equal(models[0].pool.looking, models[1].pool.looking)
    assert np.array_equal(models[0].agents.cash, models[1].agents.cash)
    assert not models[1].ledger.total


def test_a_larger_subsidy_never_draws_fewer_people_in_expectation(make_model, quick):
    drawn = []
    for amount in (0, 2, 10, 40):
        policies = {name: row.policy for name, row in shelf.build(package(talent_subsidy={"amount": amount})).items()}
        models = [ready(make_model, quick, policies, member) for member in range(4)]
        for model in models:
            for _ in range(8):
                model.step()
        drawn.append(sum(model.outside_people for model in models))
    assert drawn == sorted(drawn)
    assert drawn[-1] > drawn[0]


def test_a_closed_firm_sends_its_staff_home_by_skill(make_model):
    model = make_model(100)
    model.agents.set("staff", 6).set("seniors", 2).set("leaders", 1)
    before, zone = model.pool.looking.copy(), model.agents[0].zone
    people = model.people_by_skill
    model.agents[0].remove()
    assert np.array_equal(model.pool.looking[zone, :, LOCAL] - before[zone, :, LOCAL], [3, 2, 1])
    assert np.array_equal(model.people_by_skill, people)


def test_a_pool_is_handed_on_with_a_clean_balance(make_model):
    first = make_model(100)
    first.step()
    second = make_model(100, people=first.pool)
    assert np.array_equal(second.pool.looking, first.pool.looking)
    assert second.outside_people == 0
    second.pool.looking[:] = 0
    assert first.looking > 0
