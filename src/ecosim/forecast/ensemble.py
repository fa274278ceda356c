"""Many futures: members are independent draws of parameters, luck and shocks; all scenarios share them."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecosim.behaviors.decisions import SHELF, Behaviors
from ecosim.behaviors.rules import FirmRules
from ecosim.calibration.estimate import Estimate
from ecosim.data.periods import QUARTERS_PER_YEAR, year_of
from ecosim.forecast.anyway import anyway
from ecosim.forecast.crew import Crew, results
from ecosim.forecast.delivery import delivered
from ecosim.forecast.drawn import AT_ORIGIN, LEVELS, Drawn, with_coefficients
from ecosim.forecast.shifts import to_conditions
from ecosim.forecast.start import Ladder, Template, condition, spin_up
from ecosim.forecast.streaming import TEXTS, Chunks, Layout, array_of, arrays_of, book_of
from ecosim.forecast.witness import NAME, Witness, act_of
from ecosim.model.ecosystem import EcosystemModel, Policy
from ecosim.model.ledger import FEN_PER_UNIT
from ecosim.model.luck import Key, generator_of
from ecosim.model.region import Region
from ecosim.policies.mission import Mission

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
    flow_sd: float  # log sd of the flow of the first rung, where it was taken from its stock beyond that of the stock
    flow_of_stock: bool  # whether it was
    renewals: tuple[float, ...]  # each member's renewal rate
    baseline: dict[str, Policy]
    origin: int  # quarter index
    base_year: int
    quarters: int
    seed: int
    luck: int  # seed of the firms' luck and of the errors of levels: in a sum each place's own
    delivery_sd: float  # log sd of what instruments beyond the baseline deliver
    drawn: Drawn | None = None  # parameters from a posterior, in place of their priors

    def known(self, member: int) -> dict[str, float]:
        """What a member draws from the posterior, by name; nothing where there is none."""
        return {} if self.drawn is None else self.drawn.of(self.seed, member)


@dataclass(frozen=True)
class Run:
    """One member under one scenario: series by quarter in real units, and what it cost.

    before: the four quarters up to the origin, (4, series); start: the series at the origin, certificates as
    conditioned; series: (quarters, series).
    """

    before: Floats
    start: Floats
    series: Floats
    outlay: dict[tuple[str, int], float]  # (instrument, year) -> 10k CNY
    recipients: dict[tuple[str, int], int]
    refused: dict[tuple[str, int], int]
    short: tuple[str, ...] = ()  # flows at the origin for which too few firms could apply
    tax: dict[tuple[str, int], float] = field(default_factory=dict)  # tax not collected, 10k CNY
    take_up: dict[tuple[str, int], NDArray[np.int64]] = field(default_factory=dict)  # (zones, stages) real firms
    missions: dict[str, int | None] = field(default_factory=dict)  # quarter in which each was reached
    witness: Witness | None = None  # who acted, only while the member is at hand
    anyway: dict[str, Floats] = field(default_factory=dict)  # by instrument: acts of recipients, and those also
    # done under the baseline, (years, 2) from the first year after the base year on


RUNS = Layout(
    Run,
    {
        "before": array_of("float64"),
        "start": array_of("float64"),
        "series": array_of("float64"),
        "outlay": book_of("float64"),
        "recipients": book_of("int64"),
        "refused": book_of("int64"),
        "short": TEXTS,
        "tax": book_of("float64"),
        "take_up": arrays_of("int64", years=True),
        "missions": book_of("int64", years=False),
        "anyway": arrays_of("float64"),
    },
)  # all but the witness, who is gone by then


def draw_behaviors(estimates: dict[str, Estimate], seed: int, member: int) -> Behaviors:
    """Coefficients of one member; the same whatever the number of members and for every scenario."""
    drawn = {}
    for number, name in enumerate(SHELF):
        generator = generator_of((seed << 32) | member, 1000 + number)
        drawn[name] = estimates[name].draw(generator)
    return Behaviors(**drawn)


def member_behaviors(estimates: dict[str, Estimate], drawn: Drawn | None, seed: int, member: int) -> Behaviors:
    """Coefficients of one member: from the posterior what it holds, the others from their priors."""
    behaviors = draw_behaviors(estimates, seed, member)
    return behaviors if drawn is None else with_coefficients(behaviors, drawn.of(seed, member))


def make_templates(
    region: Region, agents: int, estimates: dict[str, Estimate], baseline: dict[str, Policy], origin: int,
    seed: int, crew: Crew, progress: Progress,
) -> tuple[Template, ...]:  # fmt: skip
    """Spin-ups at the mean coefficients under the baseline's rules."""
    center = Behaviors(**{name: estimates[name].center for name in SHELF})
    job = partial(_template, region, agents, center, baseline, origin, seed)
    return tuple(in_parallel(job, range(TEMPLATES), crew, partial(progress, "spin-up")))


