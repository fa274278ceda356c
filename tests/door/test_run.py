"""A run writes everything first, then tells; whatever happens, what was finished is kept and the status is true."""

import json
import os
import shlex
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import fake_job
import pandas as pd
import pytest
import yaml
from processes import COMMAND, statuses

from ecosim.door.console import run
from ecosim.door.folder import OutputError
from ecosim.door.library import config_dir
from ecosim.door.run import run_scenario

FEW = ["+scenario=pinghu_2017", "members=4"]
QUIET = [*FEW, "tracking.enabled=false"]


def test_everything_stands_in_the_output_folder(here: Path, fake: None) -> None:
    outcome = run_scenario(QUIET)
    assert outcome.folder.parent == here / "outputs" / "pinghu_2017"
    names = {path.name for path in outcome.folder.iterdir()}
    tables = {"forecast.csv", "forecast_quarterly.csv", "effect.csv", "effect_quarterly.csv", "members.parquet"}
    others = {"config.yaml", "provenance.json", "fan.png", "effect.png", "report.html", "forecast_table.json"}
    assert tables | others | {"coefficients.csv", "diagnostics.csv", "basis.csv"} <= names
    assert "scores.csv" not in names
    assert not [name for name in names if name.startswith(".")]
    written = pd.read_csv(outcome.folder / "forecast.csv", dtype={"time": str})
    pd.testing.assert_frame_equal(written, outcome.result.forecast)
    assert outcome.run_id is None
    assert not (here / "mlruns").exists()


def test_the_settings_and_the_provenance_are_complete(here: Path, fake: None) -> None:
    outcome = run_scenario([*QUIET, "policies.hnte_award.amount=30"])
    settings = yaml.safe_load((outcome.folder / "config.yaml").read_text(encoding="utf-8"))
    assert settings["scenario"] == "pinghu_2017"
    assert settings["policies"]["hnte_award"]["amount"] == {"2017-07": 30}
    assert settings["workers"] is None
    told = json.loads((outcome.folder / "provenance.json").read_text(encoding="utf-8"))
    assert told["overrides"][-1] == "policies.hnte_award.amount=30"
    assert told["seed"] == 2017
    assert len(told["config_hash"]) == len(told["data_hash"]) == 64
    assert {"commit", "dirty"} == set(told["git"])
    assert "numpy" in told["packages"]
    assert {"settings", "forecast", "tables"} <= set(told["seconds"])


def test_the_command_on_top_of_the_settings_runs_again(here: Path, fake: None, own: Callable[[str, str], Path]) -> None:
    region = "# A county of mine.\ndefaults: [_province_base, _self_]\nname: Yunxi\ninside: [Hubei]\nfirms: 900\n"
    folder = own("region/yunxi.yaml", f"{region}firms_source: made up\n")
    first = run_scenario([*QUIET, "region=yunxi", "~policies.hnte_award", "title='a test, of mine'"], folder).folder
    line = (first / "config.yaml").read_text(encoding="utf-8").splitlines()[1]
    assert line.startswith("# python -m ecosim --config-dir own +scenario=pinghu_2017 members=4")
    assert run(shlex.split(line)[4:]) == 0
    hashes = {
        json.loads((home / "provenance.json").read_text(encoding="utf-8"))["config_hash"]
        for home in first.parent.iterdir()
    }
    assert len(list(first.parent.iterdir())) == 2
    assert len(hashes) == 1


def test_the_hash_of_the_settings_ignores_how_a_run_is_run(here: Path, fake: None) -> None:
    hashes = []
    for more in (["workers=1"], ["workers=2"], ["seed=1"]):
        folder = run_scenario([*QUIET, *more]).folder
        hashes.append(json.loads((folder / "provenance.json").read_text(encoding="utf-8"))["config_hash"])
    assert hashes[0] == hashes[1] != hashes[2]


def test_two_runs_in_one_second_have_two_folders(here: Path) -> None:
    from ecosim.door.folder import new_folder

    assert len({new_folder(here, "a") for _ in range(5)}) == 5


