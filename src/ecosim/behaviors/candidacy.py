"""Who could have a certificate: firms that meet the rules of a rung, whatever they know and want."""

from typing import Any, NamedTuple

import numpy as np

from ecosim.behaviors.certification import YOUNGEST, firm_may_apply
from ecosim.model.compiled import brief
from ecosim.model.firms import CERTIFICATION, HIGH_TECH, TECH_SME
from ecosim.model.listing import rows_with
from ecosim.model.table import columns_of


class Firms(NamedTuple):
    """The columns at which the rules look, under their names."""

    certificate: Any
    age: Any
    patents: Any
    staff: Any
    fresh: Any
    log_employees: Any
    log_productivity: Any
    reported: Any
    research: Any
    aware: Any
    inert: Any


class Terms(NamedTuple):
    """The terms at which they look."""

    criteria: Any


@brief
def certifiable(
    book: Any, criteria: Any, table: Any, aware: Any, inert: Any, wanted: Any, rows: Any, rungs: Any
) -> int:  # fmt: skip
    """R&D performers below the second rung and the rungs (bits) for which they may apply; returns how many.

    book: coefficients, of `decisions.book_of`; table: of `Firms.table`; aware, inert, wanted: scratch of (top,) or
    more; rows, rungs: (top,) out.
    """
    c, f = book[0].certification, columns_of(table)
    aware[:], inert[: rows.size] = CERTIFICATION, 1.0  # as if all knew of it and were willing
    alive, performs, certificate, age, patents = f.alive, f.performs, f.certificate, f.age, f.patents
    fresh, reported = f.fresh, f.reported
    firms = Firms(
        certificate, age, patents, f.staff, fresh, f.log_employees, f.log_productivity, reported, f.research, aware,
        inert,
    )  # fmt: skip
    terms = Terms(criteria)
    lowest = 0.98 * min(criteria[0], criteria[1], criteria[2])
    for i in range(rows.size):  # what is cheap and necessary for either rung
        old = (alive[i] == 1) & (performs[i] == 1) & (certificate[i] < HIGH_TECH) & (age[i] >= YOUNGEST)
        first = (certificate[i] < TECH_SME) & (patents[i] >= 1) & (reported[i] > 0.0)
        second = (patents[i] >= criteria[4]) & (fresh[i] >= criteria[5]) & (reported[i] >= lowest)
        wanted[i] = 1 if old & (first | second) else 0
    count = rows_with(np.int8(1), wanted[: rows.size], rows)
    for k in range(count):
        i = rows[k]
        first = certificate[i] < TECH_SME and firm_may_apply(c, firms, terms, i, TECH_SME)
        second = firm_may_apply(c, firms, terms, i, HIGH_TECH)
        rungs[k] = (TECH_SME if first else 0) | (HIGH_TECH if second else 0)
    return count
