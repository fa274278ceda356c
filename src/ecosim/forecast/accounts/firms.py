"""Firms, firms founded and closed and people employed, forecast as books that add up: places together, year by year."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.forecast.accounts import demography, panel_var
from ecosim.forecast.evaluation.forecaster import Floats, NoForecast

FAMILIES = (  # stock, founded, closed, people
    ("firms", "births", "deaths", "employment"),
    ("small_firms", "small_firm_births", "small_firm_deaths", ""),
)
LEAST_YEARS = panel_var.LEAST_STEPS + 2  # of counts
CLOSING_BOUND, FOUNDING_BOUND, GROWTH_BOUND = (-2.0, 1.5), (-6.0, 0.0), (-1.0, 1.0)  # of logs, in simulated years
MOST_CLOSING = 0.6  # of the firms in a year
ADDS_UP = 1e-6  # share of the firms by which counts may miss firms(t) = firms(t-1) + births - deaths


class Books(NamedTuple):
    """Yearly counts of P places over T years, (P, T), NaN before a place's first year. people: None where not known."""

    firms: Floats
    births: Floats
    deaths: Floats
    people: Floats | None

    @property
    def misses(self) -> Floats:
        """Firms that came or went without having been counted, over those of the year before, (P, T - 1)."""
        change = np.diff(self.firms) - self.births[:, 1:] + self.deaths[:, 1:]
        return np.asarray(change / self.firms[:, :-1])


def keep(firms: Floats, births: Floats | None, deaths: Floats | None, people: Floats | None) -> Books:
    """Books from what is known, each (P, T); one flow is derived where it is missing, and nothing before a gap is used.

    Raises NoForecast where neither flow is known.
    """
    change = np.concatenate([np.full((len(firms), 1), np.nan), np.diff(firms)], axis=1)
    if births is None and deaths is None:
        raise NoForecast("firms founded or closed are not known")
    if births is None:
        assert deaths is not None
        births = np.maximum(change + deaths, 0.0)
    if deaths is None:
        deaths = np.maximum(births - change, 0.0)
    series = [firms, births, deaths] if people is None else [firms, births, deaths, people]
    there = np.isfinite(firms) & (firms > 0)
    both = there & np.all([np.isfinite(each) for each in series], axis=0)
    whole = both.copy()
    for year in range(firms.shape[1] - 2, -1, -1):  # the first year needs the stocks alone
        stocks = there[:, year] & (True if people is None else np.isfinite(people[:, year]))
        whole[:, year] = whole[:, year + 1] & (both[:, year] | (stocks & both[:, year + 1]))
        whole[:, year] &= stocks
    for year in range(1, firms.shape[1]):  # and no other year does
        only_stocks = whole[:, year] & ~both[:, year]
        whole[only_stocks, :year] = False
    first = [np.where(whole, each, np.nan) for each in (firms, births, deaths)]
    return Books(first[0], first[1], first[2], None if people is None else np.where(whole, people, np.nan))


def of_places(books: Books, chosen: NDArray[np.bool_]) -> Books:
    """The books of some places, chosen (P,), from the first year of any of them on."""
    first = int(np.isfinite(books.firms[chosen]).any(axis=0).argmax()) if chosen.any() else 0
    people = None if books.people is None else books.people[chosen, first:]
    return Books(books.firms[chosen, first:], books.births[chosen, first:], books.deaths[chosen, first:], people)


def forecast(books: Books, year: int, steps: int, samples: int, luck: np.random.Generator) -> dict[str, Floats]:
    """Paths of the counts by their role: stock, founded, closed, people; each (samples, P, steps). year: of the origin.

    Rates: closings over those that the rule expects of the ages present, births over firms, growth of employment (and,
    where the books do not add up, what they miss), in logs; their dynamics are those of panel_var. Raises NoForecast.
    """
    hazards = demography.best_profile(books.firms, books.births, books.deaths, year)
    cohorts = demography.rebuild(books.firms, books.births, books.deaths, hazards)
    missing = bool(np.nanmax(np.abs(books.misses)) > ADDS_UP)
    fitted = panel_var.fit(_rates(books, cohorts.expected, missing), _crowding(books))
    walk = panel_var.begin(fitted, samples, luck)
    places = len(books.firms)
    firms = np.tile(cohorts.firms[:, -1], (samples, 1, 1))
    people = None if books.people is None else np.tile(books.people[:, -1], (samples, 1))
    names = ("stock", "founded", "closed") if people is None else ("stock", "founded", "closed", "people")
    paths = {name: np.empty((samples, places, steps)) for name in names}
    for step in range(steps):
        stock = firms.sum(axis=-1)
        crowding = None if people is None else np.log(stock / people).mean(axis=1)
        rates, walk = panel_var.advance(fitted, walk, crowding, luck)
        expected = firms @ hazards
        closed = np.maximum(expected * np.exp(np.clip(rates[..., 0], *CLOSING_BOUND)) - 0.5, 0.0)
        closed = np.round(np.minimum(closed, MOST_CLOSING * stock))
        founded = np.round(np.maximum(stock * np.exp(np.clip(rates[..., 1], *FOUNDING_BOUND)) - 0.5, 0.0))
        moved = np.round(stock * rates[..., -1]) if missing else 0.0
        firms = demography.grow_old(firms, closed / np.maximum(expected, 1e-9), founded, hazards)
        left = np.maximum(np.round(stock) - closed + founded + moved, 1.0)
        firms *= (left / firms.sum(axis=-1))[..., None]
        paths["stock"][..., step], paths["founded"][..., step], paths["closed"][..., step] = left, founded, closed
        if people is not None:
            people = people * np.exp(np.clip(rates[..., 2], *GROWTH_BOUND))
            paths["people"][..., step] = people
    return paths


def _rates(books: Books, expected: Floats, missing: bool) -> Floats:
    """(P, T - 1, K): log closing rate over the rule's, log founding rate, growth of employment, what the books miss."""
    rates = [
        np.log((books.deaths + 0.5) / expected)[:, 1:],
        np.log((books.births[:, 1:] + 0.5) / books.firms[:, :-1]),
    ]
    if books.people is not None:
        rates.append(np.diff(np.log(books.people)))
    if missing:
        rates.append(books.misses)
    return np.stack(rates, axis=-1)


def _crowding(books: Books) -> Floats | None:
    """Mean log of firms over people at each year's end, (T,): the market that firms share; None without people."""
    return None if books.people is None else np.asarray(np.nanmean(np.log(books.firms / books.people), axis=0))


def by_target(family: tuple[str, ...], paths: Mapping[str, Floats]) -> dict[str, Floats]:
    """Paths under the names of the targets."""
    roles = dict(zip(("stock", "founded", "closed", "people"), family, strict=True))
    return {roles[role]: each for role, each in paths.items() if roles[role]}
