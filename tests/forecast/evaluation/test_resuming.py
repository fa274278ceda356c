"""The tables of a backtest depend neither on the number of workers nor on what stopped it."""

import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import FIRST_COMPLETED, wait
from pathlib import Path

import pandas as pd
import psutil
import pytest
from joblib.externals.loky import ProcessPoolExecutor

from ecosim.data.errors import UserError
from ecosim.door.backtest import run_backtest
from ecosim.forecast.evaluation import kept
from ecosim.forecast.evaluation.race import end_workers

TABLES = ("scores.csv", "skill.csv", "summary.csv", "tests.csv", "missing.csv", "warnings.csv", "forecasts.parquet")


@pytest.fixture
def counts_file(tmp_path, make_counts, years):
    make_counts(years, locations=("A", "B", "C")).to_csv(tmp_path / "my.csv", index=False)
    return tmp_path


def command(*more):
    return ["study=backtest", "data.path=my.csv", "models=[last_value,drift,local_linear_trend,ensemble]",
            "study.samples=100", "study.origins=6", "tracking.enabled=false", *more]  # fmt: skip


def bytes_of(folder: Path):
    return {name: (folder / name).read_bytes() for name in TABLES}


@pytest.mark.slow
def test_one_and_two_workers_and_a_killed_run_give_the_same_bits(counts_file, monkeypatch):
    monkeypatch.chdir(counts_file)
    alone = run_backtest(command("workers=1"))
    together = run_backtest(command("workers=2"))
    assert alone.folder != together.folder
    assert bytes_of(alone.folder) == bytes_of(together.folder)

    killed = _kill_midway(counts_file)
    done = len(list((killed / kept.FOLDER).glob("*.parquet")))
    assert 0 < done < 6 * 3
    assert not (killed / "skill.csv").exists()
    again = run_backtest(command("workers=2"))
    assert again.folder == killed
    assert bytes_of(again.folder) == bytes_of(alone.folder)
    assert not (killed / kept.FOLDER).exists()


def _start(cwd: Path) -> tuple[subprocess.Popen[str], Path]:
    """The command in a process of its own, after its first pieces, and its folder."""
    base = cwd / "outputs" / "backtest"
    before = set(base.iterdir()) if base.is_dir() else set()
    process = subprocess.Popen([sys.executable, "-m", "ecosim", *command("workers=1")], cwd=cwd, text=True,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)  # fmt: skip
    while True:
        new = set(base.iterdir()) - before if base.is_dir() else set()
        if new and len(list(next(iter(new)).glob(f"{kept.FOLDER}/*.parquet"))) >= 2:
            return process, next(iter(new))
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.02)


def _kill_midway(cwd: Path) -> Path:
    """Start the command in a process of its own and SIGKILL it after its first pieces; the folder it left."""
    process, home = _start(cwd)
    workers = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGKILL)  # to the parent alone: its workers must notice
    process.wait()
    assert workers
    assert not psutil.wait_procs(workers, timeout=30)[1]
    return home


@pytest.mark.slow
@pytest.mark.parametrize(("victim", "code"), [("parent", 143), ("worker", 2)])
def test_a_terminated_run_takes_its_workers_along_and_a_lost_worker_is_one_message(counts_file, victim, code):
    process, home = _start(counts_file)
    family = psutil.Process(process.pid).children(recursive=True)
    if victim == "parent":
        process.terminate()
    else:
        next(each for each in family if "popen_loky_posix" in " ".join(each.cmdline())).kill()
    _, said = process.communicate(timeout=120)
    assert process.returncode == code, said
    assert "Traceback" not in said
    assert ("the system ended a worker" in said) == (victim == "worker")
    assert list((home / kept.FOLDER).glob("*.parquet"))
    assert not psutil.wait_procs(family, timeout=30)[1]


def test_workers_end_at_once_and_without_a_word_while_pieces_wait_for_them(monkeypatch):
    said = []
    monkeypatch.setattr(threading, "excepthook", said.append)
    for _ in range(6):
        executor = ProcessPoolExecutor(2)
        futures = {executor.submit(time.sleep, 0.005) for _ in range(6)}
        until = time.monotonic() + 0.3
        while time.monotonic() < until:
            futures = wait(futures, return_when=FIRST_COMPLETED).not_done
            futures |= {executor.submit(time.sleep, 0.005) for _ in range(6 - len(futures))}
        workers = [psutil.Process(pid) for pid in executor._processes]
        end_workers(executor)
        assert workers
        assert not psutil.wait_procs(workers, timeout=10)[1]
    assert said == []


def test_a_stopped_folder_goes_on_under_the_same_key_only(tmp_path):
    key = {"settings": {"a": 1}, "data": "x", "source": "s", "packages": {}}
    home = tmp_path / "outputs" / "backtest" / "one"
    home.mkdir(parents=True)
    kept.Kept(home).begin(key)
    assert kept.unfinished(home.parent, key) == home
    assert kept.unfinished(home.parent, key | {"data": "y"}) is None
    assert kept.mismatch(home, key) == ""
    assert "other counts" in kept.mismatch(home, key | {"data": "y"})
    assert "holds no stopped backtest" in kept.mismatch(tmp_path, key)
    with kept.held(home):
        assert kept.unfinished(home.parent, key) is None
        assert "another process" in kept.mismatch(home, key)


def test_a_piece_is_there_whole_or_not_at_all(tmp_path):
    store = kept.Kept(tmp_path)
    store.begin({"settings": {}, "data": "", "source": "", "packages": {}})
    (store.folder / ".2015-0001.parquet.part").write_bytes(b"half")
    assert store.files() == []
    store.write(pd.DataFrame({"a": [1]}), "2015", 1)
    assert [path.name for path in store.files()] == ["2015-0001.parquet"]
    store.clear()
    assert not store.folder.exists()


def test_a_folder_that_cannot_be_resumed_is_one_message(counts_file, monkeypatch):
    monkeypatch.chdir(counts_file)
    with pytest.raises(UserError, match="holds no stopped backtest"):
        run_backtest(command("resume=nowhere"))
