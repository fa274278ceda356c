"""Partial pooling of one coefficient over places: each borrows from all, and a place without counts inherits the rest.

A place's own estimate has a sampling error; what is left of the spread between places is real. The variance between
places is the one under which the weighted squares have their expected value (Paule and Mandel 1982; DerSimonian and
Kacker 2007, doi:10.1016/j.cct.2006.04.004; unverified). Each place is then shrunk to the weighted mean (empirical
Bayes), and a place without an estimate of its own has the distribution of places.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import t

from ecosim.calibration.equations import EQUATIONS, Equation, panel_rows
from ecosim.data.errors import UserError
from ecosim.data.panel import CountsError, known_at

Floats = NDArray[np.float64]

LEAST_PLACES = 3
LEAST_FREEDOM = 2  # residual degrees of freedom of a place's own regression


class PoolingError(UserError, ValueError):
    """Estimates that cannot be pooled."""


@dataclass(frozen=True)
class Pooled:
    """mean, mean_se: of the distribution of places; between: its sd.

    table: place, estimate, std_error, pooled, pooled_sd.
    A place without an estimate of its own has mean `mean` and standard deviation `inherited_sd`.
    """

    mean: float
    mean_se: float
    between: float
    table: pd.DataFrame

    @property
    def inherited_sd(self) -> float:
        """Standard deviation of the coefficient of a place that has no counts."""
        return float(np.hypot(self.between, self.mean_se))

    def interval(self, level: float = 0.90) -> tuple[float, float]:
        """Interval for such a place, by Student's t with places - 2 degrees of freedom (Higgins et al. 2009)."""
        half = float(t.ppf(0.5 + level / 2.0, max(len(self.table) - 2, 1))) * self.inherited_sd
        return self.mean - half, self.mean + half


def pool(places: tuple[str, ...], estimates: Floats, errors: Floats) -> Pooled:
    """Partial pooling of estimates (n,) with standard errors (n,). Raises PoolingError with fewer than three places."""
    usable = np.isfinite(estimates) & np.isfinite(errors) & (errors > 0)
    if usable.sum() < LEAST_PLACES:
        raise PoolingError(f"{usable.sum()} places have an estimate with an error; pooling needs {LEAST_PLACES}")
    names = [place for place, kept in zip(places, usable, strict=True) if kept]
    values, squares = estimates[usable], np.square(errors[usable])
    variance = between_variance(values, squares)
    weights = 1.0 / (variance + squares)
    mean, mean_variance = float(weights @ values / weights.sum()), float(1.0 / weights.sum())
    kept_share = variance / (variance + squares)
    shrunk = mean + kept_share * (values - mean)
    spread = np.sqrt(kept_share * squares + np.square(1.0 - kept_share) * mean_variance)
    table = pd.DataFrame({
        "place": names, "estimate": values, "std_error": np.sqrt(squares), "pooled": shrunk, "pooled_sd": spread,
    })  # fmt: skip
    return Pooled(mean, float(np.sqrt(mean_variance)), float(np.sqrt(variance)), table)


def between_variance(values: Floats, squares: Floats) -> float:
    """Variance between places, 0 where their spread is no more than their errors explain."""

    def excess(variance: float) -> float:
        weights = 1.0 / (variance + squares)
        gaps = values - weights @ values / weights.sum()
        return float(weights @ np.square(gaps) - (len(values) - 1))

    if excess(0.0) <= 0.0:
        return 0.0
    high = float(np.var(values)) + 1e-12
    while excess(high) > 0.0:
        high *= 2.0
    return float(brentq(excess, 0.0, high))


def pool_slope(counts: pd.DataFrame, equation: Equation, term: str, origin: str) -> Pooled:
    """One slope of a count equation, fitted to each place's own years and pooled; years' effects are taken out first.

    Each place: least squares of the log outcome, less the offset where there is one, on the logs of the terms, all less
    their mean over places in the year.
    term: '<driver> lag'. Raises PoolingError where fewer than three places have enough years.
    """
    import statsmodels.api as sm

    rows = panel_rows(known_at(counts, origin), equation)
    names = [column for column in rows.columns if column.endswith(" lag")]
    if term not in names:
        raise PoolingError(f"{equation.name} has no term {term!r}; it has {', '.join(names)}")
    logs = rows.assign(outcome=np.log(rows["outcome"] + 0.5) - (rows["offset"] if equation.offset else 0.0))
    within = logs[["outcome", *names]] - logs.groupby("year")[["outcome", *names]].transform("mean")
    places, estimates, errors = [], [], []
    for place, own in within.groupby(rows["location"]):
        if len(own) < len(names) + 1 + LEAST_FREEDOM:
            continue
        fitted = sm.OLS(own["outcome"], sm.add_constant(own[names])).fit()
        places.append(str(place))
        estimates.append(float(fitted.params[term]))
        errors.append(float(fitted.bse[term]))
    return pool(tuple(places), np.array(estimates), np.array(errors))


def inherited_rows(counts: pd.DataFrame, place: str, origin: str) -> pd.DataFrame:
    """Slopes that a place has after pooling, or inherits: equation, term, estimate, std_error, source, kind.

    For every count equation with place effects; an equation with too few places or years at the origin has no row.
    """
    rows = []
    for equation in EQUATIONS:
        for driver in equation.terms if equation.place_effects else ():
            try:
                found = pool_slope(counts, equation, f"{driver} lag", origin)
            except (PoolingError, CountsError):
                continue
            own = found.table[found.table["place"] == place]
            value, sd = (found.mean, found.inherited_sd) if own.empty else own[["pooled", "pooled_sd"]].iloc[0]
            told = "inherits the distribution of" if own.empty else "shrunk towards"
            source = f"counts: {place} {told} {len(found.table)} places, sd between them {found.between:.2f}"
            rows.append((f"pooled: {equation.name}", f"{driver} lag", float(value), float(sd), source, "counts"))
    return pd.DataFrame(rows, columns=["equation", "term", "estimate", "std_error", "source", "kind"])
