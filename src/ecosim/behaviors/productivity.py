"""Sales per worker: a trend, what research adds, and a pull toward the sector's frontier."""

from typing import Any, NamedTuple

from ecosim.behaviors.scratch import RENEWAL
from ecosim.model.arithmetic import log
from ecosim.model.compiled import inlined, kernel
from ecosim.model.luck import PRODUCTIVITY, uniforms


class Productivity(NamedTuple):
    """Quarterly change of ln sales per worker."""

    trend: float  # a quarter
    knowledge: float  # elasticity to R&D capital
    imitation: float  # share of the gap to the frontier that is closed in a quarter
    noise: float  # standard deviation of a quarter's own shock


@inlined
def mean_change(c, one, knowledge_growth, gap):
    """Linear predictor of the change of ln sales per worker."""
    return c.trend * one + c.knowledge * knowledge_growth + c.imitation * gap


@kernel
def act(c: Any, k: Any, firms: Any, survey: Any, demand: float, luck: Any, quarter: Any, work: Any) -> None:
    """Change productivity. R&D pays off with a unit-mean exponential factor; R&D over capital from scratch."""
    draw, luckier, frontier, trend, renewal = work[0], work[1], work[2], work[3], work[RENEWAL]
    for i in range(firms.uid.size):
        draw[i], luckier[i] = uniforms(luck[0], luck[1], firms.uid[i], quarter, PRODUCTIVITY)
    for i in range(firms.uid.size):
        frontier[i] = survey.frontier[firms.sector[i]]
        trend[i] = demand * survey.high_tech[firms.sector[i]]
    log_productivity, log_employees, change = firms.log_productivity, firms.log_employees, firms.productivity_change
    knowledge = firms.knowledge
    for i in range(firms.uid.size):
        payoff = -log(draw[i])
        growth = log(1.0 - k.depreciation + renewal[i] * payoff) if knowledge[i] > 0.0 else 0.0
        absorbs = min(1.0, 0.25 + 0.1 * log_employees[i])
        gap = max(0.0, frontier[i] - log_productivity[i]) * absorbs
        shock = log(luckier[i] / (1.0 - luckier[i])) * 0.5513288954217921  # logistic of unit variance
        change[i] = mean_change(c, 1.0, growth, gap) + c.noise * shock
        log_productivity[i] += change[i] + trend[i]
