"""Growth of employment: variance-gamma quarters, whose sum over a year is exactly Laplace."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ecosim.model.arithmetic import exp, log
from ecosim.model.compiled import inlined, kernel

VARIANCE_GAMMA = np.loadtxt(Path(__file__).with_name("variance_gamma.csv"), skiprows=1)
STEPS_PER_UNIT = 16.0
LAST = VARIANCE_GAMMA.size - 2
LARGEST_MEAN = 0.5  # a quarter, either way
LARGEST_SPREAD = 0.9
LARGEST_GAP = 1.0


class Growth(NamedTuple):
    """Annual growth of employment and its spread by size."""

    mean: float  # a year
    spread: float  # standard deviation of annual log growth at 20 employees
    log_size: float  # elasticity of the spread to size, positive: larger firms vary less
    productivity_change: float  # per log point of last quarter's ln sales per worker gained on the sector, 20 employees
    productivity_gap: float  # effect of ln sales per worker above the sector's mean, bounded at one log point


LOG_TWENTY = 2.995732273553991


@inlined
def mean_growth(c, quarter_share, productivity_change, productivity_gap):
    """Expected growth in a quarter, linear predictor (quarter_share is 1/4)."""
    return c.mean * quarter_share + c.productivity_change * productivity_change + c.productivity_gap * productivity_gap


@inlined
def steadiness(c, log_employees):
    """How much a firm of a size varies relative to one of 20 employees."""
    return exp(-c.log_size * (log_employees - LOG_TWENTY))


@inlined
def spread(c, relative):
    """Scale of the Laplace law of annual growth: its standard deviation over the root of 2, capped."""
    return min(c.spread * relative, LARGEST_SPREAD) * 0.7071067811865476


@inlined
def variance_gamma(u, position, fraction):
    """Quantile of Gamma(1/4) - Gamma(1/4) at a uniform u, by a table in -ln of the two-sided tail.

    The table holds x (1 + z) / z**2 at z = k/16 (made by numerical integration of the Bessel density; a test holds it
    to that integral); relative error below 1e-3 between nodes.
    """
    z = -log(1.0 - abs(2.0 * u - 1.0))
    ratio = VARIANCE_GAMMA[position] * (1.0 - fraction) + VARIANCE_GAMMA[position + 1] * fraction
    size = ratio * z * z / (1.0 + z)
    return size if u > 0.5 else -size


@kernel
def act(c: Any, firms: Any, survey: Any, draw: Any, work: Any) -> None:
    """Change employment. draw: uniforms, (block,).

    What a firm has gained on its sector in productivity moves it as its own luck does: less the larger it is, so that
    the share of its growth which productivity explains is the same at any size.
    Source: variance-gamma as jump reading of the Laplace fact, Arata (2019), unverified.
    """
    gap, step, gained = work[0], work[1], work[2]
    for i in range(firms.uid.size):
        ahead = firms.log_productivity[i] - survey.mean_productivity[firms.sector[i]]
        gap[i] = min(max(ahead, -LARGEST_GAP), LARGEST_GAP)
        gained[i] = firms.productivity_change[i] - survey.mean_change[firms.sector[i]]
    for i in range(firms.uid.size):
        z = -log(1.0 - abs(2.0 * draw[i] - 1.0)) * STEPS_PER_UNIT
        position = min(int(z), LAST)
        step[i] = variance_gamma(draw[i], position, z - position)
    log_employees, relative, expected = firms.log_employees, work[3], work[4]
    for i in range(firms.uid.size):
        relative[i] = steadiness(c, log_employees[i])
    for i in range(firms.uid.size):
        mean = mean_growth(c, 0.25, gained[i] * relative[i], gap[i])
        mean = min(max(mean, -LARGEST_MEAN), LARGEST_MEAN)
        b = spread(c, relative[i])
        square = (1.0 + mean) * (1.0 + mean)
        expected[i] = square * square * (1.0 - b * b)  # the mean of e**step is taken out
        step[i] = b * step[i]
    for i in range(firms.uid.size):
        change = 0.25 * log(expected[i]) + step[i]
        log_employees[i] = max(log_employees[i] + change, 0.0)
