"""R&D answers its after-tax price; knowledge accumulates; its start leaves productivity in peace; patents are NB2."""

import numpy as np
import pytest
from scipy import stats

from ecosim.behaviors import innovation, knowledge, productivity, research
from ecosim.model.firms import HIGH_TECH, RESEARCH, TALENT

SALES = 20.0 * 100.0


@pytest.mark.parametrize(
    ("tax", "deduction", "expected"),
    [(0.25, 0.0, 1.0), (0.25, 0.5, 0.8333), (0.25, 1.0, 0.6667), (0.15, 1.0, 0.8235)],
)
def test_the_user_cost_of_research_is_as_by_hand(tax, deduction, expected):
    assert research.user_cost(tax, deduction) == pytest.approx(expected, abs=1e-4)


def spend(stage, c, condition=0.0, deduction=0.0, grant=0.0, relief=None, **columns):
    scene = stage(4, **{"performs": 1, "aware": RESEARCH, **columns})
    scene.terms.deduction[...] = deduction
    scene.terms.research_grant[...] = grant
    scene.terms.tax_rate[HIGH_TECH] = 0.15
    if relief is not None:
        scene.terms.relief[:] = relief
    research.spend(c, scene.firms, scene.terms, condition, scene.work)
    return scene.firms.research[0]


def test_a_quarter_of_research_is_the_intensity_times_a_quarter_of_sales(stage, center):
    assert spend(stage, center.intensity) == pytest.approx(np.exp(center.intensity.level) * SALES / 4)
    assert spend(stage, center.intensity, performs=0) == 0.0


def test_research_answers_its_price_with_the_elasticity(stage, center):
    c = center.intensity
    ratio = spend(stage, c, deduction=0.5) / spend(stage, c)
    assert ratio == pytest.approx(0.833333**c.price, rel=1e-5)
    ratio = spend(stage, c, deduction=1.0, certificate=HIGH_TECH) / spend(stage, c, deduction=1.0)
    assert ratio == pytest.approx((0.82353 / 0.66667) ** c.price, rel=1e-4)


def test_a_deduction_is_worth_less_to_small_firms_that_pay_a_lower_rate(stage, center):
    usual = spend(stage, center.intensity, deduction=1.0)
    small = spend(stage, center.intensity, deduction=1.0, relief=(np.inf, np.inf, 0.05, 0.10, np.inf))
    price = (1 - 0.05 * 2) / (1 - 0.05) / 0.666667
    assert small / usual == pytest.approx(price**center.intensity.price, rel=1e-5)


def test_a_yuan_of_grant_adds_as_much_research_as_its_additionality_says(stage, center):
    c, plain = center.intensity, spend(stage, center.intensity)
    added = spend(stage, c, grant=0.03) - plain
    assert added / (0.03 * plain) == pytest.approx(c.additionality)


def test_who_does_not_know_the_instruments_claims_nothing(stage, center):
    assert spend(stage, center.intensity, aware=TALENT, deduction=1.0, grant=0.2) == spend(stage, center.intensity)


def test_conditions_shift_research(stage, center):
    plain = spend(stage, center.intensity)
    assert spend(stage, center.intensity, condition=0.2) == pytest.approx(np.exp(0.2) * plain)
    assert spend(stage, center.intensity, condition=9.0) == pytest.approx(research.LARGEST_INTENSITY * SALES / 4)


@pytest.mark.parametrize(
    ("columns", "log_hazard"),
    [
        ({}, lambda c: c.start + c.start_log_size * np.log(2.0)),
        ({"aware": RESEARCH}, lambda c: c.start + c.start_aware + c.start_log_size * np.log(2.0)),
        ({"ownership": 3}, lambda c: c.start + c.start_foreign + c.start_log_size * np.log(2.0)),
        ({"performs": 1}, lambda c: c.stop),
        ({"performs": 1, "certificate": 1}, lambda c: c.stop + c.stop_certified),
    ],
)
def test_starts_and_stops_follow_their_hazards(stage, quarter, center, columns, log_hazard):
    scene = stage(40_000, **columns)
    before = scene.firms.performs.copy()
    research.participate(center.participation, scene.firms, scene.terms, scene.life(quarter)[2], scene.work)
    chance = -np.expm1(-np.exp(log_hazard(center.participation)))
    changed = np.mean(scene.firms.performs != before)
    assert abs(changed - chance) < 4 * (chance / 40_000) ** 0.5


def test_a_firm_starts_or_stops_just_where_its_draw_lies_below_its_chance(stage, quarter, center):
    c, sizes = center.participation, np.random.default_rng(2).uniform(0.0, 9.0, 20_000)
    scene = stage(20_000, log_employees=sizes, performs=np.arange(20_000) % 2)
    before, draws = scene.firms.performs.copy(), scene.life(quarter)[2]
    research.participate(c, scene.firms, scene.terms, draws, scene.work)
    rates = np.where(before == 1, c.stop, c.start + c.start_log_size * (sizes - np.log(10.0)))
    assert ((scene.firms.performs != before) == (draws < -np.expm1(-np.exp(rates)))).all()


def test_knowledge_settles_where_wear_equals_research(stage, center):
    scene = stage(3, research=5.0)
    knowledge.act(center.knowledge, scene.firms, scene.work)
    start = 5.0 / (center.knowledge.depreciation + center.knowledge.initial_growth)
    assert scene.firms.knowledge[0] == pytest.approx(start * (1 - center.knowledge.depreciation) + 5.0)
    for _ in range(400):
        knowledge.act(center.knowledge, scene.firms, scene.work)
    assert scene.firms.knowledge[0] == pytest.approx(5.0 / center.knowledge.depreciation, rel=1e-3)


