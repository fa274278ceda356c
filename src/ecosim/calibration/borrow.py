"""Growth of a place without a panel: from its province or a related target, with its own few points on top."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecosim.calibration.growth import DRIFT_BETWEEN_FLOOR, Growth, fit_growth
from ecosim.calibration.hindsight import COMMON_DF, COMMON_SD, UNJUDGED
from ecosim.calibration.increments import BREAKS, base_year, log_levels, melt, usable_increments, yearly_table
from ecosim.data.panel import CountsError, known_at, series
from ecosim.data.periods import parse
from ecosim.data.targets import kind_of

Floats = NDArray[np.float64]

# Targets whose growth stands in, in this order, where a target has no panel at the origin; a choice, not an estimate.
RELATED: dict[str, tuple[str, ...]] = {
    "hnte_certifications": ("inventions_applied",),
    "hnte_stock": ("hnte_certifications", "inventions_applied"),
    "hnte_foreign_stock": ("hnte_stock", "hnte_certifications", "inventions_applied"),
    "tech_sme_stock": ("hnte_stock", "hnte_certifications", "inventions_applied"),
    "tech_sme_new": ("hnte_certifications", "inventions_applied"),
    "institutes": ("inventions_applied",),
    "firms": ("hightech_firms",),
    "births": ("hightech_firms",),
    "deaths": ("hightech_firms",),
    "employment": ("hightech_firms",),
}
COHORT_SHARES = np.full(3, 1.0 / 3.0)  # certificates aged 0, 1, 2 years: equal thirds, an assumption
BORROWED_VARIANCE = 1.5  # factor on the variance of borrowed shocks; an assumption
BORROWED_DRIFT_SD = 0.05  # log points a year: drifts of the provincial series differ by about this much
COUNTY_LOCAL_SD = 0.19  # least sd of a county's yearly local shock to a flow: the provincial dispersion 0.038
RATIO_SD = 0.15  # least sd of a fact such as "doubled in two years", whose window is unclear
LEAST_YEARS = 2  # increments that a panel needs
CALM_SD = 0.04  # prior sd of a yearly shock to all firms of a place, or to their staff, which vary less than single
# counts do; seen on US states (experiments/forecast_race/alone.py), set by hand


class _Fact(NamedTuple):
    """A growth factor of the place itself between the ends of two years."""

    first: int
    last: int
    factor: float
    sd: float  # of its logarithm


def inherit_growth(
    counts: pd.DataFrame,
    target: str,
    location: str,
    inside: str | Sequence[str],
    origin: str,
    horizon: int = 8,
) -> Growth:
    """Growth of a place outside the panel: drift of the nearest place around it that is in the panel, made wider.

    gamma ~ N(drift of the province, between-province sd of drift), then the place's own increments and facts
    such as "doubled in two years" (target `<name>_ratio_2y`), each fact once.
    The local sd is at least 0.19, the provincial dispersion of yearly flows. Where the target has no panel at the
    origin, growth is borrowed from a related target, with wider shocks, and `basis` says so. A place inside the panel
    keeps its own estimate. Raises CountsError where neither the target nor a related one has a panel.
    """
    known = stocks_from_flows(known_at(counts, origin))
    panel, levels = panel_levels(known, target, origin)
    growth = fit_growth(known, panel, origin, levels.columns, horizon)
    if location in growth.locations and panel == target:
        return growth
    around = (location, *chain(inside))  # its own row in the panel of a related target comes first
    parent = next((place for place in around if place in growth.locations), None)
    drift = growth.drift[growth.locations.index(parent)] if parent else growth.pooled_drift
    variance = growth.pooled_drift_sd**2
    if parent:
        variance += growth.drift_sd[growth.locations.index(parent)] ** 2
    borrowed = growth.target != target
    local = max(growth.pooled_local_scale, COUNTY_LOCAL_SD)
    scale = growth.scale
    if borrowed:
        variance += BORROWED_DRIFT_SD**2
        scale = scale * np.sqrt(BORROWED_VARIANCE)
        if kind_of(target) == "stock" and kind_of(growth.target) == "flow":
            scale = scale * stock_damping(len(scale))
    yearly = local**2 + growth.common_scale[0] ** 2
    drift, variance, facts = _own_facts(known, target, location, drift, variance, yearly)
    words = [f"{parent or 'pooled'} drift", growth.basis]
    if borrowed:
        words.append(f"borrowed for {target}, which has no panel at {origin}; variance of shocks x {BORROWED_VARIANCE}")
    return replace(
        growth,
        target=target,
        locations=(*growth.locations, location),
        drift=np.append(growth.drift, drift),
        drift_sd=np.append(growth.drift_sd, np.sqrt(variance)),
        local_scale=np.append(growth.local_scale, local),
        scale=scale,
        basis="; ".join([*words, *facts]),
    )


def stock_damping(horizon: int) -> Floats:
    """Sd of a stock of three cohorts over that of its yearly flow, by horizon, where the flow is a random walk.

    A shock to the flow reaches the stock as its cohorts are replaced, a third each year.
    """
    reached = np.minimum(np.cumsum(COHORT_SHARES), 1.0)
    weights = np.concatenate([reached, np.ones(max(horizon - len(reached), 0))])[:horizon]
    return np.sqrt(np.cumsum(weights**2) / np.arange(1, horizon + 1))


def stocks_from_flows(counts: pd.DataFrame) -> pd.DataFrame:
    """Counts with hnte_stock added as the sum of three yearly certification flows, where no stock is reported.

    Three flows exceed the reported national stock by 1.5 to 3.2 %. The sum is marked in `source`.
    """
    table = yearly_table(counts, "hnte_certifications")
    if table.empty:
        return counts
    table = table.reindex(range(int(table.index.min()), int(table.index.max()) + 1))
    sums = melt(table.rolling(3, min_periods=3).sum(), "value")
    sums = sums.assign(target="hnte_stock", time=sums["year"].astype(str), unit="count", as_of="")
    sums["source"] = "sum of three yearly hnte_certifications"
    reported = counts.loc[(counts["target"] == "hnte_stock") & counts["value"].notna(), ["location", "time"]]
    taken = set(zip(reported["location"], reported["time"].astype(str), strict=True))
    free = [pair not in taken for pair in zip(sums["location"], sums["time"], strict=True)]
    columns = [name for name in counts.columns if name in sums]
    return pd.concat([counts, sums.loc[free, columns]], ignore_index=True)


def panel_levels(known: pd.DataFrame, target: str, origin: str) -> tuple[str, pd.DataFrame]:
    """Log levels (years x places) of the target's panel, else of the first related target that has one, and its name.

    known: counts known at the origin. Raises CountsError where there is none.
    """
    candidates = (target, *RELATED.get(target, ()))
    for candidate in candidates:
        rows = known[(known["target"] == candidate) & known["value"].notna()]
        if (rows.groupby("location")["time"].nunique() > LEAST_YEARS).sum() < 2:
            continue
        levels = log_levels(rows, candidate, None, base_year(origin))
        if levels.shape[1] > 1 and len(usable_increments(levels, candidate)) >= LEAST_YEARS:
            return candidate, levels
    raise CountsError(
        f"{target}: no panel of places with {LEAST_YEARS} yearly increments at {origin}, nor for a related target "
        f"({', '.join(candidates[1:]) or 'none is named'}); add counts of other places or choose a later origin"
    )


def own_growth(counts: pd.DataFrame, target: str, location: str, origin: str, horizon: int = 8) -> Growth | None:
    """Growth of a count that a place has followed itself, among all places that have it; nothing is borrowed.

    counts: the schema of docs/data.md; horizon: years ahead; log points a year. None where it has fewer than two
    increments between successive years, or no figure of the origin's last complete year. Raises CountsError where a
    figure has no logarithm.
    """
    known = known_at(counts, origin)
    own = series(known, location, target).loc[: base_year(origin)]
    if not len(own) or own.index[-1] != base_year(origin):
        return None
    steps = usable_increments(log_levels(known, target, [location], base_year(origin)), target)
    if len(steps) < LEAST_YEARS:
        return None
    return fit_growth(known, target, origin, horizon=horizon, common_sd=_shock_sd(target))


def unfollowed_growth(target: str, location: str, last_year: int, horizon: int = 8) -> Growth:
    """Growth of a count of which too few years are known to tell it: no trend, shocks of its prior alone.

    last_year: year 1 of a path is the one after; horizon: years ahead; log points a year. All of it is assumption: the
    prior sd of a yearly shock of `own_growth`, the least sd of a drift, half of the drift kept.
    """
    every, local = np.ones(horizon), _shock_sd(target)
    return Growth(
        target=target,
        base_year=last_year,
        locations=(location,),
        drift=np.zeros(1),
        drift_sd=np.array([DRIFT_BETWEEN_FLOOR]),
        local_scale=np.array([local]),
        common_scale=0.0 * every,
        common_df=COMMON_DF,
        measurement_sd=0.0,
        damping=UNJUDGED * every,
        scale=every,
        origins=np.zeros(horizon, dtype=np.int64),
        years=(last_year,),
        pooled_drift=0.0,
        pooled_drift_sd=DRIFT_BETWEEN_FLOOR,
        pooled_local_scale=local,
        borrowed_from=target,
        basis="beside the growth of the model's firms, as too few years were counted to tell it",
    )


def growth_since(
    known: pd.DataFrame, target: str, location: str, last_year: int, years: int
) -> tuple[float, float, str]:
    """Log growth over some years after a place's last own count, its sd, and what it rests on; nothing is borrowed.

    The mean increment between its own successive years, undamped. Of a yearly shock the variance is what the increments
    leave to expect with the prior of `own_growth`; the error of the mean is added. With fewer than two increments none,
    and the spread of `unfollowed_growth`. Raises CountsError where a figure has no logarithm.
    """
    steps = usable_increments(log_levels(known, target, [location], last_year), target)
    if len(steps) < LEAST_YEARS:
        return *unfollowed_growth(target, location, last_year).spread(location, years), "too few own counts to tell it"
    own = steps.to_numpy()[:, 0]
    squares = COMMON_DF * _shock_sd(target) ** 2 + float(np.sum((own - own.mean()) ** 2))
    variance = squares / (COMMON_DF + len(own) - 3.0)
    sd = float(np.sqrt(years * variance * (1.0 + years / len(own))))
    return float(own.mean()) * years, sd, f"mean of {len(own)} yearly increments of its own counts"


def _shock_sd(target: str) -> float:
    """Prior sd of a yearly shock to a count of one place alone."""
    return CALM_SD if kind_of(target) == "stock" else COMMON_SD


def tells_growth(known: pd.DataFrame, location: str, target: str) -> bool:
    """Whether a place's own counts say how a target of it grows: of two years, or as a ratio over two years."""
    own = series(known, location, target)
    ratios = known[(known["location"] == location) & (known["target"] == f"{target}_ratio_2y")]
    return bool((own > 0).sum() > 1 or (ratios["value"] > 0).any())


