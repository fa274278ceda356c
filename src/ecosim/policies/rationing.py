"""Sharing a budget that does not suffice: a lottery by the firms' own luck, or the same share for all."""

import numpy as np
from numpy.typing import NDArray

from ecosim.data.periods import QUARTERS_PER_YEAR, year_of
from ecosim.model.compiled import brief
from ecosim.model.ecosystem import EcosystemModel
from ecosim.model.ledger import FEN_PER_UNIT
from ecosim.model.luck import LOTTERY, uniform
from ecosim.policies.schedule import Schedule


@brief
def tickets(key, quarter, uids, draws):  # type: ignore[no-untyped-def]
    """A uniform for each applicant, by its identity."""
    for k in range(uids.size):
        draws[k] = uniform(key[0], key[1], uids[k], quarter, LOTTERY)


def lottery(model: EcosystemModel, rows: NDArray[np.int64], places: int) -> NDArray[np.int64]:
    """At most `places` of the applicants (rows), drawn by their own luck whatever their order."""
    if rows.size <= places:
        return rows
    draws = np.empty(rows.size)
    key = (np.uint64(model.key.seed), np.uint64(model.key.member))
    tickets(key, np.uint64(model.quarter), model.firms.columns.uid[rows], draws)
    return rows[np.argsort(draws, kind="stable")[: max(places, 0)]]


def pay_each(
    name: str, model: EcosystemModel, rows: NDArray[np.int64], amount: float, budget: Schedule | None
) -> NDArray[np.int64]:
    """Pay the same amount (10k CNY) to each applicant while the year's budget lasts; returns the rows that got it.

    One agent stands for `weight` firms, so it is paid, and counted, that many times.
    """
    year = year_of(model.quarter)
    each = round(amount * FEN_PER_UNIT)
    places = int(rows.size)
    if budget is not None and each > 0:
        places = max(model.ledger.left(name, year, budget.at(model.quarter)), 0) // (each * model.weight)
    winners = lottery(model, rows, places)
    model.grant(name, winners, np.full(winners.size, each))
    model.ledger.refuse(name, year, int(rows.size - winners.size) * model.weight)
    return winners


def pay_claims(
    name: str, model: EcosystemModel, rows: NDArray[np.int64], claims: NDArray[np.float64], budget: Schedule | None
) -> float:
    """Pay firms (rows) their claims (10k CNY), the same share of all where the quarter's part of the budget is short.

    Returns the share that was paid, which applicants expect for the next quarter.
    """
    year = year_of(model.quarter)
    fen = np.round(claims * FEN_PER_UNIT).astype(np.int64)
    total = int(fen.sum()) * model.weight
    share = 1.0
    if budget is not None and total > 0:
        remaining_quarters = QUARTERS_PER_YEAR - model.quarter % QUARTERS_PER_YEAR
        left = max(model.ledger.left(name, year, budget.at(model.quarter)), 0) // remaining_quarters
        share = min(1.0, left / total)
    model.grant(name, rows, fen if share == 1.0 else np.floor(fen * share).astype(np.int64))
    if share == 0.0:
        model.ledger.refuse(name, year, int(np.count_nonzero(fen)) * model.weight)
    return share
