"""Places in programs: which firms want one, who comes first, and what a place brings."""

from typing import Any, NamedTuple

import numpy as np

from ecosim.model.arithmetic import log
from ecosim.model.compiled import brief, inlined
from ecosim.model.firms import CERTIFICATION, HIGH_TECH, RESEARCH, SOURCES
from ecosim.model.luck import INCUBATOR_RANK, LIAISON_RANK, MATCH_RANK, SERVICE, VISIT_RANK, uniform
from ecosim.model.offers import COUNSEL, INCUBATOR, LIAISON, MATCHING, PRIZE, SERVICES, VISIT, keep_first, push

SERVED = 4  # quarters for which one-to-one service helps
MATCHED = 4  # quarters that a firm works with an institute on a problem
TENANCY = 12  # quarters of age until which a firm may stay in an incubator
FIRST = 100.0  # log points that put the incubators' own start-ups before all others
BLOCK = 256
ROUNDING = 1e-6  # of ranks, far above what the order of additions can change
START_UP = SOURCES.index("incubated")
STREAMS = (VISIT_RANK, SERVICE, LIAISON_RANK, INCUBATOR_RANK, MATCH_RANK, SERVICE)  # luck by service; prizes need none


class Service(NamedTuple):
    """Rank of a firm for a place, log points, and the luck in it."""

    performs: float  # 1 if it does R&D
    log_patents: float  # per ln(1 + patents held)
    log_size: float  # per ln(employees / 20)
    luck: float  # width of the uniform luck beside the rank


LOG_TWENTY = 2.995732273553991


@inlined
def rank(c, performs, log_patents, log_size):
    """Linear predictor of a firm's place in the queue: officials look for firms that look certifiable."""
    return c.performs * performs + c.log_patents * log_patents + c.log_size * log_size


@inlined
def merit(patents, knowledge):
    """Score for a prize: patents held and R&D capital (10k CNY), a log point of either counts the same."""
    return log(1.0 + patents) + log(1.0 + knowledge)


@brief
def give(
    c: Any, services: Any, places: Any, eligible: Any, luck: Any, quarter: Any, top: int,
    uid: Any, alive: Any, kind: Any, age: Any, performs: Any, patents: Any, log_employees: Any, knowledge: Any,
    certificate: Any, source: Any, aware: Any, visited: Any, assisted: Any, liaison: Any, matched: Any, incubated: Any,
    listed: Any, work: Any, asking: Any, served: Any, asked: Any, chosen: Any,
) -> None:  # fmt: skip
    """Firms that want a place of an offer ask for it, and the first in rank take one, offer by offer.

    services, places: (offers,) what is offered and how many whole places; eligible: (offers, kinds); then columns;
    listed, work: scratch, (services + 1, capacity) of rows and (4, capacity) of numbers. asked and chosen are filled
    with the rows of all offers one after another; asking, served: (offers,) how many of them are of each.
    """
    visited[:top] = 0
    wants = np.empty(top, np.uint8)
    need(
        alive[:top], age[:top], performs[:top], patents[:top], log_employees[:top], certificate[:top],
        aware[:top], assisted[:top], liaison[:top], matched[:top], incubated[:top], wants,
    )  # fmt: skip
    sizes, values, room, few = np.full(len(SERVICES), -1), work[0], work[1:], listed[len(SERVICES)]
    for i in range(top):
        held = log(1.0 + patents[i]) if patents[i] > 0 else 0.0
        values[i] = rank(c, 1.0 * performs[i], held, log_employees[i] - LOG_TWENTY)
    first = taken = 0
    for k in range(services.size):
        service = services[k]
        bit = np.uint8(1 << service)
        seekers = listed[service]
        if sizes[service] < 0:
            sizes[service] = those_with(bit, wants, seekers)
        count = 0
        mine = asked[first:]
        for j in range(sizes[service]):
            i = seekers[j]
            mine[count] = i
            count += 1 if eligible[k, kind[i]] & ((wants[i] & bit) != 0) else 0
        rows, got = mine[:count], chosen[taken:]
        number = min(count, places[k])
        if number == count:
            got[:number] = rows
        elif number > 0:
            choose(c, service, rows, number, luck, quarter, values, uid, patents, knowledge, source, few, room, got)
        take(service, got[:number], age, aware, visited, assisted, liaison, matched, incubated)
        if service != PRIZE:  # who has a place wants no other one
            for j in range(number):
                wants[got[j]] &= ~bit
        asking[k], served[k] = count, number
        first += count
        taken += number


