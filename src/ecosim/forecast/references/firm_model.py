"""The firm model in the race: its books in cohorts, with rates re-estimated at every origin over all places."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from ecosim.data.panel import CountsError
from ecosim.forecast.evaluation.forecaster import (
    Ahead,
    Floats,
    History,
    Known,
    NoForecast,
    Paths,
    Series,
    generator,
)

if TYPE_CHECKING:
    from ecosim.calibration.growth import Growth
    from ecosim.forecast.accounts.firms import Books

CERTIFICATES = ("hnte_certifications", "hnte_stock", "hnte_new")  # flow, stock and first ones of the ladder
GROWING = (  # counts that the firm model carries by the growth of calibration alone (forecast/shifts.py)
    "patents_applied", "inventions_applied", "patents_granted", "inventions_granted", "rd_expenditure", "rd_personnel",
    "hightech_firms", "hnte_certifications", "hnte_stock", "hnte_foreign_stock", "tech_sme_stock", "tech_sme_new",
    "firms", "births", "deaths", "employment", "small_firms", "small_firm_births", "small_firm_deaths",
)  # fmt: skip
NOT_ITS_OWN = "is no count of the firm model"


@dataclass(frozen=True)
class FirmModel:
    """`ecosim`: the agent-based model in the reduced form of docs/backtest.md, for yearly counts.

    Firms, firms founded and closed and employment move together (accounts/firms.py), certificates by the ladder
    (accounts/ladder.py), other counts of the model by the growth that sets its conditions. Places without enough
    years for the first two are forecast by growth.
    """

    name: ClassVar[str] = "ecosim"
    scope: ClassVar[Literal["place", "panel"]] = "panel"

    def fit(self, history: History, wanted: Sequence[Series], ahead: Ahead) -> Mapping[Series, Paths | NoForecast]:
        """Paths of every wanted series."""
        if len(history.origin) != len("2012"):
            return {series: NoForecast("for yearly data only") for series in wanted}
        found: dict[Series, Paths | NoForecast] = {}
        found |= _firms(history, wanted, ahead)
        found |= _certificates(history, [series for series in wanted if series not in found], ahead)
        found |= _growing(history, [series for series in wanted if series not in found], ahead)
        return {series: found[series] for series in wanted}


def _firms(history: History, wanted: Sequence[Series], ahead: Ahead) -> dict[Series, Paths | NoForecast]:
    """Those series whose place keeps books of firms."""
    from ecosim.forecast.accounts import firms

    found: dict[Series, Paths | NoForecast] = {}
    for family in firms.FAMILIES:
        places = _with_books(history, family)
        asked = [(place, target) for place, target in wanted if place in places and target in family]
        if not asked:
            continue
        luck = generator(ahead.seed, FirmModel.name, family[0], history.origin)
        try:
            books = _books(history, family, places)
            usable = np.isfinite(books.firms).sum(axis=1) >= firms.LEAST_YEARS
            books = firms.of_places(books, usable)
            kept = [place for place, enough in zip(places, usable, strict=True) if enough]
            year = int(history.origin[:4])
            paths = (
                firms.by_target(family, firms.forecast(books, year, ahead.steps, ahead.samples, luck)) if kept else {}
            )
        except NoForecast:
            continue  # too few years: growth alone
        rows = {place: row for row, place in enumerate(kept)}
        for place, target in asked:
            if place in rows and target in paths:
                found[place, target] = Paths(paths[target][:, rows[place]])
    return found


def _with_books(history: History, family: tuple[str, ...]) -> list[str]:
    """Places whose stock and a flow are known at the origin; where most have employment, only those that have it."""

    def current(place: str, target: str) -> bool:
        known = history.series.get((place, target))
        return known is not None and known.lag == 0

    stock, founded, closed, people = family
    places = sorted({place for place, _ in history.series})
    able = [each for each in places if current(each, stock) and (current(each, founded) or current(each, closed))]
    both = [each for each in able if current(each, founded) and current(each, closed)]
    able = both if len(both) * 2 > len(able) else [each for each in able if current(each, closed)] or able
    peopled = [each for each in able if current(each, people)]
    return peopled if len(peopled) * 2 > len(able) else able


def _books(history: History, family: tuple[str, ...], places: list[str]) -> "Books":
    from ecosim.forecast.accounts import firms

    series = [[history.series.get((place, target)) for place in places] for target in family]
    years = max(len(known.values) for known in series[0] if known is not None)
    current = [all(known is not None and known.lag == 0 for known in each) for each in series]
    columns = [_aligned(each, years) if whole else None for each, whole in zip(series, current, strict=True)]
    stock, founded, closed, people = columns
    assert stock is not None
    return firms.keep(stock, founded, closed, people)


def _aligned(series: Sequence[Known | None], years: int) -> Floats:
    """Values that all end at the origin, (P, years), NaN before the first."""
    table = np.full((len(series), years), np.nan)
    for row, known in enumerate(series):
        if known is not None:
            values = known.values[-years:]
            table[row, years - len(values) :] = values
    return table


def _certificates(history: History, wanted: Sequence[Series], ahead: Ahead) -> dict[Series, Paths | NoForecast]:
    """Certificates of the places whose yearly flow is known at the origin, without gaps."""
    from ecosim.forecast.accounts import ladder

    asked = [(place, target) for place, target in wanted if target in CERTIFICATES]
    flow, stock, _ = CERTIFICATES
    known = {place: history.series.get((place, flow)) for place, _ in asked}
    usable = {place: each for place, each in known.items() if each is not None and each.lag == 0}
    if not usable:
        return {}
    growth = _fit(history, flow, ahead)
    if growth is None:
        return {}
    renewal = ladder.draw_renewals(ahead.samples, generator(ahead.seed, FirmModel.name, "renewal", history.origin))
    found: dict[Series, Paths | NoForecast] = {}
    for place, target in asked:
        if place not in usable or not np.isfinite(usable[place].values).all():
            continue
        given = ladder.forecast(usable[place].values, growth, place, ahead.steps, renewal, _salted(history, ahead))
        if target == stock:
            level = history.series[place, stock]
            counted = float(level.values[-1]) if level.lag == 0 else np.nan
            sum_of_three = float(usable[place].values[-ladder.VALIDITY :].sum())
            whole = len(usable[place].values) >= ladder.VALIDITY and sum_of_three > 0 and np.isfinite(counted)
            if whole:  # the register differs from the sum of what was announced by as much as it does today
                found[place, target] = Paths(np.round(given.stock * (counted / sum_of_three)))
        else:
            found[place, target] = Paths(given.flow if target == flow else given.first)
    return found


def _growing(history: History, wanted: Sequence[Series], ahead: Ahead) -> dict[Series, Paths | NoForecast]:
    """Growth with its common shock, for the model's other counts; a reason for what is none of them."""
    found: dict[Series, Paths | NoForecast] = {}
    fits: dict[str, Growth | None] = {}
    for place, target in wanted:
        known = history.series[place, target]
        if target not in GROWING:
            found[place, target] = NoForecast(f"{target} {NOT_ITS_OWN}")
            continue
        if target not in fits:
            fits[target] = _fit(history, target, ahead)
        growth = fits[target]
        if growth is None or known.lag or known.scale.kind == "level":
            found[place, target] = NoForecast(
                "its last value is not of the origin's year, or too few places have growth"
            )
            continue
        drawn = growth.draw(place, ahead.samples, ahead.steps, _salted(history, ahead))
        values = known.scale.back(known.scaled[-1] + drawn)
        finite = bool(np.isfinite(values).all())
        found[place, target] = Paths(values) if finite else NoForecast("failed: some of its paths are not finite")
    return found


def _fit(history: History, target: str, ahead: Ahead) -> "Growth | None":
    from ecosim.calibration.growth import fit_growth

    try:
        return fit_growth(history.counts, target, history.origin, horizon=ahead.steps)
    except CountsError:
        return None


def _salted(history: History, ahead: Ahead) -> int:
    """Different luck at different origins: the seed and the year."""
    return ahead.seed + (int(history.origin) << 32)
