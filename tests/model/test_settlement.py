"""Settling together: claims of one call, and sums that dates decide, are what the instruments settle one by one."""

import numpy as np
import pytest

from ecosim.model import ecosystem, settlement
from ecosim.model.agenda import payers_of
from ecosim.model.ledger import FEN_PER_UNIT
from ecosim.model.offers import VISIT, Offer
from ecosim.model.settlement import Bills
from ecosim.model.slots import Whose
from ecosim.policies import shelf

QUARTERS = 6


def books(model):
    ledger = model.ledger
    return [dict(book) for book in (ledger.outlay, ledger.tax_expenditure, ledger.recipients, ledger.refused)]


@pytest.mark.parametrize("ration", ["share", "lottery"])
def test_settling_together_is_settling_one_by_one(make_model, quick, national, package_rows, ration, monkeypatch):
    rows = {name: {**row, "budget": 25} if "budget" in row else row for name, row in package_rows.items()}
    for name in ("research_subsidy", "patent_subsidy"):
        rows[name] = {**rows[name], "ration": ration}
    policies = {**national, **{name: row.policy for name, row in shelf.build(rows).items()}}
    together = make_model(300, 1, "2016-12", behaviors=quick, policies=policies, weight=3)
    alone = together.fork()
    for _ in range(QUARTERS):
        together.step()
    monkeypatch.setattr(ecosystem, "payers_of", lambda model: model.stretch().settlers)
    for _ in range(QUARTERS):
        alone.step()
    kinds = [type(payer) for _, payer in payers_of(together)]
    assert Bills in kinds
    assert len(kinds) < len(alone.stretch().settlers) / 2
    cash, other = (model.firms.columns.cash[: model.firms.top] for model in (together, alone))
    assert np.array_equal(cash, other)
    assert books(together) == books(alone)
    for name in alone.ledger.slots:
        assert together.ledger.expected_of(name) == alone.ledger.expected_of(name)
    assert together.take_up.table.keys() == alone.take_up.table.keys()
    for key, stages in together.take_up.table.items():
        assert np.array_equal(stages, alone.take_up.table[key]), key


class Rooms:
    """Offers visits to all, and spends 2 (10k CNY) a quarter on them whoever comes."""

    def __init__(self, again):
        self.again = again

    def revise(self, name, terms, model):
        model.offers.append(Offer(name, VISIT, 10, np.ones(terms.founding.size, bool)))

    def settle(self, name, model, events):
        settlement.charge(name, self.fees(name), model, events, again=self.again, due=self.upkeep(model))

    def fees(self, name):
        return {name: 0.5}

    def upkeep(self, model):
        return 2.0


@pytest.mark.parametrize("alone", [False, True])
def test_who_takes_a_place_again_is_a_recipient_again_where_that_is_said(make_model, alone, monkeypatch):
    model = make_model(200, policies={"again": Rooms(True), "first": Rooms(False)}, quarter="2017-Q1", weight=2)
    if alone:
        monkeypatch.setattr(ecosystem, "payers_of", lambda model: model.stretch().settlers)
    taken, first = 0, 0
    for _ in range(3):
        model.step()
        taken += model.taken["again"].rows.size
        first += model.taken["first"].first
    assert taken > 0
    assert model.ledger.recipients["again", 2017] == 2 * taken
    assert model.ledger.recipients["first", 2017] == first
    assert model.ledger.outlay["again", 2017] == (3 * 2 + taken) * FEN_PER_UNIT
    assert model.ledger.total == sum(model.ledger.outlay.values())


class Centers:
    """Spends 1 (10k CNY) a quarter on the same five recipients."""

    steady = True
    once_a_year = True
    dated = True

    def revise(self, name, terms, model):
        """Changes nothing."""

    def settle(self, name, model, events):
        year = model.quarter // 4
        model.ledger.pay(name, year, FEN_PER_UNIT, 5 - model.ledger.recipients[name, year])


def test_recipients_of_a_steady_instrument_can_count_once_a_year(make_model):
    model = make_model(50, policies={"centers": Centers()}, quarter="2016-Q4")
    for _ in range(6):
        model.step()
    assert [model.ledger.recipients["centers", year] for year in (2017, 2018)] == [5, 5]
    assert [model.ledger.outlay["centers", year] for year in (2017, 2018)] == [4 * FEN_PER_UNIT, 2 * FEN_PER_UNIT]


def test_slots_are_those_of_the_books_that_are_asked_about(make_model):
    one, other = make_model(50, policies={}).ledger, make_model(50, policies={}).ledger
    other.slot("before")
    whose = Whose(["mine", "yours"])
    assert [whose.of(books).tolist() for books in (one, other, one)] == [[0, 1], [1, 2], [0, 1]]
