"""The census of the region's systems: people, institutes, service, platforms, origins; beside the main series.

Sums are taken in 64-bit fixed point, so that they are exact and do not depend on the order of the firms. Each name is
an observable of docs/mechanisms.md.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecosim.model import survey as census
from ecosim.model.arithmetic import exp
from ecosim.model.compiled import kernel, outer
from ecosim.model.firms import HIGH_TECH, INSTITUTES, SOURCES, Columns
from ecosim.model.region import FOREIGN_FROM, OWNERSHIP, SECTORS
from ecosim.model.table import columns_of, survey_of

SYSTEM_SERIES = (
    "people_hired",  # in the quarter, all skills
    "senior_staff",
    "leading_staff",
    "flexible_experts",  # full-time equivalents
    "institutes_city",  # firms whose highest R&D institute is of this rung
    "institutes_provincial_center",
    "institutes_provincial",
    "institutes_key",
    "institutes_foreign",  # provincial institutes of foreign-invested firms, key ones included
    "institutes_waiting",
    "japanese_hnte_stock",
    "liaison_firms",
    "visited_firms",  # in the quarter
    "matched_firms",
    "incubated_firms",
    "platform_users",
    "new_product_sales",  # in the quarter
    "knowledge",
    "external_knowledge",  # in the quarter
    "loans",
    "cash",
    "traditional_performers",  # R&D performers in garments and luggage
    "foreign_performers",  # R&D performers among foreign-invested firms
    "low_small_firms",  # small firms with low sales per worker
    "firms_from_shanghai",
    "firms_of_talent",
    "firms_from_incubators",
)
(
    PEOPLE_HIRED, SENIOR_STAFF, LEADING_STAFF, FLEXIBLE_EXPERTS, CITY, CENTER, PROVINCIAL, KEY, FOREIGN_INSTITUTES,
    WAITING, JAPANESE_HNTES, LIAISONS, VISITED, MATCHED, INCUBATED, PLATFORM_USERS, NEW_PRODUCTS, KNOWLEDGE, EXTERNAL,
    LOANS, CASH,
    TRADITIONAL, FOREIGN_PERFORMERS, LOW_SMALL, FROM_SHANGHAI, OF_TALENT, FROM_INCUBATORS,
) = range(len(SYSTEM_SERIES))  # fmt: skip
FINE = 1024.0
BLOCK = 1024  # firms
UNITS = np.ones(len(SYSTEM_SERIES))  # of the totals; money is in fixed point
UNITS[[FLEXIBLE_EXPERTS, NEW_PRODUCTS, KNOWLEDGE, EXTERNAL, LOANS, CASH]] /= FINE
GARMENTS, LUGGAGE = SECTORS.index("garments"), SECTORS.index("luggage")
JAPANESE = OWNERSHIP.index("japanese")
SHANGHAI, TALENT_FOUNDER, INCUBATOR = (SOURCES.index(name) for name in ("shanghai", "talent", "incubated"))
TOP_INSTITUTE = len(INSTITUTES) - 1
SMALL = 2.995732273553991  # ln 20 employees: the statistical class of micro firms
LOW = 0.5  # log points of sales per worker under the sector's mean, assumption


@outer
def take(table: Any, top: int, survey_table: Any, totals: NDArray[np.int64]) -> None:
    """The whole census: fill the survey and totals, in place. table: of `Firms.table`; survey_table: of the model."""
    firms, survey = columns_of(table), survey_of(survey_table)
    census.take(firms, top, survey)
    totals[:] = 0
    for start in range(0, top, BLOCK):
        count(firms, start, min(start + BLOCK, top), survey.mean_productivity, totals)


@kernel
def count(firms: Columns, start: int, stop: int, mean_productivity: NDArray[np.float64], totals: Any) -> None:
    """Add the rows of one block to totals (len(SYSTEM_SERIES),), in place."""
    rows = slice(start, stop)
    alive = firms.alive[rows]
    people = seniors = leaders = waiting = liaisons = visited = matched = incubated = users = 0
    hired, more, most = firms.vacancies[rows], firms.senior_vacancies[rows], firms.leader_vacancies[rows]
    senior, leading, queue, liaison = firms.seniors[rows], firms.leaders[rows], firms.waiting[rows], firms.liaison[rows]
    visit, match, incubator, platform = (
        firms.visited[rows],
        firms.matched[rows],
        firms.incubated[rows],
        firms.platform[rows],
    )
    for i in range(alive.size):
        people += (hired[i] + more[i] + most[i]) * alive[i]
        seniors += senior[i] * alive[i]
        leaders += leading[i] * alive[i]
    for i in range(alive.size):
        waiting += alive[i] if queue[i] > 0 else 0
        liaisons += liaison[i] * alive[i]
        visited += visit[i] * alive[i]
        matched += alive[i] if match[i] > 0 else 0
        incubated += alive[i] if incubator[i] > 0 else 0
        users += platform[i] * alive[i]
    fresh, log_employees, log_productivity = firms.fresh[rows], firms.log_employees[rows], firms.log_productivity[rows]
    knowledge, external, loan, cash = firms.knowledge[rows], firms.external[rows], firms.loan[rows], firms.cash[rows]
    experts = firms.experts[rows]
    new = capital = outside = loans = money = part_time = 0
    for i in range(alive.size):
        new += int(fresh[i] * exp(log_employees[i] + log_productivity[i]) * 0.25 * FINE) * alive[i]
    for i in range(alive.size):
        capital += int(knowledge[i] * FINE) * alive[i]
        outside += int(external[i] * FINE) * alive[i]
        loans += int(loan[i] * FINE) * alive[i]
        money += int(cash[i] * FINE) * alive[i]
        part_time += int(experts[i] * FINE) * alive[i]
    japanese = traditional = foreign_performers = low = foreign_institutes = shanghai = talent = incubators = 0
    sector, ownership, performs = firms.sector[rows], firms.ownership[rows], firms.performs[rows]
    institute, source, certificate = firms.institute[rows], firms.source[rows], firms.certificate[rows]
    lives: Any
    for rung in range(1, TOP_INSTITUTE + 1):
        at_rung = 0
        for i in range(alive.size):
            at_rung += alive[i] if institute[i] == rung else 0
        totals[CITY + rung - 1] += at_rung
    for i in range(alive.size):
        lives = np.int64(alive[i])
        foreign = lives if ownership[i] >= FOREIGN_FROM else 0
        foreign_institutes += foreign if institute[i] >= TOP_INSTITUTE - 1 else 0
        foreign_performers += performs[i] * foreign
        japanese += lives if (certificate[i] == HIGH_TECH) & (ownership[i] == JAPANESE) else 0
        traditional += lives * performs[i] if (sector[i] == GARMENTS) | (sector[i] == LUGGAGE) else 0
    for i in range(alive.size):
        lives = np.int64(alive[i])
        shanghai += lives if source[i] == SHANGHAI else 0
        talent += lives if source[i] == TALENT_FOUNDER else 0
        incubators += lives if source[i] == INCUBATOR else 0
    for i in range(alive.size):
        bound = mean_productivity[sector[i]] - LOW
        low += alive[i] if (log_employees[i] < SMALL) & (log_productivity[i] < bound) else 0
    totals[PEOPLE_HIRED] += people
    totals[SENIOR_STAFF] += seniors
    totals[LEADING_STAFF] += leaders
    totals[FOREIGN_INSTITUTES] += foreign_institutes
    totals[WAITING] += waiting
    totals[JAPANESE_HNTES] += japanese
    totals[LIAISONS] += liaisons
    totals[VISITED] += visited
    totals[MATCHED] += matched
    totals[INCUBATED] += incubated
    totals[PLATFORM_USERS] += users
    totals[NEW_PRODUCTS] += new
    totals[KNOWLEDGE] += capital
    totals[EXTERNAL] += outside
    totals[LOANS] += loans
    totals[CASH] += money
    totals[FLEXIBLE_EXPERTS] += part_time
    totals[TRADITIONAL] += traditional
    totals[FOREIGN_PERFORMERS] += foreign_performers
    totals[LOW_SMALL] += low
    totals[FROM_SHANGHAI] += shanghai
    totals[OF_TALENT] += talent
    totals[FROM_INCUBATORS] += incubators
