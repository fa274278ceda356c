"""Firms apply for R&D institutes; new products wear off; subsidized filings are filings and no more."""

import numpy as np
import pytest

from ecosim.behaviors import innovation, institutes, knowledge, productivity, products
from ecosim.behaviors.scratch import RATIO, RENEWAL
from ecosim.model.firms import HIGH_TECH, RESEARCH

KEEN = {"city": 50.0, "provincial_center": 50.0, "provincial_institute": 50.0, "key_institute": 50.0}
YEAR = 4


def apply(stage, quarter, c, quarters=YEAR, count=4_000, award=0.0, **columns):
    scene = stage(count, **{"performs": 1, "research": 1_000.0, "staff": 2, **columns})
    scene.terms.institute_award[:] = award
    for step in range(quarters):
        institutes.act(c, scene.firms, scene.terms, scene.luck, quarter + np.uint64(step), scene.work)
    return scene.firms


def test_each_firm_thinks_of_an_institute_once_a_year(stage, quarter, center):
    c = center.institutes._replace(**KEEN)
    one = apply(stage, quarter, c, quarters=1)
    assert np.count_nonzero(one.waiting) == 1_000
    year = apply(stage, quarter, c)
    assert np.all(year.waiting > 0)
    assert np.bincount(year.waiting)[1:].tolist() == [1_000] * 4


@pytest.mark.parametrize(
    "reason", [{"performs": 0}, {"alive": 0}, {"closing": 1}, {"research": 12.0}, {"institute": 4}]
)
def test_a_firm_without_research_or_rung_to_climb_does_not_apply(stage, quarter, center, reason):
    assert not apply(stage, quarter, center.institutes._replace(**KEEN), count=50, **reason).waiting.any()


def test_a_rung_asks_for_its_research(stage, quarter, center):
    c = center.institutes._replace(**KEEN)
    for rung, least in enumerate(institutes.LEAST_RESEARCH[1:]):
        assert not apply(stage, quarter, c, count=20, institute=rung, research=0.249 * least).waiting.any()
        assert apply(stage, quarter, c, count=20, institute=rung, research=0.25 * least).waiting.all()


def test_applications_follow_their_odds_award_and_gap_included(stage, quarter, center):
    c = center.institutes
    for award, certificate, ownership in ((0.0, 0, 0), (100.0, HIGH_TECH, 4)):
        firms = apply(stage, quarter, c, count=40_000, award=award, certificate=certificate, ownership=ownership)
        odds = c.city + c.log_research * np.log(40.0) + c.award * award + c.high_tech * (certificate == HIGH_TECH)
        odds += c.foreign * (ownership == 4)
        chance = 1 / (1 + np.exp(-odds))
        assert abs(np.mean(firms.waiting > 0) - chance) < 4 * (chance * (1 - chance) / 40_000) ** 0.5


def test_a_larger_award_draws_the_same_applicants_and_more(stage, quarter, center):
    few, more = (apply(stage, quarter, center.institutes, award=award).waiting > 0 for award in (0.0, 200.0))
    assert np.all(more >= few)
    assert more.sum() > few.sum()


def test_an_institute_ends_with_the_research_of_its_firm(stage, quarter, center):
    firms = apply(stage, quarter, center.institutes, quarters=1, count=10, institute=2, waiting=3, performs=0)
    assert not firms.institute.any()
    assert not firms.waiting.any()


def test_new_products_settle_where_wear_meets_renewal_and_wear_off_without_research(stage, center):
    c = center.products._replace(research=2.5, patent=0.0, abroad=0.0, wear=0.05)
    scene = stage(3)
    scene.work[RATIO][:] = 0.03
    for _ in range(200):
        products.act(c, scene.firms, scene.survey, scene.work)
    assert scene.firms.fresh == pytest.approx(np.full(3, 0.6), rel=1e-6)
    scene.work[RATIO][:] = 0.0
    for _ in range(20):
        products.act(c, scene.firms, scene.survey, scene.work)
    assert scene.firms.fresh == pytest.approx(np.full(3, 0.6 * 0.95**20))
    scene.work[RATIO][:] = 0.25
    for _ in range(200):
        products.act(c._replace(research=9.0), scene.firms, scene.survey, scene.work)
    assert np.all(scene.firms.fresh <= 1.0)


def test_patents_and_a_parent_abroad_bring_new_products(stage, center):
    c = center.products
    scene = stage(4, inventions_granted=[0, 2, 0, 0], ownership=[0, 0, 4, 4], sector=[0, 0, 0, 4])
    products.act(c, scene.firms, scene.survey, scene.work)
    assert scene.firms.fresh == pytest.approx([0.0, c.patent, c.abroad, 0.0])


def file(stage, quarter, c, subsidy=0.0, premium=0.0, **columns):
    scene = stage(20_000, **{"performs": 1, "research": 20.0, "knowledge": 4_000.0, "aware": RESEARCH, **columns})
    scene.terms.patent_subsidy[:] = subsidy
    scene.terms.invention_premium[:] = premium
    knowledge.act(c.knowledge, scene.firms, scene.work)
    renewal = scene.work[RENEWAL].copy()
    innovation.act(c.innovation, scene.firms, scene.terms, scene.survey, 0.0, scene.luck, quarter, scene.work)
    assert np.array_equal(scene.work[RENEWAL], renewal)  # productivity needs it
    productivity.act(c.productivity, c.knowledge, scene.firms, scene.survey, 0.0, scene.luck, quarter, scene.work)
    return scene.firms


def test_subsidized_filings_move_neither_knowledge_nor_productivity(stage, quarter, center):
    plain, paid = (file(stage, quarter, center, subsidy=subsidy) for subsidy in (0.0, 0.3))
    assert np.all(paid.filed >= plain.filed)
    assert paid.filed.sum() / plain.filed.sum() == pytest.approx(1.3, abs=0.02)
    assert np.all(paid.pending + paid.inventions_pending >= plain.pending + plain.inventions_pending)
    assert np.array_equal(paid.inventions_filed, plain.inventions_filed)
    assert np.array_equal(paid.knowledge, plain.knowledge)
    assert np.array_equal(paid.productivity_change, plain.productivity_change)


def test_a_subsidy_draws_filings_of_firms_that_know_it_alone(stage, quarter, center):
    plain, paid = (file(stage, quarter, center, subsidy=subsidy, aware=0) for subsidy in (0.0, 0.3))
    assert np.array_equal(paid.filed, plain.filed)


def test_a_subsidy_for_inventions_shifts_the_split_and_not_the_count(stage, quarter, center):
    plain, paid = (file(stage, quarter, center, premium=premium) for premium in (0.0, 0.1))
    assert np.array_equal(paid.filed, plain.filed)
    assert paid.inventions_filed.sum() / paid.filed.sum() == pytest.approx(
        center.innovation.invention_share + 0.1, abs=0.02
    )


def test_an_institute_and_a_liaison_officer_raise_patents_per_research(stage, quarter, center):
    plain = file(stage, quarter, center)
    better = file(stage, quarter, center, institute=4, liaison=1)
    lift = np.exp(4 * center.innovation.institute + center.innovation.liaison)
    assert np.all(better.filed >= plain.filed)
    assert better.filed.sum() / plain.filed.sum() == pytest.approx(lift, rel=0.1)
