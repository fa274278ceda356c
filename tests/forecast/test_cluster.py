"""Members on a real Dask scheduler: the same numbers, whatever it loses on the way."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from jobs_that_die import dies, late, quickly, slowly
from pandas.testing import assert_frame_equal

from ecosim.forecast import cluster as clusters
from ecosim.forecast.cluster import Cluster, ClusterError
from ecosim.forecast.job import run

pytest.importorskip("distributed")
MEMBERS = 30


def silent(*_):
    """Progress that nobody sees."""


class Machines:
    """A scheduler and its workers as processes on loopback; each can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.folder = folder
        self.scheduler = self.start_scheduler()
        self.workers = [self.start_worker() for _ in range(2)]

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        tests = str(Path(__file__).parent)
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([tests, *sys.path])}
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", *arguments], cwd=self.folder, env=environment, stdout=log, stderr=log
            )

    def start_scheduler(self) -> subprocess.Popen[bytes]:
        options = ("--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard", "--no-show")
        return self._start("distributed.cli.dask_scheduler", *options)

    def start_worker(self) -> subprocess.Popen[bytes]:
        options = ("--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--no-dashboard")
        return self._start("distributed.cli.dask_worker", self.address, *options)

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for process in (*self.workers, self.scheduler):
            if process.poll() is None:
                self.kill(process)


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    here = Machines(tmp_path)
    yield here
    here.stop()


def test_an_address_where_nobody_answers_is_one_message():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = Cluster(f"tcp://127.0.0.1:{probe.getsockname()[1]}", patience=1)
    with pytest.raises(ClusterError, match=r"execution\.address=tcp://.*no Dask scheduler answers.*execution=local"):
        nobody.check()


@pytest.mark.slow
def test_a_worker_and_the_scheduler_are_lost_and_no_member_is(machines, tmp_path):
    found = {}
    for number, result in Cluster(machines.address).results(partial(slowly, tmp_path), range(MEMBERS)):
        assert number not in found
        found[number] = result
        if len(found) == 5:
            machines.kill(machines.workers[0])
        if len(found) == 12:
            machines.kill(machines.scheduler)
            machines.scheduler = machines.start_scheduler()
            machines.workers[0] = machines.start_worker()
    assert found == {number: number * number for number in range(MEMBERS)}
    ran = (tmp_path / "ran").read_text().splitlines()
    assert len(ran) < MEMBERS + 2 * (clusters.IN_FLIGHT + 1) * 2  # only what was on its way was run again


@pytest.mark.slow
def test_a_run_on_a_cluster_is_that_of_this_machine_bit_for_bit(machines, make_job, small_result, tables_of, tmp_path):
    there = run(make_job(cluster=Cluster(machines.address), kept=tmp_path / "members"), silent)
    for name, table in tables_of(small_result).items():
        assert_frame_equal(getattr(there, name), table, check_exact=True, obj=name)
    assert there.statements == small_result.statements
    assert list((tmp_path / "members").rglob("*.parquet"))


@pytest.mark.slow
def test_workers_of_another_version_and_members_that_kill_are_one_message(machines, monkeypatch):
    there = Cluster(machines.address)
    machines.workers += [machines.start_worker() for _ in range(3)]
    with pytest.raises(ClusterError, match="often for want of memory"):
        list(there.results(dies, range(2, 4)))
    machines.workers.append(machines.start_worker())
    monkeypatch.setattr(clusters, "source_hash", lambda: "another")
    with pytest.raises(ClusterError, match="another version of ecosim"):
        there.check()


@pytest.mark.slow
def test_a_run_whose_workers_are_all_gone_for_good_ends_with_a_message(machines, tmp_path):
    left = Cluster(machines.address, alone=3)
    results = left.results(partial(slowly, tmp_path), range(MEMBERS))
    found = [next(results) for _ in range(4)]
    for worker in machines.workers:
        machines.kill(worker)
    with pytest.raises(ClusterError, match=r"no worker has been there for 3 s; start some \(`dask worker tcp://"):
        found.extend(results)
    assert len({number for number, _ in found}) == len(found) < MEMBERS


@pytest.mark.slow
def test_a_result_whose_worker_is_lost_before_it_was_fetched_is_waited_for_no_longer_than_workers(machines):
    left = Cluster(machines.address, patience=10, alone=3)
    results = left.results(quickly, range(clusters.IN_FLIGHT * 2))
    next(results)
    time.sleep(2.0)  # the others are done and lie with their workers
    for worker in machines.workers:
        machines.kill(worker)
    with pytest.raises(ClusterError, match="no worker has been there for 3 s"):
        list(results)


@pytest.mark.slow
def test_a_result_whose_worker_is_lost_before_it_was_fetched_is_computed_again(machines):
    numbers = range(clusters.IN_FLIGHT * 2)
    results = Cluster(machines.address, patience=10).results(quickly, numbers)
    found = [next(results)]
    time.sleep(2.0)
    for worker in machines.workers:
        machines.kill(worker)
    machines.workers.append(machines.start_worker())
    found += results
    assert sorted(found) == [(number, number * number) for number in numbers]


@pytest.mark.slow
def test_what_a_task_itself_raises_is_raised_be_it_a_timeout(machines):
    with pytest.raises(TimeoutError, match="too late"):
        list(Cluster(machines.address, patience=10).results(late, range(2)))
