"""How a county inherits its level from its city and province: shares, carried by growth, its own points on top."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecosim.calibration.borrow import chain, growth_since, inherit_growth, stocks_from_flows
from ecosim.calibration.increments import base_year
from ecosim.data.digits import four
from ecosim.data.panel import CountsError, known_at, series
from ecosim.data.targets import COUNT, TARGETS

__all__ = ["Level", "inherit_growth", "inherit_level", "own_level", "stocks_from_flows"]

Floats = NDArray[np.float64]

RELATED_SHARES: dict[str, tuple[str, ...]] = {
    "hnte_stock": ("tech_sme_stock",),
    "hnte_certifications": ("hnte_stock", "tech_sme_stock"),
    "hnte_foreign_stock": ("hnte_stock", "tech_sme_stock"),
    "tech_sme_stock": ("hnte_stock",),
    "tech_sme_new": ("tech_sme_stock", "hnte_stock"),
    "inventions_granted": ("inventions_applied",),
    "inventions_applied": ("inventions_granted",),
    "patents_granted": ("patents_applied",),
    "patents_applied": ("patents_granted",),
}
CLOSE_SD = 0.40  # sd of ln theta given a related target or R&D (between provinces 0.32 given R&D); set by hand
SIZE_SD = 0.55  # the same given industrial output or GDP (between provinces 0.55 given GDP, slope 1)
SIZE_MEASURES = ("rd_expenditure", "industrial_output", "gdp")
NEAREST_YEARS = 2  # both sides of a share stand at most two years apart
OLDEST_YEARS = 5  # a level is carried, or a share kept, at most five years
YEAR_SD = 0.10  # sd for each year between the two sides of a share that no growth bridges
SUM_SD = 0.03  # sum of three flows against the reported stock
DISPERSION = 0.038  # NB2 dispersion of certification flows
CLOSING_SHARE = 0.04  # of certified firms in a year, assumption
CLOSING_ERROR = 0.5  # relative error of it, assumption
GAP_SD = 0.10  # sd of a year's growth of a stock about that of a gap of which it is part, assumption
LEAST_COUNT = 0.5  # that stands for none on logs


@dataclass(frozen=True)
class Level:
    """The level of a target in one place at the origin's last complete year."""

    mean: float  # median of the level, in the target's unit
    log_sd: float  # 0 where observed
    basis: str  # observed, inherited or assumption
    explanation: str
    time: str  # the year that the level is for
    source: str
    from_stock: bool = False  # a flow that was taken from the level of its stock


class _Point(NamedTuple):
    year: int
    value: float
    source: str


class _Route(NamedTuple):
    log_mean: float
    variance: float
    words: str
    sources: tuple[str, ...]
    carried: int = 0  # years of growth of the target in it


def inherit_level(counts: pd.DataFrame, target: str, location: str, inside: str | Sequence[str], origin: str) -> Level:
    """Level of a target at the origin's last complete year: observed, carried from an own point, or inherited.

    inside: the places around the place, nearest first, such as ("Jiaxing", "Zhejiang"). A place around it gives its
    own level times a share: of a related target, else of R&D, industrial output or GDP. Routes are averaged on logs,
    weighted by precision; the result never claims less than 0.4 as log sd, because their errors are shared. An own
    earlier point then updates it, weighted by precision too. A level that rests on shares alone is an assumption.
    Raises CountsError where nothing leads to a level.
    """
    known = stocks_from_flows(known_at(counts, origin))
    year = base_year(origin)
    own = _latest(known, location, target, year)
    if own and own.year == year:
        derived = "sum of three" in own.source
        words = f"{own.source}, {year}" if derived else f"observed {year}"
        return Level(own.value, SUM_SD if derived else 0.0, "observed", words, str(year), own.source)
    routes = [route for place in chain(inside) for route in _routes(known, target, location, place, inside, origin)]
    if own and year - own.year <= OLDEST_YEARS:
        return _with_own_point(known, target, location, inside, origin, own, routes)
    if not routes and (flow := _flow_from_stock(known, target, location, inside, origin)):
        return flow
    if not routes:
        around = ", ".join(chain(inside))
        share = f"neither its own nor a share of {around}" if around else "and it lies inside no place with counts"
        raise CountsError(
            f"{location}, {target}: no level known at {origin}, {share}; "
            "add a count of the place, or of a place around it with GDP or R&D of both"
        )
    log_mean, variance = _average(routes)
    words = "; ".join(route.words for route in routes)
    source = "; ".join(dict.fromkeys(source for route in routes for source in route.sources))
    return Level(float(np.exp(log_mean)), float(np.sqrt(variance)), "assumption", words, str(year), source)


