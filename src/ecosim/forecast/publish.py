"""From members' series to the counts that are published: years, levels, what firms do not produce, reporting noise."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecosim.calibration.inherit import Level
from ecosim.data.periods import QUARTERS_PER_YEAR
from ecosim.forecast.anchor import LADDER_TARGETS, MODEL_TARGETS, PANEL_TARGETS, Anchor
from ecosim.forecast.ensemble import Run, World, level_draws
from ecosim.forecast.stocks import beyond_flows, beyond_listings, decided_by
from ecosim.model.ecosystem import DECISION_QUARTER, OBSERVED
from ecosim.model.luck import generator_of

Floats = NDArray[np.float64]

FLOWS = (
    "rd_expenditure", "rd_reported", "patents_applied", "inventions_applied", "patents_granted", "inventions_granted",
    "tech_sme_new", "hnte_new", "hnte_renewed", "hnte_lapsed", "hnte_certifications", "births", "deaths",
)  # fmt: skip
LADDER_PUBLISHED = (
    "tech_sme_stock",
    "tech_sme_new",
    "hnte_stock",
    "hnte_certifications",
    "hnte_new",
    "hnte_foreign_stock",
)
ONCE_A_YEAR = ("hnte_certifications", "hnte_new", "hnte_renewed", "hnte_lapsed")
INDEX, RATIO = "hnte_stock_index", "hnte_stock_ratio_2y"
RATIO_QUARTERS = 8
RATIOS = {"tech_sme_stock_ratio_2y": "tech_sme_stock", RATIO: "hnte_stock"}
RATIO_SD = 0.15  # of the log of a ratio fact whose window is not clear, as in `ecosim.calibration.borrow`
FLOW_OF = {"tech_sme_stock": "tech_sme_new", "hnte_stock": "hnte_certifications"}


@dataclass(frozen=True)
class Futures:
    """Published counts of one scenario: by target, (members, years) and (members, quarters)."""

    yearly: dict[str, Floats]
    quarterly: dict[str, Floats]


@dataclass(frozen=True)
class Scaling:
    """What leads from members' own counts to published ones, all by target; (members,) or (members, years).

    base: own values of the last complete year; factors: from own to published; added: log of what the model lacks.
    """

    base: dict[str, Floats]
    factors: dict[str, Floats]
    added: dict[str, Floats]
    sum_of_flows: bool

    def of(self, member: int) -> "Scaling":
        """The same for one member alone."""
        one = slice(member, member + 1)
        base, factors, added = (
            {name: values[one] for name, values in some.items()} for some in (self.base, self.factors, self.added)
        )
        return Scaling(base, factors, added, self.sum_of_flows)


# inherited by shares of the same places: what is wrong with the size of a place is wrong in all of them
SHARED_ERROR = dict.fromkeys(("inventions_applied", "patents_granted", "inventions_granted"), "patents_applied")


def stack(runs: list[Run]) -> dict[str, Floats]:
    """Series by name, (members, quarters), with certifications as first ones plus renewals."""
    block = np.array([run.series for run in runs])
    series = {name: block[:, :, number] for number, name in enumerate(OBSERVED)}
    series["hnte_certifications"] = series["hnte_new"] + series["hnte_renewed"]
    return series


def starts(runs: list[Run]) -> dict[str, Floats]:
    """Stocks at the origin by name, (members,)."""
    block = np.array([run.start for run in runs])
    return {name: block[:, number] for number, name in enumerate(OBSERVED)}


def base_values(world: World, runs: list[Run]) -> dict[str, Floats]:
    """The model's own value in the last year before the origin, (members,), by target."""
    members = len(runs)
    before = np.array([run.before for run in runs])
    values = {
        name: before[:, :, number].sum(axis=1) if name in FLOWS else before[:, -1, number]
        for number, name in enumerate(OBSERVED)
    }
    ladders = [world.ladder.scaled(*level_draws(world, member)) for member in range(members)]
    renewal = [world.renewals[member] for member in range(members)]
    values["tech_sme_stock"] = np.array([ladder.tech_sme_stock for ladder in ladders])
    values["tech_sme_new"] = np.array([ladder.tech_sme_flow for ladder in ladders])
    values["hnte_stock"] = np.array([ladder.high_tech_stock for ladder in ladders])
    values["hnte_certifications"] = np.array([ladder.cohorts[0] for ladder in ladders])
    values["hnte_new"] = np.array(
        [ladder.first_certifications(rate) for ladder, rate in zip(ladders, renewal, strict=True)]
    )
    return values


