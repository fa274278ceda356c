"""The funnel: stages are nested, the funded are the ledger's recipients, and nothing is counted without a policy."""

import numpy as np
import pytest

from ecosim.behaviors.decisions import book_of
from ecosim.data.periods import quarter_index
from ecosim.model.ecosystem import Events
from ecosim.model.firms import CERTIFICATION, FINANCE, RESEARCH, TECH_SME
from ecosim.model.ledger import FEN_PER_UNIT
from ecosim.model.take_up import (
    APPLIED,
    ASSISTED,
    AWARE,
    ELIGIBLE,
    FUNDED,
    KEPT,
    STILL_RESEARCHER,
    Reach,
    TakeUp,
)
from ecosim.policies import shelf

YEARS = 3


@pytest.fixture(scope="module")
def lived(make_model, quick, national, package_rows):
    """A small place under the whole package for some years, with awards that are short of money."""
    short = {name: {**row, "budget": 25} if "budget" in row else row for name, row in package_rows.items()}
    policies = {**national, **{name: row.policy for name, row in shelf.build(short).items()}}
    model = make_model(400, 2, "2016-12", behaviors=quick, policies=policies, weight=3)
    for _ in range(4 * YEARS):
        model.step()
    return model


def test_each_stage_is_a_part_of_the_one_before(lived):
    assert len(lived.take_up.table) > 20
    for key, stages in lived.take_up.table.items():
        for earlier, later in ((ELIGIBLE, AWARE), (AWARE, ASSISTED), (AWARE, APPLIED), (APPLIED, FUNDED)):
            assert (stages[:, earlier] >= stages[:, later]).all(), key
        assert (stages[:, FUNDED] >= stages[:, KEPT]).all(), key
        assert stages.min() >= 0


def test_the_funded_are_the_recipients_of_the_ledger(lived):
    centers = "town_service_centers"  # are themselves what is paid for
    for (name, year), stages in lived.take_up.table.items():
        recipients = 0 if name == centers else lived.ledger.recipients[name, year]
        assert stages[:, FUNDED].sum() * lived.weight == recipients, (name, year)
    booked = {key for key, firms in lived.ledger.recipients.items() if firms}
    assert {name for name, _ in booked - set(lived.take_up.table)} <= {"clean_up"}  # pays firms that close


def test_every_stage_is_met_and_some_are_lost_on_the_way(lived):
    table = lived.take_up.table
    award = sum(stages for (name, _), stages in table.items() if name == "tech_sme_award")
    assert award[:, ELIGIBLE].sum() > award[:, AWARE].sum() > award[:, APPLIED].sum() > award[:, FUNDED].sum() > 0
    tax = table["hnte_income_tax", 2017] + table["hnte_income_tax", 2018]
    assert tax[:, ELIGIBLE].sum() > tax[:, FUNDED].sum() > tax[:, KEPT].sum() > 0  # small ones pay as little without
    assert not table["hnte_income_tax", 2016 + YEARS][:, KEPT].any(), "nobody knows yet what the last year will keep"


def test_a_center_reaches_the_firms_of_its_town_and_nobody_applies(lived):
    first, second = (lived.take_up.table["town_service_centers", year] for year in (2017, 2018))
    assert first[0, ELIGIBLE] > 0 == first[1, ELIGIBLE], "the second center opens in 2018"
    assert (second[:, ELIGIBLE] > second[:, AWARE]).all()
    assert second[:, AWARE].min() > 0
    assert not first[:, APPLIED:].any()
    assert not second[:, APPLIED:].any()


def test_a_fund_is_asked_for_firms_that_close_and_pays_until_it_is_empty(make_model):
    rows = {"mine": {"family": "risk_compensation_fund", "coverage": 50, "fund": 100, "loss": 1, "source": "test"}}
    policies = {name: row.policy for name, row in shelf.build(rows).items()}
    model = make_model(60, policies=policies, quarter="2017-Q3", weight=2)
    model.agents.set("certificate", 0).set("aware", FINANCE).set("loan", 0.0)
    model.agents.select(at_most=20).set("certificate", TECH_SME).set("loan", 60.0)
    model.agents.select(at_most=5).set("aware", 0)
    for quarter, closing in enumerate((np.array([4, 5, 30]), np.array([6, 7]), np.array([8]))):
        model.quarter = quarter_index("2017-Q2") + quarter
        loans = model.firms.columns.loan[closing].copy()
        policies["mine"].settle("mine", model, Events(closing, loans))
        if quarter == 2:
            model.take_up.close_year(model)
        model.close(closing)
    # row 4 does not know, row 30 has no loan; 60 and then 40 of 120 are paid, nothing is left for the last
    stages = model.take_up.table["mine", 2017].sum(axis=0).tolist()
    assert stages == [19, 15, 0, 4, 3, 0]
    assert model.ledger.recipients["mine", 2017] == 3 * model.weight
    assert model.ledger.refused["mine", 2017] == model.weight
    assert model.ledger.outlay["mine", 2017] == 100 * FEN_PER_UNIT


def test_without_a_policy_the_funnel_is_empty(make_model, quick):
    model = make_model(100, behaviors=quick, policies={})
    for _ in range(5):
        model.step()
    assert model.take_up.table == {}