def own_level(counts: pd.DataFrame, target: str, location: str, origin: str) -> Level | None:
    """Level of a count of which no place around tells: observed, or its last own count carried by its own growth.

    None where the place has no count of it. Raises CountsError where a figure that tells growth has no logarithm.
    """
    known, last = known_at(counts, origin), base_year(origin)
    own = _latest(known, location, target, last)
    if own is None:
        return None
    year, value, source = own
    if year == last:
        return Level(value, 0.0, "observed", f"observed {year}", str(year), source)
    carry, sd, basis = growth_since(known, target, location, year, last - year)
    words = f"own level of {year} ({four(value)}) grown {last - year} y by {np.expm1(carry):+.0%} ({basis})"
    return Level(value * float(np.exp(carry)), sd, "inherited", words, str(last), source)


def _routes(
    known: pd.DataFrame, target: str, location: str, place: str, inside: str | Sequence[str], origin: str
) -> Iterator[_Route]:
    """The level of a place around it times the first share that both have, carried to the origin's year."""
    year = base_year(origin)
    total = _latest(known, place, target, year)
    if total is None or year - total.year > OLDEST_YEARS:
        return
    measures = (*RELATED_SHARES.get(target, ()), *SIZE_MEASURES)
    for away, measure in [(away, measure) for away in (NEAREST_YEARS, OLDEST_YEARS) for measure in measures]:
        share = _share(known, measure, location, place, inside, origin, total.year, away)
        if share is None:
            continue
        carry, carry_sd, growth_words = _carry(known, target, location, inside, origin, year - total.year)
        prior = SIZE_SD if measure in ("industrial_output", "gdp") else CLOSE_SD
        words = f"{place} {total.year} ({four(total.value)}) x {share.words}"
        if year > total.year:
            words += f", grown {year - total.year} y by {np.expm1(carry):+.0%} ({growth_words})"
        yield _Route(
            np.log(total.value) + share.log_mean + carry,
            prior**2 + share.variance + carry_sd**2,
            words,
            (total.source, *share.sources),
            year - total.year,
        )
        return


def _share(
    known: pd.DataFrame,
    measure: str,
    location: str,
    place: str,
    inside: str | Sequence[str],
    origin: str,
    near: int,
    away: int,
) -> _Route | None:
    """Log share of a place in a measure of the place around it, from years at most `away` from the year `near`."""
    last = base_year(origin)
    parts, wholes = _points(known, location, measure, last), _points(known, place, measure, last)
    pairs = [(a, b) for a in parts for b in wholes if abs(a.year - b.year) <= NEAREST_YEARS and b.value > 0 < a.value]
    pairs = [(a, b) for a, b in pairs if max(abs(a.year - near), abs(b.year - near)) <= away]
    if not pairs:
        return None
    part, whole = min(pairs, key=lambda pair: (abs(pair[0].year - pair[1].year), abs(pair[1].year - near)))
    gap = part.year - whole.year
    log_share, variance = np.log(part.value / whole.value), 0.0
    words = f"share of {measure} {four(part.value)} ({part.year}) / {four(whole.value)} ({whole.year})"
    if gap:
        try:
            moved, sd, basis = _carry(known, measure, location, inside, origin, abs(gap))
        except CountsError:
            variance, words = (YEAR_SD * gap) ** 2, f"{words}, years apart not bridged"
        else:
            log_share, variance = log_share - np.sign(gap) * moved, sd**2
            words = f"{words}, {place} moved to {part.year} by {np.expm1(np.sign(gap) * moved):+.0%} ({basis})"
    return _Route(float(log_share), variance, words, (part.source, whole.source))


def _with_own_point(
    known: pd.DataFrame,
    target: str,
    location: str,
    inside: str | Sequence[str],
    origin: str,
    own: _Point,
    routes: list[_Route],
) -> Level:
    """An own earlier point carried to the origin's year, updating what the places around it say.

    The error of growth in years over which both are carried is the same in both: no weight of either takes it away.
    """
    year = base_year(origin)
    carry, carry_sd, basis = _carry(known, target, location, inside, origin, year - own.year)
    carried = own.value * float(np.exp(carry))
    words = f"own level of {own.year} ({four(own.value)}) grown {year - own.year} y by {np.expm1(carry):+.0%} ({basis})"
    if not routes:
        return Level(carried, carry_sd, "inherited", words, str(year), own.source)
    log_mean, variance = _average(routes)
    shared = _carry(known, target, location, inside, origin, min(year - own.year, *(each.carried for each in routes)))
    variance = max(variance - shared[1] ** 2, CLOSE_SD**2)
    own_variance = max(DISPERSION, carry_sd**2) - shared[1] ** 2
    if target in TARGETS and TARGETS[target].unit == COUNT:
        carried = max(carried, LEAST_COUNT)
        own_variance += 1.0 / carried  # chance, as Poisson
    weight = variance / (variance + own_variance)
    level = float(np.exp(log_mean + weight * (np.log(carried) - log_mean)))
    log_sd = float(np.sqrt(weight * own_variance + shared[1] ** 2))
    words = "; ".join([words, *(f"prior: {route.words}" for route in routes)])
    return Level(level, log_sd, "inherited", words, str(year), own.source)


