"""A recorded run is published, compared, made again and scored from the command line, by folder or by MLflow's id."""

import json
import re
import shutil
import sqlite3
from pathlib import Path

import pandas as pd
import pytest
import yaml

from ecosim.door.comparing import run_compare
from ecosim.door.console import run
from ecosim.door.publish import run_publish
from ecosim.door.recorded import locate, spelled_out
from ecosim.door.reproduce import run_reproduce
from ecosim.door.run import run_scenario
from ecosim.figures import overlay
from ecosim.publication import checksums, ledger
from ecosim.publication.recorded import Recorded

FEW = ["+scenario=pinghu_2017", "members=4", "horizon=2019"]
IMAGE = "data:image/png;base64"
QUIET = [*FEW, "tracking.enabled=false"]


@pytest.fixture
def recorded(here: Path, fake: None) -> str:
    """The folder of a run, from the working directory."""
    return str(run_scenario(QUIET).folder.relative_to(here))


@pytest.fixture
def logged(here: Path, fake: None, store: Path) -> str:
    """MLflow's id of a run."""
    shutil.copytree(store, here / "mlruns")
    found = run_scenario(FEW).run_id
    assert found
    return found


def test_short_keys_stand_for_those_of_the_study_and_ids_stay_text() -> None:
    full = spelled_out(
        ["study=publish", "run=3e10", "study.to=a b", "members=5", "runs=[12,outputs/x]"], ("run", "to", "runs")
    )
    assert full == ["study=publish", "study.run='3e10'", "study.to='a b'", "members=5", "study.runs=['12','outputs/x']"]
    assert spelled_out(["forecast=null"], ("forecast",)) == ["study.forecast=null"]


def test_a_run_is_published_by_its_folder_and_twice_is_the_same(recorded: str) -> None:
    first = run_publish(["study=publish", f"run={recorded}"])
    second = run_publish(["study=publish", f"run={recorded}", "to=elsewhere"])
    assert first.digest == second.digest == checksums.verify(Path("elsewhere"))
    page = (first.folder / "report.html").read_text(encoding="utf-8")
    assert 'href="ODD.md"' in page
    assert "These few points cannot tell the instruments apart." in page
    assert page.count("data:image/png;base64") >= 4
    assert "<script" not in page


def test_a_run_is_published_by_the_beginning_of_its_id(here: Path, logged: str) -> None:
    made = run_publish(["study=publish", f"run={logged[:6]}", "team=lab", "authors=[Ada Lovelace]"])
    assert made.folder == here / "outputs" / "published" / f"pinghu_2017_2016-12_{logged[:8]}"
    assert made.models == ("lab-abm", "lab-random_walk")
    assert yaml.safe_load((made.folder / "CITATION.cff").read_text(encoding="utf-8"))["authors"] == [
        {"name": "Ada Lovelace"}
    ]


def test_identification_stands_in_the_report_where_a_run_has_it(here: Path, recorded: str) -> None:
    row = ("exit log_age", 0.2, 0.19, 0.05, "weakly identified", "counts")
    columns = ["parameter", "prior_sd", "posterior_sd", "contraction", "verdict", "basis"]
    pd.DataFrame([row], columns=columns).to_csv(here / recorded / "identification.csv", index=False)
    page = (run_publish(["study=publish", f"run={recorded}"]).folder / "report.html").read_text(encoding="utf-8")
    assert "What these data tell of the parameters" in page
    assert "weakly identified" in page


TAKE_UP = "scenario,location,zone,instrument,year,stage,median,lower,upper,zone_zh,label,label_zh"


def test_the_ladder_of_take_up_stands_in_a_published_page_as_in_the_run(here: Path, recorded: str) -> None:
    asked = ["study=publish", f"run={recorded}"]
    without = (run_publish(asked).folder / "report.html").read_text(encoding="utf-8")
    stages = ("eligible", "aware", "applied", "funded", "kept")
    rows = [f"s,Pinghu,all,award,2018,{stage},{9 - k},{8 - k},{10 - k},,Award,奖励" for k, stage in enumerate(stages)]
    (here / recorded / "take_up.csv").write_text("\n".join([TAKE_UP, *rows]), encoding="utf-8")
    page = (run_publish([*asked, "to=elsewhere"]).folder / "report.html").read_text(encoding="utf-8")
    assert page.count(IMAGE) == without.count(IMAGE) + 2  # wide and narrow


@pytest.mark.slow
def test_the_page_of_a_published_run_has_the_very_charts_of_the_run(here: Path) -> None:
    folder = run_scenario(["+scenario=pinghu_2017", "members=3", "horizon=2020", "tracking.enabled=false"]).folder
    published = run_publish(["study=publish", f"run={folder.relative_to(here)}"]).folder
    pages = [(home / "report.html").read_text(encoding="utf-8") for home in (folder, published)]
    drawn, shown = (re.findall(f'{IMAGE},([^"]+)"', page) for page in pages)
    assert drawn == shown
    assert len(drawn) >= 6  # fan, effect and take-up, wide and narrow


