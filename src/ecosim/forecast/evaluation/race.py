"""The backtest: every origin, place and target, in parallel, each piece kept as soon as it is done."""

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import psutil
from numpy.typing import NDArray

from ecosim.data.errors import UserError
from ecosim.data.panel import CountsError
from ecosim.data.periods import parse
from ecosim.forecast.crew import end_with_parent
from ecosim.forecast.evaluation import cells, grid
from ecosim.forecast.evaluation.forecaster import Floats, History, Series
from ecosim.forecast.evaluation.grid import Grid
from ecosim.forecast.evaluation.kept import Kept

if TYPE_CHECKING:
    from joblib.externals.loky import ProcessPoolExecutor

Steps = NDArray[np.int64]  # numbers of periods, in order
Progress = Callable[[str, int, int], None]
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "NUMEXPR_NUM_THREADS": "1"}
IN_FLIGHT = 3  # pieces per worker that are handed out at a time


class WorkerLost(UserError, RuntimeError):
    """A worker process that was ended from outside."""


@dataclass(frozen=True)
class Plan:
    """What is evaluated. counts: in the counts schema, not yet cut at any origin.

    locations, targets: empty for all. horizons: in steps of the data. window: steps of history, None for all.
    origins: how many, the last ones that can be scored, None for all; every: of these every n-th, counted from the last
    one; first, last: their range, as times of the data.
    """

    counts: pd.DataFrame
    locations: tuple[str, ...]
    targets: tuple[str, ...]
    models: tuple[str, ...]
    horizons: tuple[int, ...]
    window: int | None
    origins: int | None
    first: str | None
    last: str | None
    least_history: int
    season: int | None
    samples: int
    seed: int
    breaks: Mapping[str, tuple[str, ...]]
    every: int = 1


class Unscored(NamedTuple):
    """A horizon without a figure to score at any origin. latest: the last origin that has one, '' where none has.

    origins: as how many the plan would have to take to reach it; None where that alone does not.
    """

    horizon: int
    latest: str
    origins: int | None


@dataclass(frozen=True)
class Course:
    """A plan laid out on its grid: origins (step numbers) and locations, in order."""

    plan: Plan
    grid: grid.Grid
    origins: tuple[int, ...]
    locations: tuple[str, ...]

    @property
    def labels(self) -> list[str]:
        """The origins as the data write them."""
        return [grid.label(origin, self.grid.frequency) for origin in self.origins]

    @cached_property
    def published(self) -> dict[int, Grid]:
        """The grid as the table stood at each origin."""
        return {origin: grid.published_by(self.grid, origin) for origin in self.origins}


def lay_course(plan: Plan) -> Course:
    """Lay the counts on a grid and choose the origins. Raises CountsError."""
    laid = grid.lay_out(plan.counts, plan.targets, plan.locations, plan.least_history, plan.season, plan.breaks)
    origins = _origins(plan, laid)
    return Course(plan, laid, origins, tuple(sorted({place for place, _ in laid.truth})))


def _origins(plan: Plan, laid: grid.Grid) -> tuple[int, ...]:
    """The steps from which a series has enough history and a later figure."""
    shortest = min(plan.horizons)
    steps = _in_range(plan, laid, _able(plan, laid, shortest, {}))
    if plan.origins is not None:
        steps = steps[-plan.origins :]
    if not len(steps):
        raise CountsError(
            f"no origin: no chosen series has {plan.least_history} known values and a figure "
            f"{grid.ahead(shortest, laid.frequency)} later; lower study.least_history or the horizons, or widen first "
            "and last"
        )
    return tuple(int(step) for step in steps)


def _able(plan: Plan, laid: grid.Grid, horizon: int, breaks: Mapping[str, tuple[int, ...]]) -> Steps:
    """The steps at which a series has enough history and, so many steps on and not across a break, a figure."""
    able = np.zeros(laid.last - laid.first + 1, dtype=bool)
    for (_, target), values in laid.truth.items():
        known = np.isfinite(values)
        later = np.zeros_like(known)
        if horizon < len(known):
            later[:-horizon] = known[horizon:]
        for step in breaks.get(target, ()):
            later[max(step - horizon - laid.first, 0) : max(step - laid.first, 0)] = False
        able |= (np.cumsum(known) >= plan.least_history) & later
    return laid.first + np.flatnonzero(able)


