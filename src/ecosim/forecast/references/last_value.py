"""The last value, with a random walk's width."""

import numpy as np

from ecosim.forecast.evaluation.forecaster import Floats
from ecosim.forecast.references.case import Case, need


def last_value(case: Case) -> Floats:
    """z(T+h) = z(T) + sum of h normal steps of mean zero; (samples, steps) in the series' unit.

    The step's sd is the root mean square of the increments about ZERO, so that steady growth widens it too, drawn from
    its posterior: s^2 = sum d^2 / chi^2(n). At step h this is a t(n) of scale s sqrt(h).
    """
    steps = case.known.increments()
    need(len(steps), 2, "increments")
    sd = np.sqrt(np.sum(steps**2) / case.luck.chisquare(len(steps), case.samples))
    walk = np.cumsum(case.luck.standard_normal((case.samples, case.steps)), axis=1)
    return case.known.scale.back(case.known.scaled[-1] + sd[:, None] * walk)
