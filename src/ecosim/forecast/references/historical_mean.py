"""The mean of all that was known."""

import numpy as np

from ecosim.forecast.evaluation.forecaster import Floats
from ecosim.forecast.references.case import Case, need, regress


def historical_mean(case: Case) -> Floats:
    """z(T+h) = mean + noise, both drawn, on the series' scale (of counts: a geometric mean); (samples, steps).

    A t(n-1) of variance s^2 (1 + 1 / n) at every step. What successive values have in common is left out on purpose.
    """
    values = case.known.scaled[np.isfinite(case.known.scaled)]
    need(len(values), 3)
    drawn = regress(np.ones((len(values), 1)), values, case.samples, case.luck)
    noise = drawn.sd[:, None] * case.luck.standard_normal((case.samples, case.steps))
    return case.known.scale.back(drawn.coefficients + noise)
