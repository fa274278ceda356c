"""Learning of programs, certificates and the notch, each against small cases by hand."""

import numpy as np
import pytest

from ecosim.behaviors import awareness, certification, notch
from ecosim.behaviors.certification import VALIDITY
from ecosim.behaviors.scratch import PLAN, RATIO
from ecosim.model.firms import (
    CERTIFICATION,
    FAMILIES,
    FIRST_HIGH_TECH,
    HIGH_TECH,
    LAPSED,
    NEW_HIGH_TECH,
    NEW_TECH_SME,
    RENEWED,
    TECH_SME,
)
from ecosim.model.region import OWNERSHIP

JAPANESE = OWNERSHIP.index("japanese")
CRITERIA = (0.05, 0.04, 0.03, 0.10, 1.0, 0.6)
CANDIDATE = {
    "performs": 1, "aware": CERTIFICATION, "patents": 1, "staff": 5, "reported": 0.06, "research": 30.0, "inert": 0.9,
    "fresh": 0.7,
}  # fmt: skip


def learn(stage, quarter, c, quarters, quality=1.0, reach=0.0, known=0.0, officers=0.0, **columns):
    scene = stage(20_000, **columns)
    scene.terms.quality[:] = quality
    scene.terms.reach[:] = reach
    scene.survey.known[:] = known
    scene.survey.liaisons[:] = officers
    for step in range(quarters):
        awareness.act(c, scene.firms, scene.terms, scene.survey, scene.luck, quarter + np.uint64(step), scene.work)
    return scene.firms.aware


def test_bass_hazards_are_by_year_and_not_by_quarter(stage, quarter, center):
    c = center.awareness._replace(innovation=0.03, imitation=0.0)
    aware = learn(stage, quarter, c, quarters=8)
    chance = -np.expm1(-0.06)  # two years at 3 % a year
    for family in range(len(FAMILIES)):
        knows = np.mean(aware >> family & 1)
        assert abs(knows - chance) < 4 * (chance / 20_000) ** 0.5


def test_a_visit_tells_of_every_family_with_its_own_chance(stage, quarter, center):
    c = center.awareness._replace(innovation=0.0, imitation=0.0, visit=0.4)
    aware = learn(stage, quarter, c, quarters=1, quality=1.25, visited=1)
    assert abs(np.mean(aware & 1) - 0.5) < 4 * (0.25 / 20_000) ** 0.5
    assert abs(np.mean(aware == 15) - 0.5**4) < 4 * (0.5**4 / 20_000) ** 0.5
    assert not learn(stage, quarter, c, quarters=1, quality=1.25).any()


def test_word_travels_faster_where_a_center_is_open_and_firms_have_liaison_officers(stage, quarter, center):
    c = center.awareness._replace(innovation=0.0, imitation=0.4, liaison=2.0)
    for reach, officers, faster in ((0.0, 0.0, 1.0), (0.5, 0.0, 1.5), (0.5, 0.25, 2.0)):
        aware = learn(stage, quarter, c, quarters=1, known=0.5, reach=reach, officers=officers)
        chance = -np.expm1(-0.4 / 4 * 0.5 * faster)
        assert abs(np.mean(aware & 1) - chance) < 4 * (chance / 20_000) ** 0.5


def certify(stage, quarter, c, decides=True, count=2_000, award=0.0, **columns):
    scene = stage(count, **{**CANDIDATE, **columns})
    scene.terms.criteria[:] = CRITERIA
    scene.terms.high_tech_award[:] = award
    certification.act(c, scene.firms, scene.terms, (0.0, 0.0), decides, scene.luck, quarter, scene.work)
    return scene.firms


@pytest.fixture
def eager(center):
    """Every firm that may apply is certified."""
    return center.certification._replace(high_tech=50.0, tech_sme=50.0, abstain=0.3)


@pytest.mark.parametrize(
    ("change", "rung"),
    [
        ({}, HIGH_TECH),
        ({"aware": 0}, 0),
        ({"age": 3}, 0),
        ({"inert": 0.2}, 0),
        ({"patents": 0}, 0),
        ({"staff": 1}, TECH_SME),
        ({"fresh": 0.59}, TECH_SME),  # 60 % of sales from new products needed
        ({"reported": 0.048}, TECH_SME),  # 5 % needed below 50 million CNY
        ({"reported": 0.0495}, HIGH_TECH),  # within the margin of 2 %
        ({"reported": 0.041, "log_productivity": np.log(400.0)}, HIGH_TECH),  # 80 million: 4 % needed
        ({"reported": 0.031, "log_productivity": np.log(1_100.0)}, HIGH_TECH),  # 220 million: 3 %
        ({"reported": 0.0}, 0),
        ({"performs": 0, "reported": 0.0}, 0),
        ({"alive": 0}, 0),
        ({"closing": 1}, 0),
    ],
)
def test_a_certificate_needs_what_the_criteria_ask(stage, quarter, eager, change, rung):
    assert set(certify(stage, quarter, eager, count=50, **change).certificate) == {rung}


