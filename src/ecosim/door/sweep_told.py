"""What a sweep says at its end: a row for each job, the command that lays them beside each other, and what failed."""

import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecosim.door import folder
from ecosim.door.headline import has_effect, headline_years, shown_targets
from ecosim.door.library import split_override
from ecosim.door.provenance import command_line
from ecosim.door.summary import NARROWEST, short

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

    from ecosim.door.run import RunOutcome

TABLE = "sweep.csv"
FORECAST, EFFECT = ("median", "lower", "upper"), ("effect", "effect_lower", "effect_upper")
COLUMNS = ("job", "overrides", "target", "time", *FORECAST, *EFFECT, "folder", "run_id", "error")
MOST_COMPARED = 8  # runs that study=compare takes

Job = Mapping[str, Any]
"""How one job ended: its overrides (`chosen`), its error (`why`), the sweep's folder, and what `headline` found."""


def headline(outcome: "RunOutcome") -> dict[str, Any]:
    """The first target in the last year, as numbers and as text; where the run's files are."""
    from ecosim.report import stacked, values_at

    result = outcome.result
    target, year = shown_targets(outcome.job.targets, result.forecast)[0], headline_years(result.forecast)[-1]
    found: dict[str, Any] = {"target": target, "time": year, "title": outcome.labels.title(target)}
    effect = result.effect if has_effect(result.effect) else None
    for table, names in ((result.forecast, FORECAST), (effect, EFFECT)):
        if table is not None:
            values, signed = values_at(table, target, year), table is effect
            found |= dict(zip(names, values, strict=True))
            found[f"{names[0]}_text"] = stacked(values, outcome.labels.of(target), signed)
    return found | {"folder": short(outcome.folder), "run_id": None if outcome.problem else outcome.run_id}


def tell(ends: Path, cwd: Path) -> None:
    """Prints the table of a sweep, keeps it as sweep.csv in the sweep's folder, and says which jobs failed and why.

    ends: a folder with a JSON file for each job that ended, which is removed.
    """
    jobs = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(ends.glob("*.json"))]
    shutil.rmtree(ends, ignore_errors=True)
    if jobs:
        _show(jobs, _write(jobs, cwd / jobs[0]["sweep"]))
    failed = [f"  {words}: {job['why']}" for job, words in zip(jobs, _apart(jobs), strict=True) if job["why"]]
    if failed:
        head = f"ecosim: {len(failed)} of {len(jobs)} runs of this sweep failed:"
        print(head, *failed, sep="\n", file=sys.stderr, flush=True)  # noqa: T201


def _apart(jobs: Sequence[Job]) -> list[str]:
    """Of each job the overrides that are not the same in all."""
    same = set.intersection(*(set(job["chosen"]) for job in jobs)) if len(jobs) > 1 else set()
    return [" ".join(text for text in job["chosen"] if text not in same) for job in jobs]


def _write(jobs: Sequence[Job], home: Path) -> Path | None:
    """The table as a file; None where it could not be written, which is said."""
    path = home / TABLE
    try:
        home.mkdir(parents=True, exist_ok=True)
        folder.write_table(frame(jobs), path)
    except OSError as error:
        print(f"ecosim: {folder.cannot_write(error, home)}", file=sys.stderr, flush=True)  # noqa: T201
        return None
    return path


def frame(jobs: Sequence[Job]) -> "pd.DataFrame":
    """The table of a sweep: one row for each job, in their order, from 1."""
    import pandas as pd

    rows = [
        {**job, "job": number, "overrides": " ".join(job["chosen"]), "error": job["why"]}
        for number, job in enumerate(jobs, start=1)
    ]
    return pd.DataFrame(rows).reindex(columns=list(COLUMNS))


def _show(jobs: Sequence[Job], written: Path | None) -> None:
    from rich.console import Console

    console = Console()
    if console.width < NARROWEST:
        console = Console(width=NARROWEST)
    console.print()
    console.print(_table(jobs))
    lines = [("sweep", short(written))] if written else []
    if command := compare_command(jobs):
        lines.append(("compare", command))
    console.print()
    for what, text in lines:
        console.print(f"{what:<9}{text}", markup=False, highlight=False, soft_wrap=True)


def _table(jobs: Sequence[Job]) -> "Table":
    """Runs as rows: what was set, the headline's median above its interval, the effect, id or folder."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    told = dict.fromkeys(f"{job['title']}, {job['time']}" for job in jobs if "title" in job)
    head = next(iter(told)) if len(told) == 1 else f"{len(jobs)} runs"
    table = Table(
        title=Text(f"Sweep: {head}; median and 90 % interval"), title_justify="left", header_style="bold",
        box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0),
    )  # fmt: skip
    table.add_column("set")
    if len(told) > 1:
        table.add_column("target")
    for name in ("forecast", "effect"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("run", overflow="fold")
    for job, words in zip(jobs, _apart(jobs), strict=True):
        first = f"{words}\nfailed: {job['why']}" if job["why"] else words
        target = [f"{job['title']}, {job['time']}" if "title" in job else "–"] * (len(told) > 1)
        cells = [first, *target, job.get("median_text", "–"), job.get("effect_text", "–"), _name(job) or "–"]
        table.add_row(*map(Text, cells))
    return table


def _name(job: Job) -> str:
    """What a finished run goes by: the beginning of its id, without one its folder; empty where there is none."""
    return str(job["run_id"])[:8] if job.get("run_id") else str(job.get("folder", ""))


def compare_command(jobs: Sequence[Job]) -> str:
    """The line to type that lays the first eight finished runs beside each other; empty with fewer than two."""
    finished = [job for job in jobs if _name(job)][:MOST_COMPARED]
    if len(finished) < 2:
        return ""
    tracking = [text for text in finished[0]["chosen"] if split_override(text).key.startswith("tracking.")]
    return command_line(["ecosim", "study=compare", f"runs=[{','.join(map(_name, finished))}]", *tracking])
