"""One scenario from its command line to its report: compose, simulate, write, draw, report, tell MLflow."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecosim.data.errors import UserError
from ecosim.door import charts, folder, posteriors, resuming, told
from ecosim.door.build import build_job
from ecosim.door.calibrated import data_hash, with_calibration
from ecosim.door.compose import Composed, compose
from ecosim.door.library import split_override
from ecosim.door.progress import Stages
from ecosim.door.provenance import describe
from ecosim.door.recorded import ID
from ecosim.door.regions import simulate
from ecosim.door.reporting import write_report

if TYPE_CHECKING:
    from ecosim.figures import Labels
    from ecosim.forecast.job import Job, Result
    from ecosim.tracking import Run, Store, Sweep


@dataclass(frozen=True)
class RunOutcome:
    """A finished run: where its files are, its tables, and what could not be done.

    problem: why MLflow does not have the run, empty where it does or was not to have it. run_id: MLflow's id.
    """

    labels: "Labels"
    folder: Path
    job: "Job"
    result: "Result"
    seconds: dict[str, float] = field(default_factory=dict)
    run_id: str | None = None
    problem: str = ""


def run_scenario(
    overrides: Sequence[str],
    config_dir: str | Path | None = None,
    cwd: str | Path | None = None,
    sweep: "Sweep | None" = None,
) -> RunOutcome:
    """Run what a command line asks for and return where its results are.

    overrides: as on the command line, ['+scenario=pinghu_2017', 'members=50']. config_dir: a folder of the user's own.
    cwd: holds outputs/ and mlruns/, by default the working directory. sweep: the parent of this run.
    Raises UserError, whose message is for the user; results that were finished by then are kept.
    """
    from ecosim.tracking.processes import terminable

    place = Path(cwd or Path.cwd()).resolve()
    started = time.perf_counter()
    with terminable(), Stages() as stages:
        stages("settings", 0, 1)
        command = resuming.read_command(overrides, config_dir, place)
        composed = compose(command.overrides, command.config_dir, place)
        study = composed.settings.study
        if not study.needs_scenario:
            raise UserError(f"study={study.name} runs no scenario; leave the scenario out")
        job = with_calibration(build_job(composed, place), composed, place)
        begun = None if any(split_override(text).key == "posterior" for text in overrides) else command.home
        job, posterior = posteriors.with_posterior(job, composed, place, begun)
        provenance = describe(composed.overrides, composed.tree, data_hash(job), composed.own)
        if posterior is not None:
            provenance["posterior"] = posterior.provenance()
        store = open_tracking(composed, place, stages)
        stages("settings", 1, 1)
        home = command.home or folder.new_folder(place, composed.label)
        draws = None if posterior is None else posterior.digest
        keeping = resuming.keeping(home, command, composed, provenance["data_hash"], draws)
        with keeping as members, resuming.saying_how(home, place):
            folder.write_settings(composed, home)
            if posterior is not None:
                posterior.keep(home)
            role = "decomposition" if study.name == "decompose" else "point" if sweep else "single"
            tags = told.tags_of(composed, provenance, role) | {"outputs": str(home)}
            noted = partial(resuming.note_run, home)
            with told.logged(store, composed, tags, sweep, again=command.run_id, noted=noted) as opened:
                result = simulate(replace(job, kept=members), composed, home, stages)
                labels = charts.labels_of(composed, job)
                _write(result, job, composed, labels, provenance, home, stages)
                run = opened()
                _note_id(provenance, store, run, {**result.seconds, **stages.seconds}, home)
                results = None if run is None else told.results_of(composed, job, result, provenance["data_hash"])
                problem = "" if run is None else log_run(run, home, results, stages)
                resuming.clear(home)
    seconds = {**stages.seconds, "all": time.perf_counter() - started}
    return RunOutcome(labels, home, job, result, seconds, run.id if run else None, problem)


def _note_id(
    provenance: dict[str, Any], store: "Store | None", run: "Run | None", seconds: dict[str, float], home: Path
) -> None:
    """Keeps MLflow's id of the run in its provenance, so that its folder and its files there go by one name."""
    if store is None or (run is not None and run.id is not None):
        folder.write_provenance(provenance | {ID: None if run is None else run.id}, seconds, home)


def open_tracking(composed: Composed, place: Path, stages: Stages) -> "Store | None":
    """The place to log to, None without tracking; says at once when its server is away."""
    if not composed.settings.tracking.enabled:
        return None
    from ecosim.tracking import Unreachable, check, open_store

    store = open_store(place, composed.settings.tracking.experiment)
    try:
        check(store)
    except Unreachable as error:
        stages.say(f"warning: {error}. The run goes on; its results stay in outputs/.")
    return store


def _write(
    result: "Result",
    job: "Job",
    composed: Composed,
    labels: "Labels",
    provenance: dict[str, Any],
    home: Path,
    stages: Stages,
) -> None:
    """Tables, beside them the charts, then the report; every finished file stays when another cannot be written."""
    with ThreadPoolExecutor(1, "charts") as beside:
        drawing = beside.submit(_draw, result, job, composed, labels, home, stages)
        stages("tables", 0, 1)
        folder.write_result(result, home)
        folder.write_provenance(provenance, {**result.seconds, **stages.seconds}, home)
        stages("tables", 1, 1)
        try:
            told.write_compare_table(job, result, home)
            drawn = drawing.result()
            stages("report", 0, 1)
            write_report(result, job, labels, drawn, provenance, home)
            stages("report", 1, 1)
        except OSError as error:
            raise folder.cannot_write(error, home) from error
    folder.write_provenance(provenance, {**result.seconds, **stages.seconds}, home)


def _draw(result: "Result", job: "Job", composed: Composed, labels: "Labels", home: Path, stages: Stages) -> list[Path]:
    """The charts, by the processes that ran the members where they are of this machine."""
    stages("charts", 0, 1)
    settings = composed.settings
    starts = charts.instrument_starts(settings.policies, composed.baseline_rows, settings.origin)
    drawn = charts.draw(result, job.targets, starts, labels, home, 1 if job.cluster else job.workers)
    stages("charts", 1, 1)
    return drawn


def log_run(run: Any, home: Path, results: Any, stages: Stages, description: str | None = None) -> str:
    """Log the finished run, with another paragraph than that of its start where one is given.

    Returns the message where MLflow could not be told, else nothing.
    """
    from ecosim.tracking import TrackingError

    started = time.perf_counter()
    stages("tracking", 0, 1)
    try:
        run.log(home, results, description=description)
    except TrackingError as error:
        stages.seconds["tracking"] = time.perf_counter() - started
        return str(error)
    stages("tracking", 1, 1)
    return ""
