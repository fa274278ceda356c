"""Simulates what a run asks for: one place, or with study=regions every place and their sum."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ecosim.door import folder
from ecosim.door.build import build_places, tell_unused
from ecosim.door.compose import Composed
from ecosim.door.engine import make_ready
from ecosim.door.progress import Stages
from ecosim.door.studies import Regions

if TYPE_CHECKING:
    from ecosim.forecast.job import Job, Result

PLACES = "places"  # folder of a run, with a folder of tables for each place


def simulate(job: "Job", composed: Composed, home: Path, stages: Stages) -> "Result":
    """The forecast of a job, whose folder is `home`; there the tables of each place of several. Raises UserError."""
    from ecosim.forecast import job as jobs

    make_ready(stages)
    if not isinstance(composed.settings.study, Regions):
        result = jobs.run(job, stages)
    else:
        from ecosim.forecast import regions

        result = regions.run(job, build_places(composed, job), stages, partial(_write_place, home))
    return replace(result, statements=(*tell_unused(composed, job.counts), *result.statements))


def _write_place(home: Path, name: str, job: "Job", result: "Result") -> None:
    own = home / PLACES / name
    try:
        own.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise folder.cannot_write(error, own) from error
    folder.write_result(result, own)
