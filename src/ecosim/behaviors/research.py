"""R&D: who performs it and how much, given the after-tax price that policies leave."""

from typing import Any, NamedTuple

import numpy as np

from ecosim.behaviors.scratch import PLAN, RATIO
from ecosim.model.arithmetic import exp, log, log_below
from ecosim.model.compiled import inlined, kernel
from ecosim.model.firms import RESEARCH
from ecosim.model.listing import rows_with
from ecosim.model.region import FOREIGN_FROM
from ecosim.model.taxes import rate_of


class Participation(NamedTuple):
    """Quarterly hazards of starting and stopping R&D, complementary log-log."""

    start: float
    start_aware: float  # knows the instruments for R&D
    start_log_size: float  # per ln(employees / 10)
    start_foreign: float
    stop: float
    stop_certified: float


class Intensity(NamedTuple):
    """ln of R&D over sales of a performer."""

    level: float
    ambition: float  # per standard deviation of the persistent effect
    log_size: float  # per ln(employees / 20)
    foreign: float
    price: float  # elasticity to the user cost of R&D, negative
    additionality: float  # R&D that a yuan of grant adds, what the grant itself pays included
    institute: float  # per rung of its R&D institute


LARGEST_INTENSITY = 0.25
SLACK = 1e-5  # above any error of rounding in the chances that a draw can lie below
LOG_TEN = 2.302585092994046
LOG_TWENTY = 2.995732273553991


@inlined
def log_start(c, one, aware, size, foreign):
    """Linear predictor of the hazard to start R&D."""
    return c.start * one + c.start_aware * aware + c.start_log_size * size + c.start_foreign * foreign


@inlined
def log_stop(c, one, certified):
    """Linear predictor of the hazard to stop R&D."""
    return c.stop * one + c.stop_certified * certified


@inlined
def user_cost(tax_rate, deduction):
    """After-tax price of 1 CNY of R&D relative to 1 CNY of profit: (1 - tax (1 + deduction)) / (1 - tax)."""
    return (1.0 - tax_rate * (1.0 + deduction)) / (1.0 - tax_rate)


@inlined
def log_intensity(c, one, ambition, size, foreign, log_price, log_grant, institute):
    """Linear predictor of ln(R&D / sales); log_grant = ln(1 + additionality x grant) enters with coefficient 1."""
    return (
        c.level * one
        + c.ambition * ambition
        + c.log_size * size
        + c.foreign * foreign
        + c.price * log_price
        + log_grant
        + c.institute * institute
    )


@kernel
def participate(c: Any, firms: Any, terms: Any, draw: Any, work: Any) -> None:
    """Start or stop R&D. draw: uniforms, (block,); work: (n, block) scratch.

    A chance 1 - exp(-exp(rate)) is below exp(rate): only the few whose draw may be as well ask for their own.
    """
    performs, aware, ownership, push = firms.performs, firms.aware, firms.ownership, work[0]
    for i in range(performs.size):
        push[i] = terms.research_push[firms.kind[i]]
    certificate, log_employees, rate = firms.certificate, firms.log_employees, work[1]
    for i in range(performs.size):
        knows = 1.0 if (aware[i] & RESEARCH) != 0 else 0.0
        foreign = 1.0 if ownership[i] >= FOREIGN_FROM else 0.0
        begin = log_start(c, 1.0, knows, log_employees[i] - LOG_TEN, foreign)
        end = log_stop(c, 1.0, 1.0 if certificate[i] > 0 else 0.0)
        rate[i] = begin + push[i] if performs[i] == 0 else end
    marks, listed, chance = work[2].view(np.int8), work[3].view(np.int64), work[0]
    for i in range(performs.size):
        marks[i] = log_below(draw[i]) <= rate[i] + SLACK
    size = rows_with(np.int8(1), marks[: performs.size], listed)
    for k in range(size):
        chance[k] = 1.0 - exp(-exp(rate[listed[k]]))
    for k in range(size):
        i = listed[k]
        performs[i] = performs[i] ^ (1 if draw[i] < chance[k] else 0)


@kernel
def performers(firms: Any, listed: Any) -> int:
    """Rows of the firms that do R&D; fills `listed`, (block,), and returns how many."""
    return rows_with(np.int8(1), firms.performs, listed)


@kernel
def spend(c: Any, firms: Any, terms: Any, condition: float, work: Any) -> None:
    """Plan this quarter's true R&D: intensity x sales / 4; credit may cut it. The ratio to sales is left in scratch.

    A grant acts by its additionality alone, as grants were studied; it does not lower the price as well.
    """
    listed, ratio, plan, research = work[7].view(np.uint64), work[RATIO], work[PLAN], firms.research
    ratio[:] = 0.0
    research[:] = 0.0
    size = performers(firms, listed)
    price, grant, ambition, log_employees, foreign, log_intent = work[0], work[1], work[2], work[4], work[5], work[6]
    institute, log_sales = work[8], work[3]
    for k in range(size):
        i = listed[k]
        rung, kind = firms.certificate[i], firms.kind[i]
        claims = 1.0 if (firms.aware[i] & RESEARCH) != 0 else 0.0
        grant[k] = terms.research_grant[rung, kind] * claims
        log_employees[k] = firms.log_employees[i]
        log_sales[k] = log_employees[k] + firms.log_productivity[i]
        tax = rate_of(terms.tax_rate, terms.relief, rung, kind, log_sales[k], log_employees[k])
        price[k] = user_cost(tax, terms.deduction[rung, kind] * claims)
        ambition[k] = firms.ambition[i]
        foreign[k] = 1.0 if firms.ownership[i] >= FOREIGN_FROM else 0.0
        log_intent[k] = condition + firms.stretch[i]
        institute[k] = firms.institute[i]
    for k in range(size):
        price[k] = log(max(price[k], 0.05))
    for k in range(size):
        grant[k] = log(1.0 + max(c.additionality * grant[k], -0.9))
    for k in range(size):
        value = log_intensity(
            c,
            1.0,
            ambition[k],
            log_employees[k] - LOG_TWENTY,
            foreign[k],
            price[k],
            grant[k],
            institute[k],
        )
        log_intent[k] = min(exp(value + log_intent[k]), LARGEST_INTENSITY)
    intensity, sales = log_intent, log_sales
    for k in range(size):
        sales[k] = exp(log_sales[k])
    for k in range(size):
        i = listed[k]
        ratio[i], plan[i] = intensity[k], intensity[k]
        research[i] = ratio[i] * sales[k] * 0.25
