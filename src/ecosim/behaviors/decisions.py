"""A quarter of all firms: the rules in order, block by block, so that a block stays in the cache."""

from typing import Any, NamedTuple

import numpy as np

from ecosim.behaviors import (
    awareness,
    certification,
    exit,
    finance,
    growth,
    hiring,
    innovation,
    knowledge,
    notch,
    productivity,
    research,
)
from ecosim.behaviors.awareness import Awareness
from ecosim.behaviors.certification import Certification
from ecosim.behaviors.entry import Entry
from ecosim.behaviors.exit import Exit
from ecosim.behaviors.finance import Finance
from ecosim.behaviors.growth import Growth
from ecosim.behaviors.hiring import Hiring
from ecosim.behaviors.innovation import Innovation
from ecosim.behaviors.knowledge import Knowledge
from ecosim.behaviors.notch import Notch
from ecosim.behaviors.productivity import Productivity
from ecosim.behaviors.research import Intensity, Participation
from ecosim.model.compiled import kernel
from ecosim.model.firms import Columns
from ecosim.model.region import OWNERSHIP
from ecosim.model.survey import Survey
from ecosim.model.terms import Terms

BLOCK = 1024
SCRATCH = 8


class Behaviors(NamedTuple):
    """Coefficients of every rule."""

    exit: Exit
    growth: Growth
    participation: Participation
    intensity: Intensity
    notch: Notch
    knowledge: Knowledge
    innovation: Innovation
    productivity: Productivity
    awareness: Awareness
    certification: Certification
    finance: Finance
    hiring: Hiring
    entry: Entry


SHELF = {name: hint for name, hint in Behaviors.__annotations__.items()}


class Weather(NamedTuple):
    """Conditions of one quarter (see `ecosim.model.conditions`) and whether certificates are decided in it."""

    demand: float
    research: float
    invention: float
    tech_sme: float
    high_tech: float
    decides: bool


@kernel
def decide(
    b: Behaviors, firms: Columns, terms: Terms, survey: Survey, weather: Weather, luck: Any, quarter: Any, top: int
) -> None:
    """Every firm decides on its own state, the terms and last quarter's survey; nobody is founded or closed here."""
    work = np.empty((SCRATCH, BLOCK))
    for start in range(0, top, BLOCK):
        stop = min(start + BLOCK, top)
        exit.act(b.exit, firms, terms, survey, luck, quarter, start, stop, work)
        grow_older(firms, start, stop)
        growth.act(b.growth, firms, survey, luck, quarter, start, stop, work)
        classify(firms, survey.known.shape[0], start, stop)
        research.participate(b.participation, firms, luck, quarter, start, stop, work)
        research.spend(b.intensity, firms, terms, weather.research, start, stop, work)
        if weather.decides:
            notch.act(b.notch, firms, terms, luck, quarter, start, stop, work)
        knowledge.act(b.knowledge, firms, start, stop, work)
        innovation.act(b.innovation, firms, survey, weather.invention, luck, quarter, start, stop, work)
        productivity.act(
            b.productivity, b.knowledge, firms, survey, weather.demand, luck, quarter, start, stop, work
        )
        awareness.act(b.awareness, firms, terms, survey, luck, quarter, start, stop, work)
        certification.act(
            b.certification,
            firms,
            terms,
            (weather.tech_sme, weather.high_tech),
            weather.decides,
            luck,
            quarter,
            start,
            stop,
            work,
        )
        finance.act(b.finance, firms, terms, luck, quarter, start, stop, work)
        hiring.post(b.hiring, firms, terms, luck, quarter, start, stop, work)


@kernel
def grow_older(firms: Columns, start: int, stop: int) -> None:
    """A quarter passes."""
    age = firms.age
    for i in range(start, stop):
        age[i] += 1


LOG_BANDS = (2.995732273553991, 5.703782474656201, 6.907755278982137)  # ln of SIZE_BANDS


@kernel
def classify(firms: Columns, zones: int, start: int, stop: int) -> None:
    """Put each firm into its kind: sector x zone x ownership x size band."""
    owners = len(OWNERSHIP)
    sector, zone, ownership, kind = firms.sector, firms.zone, firms.ownership, firms.kind
    log_employees = firms.log_employees
    for i in range(start, stop):
        size = log_employees[i]
        band = (1 if size >= LOG_BANDS[0] else 0) + (1 if size >= LOG_BANDS[1] else 0)
        band += 1 if size >= LOG_BANDS[2] else 0
        kind[i] = ((sector[i] * zones + zone[i]) * owners + ownership[i]) * 4 + band
