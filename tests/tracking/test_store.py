"""The store: made once whatever starts at once, moved with its folder, refused where it cannot work."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ecosim import tracking

FIRST_START = """
import sys
from pathlib import Path
from ecosim import tracking
print(tracking.open_store(Path(sys.argv[1])).address)
"""
FIRST_POINT = """
import sys
from pathlib import Path
from ecosim import tracking
store = tracking.open_store(Path(sys.argv[1]))
with tracking.open_run(store, "point", {"role": "point"}, "", tracking.Sweep("s1", "sweep")) as run:
    pass
print(run.id)
"""


def at_once(number: int, code: str, root: Path) -> list[str]:
    """The last word of each of `number` processes that start together."""
    command = [sys.executable, "-c", code, str(root)]
    jobs = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(number)]
    out = [job.communicate(timeout=240) for job in jobs]
    assert [job.returncode for job in jobs] == [0] * number, out
    return [text.decode().split()[-1] for text, _ in out]


def test_several_first_starts_at_once_make_one_store(tmp_path):
    at_once(6, FIRST_START, tmp_path)
    store = tracking.open_store(tmp_path)
    assert [e.name for e in store.client.search_experiments(filter_string="name != 'Default'")] == ["ecosim"]
    assert not list((tmp_path / "mlruns").glob("*.new"))


@pytest.mark.slow
def test_a_first_sweep_of_several_processes_shares_one_parent(tmp_path):
    points = at_once(8, FIRST_POINT, tmp_path)
    store = tracking.open_store(tmp_path)
    runs = store.client.search_runs([store.experiment_id])
    parents = [run for run in runs if run.data.tags.get("role") == "sweep"]
    assert len(runs) == 9
    assert len(parents) == 1
    children = [run for run in runs if run.data.tags.get("mlflow.parentRunId") == parents[0].info.run_id]
    assert {run.info.run_id for run in children} == set(points)
    assert {run.info.status for run in children} == {"FINISHED"}


def test_store_and_artifacts_lie_under_mlruns_with_absolute_paths(store, root):
    experiment = store.client.get_experiment(store.experiment_id)
    assert store.address == f"sqlite:///{root}/mlruns/mlflow.db"
    assert experiment.artifact_location == str(root / "mlruns" / "artifacts")
    default = store.client.get_experiment("0").artifact_location
    assert default.startswith(str(root / "mlruns"))


def test_a_moved_folder_keeps_its_artifacts(store, root, folder, results, tmp_path):
    with tracking.open_run(store, "a", {}, "") as run:
        run.log(folder, results)
    other = tmp_path / "elsewhere with 空格"
    shutil.move(root, other)
    moved = tracking.open_store(other)
    names = {file.path for file in moved.client.list_artifacts(run.id)}
    assert names == {"forecast.csv", "fan.png", "config.yaml", "forecast_table.json"}
    assert str(root) not in moved.client.get_run(run.id).info.artifact_uri


def test_moving_rewrites_only_what_lay_in_the_old_folder(root):
    with sqlite3.connect(root / "mlruns" / "mlflow.db") as base:
        base.execute(
            "INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, workspace) "
            "VALUES (77, 'mine', 's3://bucket/mine', 'active', 'default')"
        )
    store = tracking.open_store(root)
    assert store.client.get_experiment("77").artifact_location == "s3://bucket/mine"


def test_opening_an_existing_store_needs_no_mlflow_and_milliseconds(root):
    tracking.open_store(root)
    code = "import sys, time; from pathlib import Path; from ecosim import tracking; t = time.perf_counter();"
    code += "tracking.open_store(Path(sys.argv[1])); print(time.perf_counter() - t, 'mlflow' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code, str(root)], capture_output=True, text=True, check=True).stdout
    seconds, imported = out.split()
    assert float(seconds) < 1
    assert imported == "False"


def test_a_bare_mlflow_ui_finds_the_store_by_a_link(store, root, monkeypatch):
    with tracking.open_run(store, "a", {}, ""):
        pass
    monkeypatch.chdir(root)
    bare = type(store.client)(tracking_uri="sqlite:///mlflow.db")  # what `mlflow ui` opens without any option
    assert len(bare.search_runs([store.experiment_id])) == 1
    assert (root / "mlflow.db").is_symlink()
    assert (root / "mlflow.db").resolve() == store.database


def test_a_file_of_the_users_named_mlflow_db_is_left_alone(made, tmp_path):
    shutil.copytree(made / "mlruns", tmp_path / "mlruns")
    (tmp_path / "mlflow.db").write_text("mine")
    tracking.open_store(tmp_path)
    assert (tmp_path / "mlflow.db").read_text() == "mine"


@pytest.mark.parametrize("address", ["file:./mlruns", "file:///data/mlruns", "./mlruns", "/data/mlruns", "mlruns"])
def test_a_plain_folder_store_is_refused_with_the_way_out(tmp_path, monkeypatch, address):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    with pytest.raises(tracking.TrackingError, match=f"{re.escape(address)}.*unset MLFLOW_TRACKING_URI"):
        tracking.open_store(tmp_path)


def test_an_address_without_a_scheme_is_answered_with_the_whole_one(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "localhost:5000")
    with pytest.raises(tracking.TrackingError, match="write http://localhost:5000"):
        tracking.open_store(tmp_path)


def test_another_database_is_taken_from_the_environment(made, tmp_path, monkeypatch):
    shutil.copy(made / "mlruns" / "mlflow.db", tmp_path / "team.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/team.db")
    store = tracking.open_store(tmp_path)
    assert store.database == tmp_path / "team.db"
    assert not store.own
    assert not (tmp_path / "mlflow.db").exists()


def test_a_file_that_is_no_store_is_named(tmp_path):
    (tmp_path / "mlruns").mkdir()
    (tmp_path / "mlruns" / "mlflow.db").write_text("this is a diary, and a long one at that " * 50)
    with pytest.raises(tracking.TrackingError, match=r"mlflow\.db: cannot be read as an MLflow store.*move it away"):
        tracking.open_store(tmp_path)


def test_a_deleted_experiment_is_named_before_anything_is_simulated(store, root):
    store.client.delete_experiment(store.experiment_id)
    with pytest.raises(tracking.TrackingError, match=r"'ecosim'.*was deleted; restore it"):
        tracking.open_store(root)


def test_a_folder_that_mlflow_cannot_address_is_refused(tmp_path):
    odd = tmp_path / "what?"
    odd.mkdir()
    with pytest.raises(tracking.TrackingError, match="'\\?' in its path; rename it"):
        tracking.open_store(odd)


def test_a_bare_mlflow_ui_says_where_the_runs_are(store):
    note = store.client.get_experiment(store.experiment_id).tags["mlflow.note.content"]
    assert "Switch to 'Model training'" in note


def test_telemetry_is_off_before_the_first_import_of_mlflow(root):
    code = "import os, sys; from pathlib import Path; from ecosim import tracking;"
    code += "os.environ.pop('MLFLOW_DISABLE_TELEMETRY', None); tracking.open_store(Path(sys.argv[1])).client;"
    code += "import mlflow.telemetry.client as c; print(c.get_telemetry_client() is None)"
    out = subprocess.run([sys.executable, "-c", code, str(root)], capture_output=True, text=True, check=True).stdout
    assert out.split()[-1] == "True"


def test_importing_tracking_imports_neither_mlflow_nor_pandas():
    code = "import sys, ecosim.tracking; print([n for n in ('mlflow', 'pandas', 'sqlalchemy') if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_held_lock_is_named(root, monkeypatch):
    from filelock import FileLock

    from ecosim.tracking import store as module

    monkeypatch.setattr(module, "PATIENCE", 0.1)
    lock = root / "mlruns" / ".lock"
    code = "import sys, time, filelock\nwith filelock.FileLock(sys.argv[1]): print('held', flush=True); time.sleep(60)"
    holder = subprocess.Popen([sys.executable, "-c", code, str(lock)], stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        start = time.monotonic()
        with pytest.raises(tracking.TrackingError, match=r"\.lock: held by another process"), module.locked(lock):
            raise AssertionError("two processes in the lock")
        assert time.monotonic() - start < 5
    finally:
        holder.kill()
        holder.wait()
    assert FileLock(lock).acquire(timeout=5)


def test_a_folder_that_may_not_be_written_is_named(tmp_path, monkeypatch):
    def refused(*_, **__):
        raise PermissionError(13, "Permission denied", str(tmp_path / "mlruns"))

    monkeypatch.setattr("pathlib.Path.mkdir", refused)
    with pytest.raises(tracking.TrackingError, match=r"mlruns: may not be written.*rights"):
        tracking.open_store(tmp_path)


def test_a_full_disk_at_the_start_is_named(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ecosim.tracking.store._create", full)
    with pytest.raises(tracking.TrackingError, match=r"no room left on the disk .* make room"):
        tracking.open_store(tmp_path)
    assert not os.path.lexists(tmp_path / "mlflow.db")
