"""A run that was stopped, at any moment and by anything, goes on by `resume=` to what an undisturbed one gives."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest
import yaml
from processes import COMMAND, statuses

from ecosim.data.errors import UserError
from ecosim.door import resuming
from ecosim.door.console import run
from ecosim.door.run import run_scenario

MEMBERS = 40
FEW = ["+scenario=pinghu_2017", f"members={MEMBERS}"]
QUIET = [*FEW, "tracking.enabled=false"]
KILLS = 20


def start(*arguments: str, pause: float = 0.05, limit: str = "") -> subprocess.Popen[str]:
    """The command in a process of its own, its members `pause` seconds apart, as if they took time."""
    command = ["bash", "-c", f'{limit}; exec "$@"', "limited", *COMMAND] if limit else COMMAND
    environment = {**os.environ, "FAKE_PAUSE": str(pause)}
    return subprocess.Popen([*command, *arguments], env=environment, stderr=subprocess.PIPE, text=True)


def kept_in(home: Path) -> list[Path]:
    return sorted((home / resuming.FOLDER).glob("*/*.parquet"))


def only_folder(here: Path) -> Path:
    (folder,) = (here / "outputs" / "pinghu_2017").iterdir()
    return folder


def wait_for_members(here: Path, process: subprocess.Popen[str]) -> Path:
    """The folder of a run as soon as members are kept in it."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        found = list((here / "outputs").glob(f"pinghu_2017/*/{resuming.FOLDER}/*/*.parquet"))
        if found:
            return found[0].parents[2]
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.02)
    raise AssertionError("no members were kept")


