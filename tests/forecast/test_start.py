"""Where a forecast starts: as many certificates as the ladder says, and hazards that give its flows."""

from dataclasses import replace

import numpy as np
import pytest

from ecosim.behaviors import certification
from ecosim.behaviors.rules import FirmRules
from ecosim.data.periods import quarter_index
from ecosim.forecast.start import LARGEST_HAZARD, SURVIVAL, Ladder, condition, solve, spin_up
from ecosim.model.ecosystem import EcosystemModel
from ecosim.model.firms import HIGH_TECH, TECH_SME
from ecosim.model.luck import Key
from ecosim.model.region import FOREIGN_FROM

LADDER = Ladder(tech_sme_stock=80.0, tech_sme_flow=24.0, cohorts=(14.0, 9.0, 7.0), expired=5.0)


@pytest.fixture(scope="module")
def grown(small_region, center, national):
    """Two thousand firms nine years on, at the end of 2016."""
    return spin_up(small_region, 2000, center, national, quarter_index("2016-12"), Key(4, 0))


@pytest.fixture
def at_origin(grown, small_region, center, national):
    """Build a model that starts from the grown firms: at_origin(member=0, weight=1, quarter='2016-12')."""

    def build(member=0, weight=1, quarter="2016-12"):
        return EcosystemModel(
            small_region,
            grown.firms.copy(),
            FirmRules(center, small_region),
            policies=national,
            key=Key(9, member),
            weight=weight,
            quarter=quarter_index(quarter),
            people=grown.people,
            reference=grown.reference,
            spillover_reference=grown.spillover_reference,
        )

    return build


def cohorts(model):
    """Held quarters of high-tech certificates and how many agents hold them so long."""
    columns, rows = model.firms.columns, model.firms.rows
    held = columns.held[rows][columns.certificate[rows] == HIGH_TECH]
    values, counts = np.unique(held, return_counts=True)
    return dict(zip(values.tolist(), counts.tolist(), strict=True))


def expected_flow(model, behaviors, rung):
    firms = model.firms
    rows, hazards = np.empty(firms.capacity, np.int64), np.empty(firms.capacity)
    count = certification.expected(behaviors.certification, firms.columns, model.terms, rung, firms.top, rows, hazards)
    return -np.expm1(-np.exp(hazards[:count])).sum(), count


def test_the_spin_up_ends_at_the_origin_with_about_as_many_firms_as_asked(grown):
    assert 1700 < len(grown.firms) < 2400
    assert grown.reference > 0


def test_one_firm_an_agent_holds_the_ladder_exactly(at_origin, center):
    model = at_origin()
    condition(model, LADDER, center)
    assert model.value("tech_sme_stock") == 80
    assert model.value("hnte_stock") == 30
    assert cohorts(model) == {0: 14, 4: 9, 8: 7}


@pytest.mark.parametrize("member", range(6))
def test_several_firms_an_agent_hold_the_ladder_within_one_agent(at_origin, center, member):
    model = at_origin(member, weight=7)
    condition(model, LADDER, center)
    assert abs(model.value("tech_sme_stock") - 80) < 7
    held = cohorts(model)
    for quarters, level in ((0, 14), (4, 9), (8, 7)):
        assert abs(7 * held.get(quarters, 0) - level) < 7


def test_rounding_to_agents_keeps_the_level_on_average(at_origin, center):
    stocks = []
    for member in range(40):
        model = at_origin(member, weight=7)
        condition(model, LADDER, center)
        stocks.append(model.value("tech_sme_stock"))
    error = 7 * 0.5 / np.sqrt(40)
    assert abs(np.mean(stocks) - 80) < 3 * error
    assert len(set(stocks)) > 1


def test_certificates_from_the_middle_of_a_year_are_as_old_as_the_last_decision(at_origin, center):
    model = at_origin(quarter="2018-06")
    condition(model, LADDER, center)
    assert cohorts(model) == {2: 14, 6: 9, 10: 7}


def test_the_oldest_cohort_comes_up_for_renewal_at_the_next_decision(at_origin, center):
    model = at_origin(quarter="2018-06")
    condition(model, LADDER, center)
    for _ in range(2):
        model.step()
    decided = model.value("hnte_renewed") + model.value("hnte_lapsed")
    assert 5 <= decided <= 7  # a firm of the cohort may have closed


@pytest.mark.parametrize("quarter", ["2016-12", "2018-06"])
def test_expected_flows_are_those_of_the_ladder(at_origin, center, quarter):
    model = at_origin(quarter=quarter)
    solved, short = condition(model, LADDER, center)
    assert short == ()
    tech_sme, pool = expected_flow(model, solved, TECH_SME)
    assert pool > 30
    high_tech, pool = expected_flow(model, solved, HIGH_TECH)
    skipping = solve(solved.certification, model.firms, model.terms, HIGH_TECH, high_tech).skipping
    assert tech_sme == pytest.approx((24 - skipping) / 4, abs=1e-6)  # the rest skip the first rung
    assert pool > 15  # the share of new products keeps some out
    assert high_tech == pytest.approx(14 - center.certification.renewal * 5, abs=1e-6)


def test_who_has_given_up_research_is_not_expected_to_be_certified(at_origin, center):
    model = at_origin(quarter="2018-06")  # until the end of the year its last report stands
    solved, _ = condition(model, LADDER, center)
    assert expected_flow(model, solved, TECH_SME)[1] > 0
    model.firms.columns.performs[:] = 0
    assert [expected_flow(model, solved, rung) for rung in (TECH_SME, HIGH_TECH)] == [(0, 0), (0, 0)]


