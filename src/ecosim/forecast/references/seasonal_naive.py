"""The value of the same season a cycle ago."""

import numpy as np

from ecosim.forecast.evaluation.forecaster import Floats, NoForecast
from ecosim.forecast.references.case import Case, need


def seasonal_naive(case: Case) -> Floats:
    """z(T+h) = z(T+h-m) + normal step of mean zero, m the season's length; (samples, steps) in the series' unit.

    The step's sd is the root mean square of differences over a cycle about zero, drawn as for last_value; later cycles
    build on the paths of earlier ones.
    """
    season = case.known.season
    if season < 2:
        raise NoForecast("the data have no season")
    steps = case.known.increments(season)
    need(len(steps), 3, "differences over a season")
    sd = np.sqrt(np.sum(steps**2) / case.luck.chisquare(len(steps), case.samples))
    path = np.empty((case.samples, season + case.steps))
    path[:, :season] = case.known.filled[-season:]
    for step in range(case.steps):
        path[:, season + step] = path[:, step] + sd * case.luck.standard_normal(case.samples)
    return case.known.scale.back(path[:, season:])
