"""A quarter of all firms: the rules in order, block by block, so that a block stays in the cache."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.behaviors import (
    awareness,
    certification,
    exit,
    finance,
    growth,
    innovation,
    institutes,
    knowledge,
    notch,
    outside,
    productivity,
    products,
    research,
)
from ecosim.behaviors.arrivals import Newcomer
from ecosim.behaviors.awareness import Awareness
from ecosim.behaviors.certification import Certification
from ecosim.behaviors.entry import Entry
from ecosim.behaviors.exit import Exit
from ecosim.behaviors.finance import Finance
from ecosim.behaviors.growth import Growth
from ecosim.behaviors.hiring import Hiring
from ecosim.behaviors.innovation import Innovation
from ecosim.behaviors.institutes import Institutes
from ecosim.behaviors.knowledge import Knowledge
from ecosim.behaviors.notch import Notch
from ecosim.behaviors.outside import Outside
from ecosim.behaviors.productivity import Productivity
from ecosim.behaviors.products import Products
from ecosim.behaviors.research import Intensity, Participation
from ecosim.behaviors.scratch import SCRATCH
from ecosim.behaviors.service import Service
from ecosim.model.compiled import inlined, kernel
from ecosim.model.firms import Columns
from ecosim.model.luck import LIFE, fine_and_two_coarse
from ecosim.model.region import OWNERSHIP
from ecosim.model.table import columns_of, survey_of, terms_of

BLOCK = 2048  # firms; fewer would lie nearer to the processor, but what begins a loop is shared by more
ROOM = SCRATCH + 3  # rows of scratch for a quarter: the rules' and the draws of `draw_life`


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
    service: Service
    certification: Certification
    institutes: Institutes
    products: Products
    finance: Finance
    hiring: Hiring
    entry: Entry
    outside: Outside
    shanghai_firm: Newcomer
    foreign_project: Newcomer
    talent_founder: Newcomer
    start_up: Newcomer


SHELF: dict[str, Any] = dict(Behaviors.__annotations__)
BOOK = np.dtype([(name, [(field, np.float64) for field in hint._fields]) for name, hint in SHELF.items()])


def book_of(behaviors: Behaviors) -> NDArray[Any]:
    """The coefficients as an array of one record, (1,): kernels read it by the same names and take it in no time."""
    return np.array([tuple(map(tuple, behaviors))], BOOK)


@kernel
def decide(
    book: Any, within_reach: Any, weight: int, table: Any, terms_table: Any, survey_table: Any, demand: float,
    research_level: float, invention: float, tech_sme: float, high_tech: float, decides: bool, key: Any, quarter: Any,
    top: int, room: Any,
) -> None:  # fmt: skip
    """Every firm decides on its own state, the terms and last quarter's survey; nobody is founded or closed here.

    book: coefficients, of `book_of`; within_reach: knowledge of the center next door, (sectors, zones), see `outside`;
    weight: firms that an agent stands for; table, terms_table, survey_table: see `model.table`; demand to high_tech:
    conditions of the quarter, see `model.conditions`; decides: whether certificates are decided in it; key: of
    `luck.words`; room: (ROOM, BLOCK) scratch.
    """
    terms, survey, luck = terms_of(terms_table), survey_of(survey_table), (key[0], key[1])
    for s in range(survey.outside.shape[0]):
        for z in range(survey.outside.shape[1]):
            survey.outside[s, z] = within_reach[s, z] * (terms.nearness[z] / weight)
    b, firms, work, life = book[0], columns_of(table), room[:SCRATCH], room[SCRATCH:]
    for start in range(0, top, BLOCK):
        block = rows_between(firms, start, min(start + BLOCK, top))
        draw_life(block, luck, quarter, life)
        exit.act(b.exit, block, terms, survey, life[1], work)
        grow_older(block)
        growth.act(b.growth, block, survey, life[0], work)
        classify(block, survey.known.shape[0])
        research.participate(b.participation, block, terms, life[2], work)
        research.spend(b.intensity, block, terms, research_level, work)
        finance.act(b.finance, block, terms, luck, quarter, work)
        if decides:
            notch.act(b.notch, block, terms, luck, quarter, work)
        products.act(b.products, block, survey, work)
        outside.act(b.outside, block, terms, luck, quarter, work)
        knowledge.act(b.knowledge, block, work)
        innovation.act(b.innovation, block, terms, survey, invention, luck, quarter, work)
        productivity.act(b.productivity, b.knowledge, block, survey, demand, luck, quarter, work)
        awareness.act(b.awareness, block, terms, survey, luck, quarter, work)
        certification.act(b.certification, block, terms, (tech_sme, high_tech), decides, luck, quarter, work)
        institutes.act(b.institutes, block, terms, luck, quarter, work)


@kernel
def draw_life(firms: Columns, luck: Any, quarter: Any, life: Any) -> None:
    """Uniforms of growth, closing, and start or stop of R&D: one call for three rules. life: (3, block)."""
    uid, growing, closing, starting = firms.uid, life[0], life[1], life[2]
    for i in range(uid.size):
        growing[i], closing[i], starting[i] = fine_and_two_coarse(luck[0], luck[1], uid[i], quarter, LIFE)


@inlined
def rows_between(firms, start, stop):
    """Views of the columns on the rows of one block; loops from zero over them vectorize."""
    return Columns(
        firms.uid[start:stop],
        firms.alive[start:stop],
        firms.closing[start:stop],
        firms.sector[start:stop],
        firms.zone[start:stop],
        firms.ownership[start:stop],
        firms.kind[start:stop],
        firms.age[start:stop],
        firms.log_employees[start:stop],
        firms.log_productivity[start:stop],
        firms.productivity_change[start:stop],
        firms.knowledge[start:stop],
        firms.performs[start:stop],
        firms.ambition[start:stop],
        firms.stretch[start:stop],
        firms.research[start:stop],
        firms.reported[start:stop],
        firms.inert[start:stop],
        firms.staff[start:stop],
        firms.seniors[start:stop],
        firms.leaders[start:stop],
        firms.experts[start:stop],
        firms.pending[start:stop],
        firms.patents[start:stop],
        firms.inventions_pending[start:stop],
        firms.filed[start:stop],
        firms.inventions_filed[start:stop],
        firms.granted[start:stop],
        firms.inventions_granted[start:stop],
        firms.certificate[start:stop],
        firms.held[start:stop],
        firms.honored[start:stop],
        firms.event[start:stop],
        firms.aware[start:stop],
        firms.assisted[start:stop],
        firms.constrained[start:stop],
        firms.loan[start:stop],
        firms.cash[start:stop],
        firms.vacancies[start:stop],
        firms.senior_vacancies[start:stop],
        firms.leader_vacancies[start:stop],
        firms.institute[start:stop],
        firms.waiting[start:stop],
        firms.fresh[start:stop],
        firms.liaison[start:stop],
        firms.visited[start:stop],
        firms.matched[start:stop],
        firms.incubated[start:stop],
        firms.platform[start:stop],
        firms.external[start:stop],
        firms.source[start:stop],
    )


@kernel
def grow_older(firms: Columns) -> None:
    """A quarter passes."""
    age, assisted, matched, incubated = firms.age, firms.assisted, firms.matched, firms.incubated
    for i in range(age.size):
        age[i] += 1
        assisted[i] = max(assisted[i] - 1, 0)
        matched[i] = max(matched[i] - 1, 0)
        incubated[i] = max(incubated[i] - 1, 0)


LOG_BANDS = (2.995732273553991, 5.703782474656201, 6.907755278982137)  # ln of SIZE_BANDS


@kernel
def classify(firms: Columns, zones: int) -> None:
    """Put each firm into its kind: sector x zone x ownership x size band."""
    owners = len(OWNERSHIP)
    sector, zone, ownership, kind = firms.sector, firms.zone, firms.ownership, firms.kind
    log_employees = firms.log_employees
    for i in range(kind.size):
        size = log_employees[i]
        band = (1 if size >= LOG_BANDS[0] else 0) + (1 if size >= LOG_BANDS[1] else 0)
        band += 1 if size >= LOG_BANDS[2] else 0
        kind[i] = ((sector[i] * zones + zone[i]) * owners + ownership[i]) * 4 + band
