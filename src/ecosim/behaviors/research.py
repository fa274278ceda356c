"""R&D: who performs it and how much, given the after-tax price that policies leave."""

from typing import Any, NamedTuple

from ecosim.model.arithmetic import exp, log
from ecosim.model.compiled import inlined, kernel
from ecosim.model.firms import RESEARCH
from ecosim.model.luck import PARTICIPATION, uniform
from ecosim.model.region import FOREIGN_FROM


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
    additionality: float  # share of a grant that comes on top of the firm's own R&D


LARGEST_INTENSITY = 0.25
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
def user_cost(tax_rate, deduction, grant):
    """After-tax price of 1 CNY of R&D relative to 1 CNY of profit: (1 - grant - tax (1 + deduction)) / (1 - tax)."""
    return (1.0 - grant - tax_rate * (1.0 + deduction)) / (1.0 - tax_rate)


@inlined
def log_intensity(c, one, ambition, size, foreign, log_price, log_grant):
    """Linear predictor of ln(R&D / sales); log_grant = ln(1 + additionality x grant) enters with coefficient 1."""
    return (
        c.level * one
        + c.ambition * ambition
        + c.log_size * size
        + c.foreign * foreign
        + c.price * log_price
        + log_grant
    )


@kernel
def participate(c: Any, firms: Any, luck: Any, quarter: Any, work: Any) -> None:
    """Start or stop R&D."""
    draw = work[0]
    for i in range(firms.uid.size):
        draw[i] = uniform(luck[0], luck[1], firms.uid[i], quarter, PARTICIPATION)
    performs, aware, ownership = firms.performs, firms.aware, firms.ownership
    certificate, log_employees = firms.certificate, firms.log_employees
    for i in range(firms.uid.size):
        knows = 1.0 if (aware[i] & RESEARCH) != 0 else 0.0
        foreign = 1.0 if ownership[i] >= FOREIGN_FROM else 0.0
        begin = log_start(c, 1.0, knows, log_employees[i] - LOG_TEN, foreign)
        end = log_stop(c, 1.0, 1.0 if certificate[i] > 0 else 0.0)
        changes = draw[i] < 1.0 - exp(-exp(begin if performs[i] == 0 else end))
        performs[i] = performs[i] ^ (1 if changes else 0)


@kernel
def spend(c: Any, firms: Any, terms: Any, condition: float, work: Any) -> None:
    """Plan this quarter's true R&D: intensity x sales / 4; credit may cut it. ratio to sales in work[3]."""
    price, grant, ratio = work[0], work[1], work[3]
    for i in range(firms.uid.size):
        rung, kind = firms.certificate[i], firms.kind[i]
        claims = 1.0 if (firms.aware[i] & RESEARCH) != 0 else 0.0
        grant[i] = terms.research_grant[rung, kind] * claims
        price[i] = user_cost(terms.tax_rate[rung, kind], terms.deduction[rung, kind] * claims, grant[i])
    log_employees, log_productivity, ambition = firms.log_employees, firms.log_productivity, firms.ambition
    ownership, performs, stretch = firms.ownership, firms.performs, firms.stretch
    for i in range(firms.uid.size):
        value = log_intensity(
            c,
            1.0,
            ambition[i],
            log_employees[i] - LOG_TWENTY,
            1.0 if ownership[i] >= FOREIGN_FROM else 0.0,
            log(max(price[i], 0.05)),
            log(1.0 + max(c.additionality * grant[i], -0.9)),
        )
        intensity = min(exp(value + condition + stretch[i]), LARGEST_INTENSITY)
        ratio[i] = intensity * performs[i]
    research = firms.research
    for i in range(firms.uid.size):
        research[i] = ratio[i] * exp(log_employees[i] + log_productivity[i]) * 0.25
