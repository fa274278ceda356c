"""Compiling the model: each kernel once, whoever asks for it first, and none is left for the run itself."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ecosim.forecast import kernels
from ecosim.model import compiled

COMPILE_THEN_RUN = """
import json, sys
from ecosim.forecast import kernels
from ecosim.model import compiled
kernels.decide_once(), kernels.live_undecided(), kernels.live_whole()
def known():
    return {f"{d.py_func.__module__}.{d.py_func.__name__}": len(d.overloads) for d in compiled.DISPATCHERS}
before = known()
from ecosim.door.run import run_scenario
for scenario in sys.argv[1:]:
    run_scenario([f"+scenario={scenario}", "members=2", "workers=1", "tracking.enabled=false"])
print(json.dumps([[name, before.get(name), count] for name, count in known().items() if count != before.get(name)]))
"""


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(compiled, "folder", lambda: tmp_path / "kernels")
    return tmp_path / "kernels"


def test_what_is_compiled_is_kept_and_not_compiled_again(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiling = []
    monkeypatch.setattr(kernels, "_compile", lambda: compiling.append(kernels.kept()))
    told: list[tuple[int, int]] = []
    for _ in range(2):
        kernels.compile_missing(lambda done, total: told.append((done, total)))
    assert compiling == [False]
    assert kernels.kept()
    total = len(compiled.DISPATCHERS)
    assert told[0] == (0, total)
    assert told[-1] == (total, total)


def test_a_compilation_that_was_stopped_is_not_taken_for_a_finished_one(
    empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(kernels, "_compile", stopped)
    with pytest.raises(KeyboardInterrupt):
        kernels.compile_missing(lambda done, total: None)
    assert not kernels.kept()


@pytest.mark.parametrize("shared", [True, False])
def test_what_a_version_compiled_is_forgotten_two_months_after_it_was_last_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shared: bool
) -> None:
    mine = tmp_path / (compiled.fingerprint() if shared else "named by the user")
    monkeypatch.setattr(compiled, "folder", lambda: mine)
    monkeypatch.setattr(kernels, "_compile", lambda: None)
    old, used, somebodys = (tmp_path / name for name in ("0123456789abcdef", "f" * 16, "my notes"))
    for place in (old, used, somebodys):
        place.mkdir()
        (place / "file").touch()
        os.utime(place, (0, 0) if place != used else None)
    kernels.compile_missing(lambda done, total: None)
    assert old.exists() == (not shared)
    assert all(place.exists() for place in (mine, used, somebodys))


def test_a_version_that_another_process_removes_meanwhile_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, gone, old = (tmp_path / name for name in ("f" * 16, "0123456789abcdef", "0" * 16))
    old.mkdir()
    os.utime(old, (0, 0))
    monkeypatch.setattr(compiled, "folder", lambda: mine)
    monkeypatch.setattr(compiled, "fingerprint", lambda: mine.name)
    monkeypatch.setattr(Path, "iterdir", lambda _: iter([gone, old]))
    compiled.forget_unused()
    assert not old.exists()


def test_a_version_that_is_started_says_that_it_is_in_use(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    where = [sys.executable, "-c", "from ecosim.model import compiled; print(compiled.folder())"]

    def start() -> Path:
        told = subprocess.run(
            where, env=environment | {"XDG_CACHE_HOME": str(tmp_path)}, capture_output=True, text=True, check=True
        )
        return Path(told.stdout.strip())

    kept = start()
    os.utime(kept, (0, 0))
    assert start() == kept
    assert kept.stat().st_mtime > 0


def test_another_processor_version_or_place_compiles_for_itself(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "_compile", lambda: None)
    kernels.compile_missing(lambda done, total: None)
    with monkeypatch.context() as other:
        other.setattr(kernels.llvmlite.binding, "get_host_cpu_name", lambda: "another")
        assert not kernels.kept()
    with monkeypatch.context() as other:
        other.setattr(compiled, "fingerprint", lambda: "another")
        assert not kernels.kept()
    version = compiled.fingerprint()
    with monkeypatch.context() as other:
        other.setattr(compiled, "fingerprint", lambda: version)
        other.setattr(compiled, "__file__", "/another/place/compiled.py")
        assert not kernels.kept()
    assert kernels.kept()


@pytest.mark.parametrize("error", [PermissionError("read-only"), NotImplementedError("no locks there")])
def test_a_folder_that_takes_no_files_is_named_with_the_reason_and_the_way_out(
    empty: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(kernels, "FileLock", refused)
    with pytest.raises(kernels.NotKept, match=rf"in {empty} \({error}\); .*XDG_CACHE_HOME=<a folder>"):
        kernels.compile_missing(lambda done, total: None)
    assert not kernels.kept()


def test_a_user_without_a_name_has_a_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 54321")

    monkeypatch.setattr(compiled.getpass, "getuser", nobody)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert compiled._usable() == tmp_path / "ecosim" / compiled.fingerprint()
    if os.name == "posix":
        (tmp_path / "full").touch()
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "full"))
        monkeypatch.setattr(compiled.tempfile, "gettempdir", lambda: str(tmp_path))
        assert compiled._usable() == tmp_path / f"ecosim-{os.getuid()}" / compiled.fingerprint()


CHANGES = """
import os
from ecosim.model import compiled
before = compiled.folder()
os.environ["NUMBA_NUM_THREADS"] = "1"
from numba import njit
njit(lambda: 1)()
print(compiled.folder() == before, before.is_absolute())
"""


def test_a_setting_of_numba_that_changes_later_moves_no_kernel(tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path), "NUMBA_CACHE_DIR": ""}
    done = subprocess.run(
        [sys.executable, "-c", CHANGES], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "True"]


@pytest.mark.slow
def test_nothing_is_left_to_compile_for_a_run_of_a_county_or_a_province(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", COMPILE_THEN_RUN, "pinghu_2017", "zhejiang_2022"],
        cwd=tmp_path, capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == []


def test_kernels_go_to_a_private_folder_where_home_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "full").touch()  # a file, so that no folder can be made there
    (tmp_path / "temporary").mkdir()
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "full"), "TMPDIR": str(tmp_path / "temporary")}
    environment.pop("NUMBA_CACHE_DIR", None)

    def folder() -> Path:
        command = [sys.executable, "-c", "from ecosim.model import compiled; print(compiled.folder())"]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return Path(done.stdout.strip())

    first = folder()
    assert first.is_relative_to(tmp_path / "temporary")
    assert folder() == first
    if os.name == "posix":
        first.parent.chmod(0o777)  # anybody could leave code in it
        assert folder().parent != first.parent
