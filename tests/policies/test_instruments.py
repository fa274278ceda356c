"""Each family's effect on its term and on the ledger, by small cases computed by hand."""

import numpy as np
import pytest

from ecosim.data.periods import quarter_index
from ecosim.model.ecosystem import Events
from ecosim.model.firms import (
    CERTIFICATION,
    FINANCE,
    FIRST_HIGH_TECH,
    HIGH_TECH,
    NEW_TECH_SME,
    RESEARCH,
    TALENT,
    TECH_SME,
)
from ecosim.model.ledger import FEN_PER_UNIT
from ecosim.model.terms import classify, grid
from ecosim.policies import shelf

NOBODY = Events(np.zeros(0, np.int64))


@pytest.fixture
def world(make_model):
    """A model with the given instruments, nothing decided: world(rows, firms=.., weight=..) at a quarter."""

    def build(rows, quarter="2017-Q3", firms=60, weight=1, **columns):
        policies = {name: row.policy for name, row in shelf.build(rows).items()}
        model = make_model(firms, policies=policies, quarter=quarter, weight=weight)
        for name, values in columns.items():
            model.agents.set(name, values)
        model.take_survey()
        model.revise_terms()
        return model

    return build


def settle(model, events=NOBODY):
    """Give the places on offer, then let every instrument pay."""
    model.give_places()
    model.settle(events)
    model.count_take_up()


def row(family, **values):
    return {"mine": {"family": family, "source": "test", **values}}


def paid(model, year=2017):
    return model.ledger.outlay["mine", year] / FEN_PER_UNIT


def forgone(model, year=2017):
    return model.ledger.tax_expenditure["mine", year] / FEN_PER_UNIT


def quarter(model, text):
    model.quarter = quarter_index(text)
    model.revise_terms()


def test_a_research_subsidy_pays_its_share_from_its_first_quarter(world):
    rows = row("research_subsidy", rate={"2017-07": 5})
    model = world(rows, quarter="2017-Q2", performs=1, aware=RESEARCH, research=100.0)
    settle(model)
    assert paid(model) == 0
    assert not model.terms.research_grant.any()
    quarter(model, "2017-Q3")
    assert set(model.terms.research_grant.flat) == {0.05}
    settle(model)
    assert paid(model) == 60 * 5.0
    assert model.ledger.recipients["mine", 2017] == 60


def test_a_research_subsidy_pays_eligible_performers_that_know_it(world):
    rows = row("research_subsidy", rate=5, eligible={"rungs": ["high_tech"], "zones": ["park"]})
    model = world(rows, performs=1, aware=RESEARCH, research=100.0, certificate=HIGH_TECH, zone=1)
    firms = model.agents
    firms[0].zone = 0
    firms[1].certificate = TECH_SME
    firms[2].performs = 0
    firms[3].aware = CERTIFICATION
    classify(model.firms.columns, model.firms.rows, 2)
    settle(model)
    assert paid(model) == 56 * 5.0
    term = grid(model.terms.research_grant, 2)
    assert term[HIGH_TECH, :, 1].min() == 0.05
    assert term.sum() == pytest.approx(term[HIGH_TECH, :, 1].sum())


def test_a_short_budget_is_spread_over_the_year_and_expected_next_quarter(world):
    rows = row("research_subsidy", rate=10, budget=240)
    model = world(rows, quarter="2017-Q1", performs=1, aware=RESEARCH, research=100.0)
    settle(model)  # claims of 600, a quarter of 240 is there
    assert 59.99 < paid(model) <= 60
    assert model.ledger.expected_of("mine") == pytest.approx(0.1)
    quarter(model, "2017-Q2")
    assert model.terms.research_grant.max() == pytest.approx(0.01)
    for text in ("2017-Q2", "2017-Q3", "2017-Q4"):
        quarter(model, text)
        settle(model)
    assert 239.99 < paid(model) <= 240
    quarter(model, "2018-Q1")
    settle(model)
    assert paid(model, 2018) == pytest.approx(60)


@pytest.mark.parametrize(("budget", "kept"), [(None, 1.0), (2400, 1.0), (240, 0.1), (0, 0.0)])
def test_a_new_subsidy_is_expected_as_far_as_its_money_would_have_paid_the_last_claims(world, budget, kept):
    more = {} if budget is None else {"budget": budget}
    model = world(row("research_subsidy", rate=10, **more), performs=1, aware=RESEARCH, research=100.0)  # claims: 600
    assert model.terms.research_grant.max() == pytest.approx(0.1 * kept)
    assert model.ledger.expected_of("mine") == pytest.approx(kept)


