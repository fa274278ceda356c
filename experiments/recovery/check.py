"""Rules found again: simulated firms' records are refitted over many seeds; the table of the README."""

import argparse
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from ecosim.calibration.simulation.kept import digest, key_of
from ecosim.data.writing import write_whole
from ecosim.door.progress import Stages
from ecosim.forecast.ensemble import in_parallel
from ecosim.forecast.recovery import recover
from ecosim.model.region import SECTORS, Region

HOME = Path("outputs") / "recovery"
COVERAGE = (0.87, 0.93)
REGION = Region(
    name="made-up",
    level="county",
    sectors={name: 1 / len(SECTORS) for name in SECTORS},
    ownership={"private": 0.75, "foreign": 0.25},
)


def summarize(every: pd.DataFrame) -> pd.DataFrame:
    """A row for each coefficient over its seeds."""
    groups = every.groupby(["equation", "term"], sort=False)
    table = pd.DataFrame({
        "truth": groups["truth"].first(), "mean estimate": groups["estimate"].mean(),
        "mean std_error": groups["std_error"].mean(), "mean z": groups["z"].mean(), "sd of z": groups["z"].std(),
        "coverage": groups["inside_90"].mean(), "seeds": groups["z"].count(),
    })  # fmt: skip
    return table.reset_index()


def main() -> int:
    """Simulate, refit, print; 1 where a claim of the README does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--firms", type=int, default=1500)
    parser.add_argument("--quarters", type=int, default=12)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    started = time.perf_counter()
    # a stopped run goes on from its finished seeds, unless the source or the sizes are others now
    kept = HOME / digest(key_of({"firms": given.firms, "quarters": given.quarters}, ""))
    kept.mkdir(parents=True, exist_ok=True)
    with Stages() as stages:
        work = partial(recover, given.firms, given.quarters, REGION, kept)
        found = in_parallel(work, range(given.seeds), given.workers, lambda done, total: stages("seeds", done, total))
    every = pd.concat(found)
    table = summarize(every)
    write_whole(HOME / "recovery.csv", lambda part: table.to_csv(part, index=False))
    largest, limit = float(table["mean z"].abs().max()), 3.0 / np.sqrt(given.seeds)
    coverage = float(every["inside_90"].mean())
    lines = (
        table.round(3).to_string(index=False),
        f"largest mean z {largest:.2f} (limit {limit:.2f}); 90 % intervals of all coefficients cover {coverage:.3f} "
        f"({COVERAGE[0]} to {COVERAGE[1]})",
        f"{time.perf_counter() - started:.0f} s; table in {HOME / 'recovery.csv'}",
    )
    print(*lines, sep="\n")  # noqa: T201
    return 0 if largest < limit and COVERAGE[0] <= coverage <= COVERAGE[1] else 1


if __name__ == "__main__":
    sys.exit(main())