def _template(
    region: Region, agents: int, center: Behaviors, baseline: dict[str, Policy], origin: int, seed: int, number: int
) -> Template:
    return spin_up(region, agents, center, baseline, origin - QUARTERS_PER_YEAR, Key(seed, SPIN_UP_LUCK + number))


def level_draws(world: World, member: int) -> tuple[float, float, float]:
    """Multipliers in one member: level of the second rung, of the first, and flow of the first.

    Lognormal, but for what the posterior says of levels at its origin.
    """
    generator = generator_of((world.luck << 32) | member, 900)
    first, second, third = generator.standard_normal(3)
    high_tech, tech_sme = np.exp(world.level_sd[0] * first), np.exp(world.level_sd[1] * second)
    flow = (tech_sme if world.flow_of_stock else 1.0) * np.exp(world.flow_sd * third)
    own = (world.ladder.high_tech_stock, world.ladder.tech_sme_stock, world.ladder.tech_sme_flow)
    known = world.known(member)
    if AT_ORIGIN + LEVELS[1] in known and world.flow_of_stock:
        flow *= np.exp(known[AT_ORIGIN + LEVELS[1]]) / max(world.ladder.tech_sme_stock, 1.0) / tech_sme
    levels = [
        max(np.exp(known[AT_ORIGIN + name]), 1.0) / max(level, 1.0) if AT_ORIGIN + name in known else prior
        for name, level, prior in zip(LEVELS, own, (high_tech, tech_sme, flow), strict=True)
    ]
    return float(levels[0]), float(levels[1]), float(levels[2])


def prepare(world: World, member: int) -> tuple[EcosystemModel, tuple[str, ...]]:
    """A member at the origin under the baseline's rules, certified as its ladder says, and flows it cannot reach.

    The template is a year older than the origin: in that year the member's own coefficients take hold, so that its
    growth is measured from where they lead.
    """
    behaviors = member_behaviors(world.estimates, world.drawn, world.seed, member)
    return begin(world, member, behaviors, level_draws(world, member))


def begin(
    world: World, member: int, behaviors: Behaviors, levels: tuple[float, float, float]
) -> tuple[EcosystemModel, tuple[str, ...]]:
    """The same with coefficients and multipliers of the levels that are given."""
    template = world.templates[member % len(world.templates)]
    model = EcosystemModel(
        world.region,
        template.firms.copy(),
        FirmRules(behaviors, world.region),
        policies=world.baseline,
        key=Key(world.luck, member),
        weight=world.weight,
        quarter=world.origin - QUARTERS_PER_YEAR,
        people=template.people,
        reference=template.reference,
        spillover_reference=template.spillover_reference,
    )
    for _ in range(QUARTERS_PER_YEAR):
        model.step()
    behaviors, short = condition(model, world.ladder.scaled(*levels), behaviors)
    model.rules = FirmRules(behaviors, world.region)
    return model, short


