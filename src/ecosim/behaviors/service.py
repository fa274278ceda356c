"""Places in programs: which firms want one, and who comes first."""

from typing import Any, NamedTuple

from ecosim.model.arithmetic import log
from ecosim.model.compiled import brief, inlined
from ecosim.model.firms import CERTIFICATION, HIGH_TECH, RESEARCH, SOURCES
from ecosim.model.luck import INCUBATOR_RANK, LIAISON_RANK, MATCH_RANK, SERVICE, VISIT_RANK, uniform
from ecosim.model.offers import COUNSEL, INCUBATOR, LIAISON, MATCHING, PRIZE, VISIT

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


@brief
def want(
    c: Any, service: int, firms: Any, eligible: Any, luck: Any, quarter: Any, top: int, rows: Any, scores: Any
) -> int:
    """Rows that want a place of a service and their scores; returns how many. rows, scores: (capacity,) out."""
    alive, kind, aware, performs, patents = firms.alive, firms.kind, firms.aware, firms.performs, firms.patents
    log_employees, certificate, liaison = firms.log_employees, firms.certificate, firms.liaison
    visited, assisted, matched, incubated, age = (
        firms.visited, firms.assisted, firms.matched, firms.incubated, firms.age
    )  # fmt: skip
    count = 0
    for i in range(top):
        knows = (aware[i] & CERTIFICATION) != 0
        # officials see firms that do R&D, hold a patent or have 20 employees
        seen = (performs[i] == 1) | (patents[i] > 0) | (log_employees[i] >= LOG_TWENTY)
        if service == VISIT:
            wants = seen & (not knows) & (visited[i] == 0)
        elif service == COUNSEL:
            wants = knows & (performs[i] == 1) & (certificate[i] < HIGH_TECH) & (assisted[i] <= 1)
        elif service == LIAISON:
            wants = seen & (liaison[i] == 0)
        elif service == MATCHING:
            wants = (performs[i] == 1) & (certificate[i] > 0) & (matched[i] <= 1)
        elif service == INCUBATOR:
            wants = (age[i] < TENANCY) & (incubated[i] == 0)
        elif service == PRIZE:
            wants = (performs[i] == 1) & (patents[i] > 0)
        else:
            wants = False
        rows[count] = i
        count += 1 if wants & (alive[i] == 1) & eligible[kind[i]] else 0
    uid, knowledge, source = firms.uid, firms.knowledge, firms.source
    stream = STREAMS[service]
    for k in range(count):
        i = rows[k]
        if service == PRIZE:
            scores[k] = merit(patents[i], knowledge[i])
        else:
            held = log(1.0 + patents[i]) if patents[i] > 0 else 0.0
            draw = uniform(luck[0], luck[1], uid[i], quarter, stream)
            first = FIRST if (service == INCUBATOR) & (source[i] == START_UP) else 0.0
            value = rank(c, 1.0 * performs[i], held, log_employees[i] - LOG_TWENTY)
            scores[k] = value + c.luck * draw + first
    return count


@brief
def take(service: int, firms: Any, rows: Any) -> None:
    """Firms (rows) take their places; one-to-one service explains the instruments for R&D as well."""
    visited, assisted, aware, liaison = firms.visited, firms.assisted, firms.aware, firms.liaison
    matched, incubated, age = firms.matched, firms.incubated, firms.age
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
