"""Small firms with low profits pay less: by date, by size, and no certificate lowers that further."""

import numpy as np
import pytest

from ecosim.model.firms import HIGH_TECH, RESEARCH
from ecosim.model.ledger import FEN_PER_UNIT
from ecosim.model.taxes import rate_of
from ecosim.policies import shelf

SMALL, LARGE = np.log(20.0), np.log(80.0)  # ln employees: with sales of 100 each 20 and 80 million CNY
MINE = {
    "family": "small_profit_tax", "source": "test", "profit": 300, "second_rate": 10, "employees": 300, "sales": 5000,
}  # fmt: skip
NEUTRAL = (-np.inf, -np.inf, -np.inf, -np.inf, -np.inf)
RULE = (np.log(1000.0), np.log(4000.0), 0.05, 0.10, np.log(300.0))


def built(**rows):
    return {name: row.policy for name, row in shelf.build(rows).items()}


@pytest.mark.parametrize(
    ("quarter", "first", "limit", "rates", "employees"),
    [
        ("2008-Q1", 0, 30, (0, 20), 100),
        ("2013-Q4", 6, 30, (10, 20), 100),
        ("2015-Q3", 20, 30, (10, 20), 100),
        ("2015-Q4", 30, 30, (10, 20), 100),
        ("2017-Q2", 50, 50, (10, 20), 100),
        ("2018-Q4", 100, 100, (10, 20), 100),
        ("2019-Q1", 100, 300, (5, 10), 300),
        ("2021-Q1", 100, 300, (2.5, 10), 300),
        ("2022-Q4", 100, 300, (2.5, 5), 300),
        ("2023-Q1", 100, 300, (5, 5), 300),
    ],
)
def test_ceilings_and_rates_follow_their_dates(make_model, national, quarter, first, limit, rates, employees):
    model = make_model(60, policies=national, quarter=quarter)
    model.revise_terms()
    expected = (first / 0.07, limit / 0.07, rates[0] / 100, rates[1] / 100, employees)
    got = model.terms.relief
    assert (np.exp(got[0]), np.exp(got[1]), got[2], got[3], np.exp(got[4])) == pytest.approx(expected)


def test_the_limit_on_sales_holds_where_profit_would_allow_more(make_model):
    model = make_model(60, policies=built(small=MINE | {"sales": 2000}))
    model.revise_terms()
    assert np.exp(model.terms.relief[1]) == pytest.approx(2000.0)


@pytest.mark.parametrize(
    ("changed", "first", "limit"),
    [
        ({"second_rate": {"2019-01": 10, "2020-01": 0}}, 0, 0),
        ({"second_rate": {"2022-01": 10}}, 0, 0),
        ({"first_profit": 100}, 0, 300),
        ({"first_profit": 100, "first_rate": 5, "second_rate": {"2022-01": 10}}, 100, 100),
    ],
)
def test_a_part_of_the_profit_without_a_rate_is_taxed_as_usual(make_model, changed, first, limit):
    model = make_model(60, policies=built(small=MINE | changed), quarter="2021-Q1")
    model.revise_terms()
    got = np.exp(model.terms.relief[:2]) * 0.07
    assert got == pytest.approx([first, limit])
    paid = rate_of(model.terms.tax_rate, model.terms.relief, 0, 0, np.log(0.99 * max(limit, 1) / 0.07), np.log(20.0))
    assert paid == (0.25 if limit == 0 else 0.05 if first == limit else 0.10)


def test_of_two_rules_the_last_one_in_force_holds(make_model, national):
    local = built(small=MINE | {"profit": {"2025-01": 500}, "second_rate": 8, "sales": 9000})
    for quarter, limit, rate in (("2021-Q1", 300, 0.10), ("2025-Q1", 500, 0.08)):
        model = make_model(60, policies={**national, **local}, quarter=quarter)
        model.revise_terms()
        assert np.exp(model.terms.relief[1]) == pytest.approx(limit / 0.07)
        assert model.terms.relief[3] == pytest.approx(rate)


@pytest.mark.parametrize(
    ("relief", "rung", "sales", "employees", "rate"),
    [
        (NEUTRAL, 0, 1.0, 1.0, 0.25),
        (RULE, 0, 1000.0, 300.0, 0.05),
        (RULE, 0, 1001.0, 300.0, 0.10),
        (RULE, HIGH_TECH, 4000.0, 20.0, 0.10),
        (RULE, 0, 4001.0, 20.0, 0.25),
        (RULE, HIGH_TECH, 4001.0, 20.0, 0.15),
        (RULE, 0, 1000.0, 301.0, 0.25),
        ((np.log(1000.0), np.log(4000.0), 0.30, 0.20, np.log(300.0)), HIGH_TECH, 900.0, 20.0, 0.15),
    ],
)
def test_the_lower_of_the_rates_for_which_a_firm_qualifies_holds(relief, rung, sales, employees, rate):
    usual = np.array([[0.25], [0.25], [0.15]])
    limits = np.array(relief) + np.array([1e-9, 1e-9, 0.0, 0.0, 1e-9])
    assert rate_of(usual, limits, rung, 0, np.log(sales), np.log(employees)) == rate


@pytest.mark.parametrize(("quarter", "saves"), [("2017-Q1", {"small", "large"}), ("2019-Q1", {"large"})])
def test_a_certificate_saves_small_firms_no_tax_from_2019_on(make_model, national, quarter, saves):
    model = make_model(60, policies=national, quarter=quarter)
    model.agents.set("log_productivity", np.log(100.0)).set("certificate", HIGH_TECH).set("performs", 0)
    model.agents.set("log_employees", LARGE).select(at_most=40).set("log_employees", SMALL)
    model.take_survey()
    model.revise_terms()
    model.give_places()
    model.settle(model.note_events())
    year = int(quarter[:4])
    firms = 40 * ("small" in saves) + 20 * ("large" in saves)
    sales = 40 * 2000 * ("small" in saves) + 20 * 8000 * ("large" in saves)
    booked = model.ledger.tax_expenditure["hnte_income_tax", year] / FEN_PER_UNIT
    assert booked == pytest.approx(0.07 * 0.10 * sales / 4)
    assert model.ledger.recipients["hnte_income_tax", year] == firms


def test_a_deduction_saves_small_firms_their_own_rate_alone(make_model, national):
    model = make_model(60, policies=national, quarter="2021-Q1")
    model.agents.set("log_productivity", np.log(100.0)).set("certificate", 0).set("performs", 1)
    model.agents.set("aware", RESEARCH).set("research", 100.0)
    model.agents.set("log_employees", LARGE).select(at_most=40).set("log_employees", SMALL)
    model.take_survey()
    model.revise_terms()
    model.give_places()
    model.settle(model.note_events())
    booked = model.ledger.tax_expenditure["research_super_deduction", 2021] / FEN_PER_UNIT
    assert booked == pytest.approx(100 * (40 * 0.10 + 20 * 0.25))
