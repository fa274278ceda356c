"""Charts that several processes draw are those that one draws; what they are told of policies and past forecasts."""

from pathlib import Path
from types import SimpleNamespace

import pandas as pd

from ecosim.door import charts
from ecosim.door.run import run_scenario
from ecosim.figures import Labels


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


def test_starts_are_those_of_instruments_that_the_baseline_lacks_from_the_quarter_of_the_origin_on() -> None:
    policies = {
        "award": {"label": "Award", "amount": {"2019-01": 30, "2017-07": 20}},
        "one_to_one": {"intensity": {"2017-07": 1.0}},
        "loan": {"label": "Loan", "amount": {"2016-10": 5}, "share": {"private": 0.5}},
        "old": {"label": "Old", "amount": {"2016-09": 5}},
        "national": {"label": "National", "rate": {"2018-01": 0.15}},
        "always": {"label": "Always", "amount": 3},
    }
    starts = charts.instrument_starts(policies, {"national"}, "2016-12")
    assert starts == {"2016-10": "Loan", "2017-07": "2 policies"}
    assert charts.instrument_starts({"one_to_one": policies["one_to_one"]}, {}, "2016-12") == {"2017-07": "one to one"}


def test_past_forecasts_begin_with_ours_and_are_drawn_for_the_first_year_that_was_counted(tmp_path: Path) -> None:
    rows = [
        (model, "Pinghu", "hnte_stock", time, observed)
        for model in ("drift", "ecosim", "random_walk")
        for time, observed in (("2015", float("nan")), ("2016", 100.0), ("2017", 120.0))
    ]
    table = pd.DataFrame(rows, columns=["model", "location", "target", "time", "observed"])
    result = SimpleNamespace(hindcast=table)
    forecasts, truth = charts.hindcast_by_model(result)
    assert list(forecasts) == ["ecosim", "drift", "random walk"]
    assert truth[["time", "value"]].to_numpy().tolist() == [["2016", 100.0], ["2017", 120.0]]
    drawn = charts._of_hindcast(result, ["hnte_stock"], Labels("Pinghu"), tmp_path)
    assert [picture.args[-1] for picture in drawn] == ["2016", "2016"]
    assert charts.hindcast_by_model(SimpleNamespace(hindcast=table.head(1))) is None
