"""Promises, said once between two dates and put into the terms together, are what instruments revise one by one."""

import numpy as np
import pytest

from ecosim.model import promises
from ecosim.model.ledger import ROOM, Ledger
from ecosim.model.promises import Promise, Promises
from ecosim.model.terms import Terms, buffer_of, neutral
from ecosim.policies import shelf

SOURCE = {"source": "test"}
SMALL = {"budget": {"2017-07": 5}}  # 10k CNY a year


def built(rows):
    return {name: row.policy for name, row in shelf.build(rows).items()}


class Plain:
    """An instrument that says nothing of itself: it doubles what hires are promised."""

    def revise(self, name, terms, model):
        terms.hiring_grant[:] *= 2.0

    def settle(self, name, model, events):
        """Pays nothing."""


def revised_one_by_one(model):
    """Terms as the instruments in force revise neutral ones, levers first."""
    terms = neutral(len(model.region.zones))
    for name, policy in sorted(model.stretch().settlers, key=lambda row: not getattr(row[1], "lever", False)):
        policy.revise(name, terms, model)
    return terms


def test_the_terms_of_a_quarter_are_those_that_the_instruments_revise_one_by_one(
    make_model, quick, national, package_rows
):
    rows = {name: {**row, **(SMALL if "budget" in row else {})} for name, row in package_rows.items()}
    model = make_model(300, 1, "2016-12", behaviors=quick, policies={**national, **built(rows)})
    stayed = []
    for _ in range(8):
        model.step()
        before = buffer_of(model.terms).copy()
        model.in_quarter = True
        model.quarter += 1
        model.revise_terms()
        expected = revised_one_by_one(model)
        for name, ours, theirs in zip(Terms._fields, model.terms, expected, strict=True):
            if name != "effort":  # missions look at each other in turn
                assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-12), (name, model.quarter)
        model.quarter -= 1
        model.in_quarter = False
        stayed.append(np.array_equal(before, buffer_of(model.terms)))
    assert not all(stayed)


def test_who_says_nothing_acts_at_its_place_among_those_who_promise(make_model):
    first, last = built(
        {name: {"family": "talent_subsidy", "amount": 3, **SOURCE} for name in ("first", "last")}
    ).values()
    for policies, promised in (
        ({"first": first, "plain": Plain(), "last": last}, 3 * 2 + 3),
        ({"plain": Plain(), "first": first, "last": last}, 3 + 3),
        ({"first": first, "last": last, "plain": Plain()}, (3 + 3) * 2),
    ):
        model = make_model(60, policies=policies, quarter="2017-Q3")
        for _ in range(2):
            model.revise_terms()
            assert set(model.terms.hiring_grant.flat) == {promised}
        model.step()
        assert model.terms.hiring_grant.max() == promised


def test_a_promise_is_written_again_only_where_it_has_changed(make_model):
    policies = built(
        {
            "grant": {"family": "research_subsidy", "rate": 10, **SOURCE},
            "staff": {"family": "housing_support", "amount": 1, "effect": 0.5, **SOURCE},
        }
    )
    model = make_model(60, policies=policies, quarter="2017-Q3")
    model.revise_terms()
    now, terms = model.stretch(), buffer_of(model.terms)
    assert isinstance(now.promises, Promises)
    last = now.promises.put(model, terms, buffer_of(now.standing))
    model.terms.research_grant[:] = model.terms.retention[:] = -1.0
    model.ledger.expected[model.ledger.slot("staff")] = 0.5
    assert now.promises.put(model, terms, buffer_of(now.standing), last).tolist() == [0.1, 0.25]
    assert set(model.terms.research_grant.flat) == {-1.0}
    assert set(model.terms.retention.flat) == {0.25}


def test_promises_read_books_that_have_room_for_every_name(make_model, monkeypatch):
    model = make_model(60, policies=built({"mine": {"family": "research_subsidy", "rate": 20, **SOURCE}}))
    model.revise_terms()
    now, terms, seen = model.stretch(), buffer_of(model.terms), []
    model.ledger = Ledger()
    for number in range(ROOM):
        model.ledger.slot(f"another {number}")
    monkeypatch.setattr(promises, "keep", lambda *given: seen.append(given))
    now.promises.put(model, terms, buffer_of(now.standing))
    _, _, expected, entries, paid, slots, *_ = seen[0]
    assert slots.max() < expected.size == len(entries) == paid.size


def test_funds_cover_what_others_leave_and_stop_when_they_are_empty(make_model):
    fund = {"family": "risk_compensation_fund", "fund": 1, **SOURCE}
    rows = {"a": {**fund, "coverage": 40}, "b": {**fund, "coverage": 50}}
    model = make_model(60, policies=built(rows), quarter="2017-Q3")
    model.revise_terms()
    assert set(model.terms.credit_coverage[1:].flat) == {1.0 - 0.6 * 0.5}
    assert not model.terms.credit_coverage[0].any()
    model.ledger.pay("a", 2017, 1_000_000, 1)
    model.revise_terms()
    assert set(model.terms.credit_coverage[1:].flat) == {0.5}


@pytest.mark.parametrize(
    ("term", "shape", "row"),
    [("research_grant", 1, 0), ("research_grant", 2, 1), ("hiring_grant", 1, 3), ("pull", 2, 0)],
)
def test_a_promise_to_other_classes_than_the_terms_is_refused(term, shape, row):
    terms = neutral(1)
    classes = np.ones(terms.research_grant.shape[2 - shape :], bool)
    with pytest.raises(ValueError, match=f"a promise to {term} is for classes"):
        Promises([("mine", Promise(term, classes, 1.0, row))], terms)


def test_a_budget_beyond_counting_is_as_good_as_none(make_model, quick):
    award = {"family": "award", "rung": "tech_sme", "amount": 3, **SOURCE}
    fund = {"family": "risk_compensation_fund", "coverage": 40, **SOURCE}
    books = []
    for award_budget, size in ((None, 1e6), (1e15, 1e15)):
        policies = built({"award": {**award, "budget": award_budget}, "fund": {**fund, "fund": size}})
        model = make_model(200, policies=policies, quarter="2017-Q1", behaviors=quick)
        for _ in range(6):
            model.step()
            assert set(model.terms.tech_sme_award.flat) == {3.0}
            assert model.terms.credit_coverage.max() == 0.4
        books.append((dict(model.ledger.outlay), dict(model.ledger.refused)))
    assert books[0][0]["award", 2017] == books[1][0]["award", 2017] > 0
    paid = [{key: fen for key, fen in outlay.items() if fen} for outlay, _ in books]
    assert paid[0] == paid[1]
    assert not any(books[1][1].values())
