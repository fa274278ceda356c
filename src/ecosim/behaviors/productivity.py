"""Sales per worker: a trend, what research adds, and a pull toward the sector's mean as good practice spreads."""

from typing import Any, NamedTuple

from ecosim.behaviors.growth import LAST, STEPS_PER_UNIT, variance_gamma
from ecosim.behaviors.scratch import RENEWAL
from ecosim.model.arithmetic import log
from ecosim.model.compiled import inlined, kernel
from ecosim.model.luck import PRODUCTIVITY, uniforms

ROOT_TWO = 1.4142135623730951


class Productivity(NamedTuple):
    """Quarterly change of ln sales per worker."""

    trend: float  # a quarter
    knowledge: float  # elasticity to R&D capital
    imitation: float  # share of the gap to the sector's mean that is closed in a quarter, from either side
    noise: float  # standard deviation of a quarter's own shock, variance-gamma: Laplace over a year, as growth


@inlined
def mean_change(c, one, knowledge_growth, gap):
    """Linear predictor of the change of ln sales per worker."""
    return c.trend * one + c.knowledge * knowledge_growth + c.imitation * gap


@kernel
def act(c: Any, k: Any, firms: Any, survey: Any, demand: float, luck: Any, quarter: Any, work: Any) -> None:
    """Change productivity. R&D pays off with a unit-mean exponential factor; R&D over capital from scratch.

    The pull is toward the mean and from both sides: what leaders know spreads and their lead wears off. A pull up to a
    frontier that the firms make themselves adds to the trend, without end (2 % a year here).
    """
    draw, luckier, common, trend, renewal = work[0], work[1], work[2], work[3], work[RENEWAL]
    for i in range(firms.uid.size):
        draw[i], luckier[i] = uniforms(luck[0], luck[1], firms.uid[i], quarter, PRODUCTIVITY)
    for i in range(firms.uid.size):
        common[i] = survey.mean_productivity[firms.sector[i]]
        trend[i] = demand * survey.high_tech[firms.sector[i]]
    for i in range(firms.uid.size):
        z = -log(1.0 - abs(2.0 * luckier[i] - 1.0)) * STEPS_PER_UNIT
        position = min(int(z), LAST)
        luckier[i] = variance_gamma(luckier[i], position, z - position) * ROOT_TWO  # of unit variance
    log_productivity, log_employees, change = firms.log_productivity, firms.log_employees, firms.productivity_change
    knowledge, payoff, growth = firms.knowledge, work[0], work[4]  # the draws are read for the last time
    for i in range(firms.uid.size):
        payoff[i] = -log(draw[i])
    for i in range(firms.uid.size):
        growth[i] = log(1.0 - k.depreciation + renewal[i] * payoff[i])
    for i in range(firms.uid.size):
        gained = growth[i] if knowledge[i] > 0.0 else 0.0
        absorbs = min(1.0, 0.25 + 0.1 * log_employees[i])
        gap = (common[i] - log_productivity[i]) * absorbs
        change[i] = mean_change(c, 1.0, gained, gap) + c.noise * luckier[i]
        log_productivity[i] += change[i] + trend[i]
