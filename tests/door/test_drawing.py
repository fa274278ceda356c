"""Charts that several processes draw are those that one draws."""

from pathlib import Path

from ecosim.door import charts
from ecosim.door.run import run_scenario


def test_charts_are_the_same_for_any_number_of_processes(here: Path, fake: None) -> None:
    outcome = run_scenario(["+scenario=pinghu_2017", "members=4", "tracking.enabled=false", "workers=1"])
    drawn = {}
    for workers in (1, 2):
        home = here / str(workers)
        home.mkdir()
        paths = charts.draw(outcome.result, outcome.job.targets, {"2017-07": "award"}, outcome.labels, home, workers)
        drawn[workers] = {path.relative_to(home): path.read_bytes() for path in paths}
    assert list(drawn[1]) == list(drawn[2])
    assert drawn[1] == drawn[2]
    assert {path.name for path in drawn[1]} >= {"fan.png", "fan_narrow.png", "effect.png"}
