"""The index of progress rises with each of its parts, and the rank follows it."""

import numpy as np
import pytest

from ecosim.model.firms import HIGH_TECH
from ecosim.model.progress import Components, Progress, Quarter, components, index, rank
from ecosim.model.region import Monitoring, Region

START = Components(0.02, 0.03, 0.01, 0.1, 0.002)
PEERS = Monitoring(places=90, rank=25, drift=0.1, spread=0.7)


@pytest.mark.parametrize("name", Components._fields)
def test_the_index_rises_when_a_component_does(name):
    assert index(START, START) == 0.0
    values = [index(START._replace(**{name: getattr(START, name) * up}), START) for up in (0.0, 0.5, 1.0, 2.0)]
    assert values == sorted(values)
    assert values[0] < values[1] < 0.0 < values[3]


def test_the_rank_starts_where_the_place_was_and_improves_with_the_index():
    assert rank(0.0, 0.0, PEERS) == pytest.approx(25, abs=0.6)
    ranks = [rank(value, 1.0, PEERS) for value in (-1.0, 0.0, 0.5, 3.0)]
    assert ranks == sorted(ranks, reverse=True)
    assert 1.0 <= ranks[-1] < 2.0
    assert rank(0.0, 5.0, PEERS) > rank(0.0, 1.0, PEERS), "who stands still falls back"
    assert rank(1.0, 1.0, Monitoring()) == 0.0


def test_the_index_is_taken_over_four_quarters():
    progress = Progress(PEERS)
    quarter = Quarter(1000.0, 10.0, 100.0, 5.0, 3.0, 500.0, 20.0, 1.0)
    for _ in range(5):
        progress.observe(quarter)
    assert progress.index == pytest.approx(0.0)
    progress.observe(quarter._replace(reported=20.0))
    once = progress.index
    assert once > 0
    for _ in range(3):
        progress.observe(quarter._replace(reported=20.0))
    assert progress.index > once
    for _ in range(4):
        progress.observe(quarter)
    assert progress.index == pytest.approx(0.0)


def test_a_model_shows_index_rank_and_the_gap_of_reported_research(make_model, run, quick):
    model = make_model(200, behaviors=quick, weight=1)
    shown = run(model, 4)
    assert np.isfinite(shown["progress_index"]).all()
    assert set(shown["progress_rank"]) == {0.0}
    gap = np.array(shown["rd_reported"]) / np.array(shown["rd_expenditure"]) - 1
    assert shown["rd_gap_share"] == pytest.approx(gap)


def test_the_index_goes_on_in_a_fork(make_model, run, quick, monkeypatch):
    model = make_model(200, behaviors=quick)
    monkeypatch.setattr(model.progress, "monitoring", PEERS)
    run(model, 6)
    twin = model.fork()
    assert (twin.progress.index, twin.progress.rank) == (model.progress.index, model.progress.rank)
    assert model.progress.index != 0.0
    for each in (model, twin):
        each.step()
    assert (twin.progress.index, twin.progress.rank) == (model.progress.index, model.progress.rank)
    assert twin.progress.last == model.progress.last
    assert twin.progress.last is not model.progress.last


def test_certifying_firms_from_outside_does_not_move_the_index(make_model, run, quick):
    model = make_model(200, behaviors=quick)
    run(model, 5)
    patents = [quarter.patents for quarter in model.progress.last]
    model.agents.select(at_most=100).set("certificate", HIGH_TECH)
    model.take_survey()
    model.progress.begin(model)
    assert (model.progress.index, model.progress.quarters) == (0.0, 0)
    assert model.progress.last[-1].certified == np.sum(model.agents.certificate == HIGH_TECH) > 100
    assert [quarter.patents for quarter in model.progress.last] == patents
    assert model.progress.start == components(model.progress.last)


def test_ratios_do_not_grow_with_the_firms_that_an_agent_stands_for(make_model, run, quick):
    one, three = (run(make_model(200, behaviors=quick, weight=weight), 3) for weight in (1, 3))
    for name in ("progress_index", "rd_gap_share"):
        assert one[name] == three[name]


def test_a_rank_outside_its_places_is_refused():
    with pytest.raises(ValueError, match="rank 91 of 90"):
        Region(
            name="A", level="county", sectors={"other": 1.0}, ownership={"private": 1.0},
            monitoring={"places": 90, "rank": 91},
        )  # fmt: skip