def _own_facts(
    known: pd.DataFrame, target: str, location: str, drift: float, variance: float, yearly_variance: float
) -> tuple[float, float, list[str]]:
    """Drift and its variance after the place's own increments and ratio facts, and what was used in words."""
    own = series(known, location, target)
    own = own[own > 0]
    pairs = [(a, b) for a, b in zip(own.index, own.index[1:], strict=False) if not broken(target, a, b)]
    facts = [_Fact(a, b, own[b] / own[a], 0.0) for a, b in pairs]
    ratios = known[(known["location"] == location) & (known["target"] == f"{target}_ratio_2y")]
    for time, factor in zip(ratios["time"], ratios["value"], strict=True):
        last = parse(str(time)).end.year
        if factor > 0 and not any(fact.first < last and fact.last > last - 2 for fact in facts):
            facts.append(_Fact(last - 2, last, float(factor), RATIO_SD))
    words = []
    for fact in facts:
        span = fact.last - fact.first
        noise = yearly_variance / span + (fact.sd / span) ** 2
        weight = variance / (variance + noise)
        drift, variance = drift + weight * (np.log(fact.factor) / span - drift), variance * (1.0 - weight)
        words.append(f"own growth {fact.first}-{fact.last} x {fact.factor:.2f}")
    return float(drift), float(variance), words


def broken(target: str, first: int, last: int) -> bool:
    """Whether a declared break of a target lies between two years, or in the later one."""
    return any(first < year <= last for year in BREAKS.get(target, ()))


def chain(inside: str | Sequence[str]) -> tuple[str, ...]:
    """The places around a place, nearest first."""
    return (inside,) if isinstance(inside, str) else tuple(inside)
