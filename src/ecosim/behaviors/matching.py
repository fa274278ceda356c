"""The market for people: supply by zone, skill and origin, and open posts that meet those who look.

Posts are given to firms by systematic sampling on the cumulative vacancies of a zone and skill, with the firms in the
order of their own luck: each firm expects hires in proportion to its vacancies, exactly, whatever its row.
"""

from typing import Any

import numpy as np

from ecosim.behaviors.hiring import SUPPORT, Hiring, Turnover, graduate_wage, turn_over
from ecosim.model.arithmetic import log
from ecosim.model.compiled import apart, inlined, kernel
from ecosim.model.firms import Columns
from ecosim.model.luck import HIRING, MATCHING, SUPPLY, uniform, uniforms
from ecosim.model.people import FROM_SHANGHAI, LOCAL, RETURNING, Pool
from ecosim.model.table import columns_of, terms_of

ROOM = 4  # draws of a zone and skill in a stream, one number for each
ACROSS = 1 << 16  # numbers of the draws that concern all zones


@inlined
def log_supply(c, pay, near):
    """Linear predictor of ln(people) in the long run: pay is ln of net pay over the wage, near the zone's nearness."""
    return c.supply_elasticity * pay + c.commuters * near


@kernel
def supply(c: Hiring, flow: Turnover, nearness: Any, pool: Pool, luck: Any, quarter: Any) -> None:
    """Those who left their firms look again or leave the region; people come, more where pay and nearness draw them.

    Support for a hire raises net pay here against pay in Shanghai, which stays as it is. It moves people who come
    (back) from elsewhere, and people who live in Shanghai as far as the zone is near it. Long-run elasticity of
    scientists to net pay: Moretti and Wilson (2017), "The effect of state taxes on the geographical location of top
    earners", about 1.8. Those drawn by a support that ends leave only while they look.
    """
    zones, skills, origins = pool.looking.shape
    for zone in range(zones):
        for skill in range(skills):
            number = np.uint64((zone * skills + skill) * ROOM)
            going, growing = uniforms(luck[0], luck[1], number, quarter, SUPPLY)
            left = flow.left[zone, skill]
            gone = int(c.departing * left + going)
            pool.looking[zone, skill, LOCAL] += left - gone
            pool.came[skill] -= gone
            people = flow.kept[zone, skill] + pool.looking[zone, skill].sum()
            wage = graduate_wage(c) * (1.0 if skill == 0 else c.senior_pay if skill == 1 else c.leading_pay)
            support = flow.support[zone, skill] / SUPPORT / max(flow.performers[zone], 1)
            pay = log(1.0 + support * 4.0 * c.separation / wage)
            draws = uniforms(luck[0], luck[1], number + np.uint64(1), quarter, SUPPLY)
            for origin in range(origins):
                if origin == LOCAL:
                    rate, draw = 0.25 * c.pool_growth, growing
                else:
                    near = nearness[zone] if origin == FROM_SHANGHAI else 0.0
                    target = log_supply(c, pay if origin == RETURNING else near * pay, near)
                    rate = c.supply_speed * (target - pool.drawn[zone, skill, origin])
                    pool.drawn[zone, skill, origin] += rate
                    draw = draws[0] if origin == FROM_SHANGHAI else draws[1]
                coming = int(np.floor(people * rate + draw))
                coming = max(coming, -pool.looking[zone, skill, origin])
                pool.looking[zone, skill, origin] += coming
                pool.came[skill] += coming


@inlined
def matches(scale, vacant, looking, draw):
    """Matching function with constant returns, m sqrt(posts x people), rounded by a uniform; at most either side."""
    return int(min(scale * (float(vacant) * float(looking)) ** 0.5, float(min(vacant, looking))) + draw)


@kernel
def share_out(weights: Any, count: int, draw: float, given: Any) -> None:
    """Systematic sample in integers: `count` (at most their sum) over weights (n,), in proportion; given (n,) out.

    given[j] is floor or ceiling of count x weight / total, has exactly that mean over draws, and sums to count.
    """
    total = 0
    for j in range(weights.size):
        total += weights[j]
    passed = reached = 0
    start = int(draw * total)
    for j in range(weights.size):
        passed += weights[j]
        upto = (count * passed + start) // total if total > 0 else 0
        given[j] = upto - reached
        reached = upto


@apart
def match(c: Hiring, vacant: Any, pool: Pool, luck: Any, quarter: Any, hires: Any) -> None:
    """People leave the pool for posts, first in their own zone, then elsewhere in the region; hires (Z, K) out."""
    zones, skills, origins = pool.looking.shape
    given = np.empty(max(origins, zones), np.int64)
    people = np.empty(zones * origins, np.int64)
    taken = np.empty(zones * origins, np.int64)
    for skill in range(skills):
        for zone in range(zones):
            number = np.uint64((zone * skills + skill) * ROOM)
            rounding, who = uniforms(luck[0], luck[1], number, quarter, MATCHING)
            there = pool.looking[zone, skill]
            count = matches(c.matching, vacant[zone, skill], there.sum(), rounding)
            share_out(there, count, who, given[:origins])
            for origin in range(origins):
                there[origin] -= given[origin]
            hires[zone, skill] = count
        if zones == 1:
            continue
        number = np.uint64(ACROSS + skill * ROOM)
        rounding, who = uniforms(luck[0], luck[1], number, quarter, MATCHING)
        where = uniform(luck[0], luck[1], number + np.uint64(1), quarter, MATCHING)
        posts = vacant[:, skill] - hires[:, skill]
        for zone in range(zones):
            for origin in range(origins):
                people[zone * origins + origin] = pool.looking[zone, skill, origin]
        count = matches(c.matching * c.neighbors, posts.sum(), people.sum(), rounding)
        share_out(posts, count, where, given[:zones])
        share_out(people, count, who, taken)
        for zone in range(zones):
            hires[zone, skill] += given[zone]
            for origin in range(origins):
                pool.looking[zone, skill, origin] -= taken[zone * origins + origin]


