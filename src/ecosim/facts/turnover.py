"""Births and deaths: closing hazards by age and the rate of entry."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def hazards_by_age(ages: NDArray[np.int32], closed: NDArray[np.bool_], edges: tuple[float, ...]) -> Floats:
    """Share of firms that close within a year by age at its start. ages: quarters (n,); edges: years, ascending.

    Returns one hazard for each [edge, next edge), NaN where nobody has that age.
    """
    group = np.searchsorted(np.array(edges) * 4, ages, side="right") - 1
    inside = (group >= 0) & (group < len(edges) - 1)
    at_risk = np.bincount(group[inside], minlength=len(edges) - 1)
    deaths = np.bincount(group[inside], weights=closed[inside], minlength=len(edges) - 1)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(at_risk > 0, deaths / at_risk, np.nan))


def furthest_off(hazards: Floats, published: Floats, lower_bound: NDArray[np.bool_]) -> float:
    """Largest distance of yearly hazards from the published ones; above a published lower bound it is none."""
    distance = np.where(lower_bound, np.maximum(published - hazards, 0.0), np.abs(hazards - published))
    return float(distance.max())


def entry_rate(births: Floats, firms: Floats) -> float:
    """Births of a year over the firms at its start, mean over the years. births (years,), firms (years,)."""
    return float((births / firms).mean())
