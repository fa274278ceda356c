"""Stocks of certificates that follow flows: what the flows that are counted make of them beyond the model's own."""

import numpy as np
from numpy.typing import NDArray

from ecosim.data.periods import QUARTERS_PER_YEAR
from ecosim.model.ecosystem import DECISION_QUARTER

Floats = NDArray[np.float64]


def beyond_flows(past: Floats, own: Floats, counted: Floats) -> tuple[Floats, Floats]:
    """What counted certifications make of the stock over what the model's own do, and the sum of three years of them.

    Both (members, 1 + years), the first at the origin. past: three years of certifications before, the oldest first,
    (members, 3); own, counted: those that follow, (members, years).
    """
    of_own, of_counted = (_sums_of_three(np.concatenate([past, some], axis=1)) for some in (own, counted))
    return np.divide(of_counted, of_own, out=np.ones_like(of_own), where=of_own > 0.0), of_counted


def decided_by(quarters: NDArray[np.int64], years: NDArray[np.int64]) -> NDArray[np.int64]:
    """The year whose certifications have been decided at the end of each quarter: its own in the last one."""
    decided: NDArray[np.int64] = np.where(quarters % QUARTERS_PER_YEAR == DECISION_QUARTER, years, years - 1)
    return decided


def beyond_listings(start: Floats, stock: Floats, new: Floats, counted: Floats) -> Floats:
    """What counted new technology SMEs make of their stock over what the model's own do, (members, quarters).

    start: the stock at the origin, (members,); stock, new: the model's own, counted: the new ones, (members, quarters).
    The same share of the stock leaves it in a quarter as in the model.
    """
    before = np.concatenate([start[:, None], stock[:, :-1]], axis=1)
    staying = np.divide(np.maximum(stock - new, 0.0), before, out=np.zeros_like(stock), where=before > 0.0)
    here, path = start, np.empty_like(stock)
    for quarter, coming in enumerate(counted.T):
        here = path[:, quarter] = here * staying[:, quarter] + coming
    return np.divide(path, stock, out=np.ones_like(stock), where=stock > 0.0)


def _sums_of_three(flows: Floats) -> Floats:
    """Sums of three years' flows, (members, 3 + years), at the end of the third year and of each that follows."""
    path = np.cumsum(np.concatenate([np.zeros((len(flows), 1)), flows], axis=1), axis=1)
    return path[:, 3:] - path[:, :-3]
