"""A run that was stopped goes on from its finished members, and gives what an undisturbed one gives."""

import errno
import pickle
import subprocess
import sys
from dataclasses import fields
from functools import partial

import numpy as np
import psutil
import pytest
from jobs_that_die import dies, dies_once
from pandas.testing import assert_frame_equal

from ecosim.forecast import coalitions, crew
from ecosim.forecast.ensemble import RUNS, Run, in_parallel
from ecosim.forecast.job import run
from ecosim.forecast.kept import FLOORS, source_files
from ecosim.forecast.streaming import CHUNK, Chunks


class Stopped(Exception):
    """Somebody pulled the plug."""


def silent(*_):
    """Progress that nobody sees."""


def luck(number):
    """A record with every kind of value, the awkward ones too."""
    draws = np.random.default_rng(number)
    series = draws.normal(size=(5, 3))
    series[0] = [np.nan, -0.0, np.inf]
    return Run(
        before=draws.normal(size=(4, 3)),
        start=draws.normal(size=3),
        series=series,
        outlay={("b", 2018): 0.1 + 0.2, ("a", 2017): 1e-300},
        recipients={("a", 2017): 2**53 + 1},
        refused={},
        short=("hnte_new",),
        tax={("奖", 2020): np.pi},
        take_up={("a", 2017): draws.integers(0, 9, size=(2, 4))},
        missions={"first": None, "second": 12},
        anyway={"a": draws.normal(size=(2, 2)), "empty": np.empty((0, 2))},
    )


def records_of(number):
    return [luck(number), luck(number + 1000)]


def same(one, other):
    for field in fields(one):
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        assert type(mine) is type(theirs)
        if isinstance(mine, dict):
            assert list(mine) == list(theirs)
            mine, theirs = list(mine.values()), list(theirs.values())
        for a, b in zip(mine, theirs, strict=True) if isinstance(mine, list) else [(mine, theirs)]:
            if isinstance(a, np.ndarray):
                assert a.dtype == b.dtype
                assert a.shape == b.shape
                assert a.tobytes() == b.tobytes()
            else:
                assert a == b


def test_a_member_comes_back_from_parquet_to_the_last_bit(tmp_path):
    chunks = Chunks(tmp_path / "members", RUNS)
    for member in range(CHUNK + 5):
        chunks.add(member, records_of(member))
    chunks.flush()
    assert len(list(tmp_path.rglob("*.parquet"))) >= 2
    found = Chunks(tmp_path / "members", RUNS).read()
    assert sorted(found) == list(range(CHUNK + 5))
    for member, records in found.items():
        for one, other in zip(records, records_of(member), strict=True):
            same(one, other)


def test_every_field_of_a_record_is_kept_but_the_witness():
    assert {field.name for field in fields(Run)} - set(RUNS.kinds) == {"witness"}
    assert {field.name for field in fields(coalitions.Parts)} == set(coalitions.PARTS.kinds)


def test_a_member_taken_apart_comes_back_too(tmp_path):
    draws = np.random.default_rng(1)
    effect, book = draws.normal(size=(6, 9)), {("x", 2017): 0.1 + 0.2, ("y", 2018): 2.0}
    shares, anyway = {"g": effect, "h": -effect}, {"q": draws.random((9, 2))}
    alone = {"g": (book, {}), "h": ({}, book)}
    one = coalitions.Parts(
        effect, effect, shares, shares, shares, {}, book, {}, {("x", 2017): 3}, alone, anyway, anyway
    )
    chunks = Chunks(tmp_path, coalitions.PARTS)
    chunks.add(3, [one])
    chunks.flush()
    found = Chunks(tmp_path, coalitions.PARTS).read()
    assert list(found) == [3]
    same(found[3][0], one)


def test_a_run_knows_the_tables_that_are_compiled_into_its_rules():
    names = {file.name for file in source_files(FLOORS)}
    assert {"decisions.py", "variance_gamma.csv"} <= names
    assert not any("__pycache__" in file.parts for file in source_files(FLOORS))


