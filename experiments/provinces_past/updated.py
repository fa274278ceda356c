"""Forecasts of 31 provinces after a new year's counts: as they were, updated, and made anew from the later origin.

Run as `python experiments/provinces_past/updated.py FOLDER LATER` on folders of `+scenario=provinces_2022` from two
origins a year apart; `--write` renews the figures in this folder's README. The members of the first meet the counts of
the year in between, once as `study=update` does it and once by a particle step, which weighs and draws them again.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from summarize import held, tell

from ecosim.calibration.simulation import reweigh
from ecosim.forecast import assimilation

DISPERSION = 0.0025  # as configs/study/update.yaml
SCENARIO, SEED = "provinces_2022", 2017


def forecasts(first: Path, later: Path, origin: str) -> Iterator[tuple[str, pd.DataFrame]]:
    """Quantiles of one place after the year of the new origin, by how they were made. first, later: its folders."""
    members = pd.read_parquet(first / "members.parquet").astype({"time": str})
    members = members[(members["frequency"] == "year") & (members["scenario"] == SCENARIO)]
    counts = pd.read_csv(first / "later.csv", dtype={"time": str}).dropna(subset="value")
    known = pd.concat([pd.read_csv(first / "observed.csv", dtype={"time": str}), counts])
    year = int(origin[:4])
    evidence = assimilation.gather(members, known, year, DISPERSION)
    after = members[members["time"].astype(int) > year].reset_index(drop=True)
    yield "not updated", assimilation.quantile_table(after, origin)
    found = assimilation.assimilate(evidence, SEED)
    yield "updated", assimilation.quantile_table(assimilation.moved_members(after, found, origin), origin)
    gaps = np.array([assimilation.to_log(row.target, np.array([row.observed])) - assimilation.to_log(
        row.target, row.values) for row in found.used])  # fmt: skip
    step = reweigh(-0.5 * (np.square(gaps) / found.noise[:, None]).sum(axis=0), SEED)
    drawn = pd.DataFrame({"member": step.ancestors}).merge(after, on="member")
    yield "particle step", assimilation.quantile_table(drawn, origin)
    yield "made anew", pd.read_csv(later / "forecast.csv", dtype={"time": str})


def scored(first: Path, later: Path) -> pd.DataFrame:
    """A row for each place, way, target and year: whether in the 90 % interval, wis over the count."""
    origin = str(pd.read_csv(later / "forecast.csv")["origin"].iloc[0])
    rows = []
    for place in sorted(first.glob("places/*")):
        counted = pd.read_csv(place / "later.csv", dtype={"time": str}).set_index(["target", "time"])["value"]
        for way, table in forecasts(place, later / "places" / place.name, origin):
            for (target, time), cell in table.groupby(["target", "time"]):
                truth = counted.get((target, time))
                if truth is None or not truth > 0:
                    continue
                rows.append((place.name, way, target, time, *held(cell, truth)[:2]))
    return pd.DataFrame(rows, columns=["place", "way", "target", "year", "inside", "wis"])


def lines(every: pd.DataFrame) -> Iterator[str]:
    """A table by way: share in the 90 % interval, and wis over that of the forecast that was not updated."""
    means = every.groupby(["way", "target", "year"])["wis"].mean()
    years = sorted(every["year"].unique())
    yield "| forecast | in the 90 % interval | " + " | ".join(f"WIS, {year}" for year in years) + " |"
    yield "|---" * (len(years) + 2) + "|"
    for way in every["way"].unique():
        ratio = np.log(means[way] / means["not updated"]).groupby("year").mean()
        inside = every.loc[every["way"] == way, "inside"]
        cells = " | ".join(f"{np.exp(ratio[year]):.2f}" for year in years)
        yield f"| {way} | {inside.sum()} of {len(inside)}, {inside.mean():.0%} | {cells} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table, or write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", type=Path)
    parser.add_argument("later", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args(arguments)
    text = "\n".join(lines(scored(options.first, options.later))) + "\n"
    tell(text, "updated", options.write)
    return 0


if __name__ == "__main__":
    sys.exit(main())
