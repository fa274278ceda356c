"""What the counts known at an origin say: coefficients, diagnostics and placebos of all count equations."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecosim.calibration.equations import (
    EQUATIONS,
    LEAST_PLACES,
    LEAST_YEARS,
    Dispersion,
    Fit,
    enough,
    fit_dispersion,
    fit_equation,
    panel_rows,
)
from ecosim.calibration.exit_by_age import CHINA_KNOWN_FROM, US_LAST_YEAR, chinese_hazards, fit_exit
from ecosim.calibration.increments import base_year
from ecosim.calibration.placebo import COLUMNS as PLACEBO_COLUMNS
from ecosim.calibration.placebo import lead_placebos
from ecosim.calibration.renewal import INDISTINGUISHABLE, RENEWAL_PRIOR, renewal_prior, renewal_profile
from ecosim.data import exit_hazards
from ecosim.data.panel import CountsError, known_at

COEFFICIENTS = ("equation", "term", "estimate", "std_error", "source", "estimator", "n", "years", "use")
DIAGNOSTICS = ("equation", "statistic", "value", "note")
COVARIANCES = ("equation", "term", "other", "value")
FORECAST_ONLY = "may forecast; not an effect, enters no counterfactual"


@dataclass(frozen=True)
class Calibration:
    """Tables of everything that was estimated, and of what could not be."""

    origin: str
    coefficients: pd.DataFrame  # COEFFICIENTS
    covariances: pd.DataFrame  # COVARIANCES: slopes of the Poisson fits, clustered by place
    diagnostics: pd.DataFrame  # DIAGNOSTICS
    placebos: pd.DataFrame  # placebo.COLUMNS
    renewal: pd.DataFrame  # rate, log_likelihood; empty where no cohort is known


def calibrate(counts: pd.DataFrame, origin: str, locations: Iterable[str] | None = None) -> Calibration:
    """Fit every count equation to the yearly figures known at the origin.

    counts: counts schema; locations: the panel, without it every place with complete rows, but not the nation.
    An equation with too few years or places is not dropped: its diagnostics say 'not fitted' and why.
    """
    known = known_at(counts, origin)
    places = None if locations is None else tuple(locations)
    tables: dict[str, list[pd.DataFrame]] = {name: [] for name in ("coefficients", "covariances", "placebos")}
    notes: list[pd.DataFrame] = []
    for equation in EQUATIONS:
        rows = panel_rows(known, equation, places)
        if not enough(rows):
            notes.append(_not_fitted(equation.name, rows["year"].nunique(), rows["location"].nunique()))
            continue
        fit = fit_equation(rows, equation)
        dispersion = fit_dispersion(rows, equation, fit)
        tables["coefficients"] += [_coefficients(fit), *([_nb2(fit, dispersion)] if dispersion else [])]
        tables["covariances"].append(_covariances(fit))
        tables["placebos"].append(lead_placebos(known, equation, places, rows))
        notes.append(_diagnose(fit, dispersion))
    renewal, renewal_notes, renewal_rows = _renewal(known)
    exits, exit_notes = _exit(base_year(origin))
    return Calibration(
        origin,
        _stack([*tables["coefficients"], renewal_rows, *exits], COEFFICIENTS),
        _stack(tables["covariances"], COVARIANCES),
        _stack([*notes, renewal_notes, *exit_notes], DIAGNOSTICS),
        _stack(tables["placebos"], PLACEBO_COLUMNS),
        renewal,
    )


def _coefficients(fit: Fit) -> pd.DataFrame:
    effects = "place and year effects" if fit.equation.place_effects else "year effects"
    offset = f", offset ln {fit.equation.offset} lag" if fit.equation.offset else ""
    return pd.DataFrame(
        {
            "equation": fit.equation.name,
            "term": fit.terms,
            "estimate": fit.estimate,
            "std_error": np.sqrt(np.diag(fit.covariance)),
            "source": f"counts of {fit.places} places, {fit.years[0]}-{fit.years[-1]}; {effects}{offset}",
            "estimator": "Poisson, errors clustered by place",
            "n": fit.rows,
            "years": len(fit.years),
            "use": FORECAST_ONLY,
        }
    )


def _nb2(fit: Fit, dispersion: Dispersion) -> pd.DataFrame:
    table = _coefficients(fit)
    return table.assign(
        estimate=dispersion.estimate, std_error=dispersion.std_error, estimator="NB2, errors clustered by place"
    )


def _covariances(fit: Fit) -> pd.DataFrame:
    table = pd.DataFrame(fit.covariance, index=fit.terms, columns=fit.terms).stack().reset_index()
    table.columns = pd.Index(["term", "other", "value"])
    return table.assign(equation=fit.equation.name)


def _diagnose(fit: Fit, dispersion: Dispersion | None) -> pd.DataFrame:
    years = f"{fit.years[0]}-{fit.years[-1]}, {len(fit.years)} years"
    rows: list[tuple[str, float, str]] = [
        ("rows", fit.rows, f"{fit.places} places, {years}"),
        ("Pearson / df", fit.pearson, "1 if the variance were Poisson; clustered errors do not widen predictions"),
        ("alpha", fit.alpha, "NB2 dispersion, Pearson statistic equal to its degrees of freedom"),
    ]
    if dispersion:
        note = "NB2 dispersion by maximum likelihood, biased down by the effects of place"
        rows.append(("alpha by likelihood", dispersion.alpha, note))
    else:
        rows.append(("alpha by likelihood", np.nan, "not fitted: the search did not converge"))
    table = pd.DataFrame(rows, columns=["statistic", "value", "note"])
    return table.assign(equation=fit.equation.name)


def _not_fitted(equation: str, years: int, places: int) -> pd.DataFrame:
    note = f"not fitted: {years} years, {places} places; needs {LEAST_YEARS} years and {LEAST_PLACES} places"
    return pd.DataFrame([{"equation": equation, "statistic": "rows", "value": 0.0, "note": note}])


def _renewal(known: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Profile of the renewal rate, its diagnostics, and the prior that is used instead of an estimate."""
    mean, sd = renewal_prior()
    prior = pd.DataFrame(
        [
            {
                "equation": "hnte renewal",
                "term": "renewal rate",
                "estimate": mean,
                "std_error": sd,
                "source": "assumption: Beta({:g}, {:g}); the counts do not identify it".format(*RENEWAL_PRIOR),
                "estimator": "prior",
                "use": "varied in the ensemble",
            }
        ]
    )
    try:
        profile = renewal_profile(known)
    except CountsError as error:
        note = f"not fitted: {error}"
        rows = [{"equation": "hnte renewal", "statistic": "rows", "value": 0.0, "note": note}]
        return pd.DataFrame(columns=["rate", "log_likelihood"]), pd.DataFrame(rows), prior
    where = f"{profile.points} points, {profile.years[0]}-{profile.years[-1]}, exposure {profile.exposure}"
    note = f"not identified: every rate from here to 1 is within {INDISTINGUISHABLE:g} log-likelihood units; {where}"
    rows = [
        {"equation": "hnte renewal", "statistic": "lowest rate", "value": profile.lowest, "note": note},
        {"equation": "hnte renewal", "statistic": "best rate", "value": profile.best, "note": where},
    ]
    return profile.table, pd.DataFrame(rows), prior


