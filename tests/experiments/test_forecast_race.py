"""The experiment of the forecast race: cohorts know of the fall after a boom."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scripts import load

from ecosim.data import china
from ecosim.door.backtest import run_backtest

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


@pytest.mark.slow
def test_the_tables_and_charts_of_a_finished_race_stand_in_its_readme(tmp_path, monkeypatch) -> None:
    luck = np.random.default_rng(1)
    rows = []
    for place in ("A", "B", "C"):
        stock = 1000.0
        for year in range(1995, 2013):
            born, closed = np.round(stock * (0.10 + 0.02 * luck.random(2)))
            stock += born - closed
            rows += [(place, "firms", year, stock), (place, "births", year, born), (place, "deaths", year, closed)]
    counts = pd.DataFrame(rows, columns=["location", "target", "time", "value"]).assign(unit="count")
    counts.to_csv(tmp_path / "my.csv", index=False)
    models = "[last_value,drift,ensemble,ecosim,ecosim_stacked,ecosim_stacked_plain]"
    words = ["study=backtest", "data.path=my.csv", f"models={models}", "horizons=[1,3]", "study.origins=7"]
    home = run_backtest([*words, "study.samples=100", "tracking.enabled=false", "workers=1"], cwd=tmp_path).folder
    (tmp_path / "README.md").write_text("![](mine.png)\n<!-- mine: begin -->\nold\n<!-- mine: end -->\nafter\n")
    tables = load("forecast_race", "tables")
    monkeypatch.setattr(tables, "FOLDER", tmp_path)
    monkeypatch.setattr(sys, "argv", ["tables.py", str(home), "--write", "mine"])
    tables.main()
    text = (tmp_path / "README.md").read_text()
    assert "old" not in text
    assert text.startswith("![](mine.png)\n<!-- mine: begin -->")
    assert text.endswith("<!-- mine: end -->\nafter\n")
    assert "    python -m ecosim data=own study=backtest data.path=my.csv study.models=[last_value" in text
    assert "7 origins: 2005, 2006, 2007, 2008, 2009, 2010, 2011." in text
    for head in (
        "`ecosim_stacked` over best so far",
        "over the random walk",
        "in its 90 %",
        "asked of `ecosim_stacked`",
    ):
        assert head in text
    assert (tmp_path / "mine.png").read_bytes() == (home / "skill.png").read_bytes()
    assert not (tmp_path / "mine_calibration.png").exists()


def test_the_lines_on_grants_stand_in_the_readme(capsys) -> None:
    load("forecast_race", "grants").main()
    assert capsys.readouterr().out in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_a_steady_trend_is_forecast_better_with_all_of_it_than_with_half_and_each_way_meets_the_same_years(
    capsys,
) -> None:
    damping = load("forecast_race", "damping")
    found = damping.race(china.load(), ("rd_expenditure",), range(2017, 2020))
    wis = found.pivot_table(index=["origin", "step"], columns="way", values="wis")
    assert wis.index.tolist() == [(origin, step) for origin in (2017, 2018, 2019) for step in range(1, 2023 - origin)]
    assert wis.notna().all(axis=None)
    assert wis["all"].mean() < wis["averaged by prior and loss"].mean() < wis["half"].mean()
    damping.tell("R&D", found)
    said = capsys.readouterr().out
    assert "R&D: origins 2017 to 2019\n  least loss: 1 y 1.000" in said
    more = np.log(wis["half"] / wis["least loss"])
    assert f"later {np.exp(more.loc[2018:].mean()):.3f}, all {np.exp(more.mean()):.3f}" in said
