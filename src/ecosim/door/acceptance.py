"""The study of stylised facts from its command line to its verdicts: simulate, measure, write, draw, tell MLflow."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecosim.data.errors import UserError
from ecosim.door import folder, told
from ecosim.door.build import build_policies, build_region, count_workers
from ecosim.door.compose import Composed, compose
from ecosim.door.engine import make_ready
from ecosim.door.progress import Stages
from ecosim.door.provenance import describe
from ecosim.door.run import log_run, open_tracking
from ecosim.door.studies import StylisedFacts

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.facts.suite import Suite
    from ecosim.tracking import Results

NAME = "stylised_facts"
ROLE = "acceptance"


@dataclass(frozen=True)
class FactsOutcome:
    """The verdicts and where they are. failing: facts that fail; problem: why MLflow does not have the run."""

    folder: Path
    facts: "pd.DataFrame"
    failing: list[str]
    seeds: int
    firms: int
    seconds: dict[str, float] = field(default_factory=dict)
    run_id: str | None = None
    problem: str = ""


def run_facts(
    overrides: Sequence[str], config_dir: str | Path | None = None, cwd: str | Path | None = None
) -> FactsOutcome:
    """Hold the firm model against the stylised facts. Arguments as of `run_scenario`; raises UserError."""
    from ecosim.tracking.processes import terminable

    place = Path(cwd or Path.cwd()).resolve()
    started = time.perf_counter()
    with terminable(), Stages() as stages:
        stages("settings", 0, 1)
        composed = compose(overrides, config_dir, place)
        suite = build_suite(composed)
        provenance = describe(composed.overrides, composed.tree, _hash_of_targets(), composed.own)
        store = open_tracking(composed, place, stages)
        stages("settings", 1, 1)
        home = folder.new_folder(place, NAME)
        folder.write_settings(composed, home)
        tags = told.tags_of(composed, provenance, ROLE) | {"study": NAME}
        with told.logged(store, composed, tags, None, NAME, _paragraph(composed, suite)) as opened:
            facts, by_seed = _measure(suite, stages)
            _write(facts, by_seed, suite, home, stages)
            folder.write_provenance(provenance, stages.seconds, home)
            run = opened()
            problem = "" if run is None else log_run(run, home, _results(composed, facts), stages)
    from ecosim.facts.verdict import failing

    seconds = {**stages.seconds, "all": time.perf_counter() - started}
    found = failing(facts)
    return FactsOutcome(home, facts, found, suite.seeds, suite.firms, seconds, run.id if run else None, problem)


def build_suite(composed: Composed) -> "Suite":
    """What is measured, as plain objects. Raises UserError where something cannot be built."""
    from ecosim.facts.suite import Suite

    study = composed.settings.study
    if not isinstance(study, StylisedFacts):
        raise UserError(f"study={study.name} measures no facts; choose study={NAME}")
    rows, _ = build_policies(composed)
    return Suite(
        region=build_region(composed.settings.region),
        firms=study.firms,
        behaviors=composed.settings.behaviors,
        policies={name: row.policy for name, row in rows.items()},
        seed=composed.settings.seed,
        seeds=study.seeds,
        workers=count_workers(composed.settings.workers),
    )


def _hash_of_targets() -> str:
    """SHA-256 of the register: a changed target shows in the provenance."""
    from ecosim.facts.register import FACTS

    return hashlib.sha256(repr(FACTS).encode()).hexdigest()


def _measure(suite: "Suite", stages: Stages) -> "tuple[pd.DataFrame, pd.DataFrame]":
    from ecosim.facts import suite as suites

    make_ready(stages)
    return suites.run(suite, stages)


def _write(facts: "pd.DataFrame", by_seed: "pd.DataFrame", suite: "Suite", home: Path, stages: Stages) -> None:
    from ecosim.figures import facts_chart

    stages("tables", 0, 1)
    try:
        folder.write_table(facts, home / "stylised_facts.csv")
        folder.write_table(by_seed, home / "stylised_facts_by_seed.csv")
        stages("tables", 1, 1)
        stages("charts", 0, 1)
        facts_chart(facts, by_seed, home / "stylised_facts.png", suite.region.name)
        stages("charts", 1, 1)
    except OSError as error:
        raise folder.cannot_write(error, home) from error


def _paragraph(composed: Composed, suite: "Suite") -> str:
    return (
        f"The firm model of {suite.region.name} under {composed.choices['policies']} held against sixteen stylised "
        f"facts: {suite.seeds} seeds of about {suite.firms} firms, means of {composed.choices['behaviors']}. A fact "
        "passes if its band, widened by the 95 % interval of the mean over seeds, holds that mean."
    )


def _results(composed: Composed, facts: "pd.DataFrame") -> "Results":
    from ecosim.facts.verdict import failing
    from ecosim.tracking import Results

    study = composed.settings.study
    params = told.params_of(composed) | {"study": NAME, **study.model_dump(exclude={"name", "targets"})}
    for unused in ("baseline", "origin", "horizon", "members", "data"):
        params.pop(unused, None)
    metrics = {"facts_failing": float(len(failing(facts)))}
    metrics |= {f"{row['fact']}_{row['measure']}": float(row["value"]) for row in facts.to_dict("records")}
    return Results(params, metrics)


def show(outcome: FactsOutcome, console: Any = None) -> None:
    """Print the verdicts on standard output, the validation first."""
    from rich.console import Console
    from rich.table import Table

    console = console or Console()
    if console.width < WIDEST and not console.is_terminal:
        console = Console(width=WIDEST)
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("fact")
    table.add_column("measure", overflow="fold")
    for column in ("target", "value"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("verdict")
    table.add_column("kind", no_wrap=True)
    judged = outcome.facts[outcome.facts["verdict"] != ""]
    for row in judged.sort_values("kind", ascending=False, kind="stable").to_dict("records"):
        value = f"{_short(row['value'])} ± {_short(row['standard_error'])}"
        cells = (row["fact"], row["name"], row["target"], value, row["verdict"], row["kind"])
        table.add_row(*map(str, cells), style="bold red" if row["verdict"] == "fail" else "")
    console.print()
    console.print(table)
    console.print(f"Mean ± standard error over {outcome.seeds} seeds of about {outcome.firms} firms.", style="dim")
    for row in outcome.facts[outcome.facts["verdict"] == "fail"].to_dict("records"):
        console.print(f"{row['fact']} fails: {row['reason']}.", markup=False, highlight=False)
    console.print()
    console.print(f"results  {outcome.folder}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"took     {outcome.seconds['all']:.0f} s", highlight=False)


WIDEST = 132  # columns; a pipe has none of its own


def _short(value: float) -> str:
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"
