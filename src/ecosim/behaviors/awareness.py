"""Awareness: firms learn of an instrument family by themselves, from a visit, or from firms nearby that know it.

Bass (1969), "A new product growth for model consumer durables", doi:10.1287/mnsc.15.5.215.
"""

from typing import Any, NamedTuple

import numpy as np

from ecosim.model.arithmetic import exp
from ecosim.model.compiled import inlined, kernel
from ecosim.model.firms import FAMILIES
from ecosim.model.luck import AWARENESS, four_uniforms


class Awareness(NamedTuple):
    """Hazards of learning, a year."""

    innovation: float  # Bass p: without any contact
    imitation: float  # Bass q: times the share of firms in the zone that know
    visit: float  # chance that a visited firm learns
    liaison: float  # share by which word travels faster where every firm has a liaison officer


@inlined
def hazard(c, quarter_share, known_share):
    """Quarterly hazard of learning (quarter_share is 1/4), linear predictor."""
    return c.innovation * quarter_share + c.imitation * quarter_share * known_share


@kernel
def act(c: Any, firms: Any, terms: Any, survey: Any, luck: Any, quarter: Any, work: Any) -> None:
    """Learn of each family; a visit may tell of each; word travels faster where the service network reaches.

    One term of contagion, the share of the zone's firms that know: a zone's share and a firm's own contacts are not
    told apart by any count.
    """
    uid, zone, aware, visited = firms.uid, firms.zone, firms.aware, firms.visited
    first, second, third, fourth = work[0], work[1], work[2], work[3]
    missed, alone = work[5], work[6]
    for i in range(uid.size):
        first[i], second[i], third[i], fourth[i] = four_uniforms(luck[0], luck[1], uid[i], quarter, AWARENESS)
    told = min(c.visit * terms.quality[0], 1.0)
    for i in range(visited.size):
        missed[i] = 1.0 - told * visited[i]
    unheard = np.empty(survey.known.shape[0])
    for family in range(len(FAMILIES)):
        for z in range(unheard.size):
            faster = 1.0 + terms.reach[z] + c.liaison * survey.liaisons[z]
            unheard[z] = exp(-hazard(c, 0.25, survey.known[z, family] * faster))
        draw, bit = work[family], 1 << family
        for i in range(zone.size):
            alone[i] = unheard[zone[i]]
        for i in range(aware.size):
            learns = draw[i] < 1.0 - alone[i] * missed[i]
            aware[i] = aware[i] | (bit if learns else 0)
