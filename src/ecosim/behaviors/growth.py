"""Growth of employment: variance-gamma quarters, whose sum over a year is exactly Laplace."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ecosim.model.arithmetic import exp, log
from ecosim.model.compiled import inlined, kernel

VARIANCE_GAMMA = np.loadtxt(Path(__file__).with_name("variance_gamma.csv"), skiprows=1)
STEPS_PER_UNIT = 16.0
LAST = VARIANCE_GAMMA.size - 2
LARGEST_MEAN = 0.05
LARGEST_SPREAD = 0.9


class Growth(NamedTuple):
    """Annual growth of employment and its spread by size."""

    mean: float  # a year
    spread: float  # standard deviation of annual log growth at 20 employees
    log_size: float  # elasticity of the spread to size, positive: larger firms vary less
    productivity_change: float  # effect of last quarter's change of ln sales per worker
    productivity_gap: float  # effect of ln sales per worker above the sector's mean


LOG_TWENTY = 2.995732273553991


@inlined
def mean_growth(c, quarter_share, productivity_change, productivity_gap):
    """Expected growth in a quarter, linear predictor (quarter_share is 1/4)."""
    return c.mean * quarter_share + c.productivity_change * productivity_change + c.productivity_gap * productivity_gap


@inlined
def spread(c, log_employees):
    """Scale of the Laplace law of annual growth: its standard deviation over the root of 2, capped."""
    return min(c.spread * exp(-c.log_size * (log_employees - LOG_TWENTY)), LARGEST_SPREAD) * 0.7071067811865476


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

    Source: variance-gamma as jump reading of the Laplace fact, Arata (2019), unverified.
    """
    gap, step = work[0], work[1]
    for i in range(firms.uid.size):
        gap[i] = firms.log_productivity[i] - survey.mean_productivity[firms.sector[i]]
    for i in range(firms.uid.size):
        z = -log(1.0 - abs(2.0 * draw[i] - 1.0)) * STEPS_PER_UNIT
        position = min(int(z), LAST)
        step[i] = variance_gamma(draw[i], position, z - position)
    log_employees, productivity_change = firms.log_employees, firms.productivity_change
    for i in range(firms.uid.size):
        mean = mean_growth(c, 0.25, productivity_change[i], gap[i])
        mean = min(max(mean, -LARGEST_MEAN), LARGEST_MEAN)
        b = spread(c, log_employees[i])
        square = (1.0 + mean) * (1.0 + mean)
        change = 0.25 * log(square * square * (1.0 - b * b)) + b * step[i]  # the mean of e**step is taken out
        log_employees[i] = max(log_employees[i] + change, 0.0)
