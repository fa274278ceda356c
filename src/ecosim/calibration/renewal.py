"""Certification flows as renewals of the cohort of three years before plus first certifications."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, special, stats

from ecosim.calibration.increments import melt, yearly_table
from ecosim.data.panel import CountsError

VALIDITY = 3  # years that a certificate lasts
RENEWAL_PRIOR = (15.0, 5.0)  # Beta prior of the renewal rate: mean 0.75, sd 0.09; set by hand
GRID = np.round(np.arange(0.0, 1.0001, 0.05), 2)
INDISTINGUISHABLE = 2.0  # log-likelihood units within which two rates cannot be told apart


class RenewalProfile(NamedTuple):
    """Profile log likelihood of the renewal rate."""

    table: pd.DataFrame  # rate, log_likelihood
    best: float
    lowest: float  # smallest rate within 2 units of the best
    points: int
    years: tuple[int, ...]
    exposure: str


def certification_flows(counts: pd.DataFrame, rho: float) -> pd.DataFrame:
    """Split certifications F into renewals Q and first ones N where the cohort of three years before is known.

    Returns `location, year, certifications, cohort, renewals, first` with renewals = rho * cohort and
    first = certifications - renewals. `first` can be negative where a province reported a much smaller flow; it is
    left so, because cutting it off would break N + Q = F. rho: share of a cohort that renews, 0 to 1.
    """
    if not 0.0 <= rho <= 1.0:
        raise CountsError(f"renewal rate is {rho}; it is a share between 0 and 1")
    flows = yearly_table(counts, "hnte_certifications")
    cohorts = melt(_moved(flows, VALIDITY), "cohort")
    pairs = melt(flows, "certifications").merge(cohorts, on=["location", "year"])
    pairs["renewals"] = rho * pairs["cohort"]
    pairs["first"] = pairs["certifications"] - pairs["renewals"]
    columns = ["location", "year", "certifications", "cohort", "renewals", "first"]
    return pairs[columns].sort_values(["location", "year"], ignore_index=True)


def renewal_profile(counts: pd.DataFrame, exposure: str = "rd_personnel") -> RenewalProfile:
    """Profile likelihood of rho in F ~ NB2(rho * cohort + exposure * exp(year effect), alpha).

    exposure: series of the year before that stands for the firms at risk. Raises CountsError where no cohort is known.
    """
    rows = certification_flows(counts, 1.0)
    known = yearly_table(counts, exposure)
    rows = rows.merge(melt(_moved(known, 1), "exposure"), on=["location", "year"])
    if rows.empty:
        raise CountsError(
            f"no year with certifications, the cohort of {VALIDITY} years before and {exposure} of the year before; "
            "choose a later origin"
        )
    flow, cohort, risk = (rows[name].to_numpy(dtype=float) for name in ("certifications", "cohort", "exposure"))
    dummies = pd.get_dummies(rows["year"], dtype=float).to_numpy()
    start = np.append(np.log(0.4 * (dummies.T @ flow) / (dummies.T @ risk)), np.log(0.1))
    values = []
    for rate in GRID:
        result = optimize.minimize(
            _minus_log_likelihood, start, args=(flow, rate * cohort, risk, dummies), method="BFGS"
        )
        start = result.x
        values.append(-float(result.fun))
    table = pd.DataFrame({"rate": GRID, "log_likelihood": values})
    near = table["log_likelihood"] >= table["log_likelihood"].max() - INDISTINGUISHABLE
    return RenewalProfile(
        table,
        float(GRID[int(np.argmax(values))]),
        float(table.loc[near, "rate"].min()),
        len(rows),
        tuple(sorted(int(year) for year in rows["year"].unique())),
        exposure,
    )


def renewal_prior() -> tuple[float, float]:
    """Mean and sd of the Beta prior of the renewal rate."""
    prior = stats.beta(*RENEWAL_PRIOR)
    return float(prior.mean()), float(prior.std())


def hindcast_certifications(counts: pd.DataFrame, year: int, rho: float = 0.75) -> pd.DataFrame:
    """Mean absolute percentage error over places of simple forecasts of a year's certifications, from the year before.

    Returns `method, mape, places`. Growth is that of logs up to the year before; the cohort rows need the flow of four
    years before. Raises CountsError where the year or the two before it are not in the counts.
    """
    flows = yearly_table(counts, "hnte_certifications")
    missing = [str(each) for each in (year - 2, year - 1, year) if each not in flows.index]
    if missing:
        raise CountsError(
            f"hnte_certifications: no figures of {', '.join(missing)}; choose a year that has two before it"
        )
    past, last = flows.loc[: year - 1], flows.loc[year - 1]
    logs = past.apply(np.log).diff()
    pooled = float(np.exp(np.nanmean(logs.to_numpy())))
    forecasts = {
        "last value": last,
        "own log drift": last * np.exp(logs.mean()),
        "last value x pooled growth": last * pooled,
    }
    if year - 1 - VALIDITY in flows.index:
        cohort, first = flows.loc[year - VALIDITY], last - rho * flows.loc[year - 1 - VALIDITY]
        forecasts[f"renewals at {rho:g} + last first certifications"] = rho * cohort + first
        forecasts[f"renewals at {rho:g} + first certifications x pooled growth"] = rho * cohort + first * pooled
    errors = {method: (forecast / flows.loc[year] - 1.0).abs() for method, forecast in forecasts.items()}
    rows = [(method, 100.0 * float(error.mean()), int(error.count())) for method, error in errors.items()]
    return pd.DataFrame(rows, columns=["method", "mape", "places"])


def _minus_log_likelihood(
    parameters: NDArray[np.float64],
    flow: NDArray[np.float64],
    renewed: NDArray[np.float64],
    risk: NDArray[np.float64],
    dummies: NDArray[np.float64],
) -> float:
    """NB2 with log year effects and log alpha."""
    mean = renewed + risk * np.exp(dummies @ parameters[:-1])
    size = np.exp(-parameters[-1])
    logs = special.gammaln(flow + size) - special.gammaln(size) - special.gammaln(flow + 1.0)
    return -float((logs + size * np.log(size / (size + mean)) + flow * np.log(mean / (size + mean))).sum())


def _moved(table: pd.DataFrame, years: int) -> pd.DataFrame:
    """The same table with each value `years` later."""
    later = table.copy()
    later.index = pd.Index(later.index + years, name="year")
    return later
