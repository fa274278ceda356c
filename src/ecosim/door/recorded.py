"""What the studies of recorded runs share: short keys of the command line, and the run behind a name."""

import json
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ecosim.data.errors import UserError
from ecosim.door.library import split_override

if TYPE_CHECKING:
    from ecosim.publication.recorded import Recorded

FORECAST_ROLES = ("single", "point", "decomposition", "update")  # tag of runs that hold a forecast
CALIBRATION_ROLES = ("calibration",)
ID = "run_id"  # key of provenance.json: MLflow's id, null of a run without tracking
COPIES = "recorded"  # folder in outputs/ for the files of runs that a server keeps


def spelled_out(overrides: Sequence[str], keys: Iterable[str]) -> list[str]:
    """The overrides with the study's own keys in full ('run=' is short for 'study.run='), their values as text.

    Without quotes an id such as 12345678 or 3e10 would be a number.
    """
    own = set(keys)
    full = []
    for text in overrides:
        sign, key, value = split_override(text)
        short = key.removeprefix("study.")
        if short in own and sign in ("", "++") and value:
            text = f"{sign}study.{short}={quoted(value)}"
        full.append(text)
    return full


def quoted(value: str) -> str:
    """A value, or each of a list in brackets, as Hydra reads text; null stays null."""
    if value.startswith("[") and value.endswith("]"):
        return f"[{','.join(quoted(part.strip()) for part in value[1:-1].split(',') if part.strip())}]"
    if value == "null" or value[0] in "'\"":
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def locate(
    name: str, place: Path, experiment: str | None = None, roles: Collection[str] = FORECAST_ROLES
) -> "Recorded":
    """The run of a name: a folder, or an id in MLflow (or its first characters). Raises RunNotFound, TrackingError.

    roles: of the runs that are named to choose from where this one is not there. A run that MLflow knows has its id
    whichever way it was named.
    """
    from ecosim.publication.recorded import Recorded

    folder = (place / name).resolve()
    if folder.is_dir():
        if not (folder / "config.yaml").is_file():
            raise UserError(f"{name}: a folder without config.yaml is no run; give a folder outputs/<scenario>/<time>")
        return Recorded(folder, _id_of(folder, place, experiment) or folder.name)
    from ecosim.tracking import RunNotFound, files_of, find_run, stored

    store = stored(place, experiment)
    if store is None:
        raise RunNotFound(
            f"no run {name!r}: it is no folder, and no run is logged in {place / 'mlruns'}; "
            "start where the runs were made"
        )
    found = find_run(store, name, roles)
    files = files_of(store, found, place / "outputs" / COPIES)
    if not (files / "config.yaml").is_file():
        raise UserError(
            f"run {found.id[:8]} ({found.name}, {found.status}) logged no files in {files}; name another run"
        )
    return Recorded(files, found.id)


def own_folder(run: "Recorded") -> Path | None:
    """The user's folder of configuration that the run was made with, where it is still there."""
    words = [str(word) for word in run.provenance.get("command") or []]
    if "--config-dir" not in words:
        return None
    place = Path(words[words.index("--config-dir") + 1])
    if not place.is_dir():
        raise UserError(f"run {run.short} was made with --config-dir {place}, which is not there; give --config-dir")
    return place


def _id_of(folder: Path, place: Path, experiment: str | None) -> str | None:
    """MLflow's id of the run in a folder: as it was recorded, else as the store has it; None where nobody knows it."""
    from ecosim.tracking import Unreachable, id_of, stored

    try:
        known = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}  # whoever needs the file says so
    if ID in known:
        return None if known[ID] is None else str(known[ID])
    store = stored(place, experiment)
    try:
        return None if store is None else id_of(store, folder)
    except Unreachable:
        return None  # the folder is whole without its server
