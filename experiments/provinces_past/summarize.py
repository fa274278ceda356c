"""How much of what 31 provinces counted later lies in the intervals of a forecast from a past origin.

Run as `python experiments/provinces_past/summarize.py FOLDER [FOLDER ...]` on folders of `+scenario=provinces_2022` of
past origins; `--write` renews the figures in this folder's README. The weighted interval score of a place is taken over
its count, and the mean of places over that of the drift.
"""

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ecosim.forecast import scores as scoring

README = Path(__file__).parent / "README.md"
MARKS = re.compile(r"(?<=<!-- figures: begin -->\n).*?(?=<!-- figures: end -->)", re.DOTALL)
INTERVAL = (0.05, 0.5, 0.95)


def cells(folder: Path) -> pd.DataFrame:
    """A row for each place, model, target and year: whether in the 90 % interval, wis over the count, log error."""
    rows = []
    for place in sorted(folder.glob("places/*")):
        forecast, reference, later = (
            pd.read_csv(place / f"{name}.csv") for name in ("forecast", "references", "later")
        )
        counted = later.set_index(["target", "time"])["value"]
        told = pd.concat([forecast.assign(model="ecosim"), reference])
        told["time"] = told["time"].astype(int)
        for (model, target, time), cell in told.groupby(["model", "target", "time"]):
            truth = counted.get((target, time))
            if truth is None or not truth > 0:
                continue
            cell = cell.sort_values("quantile")
            levels, values = cell["quantile"].to_numpy(), cell["value"].to_numpy()
            low, middle, high = (values[np.isclose(levels, level)][0] for level in INTERVAL)
            wis = scoring.wis(np.array([truth]), values[None, :], levels)[0]
            rows.append((place.name, model, target, time, low <= truth <= high, wis / truth, np.log(middle / truth)))
    return pd.DataFrame(rows, columns=["place", "model", "target", "year", "inside", "wis", "error"])


def lines(folder: Path) -> Iterator[str]:
    """A table of one forecast: by target and year, and of all."""
    every = cells(folder)
    origin = pd.read_csv(folder / "forecast.csv")["origin"].iloc[0]
    yield f"Origin {origin}:\n\n| count | year | in the 90 % interval | WIS over the drift's | median over the count |"
    yield "|---|---|---|---|---|"
    own = every[every["model"] == "ecosim"]
    for (target, year), mine in own.groupby(["target", "year"]):
        drift = every[(every["model"] == "drift") & (every["target"] == target) & (every["year"] == year)]
        ratio = f"{mine['wis'].mean() / drift['wis'].mean():.2f}" if len(drift) else ""
        inside = f"{mine['inside'].sum()} of {len(mine)}"
        yield f"| `{target}` | {year} | {inside} | {ratio} | {np.exp(mine['error'].median()):.2f} |"
    yield f"| all | | {own['inside'].sum()} of {len(own)}, {100 * own['inside'].mean():.0f} % | | |\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables, or write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args(arguments)
    text = "\n".join(line for folder in options.folders for line in lines(folder)) + "\n"
    if options.write:
        README.write_text(MARKS.sub(lambda _: text, README.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