def test_only_what_is_missing_is_run_and_nothing_is_counted_twice(tmp_path):
    ran = []

    def job(number, stop=10**9):
        if len(ran) == stop:
            raise Stopped
        ran.append(number)
        return records_of(number)

    with pytest.raises(Stopped):
        in_parallel(partial(job, stop=4), range(9), 1, silent, Chunks(tmp_path, RUNS))
    told = []
    found = in_parallel(job, range(9), 1, lambda done, total: told.append(done), Chunks(tmp_path, RUNS))
    assert ran == list(range(9))
    assert told == [4, 5, 6, 7, 8, 9]
    again = in_parallel(job, range(9), 1, silent, Chunks(tmp_path, RUNS))
    assert ran == list(range(9))
    for number in range(9):
        for records in (found[number], again[number]):
            same(records[0], luck(number))


def test_a_file_cut_short_costs_its_members_and_no_more(tmp_path):
    for members in ((0, 1), (2, 3)):
        chunks = Chunks(tmp_path, RUNS)
        for member in members:
            chunks.add(member, records_of(member))
        chunks.flush()
    first, second = sorted(tmp_path.glob("*.parquet"))
    second.write_bytes(second.read_bytes()[:-40])
    (tmp_path / ".000004-000005-2.parquet.part").write_bytes(b"half")
    assert sorted(Chunks(tmp_path, RUNS).read()) == [0, 1]
    assert first.exists()
    assert not second.exists()


def test_a_full_disk_costs_what_was_not_written_and_no_more(tmp_path, monkeypatch):
    from pyarrow import parquet

    chunks = Chunks(tmp_path, RUNS)
    for member in range(CHUNK):
        chunks.add(member, records_of(member))

    def no_room(table, path):
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(parquet, "write_table", no_room)
    with pytest.raises(OSError, match="No space left"):
        in_parallel(records_of, range(2 * CHUNK), 1, silent, Chunks(tmp_path, RUNS))
    assert sorted(Chunks(tmp_path, RUNS).read()) == list(range(CHUNK))
    assert not list(tmp_path.glob(".*"))


def test_a_run_stopped_in_its_members_gives_the_same_tables(make_job, small_result, tables_of, tmp_path):
    job = make_job(kept=tmp_path)

    def stop(stage, done, total):
        if (stage, done) == ("members", 3):
            raise Stopped

    with pytest.raises(Stopped):
        run(job, stop)
    told = []
    result = run(job, lambda *step: told.append(step))
    assert next(done for stage, done, _ in told if stage == "members") == 3
    for name, table in tables_of(small_result).items():
        assert_frame_equal(getattr(result, name), table, check_exact=True, obj=name)
    assert result.statements == small_result.statements


def test_a_worker_that_is_killed_is_replaced(tmp_path):
    found = list(crew.results(partial(dies_once, tmp_path), range(12), 2))
    assert found == [(number, number * number) for number in range(12)]


def test_workers_that_die_again_and_again_are_one_message():
    with pytest.raises(crew.WorkerLost, match=r"ended a worker 3 times \(\d of 6 members are done\).*workers=1"):
        list(crew.results(dies, range(6), 2))


REAL = """
import pickle, sys, time
from ecosim.forecast import job, streaming

streaming.SECONDS = 0.0  # every member at once

def slowly(stage, done, total):
    if stage == "members":
        print("member", done, flush=True)
        time.sleep(0.5)

with open(sys.argv[1], "rb") as file:
    result = job.run(pickle.load(file), slowly)
with open(sys.argv[2], "wb") as file:
    pickle.dump(result, file)
"""


@pytest.mark.slow
def test_a_real_run_whose_driver_is_killed_again_and_again(make_job, small_result, tables_of, tmp_path):
    (tmp_path / "job").write_bytes(pickle.dumps(make_job(kept=tmp_path / "members", workers=2)))
    command = [sys.executable, "-c", REAL, str(tmp_path / "job"), str(tmp_path / "result")]
    for kill_at in ("member 2", "member 4", "member 5", ""):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == kill_at:
                workers = psutil.Process(process.pid).children(recursive=True)
                process.kill()
                assert not psutil.wait_procs(workers, timeout=60)[1]  # none of them outlives its driver
        process.wait()
    result = pickle.loads((tmp_path / "result").read_bytes())
    for name, table in tables_of(small_result).items():
        assert_frame_equal(getattr(result, name), table, check_exact=True, obj=name)