@apart
def in_order_of_luck(uid: Any, zone: Any, zones: int, luck: Any, quarter: Any) -> Any:
    """Firms (n,) zone by zone, in each by the firms' own uniform: buckets, then insertion within them; O(n)."""
    slots = 1
    while slots * zones < 2 * uid.size:
        slots *= 2
    draws = np.empty(uid.size)
    bucket = np.empty(uid.size, np.int64)
    ends = np.zeros(zones * slots + 1, np.int64)
    for k in range(uid.size):
        draws[k] = uniform(luck[0], luck[1], uid[k], quarter, HIRING)
    for k in range(uid.size):
        bucket[k] = zone[k] * slots + int(draws[k] * slots)
    for k in range(uid.size):
        ends[bucket[k] + 1] += 1
    for j in range(zones * slots):
        ends[j + 1] += ends[j]
    order, ranked = np.empty(uid.size, np.int64), np.empty(uid.size)
    filled = np.zeros(zones * slots, np.int64)
    for k in range(uid.size):
        j = bucket[k]
        at = ends[j] + filled[j]
        while at > ends[j] and (
            ranked[at - 1] > draws[k] or (ranked[at - 1] == draws[k] and uid[order[at - 1]] > uid[k])
        ):
            ranked[at], order[at] = ranked[at - 1], order[at - 1]
            at -= 1
        ranked[at], order[at] = draws[k], k
        filled[j] += 1
    return order


@apart
def fill(firms: Columns, rows: Any, vacant: Any, hires: Any, luck: Any, quarter: Any) -> int:
    """Give the hires of each zone and skill to firms (rows with vacancies); vacancies hold the hires from now on.

    What the order of luck jumps about in is a short copy: many firms would not lie in the processor's memory.
    """
    zones, skills = hires.shape
    vacancies, senior_vacancies, leader_vacancies = firms.vacancies, firms.senior_vacancies, firms.leader_vacancies
    uids, zones_of = np.empty(rows.size, np.uint64), np.empty(rows.size, np.int8)
    posts = np.empty((rows.size, skills), np.int32)  # that are open; then the hires
    for k in range(rows.size):
        uids[k], zones_of[k] = firms.uid[rows[k]], firms.zone[rows[k]]
    for k in range(rows.size):
        i, mine = rows[k], posts[k]
        mine[0], mine[1], mine[2] = vacancies[i], senior_vacancies[i], leader_vacancies[i]
    passed, reached, start = np.zeros(skills, np.int64), np.zeros(skills, np.int64), np.zeros(skills, np.int64)
    among = np.ones(skills, np.int64)  # open posts of the zone
    last = -1
    for k in in_order_of_luck(uids, zones_of, zones, luck, quarter):
        zone, mine = zones_of[k], posts[k]
        if zone != last:
            last = zone
            for skill in range(skills):
                number = np.uint64((zone * skills + skill) * ROOM + 1)
                draw = uniform(luck[0], luck[1], number, quarter, MATCHING)
                passed[skill], reached[skill], start[skill] = 0, 0, int(draw * vacant[zone, skill])
                among[skill] = max(vacant[zone, skill], 1)
        for skill in range(skills):
            if mine[skill] > 0:
                passed[skill] += mine[skill]
                upto = (hires[zone, skill] * passed[skill] + start[skill]) // among[skill]
                mine[skill] = upto - reached[skill]
                reached[skill] = upto
    staff, seniors, leaders, total = firms.staff, firms.seniors, firms.leaders, 0
    for k in range(rows.size):
        i, (graduates, more, most) = rows[k], (posts[k, 0], posts[k, 1], posts[k, 2])
        vacancies[i], senior_vacancies[i], leader_vacancies[i] = graduates, more, most
        staff[i] += graduates + more + most
        seniors[i] += more
        leaders[i] += most
        total += graduates + more + most
    return total


@apart
def hire(
    book: Any, table: Any, terms_table: Any, looking: Any, drawn: Any, came: Any, key: Any, quarter: Any, top: int,
    rows: Any, work: Any,
) -> tuple[int, int]:  # fmt: skip
    """A quarter of the market for people: they leave, look, meet posts.

    Returns the people hired and those who left the pool for a post. book: coefficients, of `decisions.book_of`; table:
    of `Firms.table`; looking, drawn, came: of `Pool`; rows, work: scratch of `turn_over`.
    """
    c, firms, terms, luck = book[0].hiring, columns_of(table), terms_of(terms_table), (key[0], key[1])
    pool, (zones, skills, _) = Pool(looking, drawn, came), looking.shape
    flows = np.zeros((5, zones, skills), np.int64)
    flow = Turnover(flows[0], flows[1], flows[2], flows[3], np.zeros(zones, np.int64))
    count = turn_over(c, firms, terms, luck, quarter, top, flow, rows, work)
    supply(c, flow, terms.nearness, pool, luck, quarter)
    match(c, flow.vacant, pool, luck, quarter, flows[4])
    return fill(firms, rows[0, :count], flow.vacant, flows[4], luck, quarter), flows[4].sum()
