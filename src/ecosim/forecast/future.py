"""From counts to futures: anchor, spin-up, pilots, then every member under the scenario and under its baseline."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecosim.calibration.estimate import Estimate
from ecosim.calibration.increments import base_year
from ecosim.data.periods import QUARTERS_PER_YEAR, quarter_index
from ecosim.forecast import drawn as posteriors
from ecosim.forecast import publish, shifts
from ecosim.forecast.anchor import Anchor, anchor
from ecosim.forecast.books import Books
from ecosim.forecast.crew import Crew
from ecosim.forecast.ensemble import Run, World, make_templates, member_behaviors, run_members
from ecosim.forecast.observation import log_growth, observation_layer
from ecosim.forecast.publish import Futures, Scaling
from ecosim.forecast.shifts import CHANNELS, GROWTH_OF, Structure
from ecosim.model.population import agents_and_weight

if TYPE_CHECKING:
    from ecosim.forecast.job import Clock, Job, Progress

Floats = NDArray[np.float64]

PILOT_FIRMS = 125_000  # agents in all pilot members together
PILOT_MEMBERS = (12, 24)  # at least and at most
CORRECTIONS = 2  # of the trend by what a pilot reached with it; hazards near one respond less than one for one


@dataclass(frozen=True)
class Outlook:
    """Both ensembles and what they were made from."""

    anchor: Anchor
    world: World
    structure: Structure
    runs: list[Run]  # of the scenario
    scenario: Futures
    baseline: Futures
    differs: bool  # whether the scenario's instruments are not simply the baseline's
    paths: dict[str, Floats]  # shifts by channel, (members, years)
    scaling: Scaling
    baseline_books: Books


def look_ahead(
    job: "Job",
    estimates: dict[str, Estimate],
    origin: str,
    horizon: int,
    members: int,
    progress: "Progress",
    clock: "Clock",
) -> Outlook:
    """Futures of a job's region from an origin up to a last year."""
    with clock.stage("anchor"):
        progress("levels and growth", 0, 1)
        start = anchor(job.counts, job.region, origin, max(horizon - base_year(origin), 1))
        drawn = posteriors.settle(job.posterior, start, job.region.name, origin)
        start = posteriors.with_growth(start, drawn, job.region.name)
        progress("levels and growth", 1, 1)
    with clock.stage("spin-up"):
        world = build_world(job, estimates, start, origin, horizon, members, progress, drawn)
    years = horizon - world.base_year
    with clock.stage("pilot"):
        structure, paths = match_growth(world, start, members, years, job.crew, progress)
    policies = {name: row.policy for name, row in job.policies.items()}
    differs = policies != world.baseline
    packages = [world.baseline, policies] if differs else [world.baseline]
    with clock.stage("ensemble"):
        told = partial(progress, "members")
        runs = run_members(world, packages, paths, members, job.crew, told, watch=True, kept=job.keep(f"from {origin}"))
    with clock.stage("summary"):
        added = observation_layer(world, start, runs[0], paths, years)
        base = publish.base_values(world, runs[0])
        factors = publish.scales(start, world, runs[0], base)
        summed = "sum of three" in start.levels["hnte_stock"].source
        futures = [publish.publish(world, some, base, factors, added, summed) for some in runs]
    scaling = Scaling(base, factors, added, summed)
    books = Books.of(runs[0])
    return Outlook(start, world, structure, runs[-1], futures[-1], futures[0], differs, paths, scaling, books)


