"""The books by instrument and year: entries in slots, seen as mappings, handed on to a fork."""

import numpy as np
import pytest

from ecosim.model.firms import TECH_SME
from ecosim.model.funnel import APPLIED, KEPT, Funnel
from ecosim.model.ledger import FEN_PER_UNIT, Ledger
from ecosim.policies import shelf

MANY = 200  # instruments, more than there is room for at first


def test_a_ledger_has_room_for_any_number_of_instruments():
    ledger = Ledger()
    for number in range(MANY):
        for year in (2017, 2018):
            ledger.pay(f"instrument {number}", year, number, 1)
    assert ledger.outlay == {(f"instrument {k}", year): k for k in range(MANY) for year in (2017, 2018)}
    assert len(ledger.recipients) == 2 * MANY
    assert ledger.total == 2 * sum(range(MANY))
    assert ledger.paid["instrument 7"] == ledger.paid_by("instrument 7") == 14


def test_a_book_lists_what_was_entered_and_is_zero_elsewhere():
    ledger = Ledger()
    ledger.pay("paid", 2017, 0, 0)
    ledger.forgo("tax", 2017, 5, 1)
    ledger.refuse("refused", 2017, 3)
    assert ledger.left("asked", 2018, 2.0) == 2 * FEN_PER_UNIT
    assert dict(ledger.outlay) == {("paid", 2017): 0, ("asked", 2018): 0}
    assert dict(ledger.tax_expenditure) == {("tax", 2017): 5}
    assert dict(ledger.recipients) == {("paid", 2017): 0, ("tax", 2017): 1}
    assert dict(ledger.refused) == {("refused", 2017): 3}
    assert ledger.outlay["nobody", 1999] == ledger.outlay["paid", 2018] == 0
    assert ("paid", 2017) in ledger.outlay
    assert ("tax", 2017) not in ledger.outlay


def test_a_fork_goes_on_with_what_was_paid_in_the_year_and_in_all():
    ledger = Ledger()
    ledger.pay("fund", 2017, 10, 2)
    ledger.pay("fund", 2018, 4, 1)
    twin = ledger.handed_on(2018)
    assert dict(twin.outlay) == {("fund", 2018): 4}
    assert dict(twin.recipients) == {("fund", 2018): 0}
    assert (twin.total, twin.paid_by("fund")) == (4, 14)
    twin.pay("fund", 2018, 1, 1)
    assert ledger.outlay["fund", 2018] == 4


def test_the_funnel_lists_who_is_in_force_or_was_applied_for_and_enters_what_was_kept_a_year_later():
    slots = {"mine": 0, "ended": 1, "asked": 2}
    funnel = Funnel(slots)
    first = np.ones((3, 2, KEPT + 1), np.int64)
    first[1:, :, APPLIED] = [[0, 0], [0, 3]]
    funnel.enter(2017, first, np.array([True, False, False]))
    assert list(funnel) == [("mine", 2017), ("asked", 2017)]
    assert not funnel["mine", 2017][:, KEPT].any()
    slots["later"] = 3
    funnel.enter(2018, np.full((4, 2, KEPT + 1), 7), np.array([False, False, False, True]))
    assert funnel["mine", 2017][:, KEPT].tolist() == [7, 7]
    assert ("later", 2017) not in funnel
    with pytest.raises(KeyError):
        funnel["ended", 2017]


class Watcher:
    """Pays firms by itself, and notes the cash of all when it does."""

    pays_firms = True

    def __init__(self, busy):
        self.busy, self.seen = busy, []

    def revise(self, name, terms, model):
        """Changes nothing."""

    def idle(self, name, model):
        return not self.busy

    def settle(self, name, model, events):
        self.seen.append(model.firms.columns.cash[: model.firms.top].sum())


@pytest.mark.parametrize("busy", [True, False])
def test_who_pays_by_itself_acts_between_the_claims_before_and_after_it(make_model, busy):
    rows = {name: {"family": "housing_support", "amount": 4, "source": "test"} for name in ("first", "last")}
    first, last = (row.policy for row in shelf.build(rows).values())
    watcher = Watcher(busy)
    model = make_model(60, policies={"first": first, "watcher": watcher, "last": last}, quarter="2017-Q3")
    model.agents.set("cash", 0.0).set("certificate", TECH_SME).set("aware", 15).set("staff", 2)
    model.settle(model.note_events())
    assert model.firms.columns.cash[: model.firms.top].sum() == 60 * 2 * 2.0
    assert watcher.seen == ([60 * 2 * 1.0] if busy else [])
