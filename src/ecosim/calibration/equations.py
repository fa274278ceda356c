"""Count equations on the provincial panel: which they are, their data, and how one is fitted."""

import warnings
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy import optimize

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
    design, terms = _design(rows, equation)
    outcome, offset = _outcome(rows)
    result = sm.GLM(outcome, design, family=sm.families.Poisson(), offset=offset).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(rows["location"])[0]}
    )
    slopes = len(terms)
    return Fit(
        equation,
        terms,
        result.params[:slopes],
        result.cov_params()[:slopes, :slopes],
        float(result.pearson_chi2 / result.df_resid),
        moment_dispersion(outcome, result.fittedvalues, float(result.df_resid)),
        len(rows),
        rows["location"].nunique(),
        tuple(sorted(int(year) for year in rows["year"].unique())),
    )


def fit_dispersion(rows: pd.DataFrame, equation: Equation, start: Fit) -> Dispersion | None:
    """NB2 by maximum likelihood, or nothing where the search does not converge to a positive dispersion.

    With effects of place its alpha is biased down: the likelihood does not count the degrees of freedom they use.
    """
    design, terms = _design(rows, equation)
    outcome, offset = _outcome(rows)
    first = sm.GLM(outcome, design, family=sm.families.Poisson(), offset=offset).fit()
    model = sm.NegativeBinomial(outcome, design, offset=offset)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a failed search is told by the check below
        result = model.fit(
            start_params=np.append(first.params, max(start.alpha, 1e-3)),
            method="bfgs",
            maxiter=300,
            disp=0,
            cov_type="cluster",
            cov_kwds={"groups": pd.factorize(rows["location"])[0]},
        )
    estimate, error = result.params[: len(terms)], result.bse[: len(terms)]
    alpha = float(result.params[-1])
    good = result.mle_retvals["converged"] and alpha > 0 and np.isfinite([*estimate, *error]).all()
    return Dispersion(estimate, error, alpha) if good else None


def moment_dispersion(outcome: NDArray[np.float64], mean: NDArray[np.float64], freedom: float) -> float:
    """NB2 dispersion alpha that solves sum (y - mu)^2 / (mu + alpha mu^2) = residual degrees of freedom; 0 if none."""

    def excess(alpha: float) -> float:
        return float(((outcome - mean) ** 2 / (mean + alpha * mean**2)).sum()) - freedom

    if excess(0.0) <= 0:
        return 0.0
    upper = 1.0
    while excess(upper) > 0:
        upper *= 2.0
    return float(optimize.brentq(excess, 0.0, upper))


def _outcome(rows: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """The counts, and the offset where there is one."""
    return rows["outcome"].to_numpy(float), rows["offset"].to_numpy(float) if "offset" in rows else None


def _design(rows: pd.DataFrame, equation: Equation) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Centered slopes, then dummies of year and place (all places and all years but one, or all years)."""
    terms = tuple(f"{term} {LAST_YEAR}" for term in equation.terms)
    terms += tuple(f"{term} {NEXT_YEAR}" for term in equation.leads)
    slopes = rows[list(terms)] - rows[list(terms)].mean()
    years = pd.get_dummies(rows["year"], prefix="year", drop_first=equation.place_effects, dtype=float)
    parts = [slopes, years]
    if equation.place_effects:
        parts.append(pd.get_dummies(rows["location"], dtype=float))
    return pd.concat(parts, axis=1).to_numpy(float), terms


def _moved_log(counts: pd.DataFrame, target: str, lag: int, column: str) -> pd.DataFrame:
    """Log of a series as `location, year, <column>`, moved so that the value of year t - lag stands at t."""
    rows = melt(yearly_table(counts, target), column)
    rows = rows[rows[column] > 0]
    return rows.assign(**{"year": rows["year"] + lag, column: np.log(rows[column])})
