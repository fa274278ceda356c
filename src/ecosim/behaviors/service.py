"""Places in programs: which firms want one, who comes first, and what a place brings."""

from typing import Any, NamedTuple

import numpy as np

from ecosim.model.arithmetic import log
from ecosim.model.compiled import apart, inlined, kernel
from ecosim.model.firms import CERTIFICATION, HIGH_TECH, RESEARCH, SOURCES
from ecosim.model.listing import rows_with
from ecosim.model.luck import INCUBATOR_RANK, LIAISON_RANK, MATCH_RANK, SERVICE, VISIT_RANK, uniform
from ecosim.model.offers import COUNSEL, INCUBATOR, LIAISON, MATCHING, PRIZE, SERVICES, VISIT, keep_first
from ecosim.model.table import columns_of

SERVED = 4  # quarters for which one-to-one service helps
MATCHED = 4  # quarters that a firm works with an institute on a problem
TENANCY = 12  # quarters of age until which a firm may stay in an incubator
FIRST = 100.0  # log points that put the incubators' own start-ups before all others
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


@apart
def give(
    book: Any, services: Any, places: Any, eligible: Any, open_to_all: Any, key: Any, quarter: Any, table: Any,
    top: int, listed: Any, work: Any, asking: Any, served: Any, asked: Any, chosen: Any,
) -> None:  # fmt: skip
    """Firms that want a place of an offer ask for it, and the first in rank take one, offer by offer.

    book: of `decisions.book_of`; services, places: (offers,) what is offered and how many whole places; eligible:
    (offers, kinds), open_to_all: (offers,) True where that holds for all kinds; table: of `Firms.table`; listed, work:
    scratch, (services, capacity) of rows and (3, capacity) of numbers. asked and chosen are filled with the rows of
    all offers one after another; asking, served: (offers,) how many of them are of each.
    """
    c, firms, values, wants = book[0].service, columns_of(table), work[0, :top], np.empty(top, np.uint8)
    luck = (key[0], key[1])
    firms.visited[:top] = 0
    need(firms, wants)
    value(c, firms, values)
    sizes = np.full(len(SERVICES), -1)
    first = taken = 0
    for k in range(services.size):
        service = services[k]
        bit, seekers, mine, got = np.uint8(1 << service), listed[service], asked[first:], chosen[taken:]
        first_of_service = sizes[service] < 0
        if first_of_service:
            sizes[service] = rows_with(bit, wants, seekers)
        seekers = seekers[: sizes[service]]
        if first_of_service and open_to_all[k]:
            count = seekers.size
            mine[:count] = seekers
        else:
            count = those_eligible(eligible[k], firms.kind, bit, wants, seekers, mine)
        rows, number = mine[:count], min(count, places[k])
        if number == count:
            got[:number] = rows
        elif number > 0:
            choose(c, firms, service, rows, number, luck, quarter, values, work[1], work[2], got)
        take(firms, service, got[:number])
        if service != PRIZE:  # who has a place wants no other one
            for j in range(number):
                wants[got[j]] &= ~bit
        asking[k], served[k] = count, number
        first += count
        taken += number


@kernel
def need(firms: Any, wants: Any) -> None:
    """Services that each firm would like, (n,) bits, out."""
    alive, age, performs, patents, size = firms.alive, firms.age, firms.performs, firms.patents, firms.log_employees
    certificate, aware, assisted, liaison = firms.certificate, firms.aware, firms.assisted, firms.liaison
    matched, incubated = firms.matched, firms.incubated
    for i in range(wants.size):
        knows = (aware[i] & CERTIFICATION) != 0
        research = performs[i] == 1
        # officials see firms that do R&D, hold a patent or have 20 employees
        seen = research | (patents[i] > 0) | (size[i] >= LOG_TWENTY)
        bits = 1 << VISIT if seen & (not knows) else 0
        bits |= 1 << COUNSEL if knows & research & (certificate[i] < HIGH_TECH) & (assisted[i] <= 1) else 0
        bits |= 1 << LIAISON if seen & (liaison[i] == 0) else 0
        bits |= 1 << MATCHING if research & (certificate[i] > 0) & (matched[i] <= 1) else 0
        bits |= 1 << INCUBATOR if (age[i] < TENANCY) & (incubated[i] == 0) else 0
        bits |= 1 << PRIZE if research & (patents[i] > 0) else 0
        wants[i] = bits if alive[i] == 1 else 0


@kernel
def value(c: Any, firms: Any, values: Any) -> None:
    """Ranks of all firms before any luck, (n,) out."""
    performs, patents, log_employees = firms.performs, firms.patents, firms.log_employees
    for i in range(values.size):
        values[i] = rank(c, 1.0 * performs[i], log(1.0 + patents[i]), log_employees[i] - LOG_TWENTY)


@kernel
def those_eligible(eligible: Any, kind: Any, bit: Any, wants: Any, seekers: Any, rows: Any) -> int:
    """Of the seekers those of eligible kinds, (kinds,), who still want it, rows out; returns how many."""
    count = 0
    for j in range(seekers.size):
        i = seekers[j]
        rows[count] = i
        count += 1 if eligible[kind[i]] & ((wants[i] & bit) != 0) else 0
    return count


@apart
def choose(
    c: Any, firms: Any, service: int, rows: Any, number: int, luck: Any, quarter: Any, values: Any, scores: Any,
    draws: Any, chosen: Any,
) -> None:  # fmt: skip
    """The `number` firms of some rows, fewer than there are, that rank first for a place of a service, into chosen.

    values: (top,) ranks without luck; scores, draws: scratch.
    """
    if service == PRIZE:
        patents, knowledge = firms.patents, firms.knowledge
        for k in range(rows.size):
            scores[k] = merit(patents[rows[k]], knowledge[rows[k]])
    else:
        uid, stream = firms.uid, STREAMS[service]
        for k in range(rows.size):
            scores[k] = values[rows[k]] + c.luck * uniform(luck[0], luck[1], uid[rows[k]], quarter, stream)
        if service == INCUBATOR:
            source = firms.source
            for k in range(rows.size):
                scores[k] += FIRST if source[rows[k]] == START_UP else 0.0
    keep_first(rows, scores, number, draws, chosen)


@kernel
def take(firms: Any, service: int, rows: Any) -> None:
    """Firms (rows) take their places; one-to-one service explains the instruments for R&D as well."""
    for k in range(rows.size):
        i = rows[k]
        if service == VISIT:
            firms.visited[i] = 1
        elif service == COUNSEL:
            firms.assisted[i] = SERVED + 1  # the quarter's own passing is counted off at its end
            firms.aware[i] |= RESEARCH
        elif service == LIAISON:
            firms.liaison[i] = 1
        elif service == MATCHING:
            firms.matched[i] = MATCHED + 1
        elif service == INCUBATOR:
            firms.incubated[i] = TENANCY - firms.age[i]
