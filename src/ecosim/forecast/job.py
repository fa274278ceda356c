"""The main job: calibrate, start at the last counts, run the scenario beside its baseline, and tabulate."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from ecosim.behaviors.decisions import SHELF
from ecosim.calibration import estimate, indirect
from ecosim.calibration.regression import Calibration, calibrate
from ecosim.data.errors import nearest
from ecosim.data.panel import known_at
from ecosim.forecast import (
    coalitions,
    decomposition,
    funnel,
    identified,
    instruments,
    money_told,
    statements,
    summary,
    tabulate,
)
from ecosim.forecast.cluster import Cluster
from ecosim.forecast.crew import Crew, wake
from ecosim.forecast.decomposition import Plan
from ecosim.forecast.drawn import Drawn
from ecosim.forecast.future import Outlook, look_ahead
from ecosim.forecast.publish import Futures
from ecosim.model.region import Region, RegionError
from ecosim.policies.eligibility import EligibilityError
from ecosim.policies.shelf import Instrument

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Job:
    """One scenario of one region from one origin. horizon: last calendar year; counts: not yet cut at the origin."""

    scenario: str
    region: Region
    origin: str
    horizon: int
    members: int
    seed: int
    workers: int
    policies: dict[str, Instrument]
    baseline: str
    baseline_policies: dict[str, Instrument]
    counts: pd.DataFrame
    behaviors: dict[str, dict[str, dict[str, Any]]]
    targets: tuple[str, ...] = ()
    hindcast: str | None = None
    delivery_sd: float = 0.0  # log sd of what the package's instruments deliver, see `ecosim.forecast.delivery`
    decompose: Plan | None = None  # take the package apart, too
    calibrated: identified.Calibrated | None = None  # of the same counts and settings, to report beside the forecast
    posterior: Drawn | None = None  # parameters of members are drawn from it in place of their priors
    cluster: Cluster | None = None  # runs members in place of this machine's workers
    kept: Path | None = None  # folder for members that are finished, to go on from
    place: int = 0  # told apart from other places of a sum: names the luck of its firms and the errors of its levels

    @property
    def luck(self) -> int:
        """The seed of what each place of a sum has for itself; that of a place alone is the seed of all."""
        return (self.seed + self.place) & 0xFFFFFFFF

    @property
    def crew(self) -> Crew:
        """Who runs members."""
        return self.cluster or self.workers

    def keep(self, name: str) -> Path | None:
        """The folder for finished members of one ensemble."""
        return None if self.kept is None else self.kept / name


@dataclass(frozen=True)
class Result:
    """Everything that a run found, as tables (see docs/tables.md)."""

    members: pd.DataFrame
    forecast: pd.DataFrame
    forecast_quarterly: pd.DataFrame
    effect: pd.DataFrame
    effect_quarterly: pd.DataFrame
    baseline_forecast: pd.DataFrame
    coefficients: pd.DataFrame
    diagnostics: pd.DataFrame
    placebos: pd.DataFrame
    basis: pd.DataFrame
    references: pd.DataFrame
    scores: pd.DataFrame
    ledger: pd.DataFrame
    costs: pd.DataFrame
    policy_table: pd.DataFrame
    observed: pd.DataFrame
    later: pd.DataFrame
    hindcast: pd.DataFrame | None
    statements: tuple[str, ...]
    decomposition: pd.DataFrame | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    take_up: pd.DataFrame | None = None
    missions: pd.DataFrame | None = None
    identification: pd.DataFrame | None = None
    places: pd.DataFrame | None = None  # of a sum of places, see `ecosim.forecast.regions`


@dataclass(frozen=True)
class Estimated:
    """What the counts of all places say, the same for every place that is forecast from them under one baseline."""

    calibration: Calibration
    matching: indirect.Matching


class Clock:
    """Wall seconds of each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what happens inside."""
        began = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - began


def read_estimates(behaviors: dict[str, dict[str, dict[str, Any]]]) -> dict[str, estimate.Estimate]:
    """Priors of every rule from configuration. Raises EstimateError where a rule is missing or unknown."""
    for name in behaviors:
        if name not in SHELF:
            raise estimate.EstimateError(f"behaviors.{name}: no such rule; {nearest(name, SHELF)}")
    for name in SHELF:
        if name not in behaviors:
            raise estimate.EstimateError(f"behaviors: the rule {name!r} is missing; choose behaviors=literature")
    return {name: estimate.from_table(name, SHELF[name], behaviors[name]) for name in SHELF}


def estimate_all(job: Job, progress: Progress) -> Estimated:
    """Regressions on the counts known at the origin, and the coefficient of a firm that they imply."""
    parts = 1

    def heard(done: int, total: int) -> None:
        nonlocal parts
        parts = total + 1  # the regressions are the last one
        progress("calibration", done, parts)

    heard(0, 0)
    matching = match(job, read_estimates(job.behaviors), job.origin, heard)
    calibration = calibrate(job.counts, job.origin)
    progress("calibration", parts, parts)
    return Estimated(calibration, matching)


def run(job: Job, progress: Progress, estimated: Estimated | None = None) -> Result:
    """Forecast. progress(stage, done, total) is called from one thread. Raises UserError subclasses.

    estimated: of the same counts, origin, rules and seed, where another place of the same scenario has it already.
    """
    clock = Clock()
    priors = read_estimates(job.behaviors)
    check_zones(job)
    package = None if job.decompose is None else coalitions.Package.of(job.policies, job.baseline_policies)
    if job.cluster is not None:
        job.cluster.check()
    waking = threading.Thread(target=wake, args=(job.crew,), daemon=True)
    waking.start()
    with clock.stage("calibration"):
        known = estimated or estimate_all(job, progress)
        estimates = indirect.apply(priors, known.matching.found)
    waking.join()
    outlook = look_ahead(job, estimates, job.origin, job.horizon, job.members, progress, clock)
    apart = None
    if package is not None and job.decompose is not None:
        with clock.stage("coalitions"):
            apart = take_apart(job, job.decompose, package, outlook, progress)
    check = None
    if job.hindcast is not None:
        with clock.stage("hindcast"):
            earlier = match(job, priors, job.hindcast, partial(progress, "hindcast: calibration"))
            check = tabulate.hindcast(job, indirect.apply(priors, earlier.found), progress)
    with clock.stage("results"):
        progress("results", 0, 1)
        told = identified.table(priors, known.matching, outlook, job.calibrated)
        result = _result(job, estimates, known, outlook, check, apart, told, clock)
        progress("results", 1, 1)
    return result


def take_apart(
    job: Job, plan: Plan, package: coalitions.Package, outlook: Outlook, progress: Progress
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """decomposition.csv and costs.csv of a package, by the targets asked for that the forecast has."""
    forecast = outlook.scenario.yearly
    targets = [target for target in job.targets if target in forecast] or list(forecast)
    task, parts = coalitions.take_all_apart(
        outlook, package, targets, plan.permutations, job.crew, progress, job.keep("coalitions")
    )
    years = decomposition.years_of(plan, task.years)
    done = [part.anyway for part in parts]
    costs = tabulate.costs(job, outlook, tabulate.booked(outlook), done, "instrument")
    return decomposition.table(task, parts, years), costs


def check_zones(job: Job) -> None:
    """Raises EligibilityError or RegionError, naming the row, where one is for a zone or a park the region lacks."""
    for name, row in (*job.baseline_policies.items(), *job.policies.items()):
        eligible = getattr(row.policy, "eligible", None)
        try:
            if eligible is not None:
                eligible.mask(job.region.zone_names)
            job.region.within(getattr(row.policy, "parks", ()))
        except EligibilityError as error:
            raise EligibilityError(f"policies.{name}.{error}") from None
        except RegionError as error:
            raise RegionError(f"policies.{name}.parks: {error}") from None


def match(job: Job, priors: dict[str, estimate.Estimate], origin: str, heard: indirect.Progress) -> indirect.Matching:
    """Set a firm's coefficient against the provinces known at an origin, under the rules of the baseline."""
    policies = {name: row.policy for name, row in job.baseline_policies.items()}
    return indirect.match_inventions(job.counts, origin, priors, policies, job.seed, job.workers, heard)


