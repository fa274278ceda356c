"""Knowledge from outside, shelter in incubators, and clean-ups: who gains, who is pressed, and nobody else."""

import numpy as np
import pytest

from ecosim.behaviors import exit, knowledge, outside
from ecosim.behaviors.outside import within_reach
from ecosim.behaviors.scratch import RENEWAL
from ecosim.model.firms import SOURCES
from ecosim.model.region import SECTORS, Center, Region, Zone
from ecosim.model.terms import grid
from ecosim.policies import shelf


@pytest.fixture(scope="module")
def border_region():
    """Two zones: one with parks on the border of the center, one inland."""
    return Region(
        name="Border",
        level="county",
        sectors={"advanced_equipment": 0.4, "electronics": 0.3, "garments": 0.3},
        ownership={"private": 0.8, "foreign": 0.2},
        zones={
            "inland": Zone(share=0.5, distance=100),
            "border": Zone(share=0.5, distance=50, borders_shanghai=True, parks=("north", "hub")),
        },
        center=Center(name="Shanghai", knowledge=1e6, sectors={"electronics": 1.0}),
    )


@pytest.fixture
def world(make_model, border_region, quick):
    def build(rows=None, firms=600, member=0, quarter="2017-Q4", behaviors=quick, **more):
        model = make_model(firms, member, quarter, region=border_region, behaviors=behaviors, **more)
        model.policies = {**model.policies, **{name: row.policy for name, row in shelf.build(rows or {}).items()}}
        return model

    return build


def learn(stage, quarter, c, quarters=1, **columns):
    scene = stage(4_000, performs=1, research=10.0, **columns)
    return scene, lambda: [
        outside.act(c, scene.firms, scene.terms, scene.luck, quarter + q, scene.work) for q in range(quarters)
    ]


def test_users_of_a_platform_gain_and_others_do_not(stage, quarter, center):
    scene, act = learn(stage, quarter, center.outside)
    scene.firms.platform[:1_000] = 1
    scene.terms.platform[:] = 0.1
    act()
    assert set(scene.firms.external[:1_000]) == {1.0}
    assert not scene.firms.external[1_000:].any()


def test_performers_take_up_a_platform_at_its_rate_and_leave_it_with_their_research(stage, quarter, center):
    scene, act = learn(stage, quarter, center.outside)
    scene.firms.performs[:1_000] = 0
    scene.firms.platform[:500] = 1
    scene.terms.platform_access[:] = 0.2
    act()
    assert not scene.firms.platform[:1_000].any()
    assert scene.firms.platform[1_000:].mean() == pytest.approx(0.2, abs=4 * (0.16 / 3_000) ** 0.5)
    before = scene.firms.platform.copy()
    scene.terms.platform_access[:] = 0.0
    act()
    assert np.array_equal(scene.firms.platform, before)


def test_matched_firms_and_those_with_a_liaison_officer_learn_more(stage, quarter, center):
    c = center.outside
    scene, act = learn(stage, quarter, c)
    scene.firms.matched[:2_000] = 2
    scene.firms.liaison[1_000:3_000] = 1
    scene.terms.university[:] = 0.05
    act()
    shares = [c.matched + 0.05, (c.matched + 0.05) * (1 + c.liaison), 0.05 * (1 + c.liaison), 0.05]
    for k, share in enumerate(shares):
        assert scene.firms.external[1_000 * k : 1_000 * (k + 1)] == pytest.approx(10.0 * share)


def test_knowledge_from_outside_adds_to_capital_by_its_worth(stage, center):
    c = center.knowledge
    scene = stage(2, research=10.0, knowledge=100.0)
    scene.firms.external[1] = 4.0
    knowledge.act(c, scene.firms, scene.work)
    assert scene.firms.knowledge[1] - scene.firms.knowledge[0] == pytest.approx(4.0 * c.external)
    assert scene.work[RENEWAL][1] == pytest.approx((10.0 + 4.0 * c.external) / 100.0)


def closing(stage, c, **columns):
    scene = stage(20_000, **columns)
    draw = (np.arange(20_000) + 0.5) / 20_000
    return scene, lambda: (exit.act(c, scene.firms, scene.terms, scene.survey, draw, scene.work), scene.firms.closing)[
        1
    ]