def _in_range(plan: Plan, laid: grid.Grid, steps: Steps) -> Steps:
    """Of some steps those between first and last, every n-th, counted from the last one."""
    for text, keep in ((plan.first, np.greater_equal), (plan.last, np.less_equal)):
        if text is not None:
            steps = steps[keep(steps, _step(text, laid))]
    return steps[:: -plan.every][::-1]


def unscored(course: Course) -> tuple[Unscored, ...]:
    """The horizons that were asked for and have no figure to score at any origin, with what would score them."""
    plan, laid = course.plan, course.grid
    every = _in_range(plan, laid, _able(plan, laid, min(plan.horizons), {}))
    found = []
    for horizon in plan.horizons:
        able = _able(plan, laid, horizon, laid.breaks)
        if np.isin(course.origins, able).any():
            continue
        among = np.flatnonzero(np.isin(every, able))
        found.append(
            Unscored(
                horizon=horizon,
                latest=grid.label(int(able[-1]), laid.frequency) if len(able) else "",
                origins=len(every) - int(among[-1]) if len(among) else None,
            )
        )
    return tuple(found)


def _step(text: str, laid: grid.Grid) -> int:
    """The last step that has ended when a period ends."""
    day = parse(text).end + timedelta(days=1)  # the first one that is not known
    per_year = grid.PER_YEAR[laid.frequency]
    return day.year * per_year + (day.month - 1) * per_year // 12 - 1


def pieces(course: Course) -> Iterator[tuple[str, int, cells.Piece]]:
    """Every piece with its origin and number; histories are made as they are needed."""
    plan = course.plan
    places = cells.pieces_of(course.locations, plan.models)
    for origin in course.origins:
        history = grid.history_at(course.grid, origin, plan.window, plan.least_history)
        truth = _truths(course, history, origin)
        for number, place in enumerate(places):
            mine = {series: values for series, values in truth.items() if place in (cells.PANEL, series[0])}
            if mine:
                seen = history if place == cells.PANEL else _of_place(history, place)
                piece = cells.Piece(place, seen, mine, plan.horizons, plan.models, plan.samples, plan.seed)
                yield history.origin, number, piece


def _truths(course: Course, history: History, origin: int) -> dict[Series, Floats]:
    found = {series: grid.truth_after(course.grid, series, origin, course.plan.horizons) for series in history.series}
    return {series: values for series, values in found.items() if np.isfinite(values).any()}


def _of_place(history: History, place: str) -> History:
    series = {key: known for key, known in history.series.items() if key[0] == place}
    return History(history.origin, history.counts[history.counts["location"] == place], series)


def run(course: Course, home: Path, key: Mapping[str, Any], workers: int, progress: Progress) -> None:
    """Do what is not done yet. The table of a piece does not depend on the number of workers or on interruptions.

    Workers are processes in which linear algebra has one thread: small matrices are faster so, and bits the same.
    """
    kept = Kept(home)
    kept.begin(key)
    planned = list(pieces(course))
    waiting = [each for each in planned if not kept.path(*each[:2]).exists()]
    total = len(planned)
    done = total - len(waiting)
    progress("backtest", done, total)
    if not waiting:
        return
    from joblib.externals.loky import ProcessPoolExecutor  # not the reusable one, which belongs to joblib.Parallel
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    executor = ProcessPoolExecutor(workers, env=ONE_THREAD, initializer=end_with_parent, initargs=(os.getpid(),))
    running: dict[Future[pd.DataFrame], tuple[str, int]] = {}
    queue = iter(waiting)
    try:
        while True:
            for origin, number, piece in queue:
                running[executor.submit(cells.evaluate, piece)] = (origin, number)
                if len(running) >= IN_FLIGHT * workers:
                    break
            if not running:
                break
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                kept.write(future.result(), *running.pop(future))
                done += 1
                progress("backtest", done, total)
    except TerminatedWorkerError as error:
        raise WorkerLost(
            f"the system ended a worker ({done} of {total} pieces are done), often for want of memory; "
            "the same command goes on from there, and workers=1 needs least"
        ) from error
    except BaseException:
        end_workers(executor)
        raise
    executor.shutdown(wait=True)


def end_workers(executor: "ProcessPoolExecutor") -> None:
    """End the workers of a pool at once, whatever they do.

    Its own `shutdown(kill_workers=True)` fails in a thread, with a traceback, where pieces wait to be handed out: it
    forgets them first and hands them out then. A pool that finds its workers gone ends without.
    """
    for pid in list(executor._processes):
        with suppress(psutil.NoSuchProcess):
            psutil.Process(pid).kill()
    executor.shutdown(wait=True)
