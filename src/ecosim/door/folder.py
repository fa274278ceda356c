"""The folder of a run in outputs/: every table, the settings and the provenance, written before anything else."""

import json
import shlex
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from ecosim.data.errors import UserError
from ecosim.data.writing import FULL, write_whole

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.door.compose import Composed
    from ecosim.forecast.job import Result

ALWAYS = (  # field of the result, in the order of writing: the forecast first
    "forecast",
    "forecast_quarterly",
    "effect",
    "effect_quarterly",
    "baseline_forecast",
    "coefficients",
    "diagnostics",
    "placebos",
    "basis",
    "references",
    "ledger",
    "costs",
    "observed",
)
WHERE_KNOWN = (
    "decomposition",
    "scores",
    "later",
    "hindcast",
    "take_up",
    "missions",
    "identification",
    "places",
)  # written only where they have rows
RENAMED = {"policy_table": "policies"}


class OutputError(UserError, OSError):
    """Results that cannot be written."""


def new_folder(cwd: Path, label: str) -> Path:
    """A new folder outputs/<label>/<time>, numbered where two runs start in one second. Raises OutputError."""
    base = cwd / "outputs" / label
    stamp = datetime.now().strftime("%Y-%m-%dT%H%M%S")
    number = 1
    while True:
        folder = base / (stamp if number == 1 else f"{stamp}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            if not base.is_dir():
                raise OutputError(f"{base} is no folder; move that file away") from None
            number += 1
        except OSError as error:
            raise cannot_write(error, folder) from error
        else:
            return folder


def cannot_write(error: OSError, folder: Path) -> OutputError:
    """A failed write as one message with the way out."""
    reason = FULL.get(error.errno or 0)
    if reason is None:
        what = error.filename or folder
        if isinstance(error, NotADirectoryError):
            file = next(path for path in (folder, *folder.parents) if path.exists())
            return OutputError(f"{file} is no folder; move that file away")
        return OutputError(f"cannot write {what}: {error.strerror or error}; check the folder's rights")
    kept = sorted(path.name for path in folder.glob("*") if path.stat().st_size) if folder.is_dir() else []
    return OutputError(
        f"{reason}: {error.filename or folder} could not be written; make room and run again, or run from another "
        f"folder. Written and kept in {folder}: {', '.join(kept) or 'nothing'}"
    )


def write_result(result: "Result", folder: Path) -> None:
    """Every table of a result. Raises OutputError where the disk is full or the folder is not writable."""
    try:
        for name in (*ALWAYS, *RENAMED, *WHERE_KNOWN):
            table: pd.DataFrame | None = getattr(result, name, None)
            if table is not None and (name not in WHERE_KNOWN or len(table)):
                write_table(table, folder / f"{RENAMED.get(name, name)}.csv")
        write_whole(folder / "members.parquet", lambda path: result.members.to_parquet(path, index=False))
        if result.statements:
            write_text("\n".join(result.statements) + "\n", folder / "statements.txt")
    except OSError as error:
        raise cannot_write(error, folder) from error


def write_table(table: "pd.DataFrame", path: Path) -> None:
    """A table as CSV (UTF-8, '\\n', every digit)."""
    write_whole(path, lambda part: table.to_csv(part, index=False, lineterminator="\n"))


def write_text(text: str, path: Path) -> None:
    """A text as a UTF-8 file."""
    write_whole(path, lambda part: Path(part).write_text(text, encoding="utf-8", newline="\n"))


def write_settings(composed: "Composed", folder: Path) -> None:
    """The settings in full as config.yaml, with the command that chose them on top. Raises OutputError."""
    words = shlex.join([*_own(composed), *composed.overrides])
    head = f"# {composed.question}\n# python -m ecosim {words}\n"
    tree = {"scenario": composed.scenario, **composed.tree}
    body = yaml.safe_dump(tree, allow_unicode=True, sort_keys=False, width=120)
    _write_or_explain(head + body, folder / "config.yaml")


def _own(composed: "Composed") -> list[str]:
    """The option of the user's folder, from the working directory where it lies below it, as paths of counts are."""
    if composed.own is None:
        return []
    here = Path.cwd()
    return ["--config-dir", str(composed.own.relative_to(here) if composed.own.is_relative_to(here) else composed.own)]


def write_provenance(table: dict[str, Any], seconds: dict[str, float], folder: Path) -> None:
    """provenance.json, with the seconds of the stages so far. Raises OutputError."""
    whole = {**table, "seconds": {stage: round(value, 3) for stage, value in seconds.items()}}
    _write_or_explain(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", folder / "provenance.json")


def _write_or_explain(text: str, path: Path) -> None:
    try:
        write_text(text, path)
    except OSError as error:
        raise cannot_write(error, path.parent) from error
