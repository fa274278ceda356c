"""The study `fit`: equations from their files to coefficients.csv, a table on the screen and a run in MLflow."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from ecosim.door import folder
from ecosim.door.compose import Composed, compose
from ecosim.door.equations import Source, find_equation, load_rows, read_equation
from ecosim.door.library import ConfigError, Library
from ecosim.door.provenance import describe
from ecosim.door.studies import FitEquation
from ecosim.door.summary import NARROWEST, short

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.calibration.fitting import Equation, Fit

TABLES = ("coefficients", "diagnostics", "placebos")
FIRST = ("rows", "clusters", "Pearson / df", "alpha", "overdispersion t", "influence", "condition number")  # metrics


@dataclass(frozen=True)
class FitOutcome:
    """Fitted equations and where their tables are. problem: why MLflow does not have them, empty where it does."""

    fits: tuple["Fit", ...]
    folder: Path
    seconds: float
    run_id: str | None = None
    problem: str = ""


def run_fit(
    overrides: Sequence[str], config_dir: str | Path | None = None, cwd: str | Path | None = None
) -> FitOutcome:
    """Fit the equations that a command line names. Raises UserError, whose message is for the user."""
    from ecosim.calibration.fitting import fit

    place, started = Path(cwd or Path.cwd()).resolve(), time.perf_counter()
    composed = compose(overrides, config_dir, place)
    study = composed.settings.study
    if not isinstance(study, FitEquation):
        raise ConfigError(f"study={study.name} fits no equation; choose study=fit")
    library = Library(composed.own)
    equations = [read_equation(find_equation(name, library, place)) for name in study.equations]
    source = load_rows(composed, equations, place)
    fits = tuple(fit(equation, _until(source, equation, study.until), source.name) for equation in equations)
    home = folder.new_folder(place, composed.label)
    provenance = describe(composed.overrides, composed.tree, source.digest, composed.own)
    _write(fits, equations, composed, provenance, home)
    run_id, problem = _tell(fits, composed, provenance, source, home, place)
    return FitOutcome(fits, home, time.perf_counter() - started, run_id, problem)


def _until(source: Source, equation: "Equation", last: int | None) -> "pd.DataFrame":
    """Rows up to a year. Raises ConfigError where the table has no years."""
    if last is None:
        return source.rows
    from ecosim.calibration.fitting.values import Table as Rows
    from ecosim.data.periods import parse

    if equation.time not in source.rows:
        raise ConfigError(f"study.until={last}: {source.name} has no column {equation.time!r}; name it in time")
    labels = Rows(source.name, source.rows, time=equation.time).labels(equation.time)
    try:
        years = [parse(label).end.year for label in labels]
    except ValueError as error:
        raise ConfigError(f"study.until={last}: {source.name}: {equation.time}: {error}") from None
    rows = source.rows[[year <= last for year in years]]
    if not len(rows):
        raise ConfigError(f"study.until={last}: {source.name} has no row up to then; the first is of {min(years)}")
    return rows


def _write(
    fits: tuple["Fit", ...], equations: list["Equation"], composed: Composed, provenance: dict[str, Any], home: Path
) -> None:
    import pandas as pd

    try:
        for name in TABLES:
            parts = [getattr(fit, name) for fit in fits]
            filled = [part for part in parts if len(part)] or parts[:1]
            if name == "placebos" and not len(filled[0]):
                continue
            folder.write_table(pd.concat(filled, ignore_index=True), home / f"{name}.csv")
    except OSError as error:
        raise folder.cannot_write(error, home) from error
    folder.write_settings(composed, home)
    folder.write_provenance(provenance | {"equations": [_plain(equation) for equation in equations]}, {}, home)


def _plain(equation: "Equation") -> dict[str, Any]:
    from dataclasses import fields

    return {part.name: getattr(equation, part.name) for part in fields(equation) if part.init}


def _tell(
    fits: tuple["Fit", ...], composed: Composed, provenance: dict[str, Any], source: Source, home: Path, place: Path
) -> tuple[str | None, str]:
    """Log the finished fits: the run's id, and the message where MLflow could not be told."""
    if not composed.settings.tracking.enabled:
        return None, ""
    from ecosim.tracking import Results, TrackingError, dataset, open_run, open_store, run_name

    names = ", ".join(fit.equation.name for fit in fits)
    tags = {
        "scenario": "fit",
        "role": "fit",
        "config_hash": provenance["config_hash"][:12],
        "data_hash": provenance["data_hash"][:12],
        "git_commit": provenance["git"]["commit"] or "",
        "ecosim_version": provenance["ecosim"],
    }
    about = f"Equations {names} fitted to {source.name}; estimates are of these rows, not of any simulated firm."
    params = {"study": "fit", "equations": names, "data": source.name, "families": _families(fits)}
    data = dataset(source.rows, Path(source.name).stem, source.name, source.digest)
    store = open_store(place, composed.settings.tracking.experiment)
    try:
        with open_run(store, run_name(f"fit-{fits[0].equation.name}", composed.settings.seed), tags, about) as run:
            run.log(home, Results(params, _metrics(fits), {}, data))
            return run.id, ""
    except TrackingError as error:
        return None, str(error)


