"""Finds a run again by its id, or by the first characters of it, and the files that it logged."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from ecosim.data.errors import UserError
from ecosim.tracking import address as addresses
from ecosim.tracking.errors import explaining
from ecosim.tracking.store import EXPERIMENT, Store, check

ID = re.compile(r"[0-9a-f]{4,32}")
SHOWN = 5
OUTPUTS = "outputs"  # tag: the folder that the results were written to
FINISHED = "FINISHED"


class RunNotFound(UserError, LookupError):
    """A run that is not there, or a name that several runs have."""


@dataclass(frozen=True)
class Found:
    """A logged run. id: MLflow's, 32 characters; artifacts: address of its files."""

    id: str
    name: str
    status: str
    artifacts: str


def stored(root: Path, experiment: str | None = None) -> Store | None:
    """The store of a working directory as it is, without making one; None where there is none."""
    store = Store(Path(root).resolve(), addresses.resolve(Path(root).resolve()), experiment or EXPERIMENT)
    return None if store.database is not None and not store.database.exists() else store


def find_run(store: Store, text: str, roles: Collection[str] = ()) -> Found:
    """The run whose id is, or begins with, a text of at least four characters, in any experiment of the store.

    roles: tag `role` of the runs that the caller takes; where none is found, the latest of these alone are shown.
    Raises RunNotFound with the latest runs, or with the runs that begin alike; TrackingError where the store is away.
    """
    check(store)
    with explaining("looking up a run", addresses.shown(store.address), store.home):
        runs = _every_run(store)
    alike = [run for run in runs if run.info.run_id.startswith(text)] if ID.fullmatch(text) else []
    if len(alike) == 1:
        info = alike[0].info
        return Found(info.run_id, info.run_name or "", info.status, info.artifact_uri)
    wanted = [run for run in runs if not roles or (run.data.tags.get("role") in roles and run.info.status == FINISHED)]
    shown = "; ".join(map(_told, (alike or wanted)[:SHOWN]))
    if alike:
        raise RunNotFound(f"run {text!r}: {len(alike)} runs begin so: {shown}; give more characters")
    none = "none of the kind that is asked for is logged here" if runs else "none is logged here"
    known = f"the latest here are {shown}" if wanted else none
    raise RunNotFound(
        f"no run {text!r}; {known}. Give an id or its first characters (`ecosim ui` shows them), or the folder of a "
        "run in outputs/"
    )


def id_of(store: Store, folder: Path) -> str | None:
    """Id of the latest run whose results were written to a folder, or whose files lie there; None where none was.

    Raises TrackingError where the store is away.
    """
    check(store)
    with explaining("looking up a run", addresses.shown(store.address), store.home):
        for run in _every_run(store):
            parts = urlsplit(run.info.artifact_uri)
            lies = unquote(parts.path) if parts.scheme in ("", "file") else ""
            if str(folder) in (run.data.tags.get(OUTPUTS), lies):
                return str(run.info.run_id)
    return None


def _told(run: Any) -> str:
    """The first characters of a run's id, its name, and when it began, in local time."""
    began = datetime.fromtimestamp(run.info.start_time / 1000)
    return f"{run.info.run_id[:8]} {run.info.run_name} of {began:%Y-%m-%d %H:%M}"


def _every_run(store: Store) -> list[Any]:
    """Runs of all experiments, the latest first."""
    experiments = [experiment.experiment_id for experiment in store.client.search_experiments()]
    found: list[Any] = []
    token: str | None = None
    while True:
        page = store.client.search_runs(
            experiments, max_results=1000, order_by=["attributes.start_time DESC"], page_token=token
        )
        found += page
        token = page.token
        if not token:
            return found


def files_of(store: Store, run: Found, into: Path) -> Path:
    """The folder with the files of a run: where they lie, or a copy below `into` of what a server keeps."""
    parts = urlsplit(run.artifacts)
    if parts.scheme in ("", "file"):
        return Path(unquote(parts.path))
    place = into / run.id
    with explaining("fetching the files of a run", addresses.shown(store.address), store.home):
        from mlflow.artifacts import download_artifacts

        place.mkdir(parents=True, exist_ok=True)
        return Path(download_artifacts(run_id=run.id, dst_path=str(place), tracking_uri=store.address))
