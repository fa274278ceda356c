"""Calibration of a place: estimates from regressions, a posterior by simulation, and what these data cannot tell."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecosim.calibration import indirect
from ecosim.calibration.pooling import inherited_rows
from ecosim.calibration.regression import calibrate
from ecosim.calibration.simulation import (
    Estimated,
    Identified,
    Kept,
    Plan,
    Posterior,
    Sampled,
    SearchPlan,
    adjust,
    identify,
    match_moments,
    sample,
)
from ecosim.calibration.simulation.identification import NOT_IDENTIFIED, sentences
from ecosim.forecast import tabulate
from ecosim.forecast.crew import wake
from ecosim.forecast.ensemble import in_parallel
from ecosim.forecast.job import Clock, Job, check_zones, match, read_estimates
from ecosim.forecast.posterior import tables
from ecosim.forecast.posterior.place import AT_END, Place, simulate, simulate_some
from ecosim.forecast.posterior.prepare import check_names, prepare

Floats = NDArray[np.float64]
Progress = Callable[[str, int, int], None]
CHUNKS = 2  # tasks of a batch for each worker: each carries the place along, and simulations take equally long
LUCKS = 10  # replicates of simulated moments


@dataclass(frozen=True)
class CalibrationJob:
    """A job of a forecast, and how its place is calibrated.

    free: names of coefficients ('certification.foreign') and of instruments, beside the levels and growth that are
    always free; years: at most so many before the origin; firms: agents at most; folder: where finished simulations are
    kept, None for nowhere; key: what they rest on; moments: also estimate what is identified by the simulated method of
    moments.
    """

    job: Job
    free: tuple[str, ...]
    years: int
    firms: int
    plan: Plan
    folder: Path | None = None
    key: dict[str, str] | None = None
    moments: bool = False


@dataclass(frozen=True)
class Found:
    """What a calibration found, as tables (see docs/calibration.md)."""

    coefficients: pd.DataFrame
    diagnostics: pd.DataFrame
    placebos: pd.DataFrame
    identification: pd.DataFrame
    directions: pd.DataFrame
    pairs: pd.DataFrame
    columns: pd.DataFrame
    posterior: pd.DataFrame
    fits: pd.DataFrame
    generations: pd.DataFrame
    statements: tuple[str, ...]
    start: str
    estimated: pd.DataFrame | None
    seconds: dict[str, float]


def run(task: CalibrationJob, progress: Progress) -> Found:
    """Calibrate. progress(stage, done, total). Raises UserError subclasses."""
    job, clock = task.job, Clock()
    priors = read_estimates(job.behaviors)
    check_zones(job)
    check_names(task.free, job.policies, priors)
    waking = threading.Thread(target=wake, args=(job.workers,), daemon=True)
    waking.start()
    with clock.stage("regressions"):
        calibration = calibrate(job.counts, job.origin)
        matching = match(job, priors, job.origin, partial(progress, "regressions"))
        estimates = indirect.apply(priors, matching.found)
        pooled = inherited_rows(job.counts, job.region.name, job.origin)
    waking.join()
    with clock.stage("start"):
        place, start, notes = prepare(job, estimates, task.free, task.years, task.firms, progress)
    with clock.stage("simulations"):
        sampled = draw(task, place, partial(progress, "simulations"))
    with clock.stage("identification"):
        particles = Posterior(sampled.z, sampled.weights)
        used = used_of(place)
        mask, told = np.array(used), len(used) - len(AT_END)
        posterior = adjust(sampled.z, sampled.weights, sampled.moments[:, mask], observed_of(place)[mask],
                           sampled.scale[mask])  # fmt: skip
        levels = adjust(sampled.moments[:, told:], sampled.weights, sampled.moments[:, mask], observed_of(place)[mask],
                        sampled.scale[mask]).z  # fmt: skip
        found = identify(place.prior, posterior, particles, sampled.moments[:, :told], place.names[:told], used[:told])
    estimated = None
    if task.moments:
        with clock.stage("moments"):
            estimated = estimate_moments(task, place, found, partial(progress, "moments"))
    table = found.parameters
    return Found(
        coefficients=tables.coefficients(calibration, matching, pooled, estimates, table, estimated),
        diagnostics=tabulate.diagnostics(calibration, matching),
        placebos=calibration.placebos,
        identification=table,
        directions=found.directions,
        pairs=found.pairs,
        columns=found.columns,
        posterior=tables.members(place, posterior, levels),
        fits=tables.fits(place, sampled),
        generations=tables.generations(sampled),
        statements=(*tables.told(place, sampled, task, start), *sentences(found), *notes),
        start=start,
        estimated=None if estimated is None else estimated.table,
        seconds=clock.seconds,
    )


def draw(task: CalibrationJob, place: Place, progress: Callable[[int, int], None]) -> Sampled:
    """Particles of the posterior of a place, in parallel, kept on disk one by one."""
    kept = None if task.folder is None else Kept(task.folder, task.key or {})
    path = None if kept is None else kept.path
    workers = task.job.workers

    def some(names: list[str], z: Floats, numbers: NDArray[np.int64]) -> Iterator[Floats]:
        parts = np.array_split(np.arange(len(names)), min(max(workers * CHUNKS, 1), len(names)))
        work = partial(_part, place, names, z, numbers, parts, path)
        for found in in_parallel(work, range(len(parts)), workers, lambda done, total: None):
            yield from found

    used = np.array(used_of(place), dtype=bool)
    return sample(place.prior, observed_of(place), used, some, task.plan, kept, progress)


def _part(
    place: Place, names: list[str], z: Floats, numbers: NDArray[np.int64], parts: list[Any], path: Path | None, k: int
) -> list[Floats]:
    rows = parts[k]
    return simulate_some(place, [names[row] for row in rows], z[rows], numbers[rows], path)


def used_of(place: Place) -> tuple[bool, ...]:
    """Which entries of the vector of a simulation are held against counts, (k,)."""
    return (*(moment.used for moment in place.moments), *([False] * (len(place.columns) + len(AT_END))))


def observed_of(place: Place) -> Floats:
    """Observed moments, and 0 for columns and levels that were not observed, (k,)."""
    unseen = len(place.columns) + len(AT_END)
    return np.array([*(moment.moment for moment in place.moments), *([0.0] * unseen)])


def estimate_moments(
    task: CalibrationJob, place: Place, found: Identified, progress: Callable[[int, int], None]
) -> Estimated | None:
    """Simulated method of moments for the parameters that these data identify; None where they identify none.

    The best known first, no more than there are moments; the others stay at the middle of their priors. The covariance
    of the moments is that of the luck of the process, at the middle of the priors.
    """
    table = found.parameters
    moments = [k for k, moment in enumerate(place.moments) if moment.used]
    told_ = table[table["verdict"] != NOT_IDENTIFIED].sort_values("contraction", ascending=False)
    names = tuple(told_["parameter"])[: len(moments)]
    if not names:
        return None
    rows = [place.prior.names.index(name) for name in names]
    prior = replace(place.prior, parameters=tuple(place.prior.parameters[row] for row in rows))
    plan = SearchPlan(starts=16, cap=150, seed=task.plan.seed)
    done = [0]

    def replicates(z: Floats) -> Floats:
        full = np.zeros(len(place.prior.names))
        full[rows] = z
        work = partial(_replicate, place, full)
        runs = in_parallel(work, range(LUCKS), task.job.workers, lambda some, total: None)
        done[0] += 1
        progress(min(done[0], plan.cap - 1), plan.cap)
        return np.array(runs)[:, moments]

    luck = replicates(np.zeros(len(rows)))
    covariance = np.cov(luck, rowvar=False).reshape(len(moments), len(moments)) + 1e-6 * np.eye(len(moments))
    observed = observed_of(place)[moments]
    result = match_moments(prior, observed, covariance, lambda z: replicates(z).mean(axis=0), LUCKS, plan)
    progress(plan.cap, plan.cap)
    return result


def _replicate(place: Place, z: Floats, number: int) -> Floats:
    return simulate(place, z, number)
