"""A posterior by simulation alone: sequential Monte Carlo with adaptive distances over named moments.

Generations of particles come ever closer to the observed moments (Del Moral, Doucet and Jasra 2012,
doi:10.1007/s11222-011-9271-y): the tolerance of a generation is the median distance of the one before, those within it
are drawn again and moved. On the standard scale a move sqrt(1 - b^2) z + b xi leaves the prior as it is (preconditioned
Crank-Nicolson; Cotter, Roberts, Stuart and White 2013, doi:10.1214/13-STS421), so a moved particle is accepted where
its moments lie within the tolerance, and no weights are needed that would degenerate with many parameters. Each
moment's scale is renewed from all simulations of the generation before, accepted or not (Prangle 2017,
doi:10.1214/16-BA1002). All citations unverified.

Candidate i of every generation has luck i: common random numbers across generations and across parameters that are
compared, independent luck between particles, because the posterior must hold the luck of the process too.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecosim.calibration.simulation.kept import Kept
from ecosim.calibration.simulation.particles import systematic
from ecosim.calibration.simulation.priors import Floats, Prior
from ecosim.model.luck import generator_of

Numbers = NDArray[np.int64]
# (names, z (n, d), numbers of luck (n,)) -> moments of each in order; whoever simulates keeps them under their names
Simulate = Callable[[list[str], Floats, Numbers], Iterator[Floats]]
Progress = Callable[[int, int], None]

BATCH = 64  # candidates between two looks at how many were accepted; part of the result, so no matter of the machine
SPREAD = 1.4826  # of a normal's standard deviation over its median absolute deviation
PROPOSALS = 2**40  # keys of proposals of generation g begin at g times this
MOVES = 2  # of each particle in a generation
STEP = 0.6  # first length of a move, b above; 1 is a new draw from the prior
SHORTER, LONGER = (0.25, 0.75), (0.50, 1.25)  # below or above this share of accepted moves, times this
LONGEST = 0.95


@dataclass(frozen=True)
class Plan:
    """How long to go on. cap: simulations in all, looked at within a generation, never exceeded."""

    population: int = 300
    cap: int = 3_000
    generations: int = 10
    least_acceptance: float = 0.02
    seed: int = 0


@dataclass(frozen=True)
class Generation:
    """What a finished generation took: tolerance (inf for the first), simulations, share accepted, length of moves."""

    tolerance: float
    simulations: int
    acceptance: float
    step: float


@dataclass(frozen=True)
class Sampled:
    """The last whole generation: z (n, d), weights (n,) that sum to one, moments (n, k), distances (n,).

    A particle that was drawn again and never moved stands once, with the weight of all its copies. scale: of each
    moment in the last distance, (k,); why: what ended it.
    """

    z: Floats
    weights: Floats
    moments: Floats
    distances: Floats
    scale: Floats
    generations: tuple[Generation, ...]
    simulations: int
    why: str


def sample(
    prior: Prior, observed: Floats, used: NDArray[np.bool_], simulate: Simulate, plan: Plan, kept: Kept | None,
    progress: Progress = lambda done, total: None,
) -> Sampled:  # fmt: skip
    """Particles of the posterior given the observed moments.

    observed: (k,), read where used (k,) is true; other moments are carried along. Without any used moment the first
    generation, the prior, is all there is. The same for any number of workers and after any interruption.
    """
    runs = _Runs(simulate, plan.cap, kept, progress)
    numbers = np.arange(min(plan.population, plan.cap))
    z = prior.draw(plan.seed, numbers)
    moments = runs.take(0, z, numbers)
    last = _Cloud(z, moments, spread(moments))
    done = [Generation(np.inf, len(z), 1.0, 1.0)]
    why = "" if used.any() else "no observed moment"
    step = STEP
    while not why and len(done) < plan.generations:
        found = _next(last, observed, used, runs, plan, len(done), step)
        if isinstance(found, str):
            why = found
            break
        last, generation = found
        done.append(generation)
        step = next_step(generation)
        if generation.acceptance < plan.least_acceptance:
            why = f"fewer than {plan.least_acceptance:.0%} of the moves were accepted"
    progress(plan.cap, plan.cap)
    rows, copies = np.unique(last.z, axis=0, return_index=True, return_counts=True)[1:]
    distances = distance(last.moments[rows], observed, used, last.scale)
    return Sampled(
        last.z[rows], copies / len(last.z), last.moments[rows], distances, last.scale, tuple(done), runs.done,
        why or f"{plan.generations} generations",
    )  # fmt: skip


def next_step(generation: Generation) -> float:
    """Length of the next generation's moves: shorter where few were accepted, longer where many were."""
    factor = (
        SHORTER[1] if generation.acceptance < SHORTER[0] else LONGER[1] if generation.acceptance > LONGER[0] else 1.0
    )
    return min(generation.step * factor, LONGEST)