def _result(
    job: Job,
    estimates: dict[str, estimate.Estimate],
    known: Estimated,
    outlook: Outlook,
    check: pd.DataFrame | None,
    apart: tuple[pd.DataFrame, pd.DataFrame] | None,
    told: pd.DataFrame,
    clock: Clock,
) -> Result:
    place, origin, world = job.region.name, job.origin, outlook.world
    first = world.base_year + 1
    yearly, quarterly = summary.tables(outlook.scenario, first, world.origin, job.scenario, place, origin)
    paired = Futures(
        summary.effect(outlook.scenario.yearly, outlook.baseline.yearly),
        summary.effect(outlook.scenario.quarterly, outlook.baseline.quarterly),
    )
    effect, effect_quarterly = summary.tables(paired, first, world.origin, job.scenario, place, origin)
    base_table, base_quarterly = summary.tables(outlook.baseline, first, world.origin, job.baseline, place, origin)
    references = tabulate.references(job, outlook)
    observed = known_at(job.counts[job.counts["location"] == place], origin)
    later = tabulate.later(job, observed)
    scores = tabulate.scores(yearly, quarterly, later)
    if outlook.differs:
        scores = tabulate.beside_baseline(scores, tabulate.scores(base_table, base_quarterly, later))
    basis = tabulate.basis(outlook)
    books = tabulate.booked(outlook)
    ledger = tabulate.ledger(books)
    done = [run.anyway for run in outlook.runs]
    return Result(
        members=tabulate.members(job, outlook),
        forecast=yearly,
        forecast_quarterly=quarterly,
        effect=effect.assign(baseline=job.baseline),
        effect_quarterly=effect_quarterly.assign(baseline=job.baseline),
        baseline_forecast=base_table,
        coefficients=tabulate.coefficients(known.calibration, known.matching, estimates, outlook),
        diagnostics=tabulate.diagnostics(known.calibration, known.matching),
        placebos=known.calibration.placebos,
        basis=basis,
        references=references,
        scores=scores,
        ledger=ledger,
        costs=apart[1] if apart else tabulate.costs(job, outlook, books, done, "package"),
        policy_table=instruments.table(job),
        observed=observed,
        later=later,
        hindcast=check,
        statements=(
            *statements.write(job, outlook, known.calibration, basis, scores, check),
            *money_told.unpaid(job, ledger, world.weight),
            *money_told.overspent(job, ledger),
            *identified.sentences(told, job.calibrated, job.posterior),
        ),
        decomposition=apart[0] if apart else None,
        seconds=clock.seconds,
        take_up=funnel.take_up(job, outlook),
        missions=funnel.missions(job, outlook),
        identification=told,
    )
