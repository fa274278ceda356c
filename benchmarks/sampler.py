"""`python -m benchmarks.sampler`: what a simulation of the sequential sampler costs, by their number and by workers.

Two ratios are claimed: the marginal cost of a simulation from 120 to 3,000 over that from 12 to 120 (at most 1.1), and
one worker's time over that of two (at least 1.7). Times alone mean little on a shared machine. Every simulation is 42
quarters of a county of about 5,200 firms, kept on disk as `study=calibrate` keeps it.
"""

import argparse
import logging
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecosim.calibration.simulation import Kept, Plan, sample
from ecosim.calibration.simulation.kept import keep
from ecosim.calibration.simulation.priors import Floats
from ecosim.data.periods import QUARTERS_PER_YEAR
from ecosim.forecast.crew import wake
from ecosim.forecast.ensemble import in_parallel
from ecosim.forecast.posterior.county import County, make_county, moments_of, run

LARGEST_GROWTH, LEAST_SPEEDUP = 1.1, 1.7
CHUNKS = 2  # tasks of a batch for each worker, as in a calibration
TRUTH = 10**6  # luck of the county that is calibrated to


def simulate(county: County, z: Floats, number: int, quarters: int) -> Floats:
    """Moments of the county after some quarters, (k,)."""
    values = dict(zip(county.prior.names, county.prior.from_standard(z).tolist(), strict=True))
    years, rest = divmod(quarters, QUARTERS_PER_YEAR)
    model = run(county, values, number, years)
    for _ in range(rest):
        model.step()
    return moments_of(model)


def _part(
    county: County, names: list[str], z: Floats, numbers: NDArray[np.int64], parts: list[Any], quarters: int,
    path: Path, k: int,
) -> list[Floats]:  # fmt: skip
    for name in ("mesa", "MESA"):
        logging.getLogger(name).setLevel(logging.WARNING)
    found = []
    for row in parts[k]:
        found.append(simulate(county, z[row], int(numbers[row]), quarters))
        keep(path, names[row], z[row], found[-1])
    return found


def seconds(county: County, observed: Floats, quarters: int, simulations: int, population: int, workers: int) -> float:
    """Wall seconds of one sampling with so many simulations, none of them kept from before."""
    with tempfile.TemporaryDirectory() as place:
        kept = Kept(Path(place), {"benchmark": "sampler"})

        def some(names: list[str], z: Floats, numbers: NDArray[np.int64]) -> Iterator[Floats]:
            parts = np.array_split(np.arange(len(names)), min(workers * CHUNKS, len(names)))
            work = partial(_part, county, names, z, numbers, parts, quarters, kept.path)
            for found in in_parallel(work, range(len(parts)), workers, lambda done, total: None):
                yield from found

        plan = Plan(population, simulations, 1_000, 0.0, 1)
        began = time.perf_counter()
        found = sample(county.prior, observed, np.ones(observed.size, dtype=bool), some, plan, kept)
        spent = time.perf_counter() - began
    if found.simulations != simulations:
        raise RuntimeError(f"{found.simulations} simulations were made, not {simulations}: {found.why}")
    return spent


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print both ratios; 1 where a claim does not hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sampler", description=__doc__)
    parser.add_argument("--firms", type=int, default=5_200, help="about, when the simulations begin")
    parser.add_argument("--quarters", type=int, default=42)
    parser.add_argument("--simulations", type=int, nargs=3, default=[12, 120, 3_000], metavar=("FEW", "SOME", "MANY"))
    parser.add_argument("--population", type=int, default=300)
    parser.add_argument("--workers", type=int, default=1, help="of the sampling whose marginal cost is measured")
    given = parser.parse_args(arguments)
    few, some, many = given.simulations
    if not 1 <= few < some < many or given.quarters < 4 * QUARTERS_PER_YEAR:
        parser.error("give rising numbers of simulations and at least 16 quarters")
    for name in ("mesa", "MESA"):
        logging.getLogger(name).setLevel(logging.WARNING)
    county = make_county(firms=grown_from(given.firms), templates=2)
    firms = int(np.mean([len(model.firms) for model in county.templates]))
    observed = simulate(county, np.zeros(len(county.prior.names)), TRUTH, given.quarters)
    wake(2)
    measure = partial(seconds, county, observed, given.quarters, population=given.population)
    measure(few, workers=2)  # the workers load the model
    spent = {count: measure(count, workers=given.workers) for count in (few, some, many)}
    early, late = (spent[some] - spent[few]) / (some - few), (spent[many] - spent[some]) / (many - some)
    alone, together = (measure(some, workers=workers) for workers in (1, 2))
    growth, speedup = late / early, alone / together
    lines = (
        f"{firms:,} firms, {given.quarters} quarters",
        *(f"{count:>6,} simulations {took:8.2f} s" for count, took in spent.items()),
        f"marginal cost {few:,} to {some:,}: {early * 1e3:.0f} ms; {some:,} to {many:,}: {late * 1e3:.0f} ms; "
        f"ratio {growth:.2f} (at most {LARGEST_GROWTH})",
        f"{some:,} simulations: one worker {alone:.2f} s, two {together:.2f} s; ratio {speedup:.2f} (at least "
        f"{LEAST_SPEEDUP})",
    )
    print(*lines, sep="\n")  # noqa: T201
    return 0 if growth <= LARGEST_GROWTH and speedup >= LEAST_SPEEDUP else 1


def grown_from(firms: int) -> int:
    """How many firms to begin with for about so many after the nine years of a spin-up and one of its own."""
    small = make_county(firms=400, templates=1)
    return max(50, round(firms * 400 / len(small.templates[0].firms)))


if __name__ == "__main__":
    from benchmarks import sampler  # workers find the functions by the module's own name

    sys.exit(sampler.main())