@brief
def need(
    alive: Any, age: Any, performs: Any, patents: Any, log_employees: Any, certificate: Any,
    aware: Any, assisted: Any, liaison: Any, matched: Any, incubated: Any, wants: Any,
) -> None:  # fmt: skip
    """Services that each firm would like, (n,) bits, out."""
    for i in range(alive.size):
        knows = (aware[i] & CERTIFICATION) != 0
        research = performs[i] == 1
        # officials see firms that do R&D, hold a patent or have 20 employees
        seen = research | (patents[i] > 0) | (log_employees[i] >= LOG_TWENTY)
        bits = 1 << VISIT if seen & (not knows) else 0
        bits |= 1 << COUNSEL if knows & research & (certificate[i] < HIGH_TECH) & (assisted[i] <= 1) else 0
        bits |= 1 << LIAISON if seen & (liaison[i] == 0) else 0
        bits |= 1 << MATCHING if research & (certificate[i] > 0) & (matched[i] <= 1) else 0
        bits |= 1 << INCUBATOR if (age[i] < TENANCY) & (incubated[i] == 0) else 0
        bits |= 1 << PRIZE if research & (patents[i] > 0) else 0
        wants[i] = bits if alive[i] == 1 else 0


@brief
def those_with(bit: Any, wants: Any, rows: Any) -> int:
    """Rows whose bits have this one, out; returns how many."""
    count = 0
    for i in range(wants.size):
        rows[count] = i
        count += 1 if (wants[i] & bit) != 0 else 0
    return count


@brief
def choose(
    c: Any, service: int, rows: Any, number: int, luck: Any, quarter: Any, values: Any,
    uid: Any, patents: Any, knowledge: Any, source: Any, few: Any, room: Any, chosen: Any,
) -> None:  # fmt: skip
    """The `number` firms of some rows, fewer than there are, that rank first for a place of a service, into chosen.

    values: (top,) ranks without luck. Block by block luck is drawn for those whom it can bring before the best so far.
    few, room: scratch.
    """
    scores, heap, draws = room[0], room[1], room[2]
    if service == PRIZE:
        for k in range(rows.size):
            scores[k] = merit(patents[rows[k]], knowledge[rows[k]])
        keep_first(rows, scores, number, heap, chosen)
        return
    lift, stream = FIRST if service == INCUBATOR else 0.0, STREAMS[service]
    heap[:number] = -np.inf
    count = 0
    for start in range(0, rows.size, BLOCK):
        least, before = heap[0] - abs(c.luck) - ROUNDING, count
        for k in range(start, min(start + BLOCK, rows.size)):
            i = rows[k]
            few[count] = i
            count += 1 if values[i] + (lift if source[i] == START_UP else 0.0) >= least else 0
        for k in range(before, count):
            draws[k] = uniform(luck[0], luck[1], uid[few[k]], quarter, stream)
        for k in range(before, count):
            i = few[k]
            scores[k] = values[i] + c.luck * draws[k] + (lift if source[i] == START_UP else 0.0)
        push(scores[before:count], number, heap)
    keep_first(few[:count], scores, number, heap, chosen)


@brief
def take(
    service: int, rows: Any, age: Any, aware: Any, visited: Any, assisted: Any, liaison: Any, matched: Any,
    incubated: Any,
) -> None:  # fmt: skip
    """Firms (rows) take their places; one-to-one service explains the instruments for R&D as well."""
    for k in range(rows.size):
        i = rows[k]
        if service == VISIT:
            visited[i] = 1
        elif service == COUNSEL:
            assisted[i] = SERVED + 1  # the quarter's own passing is counted off at its end
            aware[i] |= RESEARCH
        elif service == LIAISON:
            liaison[i] = 1
        elif service == MATCHING:
            matched[i] = MATCHED + 1
        elif service == INCUBATOR:
            incubated[i] = TENANCY - age[i]
