"""Tells a record to MLflow: the run, its numbers in one batch, its files; and the parent run of a sweep."""

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from time import monotonic, time_ns
from typing import Any

from ecosim.tracking import record as records
from ecosim.tracking.address import shown
from ecosim.tracking.errors import Unreachable, explaining
from ecosim.tracking.processes import dead, signature
from ecosim.tracking.record import MARK, Record, Sweep
from ecosim.tracking.store import Store, check, locked

BATCH = 1000  # entries that MLflow takes in one transaction, parameters and tags among them
SWEEP = "ecosim.sweep"
NOTE, PARENT = "mlflow.note.content", "mlflow.parentRunId"


def now() -> int:
    """The time in ms since 1970."""
    return time_ns() // 1_000_000


def create(store: Store, record: Record) -> str:
    """Makes the run that the record describes, RUNNING by this process and under its sweep's parent; returns its id."""
    tags = {**_provenance(record.tags), **record.process, NOTE: record.description}
    if record.sweep:
        sweep = Sweep(**record.sweep)
        tags |= {PARENT: _parent(store, sweep), SWEEP: _key(sweep.key)}
    made = store.client.create_run(store.experiment_id, record.started, _tags(tags), record.name)
    return made.info.run_id


def reopen(store: Store, record: Record) -> bool:
    """Sets the run that the record names RUNNING again, by this process; False where the store does not have it."""
    from mlflow.entities import RunTag

    assert record.run_id is not None
    if not _exists(store, record.run_id):
        return False
    tags = _tags({**_provenance(record.tags), **record.process})
    store.client.log_batch(record.run_id, tags=[RunTag(*tag) for tag in tags.items()])
    store.client.update_run(record.run_id, status="RUNNING")
    return True


def tell(store: Store, record: Record, folder: Path, patience: float = math.inf) -> None:
    """Logs numbers, data set and files of the record to its run, which exists.

    patience: seconds after which no further file is handed to a server; then raises Unreachable.
    """
    from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag

    run = record.run_id
    assert run is not None
    tables = [name for name in record.files if name.endswith("_table.json")]
    tags = _provenance(record.tags) | {"outputs": str(folder), NOTE: record.description}
    deadline = math.inf if store.database else monotonic() + patience
    if tables:
        tags["mlflow.loggedArtifacts"] = json.dumps([{"path": name, "type": "table"} for name in tables])
    metrics = [Metric(key, value, time, step) for key, value, step, time in record.metrics]
    params = [Param(key, value) for key, value in record.params.items()]
    told = [RunTag(*tag) for tag in _tags(tags).items()]
    room = BATCH - len(params) - len(told)
    store.client.log_batch(run, metrics[:room], params, told)
    for start in range(room, len(metrics), BATCH):
        store.client.log_batch(run, metrics[start : start + BATCH])
    if record.dataset:
        table = dict(record.dataset)
        context = InputTag("mlflow.data.context", table.pop("context"))
        _name_dataset(store, run, DatasetInput(Dataset(**table), [context]))
    for number, name in enumerate(record.files):
        if monotonic() > deadline:
            raise Unreachable(
                f"the tracking server {shown(store.address)} is slow: it took {number} of {len(record.files)} files in "
                f"{patience:g} s"
            )
        store.client.log_artifact(run, str(folder / name))


def _name_dataset(store: Store, run: str, dataset: Any) -> None:
    """Says what the run has read, a second time where MLflow refused: of two runs that name the same data at the same
    moment it lets one write it down (looking and writing are two steps), and the other finds it at its next try.
    """
    from mlflow.exceptions import MlflowException

    try:
        store.client.log_inputs(run, [dataset])
    except MlflowException:
        store.client.log_inputs(run, [dataset])


def pending(outputs: Path) -> list[Path]:
    """The output folders below `outputs` whose results MLflow does not have, oldest first.

    Leaves out those that a living process is just logging.
    """
    marks = sorted(Path(outputs).rglob(MARK), key=lambda mark: mark.stat().st_mtime)
    return [mark.parent for mark in marks if _idle(mark.parent)]