def test_an_instrument_that_is_not_in_force_has_no_funnel(make_model, quick):
    rows = {"later": {"family": "research_subsidy", "rate": {"2018": 5}, "source": "test"}}
    policies = {name: row.policy for name, row in shelf.build(rows).items()}
    model = make_model(100, behaviors=quick, policies=policies)
    for _ in range(8):
        model.step()
    assert set(model.take_up.table) == {("later", 2018)}


@pytest.mark.parametrize("ends", ["2017-07", "2018"])
def test_what_an_instrument_funded_must_still_be_there_though_it_has_ended(make_model, quick, ends):
    rows = {"mine": {"family": "research_subsidy", "rate": {"2017": 5, ends: 0}, "source": "test"}}
    policies = {name: row.policy for name, row in shelf.build(rows).items()}
    model = make_model(200, behaviors=quick, policies=policies)
    for quarter in range(8):
        model.step()
        if quarter == 6:
            model.agents.set("performs", 0)
            model.rules.behaviors = quick._replace(participation=quick.participation._replace(start=-30.0))
            model.rules.book = book_of(model.rules.behaviors)
    assert model.value("rd_performers") == 0
    stages = model.take_up.table["mine", 2017].sum(axis=0)
    assert stages[FUNDED] > 0 == stages[KEPT]


class Plain:
    """An instrument that says whom it is for, and is asked and pays as the test wants."""

    def __init__(self, model, needs=0, knows=RESEARCH, keeps=STILL_RESEARCHER):
        self.stated = Reach(np.ones_like(model.take_up.everybody), needs, knows, keeps)

    def revise(self, *_):
        """Changes nothing."""

    def settle(self, *_):
        """Pays nothing by itself."""

    def audience(self, _):
        return self.stated


@pytest.fixture
def ten(make_model):
    model = make_model(60, policies={}, quarter="2017-Q4")
    model.policies = {"mine": Plain(model)}
    model.agents.set("performs", 1).set("aware", 0).set("assisted", 0)
    model.agents.select(at_most=30).set("aware", RESEARCH + CERTIFICATION)
    return model


def total(model, year=2017):
    return model.take_up.table["mine", year].sum(axis=0).tolist()


def test_a_firm_counts_once_a_year_however_often_it_asks(ten):
    rows = ten.firms.rows
    assert ten.take_up.note("mine", rows[:20], rows[:5], ten.firms) == 5
    assert ten.take_up.note("mine", rows[:20], rows[3:8], ten.firms) == 3
    ten.firms.columns.assisted[rows[10:14]] = 2
    ten.take_up.close_year(ten)
    assert total(ten) == [60, 30, 4, 20, 8, 0]


def test_what_is_kept_is_known_a_year_later(ten):
    rows = ten.firms.rows
    ten.take_up.note("mine", rows[:8], rows[:8], ten.firms)
    ten.take_up.close_year(ten)
    ten.close(rows[:2])
    ten.firms.columns.performs[rows[2]] = 0
    ten.quarter += 4
    ten.take_up.close_year(ten)
    assert total(ten)[KEPT] == 5
    assert total(ten, 2018)[APPLIED:] == [0, 0, 0]


def test_a_firm_that_closes_in_the_year_has_asked_and_its_row_starts_clean(ten):
    rows = ten.firms.rows
    ten.take_up.note("mine", rows[:6], rows[:4], ten.firms)
    ten.close(rows[:3])
    ten.take_up.close_year(ten)
    assert total(ten) == [60, 30, 0, 6, 4, 0]


def test_a_firm_that_closes_in_the_last_quarter_is_no_longer_there_at_the_end_of_the_year(ten, monkeypatch):
    rows = ten.firms.rows
    ten.take_up.note("mine", rows[:8], rows[:8], ten.firms)
    ten.take_up.close_year(ten)
    ten.quarter += 3
    decide = ten.rules.decide

    def close_two(model, *others):
        decide(model, *others)
        model.agents.set("closing", 0).set("performs", 1)
        model.firms.columns.closing[rows[:2]] = 1

    monkeypatch.setattr(ten.rules, "decide", close_two)
    ten.step()
    assert ten.deaths == 2
    assert total(ten)[KEPT] == 6
    assert total(ten, 2018)[ELIGIBLE] == 58


def test_whoever_applied_counts_as_eligible_though_it_has_changed(ten):
    ten.policies = {"mine": Plain(ten, needs=1)}
    rows = ten.firms.rows
    ten.take_up.note("mine", rows[:3], rows[:3], ten.firms)
    ten.firms.columns.performs[rows] = 0
    ten.take_up.close_year(ten)
    assert total(ten) == [3, 3, 0, 3, 3, 0]


def test_room_grows_with_instruments_and_firms(ten):
    for number in range(20):
        ten.take_up.note(f"other {number}", ten.firms.rows[:2], ten.firms.rows[:1], ten.firms)
    ten.firms.take_rows(ten.firms.capacity)
    ten.take_up.note("mine", ten.firms.rows[:4], ten.firms.rows[:4], ten.firms)
    ten.take_up.close_year(ten)
    assert ten.take_up.table["other 7", 2017].sum(axis=0)[APPLIED:].tolist() == [2, 1, 0]
    assert total(ten)[FUNDED] == 4
    assert isinstance(ten.take_up, TakeUp)