def _flow_from_stock(
    known: pd.DataFrame, target: str, location: str, inside: str | Sequence[str], origin: str
) -> Level | None:
    """Certifications as the newest of three cohorts of a growing stock; new tech-SMEs as its rise and the firms closed.

    The rise is counted where the stock of the year before is known as well; over a gap of one or two years it is as if
    the stock had grown by the same factor in each of them. Else it is that of the damped growth, as most often another
    count tells it. Cohorts, of three years, grew undamped.
    """
    stock_target = {"hnte_certifications": "hnte_stock", "tech_sme_new": "tech_sme_stock"}.get(target)
    if stock_target is None:
        return None
    stock = inherit_level(known, stock_target, location, inside, origin)
    growth = inherit_growth(known, stock_target, location, inside, origin)
    sd = float(np.hypot(max(stock.log_sd, CLOSE_SD), YEAR_SD))
    if target == "hnte_certifications":
        yearly = growth.place(location)[0]
        share = float(1.0 / np.exp(-yearly * np.arange(3)).sum())
        words = f"{share:.4g} of {stock_target} {four(stock.mean)}, growing {np.expm1(yearly):.0%} a year"
        return _of_stock(stock, stock.mean * share, sd, words)
    year = base_year(origin)
    counted = series(known, location, stock_target)
    span = next((back for back in (1, 2, 3) if year - back in counted.index), 0)
    if stock.basis == "observed" and span:
        older = float(counted[year - span])
        before = float(older ** (1.0 / span) * stock.mean ** (1.0 - 1.0 / span))
        doubt = CLOSING_ERROR * CLOSING_SHARE * before
        flow = max(stock.mean - before + CLOSING_SHARE * before, doubt, LEAST_COUNT)
        least = "at least half of the closed, by " if flow == doubt else ""
        words = f"{least}{stock_target} {four(older)} ({year - span}) to {four(stock.mean)} ({year})"
        words += f", a year's part of {span}" if span > 1 else ""
        unseen = before * GAP_SD * np.sqrt(1.0 - 1.0 / span)  # of the last of the years, whose sum is known
        sd = float(np.hypot(YEAR_SD, np.hypot(doubt, unseen) / flow))
    else:
        yearly = max(growth.spread(location, 1)[0], 0.02)
        before = stock.mean * float(np.exp(-yearly))
        flow = stock.mean - before + CLOSING_SHARE * before
        words = f"rise of {stock_target} {four(stock.mean)}, growing {np.expm1(yearly):.0%} a year"
    return _of_stock(stock, flow, sd, f"{words}, and {CLOSING_SHARE:.0%} of {four(before)} closed")


def _of_stock(stock: Level, flow: float, sd: float, words: str) -> Level:
    return Level(flow, sd, "assumption", f"{words}; {stock.explanation}", stock.time, stock.source, from_stock=True)


def _carry(
    known: pd.DataFrame, target: str, location: str, inside: str | Sequence[str], origin: str, years: int
) -> tuple[float, float, str]:
    """Log growth over some years, its sd, and what it rests on."""
    if years == 0:
        return 0.0, 0.0, ""
    growth = inherit_growth(known, target, location, inside, origin)
    kind = "its own panel" if growth.borrowed_from == target else f"growth borrowed from {growth.borrowed_from}"
    return *growth.spread(location, years), kind


def _average(routes: Sequence[_Route]) -> tuple[float, float]:
    """Precision-weighted mean of logs; its variance is that of one route and their spread, at least 0.4 squared."""
    means = np.array([route.log_mean for route in routes])
    variances = np.array([route.variance for route in routes])
    weights = (1.0 / variances) / (1.0 / variances).sum()
    mean = float(weights @ means)
    return mean, max(float(weights @ (variances + (means - mean) ** 2)), CLOSE_SD**2)


def _points(known: pd.DataFrame, location: str, measure: str, last: int) -> list[_Point]:
    """Yearly figures of a measure; GDP is R&D over its share of GDP where it is not given."""
    here = known[known["location"] == location]

    def of(name: str) -> dict[int, _Point]:
        rows = here[here["target"] == name]
        counted = rows[rows["value"].notna()]
        if counted.empty:
            return {}
        values = series(rows, location, name).loc[:last]
        sources = counted.groupby("time")["source"].last()
        fallback = sources.iloc[-1]
        return {
            year: _Point(year, value, str(sources.get(str(year), fallback)))
            for year, value in zip(values.index.tolist(), values.tolist(), strict=True)
        }

    points = of(measure)
    if measure == "gdp":
        spending, intensity = of("rd_expenditure"), of("rd_intensity")
        for year in sorted(spending.keys() & intensity.keys() - points.keys()):
            value = 100.0 * spending[year].value / intensity[year].value
            points[year] = _Point(year, value, f"{spending[year].source}; {intensity[year].source}")
    return [points[year] for year in sorted(points)]


def _latest(known: pd.DataFrame, location: str, target: str, last: int) -> _Point | None:
    points = _points(known, location, target, last)
    return points[-1] if points else None
