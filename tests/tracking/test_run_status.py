"""The status of a run is true whatever ends its process, and so is that of a sweep."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ecosim import tracking
from ecosim.tracking import processes, sending

ENDLESS = """
import sys, time
from pathlib import Path
from ecosim import tracking
with tracking.open_run(tracking.open_store(Path(sys.argv[1])), "a", {}, "") as run:
    print(run.id, flush=True)
    time.sleep(100)
"""


def status(store: tracking.Store, run_id: str | None) -> str:
    assert run_id
    return store.client.get_run(run_id).info.status


def started(root: Path) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen([sys.executable, "-c", ENDLESS, str(root)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def test_a_run_is_running_inside_the_block_and_finished_after_it(store):
    with tracking.open_run(store, "a", {}, "") as run:
        assert status(store, run.id) == "RUNNING"
    assert status(store, run.id) == "FINISHED"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ValueError("bad"), "FAILED"),
        (KeyboardInterrupt(), "KILLED"),
        (SystemExit(2), "FAILED"),
        (SystemExit(0), "FINISHED"),
        (processes.Terminated(143), "KILLED"),
    ],
)
def test_what_ends_the_block_decides_the_status_and_goes_on(store, error, expected):
    with pytest.raises(type(error)), tracking.open_run(store, "a", {}, "") as run:
        raise error
    assert status(store, run.id) == expected


def test_a_terminated_run_ends_killed_with_the_code_of_its_signal(store, root):
    process, run_id = started(root)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 128 + signal.SIGTERM
    assert status(store, run_id) == "KILLED"


def test_a_run_whose_process_was_killed_is_reaped_at_the_next_start(store, root):
    process, run_id = started(root)
    with tracking.open_run(store, "alive", {}, "") as other:
        assert status(store, run_id) == "RUNNING", "a living process is left alone"
        process.kill()
        process.wait()
        with tracking.open_run(store, "next", {}, ""):
            pass
        assert status(store, run_id) == "KILLED"
        assert status(store, other.id) == "RUNNING"


def test_a_process_number_used_again_is_not_taken_for_the_dead_process():
    mine = processes.signature()
    assert not processes.dead(mine)
    assert processes.dead(mine | {processes.STARTED: str(float(mine[processes.STARTED]) - 3600)})


def test_processes_of_other_hosts_are_never_called_dead():
    assert not processes.dead({processes.HOST: "another", processes.PID: "1", processes.STARTED: "0"})


def test_signals_are_handled_inside_the_block_only_and_never_taken_from_others(store):
    before = signal.getsignal(signal.SIGTERM)
    with tracking.open_run(store, "a", {}, ""):
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) == before

    def theirs(*_):
        pass

    signal.signal(signal.SIGTERM, theirs)
    try:
        with tracking.open_run(store, "a", {}, ""):
            assert signal.getsignal(signal.SIGTERM) is theirs
    finally:
        signal.signal(signal.SIGTERM, before)


def sweep_of(store: tracking.Store, *errors: BaseException | None) -> tuple[str | None, list[str | None]]:
    ids = []
    for error in errors:
        try:
            with tracking.open_run(store, "p", {"role": "point"}, "", tracking.Sweep("multirun/1", "rates")) as run:
                ids.append(run.id)
                if error:
                    raise error
        except (ValueError, KeyboardInterrupt):
            pass
    return tracking.close_sweep(store, "multirun/1"), ids


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ((None, None), "FINISHED"),
        ((None, ValueError("x")), "FAILED"),
        ((None, KeyboardInterrupt()), "KILLED"),
    ],
)
def test_the_parent_of_a_sweep_ends_as_its_children_did(store, errors, expected):
    ended, ids = sweep_of(store, *errors)
    assert ended == expected
    parents = {store.client.get_run(run).data.tags["mlflow.parentRunId"] for run in ids}
    assert len(parents) == 1
    assert status(store, parents.pop()) == expected


def test_a_sweep_without_any_job_has_no_parent_to_close(store):
    assert tracking.close_sweep(store, "never started") is None


def test_a_parent_that_was_reaped_between_two_jobs_runs_again_for_the_second(store):
    sweep = tracking.Sweep("it's a key", "rates")
    with tracking.open_run(store, "a", {}, "", sweep) as run:
        parent = store.client.get_run(run.id).data.tags["mlflow.parentRunId"]
    store.client.set_terminated(parent, "KILLED")
    with tracking.open_run(store, "b", {}, "", sweep) as run:
        assert store.client.get_run(run.id).data.tags["mlflow.parentRunId"] == parent
        assert status(store, parent) == "RUNNING"
    assert tracking.close_sweep(store, sweep.key) == "FINISHED"


def test_a_run_carries_who_ran_it_and_what_it_is(store):
    tags = {"scenario": "pinghu_2017", "origin": "2016-12", "git_commit": "abc"}
    with tracking.open_run(store, "pinghu_2017-s2017", tags, "试点县的预测") as run:
        told = store.client.get_run(run.id)
    assert told.info.run_name == "pinghu_2017-s2017"
    assert told.data.tags["mlflow.note.content"] == "试点县的预测"
    assert told.data.tags["ecosim.pid"] == str(os.getpid())
    assert told.data.tags["mlflow.source.git.commit"] == "abc"
    assert {"scenario", "origin", "ecosim.host"} <= set(told.data.tags)


def test_looking_for_dead_runs_is_quick(store):
    start = time.perf_counter()
    sending.reap(store)
    assert time.perf_counter() - start < 1