def test_expected_flows_of_heavier_agents_are_the_ladders_in_firms(at_origin, center):
    model = at_origin(weight=7)
    solved, short = condition(model, LADDER, center)
    assert short == ()
    high_tech = expected_flow(model, solved, HIGH_TECH)[0]
    skipping = solve(solved.certification, model.firms, model.terms, HIGH_TECH, high_tech).skipping
    assert 7 * (4 * expected_flow(model, solved, TECH_SME)[0] + skipping) == pytest.approx(24, abs=1e-4)


def test_only_the_two_intercepts_are_solved_and_survivors_renew_for_those_that_closed(at_origin, center):
    solved, _ = condition(at_origin(), LADDER, center)
    kept = center.certification._replace(
        tech_sme=solved.certification.tech_sme,
        high_tech=solved.certification.high_tech,
        renewal=center.certification.renewal / SURVIVAL,
    )
    assert solved == center._replace(certification=kept)


def test_a_flow_beyond_all_who_may_apply_ends_at_the_largest_hazard(at_origin, center):
    model = at_origin()
    condition(model, LADDER, center)
    found = solve(center.certification, model.firms, model.terms, TECH_SME, 10_000.0)
    assert found.shift == pytest.approx(LARGEST_HAZARD)
    assert not found.reached


def test_no_flow_makes_certificates_all_but_impossible(at_origin, center):
    still = Ladder(tech_sme_stock=100.0, tech_sme_flow=0.0, cohorts=(0.0, 10.0, 10.0), expired=0.0)
    model = at_origin()
    solved, short = condition(model, still, center)
    assert short == ()
    assert expected_flow(model, solved, TECH_SME)[0] < 1e-3
    assert expected_flow(model, solved, HIGH_TECH)[0] < 1e-3


def test_foreign_holders_are_as_many_as_known(at_origin, center):
    known = replace(LADDER, foreign=11.0)
    model = at_origin()
    condition(model, known, center)
    assert model.value("hnte_foreign_stock") == 11
    assert model.value("hnte_stock") == 30


def test_more_foreign_holders_than_foreign_firms_leave_the_stock_as_it_is(at_origin, center):
    model = at_origin()
    foreign = int((model.firms.columns.ownership[model.firms.rows] >= FOREIGN_FROM).sum())
    stock = float(foreign + 60)
    known = Ladder(stock + 200, 30.0, (stock, 0.0, 0.0), 6.0, foreign=float(foreign + 30))
    condition(model, known, center)
    assert model.value("hnte_foreign_stock") == foreign
    assert model.value("hnte_stock") == stock


def test_holders_do_research_hold_a_patent_and_know_the_programs(at_origin, center):
    model = at_origin()
    condition(model, LADDER, center)
    columns, rows = model.firms.columns, model.firms.rows
    holders = rows[columns.certificate[rows] > 0]
    assert columns.performs[holders].all()
    assert (columns.patents[holders] >= 1).all()
    assert (columns.aware[holders] & 3 == 3).all()


def test_no_tech_sme_is_larger_than_the_rule_allows(at_origin, center):
    model = at_origin()
    condition(model, LADDER, center)
    columns, rows = model.firms.columns, model.firms.rows
    assert np.exp(columns.log_employees[rows[columns.certificate[rows] == TECH_SME]]).max() <= 500.0 + 1e-6


def test_firms_that_may_apply_come_before_all_others(at_origin, center, grown):
    model = at_origin()
    model.revise_terms()
    _, pool = expected_flow(model, center, HIGH_TECH)
    few = max(1, min(10, pool // 2))
    before = {int(uid) for uid in eligible(model, center)}
    condition(model, Ladder(300.0, 30.0, (float(few), 0.0, 0.0), 0.0), center)
    columns, rows = model.firms.columns, model.firms.rows
    assert {int(uid) for uid in columns.uid[rows[columns.certificate[rows] == HIGH_TECH]]} <= before


def eligible(model, behaviors):
    """Uids of the firms that could apply for the second rung if nobody held a certificate."""
    firms = model.firms
    kept = firms.columns.certificate.copy()
    firms.columns.certificate[:] = 0
    rows, hazards = np.empty(firms.capacity, np.int64), np.empty(firms.capacity)
    count = certification.expected(
        behaviors.certification, firms.columns, model.terms, HIGH_TECH, firms.top, rows, hazards
    )
    firms.columns.certificate[:] = kept
    return firms.columns.uid[rows[:count]].copy()


def test_a_ladder_larger_than_the_place_certifies_every_firm_and_no_more(at_origin, center):
    model = at_origin()
    firms = len(model.firms)
    condition(model, Ladder(5000.0, 30.0, (3000.0, 500.0, 500.0), 10.0), center)
    assert model.value("hnte_stock") == firms
    assert model.value("tech_sme_stock") == firms


def test_first_certifications_are_what_renewals_leave_and_at_least_a_tenth():
    assert LADDER.first_certifications(0.4) == 14 - 2
    assert Ladder(9.0, 1.0, (10.0, 10.0, 10.0), 20.0).first_certifications(0.9) == 1.0


def test_a_ladder_at_another_level_keeps_what_is_known_of_foreign_firms():
    known = replace(LADDER, foreign=11.0)
    assert known.scaled(2.0, 3.0, 4.0) == Ladder(240.0, 96.0, (28.0, 18.0, 14.0), 10.0, foreign=11.0)