@pytest.mark.parametrize(
    ("family", "more"),
    [
        ("research_subsidy", {"rate": 50}),
        ("talent_subsidy", {"amount": 20}),
        ("patent_subsidy", {"amount": 1, "rate": 30}),
        ("housing_support", {"amount": 1, "effect": 0.5}),
        ("flexible_talent", {"share": 5, "cost": 20}),
    ],
)
def test_a_subsidy_without_money_changes_nothing(make_model, family, more):
    packages = ({}, {"mine": shelf.build(row(family, budget=0, **more))["mine"].policy})
    models = [make_model(400, policies=policies) for policies in packages]
    for _ in range(6):
        for model in models:
            model.step()
    without, empty = (np.array(model.history) for model in models)
    assert np.array_equal(empty, without)
    assert models[1].ledger.total == 0


def test_a_budget_of_nothing_refuses_everybody(world):
    model = world(row("research_subsidy", rate=10, budget=0), performs=1, aware=RESEARCH, research=100.0)
    settle(model)
    assert paid(model) == 0
    assert model.ledger.refused["mine", 2017] == 60
    assert model.ledger.recipients["mine", 2017] == 0


@pytest.mark.parametrize(("rung", "event"), [("tech_sme", NEW_TECH_SME), ("high_tech", FIRST_HIGH_TECH)])
def test_an_award_is_paid_once_at_its_rung(world, rung, event):
    model = world(row("award", rung=rung, amount={"2017-07": 20}), event=0)
    promised = model.terms.tech_sme_award if rung == "tech_sme" else model.terms.high_tech_award
    other = model.terms.high_tech_award if rung == "tech_sme" else model.terms.tech_sme_award
    assert set(promised) == {20.0}
    assert set(other) == {0.0}
    model.agents.select(at_most=3).set("event", event)
    model.agents.select(lambda firms: firms.event == 0, at_most=4).set("event", FIRST_HIGH_TECH + NEW_TECH_SME - event)
    settle(model)
    assert paid(model) == 60
    assert model.ledger.recipients["mine", 2017] == 3


def test_an_award_beyond_its_budget_goes_by_lottery_and_is_no_longer_promised(world):
    model = world(row("award", rung="high_tech", amount=20, budget=90), event=FIRST_HIGH_TECH)
    settle(model)
    assert paid(model) == 80
    assert (model.ledger.recipients["mine", 2017], model.ledger.refused["mine", 2017]) == (4, 56)
    model.revise_terms()
    assert not model.terms.high_tech_award.any()
    quarter(model, "2018-Q1")
    assert model.terms.high_tech_award.max() == 20


def test_one_agent_is_paid_and_counted_for_every_firm_it_stands_for(world):
    model = world(row("award", rung="high_tech", amount=20, budget=130), event=FIRST_HIGH_TECH, weight=3)
    settle(model)
    assert paid(model) == 120
    assert (model.ledger.recipients["mine", 2017], model.ledger.refused["mine", 2017]) == (6, 58 * 3)


def test_an_award_reaches_its_classes_alone(world):
    rows = row("award", rung="high_tech", amount=20, eligible={"sectors": ["garments"], "sizes": ["micro", "small"]})
    model = world(rows, event=FIRST_HIGH_TECH)
    term = grid(model.terms.high_tech_award, 2)
    assert term[4, :, :, :2].min() == 20
    assert term.sum() == term[4, :, :, :2].sum()
    settle(model)
    eligible = model.agents.select(lambda firms: (firms.sector == 4) & (firms.log_employees < np.log(300)))
    assert paid(model) == 20 * len(eligible) > 0


def test_the_fund_covers_certified_firms_and_pays_its_share_of_losses(world):
    rows = row("risk_compensation_fund", coverage={"2017-06": 40}, fund={"2017-06": 100}, loss=0.5)
    model = world(rows, certificate=TECH_SME, aware=FINANCE)
    model.agents[2].aware = 0
    assert set(model.terms.credit_coverage[0]) == {0.0}
    assert set(model.terms.credit_coverage[1:].flat) == {0.4}
    model.agents[0].certificate = 0
    settle(model, Events(np.array([0, 1, 2, 3]), np.array([90.0, 50.0, 40.0, 30.0])))
    assert paid(model) == pytest.approx(0.4 * 0.5 * 80)  # not for who is not certified or does not know
    assert model.ledger.recipients["mine", 2017] == 2


