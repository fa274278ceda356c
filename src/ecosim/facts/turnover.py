"""Births and deaths: closing hazards by age and the rate of entry."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def yearly_hazards(exposure: Floats, closed: Floats, edges: tuple[float, ...]) -> Floats:
    """Yearly closing hazard by age from a quarterly life table: 1 - product of (1 - closed / exposure).

    exposure, closed: (n,) by age in quarters. edges: years of age, ascending; a class of several years gives its yearly
    mean, weighted by exposure. Returns one hazard for each [edge, next edge). Every class must have somebody in it.
    """
    hazards = []
    for first, last in pairwise(edges):
        of_age = slice(int(4 * first), int(4 * last))
        if last - first == 1.0:
            hazards.append(1.0 - float(np.prod(1.0 - closed[of_age] / exposure[of_age])))
        else:
            hazards.append(1.0 - (1.0 - float(closed[of_age].sum() / exposure[of_age].sum())) ** 4)
    return np.array(hazards)


def furthest_off(hazards: Floats, published: Floats, lower_bound: NDArray[np.bool_]) -> float:
    """Largest distance of yearly hazards from the published ones; above a published lower bound it is none."""
    distance = np.where(lower_bound, np.maximum(published - hazards, 0.0), np.abs(hazards - published))
    return float(distance.max())


def entry_rate(births: Floats, firms: Floats) -> float:
    """Births of a year over the firms at its start, mean over the years. births (years,), firms (years,)."""
    return float((births / firms).mean())