WRONG = [
    (["study=publish"], "study.run has no value"),
    (["study=publish", "run=nothere"], "no run 'nothere': it is no folder, and no run is logged in"),
    (["study=publish", "run=outputs"], "a folder without config.yaml is no run"),
    (["study=publish", "run={run}", "license=MIT"], "study.license='MIT': must be 'CC0-1.0'"),
    (["study=publish", "run={run}", "team=our-lab"], "team='our-lab': a hub takes up to 16 letters"),
    (["study=publish", "run={run}", "repository=hub"], "repository='hub': write owner/name"),
    (["study=publish", "run={run}", "timezone=Mars/Base"], "timezone: 'Mars/Base' is none of"),
    (["+scenario=pinghu_2017", "study=publish", "run={run}"], "takes a run, no scenario"),
    (["study=compare", "runs=[{run}]"], "1 run; name two to eight"),
    (["study=compare", "runs=[{run},{run}]"], "one run is named twice"),
    (["study=reproduce", "run=outputs/none"], "no run 'outputs/none'"),
    (["study=score", "forecast=nothere", "data.path=x.csv"], "forecast='nothere': no such folder"),
    (["study=score", "forecast={run}", "data.path=x.csv"], "holds no SHA256SUMS"),
    (["study=score", "data.path=x.csv"], "without a forecast only checks the ledger and uses no counts"),
    (["study=score", "data=china"], "data=china: study=score without a forecast only checks the ledger"),
]