def test_the_fund_never_pays_more_than_it_holds_over_all_years(world):
    rows = row("risk_compensation_fund", coverage=50, fund={"2017-06": 100, "2019": 130}, loss=1.0)
    model = world(rows, certificate=HIGH_TECH, aware=FINANCE)
    settle(model, Events(np.array([0, 1]), np.array([70.0, 50.0])))
    assert paid(model) == 60
    quarter(model, "2018-Q1")
    settle(model, Events(np.array([0, 1]), np.array([70.0, 50.0])))
    assert paid(model, 2018) == 40
    quarter(model, "2018-Q2")
    assert not model.terms.credit_coverage.any()
    settle(model, Events(np.array([0, 1]), np.array([70.0, 50.0])))
    assert paid(model, 2018) == 40
    quarter(model, "2019-Q1")
    assert model.terms.credit_coverage.max() == 0.5
    settle(model, Events(np.array([0, 1]), np.array([70.0, 50.0])))
    assert paid(model, 2019) == 30


def test_the_income_tax_is_reduced_at_the_second_rung_alone(world):
    model = world(row("reduced_tax", rate={"2008-01": 15}, margin=0.1), quarter="2007-Q4")
    assert set(model.terms.tax_rate.flat) == {0.25}
    quarter(model, "2008-Q1")
    assert [set(rates) for rates in model.terms.tax_rate] == [{0.25}, {0.25}, {0.15}]
    model.agents.set("log_employees", np.log(20.0)).set("log_productivity", np.log(100.0))
    model.agents.select(at_most=3).set("certificate", HIGH_TECH)
    settle(model)
    assert forgone(model, 2008) == pytest.approx(3 * 2000 * 0.1 * 0.10 / 4)


def test_where_two_rules_reduce_the_income_tax_the_lower_rate_holds_and_is_booked_once(world):
    both = {
        **row("reduced_tax", rate={"2008-01": 15, "2017-10": 20}, margin=0.1),
        "special": row("reduced_tax", rate={"2016-01": 18, "2017-07": 10, "2018-01": 20}, margin=0.1)["mine"],
    }
    model = world(both, quarter="2017-Q2", certificate=HIGH_TECH, log_employees=np.log(20.0))
    model.agents.set("log_productivity", np.log(100.0))
    for text, rate, mine, special in (
        ("2017-Q2", 0.15, 10, 0), ("2017-Q3", 0.10, 10, 15), ("2018-Q1", 0.20, 5, 0),
    ):  # fmt: skip
        quarter(model, text)
        assert set(model.terms.tax_rate[HIGH_TECH].tolist()) == {rate}
        settle(model)
        year, points = int(text[:4]), 60 * 2000 * 0.1 / 4 / 100
        assert forgone(model, year) == pytest.approx(mine * points)
        assert model.ledger.tax_expenditure["special", year] == pytest.approx(special * points * FEN_PER_UNIT)


def test_a_rate_above_the_usual_one_reduces_nothing_and_forgoes_nothing(world):
    model = world(row("reduced_tax", rate={"2008-01": 30}), certificate=HIGH_TECH)
    assert set(model.terms.tax_rate.flat) == {0.25}
    settle(model)
    assert model.ledger.tax_expenditure["mine", 2017] == 0
    assert model.policies["mine"].audience(model) is None


def test_a_super_deduction_books_the_tax_that_it_saves(world):
    model = world(row("super_deduction", rate=50), performs=1, aware=RESEARCH, research=100.0)
    model.agents[0].performs = 0
    model.agents[1].aware = TALENT
    settle(model)
    assert forgone(model) == 58 * 100 * 0.5 * 0.25


def test_where_two_deductions_apply_the_larger_holds_and_is_booked_once(world):
    both = {
        **row("super_deduction", rate={"2008": 50, "2018": 75}),
        "special": row("super_deduction", rate={"2017": 75}, eligible={"rungs": ["tech_sme"]})["mine"],
    }
    model = world(both, performs=1, aware=RESEARCH, research=100.0)
    model.agents.select(at_most=10).set("certificate", TECH_SME)
    settle(model)
    assert forgone(model) == 50 * 100 * 0.5 * 0.25
    assert model.ledger.tax_expenditure["special", 2017] == 10 * 100 * 0.75 * 0.25 * FEN_PER_UNIT
    quarter(model, "2018-Q1")
    settle(model)
    assert (
        forgone(model, 2018) * FEN_PER_UNIT + model.ledger.tax_expenditure["special", 2018]
        == 60 * 75 * 0.25 * FEN_PER_UNIT
    )


def test_policies_stack_and_a_quarter_starts_from_neutral_terms(world):
    two = {**row("award", rung="high_tech", amount=20), "more": row("award", rung="high_tech", amount=5)["mine"]}
    model = world(two)
    for _ in range(3):
        model.revise_terms()
    assert set(model.terms.high_tech_award) == {25.0}
    model.policies = {}
    model.revise_terms()
    assert not model.terms.high_tech_award.any()
