"""A posterior by simulation alone: sequential Monte Carlo with adaptive distances over named moments.

Generations of particles come ever closer to the observed moments. The tolerance of a generation is the median distance
of the one before (Del Moral, Doucet and Jasra 2012, doi:10.1007/s11222-011-9271-y), particles move by a normal kernel
with twice their weighted covariance and are reweighted by prior over proposal (Beaumont, Cornuet, Marin and Robert
2009, doi:10.1093/biomet/asp052), and each moment's scale is renewed from all simulations of the generation before,
accepted or not (Prangle 2017, doi:10.1214/16-BA1002). All citations unverified.

Candidate i of every generation has luck i: common random numbers across generations and across parameters that are
compared, independent luck between particles, because the posterior must hold the luck of the process too.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from ecosim.calibration.simulation.kept import Kept
from ecosim.calibration.simulation.priors import Floats, Prior, log_density

Numbers = NDArray[np.int64]
# (names, z (n, d), numbers of luck (n,)) -> moments of each in order; whoever simulates keeps them under their names
Simulate = Callable[[list[str], Floats, Numbers], Iterator[Floats]]
Progress = Callable[[int, int], None]

BATCH = 64  # candidates between two looks at how many were accepted; part of the result, so no matter of the machine
SPREAD = 1.4826  # of a normal's standard deviation over its median absolute deviation
PROPOSALS = 2**40  # keys of proposals of generation g begin at g times this


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
    """What a finished generation took: tolerance (inf for the first), simulations, share accepted."""

    tolerance: float
    simulations: int
    acceptance: float


@dataclass(frozen=True)
class Sampled:
    """The last whole generation: z (n, d), weights (n,) that sum to one, moments (n, k), distances (n,); all others.

    scale: of each moment in the last distance, (k,); why: what ended it.
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
    scale = spread(moments)
    weights = np.full(len(z), 1.0 / len(z))
    last = Sampled(z, weights, moments, distance(moments, observed, used, scale), scale, (), 0, "")
    done = [Generation(np.inf, len(z), 1.0)]
    why = "no observed moment" if not used.any() else ""
    while not why and len(done) < plan.generations:
        step = _next(prior, last, observed, used, runs, plan, len(done))
        if isinstance(step, str):
            why = step
            break
        last, generation = step
        done.append(generation)
        if generation.acceptance < plan.least_acceptance:
            why = f"fewer than {plan.least_acceptance:.0%} of the proposals were accepted"
    progress(plan.cap, plan.cap)
    return Sampled(
        last.z, last.weights, last.moments, last.distances, last.scale, tuple(done), runs.done,
        why or f"{plan.generations} generations",
    )  # fmt: skip


def _next(
    prior: Prior, last: Sampled, observed: Floats, used: NDArray[np.bool_], runs: "_Runs", plan: Plan, number: int
) -> tuple[Sampled, Generation] | str:
    """One more generation, or why there is none."""
    distances = distance(last.moments, observed, used, last.scale)
    tolerance = weighted_median(distances, last.weights)
    mean = last.weights @ last.z
    centered = last.z - mean
    covariance = 2.0 * (last.weights[:, None] * centered).T @ centered + 1e-10 * np.eye(len(mean))
    root = np.linalg.cholesky(covariance).astype(np.float64)
    ladder = np.cumsum(last.weights)
    taken: list[tuple[Floats, Floats]] = []
    every: list[Floats] = []
    tried = 0
    while len(taken) < plan.population:
        size = min(BATCH, runs.left)
        if size == 0:
            return f"the cap of {plan.cap} simulations was reached"
        numbers = np.arange(tried, tried + size)
        z = _propose(last.z, ladder, root, plan.seed, number, numbers)
        moments = runs.take(number, z, numbers)
        every.append(moments)
        near = distance(moments, observed, used, last.scale) <= tolerance
        for row in np.flatnonzero(near):
            if len(taken) < plan.population:
                taken.append((z[row], moments[row]))
        tried += size
    z, moments = (np.array([pair[part] for pair in taken]) for part in (0, 1))
    weights = _weights(z, last, root)
    scale = spread(np.concatenate(every))
    acceptance = plan.population / tried
    found = Sampled(z, weights, moments, distance(moments, observed, used, scale), scale, (), 0, "")
    return found, Generation(tolerance, tried, acceptance)


def _propose(z: Floats, ladder: Floats, root: Floats, seed: int, generation: int, numbers: Numbers) -> Floats:
    """Candidates: each an ancestor, drawn by weight, moved by the kernel; each from a stream of its own."""
    rows = []
    for number in numbers:
        stream = np.random.Generator(np.random.Philox(key=[seed, generation * PROPOSALS + int(number)]))
        ancestor = min(int(np.searchsorted(ladder, stream.random() * ladder[-1])), len(z) - 1)
        rows.append(z[ancestor] + root @ stream.standard_normal(z.shape[1]))
    return np.array(rows)


def _weights(z: Floats, last: Sampled, root: Floats) -> Floats:
    """Prior density over the density with which a particle was proposed, normalized."""
    whitened, ancestors = np.linalg.solve(root, z.T).T, np.linalg.solve(root, last.z.T).T
    squares = np.square(whitened[:, None, :] - ancestors[None, :, :]).sum(axis=2)
    proposal = logsumexp(np.log(np.maximum(last.weights, 1e-300)) - 0.5 * squares, axis=1)
    logs = log_density(z) - proposal
    weights: Floats = np.exp(logs - logsumexp(logs))
    return weights


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


def weighted_median(values: Floats, weights: Floats) -> float:
    """The value below which half of the weight lies."""
    order = np.argsort(values, kind="stable")
    ladder = np.cumsum(weights[order])
    return float(values[order][min(int(np.searchsorted(ladder, 0.5 * ladder[-1])), len(values) - 1)])


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
