"""Closing: a hazard by age, size, productivity, certificate, credit and shelter, and the pressure of clean-ups."""

from typing import Any, NamedTuple

import numpy as np

from ecosim.model.arithmetic import exp, largest
from ecosim.model.compiled import inlined, kernel
from ecosim.model.listing import rows_with
from ecosim.model.systems import LOW, SMALL


class Exit(NamedTuple):
    """Quarterly closing hazard, complementary log-log; intercepts by year of age.

    Age steps: published register hazards (1.6, 6.3, 9.5, then at least 8 % a year until the seventh year).
    """

    first_year: float
    second_year: float
    third_year: float
    young: float  # fourth to seventh year
    mature: float  # from the eighth year on
    log_size: float  # per ln(employees / 10), bounded at two log points
    productivity: float  # per log point above the sector's mean, bounded at one
    certified: float  # 1 if the firm holds a certificate
    constrained: float  # 1 if credit was refused
    incubated: float  # 1 while in an incubator


SIZE_BOUND = 2.0
PRODUCTIVITY_BOUND = 1.0
LOG_TEN = 2.302585092994046


@inlined
def log_hazard(c, first, second, third, young, mature, size, productivity, certified, constrained, incubated):
    """Linear predictor; scalars in the kernel, (n,) arrays in calibration."""
    return (
        c.first_year * first
        + c.second_year * second
        + c.third_year * third
        + c.young * young
        + c.mature * mature
        + c.log_size * size
        + c.productivity * productivity
        + c.certified * certified
        + c.constrained * constrained
        + c.incubated * incubated
    )


@kernel
def largest_chance(c: Any, clean_up: Any) -> float:
    """No firm closes with a higher chance. clean_up: (kinds,) pressure, not negative."""
    log_rate = max(c.first_year, c.second_year, c.third_year, c.young, c.mature) + largest(clean_up)
    log_rate += abs(c.log_size) * SIZE_BOUND + abs(c.productivity) * PRODUCTIVITY_BOUND
    log_rate += max(c.certified, 0.0) + max(c.constrained, 0.0) + max(c.incubated, 0.0)
    return min(exp(log_rate), 1.0)


@kernel
def act(c: Any, firms: Any, terms: Any, survey: Any, draw: Any, work: Any) -> None:
    """Mark the firms that close in this quarter. draw: uniforms, (block,); work: (n, block) scratch.

    Only the few whose draw lies below the largest chance ask for their own.
    """
    largest, listed, marks = largest_chance(c, terms.clean_up), work[0].view(np.int64), work[1].view(np.int8)
    for i in range(firms.uid.size):
        marks[i] = draw[i] < largest
    size = rows_with(np.int8(1), marks[: firms.uid.size], listed)
    age, log_employees, log_productivity = firms.age, firms.log_employees, firms.log_productivity
    certificate, constrained, incubated, closing = firms.certificate, firms.constrained, firms.incubated, firms.closing
    years, employees, relative, certified = work[1], work[2], work[3], work[4]
    refused, housed, pressure, chance = work[5], work[6], work[7], work[8]
    for k in range(size):
        i = listed[k]
        mean = survey.mean_productivity[firms.sector[i]]
        low = (log_employees[i] < SMALL) & (log_productivity[i] < mean - LOW)
        sheltered = terms.incubation[firms.kind[i]] if incubated[i] > 0 else 0.0
        pressure[k] = (terms.clean_up[firms.kind[i]] if low else 0.0) - sheltered
        years[k], employees[k], relative[k] = age[i], log_employees[i] - LOG_TEN, log_productivity[i] - mean
        certified[k], refused[k] = 1.0 if certificate[i] > 0 else 0.0, constrained[i]
        housed[k] = 1.0 if incubated[i] > 0 else 0.0
    for k in range(size):
        hazard = log_hazard(
            c,
            1.0 if years[k] < 4 else 0.0,
            1.0 if (years[k] >= 4) & (years[k] < 8) else 0.0,
            1.0 if (years[k] >= 8) & (years[k] < 12) else 0.0,
            1.0 if (years[k] >= 12) & (years[k] < 28) else 0.0,
            1.0 if years[k] >= 28 else 0.0,
            min(max(employees[k], -SIZE_BOUND), SIZE_BOUND),
            min(max(relative[k], -PRODUCTIVITY_BOUND), PRODUCTIVITY_BOUND),
            certified[k],
            refused[k],
            housed[k],
        )
        chance[k] = 1.0 - exp(-exp(hazard + pressure[k]))
    closing[:] = 0
    for k in range(size):
        closing[listed[k]] = draw[listed[k]] < chance[k]
