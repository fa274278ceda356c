"""One simulation of a place: parameters in, moments out; the same luck number gives the same luck under any of them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ecosim.calibration.growth import Growth
from ecosim.calibration.simulation.kept import keep
from ecosim.calibration.simulation.priors import Prior
from ecosim.forecast.delivery import delivered
from ecosim.forecast.drawn import AT_ORIGIN, GROWTH, LEVELS, with_coefficients
from ecosim.forecast.ensemble import World, begin, draw_behaviors
from ecosim.forecast.posterior.beyond import counted
from ecosim.forecast.posterior.counted import Moment, simulated
from ecosim.forecast.publish import FLOWS
from ecosim.forecast.shifts import CHANNELS, Structure, member_paths, to_conditions
from ecosim.model.ecosystem import OBSERVED, Policy
from ecosim.model.luck import generator_of

Floats = NDArray[np.float64]

LUCK = 2**29  # members of these simulations, apart from those of a forecast
STARTS = ("start.hnte_stock", "start.tech_sme_stock", "start.tech_sme_new")  # log multipliers, as `Ladder.scaled`
AT_END = tuple(AT_ORIGIN + name for name in LEVELS)  # log levels at the origin, carried along for forecasts from there
STREAM = 902  # of a member's Philox key, beside those of levels and delivery


@dataclass(frozen=True)
class Place:
    """Everything that a simulation needs besides its parameters.

    columns: series beside the moments, each by its level or yearly flow at the end; growth: estimated, by channel;
    structure: the model's own; years: that the shifts of channels reach; missing: see `beyond.missing_sd`.
    """

    world: World
    policies: dict[str, Policy]
    prior: Prior
    moments: tuple[Moment, ...]
    columns: tuple[str, ...]
    growth: dict[str, Growth]
    structure: Structure
    years: int
    missing: dict[str, Floats]
    quarters: int
    until: int  # quarters from the start to the origin

    @property
    def names(self) -> tuple[str, ...]:
        """What the vector of a simulation holds, in order."""
        return (*(moment.name for moment in self.moments), *self.columns, *AT_END)


def simulate(place: Place, z: Floats, number: int) -> Floats:
    """Moments, columns and levels at the origin of one simulation, (k,).

    z: parameters on the standard scale, (d,); number: of its luck. Coefficients that are not free are drawn from their
    priors with the luck, so they widen the posterior and are not narrowed by it.
    """
    values = dict(zip(place.prior.names, place.prior.from_standard(z).tolist(), strict=True))
    world, member = place.world, LUCK + number
    behaviors = with_coefficients(draw_behaviors(world.estimates, world.seed, member), values)
    levels = [float(np.exp(values.get(name, 0.0))) for name in STARTS]
    if world.flow_of_stock and STARTS[2] not in values:
        levels[2] = levels[1]
    ready, _ = begin(world, member, behaviors, (levels[0], levels[1], levels[2]))
    luck = generator_of((world.seed << 32) | member, STREAM)
    conditions = to_conditions(drive(place, values, member), 0, world.origin, place.quarters, world.base_year)
    start, before = ready.observe(), np.array(ready.history)
    policies = delivered(place.policies, world.baseline, world.seed, member, world.delivery_sd, values)
    model = ready.fork(policies=policies, conditions=conditions)
    for _ in range(place.quarters):
        model.step()
    path = series_of(before, start, np.array(model.history))
    noise = luck.standard_normal(len(place.moments))
    path |= counted(path, place.missing, world.ladder.scaled(levels[0], levels[1], levels[2]).cohorts, world, luck)
    told = [simulated(moment, path, world.origin, float(error))
            for moment, error in zip(place.moments, noise, strict=True)]  # fmt: skip
    reached = [at_origin(path, name, place.until) for name in LEVELS]
    return np.array([*told, *(column(path, name) for name in place.columns), *reached])


def drive(place: Place, values: dict[str, float], member: int) -> dict[str, Floats]:
    """Yearly shift of each channel, (1, years), as members of a forecast have it; growth without a value is drawn."""
    seed, name = (place.world.seed << 32) | member, place.world.region.name
    paths = {}
    for channel, growth in place.growth.items():
        drift = np.array([values[GROWTH + channel]]) if GROWTH + channel in values else None
        target = CHANNELS[channel]
        paths[channel] = member_paths(growth, place.structure, target, name, 1, place.years, seed, drift)
    return paths


def series_of(before: Floats, start: Floats, after: Floats) -> dict[str, Floats]:
    """Series by name from the start (row 0) on; '<name> before': of the last year before it, for counts that grow."""
    rows = np.vstack([start, after])
    path = {name: rows[:, k] for k, name in enumerate(OBSERVED)}
    for k, name in enumerate(OBSERVED):
        path[f"{name} before"] = np.array([before[:, k].sum() if name in FLOWS else before[-1, k]])
    return path


def at_origin(path: dict[str, Floats], name: str, until: int) -> float:
    """Log of a level so many quarters after the start (row 0): a stock, or the flow of the year up to then."""
    if name in FLOWS:
        before = path[f"{name} before"][0] * max(0, 4 - until) / 4.0
        return float(np.log(before + path[name][max(until - 3, 1) : until + 1].sum() + 0.5))
    return float(np.log(path[name][until] + 0.5))


def column(path: dict[str, Floats], name: str) -> float:
    """A series at the end: a stock, or the sum of the last year, as log(1 + y); a share or index as it is."""
    last = path[name][-4:].sum() if name in FLOWS else path[name][-1]
    return float(np.log1p(last)) if last > -1.0 else float(last)


def simulate_some(
    place: Place, names: list[str], z: Floats, numbers: NDArray[np.int64], path: Path | None
) -> list[Floats]:
    """Several simulations in one process; each is kept on disk as soon as it is finished."""
    found = []
    for name, row, number in zip(names, z, numbers, strict=True):
        moments = simulate(place, row, int(number))
        if path is not None:
            keep(path, name, row, moments)
        found.append(moments)
    return found
