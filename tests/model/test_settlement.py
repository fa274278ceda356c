"""Settling together: claims of one call, and sums that dates decide, are what the instruments settle one by one."""

import numpy as np
import pytest

from ecosim.model import ecosystem
from ecosim.model.agenda import payers_of
from ecosim.model.settlement import Bills
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
