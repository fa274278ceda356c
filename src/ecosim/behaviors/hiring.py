"""Science and technology staff: firms post vacancies for the staff that their R&D pays for; some people leave."""

from typing import Any, NamedTuple

from ecosim.model.arithmetic import exp
from ecosim.model.compiled import brief, inlined, kernel
from ecosim.model.firms import TALENT
from ecosim.model.luck import HIRING, PEOPLE, uniform, uniforms


class Hiring(NamedTuple):
    """Staff that R&D pays for, turnover, and the supply of people. Wage in 10k CNY a year."""

    wage_share: float  # of R&D spending
    wage: float
    separation: float  # share of staff that leaves in a quarter
    supply_elasticity: float  # long run, of people to the net wage
    supply_speed: float  # share of the distance to the long run covered in a quarter
    matching: float  # scale of the matching function
    pool_growth: float  # of people in the region, a year


LARGEST_SHARE = 0.8  # of a firm's employees


@inlined
def desired_staff(c, research, wage):
    """Persons that a quarter's R&D (10k CNY) pays for at a wage."""
    return c.wage_share * 4.0 * research / wage


@kernel
def post(c: Any, firms: Any, terms: Any, luck: Any, quarter: Any, work: Any) -> None:
    """Let staff leave and post vacancies; a subsidy per hire lowers the yearly cost."""
    draw, wage = work[0], work[1]
    for i in range(firms.uid.size):
        draw[i] = uniform(luck[0], luck[1], firms.uid[i], quarter, PEOPLE)
        knows = 1.0 if (firms.aware[i] & TALENT) != 0 else 0.0
        # a post lasts 1 / separation quarters on average, the subsidy pays once
        paid = terms.hiring_grant[0, firms.kind[i]] * knows * 4.0 * c.separation
        wage[i] = max(c.wage - paid, 0.1 * c.wage)
    log_employees, research, staff, vacancies = firms.log_employees, firms.research, firms.staff, firms.vacancies
    alive, closing = firms.alive, firms.closing
    for i in range(firms.uid.size):
        leaving = int(staff[i] * c.separation + draw[i])
        stays = (alive[i] == 1) & (closing[i] == 0)
        target = min(desired_staff(c, research[i], wage[i]), LARGEST_SHARE * exp(log_employees[i]))
        kept = staff[i] - leaving
        vacancies[i] = max(int(target) - kept, 0) if stays else 0


@brief
def separate(c: Any, firms: Any, luck: Any, quarter: Any, top: int) -> int:
    """People who leave their firms in this quarter, all staff of closing firms included; returns how many."""
    total = 0
    for i in range(top):
        if firms.alive[i] == 0:
            continue
        draw = uniform(luck[0], luck[1], firms.uid[i], quarter, PEOPLE)
        leaving = int(firms.staff[i] * c.separation + draw) if firms.closing[i] == 0 else firms.staff[i]
        firms.staff[i] -= leaving
        total += leaving
    return total


@brief
def fill(firms: Any, rate: float, luck: Any, quarter: Any, top: int) -> int:
    """Fill each firm's vacancies at a rate, rounded by each firm's own luck, in any order; returns people hired."""
    total = 0
    for i in range(top):
        if firms.alive[i] == 1 and firms.vacancies[i] > 0:
            draw, _ = uniforms(luck[0], luck[1], firms.uid[i], quarter, HIRING)
            hired = int(firms.vacancies[i] * rate + draw)
            firms.staff[i] += hired
            firms.vacancies[i] = hired  # from now on the hires of the quarter
            total += hired
        else:
            firms.vacancies[i] = 0
    return total
