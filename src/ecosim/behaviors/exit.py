"""Closing: a hazard by age, size, productivity, certificate, credit and shelter, and the pressure of clean-ups."""

from typing import Any, NamedTuple

from ecosim.model.arithmetic import exp
from ecosim.model.compiled import inlined, kernel
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
def act(c: Any, firms: Any, terms: Any, survey: Any, draw: Any, work: Any) -> None:
    """Mark the firms that close in this quarter. draw: uniforms, (block,); work: (n, block) scratch."""
    mean, pressure = work[0], work[1]
    age, log_employees, log_productivity = firms.age, firms.log_employees, firms.log_productivity
    certificate, constrained, closing = firms.certificate, firms.constrained, firms.closing
    for i in range(firms.uid.size):
        mean[i] = survey.mean_productivity[firms.sector[i]]
    incubated = firms.incubated
    for i in range(incubated.size):
        pushed, sheltered = terms.clean_up[firms.kind[i]], terms.incubation[firms.kind[i]]  # by all, to vectorize
        low = (log_employees[i] < SMALL) & (log_productivity[i] < mean[i] - LOW)
        pressure[i] = (pushed if low else 0.0) - (sheltered if incubated[i] > 0 else 0.0)
    for i in range(firms.uid.size):
        size = min(max(log_employees[i] - LOG_TEN, -SIZE_BOUND), SIZE_BOUND)
        relative = min(max(log_productivity[i] - mean[i], -PRODUCTIVITY_BOUND), PRODUCTIVITY_BOUND)
        years = age[i]
        hazard = log_hazard(
            c,
            1.0 if years < 4 else 0.0,
            1.0 if (years >= 4) & (years < 8) else 0.0,
            1.0 if (years >= 8) & (years < 12) else 0.0,
            1.0 if (years >= 12) & (years < 28) else 0.0,
            1.0 if years >= 28 else 0.0,
            size,
            relative,
            1.0 if certificate[i] > 0 else 0.0,
            1.0 * constrained[i],
            1.0 if incubated[i] > 0 else 0.0,
        )
        rate = exp(hazard + pressure[i])
        closing[i] = 1 if draw[i] < 1.0 - exp(-rate) else 0