def test_a_first_run_says_why_it_takes_its_time(
    here: Path, fake: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from ecosim.forecast import kernels

    monkeypatch.setattr(kernels, "kept", lambda: False)
    monkeypatch.setattr(kernels, "compile_missing", lambda progress: progress(96, 96))
    run_scenario(QUIET)
    told = capsys.readouterr().err
    assert "compiling the model: once for each version" in told
    assert "compilation: 0.0 s" in told
    monkeypatch.setattr(kernels, "kept", lambda: True)
    run_scenario(QUIET)
    assert "compil" not in capsys.readouterr().err


def test_a_run_goes_on_where_the_model_cannot_be_kept_compiled_and_says_so(
    here: Path, fake: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from ecosim.forecast import kernels

    def refused(progress: object) -> None:
        raise kernels.NotKept("no room for the model")

    monkeypatch.setattr(kernels, "kept", lambda: False)
    monkeypatch.setattr(kernels, "compile_missing", refused)
    assert (run_scenario(QUIET).folder / "report.html").is_file()
    assert "warning: no room for the model" in capsys.readouterr().err


def test_a_finished_run_is_told_and_shown(with_store: Path, fake: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(FEW) == 0
    assert statuses(with_store) == ["FINISHED"]
    said = capsys.readouterr().out
    assert "High-tech enterprises" in said
    assert "outputs/pinghu_2017/" in said
    assert "ecosim ui" in said
    with sqlite3.connect(with_store / "mlruns" / "mlflow.db") as base:
        params = dict(base.execute("SELECT key, value FROM params"))
        tags = dict(base.execute("SELECT key, value FROM tags"))
        first = base.execute("SELECT key FROM metrics ORDER BY rowid LIMIT 1").fetchone()[0]
    assert len(params) < 30
    assert params["members"] == "4"
    assert tags["scenario"] == "pinghu_2017"
    assert tags["role"] == "single"
    assert first.startswith("hnte_stock_2020")


def test_without_a_server_the_results_are_whole_and_sent_later(
    with_store: Path, fake: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    assert run(FEW) == 2
    said = capsys.readouterr().err
    assert said.index("warning: the tracking server") < said.index("forecast: ") < said.index("ecosim: the tracking")
    (folder,) = (with_store / "outputs" / "pinghu_2017").iterdir()
    assert (folder / "report.html").exists()
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert run(["study=sync"]) == 0
    assert statuses(with_store) == ["FINISHED"]
    assert run(["study=sync"]) == 0
    assert "nothing to send" in capsys.readouterr().out


def test_an_address_that_mlflow_refuses_is_told_before_anything_runs(
    here: Path, fake: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "./mlruns")
    assert run(FEW) == 2
    assert "plain folder store" in capsys.readouterr().err
    assert not (here / "outputs").exists()


def test_a_failing_forecast_ends_the_run_as_failed(
    with_store: Path, fake: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a fault of ours")

    monkeypatch.setattr(fake_job, "run", fail)
    with pytest.raises(ZeroDivisionError):
        run(FEW)
    assert statuses(with_store) == ["FAILED"]


def test_a_folder_that_cannot_be_written_is_explained(here: Path, fake: None) -> None:
    (here / "outputs").write_text("a file")
    with pytest.raises(OutputError, match="outputs"):
        run_scenario(QUIET)


def test_a_sweep_goes_on_after_a_mistake_in_one_job(
    with_store: Path, fake: None, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["--multirun", "+scenario=pinghu_2017", "members=4,-5,5"]) == 2
    assert len(list((with_store / "outputs" / "pinghu_2017").iterdir())) == 2
    assert "members=-5: must be" in capfd.readouterr().err
    assert statuses(with_store) == ["FINISHED"] * 3
    with sqlite3.connect(with_store / "mlruns" / "mlflow.db") as base:
        roles = [role for (role,) in base.execute("SELECT value FROM tags WHERE key = 'role' ORDER BY value")]
        children = base.execute("SELECT count(*) FROM tags WHERE key = 'mlflow.parentRunId'").fetchone()[0]
    assert roles == ["point", "point", "sweep"]
    assert children == 2
    assert not list(with_store.rglob(".hydra"))


def test_a_sweep_ends_with_what_failed_and_why(here: Path, fake: None, capfd: pytest.CaptureFixture[str]) -> None:
    words = ["+scenario=pinghu_2017", "members=4,-5,5", "horizon=2019,2010", "tracking.enabled=false"]
    assert run(["--multirun", *words]) == 2
    told = capfd.readouterr().err.rstrip().splitlines()
    assert told[-5] == "ecosim: 4 of 6 runs of this sweep failed:"
    assert [line.partition(": ")[0] for line in told[-4:]] == [
        f"  members={members} horizon={horizon}" for members, horizon in ((4, 2010), (-5, 2019), (-5, 2010), (5, 2010))
    ]
    assert told[-3].startswith("  members=-5 horizon=2019: members=-5: must be")
    assert "horizon 2010 is not after the origin" in told[-1]
    assert not list((here / "outputs" / "sweeps").rglob("*.json"))


def test_a_sweep_ends_with_a_row_for_each_run_and_the_command_that_compares_them(
    with_store: Path, fake: None, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["--multirun", "+scenario=pinghu_2017", "members=4,5", "horizon=2019"]) == 0
    captured = capfd.readouterr()
    assert "failed" not in captured.err
    assert "run 1 of the sweep: +scenario=pinghu_2017 members=4" in captured.out
    assert "run 2 of the sweep: +scenario=pinghu_2017 members=5" in captured.out
    (path,) = (with_store / "outputs" / "sweeps").rglob("sweep.csv")
    table = pd.read_csv(path)
    assert list(table["job"]) == [1, 2]
    assert list(table["overrides"]) == [f"+scenario=pinghu_2017 members={members} horizon=2019" for members in (4, 5)]
    assert table["error"].isna().all()
    for row in table.itertuples():
        kept = pd.read_csv(with_store / str(row.folder) / "forecast.csv", dtype={"time": str})
        kept = kept[(kept["target"] == row.target) & (kept["time"] == "2019")].set_index("quantile")["value"]
        assert [row.median, row.lower, row.upper] == pytest.approx([kept[0.5], kept[0.05], kept[0.95]])
        effect = pd.read_csv(with_store / str(row.folder) / "effect.csv", dtype={"time": str})
        effect = effect[(effect["target"] == row.target) & (effect["time"] == "2019")].set_index("quantile")["value"]
        assert row.effect == pytest.approx(effect[0.5])
    end = captured.out.rpartition("Sweep: ")[2]
    short = [run_id[:8] for run_id in table["run_id"]]
    assert f'compare  python -m ecosim study=compare "runs=[{short[0]},{short[1]}]"' in end
    rows = [line for line in end.splitlines() if line.startswith("members=")]
    assert [(line.split()[0], line.split()[-1]) for line in rows] == [("members=4", short[0]), ("members=5", short[1])]


def test_a_run_that_failed_stands_in_the_table_of_its_sweep_with_why(
    here: Path, fake: None, capfd: pytest.CaptureFixture[str]
) -> None:
    words = ["+scenario=pinghu_2017", "members=4,-5,5", "tracking.enabled=false"]
    assert run(["--multirun", *words]) == 2
    (path,) = (here / "outputs" / "sweeps").rglob("sweep.csv")
    table = pd.read_csv(path)
    assert table["error"].fillna("").str.startswith("members=-5: must be").tolist() == [False, True, False]
    assert table["median"].isna().tolist() == [False, True, False]
    end = capfd.readouterr().out.rpartition("Sweep: ")[2]
    assert "failed: members=-5: must be" in end
    assert f'"runs=[{table["folder"][0]},{table["folder"][2]}]" tracking.enabled=False' in end


def test_a_sweep_that_has_no_place_for_its_results_says_so_before_the_first_run(
    here: Path, fake: None, capfd: pytest.CaptureFixture[str]
) -> None:
    (here / "outputs").write_text("no folder", encoding="utf-8")
    assert run(["--multirun", "+scenario=pinghu_2017", "members=4,5", "tracking.enabled=false"]) == 2
    told = capfd.readouterr().err.strip()
    assert told == f"ecosim: {here / 'outputs'} is no folder; move that file away"


@pytest.mark.parametrize("off", ["false", "False"])
def test_a_sweep_without_tracking_opens_no_store(here: Path, fake: None, off: str) -> None:
    assert run(["--multirun", "+scenario=pinghu_2017", "members=4,5", f"tracking.enabled={off}"]) == 0
    assert not (here / "mlruns").exists()


def test_a_sweep_over_scenarios_names_each(here: Path, fake: None) -> None:
    assert run(["--multirun", "+scenario=pinghu_2017,zhejiang_2022", "members=4", "tracking.enabled=false"]) == 0
    assert {path.name for path in (here / "outputs").iterdir()} == {"pinghu_2017", "zhejiang_2022", "sweeps"}
    assert Path.cwd() == here


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_run_ends_as_killed(with_store: Path, number: signal.Signals, code: int) -> None:
    environment = {**os.environ, "FAKE_PAUSE": "0.2"}
    process = subprocess.Popen(
        [*COMMAND, "+scenario=pinghu_2017", "members=1000"], env=environment, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while statuses(with_store) != ["RUNNING"] and time.monotonic() < deadline:
        time.sleep(0.2)
    process.send_signal(number)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == code
    assert "Traceback" not in said
    assert "what was finished is kept" in said
    assert statuses(with_store) == ["KILLED"]


@pytest.mark.skipif(os.name != "posix", reason="needs a limit on the size of files")
def test_a_write_that_fails_keeps_what_was_finished(here: Path) -> None:
    limited = ["bash", "-c", 'ulimit -f 64; exec "$@"', "limited", *COMMAND]
    done = subprocess.run([*limited, *QUIET], capture_output=True, text=True, timeout=100)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "a file is too large" in done.stderr
    (folder,) = (here / "outputs" / "pinghu_2017").iterdir()
    assert f"kept in {folder}: " in done.stderr
    assert "forecast.csv" in done.stderr
    assert "fan.png" not in done.stderr.split("kept in")[1]  # cut short by the limit, so not there
    assert not (folder / "fan.png").exists()


def test_the_settings_can_be_shown_without_a_run(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*FEW, "--cfg", "job"]) == 0
    assert yaml.safe_load(capsys.readouterr().out)["members"] == 4
    assert not list(here.iterdir())


@pytest.mark.parametrize(
    ("overrides", "key", "value"),
    [
        (["study=publish", "run=1a2b"], "run", "1a2b"),
        (["study=update", "run=12345678"], "run", "12345678"),
        (["study=score", "forecast=there"], "forecast", "there"),
        (["study=backtest", "models=[drift]"], "models", ["drift"]),
    ],
)
def test_the_settings_of_a_study_are_shown_by_its_short_keys(
    overrides: list[str], key: str, value: str | list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*overrides, "--cfg", "job"]) == 0
    assert yaml.safe_load(capsys.readouterr().out)["study"][key] == value


def test_a_county_of_your_own_runs_from_its_folder(here: Path, fake: None) -> None:
    county = config_dir().parent / "experiments" / "my_county"
    outcome = run_scenario(["+scenario=my_county", "members=4", "tracking.enabled=false"], county)
    assert outcome.job.region.name_zh == "我的县"
    assert (outcome.job.counts["location"] == "My County").sum() == 12
    assert "county_award" in outcome.job.policies
    assert "county_award" not in outcome.job.baseline_policies


ADDS = """
import builtins, math, sys
plain, how = builtins.sum, sys.argv.pop()
def added(values, start=0):
    values = list(values)
    if not any(type(value) is float for value in values):
        return plain(values, start)
    if how == "exactly":
        return math.fsum([start, *values])
    for value in values:
        start = start + value
    return start
builtins.sum = added
from ecosim.__main__ import main
main()
"""


@pytest.mark.slow
def test_a_forecast_does_not_hang_on_how_a_python_adds_up_floats(tmp_path):
    found = []
    for how in ("in_order", "exactly"):  # as `sum` does up to Python 3.11, and about as it does from 3.12 on
        home = tmp_path / how
        home.mkdir()
        asked = ["+scenario=pinghu_2017", "members=2", "horizon=2019", "workers=1", "tracking.enabled=false"]
        done = subprocess.run([sys.executable, "-c", ADDS, *asked, how], cwd=home, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        found.append(next(home.glob("outputs/*/*/members.parquet")).read_bytes())
    assert found[0] == found[1]