def _exit(last_year: int) -> tuple[list[pd.DataFrame], list[pd.DataFrame]]:
    """Closing by age, each table only where it was known at the origin."""
    tables, notes = [], []
    if last_year >= US_LAST_YEAR:
        american = exit_hazards.united_states()
        fitted = fit_exit(american)
        note = "Pearson dispersion of the grouped binomial fit; standard errors are inflated by its root"
        row = {"equation": "exit by age, US", "statistic": "dispersion", "value": fitted["dispersion"].iloc[0]}
        notes.append(pd.DataFrame([row | {"note": note}]))
        tables.append(
            fitted.drop(columns="dispersion").assign(
                estimator="binomial, complementary log-log", n=len(american), use="US runs only"
            )
        )
    else:
        notes.append(_unknown("exit by age, US", f"its table pools cohorts up to {US_LAST_YEAR}"))
    if last_year >= CHINA_KNOWN_FROM:
        tables.append(chinese_hazards().assign(estimator="published", use="closing of Chinese firms by age"))
    else:
        notes.append(_unknown("exit by age, China (published)", f"it was published in {CHINA_KNOWN_FROM}"))
    return tables, notes


def _unknown(equation: str, why: str) -> pd.DataFrame:
    row = {"equation": equation, "statistic": "rows", "value": 0.0, "note": f"not fitted: {why}, after the origin"}
    return pd.DataFrame([row])


def _stack(tables: list[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    filled = [table.reindex(columns=list(columns)) for table in tables if len(table)]
    if not filled:
        return pd.DataFrame(columns=list(columns))
    return pd.concat([table.dropna(axis=1, how="all") for table in filled], ignore_index=True).reindex(
        columns=list(columns)
    )
