"""The place runs are told to: a SQLite store under mlruns/ of the working directory, or any other MLflow server."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecosim.tracking import address as addresses
from ecosim.tracking.errors import TrackingError, explaining

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT = "ecosim"
PATIENCE = 300  # seconds to wait for another process that creates or mends the store
OURS = "/mlruns/artifacts"  # how the artifact location of our experiments ends
# absolute paths in MLflow's store; a table that this version of MLflow lacks is passed over
PATHS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
    ("trace_tags", "value"),
)
EXPERIMENT_TAGS = {  # the page about language models, on which a bare `mlflow ui` opens, shows this at its top
    "mlflow.note.content": "Forecasts of ecosim. Switch to 'Model training' (top left) to see the runs; "
    "the chart icon draws metrics over calendar years; tick runs and press Compare.",
}


@dataclass(frozen=True)
class Store:
    """Where the runs of one working directory are told. Made by `open_store`; holds no open file.

    root: the working directory. address: MLflow's tracking URI. experiment: the name of the MLflow experiment.
    """

    root: Path
    address: str
    experiment: str

    @property
    def database(self) -> Path | None:
        """The SQLite file, None for a server."""
        return Path(self.address.removeprefix("sqlite:///")) if self.address.startswith("sqlite:///") else None

    @property
    def own(self) -> bool:
        """Whether it is the store under mlruns/ of the working directory."""
        return self.database == self.root / "mlruns" / "mlflow.db"

    @property
    def home(self) -> Path:
        """The folder that is written to: that of the SQLite file, else mlruns/."""
        return self.database.parent if self.database else self.root / "mlruns"

    @property
    def lock(self) -> Path:
        """The file that one process at a time holds while it creates or mends."""
        return self.home / ".lock"

    @property
    def artifacts(self) -> Path | None:
        """The folder for artifacts, None where a server decides."""
        return None if self.address.startswith(addresses.SERVERS) else self.home / "artifacts"

    @cached_property
    def client(self) -> "MlflowClient":
        """MLflow's client; the first access imports MLflow and opens the store (about 2 s, never a reason to wait:
        `threading.Thread(target=lambda: store.experiment_id).start()` does it while kernels compile).
        """
        addresses.quiet()
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=self.address)

    @cached_property
    def experiment_id(self) -> str:
        """MLflow's id of the experiment, which is created if it is not there."""
        with explaining("looking up the experiment", addresses.shown(self.address), self.home):
            found = self.client.get_experiment_by_name(self.experiment)
            if found is None:
                with locked(self.lock):
                    found = self.client.get_experiment_by_name(self.experiment)
                    if found is None:
                        return _new_experiment(self.client, self.experiment, self.artifacts)
            if found.lifecycle_stage == "deleted":
                raise _deleted(self.experiment, self.address)
            return found.experiment_id


def open_store(root: Path, experiment: str | None = None) -> Store:
    """The store for the working directory `root` (MLFLOW_TRACKING_URI wins); call it once, before any fan-out.

    Creates the SQLite store and the experiment under a file lock, so any number of first starts at once are safe; mends
    the absolute paths of a folder that was moved; links `mlflow.db` in the working directory for a bare `mlflow ui`.
    A few milliseconds for a store that exists, about 4 s for a new one; a server is not asked (see `check`).
    experiment: by default MLFLOW_EXPERIMENT_NAME, else "ecosim".
    Raises TrackingError for a plain folder store, a deleted experiment, a file that is no MLflow store, a full disk.
    """
    root = Path(root).resolve()
    if not root.is_dir():
        raise TrackingError(f"{root}: no such folder; start from the folder that is to hold mlruns/")
    name = experiment or os.environ.get("MLFLOW_EXPERIMENT_NAME", "").strip() or EXPERIMENT
    store = Store(root, addresses.resolve(root), name)
    if store.database is None:
        return store
    with explaining("opening the store", str(store.database), store.home):
        if not store.database.exists() or _former_homes(store):
            with locked(store.lock):
                if not store.database.exists():
                    _create(store)
                for old in _former_homes(store):
                    _relocate(store.database, old, store.database.parent)
        if store.own:
            _link(store.root)
    return store