def _families(fits: tuple["Fit", ...]) -> str:
    return ", ".join(dict.fromkeys(fit.equation.family for fit in fits))


def _metrics(fits: tuple["Fit", ...]) -> dict[str, float]:
    metrics: dict[str, float] = {}
    for fit in fits:
        terms = zip(fit.coefficients["term"], fit.coefficients["estimate"], strict=True)
        beside = zip(fit.diagnostics["statistic"], fit.diagnostics["value"], strict=True)
        pairs = [*terms, *((statistic, value) for statistic, value in beside if statistic in FIRST)]
        metrics |= {f"{fit.equation.name}/{name}": float(value) for name, value in pairs if math.isfinite(value)}
    return metrics


def show(outcome: FitOutcome, console: Console | None = None) -> None:
    """Print every equation's coefficients and what must be known beside them."""
    console = console or Console()
    if console.width < NARROWEST:
        console = Console(width=NARROWEST)
    for fit in outcome.fits:
        console.print()
        console.print(_table(fit))
        for statistic, value, note in fit.diagnostics[["statistic", "value", "note"]].to_numpy(object):
            if not statistic.startswith(("variation of", "verdict on")):
                number = f" {value:,.4g}" if math.isfinite(value) else ""
                console.print(f"{statistic}{number}: {note}", style="dim", markup=False, highlight=False)
        for placebo in fit.tested:
            lead = f"{placebo.lead_beside.estimate:.3g} ({placebo.lead_beside.std_error:.2g})"
            text = f"placebo {placebo.lead}, beside {placebo.term}: {lead}; {placebo.flag}"
            console.print(text, markup=False, highlight=False)
    console.print()
    console.print(f"results  {short(outcome.folder)}", markup=False, highlight=False, soft_wrap=True)
    if outcome.run_id and not outcome.problem:
        console.print("compare  ecosim ui", markup=False, highlight=False)


def _table(fit: "Fit") -> Table:
    equation = fit.equation
    first = fit.coefficients.iloc[0]
    table = Table(title=f"{equation.name}: {equation.outcome}", caption=f"{first['estimator']}. {first['source']}")
    table.add_column("term", overflow="fold")
    for column in ("estimate", "std. error", f"{equation.level:.0%} interval"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("use", overflow="fold")
    columns = ["term", "estimate", "std_error", "lower", "upper", "use"]
    for term, estimate, error, lower, upper, use in fit.coefficients[columns].to_numpy(object):
        numbers = [f"{estimate:.4g}", f"{error:.3g}", f"{lower:.3g} to {upper:.3g}"]
        table.add_row(term, *(numbers if math.isfinite(estimate) else ["", "", ""]), use)
    return table
