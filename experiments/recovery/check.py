"""Rules found again: simulated firms' records are refitted over many seeds; prints the table of the README."""

import argparse
import logging
import sys
import time

import numpy as np
import pandas as pd

from ecosim.door.progress import Stages
from ecosim.forecast.playground import ecosystem
from ecosim.forecast.recovery import compare, fit_all, record, truth
from ecosim.model.region import SECTORS, Region

REGION = Region(
    name="made-up",
    level="county",
    sectors={name: 1 / len(SECTORS) for name in SECTORS},
    ownership={"private": 0.75, "foreign": 0.25},
)


def main() -> int:
    """Simulate, refit, print; 1 where a claim of the README does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--firms", type=int, default=1500)
    parser.add_argument("--quarters", type=int, default=12)
    given = parser.parse_args()
    for name in ("mesa", "MESA"):
        logging.getLogger(name).setLevel(logging.WARNING)
    started = time.perf_counter()
    found = []
    with Stages() as stages:
        for seed in range(given.seeds):
            stages("seeds", seed, given.seeds)
            model = ecosystem(rng=100 + seed, firms=given.firms, region=REGION)
            del model.datacollector
            found.append(compare(fit_all(record(model, given.quarters)), truth(model.rules.behaviors)))
        stages("seeds", given.seeds, given.seeds)
    every = pd.concat(found)
    groups = every.groupby(["equation", "term"], sort=False)
    table = pd.DataFrame({
        "truth": groups["truth"].first(), "mean estimate": groups["estimate"].mean(),
        "mean std_error": groups["std_error"].mean(), "mean z": groups["z"].mean(), "sd of z": groups["z"].std(),
        "coverage": groups["inside_90"].mean(),
    })  # fmt: skip
    largest, limit = float(table["mean z"].abs().max()), 3.0 / np.sqrt(given.seeds)
    coverage = float(every["inside_90"].mean())
    lines = (
        table.round(3).reset_index().to_string(index=False),
        f"largest mean z {largest:.2f} (limit {limit:.2f}); 90 % intervals of all coefficients cover {coverage:.3f}",
        f"{time.perf_counter() - started:.0f} s",
    )
    print(*lines, sep="\n")  # noqa: T201
    return 0 if largest < limit and 0.87 <= coverage <= 0.93 else 1


if __name__ == "__main__":
    sys.exit(main())