def test_a_firm_in_an_incubator_closes_more_rarely(stage, center):
    c = center.exit
    scene, act = closing(stage, c, age=6)
    alone = act().mean()
    scene.firms.incubated[:] = 3
    housed = act().mean()
    assert housed == pytest.approx(alone * np.exp(c.incubated), rel=0.03)
    scene.terms.incubation[:] = 0.5
    assert act().mean() == pytest.approx(alone * np.exp(c.incubated - 0.5), rel=0.04)


def test_a_clean_up_presses_firms_that_are_small_and_low(stage, center):
    scene, act = closing(stage, center.exit)
    small, low = np.log(10.0), np.log(100.0) - 0.8
    scene.firms.log_employees[:] = np.log(50.0)
    for part, (size, sales) in enumerate([(small, low), (small, np.log(100.0)), (np.log(50.0), low)]):
        scene.firms.log_employees[part::4], scene.firms.log_productivity[part::4] = size, sales
    before = act().copy()
    scene.terms.clean_up[:] = 1.0
    after = act()
    assert after[0::4].mean() == pytest.approx(np.e * before[0::4].mean(), rel=0.1)
    for part in (1, 2, 3):
        assert np.array_equal(after[part::4], before[part::4])


def test_a_clean_up_closes_small_low_firms_in_its_zone_only(world):
    rows = {"clean": {"family": "clean_up", "pressure": 3, "parks": ["north"], "cost": 2, "source": "test"}}
    with_it, without = world(rows, firms=2_000), world(firms=2_000)
    gone = []
    for model in (with_it, without):
        columns = model.firms.columns
        state = {name: getattr(columns, name).copy() for name in ("uid", "zone", "sector")}
        sizes, sales = columns.log_employees.copy(), columns.log_productivity.copy()
        mean = model.survey.mean_productivity.copy()
        model.revise_terms()
        model.rules.decide(model, model.weather(), False)
        gone.append(columns.closing[:2_000].copy())
    extra = np.flatnonzero(gone[0] > gone[1])
    assert extra.size > 20
    assert not np.any(gone[1] > gone[0])
    assert set(state["zone"][extra]) == {1}
    assert sizes[extra].max() < np.log(20)
    assert np.all(sales[extra] < mean[state["sector"][extra]] - 0.5)
    looking = with_it.looking
    people = int(with_it.firms.columns.staff[extra].sum())
    with_it.close(extra)
    assert with_it.looking == looking + people


def test_a_park_acts_in_its_zone_from_its_date_on(world):
    rows = {
        "park": {
            "family": "high_tech_park", "parks": ["north"], "founding": {"2017-12": 20}, "reach": {"2017-12": 30},
            "push": {"2017-12": 0.4, "2019-01": 0.8}, "cost": {"2017-12": 400},
            "eligible": {"sectors": ["electronics"]}, "source": "test",
        }
    }  # fmt: skip
    model = world(rows, quarter="2017-Q3")
    model.revise_terms()
    for name in ("founding", "reach", "research_push"):
        assert not getattr(model.terms, name).any()
    model.quarter += 1
    model.revise_terms()
    assert model.terms.reach.tolist() == [0.0, 0.3]
    at = SECTORS.index("electronics")
    for name, value in (("founding", np.log(1.2)), ("research_push", 0.4)):
        term = grid(getattr(model.terms, name), 2)
        assert term[at, 1].min() == pytest.approx(value) == term.max()
        assert np.count_nonzero(term) == term[at, 1].size
    model.quarter += 5
    model.revise_terms()
    assert model.terms.research_push.max() == 0.8


def test_a_park_founds_more_and_starts_more_research_in_its_zone(world):
    park = {"family": "high_tech_park", "parks": ["north"], "founding": 300, "push": 2, "source": "test"}
    with_it, without = world({"park": park}, firms=2_000), world(firms=2_000)
    for model in (with_it, without):
        model.step()
    for zone, more in ((0, False), (1, True)):
        here = [m.agents.select(lambda firms, zone=zone: firms.zone == zone) for m in (with_it, without)]
        births = [int(np.count_nonzero(firms.age == 0)) for firms in here]
        performers = [int(np.sum(firms.performs)) for firms in here]
        assert (births[0] > 1.5 * births[1]) is more
        assert (performers[0] > 1.2 * performers[1]) is more