def by_year(world: World, series: dict[str, Floats], base: dict[str, Floats]) -> dict[str, Floats]:
    """Yearly values by target, (members, years): stocks at the end of the year, flows summed.

    In the year of the origin, quarters before it count as a quarter of the last complete year's flow each.
    """
    passed = (world.origin + 1) % QUARTERS_PER_YEAR
    yearly = {}
    for name, values in series.items():
        full = np.concatenate([np.zeros((values.shape[0], passed)), values], axis=1)
        years = full.shape[1] // QUARTERS_PER_YEAR
        blocks = full[:, : years * QUARTERS_PER_YEAR].reshape(values.shape[0], years, QUARTERS_PER_YEAR)
        yearly[name] = blocks.sum(axis=2) if name in FLOWS else blocks[:, :, -1].copy()
        decided = name in ONCE_A_YEAR and passed <= DECISION_QUARTER
        if name in FLOWS and passed and not decided:
            yearly[name][:, 0] += base[name] * passed / QUARTERS_PER_YEAR
    return yearly


def published_targets(anchor: Anchor, world: World) -> tuple[str, ...]:
    """Targets that can be published: those with a level, and of all firms those with a number of firms or growth."""
    names: list[str] = [name for name in LADDER_PUBLISHED if name.startswith("hnte") or name in anchor.levels]
    names += [name for name in PANEL_TARGETS if name in anchor.levels]
    numbered = world.region.firms is not None  # else only what the place itself has followed up to the origin
    names += [name for name in MODEL_TARGETS if numbered or name in anchor.growth]
    return tuple(names)


def scales(anchor: Anchor, world: World, runs: list[Run], base: dict[str, Floats]) -> dict[str, Floats]:
    """Factor from the model's count to the published one, (members,): the level at the origin over the model's own."""
    members = len(runs)
    start = starts(runs)
    factors: dict[str, Floats] = {}
    for target in published_targets(anchor, world):
        if target == "hnte_new" and target in anchor.levels:
            factors[target] = anchor.levels[target].mean / np.maximum(base[target], world.weight)
        elif target in LADDER_PUBLISHED:
            stock = "tech_sme_stock" if target.startswith("tech") else "hnte_stock"
            factors[target] = base[stock] / np.maximum(start[stock], 1.0)
        elif target in MODEL_TARGETS:
            level = anchor.levels.get(target)
            firms = world.region.firms or 1
            own = _over_own(level, target, world, base) if level else firms / base["firms"]
            factors[target] = np.broadcast_to(own, (members,)).astype(float)
        else:
            factors[target] = _over_own(anchor.levels[target], target, world, base)
    return factors


def _over_own(level: Level, target: str, world: World, base: dict[str, Floats]) -> Floats:
    """A level with each member's error over the model's own value of the last complete year, (members,)."""
    normal = np.array([_normal(world.luck, member, target) for member in range(len(base[target]))])
    least = float(world.weight)  # a few firms may have no patent in a year: then one agent's stands for it
    return level.mean * np.exp(level.log_sd * normal) / np.maximum(base[target], least)


def _normal(seed: int, member: int, target: str) -> float:
    number = 2000 + (*LADDER_TARGETS, *PANEL_TARGETS, *MODEL_TARGETS).index(SHARED_ERROR.get(target, target))
    return float(generator_of((seed << 32) | member, number).standard_normal())


def publish(
    world: World,
    runs: list[Run],
    base: dict[str, Floats],
    factors: dict[str, Floats],
    added: dict[str, Floats],
    sum_of_flows: bool = False,
    first: int = 0,
) -> Futures:
    """Published counts of a scenario. added: log of what the model lacks, (members, years), by target.

    Within a year stocks gain it little by little up to the year's end, flows have that of the year in each quarter.
    sum_of_flows: the stock of high-tech enterprises is counted as three years of certifications, as its level was.
    first: number of the first member of runs; the others follow.
    """
    members = range(first, first + len(runs))
    series = stack(runs)
    yearly = by_year(world, {name: series[name] for name in factors}, base)
    years = next(iter(yearly.values())).shape[1]
    quarters = next(iter(series.values())).shape[1]
    ahead = np.arange(world.origin + 1, world.origin + 1 + quarters)
    year = ahead // QUARTERS_PER_YEAR - world.base_year
    futures = Futures({}, {})
    for target, factor in factors.items():
        extra = added.get(target, np.zeros((len(runs), years)))[:, :years]
        futures.yearly[target] = yearly[target] * factor[:, None] * np.exp(extra)
        reached = np.concatenate([np.zeros((len(runs), 1)), extra], axis=1)  # at the end of the base year and after
        begun, ended = (reached[:, np.clip(some, 0, years)] for some in (year - 1, year))
        passed = 1.0 if target in FLOWS else (ahead % QUARTERS_PER_YEAR + 1) / QUARTERS_PER_YEAR
        futures.quarterly[target] = series[target] * factor[:, None] * np.exp(begun + passed * (ended - begun))
    if "hnte_certifications" in factors:
        flows = yearly["hnte_certifications"] * factors["hnte_certifications"][:, None]
        _follow_flows(world, futures, flows, year, members, sum_of_flows)
    if {"tech_sme_new", "tech_sme_stock"} <= set(factors):
        own = {name: series[name] * factors[name][:, None] for name in ("tech_sme_new", "tech_sme_stock")}
        _follow_listings(world, futures, own, base["tech_sme_stock"])
    _relative(world, futures, base, members)
    return futures