def build_world(
    job: "Job", estimates: dict[str, Estimate], start: Anchor, origin: str, horizon: int, members: int, progress: Any,
    drawn: posteriors.Drawn | None = None,
) -> World:  # fmt: skip
    """What members share: templates after the spin-up, coefficients, certificates at the origin, a posterior."""
    agents, weight = agents_and_weight(start.firms, job.region.largest_sample)
    baseline = {name: row.policy for name, row in job.baseline_policies.items()}
    quarter = quarter_index(origin)
    templates = make_templates(job.region, agents, estimates, baseline, quarter, job.luck, job.crew, progress)
    renewals = tuple(
        member_behaviors(estimates, drawn, job.seed, member).certification.renewal
        for member in range(max(members, PILOT_MEMBERS[1]))
    )
    return World(
        region=job.region,
        weight=weight,
        templates=templates,
        estimates=estimates,
        ladder=start.ladder,
        level_sd=(
            start.levels["hnte_stock"].log_sd,
            start.levels["tech_sme_stock"].log_sd if "tech_sme_stock" in start.levels else 0.0,
        ),
        flow_sd=flow_sd(start),
        flow_of_stock="tech_sme_new" not in start.levels or start.levels["tech_sme_new"].from_stock,
        renewals=renewals,
        baseline=baseline,
        origin=quarter,
        base_year=base_year(origin),
        quarters=(horizon + 1) * QUARTERS_PER_YEAR - quarter - 1,
        seed=job.seed,
        luck=job.luck,
        delivery_sd=job.delivery_sd,
        drawn=drawn,
    )


def flow_sd(start: Anchor) -> float:
    """Log sd of the flow of the first rung, beyond that of its stock where it was taken from it."""
    flow, stock = start.levels.get("tech_sme_new"), start.levels.get("tech_sme_stock")
    if flow is None:
        return 0.4
    of_stock = stock.log_sd if stock and flow.from_stock else 0.0
    return float(np.sqrt(max(flow.log_sd**2 - of_stock**2, 0.0)))


def pilot_members(world: World) -> int:
    """Members of a pilot: fewer where each has many firms."""
    fitting = PILOT_FIRMS // max(len(world.templates[0].firms), 1)
    return int(min(max(fitting, PILOT_MEMBERS[0]), PILOT_MEMBERS[1]))


def pilot(world: World, paths: dict[str, Floats], years: int, crew: Crew, progress: "Progress") -> dict[str, Floats]:
    """Log growth of a few members under the baseline's rules and given shifts."""
    runs = run_members(world, [world.baseline], paths, pilot_members(world), crew, partial(progress, "pilot"))[0]
    return log_growth(world, runs, years)


def match_growth(
    world: World, start: Anchor, members: int, years: int, crew: Crew, progress: "Progress"
) -> tuple[Structure, dict[str, Floats]]:
    """Find the model's own growth and the shifts that bring its trend to the estimated one.

    Indirect inference on one auxiliary statistic, the median log growth of each count (Gourieroux, Monfort and Renault
    1993, doi:10.1002/jae.3950080507): first without conditions, then with the trend alone, corrected by what
    it left, since the response to a shift is not one for one.
    """
    grown = pilot(world, {}, years, crew, progress)
    spread = {name: values.std(axis=0, ddof=1) for name, values in grown.items()}
    center = {name: np.median(values, axis=0) for name, values in grown.items()}
    place = world.region.name
    channels = {name: target for name, target in CHANNELS.items() if _growth(start, target) is not None}
    for _ in range(CORRECTIONS):
        trend = {
            channel: np.tile(_trend(start, target, place, years) - center[target], (pilot_members(world), 1))
            for channel, target in channels.items()
        }
        reached = pilot(world, trend, years, crew, progress)
        for target in channels.values():
            center[target] = center[target] + np.median(reached[target], axis=0) - _trend(start, target, place, years)
    structure = Structure(center, spread)
    paths = {
        channel: shifts.member_paths(
            _growth(start, target),
            structure,
            target,
            place,
            members,
            years,
            world.seed,
            posteriors.member_drifts(world.drawn, channel, world.seed, members),
        )
        for channel, target in channels.items()
    }
    return structure, paths


def _growth(start: Anchor, target: str) -> Any:
    """Estimated growth of a channel's count; None where it has none, and then nothing is added to the firms' own."""
    return start.growth.get(GROWTH_OF.get(target, target))


def _trend(start: Anchor, target: str, place: str, years: int) -> Floats:
    trend: Floats = _growth(start, target).spreads(place, years)[0]
    return trend
