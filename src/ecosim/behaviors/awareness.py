"""Awareness: firms learn of an instrument family by themselves, from a visit, or from firms nearby that know it.

Bass (1969), "A new product growth for model consumer durables", doi:10.1287/mnsc.15.5.215.
"""

from typing import Any, NamedTuple

from ecosim.model.arithmetic import exp
from ecosim.model.compiled import inlined, kernel
from ecosim.model.firms import FAMILIES
from ecosim.model.luck import AWARENESS, MORE_AWARENESS, uniforms


class Awareness(NamedTuple):
    """Hazards of learning, a year."""

    innovation: float  # Bass p: without any contact
    imitation: float  # Bass q: times the share of firms in the zone that know
    visit: float  # chance that a visited firm learns


@inlined
def hazard(c, quarter_share, known_share, visits):
    """Quarterly hazard of learning (quarter_share is 1/4), linear predictor."""
    return c.innovation * quarter_share + c.imitation * quarter_share * known_share + c.visit * visits


@kernel
def act(c: Any, firms: Any, terms: Any, survey: Any, luck: Any, quarter: Any, work: Any) -> None:
    """Learn of each family; a visit tells of all; word travels faster where the service network reaches."""
    for pair in range(2):
        stream = AWARENESS if pair == 0 else MORE_AWARENESS
        for i in range(firms.uid.size):
            work[2 * pair][i], work[2 * pair + 1][i] = uniforms(luck[0], luck[1], firms.uid[i], quarter, stream)
    aware, visited, visits, known, reach = firms.aware, firms.visited, work[5], work[6], work[7]
    quality = terms.quality[0]
    for i in range(firms.uid.size):
        visits[i] = visited[i] * quality
        reach[i] = 1.0 + terms.reach[firms.kind[i]]
    for family in range(len(FAMILIES)):
        draw = work[family]
        for i in range(firms.uid.size):
            known[i] = survey.known[firms.zone[i], family] * reach[i]
        for i in range(firms.uid.size):
            learns = draw[i] < 1.0 - exp(-hazard(c, 0.25, known[i], visits[i]))
            aware[i] = aware[i] | ((1 << family) if learns else 0)
