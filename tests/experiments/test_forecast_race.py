"""The experiment of the forecast race: cohorts know of the fall after a boom."""

from pathlib import Path

import pytest
from scripts import load

FOLDER = Path(__file__).parents[2] / "experiments" / "forecast_race"


@pytest.mark.slow
def test_the_model_says_one_and_two_years_ahead_that_certificates_fall_and_trends_do_not(monkeypatch) -> None:
    turn = load("forecast_race", "turning_point")
    monkeypatch.setattr(turn, "MODELS", ("last_value", "drift", "ar1", "nb_trend", "pooled", "ecosim"))
    found = turn.compare(turn.make_counts(regions=3, firms=4_000)).set_index(["model", "years_ahead"])
    for ahead in (1, 2):
        assert found.loc[("counted", ahead), "change"] < -15
        assert found.loc[("ecosim", ahead), "change"] < -15
        assert found.loc[("ecosim", ahead), "probability"] > 60
        for trend in ("drift", "ar1", "nb_trend", "pooled"):
            assert found.loc[(trend, ahead), "change"] > 0
            assert found.loc[(trend, ahead), "says_fall"] == 0
            assert found.loc[("ecosim", ahead), "mape"] < found.loc[(trend, ahead), "mape"]
