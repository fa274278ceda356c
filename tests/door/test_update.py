"""study=update: a recorded forecast is moved by a new year's counts; what says nothing of it is refused."""

import html
import json
import shlex
import shutil
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from ecosim.door.console import run
from ecosim.door.publish import run_publish
from ecosim.door.run import run_scenario
from ecosim.door.updating import run_update
from ecosim.door.updating_given import left_out
from ecosim.door.updating_told import sentences
from ecosim.forecast.assimilation import Assimilated, Evidence

FORECAST = ["+scenario=pinghu_2017", "members=400", "horizon=2019"]
QUIET = [*FORECAST, "tracking.enabled=false"]
NEW = "location,target,time,value\nPinghu,hnte_stock,2017,118\n"


@pytest.fixture
def recorded(here: Path, fake: None) -> str:
    """The folder of a forecast of hnte_stock (median 115 in 2017), and a table with the new year beside it."""
    (here / "new.csv").write_text(NEW, encoding="utf-8")
    return str(run_scenario(QUIET).folder.relative_to(here))


def command(recorded: str, *more: str) -> list[str]:
    return ["study=update", f"run={recorded}", "data.path=new.csv", "study.counts=[hnte_stock]",
            "tracking.enabled=false", *more]  # fmt: skip


def test_the_updated_forecast_stands_with_the_counts_and_what_moved(
    here: Path, recorded: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(command(recorded)) == 0
    (home,) = (here / "outputs" / "update").iterdir()
    names = {path.name for path in home.iterdir()}
    assert names >= {"forecast.csv", "baseline_forecast.csv", "effect.csv", "counts.csv", "moved.csv",
                     "members.parquet", "statements.txt", "update.png", "config.yaml", "provenance.json"}  # fmt: skip
    forecast = pd.read_csv(home / "forecast.csv", dtype={"time": str})
    before = pd.read_csv(here / recorded / "forecast.csv", dtype={"time": str})
    assert forecast.columns.tolist() == before.columns.tolist()
    assert set(forecast["time"]) == {"2018", "2019"}
    assert set(forecast["origin"]) == {"2017-12"}
    counted = pd.read_csv(home / "counts.csv").set_index("target").loc["hnte_stock"]
    assert counted["lower"] < counted["observed"] < counted["upper"]
    assert 0.0 < counted["deviation"] < 1.0
    after = pd.read_parquet(home / "members.parquet")
    assert after.columns.tolist() == pd.read_parquet(here / recorded / "members.parquet").columns.tolist()
    assert after.groupby(["scenario", "target", "time"])["member"].nunique().eq(400).all()
    moved = pd.read_csv(home / "moved.csv", dtype={"time": str}).set_index(["target", "time"])
    assert moved.loc[("hnte_stock", "2018"), "width"] < 1.0
    own = before[(before["target"] == "hnte_stock") & (before["time"] == "2018")].set_index("quantile")["value"]
    told_before = moved.loc[("hnte_stock", "2018"), ["lower_before", "median_before", "upper_before"]].tolist()
    assert told_before == pytest.approx(own.loc[[0.05, 0.5, 0.95]].tolist(), rel=1e-9)
    told = json.loads((home / "provenance.json").read_text(encoding="utf-8"))["updated"]
    assert (told["run"], told["until"]) == (Path(recorded).name, 2017)
    assert "moved the 400 members of run" in (home / "statements.txt").read_text(encoding="utf-8").splitlines()[0]
    said = capsys.readouterr().out
    assert "before and after" in said
    assert "High-tech enterprises 2017" in " ".join(said.split())
    assert "高新技术企业" in said
    assert "hnte" not in said
    assert "hnte" not in (home / "statements.txt").read_text(encoding="utf-8")
    assert "1 count up to the end of 2017" in said


def test_a_given_count_that_follows_from_another_is_named_and_numbers_are_rounded_as_in_a_run() -> None:
    follows = Evidence("tech_sme_stock", "2017", 358.0, np.array([300.0]), 0.0, "follows from tech_sme_new")
    used = Evidence("tech_sme_new", "2017", 300.4, np.array([50.0]), 0.0, "")
    table = {"target": "tech_sme_new", "time": "2017", "observed": 300.4, "lower": 25.8, "upper": 95.8}
    moved = {"target": "tech_sme_new", "time": "2018", "shift": 0.1, "width": 0.9}
    moved |= {f"{name}{when}": 25.8 for name in ("median", "lower", "upper") for when in ("_before", "")}
    counts = pd.DataFrame([table | {"not_used": "", "inside_90": False}])
    run_of = SimpleNamespace(
        place="Pinghu", place_local="", title="", settings={"baseline": "national_rules"}, from_posterior=False,
        updated=False, short="run", statements=list, origin="2016-12",
    )  # fmt: skip
    found = Assimilated((used, follows), np.zeros((400, 1)), np.zeros((400, 1)), np.zeros(1))
    told = sentences(run_of, found, {"counts": counts, "moved": pd.DataFrame([moved])}, 2017, ["tech_sme_new"])
    assert told[0].endswith("Not used: Technology SMEs 2017 (358; follows from New technology SMEs).")
    assert "outside: New technology SMEs 2017 (300; forecast 26 to 96)" in told[1]
    assert told[2].startswith("New technology SMEs 2018: 26 (26 to 26) before, 26 (26 to 26) now")
    alone = Assimilated((used,), found.logs, found.gaps, found.noise)
    assert "Not used" not in sentences(run_of, alone, {"counts": counts, "moved": pd.DataFrame([moved])}, 2017, [])[0]


def test_the_same_command_gives_the_same_tables(here: Path, recorded: str) -> None:
    first, second = (run_update(command(recorded)).folder for _ in range(2))
    for name in ("forecast.csv", "effect.csv", "moved.csv", "members.parquet"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_an_update_is_a_run_of_its_own_in_mlflow(here: Path, fake: None, store: Path) -> None:
    shutil.copytree(store, here / "mlruns")
    (here / "new.csv").write_text(NEW, encoding="utf-8")
    forecast = run_scenario(FORECAST).run_id
    assert forecast
    words = ["study=update", f"run={forecast[:8]}", "data.path=new.csv", "study.counts=[hnte_stock]"]
    outcome = run_update(words)
    assert outcome.problem == ""
    with sqlite3.connect(here / "mlruns" / "mlflow.db") as base:
        tags = dict(base.execute("SELECT key, value FROM tags WHERE run_uuid = ?", (outcome.run_id,)).fetchall())
        found = dict(base.execute("SELECT key, value FROM metrics WHERE run_uuid = ?", (outcome.run_id,)).fetchall())
    assert (tags["role"], tags["updated_run"]) == ("update", forecast)
    assert found["inside_90"] == 1.0


WRONG = [
    (["study.until=2019"], "the run ends with 2019, so nothing would be left to forecast; give 2018 or earlier"),
    (["study.counts=[hnte_stok]"], "does not forecast 'hnte_stok'; did you mean 'hnte_stock'?"),
    (["data.path=old.csv"], "old.csv: its one row says nothing of run"),
    (
        ["data.path=far.csv"],
        "standard deviations from the forecast (6 at most); one of the two is wrong: look at the count",
    ),
    (["data.path=far.csv", "study.until=2018"], "data.path=far.csv: run "),
    (["run=nothere"], "no run 'nothere'"),
    (["+scenario=pinghu_2017"], "study=update takes a run, no scenario"),
    (["study.dispersion=0"], "study.dispersion"),
]


@pytest.mark.parametrize(("words", "says"), WRONG, ids=[words[0] for words, _ in WRONG])
def test_what_cannot_be_done_is_one_message(
    here: Path, recorded: str, words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "far.csv").write_text(NEW.replace("118", "900"), encoding="utf-8")
    (here / "old.csv").write_text(NEW.replace("2017", "2015"), encoding="utf-8")
    capsys.readouterr()
    assert run(command(recorded, *words)) == 2
    told = capsys.readouterr().err
    assert says in told
    assert "Traceback" not in told
    assert not (here / "outputs" / "update").exists()


def test_a_table_of_which_no_row_matches_is_refused_with_what_it_has_and_what_the_run_has(
    here: Path, recorded: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = ["Wuxi,hnte_stock,2017,110,count", "Pinghu,widgets,2017,110,count", "Pinghu,hnte_stock,2016,90,count"]
    (here / "new.csv").write_text("\n".join(["location,target,time,value,unit", *rows]) + "\n", encoding="utf-8")
    assert run([text for text in command(recorded) if not text.startswith("study.counts")]) == 2
    told = capsys.readouterr().err
    assert "new.csv: none of its 3 rows says anything of run" in told
    assert (
        "1 of other places (Wuxi); 1 of what the run does not forecast (widgets); 1 of times that the run does not"
        in told
    )
    assert "The run is of Pinghu from 2016-12 and forecasts" in told
    assert "hnte_stock" in told
    assert not (here / "outputs" / "update").exists()


def test_months_that_make_no_quarter_are_named(here: Path, recorded: str) -> None:
    members = pd.read_parquet(here / recorded / "members.parquet")
    rows = ["Pinghu,hnte_stock,2017,118", *(f"Pinghu,births,2017-{month:02d},9" for month in (1, 2))]
    (here / "new.csv").write_text("\n".join(["location,target,time,value", *rows]) + "\n", encoding="utf-8")
    births = members[members["target"] == "hnte_stock"].assign(target="births", frequency="quarter")
    births["time"] = births["time"].astype(str) + "-Q1"
    pd.concat([members, births]).to_parquet(here / recorded / "members.parquet", index=False)
    missed = run_update(command(recorded)).missed
    assert "2 of quarters that lack a month (births 2017-01, births 2017-02)" in missed


def test_months_of_a_flow_are_drawn_as_the_year_that_they_make(
    here: Path, recorded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = ["Pinghu,hnte_stock,2017,118", *(f"Pinghu,births,2017-{month:02d},9" for month in range(1, 13))]
    (here / "new.csv").write_text("\n".join(["location,target,time,value", *rows]) + "\n", encoding="utf-8")
    drawn: list[dict[str, pd.DataFrame]] = []
    monkeypatch.setattr("ecosim.figures.overlay.overlay_chart", lambda *given, **more: drawn.append(given[1]))
    run_update(command(recorded))
    for known in drawn[0].values():
        assert known.loc[known["target"] == "births", ["time", "value"]].to_numpy().tolist() == [["2017", 108.0]]


def test_rows_that_match_nothing_beside_others_are_counted_and_named(
    here: Path, recorded: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = ["Pinghu,hnte_stock,2017,118,count", "Wuxi,hnte_stock,2017,110,count", "Pinghu,widgets,2017,110,count"]
    (here / "new.csv").write_text("\n".join(["location,target,time,value,unit", *rows]) + "\n", encoding="utf-8")
    outcome = run_update(command(recorded))
    says = (
        "2 of 3 rows of new.csv say nothing of this run and were not used: 1 of other places (Wuxi); 1 of what the run"
    )
    assert outcome.missed.startswith(says)
    assert outcome.missed in (outcome.folder / "statements.txt").read_text(encoding="utf-8").splitlines()
    assert run(command(recorded)) == 0
    assert "2 of 3 rows of new.csv" in " ".join(capsys.readouterr().out.split())
    (here / "new.csv").write_text(NEW, encoding="utf-8")
    assert run_update(command(recorded)).missed == ""


def test_a_count_is_used_after_the_origin_up_to_the_last_year_and_where_it_has_a_value() -> None:
    own = SimpleNamespace(place="Pinghu", origin="2016-12", short="run")
    members = pd.DataFrame({"target": "hnte_stock", "time": [str(year) for year in range(2016, 2021)]})
    rows = [("2016", 100.0), ("2017", 110.0), ("2018", float("nan")), ("2019", 130.0), ("2020", 140.0)]
    given = pd.DataFrame(rows, columns=["time", "value"]).assign(location="Pinghu", target="hnte_stock")
    assert left_out(own, given, members, 2019, "new.csv") == (
        "3 of 5 rows of new.csv say nothing of this run and were not used: 2 of times that the run does not forecast "
        "up to 2019 (2016, 2020); 1 without a value (hnte_stock 2018)."
    )
    assert left_out(own, given.iloc[[1, 3]], members, 2019, "new.csv") == ""
    others = pd.concat([given.iloc[[1]], *(given.iloc[[1]].assign(location=f"Q{n}") for n in range(7))])
    assert "7 of other places (Q0, Q1, Q2, Q3, Q4 and 2 more)" in left_out(own, others, members, 2019, "new.csv")


def test_an_update_is_published_with_counts_references_and_what_members_rest_on(here: Path, recorded: str) -> None:
    moved = run_update(command(recorded)).folder
    published = run_publish(["study=publish", f"run={moved.relative_to(here)}"])
    assert published.folder.name.startswith("pinghu_2017_2017-12_")
    (name,) = (published.folder / "model-output" / "ecosim-abm").glob("2017-12-31-*.csv")
    rows = pd.read_csv(name)
    assert set(rows["scenario_id"]) == {"pinghu_2017", "national_rules"}
    assert set(rows["horizon"]) == {12, 24}
    assert rows.loc[rows["output_type"] == "sample", "output_type_id"].nunique() == 400
    known = pd.read_csv(published.folder / "target-data" / "time-series.csv")
    stock = known[known["target"] == "hnte_stock"].set_index("target_end_date")["observation"]
    assert stock["2017-12-31"] == 118.0
    for table in ("basis", "policies"):
        kept = (here / recorded / f"{table}.csv").read_bytes()
        assert (published.folder / "run" / f"{table}.csv").read_bytes() == kept
    assert "updated by counts to 2017" in (published.folder / "README.md").read_text(encoding="utf-8")
    about = (published.folder / "model-metadata" / "ecosim-abm.yml").read_text(encoding="utf-8")
    assert "ensemble Kalman smoother" in about


def test_the_page_of_an_update_says_what_moved_the_effect_and_what_the_run_said(here: Path, recorded: str) -> None:
    said = (here / recorded / "statements.txt").read_text(encoding="utf-8").splitlines()
    moved = run_update(command(recorded))
    before = [f"Forecast from 2016-12: {sentence}" for sentence in said]
    assert list(moved.statements[-len(said) :]) == before
    published = run_publish(["study=publish", f"run={moved.folder.relative_to(here)}"]).folder
    page = html.unescape((published / "report.html").read_text(encoding="utf-8"))
    assert all(sentence in page for sentence in before)
    assert "New counts moved it by what goes together with them among the members (ensemble Kalman smoother)" in page
    assert "not identified from counts alone" in page
    assert "not an estimate from these counts" not in page


def test_what_a_run_said_is_told_once_by_an_update_of_its_update(
    here: Path, recorded: str, capsys: pytest.CaptureFixture[str]
) -> None:
    first = run_update(command(recorded)).folder
    (here / "next.csv").write_text("location,target,time,value\nPinghu,hnte_stock,2018,131\n", encoding="utf-8")
    words = [word.replace("new.csv", "next.csv") for word in command(str(first.relative_to(here)))]
    told = run_update(words).statements
    about = [text.partition(": ")[0] for text in told if text.startswith("Forecast from ")]
    assert set(about) == {"Forecast from 2016-12", "Forecast from 2017-12"}
    assert not any(text.count("Forecast from ") > 1 for text in told)
    capsys.readouterr()
    assert run(words) == 0
    assert "Each member moves by what goes together" in " ".join(capsys.readouterr().out.split())


def test_a_gap_that_was_declared_among_the_counts_stays_one(here: Path, recorded: str) -> None:
    rows = ["Pinghu,tech_sme_stock,2014,200", "Pinghu,tech_sme_stock,2015,", "Pinghu,hnte_stock,2018,"]
    (here / "new.csv").write_text(NEW + "\n".join(rows) + "\n", encoding="utf-8")
    home = run_update(command(recorded)).folder
    known = pd.read_csv(home / "observed.csv", dtype={"time": str}).set_index(["target", "time"])["value"]
    assert known.loc["tech_sme_stock"].loc[["2014", "2015", "2016"]].isna().tolist() == [False, True, False]
    assert pd.read_csv(home / "later.csv")["value"].notna().all()
    run_publish(["study=publish", f"run={home.relative_to(here)}"])


def test_an_update_is_updated_by_the_year_after(here: Path, recorded: str) -> None:
    first = run_update(command(recorded)).folder
    (here / "next.csv").write_text("location,target,time,value\nPinghu,hnte_stock,2018,131\n", encoding="utf-8")
    words = command(str(first.relative_to(here)))
    second = run_update([word.replace("new.csv", "next.csv") for word in words]).folder
    assert set(pd.read_csv(second / "forecast.csv")["time"]) == {2019}
    counted = pd.read_csv(second / "observed.csv", dtype={"time": str}).set_index(["target", "time"])["value"]
    assert counted.loc["hnte_stock"].loc[["2017", "2018"]].tolist() == [118.0, 131.0]
    before = pd.read_csv(first / "forecast.csv")
    was = before[(before["target"] == "hnte_stock") & (before["time"] == 2019) & (before["quantile"] == 0.5)]
    told = pd.read_csv(second / "moved.csv").set_index(["target", "time"])["median_before"]
    assert told[("hnte_stock", 2019)] == pytest.approx(float(was["value"].iloc[0]), rel=1e-9)


def test_an_update_is_not_made_again_by_reproduce_which_says_how_it_is(
    here: Path, recorded: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "new.csv").rename(here / "new counts.csv")
    words = [word.replace("new.csv", "'new counts.csv'") for word in command(recorded)]
    moved = run_update(words).folder
    assert run(["study=reproduce", f"run={moved.relative_to(here)}"]) == 2
    told = capsys.readouterr().err
    again = told.strip().partition("is an update, which its own command makes again: ")[2]
    assert again.startswith(f"""python -m ecosim study=update "study.run='{recorded}'" "data.path='new counts.csv'" """)
    twice = run_update(shlex.split(again)[3:]).folder
    assert (twice / "forecast.csv").read_bytes() == (moved / "forecast.csv").read_bytes()
    (moved / "updated_run.yaml").unlink()  # as a version before 0.2.10 left it
    assert run(["study=publish", f"run={moved.relative_to(here)}"]) == 2
    assert "make the update again" in capsys.readouterr().err
