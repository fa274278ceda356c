"""Science and technology staff: firms want the posts that their R&D pays for, by skill; some people leave."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

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


def turn_over(
    c: Hiring, firms: Any, terms: Any, luck: Any, quarter: Any, top: int, flow: Turnover, rows: NDArray[np.int64]
) -> int:
    """Let people leave and post vacancies; flow is filled; rows (capacity,) out: firms with vacancies, how many.

    Of a firm's staff each skill leaves in proportion, and of its posts each skill gets its share: both are systematic
    samples with one uniform of the firm, so that expectations are exact and totals are as without skills.
    """
    f, staffed = firms, np.empty(top, np.int64)
    count = let_go(
        c.separation, terms.retention, luck, quarter, top, f.uid, f.alive, f.closing, f.zone, f.kind, f.aware,
        f.research, f.staff, f.seniors, f.leaders, f.vacancies, f.senior_vacancies, f.leader_vacancies, f.experts,
        flow.left, flow.kept, staffed,
    )  # fmt: skip
    posts: int = post(
        c, terms.hiring_grant, terms.experts, terms.nearness, luck, staffed[:count], f.uid, f.closing, f.zone, f.kind,
        f.aware, f.log_employees, f.research, f.staff, f.seniors, f.leaders, f.liaison, f.institute, f.vacancies,
        f.senior_vacancies, f.leader_vacancies, f.experts, flow.vacant, flow.support, flow.performers, rows,
    )  # fmt: skip
    return posts


@brief
def let_go(
    separation: float, retention: Any, luck: Any, quarter: Any, top: int,
    uid: Any, alive: Any, closing: Any, zone: Any, kind: Any, aware: Any,
    research: Any, staff: Any, seniors: Any, leaders: Any, vacancies: Any, senior_vacancies: Any,
    leader_vacancies: Any, experts: Any, left: Any, kept: Any, listed: Any,
) -> int:  # fmt: skip
    """People leave their firms, posts of the last quarter are gone; lists the rows with staff or R&D, how many."""
    vacancies[:top], senior_vacancies[:top], leader_vacancies[:top], experts[:top] = 0, 0, 0, 0.0
    count = 0
    for i in range(top):
        listed[count] = i
        count += 1 if (alive[i] == 1) & ((staff[i] > 0) | (research[i] > 0.0)) else 0
    draws = np.empty(count)
    for k in range(count):
        draws[k] = uniform(luck[0], luck[1], uid[listed[k]], quarter, PEOPLE)
    for k in range(count):
        i = listed[k]
        if staff[i] == 0:
            continue
        held = retention[kind[i]] * (1.0 if (aware[i] & TALENT) != 0 else 0.0)
        rate = 1.0 if closing[i] != 0 else separation if held == 0.0 else min(separation * exp(-held), 1.0)
        draw, leading, above = draws[k], leaders[i], leaders[i] + seniors[i]
        first, second, third = int(rate * leading + draw), int(rate * above + draw), int(rate * staff[i] + draw)
        leaders[i] -= first
        seniors[i] -= second - first
        staff[i] -= third
        gone, stay = left[zone[i]], kept[zone[i]]
        gone[0] += third - second
        gone[1] += second - first
        gone[2] += first
        stay[0] += staff[i] - seniors[i] - leaders[i]
        stay[1] += seniors[i]
        stay[2] += leaders[i]
    return count


@brief
def post(
    c: Any, grants: Any, part_time: Any, nearness: Any, luck: Any, listed: Any,
    uid: Any, closing: Any, zone: Any, kind: Any, aware: Any, log_employees: Any,
    research: Any, staff: Any, seniors: Any, leaders: Any, liaison: Any, institute: Any,
    vacancies: Any, senior_vacancies: Any, leader_vacancies: Any, experts: Any,
    vacant: Any, support: Any, performers: Any, rows: Any,
) -> int:  # fmt: skip
    """Firms (listed) that do R&D open posts for the staff that it pays for; rows out: those with open posts."""
    graduate = graduate_wage(c)
    senior, leading = graduate * c.senior_pay, graduate * c.leading_pay
    rest = 1.0 - c.senior_share - c.leading_share
    wanted, count = np.empty((4, listed.size)), 0
    total, middles, highs, phases = wanted[0], wanted[1], wanted[2], wanted[3]
    for k in range(listed.size):
        i = listed[k]
        if research[i] <= 0.0 or closing[i] != 0:
            continue
        place, of = zone[i], kind[i]
        knows = 1.0 if (aware[i] & TALENT) != 0 else 0.0
        performers[place] += 1
        for skill in range(3):
            support[place, skill] += int(grants[skill, of] * knows * SUPPORT)
        low = desired_staff(c, research[i], rest, net_wage(c, graduate, grants[0, of] * knows))
        middle = desired_staff(c, research[i], c.senior_share, net_wage(c, senior, grants[1, of] * knows))
        high = desired_staff(c, research[i], c.leading_share, net_wage(c, leading, grants[2, of] * knows))
        most = min(low + middle + high, LARGEST_SHARE * exp(log_employees[i]))
        if liaison[i] == 1 or institute[i] > 0:
            within = c.experts_afar + (1.0 - c.experts_afar) * nearness[place]
            experts[i] = part_time[of] * within * knows * most
        if int(most) > staff[i]:
            rows[count] = i
            posts = int(most) / (low + middle + high)
            total[count], middles[count], highs[count] = most, posts * (high + middle), posts * high
            count += 1
    for k in range(count):
        phases[k] = uniform(luck[0], luck[1], uid[rows[k]], np.uint64(0), POSTS)  # the firm's own for good
    for k in range(count):
        i = rows[k]
        room = int(total[k]) - staff[i]
        first, above = int(highs[k] + phases[k]), int(middles[k] + phases[k])
        opened = min(max(first - leaders[i], 0), room)
        more = min(max(above - first - seniors[i], 0), room - opened)
        leader_vacancies[i], senior_vacancies[i], vacancies[i] = opened, more, room - opened - more
        open_posts = vacant[zone[i]]
        open_posts[0] += room - opened - more
        open_posts[1] += more
        open_posts[2] += opened
    return count
