"""Whole packages: without benefits nothing changes, with more of them no fewer firms are certified."""

import numpy as np
import pytest

from ecosim.policies import shelf

QUARTERS = 14


FREE = {"cost_gap", "regional_corridor", "clean_up_dushan", "tech_bank", "service_quality", "discovery_drive"}
NOT_DUE = {"risk_compensation_fund", "talent_project", "institute_review", "flexible_talent"}  # in so small a place


def dated(value):
    """Whether it is a table of dates and numbers: every benefit of an instrument begins at a date."""
    return isinstance(value, dict) and all(str(key)[:4].isdigit() for key in value)


def without_benefits(rows):
    return {
        name: {key: dict.fromkeys(value, 0) if dated(value) else value for key, value in row.items()}
        for name, row in rows.items()
    }


def histories(make_model, behaviors, local_rows, members, firms=400):
    local = {name: row.policy for name, row in shelf.build(local_rows).items()}
    kept = []
    for member in members:
        model = make_model(firms, member, "2016-12", behaviors=behaviors)
        model.policies = {**model.policies, **local}
        for _ in range(QUARTERS):
            model.step()
        kept.append((np.array(model.history), model))
    return kept


def test_every_row_of_the_package_has_a_benefit_to_take_away(package_rows):
    for name, row in package_rows.items():
        assert any(dated(value) for value in row.values()), name


def test_a_package_without_benefits_gives_exactly_the_baseline(make_model, quick, package_rows):
    empty = histories(make_model, quick, without_benefits(package_rows), range(3))
    baseline = histories(make_model, quick, {}, range(3))
    for (numbers, model), (expected, reference) in zip(empty, baseline, strict=True):
        assert np.array_equal(numbers, expected)
        assert np.array_equal(np.sort(model.agents.uid), np.sort(reference.agents.uid))
        assert not any(fen for (name, _), fen in model.ledger.outlay.items() if name in package_rows)


def test_the_package_itself_does_change_the_numbers(make_model, quick, package_rows):
    ((numbers, model),) = histories(make_model, quick, package_rows, [0])
    ((baseline, _),) = histories(make_model, quick, {}, [0])
    assert not np.array_equal(numbers, baseline)
    paying = {name for (name, _), fen in model.ledger.outlay.items() if fen}
    rows = {name for name, row in package_rows.items() if row["group"] != "governance"}  # those move others' money
    assert paying >= rows - FREE - NOT_DUE


@pytest.mark.parametrize("rung", ["tech_sme", "high_tech"])
def test_a_larger_award_certifies_no_fewer_firms_in_expectation(make_model, center, quick, rung):
    behaviors = quick._replace(certification=quick.certification._replace(tech_sme=-3.0, high_tech=-2.0, award=0.02))
    name = {"tech_sme": "tech_sme_new", "high_tech": "hnte_new"}[rung]
    totals = []
    for amount in (0, 20, 60):
        award = {"award": {"family": "award", "rung": rung, "amount": amount, "source": "test"}}
        runs = histories(make_model, behaviors, award, range(6))
        column = runs[0][1].observed_names.index(name)
        totals.append(sum(numbers[:, column].sum() for numbers, _ in runs))
    assert totals[0] < totals[1] < totals[2]


def test_instruments_do_not_move_what_they_have_no_channel_to(make_model, quick):
    """An award at the first rung reaches neither births nor the luck of closing within its first quarter."""
    award = {"award": {"family": "award", "rung": "tech_sme", "amount": 50, "source": "test"}}
    with_award, without = (histories(make_model, quick, rows, [1])[0][0] for rows in (award, {}))
    firms_births_deaths = [0, -2, -1]
    assert np.array_equal(with_award[0, firms_births_deaths], without[0, firms_births_deaths])