def send(store: Store, folder: Path) -> str:
    """Logs the results kept in `folder`, ends the run as FINISHED, removes not_logged.json, returns the run's id.

    May be repeated after a failure: what the server has already is not logged twice.
    Raises Unreachable when the server is still away, TrackingError when MLflow or the disk refuses.
    """
    record = records.read(folder)
    check(store)
    with explaining("sending the results", shown(store.address), store.home):
        known = record.run_id and record.address == store.address and _exists(store, record.run_id)
        if not known:
            record.process = signature()
            record.run_id, record.address = create(store, record), store.address
            record.write(folder)
        assert record.run_id is not None
        tell(store, record, folder)
        store.client.set_terminated(record.run_id, "FINISHED", record.ended)
        if record.sweep:
            close_sweep(store, record.sweep["key"])
        (folder / MARK).unlink()
    return record.run_id


def close_sweep(store: Store, key: str) -> str | None:
    """Ends the parent run of a sweep with a true status and returns it; None when no job of the sweep was logged.

    FINISHED when every child is, FAILED when one failed, else KILLED. Belongs in a `finally` around the whole sweep:
    Hydra's own callback is left out when a job fails.
    """
    check(store)
    with explaining("closing the sweep", shown(store.address), store.home):
        reap(store)
        parent = _find_parent(store, key)
        if parent is None:
            return None
        children = _search(store, f"tags.`{PARENT}` = '{parent.info.run_id}'")
        states = {child.info.status for child in children}
        status = "FINISHED" if states == {"FINISHED"} else "FAILED" if "FAILED" in states else "KILLED"
        store.client.set_terminated(parent.info.run_id, status)
        return status


def reap(store: Store) -> list[str]:
    """Ends as KILLED the runs that dead processes of this host have left RUNNING; returns their ids."""
    left = [run for run in _search(store, "attributes.status = 'RUNNING'") if dead(run.data.tags)]
    for run in left:
        store.client.set_terminated(run.info.run_id, "KILLED")
    return [run.info.run_id for run in left]


def _parent(store: Store, sweep: Sweep) -> str:
    """The id of the sweep's parent run, made or set RUNNING again where necessary; one process at a time."""
    with locked(store.lock):
        found = _find_parent(store, sweep.key)
        if found is not None:
            if found.info.status != "RUNNING":
                store.client.update_run(found.info.run_id, status="RUNNING")
            return found.info.run_id
        driver = sweep.pid if sweep.pid and not _gone(sweep.pid) else None
        tags = {**_provenance(sweep.tags), "role": "sweep", SWEEP: _key(sweep.key), NOTE: sweep.description}
        made = store.client.create_run(store.experiment_id, tags=_tags(tags | signature(driver)), run_name=sweep.name)
        return made.info.run_id


def _gone(pid: int) -> bool:
    import psutil

    return not psutil.pid_exists(pid)


def _find_parent(store: Store, key: str) -> Any:
    found = _search(store, f"tags.`{SWEEP}` = '{_key(key)}' and tags.role = 'sweep'")
    return found[0] if found else None


def _key(key: str) -> str:
    return key.replace("'", "_").replace("\\", "/")


def _search(store: Store, condition: str) -> list[Any]:
    found: list[Any] = []
    token: str | None = None
    while True:
        page = store.client.search_runs([store.experiment_id], condition, max_results=1000, page_token=token)
        found += page
        token = page.token
        if not token:
            return found


def _exists(store: Store, run_id: str) -> bool:
    from mlflow.exceptions import MlflowException

    try:
        return store.client.get_run(run_id).info.lifecycle_stage == "active"
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return False
        raise


def _idle(folder: Path) -> bool:
    record = records.read(folder)
    return bool(record.reason) or dead(record.process) or record.process == {}


def _provenance(tags: Mapping[str, str]) -> dict[str, str]:
    """The caller's tags and the ones from which the UI fills its own columns."""
    own = {"mlflow.source.name": "ecosim", "mlflow.source.type": "LOCAL"}
    if commit := tags.get("git_commit"):
        own["mlflow.source.git.commit"] = str(commit)
    if user := os.environ.get("USER") or os.environ.get("USERNAME"):
        own["mlflow.user"] = user
    return own | {key: str(value) for key, value in tags.items()}


def _tags(tags: Mapping[str, str]) -> dict[str, str]:
    return {records.clean(key): records.cut(value, records.TAG_LENGTH) for key, value in tags.items()}