def test_no_nearness_leaves_everything_bit_for_bit(world):
    rows = {"shanghai": {"family": "shanghai_integration", "nearness": {"2017-01": 0}, "source": "test"}}
    numbers = []
    for model in (world(rows), world()):
        for _ in range(6):
            model.step()
        numbers.append((np.array(model.history), np.sort(model.agents.uid)))
        assert not model.survey.outside.any()
    assert np.array_equal(numbers[0][0], numbers[1][0])
    assert np.array_equal(numbers[0][1], numbers[1][1])


def test_shanghai_s_knowledge_spills_over_more_on_its_border_and_in_its_trades(world, border_region, center):
    reach = within_reach(center.outside, border_region)
    at = SECTORS.index("electronics")
    assert reach[at, 1] == pytest.approx(1e6 * np.exp(-50 / center.outside.distance))
    assert reach[at, 0] / reach[at, 1] == pytest.approx(np.exp(-50 / center.outside.distance))
    assert reach[0, 1] == pytest.approx(0.25 * reach[at, 1])
    rows = {"shanghai": {"family": "shanghai_integration", "nearness": 10, "border": 5, "source": "test"}}
    near, far = world(rows), world()
    for model in (near, far):
        model.step()
    assert near.terms.nearness == pytest.approx([0.10, 0.15])
    gain = near.survey.spillover - far.survey.spillover
    assert gain.min() > 0
    assert gain[at, 1] > gain[at, 0]
    assert np.all(gain[at] >= gain[0] - 1e-9)


def test_a_twin_sees_the_same_neighbors(world):
    model = world({"shanghai": {"family": "shanghai_integration", "nearness": 10, "source": "test"}})
    model.step()
    twin = model.fork()
    assert np.array_equal(twin.survey.spillover, model.survey.spillover)
    model.step()
    twin.step()
    assert np.array_equal(twin.observe(), model.observe())


def test_incubators_never_house_more_firms_than_their_slots_and_start_ups_come_first(world):
    rows = {"hub": {"family": "incubator", "slots": 12, "start_ups": 4, "parks": ["hub"], "source": "test"}}
    model = world(rows, firms=400)
    start_up = SOURCES.index("incubated")
    seen = 0
    for _ in range(10):
        waiting = model.agents.select(lambda firms: (firms.source == start_up) & (firms.incubated == 0))
        waited, seen = set(waiting.get("uid")), seen + len(waiting)
        model.step()
        tenants = model.agents.select(lambda firms: firms.incubated > 0)
        assert len(tenants) <= 12
        assert set(tenants.zone) <= {1}
        assert all(firm.age + firm.incubated == 12 for firm in tenants)
        taken = model.taken.get("hub")
        if taken is not None and waited:
            others = [row for row in taken.rows if model.firms.columns.source[row] != start_up]
            left_out = waited & set(waiting.select(lambda firms: firms.incubated == 0).get("uid"))
            assert not (others and left_out)
    assert seen > 3


def test_incubated_firms_survive_longer_than_matched_ones(world, center):
    rows = {"hub": {"family": "incubator", "slots": 500, "parks": ["hub"], "support": 0.5, "source": "test"}}
    alive = []
    for package in (rows, {}):
        model = world(package, firms=3_000, behaviors=center)
        model.agents.set("age", 0).set("zone", 1)
        there = set(model.agents.get("uid"))
        housed = None
        for _ in range(11):
            model.step()
            if housed is None and package:
                housed = {f.unique_id for f in model.agents.select(lambda firms: firms.incubated > 0)} & there
                chosen = housed
        alive.append(len(chosen & set(model.agents.get("uid"))))
    assert alive[0] > alive[1]


def test_matching_lasts_four_quarters_and_never_exceeds_its_places(world):
    rows = {"matching": {"family": "problem_matching", "capacity": 5, "cost": 2, "source": "test"}}
    model = world(rows, firms=800)
    model.agents.set("performs", 1).set("certificate", 1)
    for quarters in range(1, 7):
        model.step()
        assert model.value("matched_firms") <= 5 * min(quarters, 4)
        assert model.taken["matching"].rows.size == 5
    assert model.value("matched_firms") > 15
    assert model.ledger.recipients["matching", 2018] == 4 * 5
