"""R&D institutes of firms: four rungs from the city to the province; firms apply, wait for a review and climb by one.

Each firm thinks of it once a year, in the quarter that its identity names. Rungs and order after the article; an
ordered logit of the next rung. Recognized firms are those that waited longest (`ecosim.model.offers`).
"""

from typing import Any, NamedTuple

import numpy as np

from ecosim.model.arithmetic import exp, log
from ecosim.model.compiled import apart, brief, inlined, kernel
from ecosim.model.firms import HIGH_TECH, INSTITUTES
from ecosim.model.listing import rows_with
from ecosim.model.luck import INSTITUTE, uniform
from ecosim.model.region import FOREIGN_FROM
from ecosim.model.table import columns_of


class Institutes(NamedTuple):
    """Yearly log odds of applying for the next rung."""

    city: float  # thresholds of the rungs
    provincial_center: float
    provincial_institute: float
    key_institute: float
    log_research: float  # per ln(R&D a year / 1 million CNY)
    high_tech: float  # holds the certificate of high-tech enterprises
    log_staff: float  # per ln(S&T staff over employees / 10 %)
    award: float  # per 10k CNY of award at the rung
    foreign: float


TOP = len(INSTITUTES) - 1
LEAST_RESEARCH = (0.0, 50.0, 150.0, 500.0, 2_000.0)  # R&D a year for each rung, 10k CNY, assumption
MILLION = 100.0  # 10k CNY
EVERY = np.uint64(3)  # the last two bits of an identity name the quarter of the year
LONG = 1_000.0  # puts a quarter of waiting before any merit


@inlined
def log_odds(c, city, center, institute, key, log_research, high_tech, log_staff, award, foreign):
    """Linear predictor of applying; one of the first four says which rung is next."""
    return (
        c.city * city
        + c.provincial_center * center
        + c.provincial_institute * institute
        + c.key_institute * key
        + c.log_research * log_research
        + c.high_tech * high_tech
        + c.log_staff * log_staff
        + c.award * award
        + c.foreign * foreign
    )


@inlined
def firm_log_odds(c, rung, research, certificate, staff, log_employees, award, ownership):
    """Log odds of one firm for a rung, from its columns; research: 10k CNY in the quarter."""
    share = staff * exp(-log_employees)
    return log_odds(
        c,
        1.0 if rung == 1 else 0.0,
        1.0 if rung == 2 else 0.0,
        1.0 if rung == 3 else 0.0,
        1.0 if rung == TOP else 0.0,
        log(max(4.0 * research, 1e-3) / MILLION),
        1.0 if certificate == HIGH_TECH else 0.0,
        log(min(max(share, 0.01), 1.0) * 10.0),
        award,
        1.0 if ownership >= FOREIGN_FROM else 0.0,
    )


@kernel
def candidates(firms: Any, quarter: Any, listed: Any, wanted: Any) -> int:
    """Rows that may apply in this quarter; fills `listed`, (block,), and returns how many. wanted: 8-bit scratch."""
    uid, alive, closing, performs = firms.uid, firms.alive, firms.closing, firms.performs
    institute, waiting, research = firms.institute, firms.waiting, firms.research
    turn = quarter & EVERY
    least = 0.25 * LEAST_RESEARCH[1]
    for i in range(uid.size):
        here = ((uid[i] & EVERY) == turn) & (alive[i] == 1) & (closing[i] == 0) & (performs[i] == 1)
        wanted[i] = 1 if here & (waiting[i] == 0) & (institute[i] < TOP) & (research[i] >= least) else 0
    count, able = rows_with(np.int8(1), wanted[: uid.size], listed), 0
    for k in range(count):
        i = listed[k]
        listed[able] = i
        able += 4.0 * research[i] >= LEAST_RESEARCH[institute[i] + 1]
    return able


@kernel
def weigh(c: Any, firms: Any, terms: Any, rows: Any, odds: Any) -> None:
    """Log odds of the firms in some rows, (n,), into odds."""
    institute, research, certificate, staff = firms.institute, firms.research, firms.certificate, firms.staff
    log_employees, ownership, kind, award = firms.log_employees, firms.ownership, firms.kind, terms.institute_award
    for k in range(rows.size):
        i = rows[k]
        rung = min(institute[i] + 1, TOP)
        odds[k] = firm_log_odds(
            c, rung, research[i], certificate[i], staff[i], log_employees[i], award[rung, kind[i]], ownership[i]
        )


@kernel
def act(c: Any, firms: Any, terms: Any, luck: Any, quarter: Any, work: Any) -> None:
    """Wait on, give up with the end of R&D, or apply for the next rung."""
    institute, waiting, performs = firms.institute, firms.waiting, firms.performs
    for i in range(institute.size):
        institute[i] = institute[i] * performs[i]
    for i in range(waiting.size):
        waiting[i] = (waiting[i] + (1 if waiting[i] > 0 else 0)) * performs[i]
    listed, odds = work[0].view(np.int64), work[1]
    size = candidates(firms, quarter, listed, work[2].view(np.int8))
    weigh(c, firms, terms, listed[:size], odds)
    for k in range(size):
        draw = uniform(luck[0], luck[1], firms.uid[listed[k]], quarter, INSTITUTE)
        waiting[listed[k]] = 1 if draw < 1.0 / (1.0 + exp(-odds[k])) else 0


@apart
def queue(book: Any, table: Any, award: Any, top: int, rows: Any, rungs: Any, scores: Any) -> int:
    """Firms that wait for a review: rows, the rungs they ask for and their places in the queue, (top,) out.

    Returns how many. book: of `decisions.book_of`; table: of `Firms.table`; award: (institute rungs, kinds).
    """
    c, firms = book[0].institutes, columns_of(table)
    alive, waiting, institute, research = firms.alive, firms.waiting, firms.institute, firms.research
    certificate, staff, log_employees = firms.certificate, firms.staff, firms.log_employees
    ownership, kind = firms.ownership, firms.kind
    marks = np.empty(top, np.int8)
    for i in range(marks.size):
        marks[i] = (waiting[i] > 0) & (alive[i] == 1)
    count = rows_with(np.int8(1), marks, rows)
    for k in range(count):
        i = rows[k]
        rungs[k] = institute[i] + 1
        rung = min(institute[i] + 1, TOP)
        odds = firm_log_odds(
            c, rung, research[i], certificate[i], staff[i], log_employees[i], award[rung, kind[i]], ownership[i]
        )
        scores[k] = odds + LONG * waiting[i]
    return count


@brief
def climb(institute: Any, waiting: Any, rows: Any) -> None:
    """The institutes of firms (rows) are recognized at the next rung."""
    for k in range(rows.size):
        institute[rows[k]] += 1
        waiting[rows[k]] = 0
