"""Count equations on the provincial panel: which they are, their data, and how one is fitted."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecosim.calibration import fitting
from ecosim.calibration.fitting.design import build
from ecosim.calibration.fitting.dispersion import moment_dispersion, pearson
from ecosim.calibration.fitting.errors import EquationError
from ecosim.calibration.fitting.fit import Estimated, estimate
from ecosim.calibration.increments import BREAKS, melt, yearly_table

LEAST_YEARS = 3
LEAST_PLACES = 5
LAST_YEAR = "lag"
NEXT_YEAR = "lead"


class Equation(NamedTuple):
    """A yearly count on logs of other series, with effects of year and, mostly, of place."""

    name: str
    outcome: str
    terms: tuple[str, ...]  # series of the year before, in logs
    offset: str = ""  # series of the year before whose log enters with coefficient 1
    place_effects: bool = True
    leads: tuple[str, ...] = ()  # series of the next year, in logs: placebos


EQUATIONS: tuple[Equation, ...] = (
    Equation("inventions_applied", "inventions_applied", ("rd_expenditure", "rd_personnel")),
    Equation(
        "inventions_applied with fiscal",
        "inventions_applied",
        ("rd_expenditure", "rd_personnel", "fiscal_science_spending"),
    ),
    Equation(
        "inventions_applied between", "inventions_applied", ("rd_expenditure", "rd_personnel"), place_effects=False
    ),
    Equation("inventions_granted", "inventions_granted", ("rd_expenditure", "rd_personnel", "fiscal_science_spending")),
    Equation("hightech_firms", "hightech_firms", ("rd_firm_funded", "fiscal_science_spending"), "hightech_firms"),
    Equation(
        "hnte_certifications", "hnte_certifications", ("rd_expenditure", "rd_personnel", "fiscal_science_spending")
    ),
    Equation(
        "hnte_certifications by funder",
        "hnte_certifications",
        ("rd_firm_funded", "rd_government_funded", "fiscal_science_spending"),
    ),
)


class Fit(NamedTuple):
    """A fitted equation: slopes only; effects of place and year are not kept."""

    equation: Equation
    terms: tuple[str, ...]  # slopes, '<series> lag' or '<series> lead'
    estimate: NDArray[np.float64]  # (k,)
    covariance: NDArray[np.float64]  # (k, k), clustered by place
    pearson: float  # Pearson statistic over residual degrees of freedom; 1 for a Poisson variable
    alpha: float  # NB2 dispersion that makes the Pearson statistic equal its degrees of freedom
    rows: int
    places: int
    years: tuple[int, ...]


class Dispersion(NamedTuple):
    """The same equation with NB2 variance by maximum likelihood (statsmodels' discrete NegativeBinomial)."""

    estimate: NDArray[np.float64]  # (k,)
    std_error: NDArray[np.float64]  # (k,), clustered by place
    alpha: float


def panel_rows(counts: pd.DataFrame, equation: Equation, locations: Iterable[str] | None = None) -> pd.DataFrame:
    """Complete rows of an equation: `location, year, outcome`, one column per slope, and `offset` where there is one.

    Leaves out the nation, places with fewer than three complete years, and years in which the outcome's series breaks.
    """
    rows = melt(yearly_table(counts, equation.outcome), "outcome")
    rows = rows[~rows["year"].isin(BREAKS.get(equation.outcome, ()))]
    series = [(term, 1, f"{term} {LAST_YEAR}") for term in equation.terms]
    series += [(term, -1, f"{term} {NEXT_YEAR}") for term in equation.leads]
    series += [(equation.offset, 1, "offset")] if equation.offset else []
    for target, lag, column in series:
        rows = rows.merge(_moved_log(counts, target, lag, column), on=["location", "year"])
    if locations is not None:
        rows = rows[rows["location"].isin(list(locations))]
    complete = rows.groupby("location")["year"].transform("size") >= LEAST_YEARS
    return rows[complete].reset_index(drop=True)


def enough(rows: pd.DataFrame) -> bool:
    """Whether an equation can be fitted to these rows at all."""
    return rows["year"].nunique() >= LEAST_YEARS and rows["location"].nunique() >= LEAST_PLACES


def fit_equation(rows: pd.DataFrame, equation: Equation) -> Fit:
    """Poisson regression with effects of place and year; covariance clustered by place.

    rows: from panel_rows, real or simulated. A Poisson mean is estimated consistently whatever the variance; the
    variance is not Poisson (see `pearson`), so never use this fit's Poisson likelihood for a prediction interval.
    """
    found, slopes = _estimate(rows, equation, "poisson")
    outcome, mean, freedom = rows["outcome"].to_numpy(float), found.estimation.fitted, found.estimation.freedom
    return Fit(
        equation,
        _terms(equation),
        found.estimate[:slopes],
        found.covariance[:slopes, :slopes],
        pearson(outcome, mean, freedom),
        moment_dispersion(outcome, mean, freedom),
        len(rows),
        rows["location"].nunique(),
        tuple(sorted(int(year) for year in rows["year"].unique())),
    )


def fit_dispersion(rows: pd.DataFrame, equation: Equation, start: Fit) -> Dispersion | None:
    """NB2 by maximum likelihood, or nothing where the search does not settle on a positive dispersion.

    start: the Poisson fit of the same rows; where it shows no dispersion there is none to estimate. With effects of
    place alpha is biased down: the likelihood does not count the degrees of freedom they use.
    """
    if start.alpha == 0.0:
        return None
    try:
        found, slopes = _estimate(rows, equation, "nb2")
    except EquationError:
        return None
    return Dispersion(found.estimate[:slopes], found.std_error[:slopes], float(found.estimate[-1]))


def _estimate(rows: pd.DataFrame, equation: Equation, family: str) -> tuple[Estimated, int]:
    """The same equation in the general form, fitted; and how many of its estimates are slopes."""
    terms = tuple(f"`{term}`" for term in _terms(equation))
    general = fitting.Equation(
        equation.name,
        "outcome",
        terms,
        family,
        fixed_effects=("location", "year") if equation.place_effects else ("year",),
        clusters="location",
        offset="offset" if "offset" in rows else "",
    )
    return estimate(general, build(general, rows, "panel")), len(terms)


def _terms(equation: Equation) -> tuple[str, ...]:
    return (
        *(f"{term} {LAST_YEAR}" for term in equation.terms),
        *(f"{term} {NEXT_YEAR}" for term in equation.leads),
    )


def _moved_log(counts: pd.DataFrame, target: str, lag: int, column: str) -> pd.DataFrame:
    """Log of a series as `location, year, <column>`, moved so that the value of year t - lag stands at t."""
    rows = melt(yearly_table(counts, target), column)
    rows = rows[rows[column] > 0]
    return rows.assign(**{"year": rows["year"] + lag, column: np.log(rows[column])})
