"""High-tech certificates as the ladder has them: the cohort of three years ago renews in part, others come first."""

from typing import NamedTuple

import numpy as np

from ecosim.calibration.growth import Growth
from ecosim.calibration.renewal import RENEWAL_PRIOR, VALIDITY
from ecosim.forecast.evaluation.forecaster import Floats

LEAST_FIRST = 0.1  # of the last year's certificates are first ones, as in forecast/start.py
LARGEST_SHIFT = 4.0  # log points, as in forecast/shifts.py


class Certificates(NamedTuple):
    """Paths of one place, (samples, steps)."""

    flow: Floats  # announced in the year, renewals included
    stock: Floats  # of the last three years
    first: Floats  # first certifications in the flow


def forecast(flows: Floats, growth: Growth, place: str, steps: int, renewal: Floats, seed: int) -> Certificates:
    """Certificates after the last of yearly flows (T,) of a place, T >= 1, without gaps; one path per renewal rate.

    F(t) = rho F(t-3) + N(t). N grows from that of the last year by the panel's drift and the shock that all places
    share; the place's own shocks and the noise of its figures act on what is announced. Flows before those known are as
    if growth had been the panel's. renewal: (samples,) rates, the same for all places.
    """
    samples = len(renewal)
    before = flows[0] * np.exp(-growth.pooled_drift * np.arange(VALIDITY, 0, -1))
    known = np.concatenate([before, flows])[-VALIDITY - 1 :]
    level = np.tile(known, (samples, 1))  # the years t-3 ... t
    first = np.maximum(level[:, -1] - renewal * level[:, 0], LEAST_FIRST * level[:, -1])
    trend = growth.drift_paths(place, samples, steps, seed) + growth.common_shocks(samples, steps, seed)
    coming = first[:, None] * np.exp(np.clip(trend, -LARGEST_SHIFT, LARGEST_SHIFT))
    own = growth.local_shocks(place, samples, steps, seed) + growth.measurement(place, samples, steps, seed)
    factor = np.exp(np.clip(own, -LARGEST_SHIFT, LARGEST_SHIFT))
    for step in range(steps):
        level = np.column_stack([level, renewal * level[:, -VALIDITY] + coming[:, step]])
    flow = np.floor(level[:, -steps:] * factor + 0.5)
    whole = np.column_stack([np.tile(known[-VALIDITY + 1 :], (samples, 1)), flow])
    stock = np.sum([whole[:, back : back + steps] for back in range(VALIDITY)], axis=0)
    return Certificates(flow, stock, np.minimum(np.floor(coming * factor + 0.5), flow))


def draw_renewals(samples: int, luck: np.random.Generator) -> Floats:
    """Renewal rates from their prior, (samples,); the counts do not tell the rate (calibration/renewal.py)."""
    return np.asarray(luck.beta(*RENEWAL_PRIOR, samples))