def tables(folder: Path) -> dict[str, bytes]:
    """Every table of a run, byte for byte."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in (".csv", ".parquet", ".txt")}


def test_a_stopped_run_goes_on_by_its_folder_with_its_own_command(
    here: Path, fake: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run_scenario([*QUIET, "seed=5"])
    process = start(*QUIET, "seed=5")
    folder = next(path for path in [wait_for_members(here, process)] if path != whole.folder)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=300)[1]
    assert process.returncode == 130
    assert f"resume={folder.relative_to(here)}" in said
    assert not (folder / "forecast.csv").exists()
    again = run_scenario([f"resume={folder.relative_to(here)}", "workers=1"])
    assert again.folder == folder
    assert tables(folder) == tables(whole.folder)
    assert not (folder / resuming.FOLDER).exists()
    settings = (folder / "config.yaml").read_text(encoding="utf-8")
    assert "seed: 5" in settings


@pytest.mark.parametrize("more", [[], ["workers=2"]])
def test_a_run_that_lost_its_scheduler_goes_on_at_home(here: Path, fake: None, more: list[str]) -> None:
    there = ["execution=dask", "execution.address=tcp://127.0.0.1:18786", "execution.workers=2"]
    process = start(*QUIET, *there)
    folder = wait_for_members(here, process)
    process.kill()
    process.communicate()
    again = run_scenario([f"resume={folder.relative_to(here)}", "execution=local", *more])
    assert again.folder == folder
    assert again.job.cluster is None
    assert tables(folder) == tables(run_scenario(QUIET).folder)
    assert yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))["execution"]["address"] is None


def test_what_belongs_to_an_execution_stays_as_long_as_no_other_is_named(here: Path, fake: None) -> None:
    there = "execution.address=tcp://127.0.0.1:18786"
    process = start(*QUIET, "execution=dask", there)
    folder = wait_for_members(here, process)
    process.kill()
    process.communicate()
    assert there in resuming.read_command([f"resume={folder}"], None, here).overrides
    assert there in resuming.read_command([f"resume={folder}", "execution=dask"], None, here).overrides
    other = "execution.address=tcp://127.0.0.1:18787"
    moved = resuming.read_command([f"resume={folder}", other], None, here).overrides
    assert other in moved
    assert there not in moved
    at_home = resuming.read_command([f"resume={folder}", "execution=local"], None, here).overrides
    assert not [text for text in at_home if text.startswith("execution.")]


@pytest.mark.slow
def test_the_same_run_of_mlflow_goes_on(with_store: Path) -> None:
    process = start(*FEW)
    folder = wait_for_members(with_store, process)
    deadline = time.monotonic() + 300
    while not (folder / resuming.FOLDER / resuming.RUN).exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.communicate()
    assert statuses(with_store) == ["RUNNING"]  # nobody could say otherwise
    run_id = json.loads((folder / resuming.FOLDER / resuming.RUN).read_text())["run_id"]
    other = start("+scenario=pinghu_2017", "members=2", pause=0.0)
    assert other.wait(300) == 0
    assert sorted(statuses(with_store)) == ["FINISHED", "KILLED"]  # the next start found it dead
    again = start(f"resume={run_id}", pause=0.0)
    assert again.wait(300) == 0, again.communicate()[1]
    assert statuses(with_store) == ["FINISHED", "FINISHED"]
    with sqlite3.connect(with_store / "mlruns" / "mlflow.db") as base:
        value = "SELECT value FROM tags WHERE key = 'outputs' AND run_uuid = ?"
        assert base.execute(value, (run_id,)).fetchone() == (str(folder),)
        count = base.execute("SELECT count(*) FROM metrics WHERE run_uuid = ? AND step = 0", (run_id,)).fetchone()[0]
        keys = base.execute("SELECT count(DISTINCT key) FROM metrics WHERE run_uuid = ? AND step = 0", (run_id,))
        assert count == keys.fetchone()[0] > 0


@pytest.mark.slow
def test_a_driver_killed_twenty_times_at_random_moments_loses_no_member(here: Path, fake: None) -> None:
    whole = run_scenario(QUIET).folder
    luck, arguments, kills, folder = random.Random(7), QUIET, 0, here
    while kills < KILLS:
        process = start(*arguments, pause=0.2)
        if kills == 0:
            folder = wait_for_members(here, process)
        try:
            process.wait(timeout=luck.uniform(0.2, 3.0))
            break  # too fast to be killed as often
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            kills += 1
        arguments = [f"resume={folder}"]
    assert kills == KILLS
    assert start(f"resume={folder}", pause=0.0).wait(300) == 0
    assert tables(folder) == tables(whole)


@pytest.mark.skipif(os.name != "posix", reason="needs a limit on the size of files")
def test_a_full_disk_keeps_the_members_and_says_how_to_go_on(here: Path, fake: None) -> None:
    whole = run_scenario(QUIET).folder
    process = start(*QUIET, pause=0.0, limit="ulimit -f 64")
    said = process.communicate(timeout=300)[1]
    assert process.returncode == 2, said
    assert "Traceback" not in said
    assert "a file is too large" in said
    assert "resume=outputs/pinghu_2017/" in said
    (folder,) = set((here / "outputs" / "pinghu_2017").iterdir()) - {whole}
    assert run([f"resume={folder}"]) == 0
    assert tables(folder) == tables(whole)


def test_a_run_at_work_is_left_alone(here: Path, fake: None) -> None:
    process = start(*QUIET, pause=0.2)
    folder = wait_for_members(here, process)
    try:
        with pytest.raises(UserError, match="another process is working on it"):
            run_scenario([f"resume={folder}"])
    finally:
        process.kill()
        process.communicate()
    assert run_scenario([f"resume={folder}"]).folder == folder


def test_members_of_other_settings_are_not_taken(here: Path, fake: None) -> None:
    process = start(*QUIET, pause=0.1)
    folder = wait_for_members(here, process)
    process.kill()
    process.communicate()
    with pytest.raises(UserError, match=r"was begun with other settings \(seed\).*leave resume out"):
        run_scenario([f"resume={folder}", "seed=6"])
    assert kept_in(folder)
    key = folder / resuming.FOLDER / resuming.KEY
    key.write_text(json.dumps(json.loads(key.read_text()) | {"source": "0"}))
    with pytest.raises(UserError, match="other version of ecosim"):
        run_scenario([f"resume={folder}"])


def test_what_cannot_be_resumed_is_one_message(here: Path, fake: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["resume=nowhere"]) == 2
    assert "nothing there was stopped" in capsys.readouterr().err
    finished = run_scenario([*QUIET[:1], "members=3", "tracking.enabled=false"]).folder
    assert run([f"resume={finished}"]) == 2
    assert "is finished already; leave resume out" in capsys.readouterr().err
    assert run(["study=stylised_facts", "resume=nowhere"]) == 2
    assert "resume goes on with a forecast" in capsys.readouterr().err
    (here / "empty").mkdir()
    assert run(["resume=empty"]) == 2
    assert "holds no stopped forecast" in capsys.readouterr().err


@pytest.mark.slow
def test_two_runs_at_once_on_one_store_are_two_whole_runs(with_store: Path, fake: None) -> None:
    both = [start(*FEW, pause=0.01) for _ in range(2)]
    said = [process.communicate(timeout=300)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert statuses(with_store) == ["FINISHED", "FINISHED"]
    one, other = (with_store / "outputs" / "pinghu_2017").iterdir()
    assert tables(one) == tables(other) == tables(run_scenario(QUIET).folder)
    with sqlite3.connect(with_store / "mlruns" / "mlflow.db") as base:
        counts = base.execute("SELECT count(*) FROM metrics GROUP BY run_uuid").fetchall()
    assert counts[0] == counts[1] > (0,)
