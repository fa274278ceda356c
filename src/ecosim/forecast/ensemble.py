"""Many futures: members are independent draws of parameters, luck and shocks; all scenarios share them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from ecosim.behaviors.decisions import SHELF, Behaviors
from ecosim.behaviors.rules import FirmRules
from ecosim.calibration.estimate import Estimate
from ecosim.forecast.shifts import to_conditions
from ecosim.forecast.start import Ladder, Template, condition, spin_up
from ecosim.model.ecosystem import EcosystemModel, Policy
from ecosim.model.ledger import FEN_PER_UNIT
from ecosim.model.luck import Key
from ecosim.model.region import Region

Floats = NDArray[np.float64]
TEMPLATES = 4  # spin-ups with different luck; member m starts from template m mod 4
SPIN_UP_LUCK = 2**31  # members of the spin-ups, apart from those of the forecast

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class World:
    """All that a member's run needs and shares with other members; read only."""

    region: Region
    weight: int
    templates: tuple[Template, ...]
    estimates: dict[str, Estimate]
    ladder: Ladder
    level_sd: tuple[float, float]  # log sd of the levels of the second and the first rung
    flow_sd: float  # log sd of the flow of the first rung, where it is not observed
    renewals: tuple[float, ...]  # each member's renewal rate
    baseline: dict[str, Policy]
    origin: int  # quarter index
    base_year: int
    quarters: int
    seed: int


@dataclass(frozen=True)
class Run:
    """One member under one scenario: series by quarter, (quarters, series) in real units, and what it cost."""

    series: Floats
    outlay: dict[tuple[str, int], float]  # (instrument, year) -> 10k CNY
    recipients: dict[tuple[str, int], int]
    refused: dict[tuple[str, int], int]
    start: Floats  # the series at the origin: the last quarter's, certificates as conditioned


def draw_behaviors(estimates: dict[str, Estimate], seed: int, member: int) -> Behaviors:
    """Coefficients of one member; the same whatever the number of members and for every scenario."""
    drawn = {}
    for number, name in enumerate(SHELF):
        generator = np.random.Generator(np.random.Philox(key=[(seed << 32) | member, 1000 + number]))
        drawn[name] = estimates[name].draw(generator)
    return Behaviors(**drawn)


def make_templates(
    region: Region, agents: int, estimates: dict[str, Estimate], baseline: dict[str, Policy], origin: int,
    seed: int, workers: int, progress: Progress,
) -> tuple[Template, ...]:  # fmt: skip
    """Spin-ups at the mean coefficients under the baseline's rules."""
    center = Behaviors(**{name: estimates[name].center for name in SHELF})
    job = partial(_template, region, agents, center, baseline, origin, seed)
    return tuple(in_parallel(job, range(TEMPLATES), workers, partial(progress, "spin-up")))


def _template(
    region: Region, agents: int, center: Behaviors, baseline: dict[str, Policy], origin: int, seed: int, number: int
) -> Template:
    return spin_up(region, agents, center, baseline, origin, Key(seed, SPIN_UP_LUCK + number))


def level_draws(world: World, member: int) -> tuple[float, float, float]:
    """Multipliers in one member, lognormal: level of the second rung, of the first, and flow of the first."""
    generator = np.random.Generator(np.random.Philox(key=[(world.seed << 32) | member, 900]))
    first, second, third = generator.standard_normal(3)
    high_tech, tech_sme = np.exp(world.level_sd[0] * first), np.exp(world.level_sd[1] * second)
    return float(high_tech), float(tech_sme), float(tech_sme * np.exp(world.flow_sd * third))


def prepare(world: World, member: int) -> tuple[EcosystemModel, Behaviors]:
    """A member at the origin under the baseline's rules, certified as its ladder says, and its behaviors."""
    behaviors = draw_behaviors(world.estimates, world.seed, member)
    template = world.templates[member % len(world.templates)]
    model = EcosystemModel(
        world.region,
        template.firms.copy(),
        FirmRules(behaviors, world.region),
        policies=world.baseline,
        key=Key(world.seed, member),
        weight=world.weight,
        quarter=world.origin,
        people=template.people,
        reference=template.reference,
    )
    behaviors = condition(model, world.ladder.scaled(*level_draws(world, member)), behaviors)
    return model, behaviors


def run_member(world: World, policies: dict[str, Policy], paths: dict[str, Floats], quarters: int, member: int) -> Run:
    """One future under one scenario. paths: yearly shifts (members, years) by channel."""
    model, behaviors = prepare(world, member)
    model.rules = FirmRules(behaviors, world.region)
    model.policies = policies
    model.conditions = to_conditions(paths, member, world.origin, quarters, world.base_year)
    start = model.observe()
    for _ in range(quarters):
        model.step()
    ledger = model.ledger
    return Run(
        np.array(model.history),
        {key: fen / FEN_PER_UNIT for key, fen in ledger.outlay.items()},
        dict(ledger.recipients),
        dict(ledger.refused),
        start,
    )


def run_members(
    world: World,
    policies: dict[str, Policy],
    paths: dict[str, Floats],
    members: int,
    workers: int,
    progress: Callable[[int, int], None],
    quarters: int | None = None,
) -> list[Run]:
    """Members in parallel threads, in order; results do not depend on the number of workers."""
    job = partial(run_member, world, policies, paths, world.quarters if quarters is None else quarters)
    return in_parallel(job, range(members), workers, progress)


def in_parallel(job: Callable[[int], object], numbers: range, workers: int, progress: Callable[[int, int], None]) -> list:  # type: ignore[type-arg]
    """Results of a job for each number, in order. Threads: the kernels run without the interpreter lock."""
    results = []
    progress(0, len(numbers))
    if workers == 1:
        stream = (job(number) for number in numbers)
    else:
        stream = Parallel(n_jobs=workers, prefer="threads", return_as="generator")(
            delayed(job)(number) for number in numbers
        )
    for result in stream:
        results.append(result)
        progress(len(results), len(numbers))
    return results
