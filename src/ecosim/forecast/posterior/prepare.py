"""What a place's simulations share: the start, the parameters that are free with their priors, moments and growth."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ecosim.behaviors.decisions import SHELF
from ecosim.calibration.estimate import Estimate
from ecosim.calibration.growth import Growth
from ecosim.calibration.simulation import Parameter, Prior, PriorError
from ecosim.data.errors import nearest
from ecosim.data.panel import CountsError, known_at
from ecosim.data.periods import QUARTERS_PER_YEAR, quarter_index, year_of
from ecosim.forecast.anchor import Anchor, anchor
from ecosim.forecast.drawn import GROWTH
from ecosim.forecast.ensemble import World
from ecosim.forecast.future import build_world, match_growth, pilot, pilot_members
from ecosim.forecast.posterior.beyond import missing_sd
from ecosim.forecast.posterior.counted import Moment, moments_of
from ecosim.forecast.posterior.place import STARTS, Place
from ecosim.forecast.shifts import CHANNELS, GROWTH_OF
from ecosim.model.observation import FLOWS as TURNOVER
from ecosim.model.observation import MEASURED, OBSERVED
from ecosim.policies.schedule import Schedule
from ecosim.policies.shelf import doses_of

if TYPE_CHECKING:
    from ecosim.forecast.job import Job, Progress
    from ecosim.policies.shelf import Instrument

LEAST_QUARTERS = 8  # simulated at least, also where nothing was counted: what could be counted by then is compared
LEAST_SD = 0.01  # of a log multiplier below which a level is taken as known
LEAST_GROWTH_SD = 0.05  # of yearly log growth, an assumption: what the panel leaves open is never less
COLUMNS = tuple(name for name in OBSERVED if name not in (*MEASURED, *TURNOVER[:-2]))


def prepare(
    job: "Job", estimates: dict[str, Estimate], free: tuple[str, ...], years: int, firms: int,
    progress: "Progress",
) -> tuple[Place, str, tuple[str, ...]]:  # fmt: skip
    """The place, the start ('2016-12') and notes. free: names that `check_names` let pass."""
    start, first = find_start(job, years)
    region = replace(job.region, largest_sample=max(200, min(job.region.largest_sample, firms)))
    began = quarter_index(start)
    quarters = max(quarter_index(job.origin) - began, LEAST_QUARTERS)
    early = replace(job, region=region, origin=start)
    horizon = year_of(began + quarters)
    world = build_world(early, estimates, first, start, horizon, 2, progress)
    ahead = max(horizon - world.base_year, 1)
    structure, paths = match_growth(world, first, pilot_members(world), ahead, job.workers, progress)
    missing = missing_sd(pilot(world, paths, ahead, job.workers, progress), first, world)
    grown = growth_of(first)
    noise = {target: growth.measurement_sd for target, growth in first.growth.items()}
    moments = moments_of(known_at(job.counts, job.origin), job.region.name, start, job.origin, noise)
    parameters = (*levels(world), *drifts(grown, moments, job.region.name), *coefficients(free, estimates),
                  *instruments(free, job.policies, job.delivery_sd))  # fmt: skip
    counted = {series for moment in moments if moment.used for series in moment.series}
    policies = {name: row.policy for name, row in job.policies.items()}
    columns = tuple(name for name in COLUMNS if name not in counted)
    until = quarter_index(job.origin) - began
    place = Place(
        world, policies, Prior(parameters), moments, columns, grown, structure, ahead, missing, quarters, until
    )
    return place, start, tuple(f"In force only after {job.origin}: {', '.join(late)}." for late in [
        late_instruments(free, job.policies, quarter_index(job.origin))] if late)  # fmt: skip


def find_start(job: "Job", years: int) -> tuple[str, Anchor]:
    """The earliest year's end, at most so many years before the origin, from which the place can start; its levels."""
    last = quarter_index(job.origin)
    failed: CountsError | None = None
    ends = [(last + 1) // QUARTERS_PER_YEAR - 1 - back for back in range(years, -1, -1)]
    for year in ends:
        text = f"{year}-12"
        try:
            return text, anchor(job.counts, job.region, text, max(years, 2))
        except CountsError as error:
            failed = error
    assert failed is not None
    raise failed


def check_names(free: tuple[str, ...], policies: "dict[str, Instrument]", estimates: dict[str, Estimate]) -> None:
    """Raises PriorError where a free parameter is neither a coefficient nor an instrument that gives something."""
    for name in free:
        rule, dot, coefficient = name.partition(".")
        if not dot:
            if name not in policies:
                known = [row for row in policies if doses_of(policies[row].policy)]
                raise PriorError(f"study.parameters: no instrument {name!r} in the policies; {nearest(name, known)}")
            if not doses_of(policies[name].policy):
                raise PriorError(f"study.parameters: {name} has nothing of which more gives more; leave it out")
        elif rule not in SHELF:
            raise PriorError(f"study.parameters: no rule {rule!r} in {name!r}; {nearest(rule, SHELF)}")
        elif coefficient not in SHELF[rule]._fields:
            raise PriorError(
                f"study.parameters: {rule} has no coefficient {coefficient!r}; "
                f"{nearest(coefficient, SHELF[rule]._fields)}"
            )
        else:
            k = SHELF[rule]._fields.index(coefficient)
            if estimates[rule].covariance[k, k] <= 0:
                raise PriorError(f"study.parameters: {name} has sd 0 in behaviors, so it is fixed; give it an sd")


def usual(names: tuple[str, ...], policies: "dict[str, Instrument]", spread: float) -> tuple[str, ...]:
    """Of the names those that the scenario has: coefficients, and instruments of its package where they vary."""
    return tuple(name for name in names if "." in name or (name in policies and spread > 0))


def levels(world: World) -> tuple[Parameter, ...]:
    """Log multipliers of the levels at the start that were not counted."""
    flow = float(np.hypot(world.level_sd[1] if world.flow_of_stock else 0.0, world.flow_sd))
    sds = (world.level_sd[0], world.level_sd[1], flow)
    words = "log multiplier of the level at the start that the place inherits"
    return tuple(
        Parameter(name, 0.0, sd, kind="assumption", source=f"assumption: {words}")
        for name, sd in zip(STARTS, sds, strict=True)
        if sd > LEAST_SD
    )


def growth_of(start: Anchor) -> dict[str, Growth]:
    """Growth of the count of each channel that has one."""
    found = {channel: start.growth.get(GROWTH_OF.get(target, target)) for channel, target in CHANNELS.items()}
    return {channel: growth for channel, growth in found.items() if growth is not None}


def drifts(grown: dict[str, Growth], moments: tuple[Moment, ...], place: str) -> tuple[Parameter, ...]:
    """Yearly growth of certifications, and of every other channel whose count stands among the moments."""
    counted = {series for moment in moments if moment.used for series in moment.series}
    rows = []
    for channel, growth in grown.items():
        target = CHANNELS[channel]
        if channel not in ("tech_sme", "high_tech") and target not in counted:
            continue
        drift, sd, _ = growth.place(place)
        source = f"counts: yearly log growth of {target}; {growth.basis}"
        rows.append(Parameter(GROWTH + channel, drift, max(sd, LEAST_GROWTH_SD), kind="counts", source=source))
    return tuple(rows)


def coefficients(free: tuple[str, ...], estimates: dict[str, Estimate]) -> tuple[Parameter, ...]:
    """Named coefficients of the firms' rules with their priors."""
    rows = []
    for name in free:
        rule, dot, coefficient = name.partition(".")
        if dot:
            estimate, k = estimates[rule], SHELF[rule]._fields.index(coefficient)
            sd = float(np.sqrt(estimate.covariance[k, k]))
            bounds = (float(estimate.least[k]), float(estimate.most[k]))
            rows.append(Parameter(name, float(estimate.mean[k]), sd, *bounds, estimate.kinds[k], estimate.sources[k]))
    return tuple(rows)


def instruments(free: tuple[str, ...], policies: "dict[str, Instrument]", spread: float) -> tuple[Parameter, ...]:
    """Log factors on what named instruments pay and on their places."""
    return tuple(
        Parameter(name, 0.0, spread, kind="assumption",
                  source=f"assumption: log factor on what it delivers; {policies[name].source}")
        for name in free
        if "." not in name
    )  # fmt: skip


def late_instruments(free: tuple[str, ...], policies: "dict[str, Instrument]", origin: int) -> str:
    """Named instruments that do nothing by the origin: no count can tell of them yet."""

    def starts(name: str) -> list[int]:
        policy = policies[name].policy
        values = [getattr(policy, key) for key in doses_of(policy)]
        return [begins for value in values if isinstance(value, Schedule) for begins, step in value if step > 0]

    return ", ".join(name for name in free if "." not in name and min(starts(name), default=origin) > origin)
