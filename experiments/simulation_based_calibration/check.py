"""Simulation-based calibration of a small county: ranks, coverage and contraction; prints the table of the README."""

import argparse
import logging
import sys
import time
from pathlib import Path

from ecosim.calibration.simulation import Kept, key_of, rank_test
from ecosim.calibration.simulation.kept import digest
from ecosim.door.progress import Stages
from ecosim.forecast.posterior.county import fill_bank, make_county


def main() -> int:
    """Fill the bank, rank the truths, print; 1 where a claim of the README does not hold."""
    options = read()
    for name in ("mesa", "MESA"):
        logging.getLogger(name).setLevel(logging.WARNING)
    started = time.perf_counter()
    settings = {"firms": options.firms, "years": options.years, "seed": options.seed}
    with Stages() as stages:
        county = make_county(options.firms, options.years, options.seed)
        key = key_of(settings, "made-up county")
        kept = Kept(Path("outputs") / "banks" / digest(key), key)
        total = options.bank + options.data_sets
        z, moments = fill_bank(county, total, options.workers, kept, lambda done, of: stages("bank", done, of))
    nearest = int(options.share * options.bank)
    table = rank_test(county.prior.names, z, moments, options.data_sets, nearest, options.seed).table
    print(table.round(3).to_string(index=False))  # noqa: T201
    coverage = table["coverage_90"].mean()
    narrower = int((table["contraction"] >= 0.2).sum())
    lines = (
        f"smallest p-value after correction {table['p_adjusted'].min():.3f}; 90 % intervals cover {coverage:.3f}",
        f"{narrower} of {len(table)} parameters at least 20 % narrower; {time.perf_counter() - started:.0f} s",
    )
    print(*lines, sep="\n")  # noqa: T201
    return 0 if table["p_adjusted"].min() >= 0.01 and 0.83 <= coverage <= 0.96 and narrower >= 4 else 1


def read() -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bank", type=int, default=3000, help="prior draws that posteriors are made from")
    parser.add_argument("--data-sets", type=int, default=100)
    parser.add_argument("--firms", type=int, default=300)
    parser.add_argument("--years", type=int, default=5)
    parser.add_argument("--share", type=float, default=0.2, help="of the bank that is nearest to a data set")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
