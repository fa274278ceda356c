"""A place that knows nobody else's counts of firms: its own growth against a random walk and a drift, on US states.

`python experiments/forecast_race/alone.py` takes each of 34 states alone with the last eight years before an origin, as
a county has them, and prints the mean over states of the weighted interval score of log growth over the random
walk's, geometric mean over origins, and how many later counts the 90 % interval holds. `own growth` is what a county's
forecast of firms, births, deaths and employment takes; `births less deaths` are the firms of the origin with births and
without deaths, each with its own growth.
"""

import sys
from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecosim.calibration.borrow import own_growth
from ecosim.data import us_states
from ecosim.forecast.reference import QUANTILES, both
from ecosim.forecast.scores import wis

Row = tuple[str, str, int, float, bool]  # target, model, years ahead, wis, inside the 90 % interval

TARGETS = ("firms", "births", "deaths", "employment")
HISTORY = 8  # years before the origin
AHEAD = (1, 3, 5)
ORIGINS = range(1987, 2008, 4)
DRAWS = 2_000
LEVELS = np.array(QUANTILES)
LOW, HIGH = QUANTILES.index(0.05), QUANTILES.index(0.95)


def rows_of(counts: pd.DataFrame, place: str, origin: int) -> Iterator[Row]:
    """What each method forecasts for one place from one origin. counts: of this place alone, later ones too."""
    year = counts["time"].astype(int)
    known, name = counts[year.between(origin - HISTORY, origin)], f"{origin}-12"
    values = {target: rows.set_index(year[rows.index])["value"] for target, rows in counts.groupby("target")}
    paths, changes = {}, {}
    for target in TARGETS:
        growth = own_growth(known, target, place, name, max(AHEAD))
        assert growth is not None
        paths[target] = growth.draw(place, DRAWS, max(AHEAD), seed=origin)
        for years in AHEAD:
            changes[target, years] = float(np.log(values[target][origin + years] / values[target][origin]))
            logs = np.quantile(paths[target][:, years - 1], LEVELS)
            yield (target, "own growth", years, *score(changes[target, years], logs))
        for table in both(known, [target], place, name, max(AHEAD)):
            for years in AHEAD:
                quantiles = table.loc[table["time"].astype(int) == origin + years, "value"].to_numpy(float)
                logs = np.log(quantiles / values[target][origin])
                yield (target, str(table["model"].iloc[0]), years, *score(changes[target, years], logs))
    flows = [values[target][origin] * np.exp(paths[target]) for target in ("births", "deaths")]
    firms = np.maximum(values["firms"][origin] + np.cumsum(flows[0] - flows[1], axis=1), 1.0)
    for years in AHEAD:
        logs = np.log(np.quantile(firms[:, years - 1], LEVELS) / values["firms"][origin])
        yield ("firms", "births less deaths", years, *score(changes["firms", years], logs))


def score(change: float, quantiles: NDArray[np.float64]) -> tuple[float, bool]:
    """Weighted interval score and whether the 90 % interval holds a log growth. quantiles: (23,) of it."""
    return float(wis(np.array([change]), quantiles[None], LEVELS)[0]), bool(quantiles[LOW] <= change <= quantiles[HIGH])


def main() -> None:
    """Race all states and print a line for each count and method."""
    counts = us_states.load()
    rows = [
        (place, origin, *row)
        for place, own in counts.groupby("location")
        for origin in ORIGINS
        for row in rows_of(own, str(place), origin)
    ]
    found = pd.DataFrame(rows, columns=["place", "origin", "target", "model", "years", "wis", "inside"])
    sys.stdout.write(f"{found['place'].nunique()} states alone, origins {min(ORIGINS)} to {max(ORIGINS)}\n")
    logs = np.log(found.pivot_table(index=["target", "origin", "years"], columns="model", values="wis"))
    ratio = np.exp(logs.sub(logs["random_walk"], axis=0).groupby(["target", "years"]).mean())
    inside = 100.0 * found.pivot_table(index=["target", "years"], columns="model", values="inside")
    for target in TARGETS:
        for model in ratio.columns[ratio.loc[target].notna().all()]:
            cells = [(years, ratio[model][target, years], inside[model][target, years]) for years in AHEAD]
            told = ", ".join(f"{years} y {value:.2f} ({held:.0f} %)" for years, value, held in cells)
            sys.stdout.write(f"  {target}, {model}: {told}\n")


if __name__ == "__main__":
    main()
