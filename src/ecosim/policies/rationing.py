"""Sharing a budget that does not suffice: by score, by lottery, by who came first, or the same share for all.

A budget is a year's; `budget_growth` multiplies all budgets of a package. Awards paid once draw on all that is left of
the year; claims that come every quarter on the quarter's part of it, save under `first_come`, where the year's money
goes as it is asked for (`settlement.Claim`). Who gets it is the same whatever the order of the firms:
every tie is broken by the firm's own luck. Amounts are rounded to whole fen firm by firm, before they are summed.
"""

from collections.abc import Callable
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ecosim.data.periods import year_of
from ecosim.model.arithmetic import exp
from ecosim.model.compiled import brief
from ecosim.model.ecosystem import EcosystemModel
from ecosim.model.ledger import FEN_PER_UNIT
from ecosim.model.luck import APPLICATION_ORDER, LOTTERY, uniform
from ecosim.policies.schedule import Schedule

Order = Literal["lottery", "score", "first_come"]
Ration = Literal["share", "lottery", "score", "first_come"]
Score = Literal["patents", "research", "staff", "small"]
Rows = NDArray[np.int64]
Queue = Callable[[EcosystemModel, Rows], Rows]


@brief
def tickets(key, when, stream, uids, draws):  # type: ignore[no-untyped-def]
    """A uniform for each applicant, by its identity. when: the quarter, or the year."""
    for k in range(uids.size):
        draws[k] = uniform(key[0], key[1], uids[k], when, stream)


def in_order(model: EcosystemModel, rows: Rows, order: str, score: str = "patents") -> Rows:
    """Applicants (rows) in the order in which they are served.

    lottery: drawn anew every quarter. first_come: a firm's own place in the queue, drawn for each year. score: the
    highest first, patents held, reported R&D over sales, science and technology staff over employees, or fewest
    employees; equals by lottery.
    """
    columns = model.firms.columns
    key = model.luck
    draws = np.empty(rows.size)
    if order == "first_come":
        tickets(key, np.uint64(year_of(model.quarter)), APPLICATION_ORDER, columns.uid[rows], draws)
        return rows[np.argsort(draws, kind="stable")]
    tickets(key, np.uint64(model.quarter), LOTTERY, columns.uid[rows], draws)
    if order != "score":
        return rows[np.argsort(draws, kind="stable")]
    if score == "patents":
        worth = columns.patents[rows].astype(np.float64)
    elif score == "research":
        worth = columns.reported[rows]
    elif score == "staff":
        worth = columns.staff[rows] * exp(-columns.log_employees[rows])
    else:
        worth = -columns.log_employees[rows]
    return rows[np.lexsort((draws, -worth))]


def left(name: str, model: EcosystemModel, budget: Schedule | None) -> int | None:
    """Fen left of the year's budget, 0 or more; None: no limit."""
    if budget is None:
        return None
    size = budget.at(model.quarter) * model.terms.budget.item(0)
    return max(model.ledger.left(name, year_of(model.quarter), size), 0)


def pay_each(
    name: str,
    model: EcosystemModel,
    rows: Rows,
    amount: float,
    budget: Schedule | None,
    ration: str = "lottery",
    score: str = "patents",
) -> Rows:
    """Pay the same amount (10k CNY) to each applicant while the year's budget lasts; returns the rows that got it.

    One agent stands for `weight` firms, so it is paid, and counted, that many times.
    """
    each = round(amount * FEN_PER_UNIT)
    limit = left(name, model, budget)
    places = rows.size if limit is None or each == 0 else limit // (each * model.weight)
    winners = rows if rows.size <= places else in_order(model, rows, ration, score)[:places]
    model.grant(name, winners, np.full(winners.size, each), rows)
    return winners


def queue(order: str, score: str) -> Queue | None:
    """How a `settlement.Claim` is rationed where money is short: `in_order`, or the same share for all."""
    return None if order == "share" else partial(in_order, order=order, score=score)


def budget_now(budget: Schedule | None, model: EcosystemModel) -> float | None:
    """A year's budget as dates alone leave it, 10k CNY; None: no limit."""
    return None if budget is None else budget.at(model.quarter)
