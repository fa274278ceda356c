"""study=calibrate from its command line to its tables: compose, find what was kept, simulate, write, draw, tell."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from ecosim.data.digits import plain
from ecosim.data.writing import write_whole
from ecosim.door import calibrated, folder, posteriors, told
from ecosim.door.build import build_job
from ecosim.door.compose import Composed, compose
from ecosim.door.engine import make_ready
from ecosim.door.library import ConfigError
from ecosim.door.progress import Stages
from ecosim.door.provenance import describe
from ecosim.door.run import log_run, open_tracking
from ecosim.door.studies import Calibrate
from ecosim.door.summary import NARROWEST, short

if TYPE_CHECKING:
    from ecosim.forecast.job import Job
    from ecosim.forecast.posterior import CalibrationJob, Found
    from ecosim.tracking import Results

ROLE = "calibration"
TABLES = ("coefficients", "identification", "diagnostics", "placebos", "directions", "pairs", "columns", "fits",
          "generations")  # fmt: skip
MOST_STATEMENTS = 4


@dataclass(frozen=True)
class CalibrationOutcome:
    """What was found and where it is. problem: why MLflow does not have the run, empty where it does."""

    folder: Path
    found: "Found"
    seconds: dict[str, float] = field(default_factory=dict)
    run_id: str | None = None
    problem: str = ""


def run_calibration(
    overrides: Sequence[str], config_dir: str | Path | None = None, cwd: str | Path | None = None
) -> CalibrationOutcome:
    """Calibrate the place of a scenario. Raises UserError; simulations that were finished by then are kept."""
    from ecosim.tracking.processes import terminable

    place = Path(cwd or Path.cwd()).resolve()
    started = time.perf_counter()
    with terminable(), Stages() as stages:
        stages("settings", 0, 1)
        composed = compose(overrides, config_dir, place)
        if not isinstance(composed.settings.study, Calibrate):
            raise ConfigError(f"study={composed.settings.study.name} calibrates nothing; choose study=calibrate")
        job = build_job(composed, place)
        data_hash = calibrated.data_hash(job)
        provenance = describe(composed.overrides, composed.tree, data_hash, composed.own)
        store = open_tracking(composed, place, stages)
        task = build_task(composed, job, data_hash, place)
        stages("settings", 1, 1)
        assert task.folder is not None
        with calibrated.held(task.folder):
            _say_kept(task, place, stages)
            home = folder.new_folder(place, composed.label)
            folder.write_settings(composed, home)
            tags = told.tags_of(composed, provenance, ROLE) | {"study": "calibrate"}
            with told.logged(store, composed, tags, None, f"calibrate-{composed.label}", _paragraph(job)) as opened:
                found = _simulate(task, stages)
                _write(found, job, home, stages)
                posteriors.write_facts(found, composed, data_hash, home)
                calibrated.keep(found, task.folder)
                folder.write_provenance(provenance, {**found.seconds, **stages.seconds}, home)
                run = opened()
                problem = "" if run is None else log_run(run, home, _results(composed, found, data_hash, job), stages)
    seconds = {**stages.seconds, "all": time.perf_counter() - started}
    return CalibrationOutcome(home, found, seconds, run.id if run else None, problem)


def build_task(composed: Composed, job: "Job", data_hash: str, cwd: Path) -> "CalibrationJob":
    """The plan behind the settings, and where its simulations are kept. Raises PriorError for an unknown name."""
    from ecosim.calibration.simulation import Plan
    from ecosim.forecast.posterior import CalibrationJob
    from ecosim.forecast.posterior.prepare import usual

    study = composed.settings.study
    assert isinstance(study, Calibrate)
    changed = any("study.parameters" in text for text in composed.overrides)
    free = study.parameters if changed else usual(study.parameters, job.policies, job.delivery_sd)
    key = calibrated.key_of_study(composed, data_hash)
    return CalibrationJob(
        job=job,
        free=free,
        years=study.years,
        firms=study.firms,
        plan=Plan(study.population, study.simulations, study.generations, study.least_acceptance, job.seed),
        folder=calibrated.folder_of_study(composed, data_hash, cwd),
        key=key,
        moments=study.moments,
    )


def _say_kept(task: "CalibrationJob", place: Path, stages: Stages) -> None:
    from ecosim.calibration.simulation import Kept

    assert task.folder is not None
    count = len(Kept(task.folder, task.key or {}))
    if count:
        stages.say(f"{count:,} finished simulations of the same counts, equations and settings are taken from "
                   f"{task.folder.relative_to(place)}")  # fmt: skip


def _simulate(task: "CalibrationJob", stages: Stages) -> "Found":
    from ecosim.forecast import posterior

    make_ready(stages)
    try:
        return posterior.run(task, stages)
    except OSError as error:  # a simulation that could not be kept; a worker's error is of the same kind
        raise folder.cannot_write(error, task.folder or Path.cwd()) from None


def _write(found: "Found", job: "Job", home: Path, stages: Stages) -> None:
    """Every table, the draws, the sentences and the chart. Raises OutputError."""
    from ecosim.figures import Labels, identification_chart

    stages("tables", 0, 1)
    try:
        for name in TABLES:
            table = getattr(found, name)
            if len(table):
                folder.write_table(table, home / f"{name}.csv")
        if found.estimated is not None:
            folder.write_table(found.estimated, home / "moments.csv")
        write_whole(home / "posterior.parquet", lambda path: found.posterior.to_parquet(path, index=False))
        folder.write_text("\n".join(found.statements) + "\n", home / "statements.txt")
        stages("tables", 1, 1)
        stages("charts", 0, 1)
        title = Labels(job.region.name, job.region.name_zh).where
        names = words_of(job, tuple(found.identification["parameter"]))
        identification_chart(found.identification, home / "identification.png", title, _subtitle(found, job), names)
        stages("charts", 1, 1)
    except OSError as error:
        raise folder.cannot_write(error, home) from error


def _subtitle(found: "Found", job: "Job") -> str:
    used = int(found.fits["used"].sum()) if len(found.fits) else 0
    return f"Simulated from {found.start}, held against {used} counts known at {job.origin}."


def words_of(job: "Job", names: tuple[str, ...]) -> dict[str, str]:
    """What a chart calls each parameter: instruments by their labels, levels and growth by their counts."""
    from ecosim.figures import Labels
    from ecosim.forecast.shifts import CHANNELS

    labels = Labels(job.region.name)
    words = {}
    for name in names:
        head, _, rest = name.partition(".")
        if name in job.policies:
            row = job.policies[name]
            words[name] = f"{row.label} {row.label_zh}".strip()
        elif head in ("start", "drift"):
            label = labels.of(CHANNELS.get(rest, rest))
            words[name] = f"{'Level' if head == 'start' else 'Growth'}: {label.title} {label.chinese}".strip()
        else:
            words[name] = f"{head.replace('_', ' ')}: {rest.replace('_', ' ')}"
    return words


def _paragraph(job: "Job") -> str:
    return (
        f"Calibration of {job.region.name} from what was known at {job.origin}: regressions on the panel, then a "
        "posterior by simulation (sequential Monte Carlo with adaptive distances), and what these data cannot tell."
    )


def _results(composed: Composed, found: "Found", data_hash: str, job: "Job") -> "Results":
    from ecosim.data import panel
    from ecosim.tracking import Results, dataset

    study = composed.settings.study
    params = (
        told.params_of(composed) | study.model_dump(exclude={"name", "targets", "parameters"}) | {"study": study.name}
    )
    for unused in ("horizon", "members"):
        params.pop(unused, None)
    table = found.identification
    metrics = {
        f"contraction/{name}": float(share)
        for name, share in zip(table["parameter"], table["contraction"].to_numpy(float), strict=True)
    }
    metrics["identified"] = float((table["contraction"] >= 0.2).sum())
    metrics["simulations"] = float(found.generations["simulations"].sum())
    known = panel.known_at(job.counts, job.origin)
    source = composed.settings.data.path or "ecosim.data.china"
    return Results(params, metrics, {}, dataset(known, composed.choices["data"], str(source), data_hash))


def show(outcome: CalibrationOutcome, console: Console | None = None) -> None:
    """Print prior beside posterior, the counts beside what the posterior makes of them, and the first sentences."""
    console = console or Console()
    if console.width < NARROWEST:
        console = Console(width=NARROWEST)
    found = outcome.found
    table = Table(title="prior and posterior: mean (standard deviation)", title_justify="left")
    table.add_column("parameter", overflow="fold")
    for name in ("prior", "posterior", "narrower"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in found.identification.to_dict("records"):
        told_ = row["contraction"] >= 0.2
        cells = (f"{row[f'{when}_mean']:.3g} ({row[f'{when}_sd']:.2g})" for when in ("prior", "posterior"))
        narrower = f"{row['contraction']:.0%}" if told_ else "not identified"
        table.add_row(row["parameter"], *cells, narrower, style="" if told_ else "dim")
    console.print()
    console.print(table)
    if len(found.fits):
        console.print(_fits(found))
    for statement in found.statements[:MOST_STATEMENTS]:
        console.print(statement, markup=False, highlight=False)
    console.print()
    console.print(f"results  {short(outcome.folder)}", markup=False, highlight=False, soft_wrap=True)
    if outcome.run_id and not outcome.problem:
        console.print("compare  ecosim ui", markup=False, highlight=False)
    console.print(f"took     {outcome.seconds['all']:.0f} s", markup=False, highlight=False)


def _fits(found: "Found") -> Table:
    table = Table(title="counts beside the posterior's: median and 90 % interval", title_justify="left")
    table.add_column("count", overflow="fold")
    for name in ("observed", "posterior"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in found.fits.to_dict("records"):
        name = row["count"] if row["used"] else f"{row['count']} (follows from others)"
        between = f"{plain(row['lower'])} to {plain(row['upper'])}"
        outside = "" if row["inside_90"] else "outside: "
        cells = (f"{outside}{row['observed']:,.10g}", f"{plain(row['median'])} ({between})")
        table.add_row(name, *cells, style="" if row["inside_90"] else "bold red")
    return table
