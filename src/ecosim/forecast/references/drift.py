"""The last value grown by the mean increment."""

import numpy as np

from ecosim.forecast.evaluation.forecaster import Floats
from ecosim.forecast.references.case import Case, need, regress


def drift(case: Case) -> Floats:
    """z(T+h) = z(T) + h m + sum of h normal steps, m and the sd drawn; (samples, steps) in the series' unit.

    At step h this is a t(n-1) of variance h s^2 (1 + h / n).
    """
    steps = case.known.increments()
    need(len(steps), 3, "increments")
    drawn = regress(np.ones((len(steps), 1)), steps, case.samples, case.luck)
    shocks = drawn.sd[:, None] * case.luck.standard_normal((case.samples, case.steps))
    return case.known.scale.back(case.known.scaled[-1] + np.cumsum(drawn.coefficients + shocks, axis=1))
