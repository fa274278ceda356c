"""The last thing a run prints: a short table of what was forecast, and where to look next."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from ecosim.door.headline import has_effect, headline_years, shown_targets

if TYPE_CHECKING:
    from ecosim.door.run import RunOutcome

NARROWEST = 72  # columns; a pipe has none of its own
MOST_STATEMENTS = 5


def show(outcome: "RunOutcome", console: Console | None = None) -> None:
    """Print the summary of a finished run on standard output."""
    from ecosim.report import summary_table

    console = console or Console()
    if console.width < NARROWEST:
        console = Console(width=NARROWEST)
    result, job = outcome.result, outcome.job
    table = summary_table(
        result.forecast,
        result.observed,
        shown_targets(job.targets, result.forecast),
        outcome.labels,
        result.effect if has_effect(result.effect) else None,
        headline_years(result.forecast),
    )
    console.print()
    console.print(table)
    console.print(f"Median and 90 % interval of {job.members} futures, seed {job.seed}.", style="dim", highlight=False)
    for statement in result.statements[:MOST_STATEMENTS]:
        console.print(statement, style="dim", markup=False, highlight=False)
    if result.decomposition is not None:
        for line in _shares(outcome):
            console.print(line, markup=False, highlight=False)
    console.print()
    for what, where in _places(outcome):
        console.print(f"{what:<9}{where}", markup=False, highlight=False, soft_wrap=True)


def _shares(outcome: "RunOutcome") -> list[str]:
    """What each line of work adds to the first two targets, in sentences."""
    from ecosim.door.charts import group_names
    from ecosim.report.decomposition import tell

    result, job = outcome.result, outcome.job
    assert result.decomposition is not None
    targets = shown_targets(job.targets, result.forecast)[:2]
    told = tell(result.decomposition, targets, outcome.labels, group_names())
    return ["", *(f"{name}: {sentence}" for name, sentence in told.sentences)]


def _places(outcome: "RunOutcome") -> list[tuple[str, str]]:
    places = [("results", short(outcome.folder))]
    report = outcome.folder / "report.html"
    if report.is_file():
        places.append(("report", short(report)))
    if outcome.run_id and not outcome.problem:
        places.append(("compare", "ecosim ui"))
    return [*places, ("took", f"{outcome.seconds['all']:.0f} s")]


def short(path: Path) -> str:
    """A path from the working directory where it lies below it."""
    relative = os.path.relpath(path)
    return relative if not relative.startswith("..") else str(path)