def check(store: Store) -> None:
    """Returns when the store can be asked (milliseconds); raises Unreachable within 9 s when its server is away."""
    addresses.check(store.address)


@contextmanager
def locked(lock: Path) -> Iterator[None]:
    """Holds a file lock: creating a store, mending it and making the parent run of a sweep happen one at a time."""
    from filelock import FileLock, Timeout

    lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(lock, timeout=PATIENCE, is_singleton=True):
            yield
    except Timeout as error:
        raise TrackingError(
            f"{lock}: held by another process for {PATIENCE} s; end that one and start again"
        ) from error


def _former_homes(store: Store) -> list[str]:
    """The mlruns folders other than the present one that the store still names: not empty after a move.

    Raises TrackingError when the file is no MLflow store or the experiment was deleted.
    """
    assert store.database is not None
    try:
        with closing(sqlite3.connect(f"{store.database.as_uri()}?mode=ro", uri=True, timeout=20)) as base:
            rows = base.execute("SELECT name, artifact_location, lifecycle_stage FROM experiments").fetchall()
    except sqlite3.DatabaseError as error:
        raise TrackingError(
            f"{store.database}: cannot be read as an MLflow store ({error}); move it away and start again"
        ) from error
    if any(name == store.experiment and stage == "deleted" for name, _, stage in rows):
        raise _deleted(store.experiment, store.address)
    homes = {str(location).removesuffix("/artifacts") for _, location, _ in rows if str(location).endswith(OURS)}
    return sorted(homes - {str(store.database.parent)}) if store.own else []


def _create(store: Store) -> None:
    """Makes a complete store beside its place and puts it there in one move: what exists is never half made."""
    addresses.quiet()
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    assert store.database is not None
    assert store.artifacts is not None
    store.artifacts.mkdir(parents=True, exist_ok=True)
    draft = store.database.with_name(f".{store.database.name}.new")
    draft.unlink(missing_ok=True)
    made = SqlAlchemyStore(f"sqlite:///{draft.as_posix()}", str(store.database.parent))
    _new_experiment(made, store.experiment, store.artifacts)
    made.engine.dispose()
    os.replace(draft, store.database)


def _new_experiment(client: Any, name: str, artifacts: Path | None) -> str:
    """Creates the experiment, or finds the one that somebody else has just created on the same server."""
    from mlflow.entities import ExperimentTag
    from mlflow.exceptions import MlflowException

    location = str(artifacts) if artifacts else None
    tags: Any = EXPERIMENT_TAGS
    if not hasattr(client, "tracking_uri"):  # the bare store takes entities where the client takes a dict
        tags = [ExperimentTag(key, value) for key, value in EXPERIMENT_TAGS.items()]
    try:
        return client.create_experiment(name, artifact_location=location, tags=tags)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
        return client.get_experiment_by_name(name).experiment_id


def _deleted(name: str, address: str) -> TrackingError:
    return TrackingError(
        f"the MLflow experiment {name!r} at {addresses.shown(address)} was deleted; restore it in the MLflow UI, "
        "or choose another by MLFLOW_EXPERIMENT_NAME"
    )


def _relocate(database: Path, old: str, new: Path) -> None:
    """Rewrites every absolute path below `old` in the store to the same place below `new`."""
    with closing(sqlite3.connect(database, timeout=20)) as base, base:
        for table, column in PATHS:
            if column not in [row[1] for row in base.execute(f"PRAGMA table_info({table})")]:
                continue
            base.execute(
                f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE substr({column}, 1, ?) = ?",
                (f"{new}/", len(old) + 2, len(old) + 1, f"{old}/"),
            )


def _link(root: Path) -> None:
    """`mlflow.db -> mlruns/mlflow.db`, so that a bare `mlflow ui` sees the runs; a file of that name is left alone."""
    link = root / "mlflow.db"
    if os.name == "posix" and not os.path.lexists(link):
        try:
            link.symlink_to(Path("mlruns") / "mlflow.db")
        except FileExistsError:  # another process was first
            return
