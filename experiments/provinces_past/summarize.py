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
INTERVAL = (0.05, 0.5, 0.95)


def held(cell: pd.DataFrame, truth: float) -> tuple[bool, float, float]:
    """Whether a count lies in the 90 % interval of its quantiles, wis over the count, log of the median over it."""
    cell = cell.sort_values("quantile")
    levels, values = cell["quantile"].to_numpy(), cell["value"].to_numpy()
    low, middle, high = (values[np.isclose(levels, level)][0] for level in INTERVAL)
    wis = scoring.wis(np.array([truth]), values[None, :], levels)[0]
    return bool(low <= truth <= high), wis / truth, float(np.log(middle / truth))


def cells(folder: Path) -> pd.DataFrame:
    """A row for each place, model, target and year: whether in the 90 % interval, wis over the count, log error."""
    rows = []
    for place in sorted(folder.glob("places/*")):
        forecast, reference, later = (
            pd.read_csv(place / f"{name}.csv") for name in ("forecast", "references", "later")
        )
        counted = later.assign(time=later["time"].astype(str)).set_index(["target", "time"])["value"]
        told = pd.concat([forecast.assign(model="ecosim"), reference])
        told["time"] = told["time"].astype(int)
        for (model, target, time), cell in told.groupby(["model", "target", "time"]):
            truth = counted.get((target, str(time)))
            if truth is None or not truth > 0:
                continue
            rows.append((place.name, model, target, time, *held(cell, truth)))
    return pd.DataFrame(rows, columns=["place", "model", "target", "year", "inside", "wis", "error"])


def against_drift(every: pd.DataFrame, own: pd.DataFrame) -> float:
    """Mean wis of the places over that of the drift in the same years, geometric mean of years; nan without a drift."""
    drift = every[every["model"] == "drift"].groupby(["origin", "target", "year"])["wis"].mean()
    ratios = own.groupby(["origin", "target", "year"])["wis"].mean() / drift
    return float(np.exp(np.log(ratios.dropna()).mean()))


def told(every: pd.DataFrame, by: list[str]) -> Iterator[str]:
    """Rows of a table, and one of all."""
    own = every[every["model"] == "ecosim"]
    for key, mine in own.groupby(by):
        ratio = against_drift(every, mine)
        cell = " | ".join(f"`{part}`" if isinstance(part, str) else str(part) for part in key)
        yield (
            f"| {cell} | {mine['inside'].sum()} of {len(mine)} | {'' if np.isnan(ratio) else f'{ratio:.2f}'} | "
            f"{np.exp(mine['error'].median()):.2f} |"
        )
    inside = f"{own['inside'].sum()} of {len(own)}, {100 * own['inside'].mean():.0f} %"
    yield f"| all |{' |' * (len(by) - 1)} {inside} | | |\n"


def lines(folders: Sequence[Path]) -> Iterator[str]:
    """A table of each forecast by target and year, and one of all together by target."""
    head = "in the 90 % interval | WIS over the drift's | median over the count |"
    tables = []
    for folder in folders:
        origin = pd.read_csv(folder / "forecast.csv")["origin"].iloc[0]
        tables.append(cells(folder).assign(origin=origin))
        yield f"Origin {origin}:\n\n| count | year | {head}\n|---|---|---|---|---|"
        yield from told(tables[-1], ["target", "year"])
    yield f"All years and origins together:\n\n| count | {head}\n|---|---|---|---|"
    yield from told(pd.concat(tables), ["target"])


def tell(text: str, name: str, write: bool) -> None:
    """Print a table, or write it between the marks of its name in this folder's README."""
    if not write:
        sys.stdout.write(text)
        return
    marks = re.compile(rf"(?<=<!-- {name}: begin -->\n).*?(?=<!-- {name}: end -->)", re.DOTALL)
    README.write_text(marks.sub(lambda _: text, README.read_text(encoding="utf-8")), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables, or write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args(arguments)
    text = "\n".join(lines(options.folders)) + "\n"
    tell(text, "figures", options.write)
    return 0


if __name__ == "__main__":
    sys.exit(main())
