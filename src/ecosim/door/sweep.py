"""Many scenarios at once: Hydra's --multirun around one run per combination, under one parent run."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import CompactHydraException

from ecosim.data.errors import UserError
from ecosim.door.compose import check_override, known_tree, search_path
from ecosim.door.folder import cannot_write
from ecosim.door.library import ConfigError, Library, absolute, config_dir, split_override
from ecosim.door.mistakes import explain
from ecosim.door.schedules import instead, together
from ecosim.door.sweep_told import headline, tell

if TYPE_CHECKING:
    from ecosim.tracking import Store

ENDS = "outputs/sweeps"  # where jobs say how they ended, until the sweep is over
SHARED = "ECOSIM_SWEEP"  # what every job of a sweep knows, also in another process


class JobMistake(CompactHydraException):
    """A user's mistake in one job of a sweep: the other jobs go on."""


def run_sweep(overrides: Sequence[str], config_folder: str | None, cwd: Path) -> int:
    """Run every combination and say what they found and which failed; the exit code, 2 where a job had a mistake.

    Raises ConfigError or OutputError before the first job.
    """
    own = absolute(config_folder, cwd)
    library = Library(own)
    checked = [text if _is_hydra(text) else check_override(text, library, sweep=True) for text in overrides]
    if not any(split_override(text).key == "scenario" for text in checked):
        raise ConfigError("a sweep needs its scenarios: --multirun +scenario=a,b")
    stamp = datetime.now().strftime("%Y-%m-%dT%H%M%S")
    shared = {
        "key": f"{stamp}-{os.getpid()}",
        "command": " ".join(overrides),
        "config_dir": str(own) if own else None,
        "cwd": str(cwd),
        "pid": os.getpid(),
    }
    ends = cwd / ENDS / str(shared["key"])
    try:
        ends.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(error, ends) from None
    store = None
    try:
        store = _open_store(checked, cwd)
        with _as_command([*instead(checked), *search_path(library), "--multirun"], shared):
            hydra.main(version_base="1.3", config_path=str(config_dir()), config_name="config")(job)()
    except JobMistake:
        return 2
    except UserError:
        raise
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("hydra", "omegaconf", "yaml"):
            raise
        given = [text for text in checked if not _is_hydra(text)]
        raise explain(error, given, lambda: known_tree(given, library)) from None
    finally:
        tell(ends, cwd)
        if store is not None:
            _close(store, str(shared["key"]))
    return 0


def job(_: Any) -> None:
    """One job of a sweep, in whatever process Hydra's launcher runs it. Raises JobMistake after it was explained."""
    from ecosim.door import summary
    from ecosim.door.run import run_scenario
    from ecosim.tracking import Sweep

    shared = json.loads(os.environ[SHARED])
    parent = Sweep(
        shared["key"], f"sweep {shared['key'][:16]}", f"ecosim --multirun {shared['command']}", {}, shared["pid"]
    )
    chosen = together(HydraConfig.get().overrides.task)
    print(f"\nrun {HydraConfig.get().job.num + 1} of the sweep: {' '.join(chosen)}", flush=True)  # noqa: T201
    with _noted(chosen, shared) as found:
        try:
            outcome = run_scenario(chosen, shared["config_dir"], shared["cwd"], parent)
        except UserError as error:
            print(f"ecosim: {' '.join(chosen)}: {error}", file=sys.stderr, flush=True)  # noqa: T201
            raise JobMistake(str(error)) from None
        found |= headline(outcome)
        summary.show(outcome)
        if outcome.problem:
            print(f"ecosim: {outcome.problem}", file=sys.stderr, flush=True)  # noqa: T201
            raise JobMistake(outcome.problem)


@contextmanager
def _noted(chosen: list[str], shared: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Writes how the job in the block ended, and what that found, where the process that began the sweep reads it."""
    why = ""
    found: dict[str, Any] = {}
    try:
        yield found
    except Exception as error:
        lines = str(error).splitlines() or [type(error).__name__]
        why = lines[0] if isinstance(error, JobMistake) else f"{type(error).__name__}: {lines[0]}"
        raise
    finally:
        told = {"chosen": chosen, "why": why, "sweep": HydraConfig.get().sweep.dir, **found}
        end = Path(shared["cwd"]) / ENDS / shared["key"] / f"{HydraConfig.get().job.num:06d}.json"
        try:
            end.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
        except OSError as error:  # a full disk, which the job itself has met and explained, or will
            raise JobMistake(str(cannot_write(error, end.parent))) from None


def _is_hydra(text: str) -> bool:
    return split_override(text).key.startswith(("hydra.", "hydra/"))


def _open_store(overrides: list[str], cwd: Path) -> "Store | None":
    """Create the store once, before several processes would; None without tracking. Raises TrackingError."""
    from ecosim.tracking import open_store

    values = {key: value for _, key, value in map(split_override, overrides)}
    if (values.get("tracking.enabled") or "").lower() == "false":  # in any case of letters, as Hydra reads it
        return None
    return open_store(cwd, values.get("tracking.experiment"))


def _close(store: "Store", key: str) -> None:
    from ecosim.tracking import TrackingError, close_sweep

    try:
        close_sweep(store, key)
    except TrackingError as error:
        print(f"ecosim: {error}", file=sys.stderr, flush=True)  # noqa: T201


@contextmanager
def _as_command(arguments: list[str], shared: dict[str, Any]) -> Iterator[None]:
    """Hydra reads the command line itself and raises, instead of ending the process, only where it is told to."""
    before, environment = sys.argv, {name: os.environ.get(name) for name in ("HYDRA_FULL_ERROR", SHARED)}
    sys.argv = ["ecosim", *arguments]
    os.environ.update({"HYDRA_FULL_ERROR": "1", SHARED: json.dumps(shared)})
    try:
        yield
    finally:
        sys.argv = before
        for name, value in environment.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
