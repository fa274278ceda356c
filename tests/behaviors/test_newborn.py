"""Founders and arrivals: how many, where, with which traits, and the same ones under every policy."""

import numpy as np
import pytest
from scipy import stats

from ecosim.behaviors import entry
from ecosim.behaviors.arrivals import Batch
from ecosim.behaviors.rules import poisson_count
from ecosim.model.firms import SOURCES
from ecosim.model.terms import kinds
from ecosim.policies import shelf

RATE = 0.3


NO_LIFT = np.ones(kinds(1))


def spawn(firms, rate, quarter, room=20_000, lift=NO_LIFT):
    parents, uids = np.empty(room, np.int64), np.empty(room, np.uint64)
    luck = (np.uint64(5), np.uint64(6))
    count = entry.spawn(rate, lift, firms, luck, quarter, firms.uid.size, parents, uids)
    return parents[: min(count, room)], uids[: min(count, room)], count


def test_each_firm_spawns_a_poisson_number_of_founders(stage, quarter):
    firms = stage(20_000).firms
    parents, uids, count = spawn(firms, RATE, quarter)
    each = np.bincount(parents, minlength=20_000)
    assert abs(each.mean() - RATE) < 4 * (RATE / 20_000) ** 0.5
    assert abs(each.var() / RATE - 1) < 0.05
    assert np.unique(uids).size == count
    assert np.intersect1d(uids, firms.uid).size == 0


def test_only_firms_that_go_on_spawn(stage, quarter):
    firms = stage(4_000).firms
    firms.alive[:1000] = 0
    firms.closing[1000:2000] = 1
    parents, _, _ = spawn(firms, RATE, quarter)
    assert parents.min() >= 2000


def test_a_higher_rate_founds_the_same_firms_and_more(stage, quarter):
    firms = stage(5_000).firms
    _, few, _ = spawn(firms, RATE, quarter)
    _, more, _ = spawn(firms, 1.1 * RATE, quarter)
    assert np.isin(few, more).all()
    assert more.size > few.size


def test_founding_is_lifted_where_policies_lift_it_and_nowhere_else(stage, quarter):
    firms = stage(5_000).firms
    firms.kind[:2_500] = 7
    lift = NO_LIFT.copy()
    lift[7] = 1.5
    parents, uids, _ = spawn(firms, RATE, quarter)
    lifted, more, _ = spawn(firms, RATE, quarter, lift=lift)
    assert np.isin(uids, more).all()
    assert np.count_nonzero(lifted >= 2_500) == np.count_nonzero(parents >= 2_500)
    assert np.count_nonzero(lifted < 2_500) > 1.3 * np.count_nonzero(parents < 2_500)


def test_a_short_room_tells_how_many_there_are(stage, quarter):
    firms = stage(5_000).firms
    _, _, all_of_them = spawn(firms, RATE, quarter)
    parents, _, count = spawn(firms, RATE, quarter, room=10)
    assert count == all_of_them > 10 == parents.size


@pytest.mark.parametrize("mean", [0.02, 3.0, 13.0, 400.0])
def test_arrivals_are_counted_by_inversion(mean):
    draws = np.random.default_rng(9).uniform(size=500)
    counts = np.array([poisson_count(u, mean) for u in draws])
    assert np.array_equal(counts, stats.poisson.ppf(draws, mean))
    assert np.all(np.array([poisson_count(u, 1.01 * mean) for u in draws]) >= counts)
    assert poisson_count(0.5, 0.0) == 0


@pytest.fixture(scope="module")
def newborns(make_model, center):
    """Firms of age 0 of a model where many are founded beside old ones, and many arrive."""
    behaviors = center._replace(entry=center.entry._replace(local=2.0, outside=1.0, crowding=0.0))
    model = make_model(2_000, behaviors=behaviors)
    model.step()
    return model, model.agents.select(lambda firms: firms.age == 0)


def test_newborns_own_nothing_yet(newborns):
    _, firms = newborns
    assert len(firms) > 2_000
    for name in ("staff", "patents", "pending", "certificate", "aware", "knowledge", "loan", "research", "vacancies"):
        assert not np.any(getattr(firms, name)), name


def test_newborns_have_the_traits_that_they_are_drawn_from(newborns, center):
    model, firms = newborns
    c = center.entry
    count = len(firms)
    assert abs(firms.performs.mean() - c.performs) < 4 * (c.performs / count) ** 0.5
    for rank in (firms.inert, firms.inert[firms.performs == 1], stats.norm.cdf(firms.ambition)):
        assert stats.kstest(rank, "uniform").pvalue > 1e-3
    relative = firms.log_productivity - model.survey.mean_productivity[firms.sector]
    assert relative.std() == pytest.approx(c.productivity_spread, rel=0.05)


def test_arrivals_are_larger_and_settle_where_the_region_says(newborns, small_region, center):
    model, firms = newborns
    big = np.mean(firms.log_employees > 3.5 + 1.0)
    assert 0.01 < big < 0.5
    local, elsewhere = SOURCES.index("local"), SOURCES.index("elsewhere")
    sizes = model.rules.traits.log_size
    assert sizes[local] == center.entry.log_size < sizes[elsewhere] == center.entry.arrival_log_size
    founders = model.rules.founders(model)
    assert set(founders.source) == {local, elsewhere}
    outside = Batch(*(column[founders.source == elsewhere] for column in founders[:5]))
    assert outside.zone.size > 1_000
    shares = np.bincount(outside.zone) / outside.zone.size
    assert shares == pytest.approx([0.6, 0.4], abs=0.04)
    assert set(np.unique(outside.ownership)) == {0, 1, 4}
    assert np.bincount(outside.sector)[[0, 3, 4]] / outside.sector.size == pytest.approx([0.4, 0.3, 0.3], abs=0.04)


def test_founders_stay_in_the_trade_and_place_of_their_parents(make_model, center):
    behaviors = center._replace(entry=center.entry._replace(local=1.0, outside=-30.0))
    model = make_model(300, behaviors=behaviors)
    model.agents.set("sector", 3).set("zone", 1).set("ownership", 4)
    model.step()
    newborn = model.agents.select(lambda firms: firms.age == 0)
    assert len(newborn) > 50
    assert set(newborn.sector) == {3}
    assert set(newborn.zone) == {1}
    assert set(newborn.ownership) == {4}
    assert np.median(newborn.log_employees) == pytest.approx(center.entry.log_size + center.entry.foreign_size, abs=0.3)


def test_the_same_firms_are_born_under_every_policy_that_neither_founds_nor_draws(make_model, quick, package_rows):
    others = ("platforms", "integration", "talent")  # a talent project draws founders
    package = {name: row.policy for name, row in shelf.build(package_rows).items() if row.group not in others}
    uids = []
    for local in ({}, package):
        model = make_model(400, behaviors=quick, quarter="2017-06")
        model.policies = {**model.policies, **local}
        seen = set()
        for _ in range(8):
            model.step()
            seen |= set(model.agents.get("uid"))
        uids.append(seen)
    born = len(uids[0]) - 400
    assert born > 50
    assert len(uids[0] ^ uids[1]) < 0.15 * born


def test_crowding_and_the_reference_set_the_rate_of_founding(make_model, center):
    rates = []
    for reference in (300.0, 3_000.0):
        model = make_model(300, reference=reference)
        rates.append(model.rules.founding_rate(model, 300))
    grown = center.entry.growth / 4
    expected = [np.exp(center.entry.local + center.entry.crowding * (np.log(300 / r) - grown)) / 4 for r in (300, 3000)]
    assert rates == pytest.approx(expected)
