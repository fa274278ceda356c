"""Science and technology staff: firms want the posts that their R&D pays for, by skill; some people leave."""

from typing import Any, NamedTuple

import numpy as np

from ecosim.model.arithmetic import exp
from ecosim.model.compiled import brief, inlined
from ecosim.model.firms import TALENT
from ecosim.model.luck import PEOPLE, POSTS, uniform


class Hiring(NamedTuple):
    """Posts that R&D pays for, turnover, and the supply of people. Wages in 10k CNY a year.

    Skills are graduates, seniors and leading talent; shares of the wage bill sum to one with the graduates'.
    """

    wage_share: float  # of R&D spending
    wage: float  # mean of all S&T staff
    senior_pay: float  # of a senior over a graduate's
    leading_pay: float  # of leading talent over a graduate's
    senior_share: float  # of the wage bill
    leading_share: float  # of the wage bill
    separation: float  # share of staff that leaves in a quarter
    departing: float  # share of those who leave their firm that leaves the region or retires
    experts_afar: float  # share of flexible talent that works for a place without integration
    supply_elasticity: float  # long run, of people to the net wage
    supply_speed: float  # share of the distance to the long run covered in a quarter
    commuters: float  # log points of people that full nearness to the big center brings in the long run
    matching: float  # scale of the matching function
    neighbors: float  # the same between zones, over the one within a zone
    pool_growth: float  # of people in the region, a year


LARGEST_SHARE = 0.8  # of a firm's employees
SUPPORT = 1024.0  # fixed-point steps of 10k CNY, so that a mean of support does not depend on the order of firms


@inlined
def graduate_wage(c):
    """Wage of a graduate under which the mean of the wanted staff earns the mean wage."""
    rest = 1.0 - c.senior_share - c.leading_share
    return c.wage * (rest + c.senior_share / c.senior_pay + c.leading_share / c.leading_pay)


@inlined
def desired_staff(c, research, share, wage):
    """Persons of a skill with a share of the wage bill that a quarter's R&D (10k CNY) pays for at a wage."""
    return share * c.wage_share * 4.0 * research / wage


@inlined
def net_wage(c, wage, grant):
    """Yearly cost of a post: it lasts 1 / separation quarters on average, the grant is paid once."""
    return max(wage - grant * 4.0 * c.separation, 0.1 * wage)


class Turnover(NamedTuple):
    """A quarter's turnover by zone and skill, (Z, K) integers."""

    left: Any  # people who left their firms, all staff of closing firms included
    kept: Any  # people who stay
    vacant: Any  # open posts
    support: Any  # grant for a hire summed over performers that know of it, in steps of 1 / SUPPORT
    performers: Any  # (Z,) firms that do R&D


@brief
def turn_over(c: Any, firms: Any, terms: Any, luck: Any, quarter: Any, top: int, flow: Turnover, rows: Any) -> int:
    """Let people leave and post vacancies; flow is filled; rows (capacity,) out: firms with vacancies, how many.

    Of a firm's staff each skill leaves in proportion, and of its posts each skill gets its share: both are systematic
    samples with one uniform of the firm, so that expectations are exact and totals are as without skills.
    """
    left, kept, vacant, support, performers = flow
    graduate = graduate_wage(c)
    senior, leading = graduate * c.senior_pay, graduate * c.leading_pay
    firms.vacancies[:top] = 0
    firms.senior_vacancies[:top] = 0
    firms.leader_vacancies[:top] = 0
    firms.experts[:top] = 0.0
    research, staff, alive = firms.research, firms.staff, firms.alive
    count = 0
    for i in range(top):
        if alive[i] == 0 or (staff[i] == 0 and research[i] <= 0.0):
            continue
        zone, kind = firms.zone[i], firms.kind[i]
        knows = 1.0 if (firms.aware[i] & TALENT) != 0 else 0.0
        stays = firms.closing[i] == 0
        if staff[i] > 0:
            held = terms.retention[kind] * knows
            rate = 1.0 if not stays else c.separation if held == 0.0 else min(c.separation * exp(-held), 1.0)
            draw = uniform(luck[0], luck[1], firms.uid[i], quarter, PEOPLE)
            leaders, above = firms.leaders[i], firms.leaders[i] + firms.seniors[i]
            first, second, third = int(rate * leaders + draw), int(rate * above + draw), int(rate * staff[i] + draw)
            firms.leaders[i] -= first
            firms.seniors[i] -= second - first
            staff[i] -= third
            left[zone, 0] += third - second
            left[zone, 1] += second - first
            left[zone, 2] += first
        has_leaders, has_seniors = firms.leaders[i], firms.seniors[i]
        kept[zone, 0] += staff[i] - has_seniors - has_leaders
        kept[zone, 1] += has_seniors
        kept[zone, 2] += has_leaders
        if research[i] <= 0.0 or not stays:
            continue
        performers[zone] += 1
        grants = terms.hiring_grant
        for skill in range(3):
            support[zone, skill] += int(grants[skill, kind] * knows * SUPPORT)
        rest = 1.0 - c.senior_share - c.leading_share
        low = desired_staff(c, research[i], rest, net_wage(c, graduate, grants[0, kind] * knows))
        middle = desired_staff(c, research[i], c.senior_share, net_wage(c, senior, grants[1, kind] * knows))
        high = desired_staff(c, research[i], c.leading_share, net_wage(c, leading, grants[2, kind] * knows))
        wanted = min(low + middle + high, LARGEST_SHARE * exp(firms.log_employees[i]))
        if firms.liaison[i] == 1 or firms.institute[i] > 0:
            within = c.experts_afar + (1.0 - c.experts_afar) * terms.nearness[zone]
            firms.experts[i] = terms.experts[kind] * within * knows * wanted
        room = int(wanted) - staff[i]
        if room <= 0:
            continue
        phase = uniform(luck[0], luck[1], firms.uid[i], np.uint64(0), POSTS)  # the firm's own for good
        posts = int(wanted) / (low + middle + high)
        leaders = int(posts * high + phase)
        above = int(posts * (high + middle) + phase)
        opened = min(max(leaders - has_leaders, 0), room)
        more = min(max(above - leaders - has_seniors, 0), room - opened)
        firms.leader_vacancies[i], firms.senior_vacancies[i] = opened, more
        firms.vacancies[i] = room - opened - more
        vacant[zone, 0] += room - opened - more
        vacant[zone, 1] += more
        vacant[zone, 2] += opened
        rows[count] = i
        count += 1
    return count
