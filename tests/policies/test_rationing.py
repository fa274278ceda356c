"""Who is paid where a budget is short, and that the books balance under each way of rationing."""

import numpy as np
import pytest

from ecosim.model.firms import FIRST_HIGH_TECH, RESEARCH
from ecosim.model.ledger import FEN_PER_UNIT
from ecosim.model.take_up import GOT, HAD
from ecosim.policies import shelf
from ecosim.policies.rationing import in_order

ORDERS = ("lottery", "score", "first_come")
RATIONS = ("share", *ORDERS)
PEOPLE = 40


@pytest.fixture
def world(make_model):
    """A model with one instrument and columns set, terms revised."""

    def build(quarter="2017-Q4", weight=1, more=None, **row):
        rows = {"mine": {"source": "test", **row}, **(more or {})}
        policies = {name: item.policy for name, item in shelf.build(rows).items()}
        model = make_model(PEOPLE, policies=policies, quarter=quarter, weight=weight)
        firms = model.agents
        firms.set("event", FIRST_HIGH_TECH).set("performs", 1).set("aware", RESEARCH)
        firms.set("research", np.linspace(1.0, 40.0, PEOPLE) + 0.123456789)
        firms.set("patents", np.arange(PEOPLE))
        model.revise_terms()
        return model

    return build


def settle(model):
    model.give_places()
    model.settle(model.note_events())
    model.count_take_up()


def paid_rows(model):
    return set(np.flatnonzero(model.take_up._flags[model.take_up.slots["mine"]] & (GOT | HAD)).tolist())


@pytest.mark.parametrize("order", ORDERS)
def test_the_order_of_the_rows_decides_nothing(world, order):
    model = world(family="award", rung="high_tech", amount=1)
    rows = model.firms.rows
    expected = in_order(model, rows, order, "patents")[:9]
    for seed in range(3):
        mixed = np.random.default_rng(seed).permutation(rows)
        assert np.array_equal(in_order(model, mixed, order, "patents")[:9], expected)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("weight", [1, 3])
def test_awards_never_exceed_their_budget_and_balance(world, order, weight):
    model = world(family="award", rung="high_tech", amount=1.3, budget=20, ration=order, weight=weight)
    model.taken = {}
    model.claims.gather(model.firms)
    model.policies["mine"].settle("mine", model, model.note_events())
    each = round(1.3 * FEN_PER_UNIT)
    got, refused = model.ledger.recipients["mine", 2017], model.ledger.refused["mine", 2017]
    assert model.ledger.outlay["mine", 2017] == got * each <= 20 * FEN_PER_UNIT
    assert got == 15
    assert got + refused == PEOPLE * weight


@pytest.mark.parametrize("ration", RATIONS)
def test_claims_never_exceed_their_budget_and_balance(world, ration):
    model = world(family="research_subsidy", rate=50, budget=100, ration=ration, quarter="2017-Q1")
    total = 0
    for text in range(4):
        settle(model)
        outlay = model.ledger.outlay["mine", 2017]
        assert total <= outlay <= 100 * FEN_PER_UNIT
        if ration not in ("first_come",):
            assert outlay <= 25 * (text + 1) * FEN_PER_UNIT
        total = outlay
        model.quarter += 1
        model.revise_terms()
    assert model.ledger.total == total == sum(model.ledger.outlay.values())
    assert total > 50 * FEN_PER_UNIT


@pytest.mark.parametrize("ration", ORDERS)
def test_whole_claims_are_paid_to_the_fen(world, ration):
    model = world(family="research_subsidy", rate=50, budget=100, ration=ration)
    settle(model)
    claims = np.round(model.firms.columns.research * 0.5 * FEN_PER_UNIT).astype(np.int64)
    rows = paid_rows(model)
    assert model.ledger.outlay["mine", 2017] == sum(int(claims[row]) for row in rows)
    assert model.ledger.recipients["mine", 2017] == len(rows) < PEOPLE
    assert model.ledger.refused["mine", 2017] == PEOPLE - len(rows)
    assert model.ledger.expected_of("mine") == pytest.approx(model.ledger.outlay["mine", 2017] / claims.sum())


def test_score_takes_the_best(world):
    model = world(family="award", rung="high_tech", amount=2, budget=20, ration="score", score="patents")
    settle(model)
    assert paid_rows(model) == set(range(PEOPLE - 10, PEOPLE))
    by_size = world(family="award", rung="high_tech", amount=2, budget=20, ration="score", score="small")
    settle(by_size)
    smallest = np.argsort(by_size.firms.columns.log_employees[:PEOPLE])[:10]
    largest = by_size.firms.columns.log_employees[list(paid_rows(by_size))].max()
    assert largest <= by_size.firms.columns.log_employees[smallest].max()


def test_first_come_takes_the_first_of_the_year_and_a_later_quarter_gets_nothing(world):
    model = world(family="award", rung="high_tech", amount=2, budget=20, ration="first_come", quarter="2017-Q2")
    early = model.agents.select(at_most=8)
    model.agents.set("event", 0)
    early.set("event", FIRST_HIGH_TECH)
    settle(model)
    first = paid_rows(model)
    assert first == set(range(8))
    model.quarter += 1
    model.revise_terms()
    model.agents.set("event", FIRST_HIGH_TECH)
    early.set("event", 0)
    queue = in_order(model, model.firms.rows[8:], "first_come")
    settle(model)
    assert paid_rows(model) - first == set(queue[:2].tolist())
    assert model.ledger.refused["mine", 2017] == PEOPLE - 10


def test_the_queue_is_the_same_all_year_and_another_one_in_the_next(world):
    model = world(family="award", rung="high_tech", amount=2, quarter="2017-Q1")
    rows = model.firms.rows
    queue, drawn = in_order(model, rows, "first_come"), in_order(model, rows, "lottery")
    model.quarter += 3
    assert np.array_equal(in_order(model, rows, "first_come"), queue)
    assert not np.array_equal(in_order(model, rows, "lottery"), drawn)
    model.quarter += 1
    assert not np.array_equal(in_order(model, rows, "first_come"), queue)


def test_growth_multiplies_every_budget_wherever_its_row_stands(world):
    more = {"growth": {"family": "budget_growth", "rate": {"2018": 50}, "source": "test"}}
    model = world(family="award", rung="high_tech", amount=2, budget=20, more=more, quarter="2017-Q4")
    settle(model)
    assert model.ledger.recipients["mine", 2017] == 10
    model.quarter += 1
    model.revise_terms()
    assert model.terms.high_tech_award.max() == 2
    settle(model)
    assert model.ledger.recipients["mine", 2018] == 15


def test_the_growth_of_two_rows_multiplies(world):
    more = {name: {"family": "budget_growth", "rate": rate, "source": "test"} for name, rate in (("a", 50), ("b", 20))}
    model = world(family="award", rung="high_tech", amount=2, budget=20, more=more)
    settle(model)
    assert model.ledger.recipients["mine", 2017] == 18


def test_tax_that_is_not_collected_is_no_outlay(world):
    model = world(family="super_deduction", rate=50)
    settle(model)
    saved = np.floor(model.firms.columns.research[:PEOPLE] * (0.5 * 0.25) * FEN_PER_UNIT + 0.5)
    assert model.ledger.tax_expenditure["mine", 2017] == int(saved.sum())
    assert model.ledger.total == 0
    assert model.ledger.recipients["mine", 2017] == PEOPLE


def test_an_unknown_way_of_rationing_is_named(world):
    with pytest.raises(shelf.PolicyError, match=r"policies.mine.ration.*'draw'"):
        world(family="award", rung="high_tech", amount=2, ration="draw")
