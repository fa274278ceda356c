"""One run from its first to its last moment, with a status that is true whatever happens to the process."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from ecosim.tracking import sending
from ecosim.tracking.address import shown
from ecosim.tracking.errors import TrackingError, Unreachable, explaining
from ecosim.tracking.processes import Terminated, signature, terminable
from ecosim.tracking.record import MARK, Record, Results, Sweep, fill
from ecosim.tracking.store import Store, check

LATER = "send them later with `python -m ecosim study=sync`"
PATIENCE = 60.0  # seconds for which a slow server is handed files; the rest is sent later


@dataclass
class Run:
    """A run that is going on. Made by `open_run`.

    problem: why the server did not take it at the start, empty when it did; the run is then told when it logs.
    """

    store: Store
    record: Record
    problem: str = ""

    @property
    def id(self) -> str | None:
        """MLflow's id, None as long as the server has not taken the run."""
        return self.record.run_id

    def log(
        self,
        folder: Path,
        results: Results,
        tags: Mapping[str, str] | None = None,
        description: str | None = None,
        files: Sequence[str] | None = None,
    ) -> None:
        """Tells MLflow everything about the finished results in `folder`, at once and last.

        tags, description: added to (or in place of) those of the start. files: names in `folder` that go to the
        artifact root, by default every plain file.
        While it is at it, and when it fails, `folder` holds not_logged.json, from which `send` logs it later.
        Raises Unreachable when the server is away (within 9 s) or too slow, TrackingError for a full disk or a missing
        file.
        """
        record, folder = self.record, Path(folder).resolve()
        record.tags |= {key: str(value) for key, value in (tags or {}).items()}
        record.description = record.description if description is None else description
        fill(record, results, folder, files, sending.now())
        try:
            record.reason = ""
            with explaining(f"writing {MARK}", str(folder), folder):
                record.write(folder)
            check(self.store)
            with explaining("logging", shown(self.store.address), self.store.home):
                if record.run_id is None:
                    record.run_id = sending.create(self.store, record)
                sending.tell(self.store, record, folder, PATIENCE)
                (folder / MARK).unlink()
            self.problem = ""
        except TrackingError as error:
            self.problem = record.reason = str(error)
            kept = _keep(record, folder)
            raise type(error)(
                f"{error}\nThe results are whole in {folder}; {LATER if kept else 'log them by hand'}"
            ) from error


@contextmanager
def open_run(
    store: Store,
    name: str,
    tags: Mapping[str, str],
    description: str,
    sweep: Sweep | None = None,
    again: tuple[str, str] | None = None,
) -> Iterator[Run]:
    """A run that is RUNNING inside the block and ends FINISHED, FAILED (exception) or KILLED (SIGTERM, Ctrl-C).

    Runs that dead processes of this host left RUNNING are ended as KILLED first. With `sweep` the run becomes a child
    of the sweep's parent run. name: see `run_name`. tags: scenario, role, origin, hashes, version ...; description: a
    paragraph a human wrote. again: (address, id) of a stopped run that goes on: it is RUNNING again, under its id.
    A server that is away does not cost the simulation: the run then has a `problem` and is told when it logs. A caller
    who wants to stop instead calls `check(store)` before.
    """
    record = Record(name, dict(tags), description, sending.now(), sweep=asdict(sweep) if sweep else None)
    record.process, record.address = signature(), store.address
    if again is not None and again[0] == store.address:
        record.run_id = again[1]
    run = Run(store, record)
    with terminable():
        try:
            _start(run)
            yield run
        except BaseException as error:
            killed = isinstance(error, KeyboardInterrupt | Terminated)
            clean = isinstance(error, SystemExit) and not killed and error.code in (None, 0)
            _end(run, "KILLED" if killed else "FINISHED" if clean else "FAILED", error)
            raise
        _end(run, "FINISHED", None)


def _start(run: Run) -> None:
    try:
        check(run.store)
        with explaining("opening the run", shown(run.store.address), run.store.home):
            sending.reap(run.store)
            if run.record.run_id is None or not sending.reopen(run.store, run.record):
                run.record.run_id = sending.create(run.store, run.record)
    except Unreachable as error:
        run.problem = str(error)


def _end(run: Run, status: str, error: BaseException | None) -> None:
    """Writes the status; a server that is away while another error is on its way only adds a note to that error."""
    if run.record.run_id is None or (run.problem and run.store.database is None):
        return
    try:
        check(run.store)
        with explaining(f"ending the run as {status}", shown(run.store.address), run.store.home):
            run.store.client.set_terminated(run.record.run_id, status)
    except TrackingError as trouble:
        if error is None:
            raise
        error.add_note(f"and the run stays RUNNING until the next start: {trouble}")


def _keep(record: Record, folder: Path) -> bool:
    """Whether not_logged.json says why; on a full disk the one written before still stands."""
    try:
        record.write(folder)
    except OSError:
        return (folder / MARK).exists()
    return True