def test_high_tech_enterprises_are_announced_once_a_year(stage, quarter, eager):
    assert set(certify(stage, quarter, eager, decides=False, count=50).certificate) == {TECH_SME}


def test_the_hazard_is_what_its_predictor_says_awards_included(stage, quarter, center):
    c = center.certification._replace(abstain=0.0)
    for award in (0.0, 40.0):
        firms = certify(stage, quarter, c, count=20_000, award=award)
        log_hazard = c.high_tech + c.log_ratio * np.log(2.0) + c.log_patents * np.log(2.0) + c.award * award
        chance = -np.expm1(-np.exp(log_hazard))
        got = np.mean(firms.event & NEW_HIGH_TECH > 0)
        assert abs(got - chance) < 4 * (chance * (1 - chance) / 20_000) ** 0.5


def test_only_a_first_certification_counts_as_first_and_whoever_skips_a_rung_is_listed_on_it(stage, quarter, eager):
    new = certify(stage, quarter, eager, count=50)
    again = certify(stage, quarter, eager, count=50, honored=1, certificate=TECH_SME, held=5)
    assert set(new.event) == {NEW_HIGH_TECH | NEW_TECH_SME | FIRST_HIGH_TECH}
    assert set(new.honored) == {1}
    assert set(again.event) == {NEW_HIGH_TECH}


def test_an_award_moves_only_firms_that_can_still_get_it(stage, quarter, center):
    c = center.certification
    none, some = (certify(stage, quarter, c, count=5_000, honored=1, award=award).event for award in (0.0, 60.0))
    assert np.array_equal(none, some)


def test_a_larger_award_certifies_the_same_firms_and_more(stage, quarter, center):
    c = center.certification
    few, more = (certify(stage, quarter, c, award=award).certificate == HIGH_TECH for award in (0.0, 60.0))
    assert np.all(more >= few)
    assert more.sum() > few.sum()


def test_a_certificate_is_valid_three_years_then_renewed_or_lapsed(stage, quarter, center):
    c = center.certification._replace(renewal=0.7)
    early = certify(stage, quarter, c, certificate=HIGH_TECH, held=VALIDITY - 2)
    assert set(early.certificate) == {HIGH_TECH}
    assert set(early.held) == {VALIDITY - 1}
    due = certify(stage, quarter, c, count=20_000, certificate=HIGH_TECH, held=VALIDITY - 1)
    kept = due.certificate == HIGH_TECH
    assert abs(kept.mean() - 0.7) < 4 * (0.21 / 20_000) ** 0.5
    assert np.array_equal(due.event == RENEWED, kept)
    assert np.array_equal(due.event == LAPSED, ~kept)
    assert set(due.certificate[~kept]) == {TECH_SME}
    assert not due.held.any()
    waiting = certify(stage, quarter, c, decides=False, certificate=HIGH_TECH, held=VALIDITY + 1)
    assert set(waiting.certificate) == {HIGH_TECH}


def bunch(stage, quarter, c, true=0.04, saved=0.10, award=0.0, plan=None, relief=None, **columns):
    scene = stage(4_000, **{"performs": 1, "aware": CERTIFICATION, "inert": 0.9, **columns})
    scene.terms.criteria[:] = CRITERIA
    scene.terms.tax_rate[HIGH_TECH] = 0.25 - saved
    if relief is not None:
        scene.terms.relief[:] = relief
    scene.terms.high_tech_award[:] = award
    scene.work[RATIO][:], scene.work[PLAN][:] = true, true if plan is None else plan
    notch.act(c, scene.firms, scene.terms, scene.luck, quarter, scene.work)
    return scene.firms


def test_firms_below_the_notch_report_the_ratio_partly_by_relabeling(stage, quarter, center):
    firms = bunch(stage, quarter, center.notch._replace(noise=0.02), award=500.0)
    assert firms.reported.min() >= 0.05
    assert firms.reported.mean() == pytest.approx(0.05 * 1.06, rel=0.01)
    assert np.exp(firms.stretch) * 0.04 == pytest.approx(np.full(4_000, 0.04 + (1 - center.notch.relabeled) * 0.01))


