"""Awareness: firms learn of an instrument family by themselves, from a visit, or from firms nearby that know it.

Bass (1969), "A new product growth for model consumer durables", doi:10.1287/mnsc.15.5.215.
"""

from typing import Any, NamedTuple

from ecosim.model.arithmetic import exp
from ecosim.model.compiled import inlined, kernel
from ecosim.model.firms import CERTIFICATION, FAMILIES, HIGH_TECH
from ecosim.model.luck import AWARENESS, MORE_AWARENESS, SERVICE, uniforms

VISITED = 4  # quarters for which one-to-one service helps


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
    """Learn of each family; a visit tells of all; aware firms may be taken into one-to-one service."""
    for pair in range(2):
        stream = AWARENESS if pair == 0 else MORE_AWARENESS
        for i in range(firms.uid.size):
            work[2 * pair][i], work[2 * pair + 1][i] = uniforms(luck[0], luck[1], firms.uid[i], quarter, stream)
    aware, visits, known = firms.aware, work[5], work[6]
    for i in range(firms.uid.size):
        visits[i] = terms.visit_rate[firms.kind[i]]
    for family in range(len(FAMILIES)):
        draw = work[family]
        for i in range(firms.uid.size):
            known[i] = survey.known[firms.zone[i], family]
        for i in range(firms.uid.size):
            learns = draw[i] < 1.0 - exp(-hazard(c, 0.25, known[i], visits[i]))
            aware[i] = aware[i] | ((1 << family) if learns else 0)
    for i in range(firms.uid.size):
        work[0][i], _ = uniforms(luck[0], luck[1], firms.uid[i], quarter, SERVICE)
    for i in range(firms.uid.size):
        left = max(firms.assisted[i] - 1, 0)
        ready = (aware[i] & CERTIFICATION) != 0 and firms.performs[i] == 1
        ready = ready and firms.certificate[i] < HIGH_TECH  # the service's aim is the certificate
        taken = ready and work[0][i] < terms.service_rate[firms.kind[i]]
        firms.assisted[i] = VISITED if taken else left
