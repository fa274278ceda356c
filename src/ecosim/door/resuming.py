"""resume=<folder or run id>: finds a stopped run and its command, and keeps the members of every run until its end."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ecosim.data.errors import UserError
from ecosim.data.writing import FULL
from ecosim.door.compose import Composed
from ecosim.door.folder import cannot_write
from ecosim.door.library import split_override
from ecosim.door.provenance import settling

FOLDER, KEY, RUN = "members", "key.json", "run.json"
LOCAL = "local"  # the execution of a command that names none
SHOWN = 3  # stopped runs that a message names


class ResumeError(UserError, ValueError):
    """A run that cannot be gone on with."""


@dataclass(frozen=True)
class Command:
    """What is to be run: overrides, the user's folder of configurations, and the folder of the stopped run, if any."""

    overrides: tuple[str, ...]
    config_dir: str | None
    home: Path | None = None
    key: Mapping[str, Any] = field(default_factory=dict)

    @property
    def run_id(self) -> tuple[str, str] | None:
        """MLflow's address and id of the stopped run, where it was logged."""
        if self.home is None:
            return None
        file = self.home / FOLDER / RUN
        told = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None
        return (told["address"], told["run_id"]) if told else None


def read_command(overrides: Sequence[str], config_dir: str | Path | None, cwd: Path) -> Command:
    """The command in full: after `resume=...` that of the stopped run, but for what is given beside it.

    Raises ResumeError where there is no such run.
    """
    given = [text for text in overrides if split_override(text).key != "resume"]
    named = [value for _, key, value in map(split_override, overrides) if key == "resume" and value]
    own = str(config_dir) if config_dir else None
    if not named or named[-1] == "null":
        return Command(tuple(given), own)
    home = _find(named[-1].strip("'\""), cwd)
    file = home / FOLDER / KEY
    if not file.is_file():
        raise ResumeError(f"resume={named[-1]}: {_why_nothing(home)}")
    key = json.loads(file.read_text(encoding="utf-8"))
    again = {split_override(text).key for text in given}
    before = [text for text in key["overrides"] if split_override(text).key not in again]
    if _execution(given) not in (None, _execution(key["overrides"]) or LOCAL):
        before = [text for text in before if not _of_other_execution(split_override(text).key)]
    return Command((*before, *given), own or key["config_dir"], home, key)


def _execution(overrides: Sequence[str]) -> str | None:
    """The execution that a command line names, None where it names none."""
    named = [value for _, key, value in map(split_override, overrides) if key == "execution" and value]
    return named[-1] if named else None


def _of_other_execution(key: str) -> bool:
    """Whether a setting is of one execution alone, as the address of a scheduler is: any has workers."""
    return key.startswith("execution.") and key != "execution.workers"


def _find(named: str, cwd: Path) -> Path:
    if (cwd / named).is_dir():
        return (cwd / named).resolve()
    stopped = sorted((cwd / "outputs").glob(f"*/*/{FOLDER}/{KEY}"), key=lambda path: path.stat().st_mtime)
    for path in stopped:
        run = path.with_name(RUN)
        if run.is_file() and json.loads(run.read_text(encoding="utf-8"))["run_id"] == named:
            return path.parents[1].resolve()
    shown = ", ".join(str(path.parents[1].relative_to(cwd)) for path in stopped[::-1][:SHOWN])
    raise ResumeError(
        f"resume={named}: no such folder, and no stopped run with that id in outputs/; "
        + (f"stopped: {shown}" if shown else "nothing there was stopped")
    )


def _why_nothing(home: Path) -> str:
    from ecosim.tracking.record import MARK

    if (home / MARK).is_file():
        return "is finished already; `python -m ecosim study=sync` sends it to MLflow"
    if (home / "forecast.csv").is_file():
        return "is finished already; leave resume out to begin anew"
    return "holds no stopped forecast; leave resume out to begin anew"


@contextmanager
def keeping(
    home: Path, command: Command, composed: Composed, data_hash: str, posterior: str | None = None
) -> Iterator[Path]:
    """The folder for finished members of a run, which this process alone works on; it stays where the block fails.

    posterior: hash of the draws that members take their parameters from, if any.
    Raises ResumeError where the members there rest on something else, or another process is at it.
    """
    from filelock import Timeout

    from ecosim.forecast import kept

    tree = {**settling(composed.tree), "baseline_rows": composed.baseline_rows}
    if posterior is not None:
        tree["posterior"] = posterior
    key = kept.key_of(json.loads(json.dumps(tree, default=str)), data_hash)
    if command.home is not None:
        _check(command, key)
    try:
        with kept.held(home):
            (home / FOLDER).mkdir(exist_ok=True)
            own = str(composed.own) if composed.own else None
            kept.write_json(home / FOLDER / KEY, {**key, "overrides": list(command.overrides), "config_dir": own})
            yield home / FOLDER
    except Timeout:
        raise ResumeError(f"resume={home}: another process is working on it; wait for it") from None


def _check(command: Command, key: Mapping[str, Any]) -> None:
    from ecosim.forecast import kept

    other = kept.differing(command.key, key)
    if other == "settings":
        before, now = command.key["settings"], key["settings"]
        changed = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
        other = f"settings ({', '.join(changed)})"
    if other:
        raise ResumeError(
            f"resume={command.home}: was begun with other {other}; go on with what it was begun with, "
            "or leave resume out to begin anew"
        )


def note_run(home: Path, address: str, run_id: str | None) -> None:
    """Keeps MLflow's id of a run beside its members, so that it can be resumed by it. Raises OSError."""
    from ecosim.forecast import kept

    if run_id is not None and (home / FOLDER).is_dir():
        kept.write_json(home / FOLDER / RUN, {"address": address, "run_id": run_id})


def clear(home: Path) -> None:
    """Removes the members of a run whose tables stand."""
    shutil.rmtree(home / FOLDER, ignore_errors=True)


@contextmanager
def saying_how(home: Path, cwd: Path) -> Iterator[None]:
    """Whatever ends the block before its time says how to go on; a full disk in one message. Raises OutputError."""
    try:
        yield
    except BaseException as error:
        if not isinstance(error, OSError) or isinstance(error, UserError) or error.errno not in FULL:
            _add_way(error, home, cwd)
            raise
        explained = cannot_write(error, home)
        _add_way(explained, home, cwd)
        raise explained from error


def _add_way(error: BaseException, home: Path, cwd: Path) -> None:
    if any((home / FOLDER).rglob("*.parquet")):
        shown = home.relative_to(cwd) if home.is_relative_to(cwd) else home
        error.add_note(f"go on from the finished members: python -m ecosim resume={shown}")