@pytest.mark.parametrize(("plan", "true"), [(0.032, 0.02), (0.04, 0.03)])
def test_who_lacked_credit_rises_to_the_ratio_of_whoever_planned_what_it_spent(stage, quarter, center, plan, true):
    c = center.notch._replace(noise=0.02)
    cut, free = (bunch(stage, quarter, c, true=true, plan=some, award=500.0) for some in (plan, None))
    assert cut.reported.tolist() == free.reported.tolist()
    target = np.exp(free.stretch) * true  # as it will be spent from the next quarter on
    assert np.exp(cut.stretch) * plan == pytest.approx(np.maximum(target, plan))


@pytest.mark.parametrize(
    "reason", [{"aware": 0}, {"inert": 0.1}, {"true": 0.08}, {"saved": 0.0, "log_productivity": np.log(900.0)}]
)
def test_firms_report_the_truth_without_reason_or_will_to_bunch(stage, quarter, center, reason):
    firms = bunch(stage, quarter, center.notch, **{"award": 500.0 * ("saved" not in reason), **reason})
    true = reason.get("true", 0.04)
    assert np.mean(firms.reported == true) > 0.98
    assert np.mean(firms.stretch == 0.0) > 0.98


def test_before_the_notch_pays_what_it_costs_few_bunch_and_more_with_an_award(stage, quarter, center):
    shares = [np.mean(bunch(stage, quarter, center.notch, true=0.03, award=a).reported >= 0.05) for a in (0, 30, 60)]
    assert shares[0] < shares[1] < shares[2]


def test_gain_and_cost_of_the_notch_are_as_by_hand(center):
    c = center.notch._replace(margin=0.07, application_cost=12.0, cost=0.5, relabeling_cost=0.2, worth=0.001)
    gain = (0.1 * (0.07 - 0.025) + 0.001) * 4000 * 2.6 + 20 - 6
    assert notch.gain(c, 0.10, 0.5, 0.05, 4000.0, 20.0, 0.5) == pytest.approx(gain)
    assert notch.cost(c, 40.0, 0.25, 0.5, 0.4) == pytest.approx(40 * (0.6 * (1 - 0.375) * 0.5 + 0.4 * 0.2) * 2.6)


def test_where_a_certificate_saves_no_tax_its_worth_alone_makes_firms_bunch(stage, quarter, center):
    relieved = {"relief": (np.inf, np.inf, 0.05, 0.10, np.inf), "true": 0.049, "log_productivity": np.log(200.0)}
    with_worth, without = (bunch(stage, quarter, center.notch._replace(worth=w), **relieved) for w in (0.005, 0.0))
    assert np.mean(with_worth.reported >= 0.05) > 0.9
    assert np.mean(without.reported >= 0.05) < 0.3


def test_one_to_one_help_eases_relabeling_and_lowers_the_cost_of_applying(stage, quarter, center):
    c = center.notch._replace(noise=0.02, eased=0.2, application_cost=12.0, relabeled=0.42)
    alone, helped = (bunch(stage, quarter, c, award=500.0, assisted=assisted) for assisted in (0, 3))
    assert helped.stretch.mean() < alone.stretch.mean()  # less true R&D behind the same report
    shares = [np.mean(bunch(stage, quarter, c, true=0.03, award=30.0, assisted=a).reported >= 0.05) for a in (0, 3)]
    assert shares[1] > shares[0]


def test_japanese_firms_lag_until_they_are_helped(stage, quarter, center):
    c = center.certification._replace(foreign=-0.5, japanese=-3.0, closing=0.8, assisted=0.0)
    for assisted, left in ((0, 1.0), (3, 0.2)):
        for ownership, gap in ((0, 0.0), (4, -0.5), (JAPANESE, -3.5)):
            firms = certify(stage, quarter, c, count=20_000, ownership=ownership, assisted=assisted)
            log_hazard = c.high_tech + c.log_ratio * np.log(2.0) + c.log_patents * np.log(2.0) + gap * left
            chance = -np.expm1(-np.exp(log_hazard)) if c.abstain < 0.9 else 0.0
            got = np.mean(firms.event & NEW_HIGH_TECH > 0)
            assert abs(got - chance) < 4 * (chance * (1 - chance) / 20_000) ** 0.5
