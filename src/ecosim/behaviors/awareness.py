"""Awareness: firms learn of an instrument family by themselves, from a visit, or from firms nearby that know it.

Bass (1969), "A new product growth for model consumer durables", doi:10.1287/mnsc.15.5.215.
"""

from typing import Any, NamedTuple

import numpy as np

from ecosim.model.arithmetic import exp
from ecosim.model.compiled import inlined, kernel
from ecosim.model.firms import FAMILIES
from ecosim.model.listing import rows_with
from ecosim.model.luck import AWARENESS, four_uniforms

ALL_FAMILIES = (1 << len(FAMILIES)) - 1  # bits of `aware`


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
def learners(firms: Any, listed: Any, marks: Any) -> int:
    """Rows of the firms with a family still to learn of; fills `listed`, (block,), and returns how many.

    marks: 8-bit scratch.
    """
    aware = firms.aware
    for i in range(aware.size):
        marks[i] = aware[i] != ALL_FAMILIES
    return rows_with(np.int8(1), marks[: aware.size], listed)


@kernel
def act(c: Any, firms: Any, terms: Any, survey: Any, luck: Any, quarter: Any, work: Any) -> None:
    """Learn of each family; a visit may tell of each; word travels faster where the service network reaches.

    One term of contagion, the share of the zone's firms that know: a zone's share and a firm's own contacts are not
    told apart by any count.
    """
    zone, aware, listed, uid = firms.zone, firms.aware, work[7].view(np.uint64), work[6].view(np.uint64)
    first, second, third, fourth = work[0], work[1], work[2], work[3]
    missed, heard = work[5], work[4].view(np.int64)
    size = learners(firms, listed, work[0].view(np.int8))
    told = min(c.visit * terms.quality[0], 1.0)
    for k in range(size):
        i = listed[k]
        uid[k] = firms.uid[i]
        missed[k] = 1.0 - told * firms.visited[i]
        heard[k] = aware[i]
    for k in range(size):
        first[k], second[k], third[k], fourth[k] = four_uniforms(luck[0], luck[1], uid[k], quarter, AWARENESS)
    alone = work[6]  # the identities are drawn
    unheard = work[8][: survey.known.shape[0]]
    for family in range(len(FAMILIES)):
        for z in range(unheard.size):
            faster = 1.0 + terms.reach[z] + c.liaison * survey.liaisons[z]
            unheard[z] = exp(-hazard(c, 0.25, survey.known[z, family] * faster))
        draw, bit = work[family], 1 << family
        for k in range(size):
            alone[k] = unheard[zone[listed[k]]]
        for k in range(size):
            learns = draw[k] < 1.0 - alone[k] * missed[k]
            heard[k] = heard[k] | (bit if learns else 0)
    for k in range(size):
        aware[listed[k]] = heard[k]
