"""How much of a trend to keep: ways to choose damping, held against later counts of provinces and US states.

`python experiments/forecast_race/damping.py` prints, for the growth of docs/calibration.md with each way, the weighted
interval score of log growth over that of the way with the least loss at earlier origins: geometric mean over targets
and origins, mean over places within. Years ahead that no earlier origin judges are damped alike.
"""

import sys
from collections.abc import Callable, Iterator
from unittest.mock import patch

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from ecosim.calibration import hindsight
from ecosim.calibration.hindsight import DAMPINGS, LEVELS, averaged_damping, look_back, predictive
from ecosim.calibration.increments import BREAKS, log_levels, moments, usable_increments
from ecosim.data import china, us_states
from ecosim.data.panel import CountsError
from ecosim.forecast.scores import wis

Way = Callable[[NDArray[np.float64], int], float]

PROVINCES = (
    "hightech_firms", "hnte_certifications", "inventions_applied", "inventions_granted", "patents_applied",
    "patents_granted", "rd_expenditure", "rd_personnel", "rd_researchers", "rd_firm_funded", "fiscal_science_spending",
)  # fmt: skip
STATES = ("firms", "births", "deaths", "employment")
HORIZON = 5
EARLY = 2017  # the last origin that the way was chosen on
FIRST_WAY = "least loss"
WAYS: dict[str, Way] = {
    FIRST_WAY: lambda losses, _: float(DAMPINGS[np.argmin(losses)]),
    "averaged by prior and loss": averaged_damping,
    "half": lambda _, __: 0.5,
    "three quarters": lambda _, __: 0.75,
    "all": lambda _, __: 1.0,
}


def scores(levels: pd.DataFrame, target: str, origin: int, way: Way) -> Iterator[tuple[int, float]]:
    """Years ahead and mean WIS over places, from an origin. levels: log levels, years x places, the later ones too."""
    known = moments(levels.loc[:origin], target)
    with patch.object(hindsight, "averaged_damping", way):
        past = look_back(levels.loc[:origin], target, HORIZON)
    for step in range(1, HORIZON + 1):
        year, places = origin + step, list(known.locations)
        if year not in levels.index or any(origin < broken <= year for broken in BREAKS.get(target, ())):
            continue
        change = (levels.loc[year, places] - levels.loc[origin, places]).to_numpy(float)
        center, sd, freedom = predictive(known, step, float(past.damping[step - 1]))
        unit = stats.t.ppf(LEVELS, freedom) * np.sqrt((freedom - 2.0) / freedom)
        quantiles = center[:, None] + (past.scale[step - 1] * sd)[:, None] * unit
        seen = np.isfinite(change)
        if seen.any():
            yield step, float(np.mean(wis(change[seen], quantiles[seen], LEVELS)))


def race(counts: pd.DataFrame, targets: tuple[str, ...], origins: range) -> pd.DataFrame:
    """Rows way, target, origin, step, wis."""
    rows = []
    for target in targets:
        levels = log_levels(counts, target, None, int(counts["time"].str[:4].astype(int).max()))
        for origin in origins:
            try:
                if len(usable_increments(levels.loc[:origin], target)) < hindsight.LEAST_INCREMENTS:
                    continue
            except CountsError:
                continue
            for name, way in WAYS.items():
                rows += [(name, target, origin, *found) for found in scores(levels, target, origin, way)]
    return pd.DataFrame(rows, columns=["way", "target", "origin", "step", "wis"])


def tell(name: str, found: pd.DataFrame) -> None:
    """Print a line for each way."""
    table = np.log(found.pivot_table(index=["target", "origin", "step"], columns="way", values="wis"))
    ratio = table.sub(table[FIRST_WAY], axis=0)
    origins, steps = (ratio.index.get_level_values(level) for level in ("origin", "step"))
    sys.stdout.write(f"{name}: origins {origins.min()} to {origins.max()}\n")
    for way in WAYS:
        by_step = np.exp(ratio[way].groupby(steps).mean())
        parts = [f"{step} y {value:.3f}" for step, value in by_step.items()]
        halves = ((f"to {EARLY}", origins <= EARLY), ("later", origins > EARLY), ("all", origins > 0))
        parts += [f"{what} {np.exp(ratio.loc[mask, way].mean()):.3f}" for what, mask in halves if mask.any()]
        sys.stdout.write(f"  {way}: {', '.join(parts)}\n")


def main() -> None:
    """Race the ways on both panels."""
    tell("31 provinces, 11 counts", race(china.load(), PROVINCES, range(2012, 2022)))
    tell("34 US states, 4 counts", race(us_states.load(), STATES, range(1986, 2012, 2)))


if __name__ == "__main__":
    main()