def test_the_start_of_research_does_not_make_productivity_explode(stage, quarter, center):
    """A naive ln(A) step of R over K x luck reaches 34 in starters; here 100,000 starts stay bounded and unbiased."""
    sizes = np.exp(np.random.default_rng(1).normal(0, 3, 100_000))
    scene = stage(100_000, performs=1, research=sizes)
    scene.survey.mean_productivity[:] = np.log(100.0)
    for step in range(8):
        knowledge.act(center.knowledge, scene.firms, scene.work)
        productivity.act(
            center.productivity, center.knowledge, scene.firms, scene.survey, 0.0, scene.luck,
            quarter + np.uint64(step), scene.work,
        )  # fmt: skip
        change = scene.firms.productivity_change
        assert np.max(np.abs(change)) < 1.5
        assert abs(change.mean()) < 0.02


def test_productivity_without_research_moves_by_trend_and_imitation_alone(stage, quarter, center):
    c = center.productivity._replace(noise=0.0)
    scene = stage(10, log_employees=np.log(1e6))
    scene.survey.mean_productivity[:] = np.log(100.0) + 0.5
    scene.survey.high_tech[:] = [1, 0, 0, 0, 0, 0, 0, 0]
    knowledge.act(center.knowledge, scene.firms, scene.work)
    productivity.act(c, center.knowledge, scene.firms, scene.survey, 0.01, scene.luck, quarter, scene.work)
    change = c.trend + 0.5 * c.imitation
    assert scene.firms.productivity_change == pytest.approx(np.full(10, change))
    assert scene.firms.log_productivity - np.log(100.0) == pytest.approx(np.full(10, change + 0.01))


def test_a_lead_wears_off_as_fast_as_a_lag_is_made_up(stage, quarter, center):
    c = center.productivity._replace(noise=0.0, trend=0.0)
    for ahead in (-0.4, 0.4):
        scene = stage(10, log_employees=np.log(1e6), log_productivity=np.log(100.0) + ahead)
        knowledge.act(center.knowledge, scene.firms, scene.work)
        productivity.act(c, center.knowledge, scene.firms, scene.survey, 0.0, scene.luck, quarter, scene.work)
        assert scene.firms.productivity_change == pytest.approx(np.full(10, -ahead * c.imitation))


def test_a_year_of_shocks_to_productivity_has_the_spread_it_says_and_is_laplace(stage, quarter, center):
    c = center.productivity._replace(trend=0.0, imitation=0.0)
    scene = stage(50_000)
    start = scene.firms.log_productivity.copy()
    for step in range(4):
        knowledge.act(center.knowledge, scene.firms, scene.work)
        productivity.act(
            c, center.knowledge, scene.firms, scene.survey, 0.0, scene.luck, quarter + np.uint64(step), scene.work
        )
    year = scene.firms.log_productivity - start
    assert year.std() == pytest.approx(2 * c.noise, rel=0.03)
    assert stats.kstest(year / (year.std() / 2**0.5), "laplace").pvalue > 0.01


def test_arrivals_of_inventions_are_negative_binomial_with_dispersion_one(stage, quarter, center):
    c = center.innovation._replace(level=0.3, log_knowledge=0.5, spillover=0.0, log_staff=0.0)
    scene = stage(60_000, performs=1, knowledge=4.0)
    innovation.act(c, scene.firms, scene.terms, scene.survey, 0.1, scene.luck, quarter, scene.work)
    rate = np.exp(0.3 + 0.5 * np.log(4.0) + 0.1)
    filed = scene.firms.filed
    assert abs(filed.mean() - rate) < 4 * ((rate + rate**2) / 60_000) ** 0.5
    assert filed.var() == pytest.approx(rate + rate**2, rel=0.06)
    assert scene.firms.inventions_filed.sum() / filed.sum() == pytest.approx(c.invention_share, abs=0.01)


def test_a_higher_rate_with_the_same_luck_never_files_fewer(stage, quarter, center):
    filed = []
    for condition in (0.0, 0.05):
        scene = stage(5_000, performs=1, knowledge=400.0, staff=3)
        innovation.act(
            center.innovation, scene.firms, scene.terms, scene.survey, condition, scene.luck, quarter, scene.work
        )
        filed.append(scene.firms.filed)
    assert np.all(filed[1] >= filed[0])
    assert filed[1].sum() > filed[0].sum()


def test_who_does_no_research_files_nothing_but_is_granted_what_is_pending(stage, quarter, center):
    scene = stage(5_000, performs=0, knowledge=400.0, pending=3)
    innovation.act(center.innovation, scene.firms, scene.terms, scene.survey, 0.0, scene.luck, quarter, scene.work)
    assert not scene.firms.filed.any()
    assert scene.firms.granted.mean() == pytest.approx(1.0, abs=0.05)
    assert np.array_equal(scene.firms.granted, 3 - scene.firms.pending)


def test_luck_with_utility_models_says_nothing_about_inventions(stage, quarter, center):
    scene = stage(40_000, performs=0, pending=1, inventions_pending=8)
    innovation.act(center.innovation, scene.firms, scene.terms, scene.survey, 0.0, scene.luck, quarter, scene.work)
    inventions = scene.firms.inventions_granted
    models = scene.firms.granted - inventions
    share, third = center.innovation.invention_granted, 1 / 3
    assert inventions.mean() == pytest.approx(share, abs=4 * (share * (1 - share) / 40_000) ** 0.5)
    assert models.mean() == pytest.approx(third, abs=4 * (third * (1 - third) / 40_000) ** 0.5)
    assert abs(np.corrcoef(models, inventions)[0, 1]) < 4 / 40_000**0.5