@pytest.mark.parametrize(("words", "told"), WRONG)
def test_every_mistake_is_one_message(
    recorded: str, words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([word.replace("{run}", recorded) for word in words]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert "Traceback" not in said


def test_an_unknown_id_is_answered_with_the_latest_runs(logged: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["study=publish", "run=00000000"]) == 2
    assert f"the latest here are {logged[:8]} pinghu_2017-s2017 members=4 horizon=2019" in capsys.readouterr().err


def test_only_runs_of_the_kind_that_is_asked_for_are_named(
    here: Path, logged: str, capsys: pytest.CaptureFixture[str]
) -> None:
    other = run_scenario([*FEW, "seed=7"]).run_id
    compared = run_compare(["study=compare", f"runs=[{logged},{other}]"]).run_id
    assert other
    assert compared
    for words in (["study=publish", "run=00000000"], ["study=compare", f"runs=[{logged},00000000]"]):
        assert run(words) == 2
        said = capsys.readouterr().err
        began = r"\d{4}-\d\d-\d\d \d\d:\d\d"  # runs of one name are told apart by it
        more = "members=4 horizon=2019"
        latest = rf"{other[:8]} pinghu_2017-s7 {more} of {began}; {logged[:8]} pinghu_2017-s2017 {more} of {began}"
        assert re.search(f"the latest here are {latest}", said)
        assert compared[:8] not in said
    assert run([*FEW, "posterior=00000000"]) == 2
    assert "none of the kind that is asked for is logged here" in capsys.readouterr().err


def test_a_run_has_one_name_and_one_bundle_by_its_folder_and_by_its_id(here: Path, logged: str) -> None:
    (folder,) = (here / "outputs" / "pinghu_2017").iterdir()
    first = run_publish(["study=publish", f"run={logged[:8]}"])
    second = run_publish(["study=publish", f"run=outputs/pinghu_2017/{folder.name}"])
    assert (first.folder, first.digest) == (second.folder, second.digest)
    assert not second.fresh
    shutil.rmtree(here / "mlruns")  # the folder knows its name by itself
    assert locate(str(folder), here).run == logged


def test_a_folder_that_does_not_tell_its_id_is_looked_up(here: Path, logged: str) -> None:
    (folder,) = (here / "outputs" / "pinghu_2017").iterdir()
    path = folder / "provenance.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    assert told.pop("run_id") == logged
    path.write_text(json.dumps(told), encoding="utf-8")
    assert locate(str(folder), here).run == logged
    shutil.rmtree(here / "mlruns")
    assert locate(str(folder), here).run == folder.name


def test_a_run_without_tracking_goes_by_its_folder(here: Path, recorded: str, store: Path) -> None:
    shutil.copytree(store, here / "mlruns")
    assert locate(recorded, here).run == Path(recorded).name


def test_a_run_that_holds_no_forecast_is_named_with_its_study(
    here: Path, recorded: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = here / recorded / "config.yaml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump({**settings, "study": {"name": "stylised_facts"}}), encoding="utf-8")
    for words in (["study=publish", f"run={recorded}"], ["study=reproduce", f"run={recorded}"]):
        assert run(words) == 2
        assert "is of study=stylised_facts" in capsys.readouterr().err


def test_runs_with_one_seed_are_compared_future_by_future(
    here: Path, recorded: str, capsys: pytest.CaptureFixture[str]
) -> None:
    other = run_scenario([*QUIET, "~policies.one_to_one_service"]).folder
    assert run(["study=compare", f"runs=[{recorded},{other}]", "tracking.enabled=false"]) == 0
    assert "Of 100 futures B lies above A in " in capsys.readouterr().out
    (home,) = (here / "outputs" / "compare").iterdir()
    assert "B less A: member m of each has the same luck" in (home / "compare.html").read_text(encoding="utf-8")
    assert len(pd.read_csv(home / "paired.csv"))


def test_other_luck_is_said_first_then_a_key_to_the_letters(
    here: Path, recorded: str, capsys: pytest.CaptureFixture[str]
) -> None:
    other = run_scenario([*QUIET, "seed=7"]).folder
    capsys.readouterr()
    assert run(["study=compare", f"runs=[{recorded},{other}]", "tracking.enabled=false"]) == 0
    caution, first, second, blank, *_ = capsys.readouterr().out.splitlines()
    assert caution.startswith("These runs do not share their luck (seed A 2017, B 7)")
    assert first == f"A  Pinghu: 2017 policy package, known to 2016-12; seed 2017 ({Path(recorded).name})"
    assert second == f"B  Pinghu: 2017 policy package, known to 2016-12; seed 7 ({other.name})"
    assert not blank


def test_runs_stand_side_by_side_and_the_page_is_a_run_of_its_own(
    here: Path, logged: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[list[str]] = []
    draw = overlay.overlay_chart
    monkeypatch.setattr(overlay, "overlay_chart", lambda runs, *given: drawn.append(list(runs)) or draw(runs, *given))
    other = run_scenario([*FEW, "seed=7", "~policies.one_to_one_service"]).run_id
    assert other
    compared = run_compare(["study=compare", f"runs=[{logged[:8]},{other[:8]}]"])
    page = (compared.home / "compare.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert page.count("<img ") == 5  # overlay, and fan and effect of each
    assert drawn[0] == ["A with one_to_one_service, seed 2017", "B without one_to_one_service, seed 7"]
    assert "known to 2016-12; without one_to_one_service, seed 7 (" in page
    assert page.index("These runs do not share their luck (seed A 2017, B 7)") < page.index("known to 2016-12")
    assert pd.read_csv(compared.home / "paired.csv").empty
    settings = pd.read_csv(compared.home / "settings.csv").set_index("what")
    assert (settings.loc["seed", "A"], settings.loc["seed", "B"]) == ("2017", "7")
    assert settings.loc["policies.one_to_one_service", "B"] == "–"
    assert not {"members", "origin", "horizon"} & set(settings.index)
    with sqlite3.connect(here / "mlruns" / "mlflow.db") as base:
        tags = dict(base.execute("SELECT key, value FROM tags WHERE run_uuid = ?", (compared.run_id,)).fetchall())
    assert tags["role"] == "compare"
    assert tags["compared"] == f"{logged} {other}"
    assert (here / "mlruns" / "artifacts" / str(compared.run_id) / "artifacts" / "compare.html").is_file()


def test_a_run_is_made_again_to_the_last_bit(recorded: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = run_reproduce(["study=reproduce", f"run={recorded}", "workers=1"])
    assert found.same, found.sentences
    assert found.sentences[0].startswith("Bit-identical: all")
    assert set(found.table["verdict"]) == {"identical"}
    assert (
        json.loads((found.home / "provenance.json").read_text(encoding="utf-8"))["config_hash"]
        == Recorded(Path(recorded), "x").provenance["config_hash"]
    )


def test_the_tables_that_do_not_settle_the_verdict_are_marked_with_what_they_rest_on(
    recorded: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["study=reproduce", f"run={recorded}"]) == 0
    said = capsys.readouterr().out
    table = pd.read_csv(next(Path("outputs/reproduce").glob("*/reproduction.csv")), keep_default_na=False)
    settling = table[table["beside"] == ""]
    assert f"all {len(settling)} tables that settle it (not later.csv)" in said
    assert "later.csv is the same too, and does not settle the verdict" in said
    assert table.set_index("table").loc["later.csv", "beside"] == "counts published after the origin"
    marked = [line.split()[0] for line in said.splitlines() if line.split()[1:3] == ["*", "identical"]]
    assert marked == ["later.csv"]
    assert "* does not settle the verdict" in said


def test_a_table_that_differs_is_named_with_its_place(
    here: Path, recorded: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = here / recorded / "effect.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    lines[3] = lines[3].replace(lines[3].split(",")[6], "12.5")
    path.write_text("".join(lines), encoding="utf-8")
    provenance = here / recorded / "provenance.json"
    told = json.loads(provenance.read_text(encoding="utf-8"))
    told |= {"data_hash": "0" * 64, "ecosim": "0.1.0", "packages": {**told["packages"], "numpy": "1.0"}}
    provenance.write_text(json.dumps(told), encoding="utf-8")
    assert run(["study=reproduce", f"run={recorded}"]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "Not bit-identical" in said
    assert "effect.csv (different)" in said
    assert "version of ecosim: 0.1.0 recorded" in said
    assert "package numpy: 1.0 recorded" in said
    assert "counts known at the origin: hash 000000000000 recorded" in said
    table = pd.read_csv(next(Path("outputs/reproduce").glob("*/reproduction.csv"))).set_index("table")
    assert table.loc["effect.csv", "different"] == 1
    assert table.loc["effect.csv", "where"].startswith("row 4, value: 12.5 recorded")
    assert table.loc["forecast.csv", "verdict"] == "identical"


def test_settings_that_are_not_taken_any_more_are_named(
    here: Path, recorded: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = here / recorded / "config.yaml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump({**settings, "former": 1}), encoding="utf-8")
    assert run(["study=reproduce", f"run={recorded}"]) == 2
    assert "this version does not take its settings" in capsys.readouterr().err


COUNTS = """location,target,time,value
Pinghu,hnte_stock,2017,110
Pinghu,hnte_stock,2018,130
Pinghu,tech_sme_stock,2017,90
"""


def test_a_published_forecast_is_scored_and_the_ledger_grows_once(
    here: Path, recorded: str, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = run_publish(["study=publish", f"run={recorded}", "to=bundle"]).folder
    (here / "counts.csv").write_text(COUNTS, encoding="utf-8")
    words = ["study=score", f"forecast={bundle.name}", "data.path=counts.csv"]
    assert run(words) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "3 counts of 2017 to 2018" in said
    assert "entry 1 (added)" in said
    home = next((here / "outputs" / "score").iterdir())
    names = {path.name for path in home.iterdir()}
    assert {
        "scores.csv",
        "skill.csv",
        "calibration.csv",
        "calibration.png",
        "reliability.csv",
        "statements.txt",
    } <= names
    scores = pd.read_csv(home / "scores.csv")
    assert {"wis", "crps", "log_score", "coverage_90", "pit"} <= set(scores["score"])
    assert run(words) == 0
    assert "entry 1 (there already, nothing added)" in " ".join(capsys.readouterr().out.split())
    assert len(ledger.verify(here / "ledger.jsonl").entries) == 1
    assert run(["study=score"]) == 0
    assert "The chain holds: 1 entry" in capsys.readouterr().out


def test_nothing_is_scored_into_an_edited_ledger(here: Path, recorded: str, capsys: pytest.CaptureFixture[str]) -> None:
    run_publish(["study=publish", f"run={recorded}", "to=bundle"])
    (here / "counts.csv").write_text(COUNTS, encoding="utf-8")
    words = ["study=score", "forecast=bundle", "data.path=counts.csv"]
    assert run(words) == 0
    path = here / "ledger.jsonl"
    path.write_text(
        path.read_text(encoding="utf-8").replace('"observed": 110.0', '"observed": 111.0'), encoding="utf-8"
    )
    (here / "counts.csv").write_text(COUNTS.replace("130", "131"), encoding="utf-8")
    assert run(words) == 2
    assert "entry 1 was changed after it was written" in capsys.readouterr().err
    assert len(path.read_text(encoding="utf-8").splitlines()) == 1


def test_scoring_wants_counts(here: Path, recorded: str, capsys: pytest.CaptureFixture[str]) -> None:
    run_publish(["study=publish", f"run={recorded}", "to=bundle"])
    assert run(["study=score", "forecast=bundle"]) == 2
    assert "needs the counts that came since: data.path=counts.csv" in capsys.readouterr().err


def test_counts_of_something_else_are_named_by_their_file(
    here: Path, recorded: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run_publish(["study=publish", f"run={recorded}", "to=bundle"])
    (here / "counts.csv").write_text("location,target,time,value\nWuxi,hnte_stock,2017,110\n", encoding="utf-8")
    assert run(["study=score", "forecast=bundle", "data.path=counts.csv"]) == 2
    assert "ecosim: data.path=counts.csv: no count is about this forecast" in capsys.readouterr().err
    assert not (here / "ledger.jsonl").exists()


def test_a_folder_goes_before_an_id(here: Path, recorded: str) -> None:
    assert locate(recorded, here).folder == here / recorded
