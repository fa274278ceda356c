"""Arrivals by source: as many as policies expect, the same firms whatever other sources do, held to the standard."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from scipy import stats

from ecosim.behaviors import arrivals
from ecosim.behaviors.arrivals import Batch
from ecosim.data.periods import quarter_index
from ecosim.door.build import build_region
from ecosim.model.firms import SOURCES
from ecosim.model.terms import grid
from ecosim.policies import shelf

CONFIGS = Path(__file__).parents[2] / "configs"
SHANGHAI, FOREIGN_PROJECT, TALENT, INCUBATED, ELSEWHERE = (
    SOURCES.index(name) for name in ("shanghai", "foreign_project", "talent", "incubated", "elsewhere")
)
EVENTS = {"events": {"family": "shanghai_events", "events": 40, "yields": 0.9, "share": 50, "source": "test"}}
PROJECTS = {
    "projects": {
        "family": "foreign_projects", "projects": 20, "share": 60, "sectors": {"electronics": 1.0}, "source": "test",
    },
}  # fmt: skip


@pytest.fixture
def world(make_model):
    def build(rows=None, **more):
        model = make_model(300, **more)
        model.policies = {**model.policies, **{name: row.policy for name, row in shelf.build(rows or {}).items()}}
        return model

    return build


def come(model, quarter=None, weight=1):
    now = np.uint64(model.quarter if quarter is None else quarter)
    place = np.exp(model.terms.pull) / weight
    pull = arrivals.lumped(place, model.rules.lumps, model.terms, model.luck, now)
    batch = arrivals.room_for(20_000)
    count = arrivals.come(model.rules.traits, model.terms.arrivals, pull, model.luck, now, batch, 0)
    return Batch(*(column[:count].copy() for column in batch))


def born(model, quarters):
    """{source: {uid: traits}} of the firms born in some quarters, at the end of the quarter of their birth."""
    seen = {source: {} for source in range(len(SOURCES))}
    columns = model.firms.columns
    for _ in range(quarters):
        model.step()
        columns = model.firms.columns
        for row in model.firms.rows:
            if columns.age[row] == 0:
                names = ("sector", "zone", "ownership", "log_employees", "performs", "ambition", "inert")
                traits = tuple(getattr(columns, name)[row].item() for name in names)
                seen[int(columns.source[row])][int(columns.uid[row])] = traits
    return seen


def test_expected_agents_are_expected_firms_over_the_weight(world):
    model = world()
    model.terms.arrivals[SHANGHAI, 0] = (4.0, 8.0)
    for weight in (1, 4):
        counts = np.array([np.bincount(come(model, q, weight).zone, minlength=2) for q in range(2_000)])
        expected = np.array([4.0, 8.0]) / weight
        assert counts.mean(axis=0) == pytest.approx(expected, abs=4 * (8.0 / weight / 2_000) ** 0.5)
        assert counts.var(axis=0) / expected == pytest.approx([1, 1], abs=0.15)


def test_foreign_projects_are_lumpy(world, center):
    model = world()
    model.terms.arrivals[FOREIGN_PROJECT] = 10.0 / model.terms.arrivals[FOREIGN_PROJECT].size
    counts = np.array([come(model, q).uids.size for q in range(4_000)])
    lumps = center.foreign_project.lumps
    assert counts.mean() == pytest.approx(10, rel=0.05)
    assert counts.var() == pytest.approx(10 + lumps * 100, rel=0.15)
    law = stats.nbinom(1 / lumps, 1 / (1 + 10 * lumps))
    assert abs(np.mean(counts <= 6) - law.cdf(6)) < 0.03


def test_more_of_a_source_brings_the_same_firms_and_more(world):
    model = world()
    model.terms.arrivals[SHANGHAI] = 0.5
    model.terms.arrivals[FOREIGN_PROJECT] = 0.5
    fewer = [come(model, q) for q in range(50)]
    model.terms.arrivals[SHANGHAI] = 0.6
    model.terms.pull[FOREIGN_PROJECT] = 0.2
    for few, many in zip(fewer, [come(model, q) for q in range(50)], strict=True):
        at = {uid: k for k, uid in enumerate(many.uids)}
        assert set(few.uids) <= set(at)
        same = [at[uid] for uid in few.uids]
        for name in ("sector", "zone", "ownership", "source"):
            assert np.array_equal(getattr(few, name), getattr(many, name)[same])
    assert np.unique(np.concatenate([few.uids for few in fewer])).size == sum(few.uids.size for few in fewer)


def test_births_of_one_source_are_untouched_by_the_policy_of_another(world):
    without, with_projects = (born(world(rows), 6) for rows in (EVENTS, {**EVENTS, **PROJECTS}))
    assert len(without[SHANGHAI]) > 30 < len(with_projects[FOREIGN_PROJECT])
    assert without[SHANGHAI] == with_projects[SHANGHAI]
    assert not without[FOREIGN_PROJECT]
    first_quarter = [born(world(rows), 1) for rows in ({}, {**EVENTS, **PROJECTS})]
    for source in (SOURCES.index("local"), ELSEWHERE):
        assert first_quarter[0][source] == first_quarter[1][source]


def test_firms_of_each_source_are_those_before_and_births_less_deaths(world):
    rows = {
        **EVENTS,
        **PROJECTS,
        "start_ups": {"family": "incubator", "slots": 50, "start_ups": 9, "source": "test"},
        "shanghai": {"family": "shanghai_integration", "nearness": 5, "founders": 6, "source": "test"},
    }
    model = world(rows, weight=1)
    columns = model.firms.columns
    for _ in range(8):
        before = dict(zip(columns.uid[model.firms.rows].tolist(), columns.source[model.firms.rows], strict=True))
        model.step()
        columns = model.firms.columns
        after = dict(zip(columns.uid[model.firms.rows].tolist(), columns.source[model.firms.rows], strict=True))
        dead = [source for uid, source in before.items() if uid not in after]
        new = [source for uid, source in after.items() if uid not in before]
        for source in range(1, len(SOURCES)):
            births = model.value(f"births_{SOURCES[source]}")
            assert births == new.count(source)
            total = list(before.values()).count(source) + births - dead.count(source)
            assert list(after.values()).count(source) == total
        assert model.births == sum(model.births_by_source) == len(new)
    assert all(model.firms.columns.source.tolist().count(k) for k in range(1, len(SOURCES)))


def test_a_standard_rejects_weak_arrivals_of_its_zone_and_nobody_else(world, center):
    model = world()
    model.terms.arrivals[[SHANGHAI, TALENT, INCUBATED]] = 20.0
    everybody = come(model)
    standard = np.full(model.terms.founding.size, -np.inf)
    grid(standard, 2)[:, 1] = 0.0
    now = np.uint64(model.quarter)
    batch, count = Batch(*(column.copy() for column in everybody)), everybody.uids.size
    kept = arrivals.admit(model.rules.traits, standard, 2, model.luck, now, batch, count)
    gone = ~np.isin(everybody.uids, batch.uids[:kept])
    assert count - kept == np.count_nonzero(gone) > 0
    assert set(everybody.source[gone]) == {SHANGHAI}
    assert set(everybody.zone[gone]) == {1}
    rows = model.firms.take_rows(everybody.uids.size)
    columns = model.firms.columns
    model.rules.furnish(model, rows, everybody)
    relative = columns.log_productivity[rows] - model.survey.mean_productivity[everybody.sector]
    judged = (everybody.source == SHANGHAI) & (everybody.zone == 1)
    assert np.array_equal(gone[judged], relative[judged] < 0)


def test_rejected_arrivals_are_counted_and_not_founded(world):
    rows = {
        **EVENTS,
        "strict": {"family": "cross_province_park", "parks": [], "standard": 130, "source": "test"},
    }
    model, free = world(rows), world(EVENTS)
    for each in (model, free):
        each.step()
    assert model.value("arrivals_rejected") > 0
    assert free.value("arrivals_rejected") == 0
    arrived = [m.value("births_shanghai") + m.value("births_elsewhere") for m in (model, free)]
    assert arrived[0] + model.value("arrivals_rejected") == arrived[1]
    assert model.value("births_local") == free.value("births_local")


def test_each_source_has_traits_of_its_own(world, center):
    model = world()
    model.terms.arrivals[SHANGHAI : INCUBATED + 1] = 60.0
    batch = come(model)
    rows = model.firms.take_rows(batch.uids.size)
    columns = model.firms.columns
    model.rules.furnish(model, rows, batch)
    special = {
        SHANGHAI: center.shanghai_firm, FOREIGN_PROJECT: center.foreign_project,
        TALENT: center.talent_founder, INCUBATED: center.start_up,
    }  # fmt: skip
    for source, c in special.items():
        mine = rows[batch.source == source]
        error = c.size_spread / mine.size**0.5
        assert np.median(columns.log_employees[mine]) == pytest.approx(c.log_size, abs=6 * error)
        assert columns.performs[mine].mean() == pytest.approx(c.performs, abs=0.06)
        assert np.mean(columns.ownership[mine] >= 3) == pytest.approx(c.foreign, abs=0.06)
        japanese = np.mean(columns.ownership[mine] == 3)
        assert japanese == pytest.approx(c.foreign * c.japanese, abs=0.06)


def test_more_arrivals_than_can_be_drawn_are_an_error_that_says_so(world):
    model = world()
    model.terms.arrivals[SHANGHAI, 0, 0] = 900.0
    with pytest.raises(arrivals.ArrivalsError, match="900 arrivals"):
        model.rules.founders(model)
    assert come(model, weight=9).uids.size > 0


def test_the_article_s_events_and_projects_are_met_as_assumed(make_model):
    """N9 and N10 in expectation: 74 projects from Shanghai in the first half of 2018 times the share that are firms."""
    region = build_region(yaml.safe_load((CONFIGS / "region/pinghu.yaml").read_text(encoding="utf-8")))
    rows = yaml.safe_load((CONFIGS / "policies/pinghu_2017.yaml").read_text(encoding="utf-8"))
    rows.pop("defaults")
    policies = {name: row.policy for name, row in shelf.build(rows).items() if row.group == "integration"}
    model = make_model(200, region=region, policies=policies)
    expected = np.zeros(len(SOURCES))
    for text in ("2018-Q1", "2018-Q2"):
        model.quarter = quarter_index(text)
        model.revise_terms()
        expected += model.terms.arrivals.sum(axis=(1, 2)) * np.exp(model.terms.pull)
    events = rows["shanghai_events"]
    assert expected[SHANGHAI] / (events["share"] / 100) == pytest.approx(74, rel=0.04)
    # the corridor's five percent come on top of the 22 projects
    assert expected[FOREIGN_PROJECT] / (rows["foreign_projects"]["share"] / 100) == pytest.approx(22, rel=0.06)