def run_member(
    world: World,
    packages: list[dict[str, Policy]],
    paths: dict[str, Floats],
    quarters: int,
    member: int,
    watch: Callable[[int], Collection[str] | None] = lambda number: None,
) -> list[Run]:
    """One future under each package of policies, with the same luck. paths: yearly shifts (members, years).

    watch: of the run of a package, by its number, the instruments whose recipients it keeps, and who acted; None:
    neither.
    """
    conditions = to_conditions(paths, member, world.origin, quarters, world.base_year)
    ready, short = prepare(world, member)
    known = world.known(member)
    before, start = np.array(ready.history), ready.observe()
    runs = []
    for number, announced in enumerate(packages):
        policies = delivered(announced, world.baseline, world.seed, member, world.delivery_sd, known)
        watched = watch(number)
        witness = None if watched is None else Witness(watched)
        model = ready.fork(policies={**policies, NAME: witness} if witness else policies, conditions=conditions)
        spent = dict(model.ledger.outlay)
        for _ in range(quarters):
            model.step()
        books = model.ledger
        outlay = {key: (fen - spent.get(key, 0)) / FEN_PER_UNIT for key, fen in books.outlay.items()}
        tax = {key: fen / FEN_PER_UNIT for key, fen in books.tax_expenditure.items()}
        series = np.array(model.history)
        counts = (dict(books.recipients), dict(books.refused))
        funnel = {key: stages * model.weight for key, stages in model.take_up.table.items()}
        runs.append(Run(before, start, series, outlay, *counts, short, tax, funnel, reached(model), witness))
    return runs


def reached(model: EcosystemModel) -> dict[str, int | None]:
    """The quarter in which each mission was reached, None where it was not by the end."""
    return {
        name: policy.look(name, model).reached for name, policy in model.policies.items() if isinstance(policy, Mission)
    }


def run_beside_baseline(
    world: World, packages: list[dict[str, Policy]], paths: dict[str, Floats], quarters: int, member: int
) -> list[Run]:
    """As run_member; the runs also say what recipients would have done under the first package, the baseline."""
    if len(packages) == 1:
        return run_member(world, packages, paths, quarters, member)
    added = [{name: act_of(policy) for name, policy in some.items() if name not in packages[0]} for some in packages]
    acts = [{name: act for name, act in some.items() if act} for some in added]
    runs = run_member(world, packages, paths, quarters, member, lambda number: acts[number])
    years = years_ahead(world)
    first = runs[0].witness
    told = []
    for run, mine in zip(runs, acts, strict=True):
        assert first is not None
        assert run.witness is not None
        also = {name: anyway(run.witness, first, name, act, years) for name, act in mine.items()}
        told.append(replace(run, witness=None, anyway=also))
    return told


def years_ahead(world: World) -> range:
    """Calendar years of a forecast."""
    return range(world.base_year + 1, year_of(world.origin + world.quarters) + 1)


def run_members(
    world: World,
    packages: list[dict[str, Policy]],
    paths: dict[str, Floats],
    members: int,
    crew: Crew,
    progress: Callable[[int, int], None],
    watch: bool = False,
    kept: Path | None = None,
) -> list[list[Run]]:
    """Members in parallel; for each package the runs in order of members, whoever runs them.

    watch: also say what recipients would have done anyway, under the first package. kept: a folder in which finished
    members are kept; those that are there already are not run again.
    """
    job = partial(run_beside_baseline if watch else run_member, world, packages, paths, world.quarters)
    together = in_parallel(job, range(members), crew, progress, None if kept is None else Chunks(kept, RUNS))
    return [[runs[number] for runs in together] for number in range(len(packages))]


def in_parallel(
    job: Callable[[int], Any],
    numbers: range,
    crew: Crew,
    progress: Callable[[int, int], None],
    kept: Chunks | None = None,
) -> list[Any]:
    """Results of a job for each number, in order, whoever runs them and in however many goes.

    kept: where results, lists of records, are written as they come, and taken from where they are there already.
    """
    found: dict[int, Any] = {} if kept is None else kept.read()
    missing = [number for number in numbers if number not in found]
    progress(len(numbers) - len(missing), len(numbers))
    try:
        for number, result in results(job, missing, crew):
            found[number] = result
            if kept is not None:
                kept.add(number, result)
            progress(len(found), len(numbers))
    finally:
        if kept is not None:
            kept.flush()
    return [found[number] for number in numbers]
