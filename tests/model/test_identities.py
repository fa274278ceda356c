"""The books balance exactly, whatever the coefficients, the policies and the luck."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecosim.model.firms import HIGH_TECH, LAPSED, NEW_HIGH_TECH, NEW_TECH_SME, TECH_SME
from ecosim.model.ledger import FEN_PER_UNIT, Ledger
from ecosim.policies import shelf

QUARTERS = 5
ANY_MODEL = {
    "firms": st.integers(60, 250),
    "member": st.integers(0, 2**20),
    "entry": st.floats(-6.0, 0.0),
    "closing": st.floats(-6.0, 0.0),
    "visits": st.integers(0, 500),
    "weight": st.sampled_from([1, 3]),
}
few = settings(max_examples=12, deadline=None, derandomize=True)


def any_model(make_model, quick, national, firms, member, entry, closing, visits, weight):
    rows = {
        "visits": {"family": "discovery_visits", "capacity": visits, "cost": 0.3, "source": "test"},
        "award": {"family": "award", "rung": "high_tech", "amount": 7, "budget": 100, "source": "test"},
        "first": {"family": "award", "rung": "tech_sme", "amount": 1.5, "budget": 20, "source": "test"},
        "grant": {"family": "research_subsidy", "rate": 20, "budget": 50, "source": "test"},
        "hires": {"family": "talent_subsidy", "amount": 3, "leading": 9, "budget": 30, "source": "test"},
        "homes": {"family": "housing_support", "amount": 0.5, "budget": 30, "source": "test"},
        "fund": {"family": "risk_compensation_fund", "coverage": 60, "fund": 40, "source": "test"},
    }
    policies = {**national, **{name: row.policy for name, row in shelf.build(rows).items()}}
    behaviors = quick._replace(
        entry=quick.entry._replace(local=entry, outside=entry - 1.0),
        exit=quick.exit._replace(first_year=closing, young=closing, mature=closing),
        finance=quick.finance._replace(margin=0.02, recovered=0.0),
    )
    # a year before a quarter of decisions, so that every kind of event is met
    return make_model(firms, member, "2016-12", behaviors=behaviors, policies=policies, weight=weight)


def by_uid(model, *names):
    """Copies of columns of the living firms, {uid: (values ...)}."""
    columns, rows = model.firms.columns, model.firms.rows
    values = zip(*(getattr(columns, name)[rows].tolist() for name in names), strict=True)
    return dict(zip(columns.uid[rows].tolist(), values, strict=True))


@few
@given(**ANY_MODEL)
def test_firms_are_born_and_die_and_nothing_else(make_model, quick, national, **draw):
    model = any_model(make_model, quick, national, **draw)
    for _ in range(QUARTERS):
        before, known = len(model.firms), set(by_uid(model, "uid"))
        model.step()
        there = set(by_uid(model, "uid"))
        assert len(model.firms) == before + model.births - model.deaths == len(there)
        assert len(there - known) == model.births
        assert len(known - there) == model.deaths
        shown = {name: model.value(name) for name in ("firms", "births", "deaths")}
        assert shown == {
            "firms": len(there) * model.weight,
            "births": model.births * model.weight,
            "deaths": model.deaths * model.weight,
        }


@few
@given(**ANY_MODEL)
def test_every_person_works_looks_or_came_from_outside(make_model, quick, national, **draw):
    model = any_model(make_model, quick, national, **draw)
    for _ in range(QUARTERS):
        before, came = model.people_by_skill, model.pool.came.copy()
        model.step()
        assert np.array_equal(model.people_by_skill, before + model.pool.came - came)
        assert model.people == model.people_by_skill.sum()
        assert model.pool.looking.min() >= 0
        columns = model.firms.columns
        assert min(columns.seniors.min(), columns.leaders.min()) >= 0
        assert np.all(columns.staff >= columns.seniors + columns.leaders)
        assert columns.staff[columns.alive == 0].sum() == 0


@few
@given(**ANY_MODEL)
def test_what_the_ledger_pays_to_firms_is_what_firms_receive(make_model, quick, national, **draw):
    model = any_model(make_model, quick, national, **draw)
    to_firms = {"award", "first", "grant", "hires", "homes"}
    received, settle = [], model.settle

    def watched(events):
        before = model.firms.columns.cash.copy()
        settle(events)
        change = np.round((model.firms.columns.cash - before) * FEN_PER_UNIT).astype(np.int64)
        assert change.min() >= 0
        received.append(int(change.sum()) * model.weight)

    model.settle = watched
    for _ in range(QUARTERS):
        model.step()
    paid = sum(fen for (name, _), fen in model.ledger.outlay.items() if name in to_firms)
    assert sum(received) == paid > 0


@few
@given(**ANY_MODEL)
def test_certificates_are_given_lapse_and_close_and_nothing_else(make_model, quick, national, **draw):
    model = any_model(make_model, quick, national, **draw)
    for _ in range(QUARTERS):
        before = by_uid(model, "certificate")
        model.step()
        after = by_uid(model, "certificate", "event")
        gone = [rung for uid, (rung,) in before.items() if uid not in after]
        new = [(before.get(uid, (0,))[0], event) for uid, (_, event) in after.items()]
        high = sum(rung == HIGH_TECH for (rung,) in before.values())
        any_rung = sum(rung > 0 for (rung,) in before.values())
        given_high = sum(event & NEW_HIGH_TECH > 0 for _, event in new)
        lapsed = sum(event & LAPSED > 0 for _, event in new)
        first = sum(event & NEW_TECH_SME > 0 for _, event in new)
        shown = {name: model.value(name) / model.weight for name in ("hnte_stock", "tech_sme_stock", "hnte_new")}
        assert shown["hnte_stock"] == high + given_high - lapsed - sum(rung == HIGH_TECH for rung in gone)
        assert shown["tech_sme_stock"] == any_rung + first - sum(rung >= TECH_SME for rung in gone)
        assert shown["hnte_new"] == given_high
        assert model.value("tech_sme_new") == first * model.weight


@few
@given(**ANY_MODEL)
def test_every_application_is_pending_granted_or_refused(make_model, quick, national, **draw):
    model = any_model(make_model, quick, national, **draw)
    names = (
        "pending", "inventions_pending", "patents", "filed", "inventions_filed", "granted", "inventions_granted",
    )  # fmt: skip
    for _ in range(QUARTERS):
        before = by_uid(model, *names)
        model.step()
        for uid, values in by_uid(model, *names).items():
            now = dict(zip(names, values, strict=True))
            was = dict(zip(names, before.get(uid, (0,) * len(names)), strict=True))
            utility = now["granted"] - now["inventions_granted"]
            decided = was["inventions_pending"] + now["inventions_filed"] - now["inventions_pending"]
            assert min(values) >= 0
            assert now["inventions_filed"] <= now["filed"]
            assert now["pending"] == was["pending"] + now["filed"] - now["inventions_filed"] - utility
            assert now["inventions_granted"] <= decided
            assert now["patents"] == was["patents"] + now["granted"]


@few
@given(**ANY_MODEL)
def test_no_budget_is_ever_overdrawn_and_money_is_whole_fen(make_model, quick, national, **draw):
    model = any_model(make_model, quick, national, **draw)
    for _ in range(2 * QUARTERS):
        model.step()
    budgets = {"award": 100, "first": 20, "grant": 50, "hires": 30}
    for (name, _), fen in model.ledger.outlay.items():
        assert type(fen) is int
        assert fen >= 0
        assert fen <= budgets.get(name, np.inf) * FEN_PER_UNIT
    of_fund = sum(fen for (name, _), fen in model.ledger.outlay.items() if name == "fund")
    assert of_fund <= 40 * FEN_PER_UNIT
    assert model.ledger.total == sum(model.ledger.outlay.values())
    for counted in (model.ledger.recipients, model.ledger.refused):
        assert all(value >= 0 and value % model.weight == 0 for (name, _), value in counted.items() if name != "visits")


def test_the_examples_above_do_pay_hire_and_certify(make_model, quick, national, run):
    draw = {"firms": 250, "member": 3, "entry": -2.0, "closing": -3.0, "visits": 50, "weight": 1}
    model = any_model(make_model, quick, national, **draw)
    series = run(model, 20)
    paid = {name for (name, _), fen in model.ledger.outlay.items() if fen > 0}
    assert {"award", "first", "grant", "hires", "fund", "visits"} <= paid
    assert sum(fen for (name, _), fen in model.ledger.tax_expenditure.items() if name == "hnte_income_tax") > 0
    for name in ("births", "deaths", "hnte_new", "hnte_lapsed", "tech_sme_new", "patents_granted", "rd_personnel"):
        assert sum(series[name]) > 0, name


def test_a_payment_is_never_negative():
    with pytest.raises(ValueError, match="negative"):
        Ledger().pay("award", 2017, -1, 0)
