"""Staff by skill, the people who look for a post, and the posts they find."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecosim.behaviors import hiring, matching
from ecosim.behaviors.hiring import Turnover
from ecosim.model import terms
from ecosim.model.firms import TALENT, Columns
from ecosim.model.people import FROM_SHANGHAI, LOCAL, ORIGINS, RETURNING, SKILL_SHARES, Pool, spread

LUCK = (np.uint64(5), np.uint64(6))
few = settings(max_examples=60, deadline=None, derandomize=True)
POSTS = ("vacancies", "senior_vacancies", "leader_vacancies")


def blank(zones=1):
    return Turnover(*np.zeros((4, zones, 3), np.int64), np.zeros(zones, np.int64))


def turn_over(c, scene, quarter, zones=1, top=None):
    capacity = scene.firms.uid.size
    flow, rows, work = blank(zones), np.empty((3, capacity), np.int64), np.empty((6, capacity))
    size = capacity if top is None else top
    count = hiring.turn_over(c, scene.firms, scene.terms, scene.luck, quarter, size, flow, rows, work)
    return flow, rows[0, :count]


def vacancies(firms):
    return np.stack([getattr(firms, name) for name in POSTS])


def test_the_mean_of_the_wanted_staff_earns_the_mean_wage(center):
    c = center.hiring
    graduate = hiring.graduate_wage(c)
    wages = np.array([1.0, c.senior_pay, c.leading_pay]) * graduate
    shares = np.array([1 - c.senior_share - c.leading_share, c.senior_share, c.leading_share])
    assert (shares / wages).sum() == pytest.approx(1 / c.wage)
    assert 9 < graduate < 12
    assert shares / wages * c.wage == pytest.approx(SKILL_SHARES, abs=0.01)


def test_vacancies_are_what_research_pays_for_less_who_stays(stage, quarter, center):
    c = center.hiring._replace(wage_share=0.4, wage=12.0, separation=0.0)
    scene = stage(10, research=100.0, staff=3, log_employees=np.log(200.0), aware=TALENT)
    flow, rows = turn_over(c, scene, quarter)
    assert set(vacancies(scene.firms).sum(axis=0)) == {13 - 3}  # 0.4 x 4 x 100 / 12
    assert flow.vacant.sum() == 100
    assert sorted(rows) == list(range(10))
    assert flow.kept.tolist() == [[30, 0, 0]]
    scene.firms.log_employees[:] = np.log(10.0)
    turn_over(c, scene, quarter)
    assert set(vacancies(scene.firms).sum(axis=0)) == {8 - 3}  # at most 80 % of employees
    scene.firms.closing[:] = 1
    flow, rows = turn_over(c, scene, quarter)
    assert rows.size == 0
    assert not vacancies(scene.firms).any()
    assert not scene.firms.staff.any()
    assert flow.left.tolist() == [[30, 0, 0]]


def test_posts_are_split_over_skills_in_expectation_however_small_the_firm(stage, quarter, center):
    c = center.hiring
    scene = stage(20_000, research=20.0, log_employees=np.log(200.0))
    turn_over(c, scene, quarter)
    posts = vacancies(scene.firms).mean(axis=1)
    total = int(c.wage_share * 4 * 20 / c.wage)
    assert posts.sum() == total
    assert posts / total == pytest.approx(SKILL_SHARES, abs=0.012)
    again = stage(20_000, research=20.0, log_employees=np.log(200.0))
    turn_over(c, again, quarter + np.uint64(5))
    assert np.array_equal(vacancies(again.firms), vacancies(scene.firms))  # a firm's mix does not change by itself


def test_a_hiring_grant_lowers_the_price_of_its_skill_for_who_knows_it(stage, quarter, center):
    c = center.hiring._replace(wage_share=0.4, wage=12.0, separation=0.05)
    for aware in (0, TALENT):
        scene = stage(4_000, research=100.0, log_employees=np.log(200.0), aware=aware)
        turn_over(c, scene, quarter)
        before = vacancies(scene.firms)
        scene.terms.hiring_grant[2] = 50.0  # paid once, for a post of 20 quarters: 10 a year
        flow, _ = turn_over(c, scene, quarter)
        posted = vacancies(scene.firms)
        if not aware:
            assert np.array_equal(posted, before)
            assert not flow.support.any()
        else:
            assert posted[2].sum() > before[2].sum()
            assert flow.support.tolist() == [[0, 0, 4_000 * 50 * hiring.SUPPORT]]


def test_people_of_each_skill_leave_in_proportion_and_housing_keeps_them(stage, quarter, center):
    c = center.hiring._replace(separation=0.1)
    lost = []
    for held in (0.0, 0.5, 1.0):
        scene = stage(5_000, staff=9, seniors=3, leaders=1, aware=TALENT)
        scene.terms.retention[:] = held
        flow, _ = turn_over(c, scene, quarter)
        assert np.array_equal(flow.left + flow.kept, [[25_000, 15_000, 5_000]])
        assert flow.left[0] == pytest.approx(np.array([2_500, 1_500, 500]) * np.exp(-held), rel=0.1)
        firms = scene.firms
        assert np.all((firms.leaders >= 0) & (firms.seniors >= 0) & (firms.staff >= firms.seniors + firms.leaders))
        lost.append(flow.left.sum())
    assert lost[0] > lost[1] > lost[2]
    unaware = stage(5_000, staff=9, seniors=3, leaders=1)
    unaware.terms.retention[:] = 1.0
    assert turn_over(c, unaware, quarter)[0].left.sum() == lost[0]


def test_experts_come_to_firms_with_a_liaison_or_an_institute_the_more_the_nearer(stage, quarter, center):
    c = center.hiring
    wanted = c.wage_share * 4 * 100 / c.wage
    for near, within in ((0.0, c.experts_afar), (1.0, 1.0)):
        scene = stage(4, research=100.0, log_employees=np.log(200.0), aware=[TALENT, TALENT, TALENT, 0])
        scene.firms.liaison[:] = [1, 0, 0, 1]
        scene.firms.institute[:] = [0, 2, 0, 0]
        scene.terms.experts[:] = 0.2
        scene.terms.nearness[:] = near
        turn_over(c, scene, quarter)
        assert scene.firms.experts == pytest.approx([0.2 * within * wanted] * 2 + [0.0, 0.0])
        assert scene.firms.staff.sum() == 0


# --- supply --------------------------------------------------------------------------------------------------------


def flow_of(kept=0, left=0, support=0.0, performers=10, zones=1):
    flow = blank(zones)
    flow.kept[:], flow.left[:], flow.performers[:] = kept, left, performers
    flow.support[:] = int(support * hiring.SUPPORT) * performers
    return flow


def supplied(c, quarters, flow, near=0.0, zones=1):
    pool = spread(0, np.ones(zones))
    for quarter in range(8_000, 8_000 + quarters):
        matching.supply(c, flow, np.full(zones, near), pool, LUCK, np.uint64(quarter))
    return pool


def test_those_who_leave_look_again_where_they_live_but_for_those_who_depart(center):
    c = center.hiring._replace(pool_growth=0.0, departing=0.1)
    pool = supplied(c, 50, flow_of(left=20))
    assert pool.looking[0, :, LOCAL] == pytest.approx([900, 900, 900], abs=25)
    assert np.array_equal(pool.came, pool.looking.sum(axis=(0, 2)) - 50 * 20)
    assert not pool.looking[:, :, LOCAL + 1 :].any()


def test_support_draws_people_with_its_elasticity_and_nearness_those_of_shanghai(center):
    c = center.hiring._replace(pool_growth=0.0, supply_speed=0.5, supply_elasticity=1.8, commuters=0.1)
    assert not supplied(c, 40, flow_of(kept=100_000)).looking.any()
    pool = supplied(c, 40, flow_of(kept=100_000, support=10.0))
    log_points = 1.8 * np.log1p(10.0 * 4 * c.separation / hiring.graduate_wage(c))
    assert pool.drawn[0, 0, RETURNING] == pytest.approx(log_points, rel=1e-6)
    assert not pool.looking[:, :, FROM_SHANGHAI].any()
    assert pool.looking[0, 0, RETURNING] > pool.looking[0, 1, RETURNING] > pool.looking[0, 2, RETURNING] > 0
    near = supplied(c, 40, flow_of(kept=100_000, support=10.0), near=0.5)
    assert near.drawn[0, 0, FROM_SHANGHAI] == pytest.approx(0.5 * (0.1 + log_points), rel=1e-6)
    assert near.looking[0, 0, FROM_SHANGHAI] > 0


def test_a_larger_support_never_draws_fewer_people(center):
    drawn = [supplied(center.hiring, 12, flow_of(kept=5_000, support=s)).looking.sum() for s in (0, 0.5, 1, 4, 20)]
    assert drawn == sorted(drawn)
    assert drawn[0] < drawn[-1]


def test_those_drawn_by_a_support_that_ends_leave_while_they_look(center):
    c = center.hiring._replace(pool_growth=0.0, commuters=0.0)
    pool = supplied(c, 20, flow_of(kept=10_000, support=20.0))
    there = pool.looking.sum()
    for quarter in range(9_000, 9_040):
        matching.supply(c, flow_of(kept=10_000), np.zeros(1), pool, LUCK, np.uint64(quarter))
        assert pool.looking.min() >= 0
    assert pool.looking.sum() < 0.2 * there
    assert pool.came.sum() == pool.looking.sum()


# --- matching ------------------------------------------------------------------------------------------------------

COUNTS = st.integers(0, 400)


@few
@given(st.lists(st.integers(0, 50), min_size=1, max_size=40), st.floats(0, 1, exclude_max=True), st.floats(0, 1))
def test_shares_sum_to_the_count_and_never_exceed_what_is_there(weights, draw, part):
    weights = np.array(weights)
    count = int(part * weights.sum())
    given_out = np.empty(weights.size, np.int64)
    matching.share_out(weights, count, draw, given_out)
    assert given_out.sum() == count
    exact = count * weights / max(weights.sum(), 1)
    assert np.all((given_out >= np.floor(exact - 1e-9)) & (given_out <= np.ceil(exact + 1e-9)))


def test_expected_shares_are_exactly_proportional():
    weights, count = np.array([1, 0, 3, 7, 2, 7]), 9
    given_out, total = np.empty(6, np.int64), np.zeros(6)
    steps = weights.sum()
    for k in range(steps):  # every start that the uniform can give, once
        matching.share_out(weights, count, (k + 0.5) / steps, given_out)
        total += given_out
    assert np.array_equal(total, count * weights)


@few
@given(st.data(), st.sampled_from([1, 2, 5]), st.floats(0.05, 3.0), st.floats(0.0, 2.0))
def test_matching_never_exceeds_either_side_and_loses_nobody(data, zones, scale, neighbors):
    vacant = np.array(data.draw(st.lists(COUNTS, min_size=3 * zones, max_size=3 * zones))).reshape(zones, 3)
    size = zones * 3 * len(ORIGINS)
    looking = np.array(data.draw(st.lists(COUNTS, min_size=size, max_size=size))).reshape(zones, 3, len(ORIGINS))
    pool = Pool(looking.copy(), np.zeros(looking.shape), np.zeros(3, np.int64))
    hires = np.zeros((zones, 3), np.int64)
    c = hiring.Hiring(*np.zeros(len(hiring.Hiring._fields)))._replace(matching=scale, neighbors=neighbors)
    matching.match(c, vacant, pool, LUCK, np.uint64(8_001), hires)
    assert np.all((hires >= 0) & (hires <= vacant))
    assert np.all((pool.looking >= 0) & (pool.looking <= looking))
    assert np.array_equal(looking.sum(axis=(0, 2)) - pool.looking.sum(axis=(0, 2)), hires.sum(axis=0))


def test_posts_of_a_zone_without_people_are_filled_from_its_neighbors(center):
    vacant = np.array([[80, 0, 0], [0, 0, 0]])
    for neighbors in (0.0, 0.5):
        pool = spread(0, np.ones(2))
        pool.looking[1, 0, LOCAL] = 100
        hires = np.zeros((2, 3), np.int64)
        c = center.hiring._replace(neighbors=neighbors, matching=0.6)
        matching.match(c, vacant, pool, LUCK, np.uint64(8_001), hires)
        assert hires[0, 0] == pytest.approx(neighbors * 0.6 * 8_000**0.5, abs=1)


def posted(stage, count, zones=3, **columns):
    luck = np.random.default_rng(8)
    scene = stage(count, zone=luck.integers(0, zones, count), **columns)
    for name, most in zip(POSTS, (6, 3, 2), strict=True):
        getattr(scene.firms, name)[:] = luck.integers(0, most, count)
    return scene


def totals(firms, zones=3):
    return np.stack([np.bincount(firms.zone, getattr(firms, name), zones) for name in POSTS], axis=1).astype(np.int64)


def filled(firms, quarter, part, zones=3):
    vacant = totals(firms, zones)
    hires = (vacant * part).astype(np.int64)
    rows = np.flatnonzero(vacancies(firms).any(axis=0))
    total = matching.fill(firms, rows, vacant, hires, LUCK, quarter)
    return hires, total


@pytest.mark.parametrize("part", [0.0, 0.3, 1.0])
def test_firms_get_the_hires_of_their_zone_to_the_last_person(stage, quarter, part):
    scene = posted(stage, 3_000, staff=5, seniors=1, leaders=1)
    before = vacancies(scene.firms)
    hires, total = filled(scene.firms, quarter, part)
    after = vacancies(scene.firms)
    assert total == hires.sum() == after.sum()
    assert np.array_equal(totals(scene.firms), hires)
    assert np.all((after >= 0) & (after <= before))
    assert np.array_equal(scene.firms.staff, 5 + after.sum(axis=0))
    assert np.array_equal(scene.firms.seniors, 1 + after[1])
    assert np.array_equal(scene.firms.leaders, 1 + after[2])


def test_hires_do_not_depend_on_the_order_of_rows(stage, quarter):
    scene = posted(stage, 2_000)
    order = np.random.default_rng(2).permutation(2_000)
    shuffled = Columns(*(column[order].copy() for column in scene.firms))
    filled(scene.firms, quarter, 0.37)
    filled(shuffled, quarter, 0.37)
    assert np.array_equal(vacancies(shuffled), vacancies(scene.firms)[:, order])
    assert np.array_equal(shuffled.staff, scene.firms.staff[order])


def test_the_order_of_luck_is_zone_by_zone_and_by_each_firms_own_uniform(stage, quarter):
    scene = posted(stage, 700)
    rows = np.arange(0, 700, 2)
    order = rows[matching.in_order_of_luck(scene.firms.uid[rows], scene.firms.zone[rows], 3, LUCK, quarter)]
    assert np.array_equal(np.sort(order), rows)
    assert np.all(np.diff(scene.firms.zone[order].astype(int)) >= 0)
    later = rows[
        matching.in_order_of_luck(scene.firms.uid[rows], scene.firms.zone[rows], 3, LUCK, quarter + np.uint64(1))
    ]
    assert not np.array_equal(order, later)


def test_expected_hires_are_proportional_to_vacancies(stage):
    scene = posted(stage, 60, zones=1)
    wanted = scene.firms.vacancies.copy()
    hired, runs = np.zeros(60), 3_000
    for k in range(runs):
        scene.firms.vacancies[:] = wanted
        scene.firms.senior_vacancies[:] = scene.firms.leader_vacancies[:] = 0
        filled(scene.firms, np.uint64(k), 0.4, zones=1)
        hired += scene.firms.vacancies
    rate = int(0.4 * wanted.sum()) / wanted.sum()
    assert hired / runs == pytest.approx(rate * wanted, abs=5 * 0.5 / runs**0.5)


def test_people_of_a_start_are_spread_to_the_last_person():
    for people in (0, 1, 17, 500, 12_345):
        pool = spread(people, np.array([0.5, 0.3, 0.2]))
        assert pool.looking.sum() == people
        assert pool.looking.min() >= 0
    assert pool.looking.sum(axis=(0, 2)) / people == pytest.approx(SKILL_SHARES, abs=1e-3)
    assert pool.looking.sum(axis=(1, 2)) / people == pytest.approx([0.5, 0.3, 0.2], abs=1e-3)


def test_terms_of_no_policy_hold_and_draw_nobody():
    neutral = terms.neutral(2)
    for name in ("hiring_grant", "retention", "experts", "lending", "spread", "nearness"):
        assert not getattr(neutral, name).any()
