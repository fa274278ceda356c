"""How grants of patents follow applications in 31 provinces: how long they depart from them, and three forecasts.

`python experiments/forecast_race/grants.py` prints, for all patents and for inventions, the share of ln(grants /
applications) beyond a place's mean that is left after a year (least squares, biased down), and the mean absolute log
error of grants one to three years ahead when they go on with their own drift, with that of applications (of four
years, shrunk half way to the median of the places), or with that while their ratio returns to its mean so far.
"""

import sys

import numpy as np
import pandas as pd

from ecosim.data import china
from ecosim.data.panel import wide
from ecosim.forecast.observation import GRANTS_KEPT
from ecosim.forecast.shifts import GRANTED_OF

SPAN, HORIZONS, FIRST = 4, (1, 2, 3), 2015


def kept(ratio: pd.DataFrame) -> float:
    """Slope of this year's distance from a place's mean on last year's; (years, places)."""
    away = ratio - ratio.mean()
    now, before = away.iloc[1:].to_numpy().ravel(), away.iloc[:-1].to_numpy().ravel()
    both = np.isfinite(now) & np.isfinite(before)
    return float(now[both] @ before[both] / (before[both] @ before[both]))


def drift(counts: pd.DataFrame, origin: int) -> pd.Series:
    """Yearly log growth of the last years, shrunk half way to the median."""
    own = (counts.loc[origin] - counts.loc[origin - SPAN]) / SPAN
    return 0.5 * own + 0.5 * own.median()


def errors(counts: pd.DataFrame, leader: pd.DataFrame, *, returns: bool = False) -> list[float]:
    """Mean absolute log error by horizon when counts go on from each origin with the drift of a leader.

    returns: whether what they are beyond their mean distance from the leader so far is given up meanwhile.
    """
    found = []
    for ahead in HORIZONS:
        missed = []
        for t in range(FIRST, int(counts.index[-1]) - ahead + 1):
            beyond = (counts.loc[t] - leader.loc[t]) - (counts - leader).loc[:t].mean()
            given_up = (1.0 - GRANTS_KEPT**ahead) * beyond if returns else 0.0
            missed.append((counts.loc[t] + ahead * drift(leader, t) - given_up - counts.loc[t + ahead]).abs().mean())
        found.append(float(np.mean(missed)))
    return found


def main() -> None:
    """Print a line for each pair of counts."""
    table = china.load()
    places = list(china.provinces())
    for granted, applied in GRANTED_OF.items():
        both = [np.log(wide(table, name)[places].loc[2010:2022]) for name in (granted, applied)]
        ways = {
            "own drift": errors(both[0], both[0]),
            f"drift of {applied}": errors(*both),
            "and a ratio that returns": errors(*both, returns=True),
        }
        told = "; ".join(f"{way} {', '.join(f'{value:.3f}' for value in found)}" for way, found in ways.items())
        sys.stdout.write(f"{granted}, {len(places)} provinces: {kept(both[0] - both[1]):.2f} kept; {told}\n")


if __name__ == "__main__":
    main()
