"""How often intervals of growth from earlier origins held what then happened."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ecosim.calibration.growth import fit_growth
from ecosim.calibration.increments import BREAKS, log_levels
from ecosim.data.panel import CountsError

LEVEL = 0.90


def growth_coverage(
    counts: pd.DataFrame,
    target: str,
    locations: Iterable[str],
    origins: Iterable[int],
    horizon: int = 3,
    members: int = 400,
    seed: int = 1,
) -> pd.DataFrame:
    """Share of places whose growth fell into the central 90 % interval drawn at each origin (a year's end).

    Returns `horizon, coverage, origins, lowest, highest`: mean over origins, how many there are, and the range over
    origins, which are the unit that counts, because a common shock moves all places at once. Years without figures
    and growth across a declared break are left out. Raises CountsError where no origin has a later figure.
    """
    places = tuple(locations)
    levels = log_levels(counts, target, places, 9999)
    shares: dict[int, list[float]] = {step: [] for step in range(1, horizon + 1)}
    for year in origins:
        if year not in levels.index or levels.loc[year].isna().all():
            continue
        growth = fit_growth(counts, target, f"{year}-12", places, horizon)
        paths = np.stack([growth.draw(place, members, horizon, seed) for place in places])
        lower, upper = np.quantile(paths, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=1)
        for step, found in shares.items():
            broken = any(year < each <= year + step for each in BREAKS.get(target, ()))
            if year + step not in levels.index or broken:
                continue
            change = levels.loc[year + step, list(places)].to_numpy(float) - levels.loc[year, list(places)].to_numpy(
                float
            )
            known = np.isfinite(change)
            if known.any():
                inside = (lower[:, step - 1] <= change) & (change <= upper[:, step - 1])
                found.append(float(inside[known].mean()))
    rows = [(step, np.mean(found), len(found), min(found), max(found)) for step, found in shares.items() if found]
    if not rows:
        raise CountsError(f"{target}: no origin has a later figure to compare with; choose earlier origins")
    return pd.DataFrame(rows, columns=["horizon", "coverage", "origins", "lowest", "highest"])
