"""Science and technology staff: firms want the posts that their R&D pays for, by skill; some people leave."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.behaviors.draws import draw
from ecosim.model.arithmetic import exp
from ecosim.model.compiled import inlined, kernel
from ecosim.model.firms import TALENT, Columns
from ecosim.model.listing import rows_with
from ecosim.model.luck import PEOPLE, POSTS
from ecosim.model.terms import Terms


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


@kernel
def let_go(
    c: Any, firms: Any, retention: Any, luck: Any, quarter: Any, top: int, flow: Any, listed: Any, work: Any
) -> int:
    """People leave their firms, posts of the last quarter are gone; lists the rows with staff or R&D, how many."""
    uid, alive, closing, zone, kind, aware = firms.uid, firms.alive, firms.closing, firms.zone, firms.kind, firms.aware
    research, staff, seniors, leaders = firms.research, firms.staff, firms.seniors, firms.leaders
    left, kept = flow.left, flow.kept
    firms.vacancies[:top], firms.senior_vacancies[:top], firms.leader_vacancies[:top] = 0, 0, 0
    firms.experts[:top] = 0.0
    leaving, rates, held, marks = work[0], work[1], work[2], work[3].view(np.int8)
    for i in range(top):
        marks[i] = (alive[i] == 1) & ((staff[i] > 0) | (research[i] > 0.0))
    count = rows_with(np.int8(1), marks[:top], listed)
    for k in range(count):
        i = listed[k]
        stays = closing[i] == 0
        rates[k] = c.separation if stays else 1.0
        held[k] = retention[kind[i]] if stays & ((aware[i] & TALENT) != 0) else 0.0
    draw(uid, listed[:count], luck, quarter, PEOPLE, leaving)
    for k in range(count):
        rates[k] = min(rates[k] * exp(-held[k]), 1.0)
    for k in range(count):
        i, at, rate = listed[k], leaving[k], rates[k]
        place, everybody, above, leading = zone[i], staff[i], leaders[i] + seniors[i], leaders[i]
        first, second, third = int(rate * leading + at), int(rate * above + at), int(rate * everybody + at)
        everybody, above, leading = everybody - third, above - second, leading - first
        staff[i], seniors[i], leaders[i] = everybody, above - leading, leading
        left[place, 0] += third - second
        left[place, 1] += second - first
        left[place, 2] += first
        kept[place, 0] += everybody - above
        kept[place, 1] += above - leading
        kept[place, 2] += leading
    return count


@kernel
def post(c: Any, firms: Any, terms: Any, luck: Any, listed: Any, flow: Any, rows: Any, doing: Any, work: Any) -> int:
    """Firms (listed) that do R&D open posts for the staff that it pays for; rows out: those with open posts."""
    uid, closing, zone, kind, aware = firms.uid, firms.closing, firms.zone, firms.kind, firms.aware
    log_employees, research, staff = firms.log_employees, firms.research, firms.staff
    seniors, leaders, liaison, institute = firms.seniors, firms.leaders, firms.liaison, firms.institute
    vacancies, senior_vacancies, leader_vacancies = firms.vacancies, firms.senior_vacancies, firms.leader_vacancies
    experts, part_time, nearness, grants = firms.experts, terms.experts, terms.nearness, terms.hiring_grant
    vacant, support, performers = flow.vacant, flow.support, flow.performers
    graduate = graduate_wage(c)
    senior, leading = graduate * c.senior_pay, graduate * c.leading_pay
    rest = 1.0 - c.senior_share - c.leading_share
    size = 0
    for k in range(listed.size):
        i = listed[k]
        doing[size] = i
        size += 1 if (research[i] > 0.0) & (closing[i] == 0) else 0
    lows, middles, highs, total, phases = work[0], work[1], work[2], work[3], work[4]
    for k in range(size):  # the grants that firms know of
        i = doing[k]
        knows = 1.0 if (aware[i] & TALENT) != 0 else 0.0
        lows[k], middles[k] = grants[0, kind[i]] * knows, grants[1, kind[i]] * knows
        highs[k] = grants[2, kind[i]] * knows
        total[k], phases[k] = log_employees[i], research[i]
    for k in range(size):
        place = zone[doing[k]]
        support[place, 0] += int(lows[k] * SUPPORT)
        support[place, 1] += int(middles[k] * SUPPORT)
        support[place, 2] += int(highs[k] * SUPPORT)
        performers[place] += 1
    for k in range(size):  # the staff that R&D pays for under them; parts of it from the top of the skills
        lows[k] = desired_staff(c, phases[k], rest, net_wage(c, graduate, lows[k]))
        middles[k] = desired_staff(c, phases[k], c.senior_share, net_wage(c, senior, middles[k]))
        highs[k] = desired_staff(c, phases[k], c.leading_share, net_wage(c, leading, highs[k]))
        wanted = lows[k] + middles[k] + highs[k]
        total[k] = min(wanted, LARGEST_SHARE * exp(total[k]))
        posts = int(total[k]) / wanted
        middles[k], highs[k] = posts * (highs[k] + middles[k]), posts * highs[k]
    count = 0
    for k in range(size):
        i = doing[k]
        knows, most = 1.0 if (aware[i] & TALENT) != 0 else 0.0, total[k]
        within = c.experts_afar + (1.0 - c.experts_afar) * nearness[zone[i]]
        invites = (liaison[i] == 1) | (institute[i] > 0)
        experts[i] = part_time[kind[i]] * within * knows * most if invites else 0.0
        rows[count], total[count], middles[count], highs[count] = i, most, middles[k], highs[k]
        count += 1 if int(most) > staff[i] else 0
    draw(uid, rows[:count], luck, np.uint64(0), POSTS, phases)  # the firm's own for good
    for k in range(count):
        i = rows[k]
        room = int(total[k]) - staff[i]
        first, above = int(highs[k] + phases[k]), int(middles[k] + phases[k])
        opened = min(max(first - leaders[i], 0), room)
        more = min(max(above - first - seniors[i], 0), room - opened)
        leader_vacancies[i], senior_vacancies[i], vacancies[i] = opened, more, room - opened - more
        vacant[zone[i], 0] += room - opened - more
        vacant[zone[i], 1] += more
        vacant[zone[i], 2] += opened
    return count


@kernel
def turn_over(
    c: Hiring, firms: Columns, terms: Terms, luck: Any, quarter: Any, top: int, flow: Turnover,
    rows: NDArray[np.int64], work: NDArray[np.float64],
) -> int:  # fmt: skip
    """Let people leave and post vacancies; flow is filled; returns how many firms have any, their rows in rows[0].

    rows: (3, capacity), work: (5, capacity), scratch beside that.

    Of a firm's staff each skill leaves in proportion, and of its posts each skill gets its share: both are systematic
    samples with one uniform of the firm, so that expectations are exact and totals are as without skills.
    """
    staffed = let_go(c, firms, terms.retention, luck, quarter, top, flow, rows[1], work)
    return post(c, firms, terms, luck, rows[1, :staffed], flow, rows[0], rows[2], work)
