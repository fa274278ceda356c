"""Places in programs: which firms want one, and who comes first."""

from typing import Any, NamedTuple

from ecosim.model.arithmetic import log
from ecosim.model.compiled import brief, inlined
from ecosim.model.firms import CERTIFICATION, HIGH_TECH
from ecosim.model.luck import SERVICE, VISIT_RANK, uniform
from ecosim.model.offers import COUNSEL, VISIT

SERVED = 4  # quarters for which one-to-one service helps


class Service(NamedTuple):
    """Rank of a firm for a place, log points against standard Gumbel luck."""

    performs: float  # 1 if it does R&D
    log_patents: float  # per ln(1 + patents held)
    log_size: float  # per ln(employees / 20)


LOG_TWENTY = 2.995732273553991


@inlined
def rank(c, performs, log_patents, log_size):
    """Linear predictor of a firm's place in the queue: officials look for firms that look certifiable."""
    return c.performs * performs + c.log_patents * log_patents + c.log_size * log_size


@brief
def want(
    c: Any, service: int, firms: Any, eligible: Any, luck: Any, quarter: Any, top: int, rows: Any, scores: Any
) -> int:
    """Rows that want a place of a service and their scores; returns how many. rows, scores: (capacity,) out."""
    count = 0
    stream = VISIT_RANK if service == VISIT else SERVICE
    for i in range(top):
        if firms.alive[i] == 0 or not eligible[firms.kind[i]]:
            continue
        knows = (firms.aware[i] & CERTIFICATION) != 0
        if service == VISIT:
            wants = not knows
        elif service == COUNSEL:
            wants = knows and firms.performs[i] == 1 and firms.certificate[i] < HIGH_TECH and firms.assisted[i] <= 1
        else:
            wants = False
        if wants:
            gumbel = -log(-log(uniform(luck[0], luck[1], firms.uid[i], quarter, stream)))
            value = rank(c, 1.0 * firms.performs[i], log(1.0 + firms.patents[i]), firms.log_employees[i] - LOG_TWENTY)
            rows[count], scores[count] = i, value + gumbel
            count += 1
    return count


@brief
def take(service: int, firms: Any, rows: Any) -> None:
    """Firms (rows) take their places."""
    for k in range(rows.size):
        i = rows[k]
        if service == VISIT:
            firms.visited[i] = 1
        elif service == COUNSEL:
            firms.assisted[i] = SERVED + 1  # the quarter's own passing is counted off at its end