@dataclass(frozen=True)
class _Cloud:
    """Equally weighted particles, some of them copies: z (n, d), moments (n, k), scale of the moments (k,)."""

    z: Floats
    moments: Floats
    scale: Floats


def _next(
    last: _Cloud, observed: Floats, used: NDArray[np.bool_], runs: "_Runs", plan: Plan, number: int, step: float
) -> tuple[_Cloud, Generation] | str:
    """One more generation, or why there is none."""
    distances = distance(last.moments, observed, used, last.scale)
    tolerance = float(np.median(distances))
    near = (distances <= tolerance).astype(float)
    size = len(last.z)
    stream = generator_of(plan.seed, number * PROPOSALS + PROPOSALS - 1)
    chosen = systematic(near, size, stream)
    z, moments = last.z[chosen].copy(), last.moments[chosen].copy()
    every: list[Floats] = []
    accepted = 0
    for move in range(MOVES):
        numbers = np.arange(move * size, move * size + min(size, runs.left))
        proposed = _move(z[: len(numbers)], step, plan.seed, number, numbers)
        made = runs.take(number, proposed, numbers)
        if len(numbers) < size:
            return f"the cap of {plan.cap} simulations was reached"
        every.append(made)
        inside = distance(made, observed, used, last.scale) <= tolerance
        z[inside], moments[inside] = proposed[inside], made[inside]
        accepted += int(inside.sum())
    tried = MOVES * size
    return _Cloud(z, moments, spread(np.concatenate(every))), Generation(tolerance, tried, accepted / tried, step)


def _move(z: Floats, step: float, seed: int, generation: int, numbers: Numbers) -> Floats:
    """Moves that leave the prior as it is, each from a stream of its own."""
    rows = []
    for row, number in zip(z, numbers, strict=True):
        stream = generator_of(seed, generation * PROPOSALS + int(number))
        rows.append(np.sqrt(1.0 - step**2) * row + step * stream.standard_normal(len(row)))
    return np.array(rows).reshape(len(numbers), z.shape[1])


def distance(moments: Floats, observed: Floats, used: NDArray[np.bool_], scale: Floats) -> Floats:
    """Euclidean distance over the used moments, each over its scale, (n,)."""
    gaps = (moments[:, used] - observed[used]) / scale[used]
    distances: Floats = np.sqrt(np.square(gaps).sum(axis=1))
    return distances


def spread(moments: Floats) -> Floats:
    """Scale of each moment, (k,): median absolute deviation, standard deviation where that is 0, else 1."""
    middle = np.median(moments, axis=0)
    scale = SPREAD * np.median(np.abs(moments - middle), axis=0)
    other = moments.std(axis=0)
    scale = np.where(scale > 0, scale, other)
    return np.where(scale > 0, scale, 1.0)


class _Runs:
    """Counts simulations against the cap and takes finished ones from disk."""

    def __init__(self, simulate: Simulate, cap: int, kept: Kept | None, progress: Progress) -> None:
        self.simulate, self.cap, self.kept, self.progress = simulate, cap, kept, progress
        self.done = 0
        progress(0, cap)

    @property
    def left(self) -> int:
        return self.cap - self.done

    def take(self, generation: int, z: Floats, numbers: Numbers) -> Floats:
        """Moments of candidates, (n, k), simulated where they were not kept."""
        names = [f"{generation}:{number}" for number in numbers]
        found = [self.kept.find(name, row) if self.kept else None for name, row in zip(names, z, strict=True)]
        missing = [place for place, moments in enumerate(found) if moments is None]
        self.done += len(names) - len(missing)
        for begin in range(0, len(missing), BATCH):
            some = missing[begin : begin + BATCH]
            fresh = self.simulate([names[place] for place in some], z[some], numbers[some])
            for place, moments in zip(some, fresh, strict=True):
                found[place] = moments
                self.done += 1
                self.progress(min(self.done, self.cap - 1), self.cap)
        return np.array(found)
