"""Awareness: firms learn of an instrument family by themselves, from a visit, or from firms nearby that know it.

Bass (1969), "A new product growth for model consumer durables", doi:10.1287/mnsc.15.5.215.
"""

from typing import Any, NamedTuple

import numpy as np

from ecosim.model.arithmetic import exp
from ecosim.model.compiled import inlined, kernel
from ecosim.model.firms import CERTIFICATION, FAMILIES, HIGH_TECH
from ecosim.model.luck import AWARENESS, SERVICE, four_uniforms, uniform

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
    uid, zone, kind, aware = firms.uid, firms.zone, firms.kind, firms.aware
    first, second, third, fourth = work[0], work[1], work[2], work[3]
    missed, alone = work[5], work[6]
    for i in range(uid.size):
        first[i], second[i], third[i], fourth[i] = four_uniforms(luck[0], luck[1], uid[i], quarter, AWARENESS)
    for i in range(kind.size):
        missed[i] = terms.visit_rate[kind[i]]
    for i in range(kind.size):
        missed[i] = exp(-hazard(c, 0.0, 0.0, missed[i]))
    unheard = np.empty(survey.known.shape[0])
    for family in range(len(FAMILIES)):
        for z in range(unheard.size):
            unheard[z] = exp(-hazard(c, 0.25, survey.known[z, family], 0.0))
        draw, bit = work[family], 1 << family
        for i in range(zone.size):
            alone[i] = unheard[zone[i]]
        for i in range(aware.size):
            learns = draw[i] < 1.0 - alone[i] * missed[i]
            aware[i] = aware[i] | (bit if learns else 0)
    serve(firms, terms, luck, quarter, work)


@kernel
def serve(firms: Any, terms: Any, luck: Any, quarter: Any, work: Any) -> None:
    """Take firms into one-to-one service that know certification, do R&D and lack the certificate, its aim."""
    uid, kind, draw, rate = firms.uid, firms.kind, work[0], work[1]
    for i in range(uid.size):
        draw[i] = uniform(luck[0], luck[1], uid[i], quarter, SERVICE)
    for i in range(kind.size):
        rate[i] = terms.service_rate[kind[i]]
    aware, performs, certificate, assisted = firms.aware, firms.performs, firms.certificate, firms.assisted
    for i in range(assisted.size):
        ready = ((aware[i] & CERTIFICATION) != 0) & (performs[i] == 1) & (certificate[i] < HIGH_TECH)
        assisted[i] = VISITED if ready & (draw[i] < rate[i]) else max(assisted[i] - 1, 0)
