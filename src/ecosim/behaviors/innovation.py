"""Inventions and patents: negative binomial arrivals that rise with knowledge, staff and spillover."""

from typing import Any, NamedTuple

from ecosim.model.arithmetic import exp, log
from ecosim.model.compiled import inlined, kernel
from ecosim.model.luck import GRANTING, INNOVATION, uniforms


class Innovation(NamedTuple):
    """ln of the quarterly arrival rate of patent applications of an R&D performer."""

    level: float
    log_knowledge: float  # elasticity to R&D capital in 10k CNY
    spillover: float  # per log point of the neighbors' knowledge since the origin
    log_staff: float  # elasticity to the share of S&T staff
    invention_share: float  # of applications that are inventions, the rest utility models and designs
    invention_granted: float  # share of invention applications that are granted in the end


SMALLEST_RATE = 1e-6
LARGEST_RATE = 200.0
UTILITY_DELAY = 3.0  # quarters until a utility model is granted, mean
INVENTION_DELAY = 8.0  # quarters until an invention is decided, mean


@inlined
def log_rate(c, one, log_knowledge, spillover, log_staff):
    """Linear predictor of ln(arrival rate)."""
    return c.level * one + c.log_knowledge * log_knowledge + c.spillover * spillover + c.log_staff * log_staff


@kernel
def act(
    c: Any,
    firms: Any,
    survey: Any,
    condition: float,
    luck: Any,
    quarter: Any,
    work: Any,
) -> None:
    """File and be granted patents. NB2 with dispersion 1 is geometric: n = floor(ln u / ln(rate / (1 + rate)))."""
    draw, split, near = work[0], work[1], work[2]
    for i in range(firms.uid.size):
        draw[i], split[i] = uniforms(luck[0], luck[1], firms.uid[i], quarter, INNOVATION)
    for i in range(firms.uid.size):
        near[i] = survey.spillover[firms.sector[i], firms.zone[i]]
    log_employees, staff, knowledge, performs = firms.log_employees, firms.staff, firms.knowledge, firms.performs
    experts = firms.experts  # part-time experts work beside the staff
    filed, inventions = firms.filed, firms.inventions_filed
    for i in range(firms.uid.size):
        share = min(max((staff[i] + experts[i]) * exp(-log_employees[i]), 0.01), 1.0)
        value = log_rate(c, 1.0, log(max(knowledge[i], 1e-3)), near[i], log(10.0 * share))
        rate = min(max(exp(value + condition), SMALLEST_RATE), LARGEST_RATE) * performs[i]
        count = log(draw[i]) / log((rate + 1e-300) / (1.0 + rate))
        draw[i] = float(int(count))
    for i in range(firms.uid.size):
        filed[i] = int(draw[i])
        inventions[i] = int(draw[i] * c.invention_share + split[i])
    for i in range(firms.uid.size):
        draw[i], split[i] = uniforms(luck[0], luck[1], firms.uid[i], quarter, GRANTING)
    for i in range(firms.uid.size):
        utility = int(firms.pending[i] / UTILITY_DELAY + draw[i])
        decided = int(firms.inventions_pending[i] / INVENTION_DELAY + split[i])
        granted = int(decided * c.invention_granted + draw[i])
        firms.pending[i] += filed[i] - inventions[i] - utility
        firms.inventions_pending[i] += inventions[i] - decided
        firms.granted[i] = utility + granted
        firms.inventions_granted[i] = granted
        firms.patents[i] += utility + granted