def _follow_flows(
    world: World, futures: Futures, flows: Floats, year: NDArray[np.int64], members: range, summed: bool
) -> None:
    """Let stocks of certificates follow what is counted of flows (members, years) beyond the own ones of the model.

    summed: the stock is the sum of the last three years' counted flows, as its level was; else it is to the model's own
    as that sum to the sum of its flows, and so is that of foreign firms. Stocks change in the last quarter.
    """
    counted = futures.yearly["hnte_certifications"]
    ladders = [world.ladder.scaled(*level_draws(world, member)) for member in members]
    past = np.array([ladder.cohorts[::-1] for ladder in ladders])  # oldest first
    beyond, stock = beyond_flows(past, flows, counted)
    at_quarter = decided_by(np.arange(world.origin + 1, world.origin + 1 + year.size), year)
    for target in {"hnte_stock", "hnte_foreign_stock"} & set(futures.yearly):
        futures.yearly[target] *= beyond[:, 1:]
        futures.quarterly[target] *= beyond[:, at_quarter]
    if summed:
        futures.yearly["hnte_stock"], futures.quarterly["hnte_stock"] = stock[:, 1:], stock[:, at_quarter]


def _follow_listings(world: World, futures: Futures, own: dict[str, Floats], start: Floats) -> None:
    """Let the stock of technology SMEs follow what is counted of new ones beyond the own ones of the model.

    own: both in the model, (members, quarters); start: the stock at the origin, (members,). The same share of the stock
    leaves it in a quarter as in the model.
    """
    beyond = beyond_listings(start, own["tech_sme_stock"], own["tech_sme_new"], futures.quarterly["tech_sme_new"])
    ends = np.arange(world.origin + 1, world.origin + 1 + beyond.shape[1]) % QUARTERS_PER_YEAR == DECISION_QUARTER
    futures.quarterly["tech_sme_stock"] *= beyond
    futures.yearly["tech_sme_stock"] *= beyond[:, ends]


def _relative(world: World, futures: Futures, base: dict[str, Floats], members: range) -> None:
    """The stock of high-tech enterprises as an index (origin's last complete year = 100) and over two years.

    Neither where the stock is 0 at the origin, and no ratio where it was 0 in the two years before or falls to 0.
    """
    stock = base["hnte_stock"][:, None]
    if not (stock > 0.0).all():
        return
    futures.yearly[INDEX] = 100.0 * futures.yearly["hnte_stock"] / stock
    futures.quarterly[INDEX] = 100.0 * futures.quarterly["hnte_stock"] / stock
    path = np.concatenate([past_stocks(world, members), futures.quarterly["hnte_stock"]], axis=1)
    now, then = path[:, RATIO_QUARTERS:], path[:, :-RATIO_QUARTERS]
    if (then > 0.0).all():
        futures.quarterly[RATIO] = now / then


def past_stocks(world: World, members: range) -> Floats:
    """Stock at the end of the eight quarters up to the origin, (members, 8); from cohorts where it was not counted."""
    stocks = np.empty((len(members), RATIO_QUARTERS))
    for row, member in enumerate(members):
        ladder = world.ladder.scaled(*level_draws(world, member))
        newest, second, oldest = ladder.cohorts
        older = ladder.expired**2 / max(oldest, 1e-9)  # the cohort before, had it grown alike
        ends = [newest + second + oldest, second + oldest + ladder.expired, oldest + ladder.expired + older]
        ends[1:] = [made if known is None else known for made, known in zip(ends[1:], ladder.before, strict=True)]
        last = (
            world.origin
            if world.origin % QUARTERS_PER_YEAR == DECISION_QUARTER
            else world.origin - ((world.origin - DECISION_QUARTER) % QUARTERS_PER_YEAR)
        )
        for k in range(RATIO_QUARTERS):
            quarter = world.origin - RATIO_QUARTERS + 1 + k
            back = max(0, -((quarter - last) // QUARTERS_PER_YEAR))
            stocks[row, k] = ends[min(back, 2)]
    return stocks
