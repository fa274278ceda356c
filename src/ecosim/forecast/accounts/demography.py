"""Firms by year of age: how many close by the model's rule for their age, and how many are left."""

from typing import NamedTuple

import numpy as np

from ecosim.behaviors.exit import Exit, log_hazard
from ecosim.forecast.evaluation.forecaster import Floats

AGES = 9  # completed years at a year's end: 0, 1, ... 7, and 8 or more
QUARTERS = 4
LEAST_SURVIVING = 0.05  # of a cohort in a year
LEAST_OLDEST = 0.1  # of the firms at the first year

# Quarterly intercepts of the model's rule by age. China: configs/behaviors/literature.yaml. United States: yearly
# hazards 21.2, 13.9 and 11.4 % of the first three years (Business Employment Dynamics, table 7), 8.6 and 5.5 % for the
# fourth to seventh year and later from the fit of log age (docs/calibration.md). Only the shape matters here. A
# forecast from an origin before a profile was published does not know it.
KNOWN_FROM = {"united_states": 2021, "china": 2013}  # the last cohort of the table; the report on cohorts up to 2012
PROFILES: dict[str, Exit] = {
    "united_states": Exit(-2.819, -3.283, -3.500, -3.794, -4.259, 0.0, 0.0, 0.0, 0.0, 0.0),
    "china": Exit(-5.513, -4.118, -3.690, -3.871, -4.169, 0.0, 0.0, 0.0, 0.0, 0.0),
    "flat": Exit(-3.664, -3.664, -3.664, -3.664, -3.664, 0.0, 0.0, 0.0, 0.0, 0.0),  # 9.8 % a year at any age
}


def yearly_hazards(c: Exit) -> Floats:
    """Chance to close within the next year by completed years of age at a year's end, (AGES,).

    The model's quarterly rule (behaviors/exit.py) at its mean firm, for firms founded evenly over the quarters of a
    year, so that cohorts move here as firms do there.
    """
    quarters = np.arange(QUARTERS * (AGES + 1))
    years = quarters // QUARTERS
    steps = [years == 0, years == 1, years == 2, (years >= 3) & (years < 7), years >= 7]
    none = np.zeros(len(quarters))
    hazard = 1.0 - np.exp(-np.exp(log_hazard(c, *(step.astype(float) for step in steps), *([none] * 5))))
    alive = np.concatenate([[1.0], np.cumprod(1.0 - hazard)])
    out = np.empty(AGES)
    for age in range(AGES):
        # a firm that was founded k quarters before the year's end has lived k quarters of deciding, k = 0 ... 3
        at = QUARTERS * age + np.arange(QUARTERS)
        at = np.minimum(at, len(quarters) - QUARTERS)
        out[age] = 1.0 - alive[at + QUARTERS].sum() / alive[at].sum()
    return out


def best_profile(firms: Floats, births: Floats, deaths: Floats, year: int) -> Floats:
    """Yearly hazards of the profile under which closings vary least beyond what ages explain; counts (P, T) with NaN.

    year: the last of the counts; what was published later is not known. The level of a profile is not used: closing
    rates over those of the rule are estimated anyway.
    """
    found = []
    for c in [rule for name, rule in PROFILES.items() if KNOWN_FROM.get(name, year) <= year]:
        hazards = yearly_hazards(c)
        rates = np.log((deaths + 0.5) / rebuild(firms, births, deaths, hazards).expected)
        found.append((float(np.nanstd(rates - np.nanmean(rates, axis=1, keepdims=True))), hazards))
    return min(found, key=lambda pair: pair[0])[1]


class Cohorts(NamedTuple):
    """Firms by age at the end of each year, (P, T, AGES), and closings in each year that the rule expects, (P, T)."""

    firms: Floats
    expected: Floats


def rebuild(firms: Floats, births: Floats, deaths: Floats, hazards: Floats) -> Cohorts:
    """Cohorts from yearly counts (P, T), NaN before a place's first year, which is one of steady founding.

    In every year the rule's hazards are scaled so that as many close as were counted; cohorts are then scaled to the
    counted firms, which matters only where the counts do not add up.
    """
    places, years = firms.shape
    share = np.nanmean(births[:, 1:] / firms[:, :-1], axis=1)
    weights = share[:, None] * np.concatenate([[1.0], np.cumprod(1.0 - hazards[:-1])])
    weights[:, -1] = np.maximum(1.0 - weights[:, :-1].sum(axis=1), LEAST_OLDEST)
    weights /= weights.sum(axis=1, keepdims=True)
    table, expected = np.full((places, years, AGES), np.nan), np.full((places, years), np.nan)
    for year in range(years):
        if year:
            expected[:, year] = table[:, year - 1] @ hazards
            rate = deaths[:, year] / expected[:, year]
            moved = grow_old(table[:, year - 1], rate, births[:, year], hazards)
            table[:, year] = moved * (firms[:, year] / moved.sum(axis=1))[:, None]
        first = np.isnan(table[:, year, 0]) & np.isfinite(firms[:, year])
        table[first, year] = weights[first] * firms[first, year, None]
    return Cohorts(table, expected)


def grow_old(firms: Floats, rate: Floats, births: Floats, hazards: Floats) -> Floats:
    """Firms by age a year later, (..., AGES): some of each age close, the others are a year older, the newborn come."""
    left = firms * np.maximum(1.0 - hazards * rate[..., None], LEAST_SURVIVING)
    older = np.concatenate([births[..., None], left[..., :-1]], axis=-1)
    older[..., -1] += left[..., -1]
    return older
