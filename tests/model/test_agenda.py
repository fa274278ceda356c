"""The agenda: instruments that are off are left out, and dated ones revise once between two dates."""

import copy
import pickle

import numpy as np
import pytest

from ecosim.data.periods import quarter_index
from ecosim.model.agenda import KEPT, agenda_of
from ecosim.model.terms import buffer_of, neutral, parts_of
from ecosim.policies import shelf

SOURCE = {"source": "test"}


@pytest.fixture
def package():
    rows = {
        "visits": {"family": "discovery_visits", "capacity": {"2017-04": 4, "2018-01": 0}, **SOURCE},
        "deduction": {"family": "super_deduction", "rate": {"2017-07": 75}, **SOURCE},
        "growth": {"family": "budget_growth", "rate": {"2017-01": 10}, **SOURCE},
        "mission": {"family": "mission", "observable": "hnte_stock", "deadline": "2018-12", **SOURCE},
    }
    return {name: row.policy for name, row in shelf.build(rows).items()}


def in_force(model, quarter):
    model.quarter = quarter_index(quarter)
    return [name for name, _ in model.stretch().settlers]


def test_an_instrument_is_left_out_while_its_numbers_are_zero(make_model, package):
    model = make_model(60, policies=package, quarter="2016-Q4")
    assert in_force(model, "2016-Q4") == ["mission"]
    assert in_force(model, "2017-Q2") == ["visits", "growth", "mission"]
    assert in_force(model, "2017-Q4") == ["visits", "deduction", "growth", "mission"]
    assert in_force(model, "2018-Q1") == ["deduction", "growth", "mission"]


def test_dated_terms_stand_and_the_others_come_on_top(make_model, package):
    model = make_model(60, policies=package, quarter="2017-Q4")
    now = model.stretch()
    assert [name for name, _ in now.revisers] == ["mission"]
    assert now.standing.deduction.min() == 0.75
    assert now.standing.budget[0] == 1.1
    model.revise_terms()
    assert np.array_equal(buffer_of(model.terms), buffer_of(now.standing))
    model.terms.deduction[:] = 0.0
    model.revise_terms()
    assert model.terms.deduction.min() == 0.75


def test_dated_terms_are_what_every_instrument_in_turn_makes_of_neutral_ones(make_model, package):
    model = make_model(60, policies=package, quarter="2017-Q4")
    terms = neutral(len(model.region.zones))
    for name in ("growth", "mission", "visits", "deduction"):
        package[name].revise(name, terms, model)
    model.revise_terms()
    assert np.array_equal(buffer_of(model.terms), buffer_of(terms))


def test_an_instrument_moves_no_term_but_those_it_names(make_model, quick, national, package_rows):
    policies = {**national, **{name: row.policy for name, row in shelf.build(package_rows).items()}}
    model = make_model(300, 1, "2016-12", behaviors=quick, policies=policies)
    seen = set()
    for _ in range(6):
        model.step()
        for name, policy in model.stretch().revisers:
            before, terms = neutral(len(model.region.zones)), neutral(len(model.region.zones))
            policy.revise(name, terms, model)
            moved = {term for term in terms._fields if not np.array_equal(getattr(terms, term), getattr(before, term))}
            assert moved <= set(policy.moves), name
            seen |= moved
    assert len(seen) > 12


def test_the_parts_of_the_terms_are_where_they_lie(small_region):
    terms = neutral(len(small_region.zones))
    names = {"deduction", "research_grant", "arrivals", "clean_up"}
    buffer_of(terms)[:] = 0.0
    parts = parts_of(terms, names)
    for part in parts:
        buffer_of(terms)[part] = 1.0
    assert len(parts) == 3
    assert {name for name in terms._fields if getattr(terms, name).all()} == names
    assert {name for name in terms._fields if getattr(terms, name).any()} == names


def test_a_fork_finds_the_agenda_of_its_package_again(make_model, package):
    model = make_model(60, policies=package, quarter="2017-Q4")
    known = agenda_of(package, model.region)
    assert agenda_of(dict(package), model.region) is known
    assert agenda_of({"growth": package["growth"]}, model.region) is not known
    assert len(model.region.memory["agendas"]) <= KEPT


@pytest.mark.parametrize("copied", [lambda model: pickle.loads(pickle.dumps(model)), copy.deepcopy])
def test_a_copied_model_goes_on_as_the_original(make_model, package, copied):
    model = make_model(60, policies=package, quarter="2017-Q2")
    model.step()
    twin = copied(model)
    for _ in range(6):
        model.step()
        twin.step()
    assert np.array_equal(model.history, twin.history)
    for ours, theirs in zip(model.firms.columns, twin.firms.columns, strict=True):
        assert np.array_equal(ours[: model.firms.top], theirs[: twin.firms.top])
