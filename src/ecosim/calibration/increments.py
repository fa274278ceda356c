"""Yearly log increments of one target over many places, and what they say about drift, shocks and noise."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecosim.data.panel import CountsError, wide
from ecosim.data.periods import origin_date

Floats = NDArray[np.float64]

NATION = "China"  # stands beside its provinces in the carried table and is no member of a panel
# Years whose figure follows a new rule (carried table breaks.csv): no growth is taken into them.
BREAKS: dict[str, tuple[int, ...]] = {"hightech_firms": (2011, 2018)}
LOCAL_DF = 8.0  # prior degrees of freedom of a place's own variance; set by hand
SWEEPS = 50  # of means over places and over years, which then no longer move where places have different years
TOGETHER = 2  # places whose increments show a common shock; of one alone it cannot be told from the place's own


def base_year(origin: str) -> int:
    """The last year that is complete at an origin: '2016-12' -> 2016, '2018-06' -> 2017."""
    day = origin_date(origin)
    return day.year if (day.month, day.day) == (12, 31) else day.year - 1


def yearly_table(counts: pd.DataFrame, target: str) -> pd.DataFrame:
    """One target as years (int) x locations, without the nation: panel.wide, much faster where all rows are yearly."""
    rows = counts[(counts["target"] == target) & (counts["location"] != NATION) & counts["value"].notna()]
    plain = rows["time"].str.fullmatch(r"\d{4}").all() and not rows.duplicated(["location", "time"]).any()
    if rows.empty or not plain:
        return wide(rows, target)
    table = rows.assign(year=rows["time"].astype(int)).pivot(index="year", columns="location", values="value")
    return table.astype(float).sort_index()


def melt(table: pd.DataFrame, value: str) -> pd.DataFrame:
    """A table of years x locations as rows `location, year, <value>`, empty cells left out."""
    long = table.rename_axis(index="year", columns="location").reset_index()
    return long.melt("year", var_name="location", value_name=value).dropna()[["location", "year", value]]


def log_levels(counts: pd.DataFrame, target: str, locations: Iterable[str] | None, last_year: int) -> pd.DataFrame:
    """Log of a target by year (complete range, gaps empty) and place, up to last_year; quarters make years.

    Counts enter as ln(y + 0.5), so that a zero is allowed; other units as ln(y). Without locations: every place with
    an increment between two successive years, but not the nation.
    Raises CountsError where a named place has no figure, or a figure that is no count is not positive.
    """
    rows = counts[(counts["target"] == target) & counts["value"].notna()]
    if locations is not None:
        wanted = list(dict.fromkeys(locations))
        missing = [name for name in wanted if name not in set(rows["location"])]
        if missing:
            raise CountsError(
                f"{target}: no figure up to {last_year} for {', '.join(missing)}; leave these places out or add counts"
            )
        rows = rows[rows["location"].isin(wanted)]
    table = yearly_table(rows, target).loc[:last_year]
    if table.empty:
        raise CountsError(f"{target}: no yearly figure up to {last_year}; choose a later origin or another target")
    table = table.reindex(range(int(table.index.min()), int(table.index.max()) + 1))
    shift = 0.5 if rows["unit"].eq("count").all() else 0.0
    if (table + shift <= 0).any(axis=None):
        raise CountsError(f"{target}: a value that is not positive has no logarithm; drop it or give the unit 'count'")
    logs = (table + shift).apply(np.log)
    if locations is None:
        logs = logs.loc[:, logs.diff().notna().any()]
    return logs


@dataclass(frozen=True)
class Moments:
    """What the increments of one target say, place by place (P) and year by year (T); log points, yearly.

    d[t, p] = drift[p] + common[t] + local[t, p] + noise[t, p] - noise[t - 1, p]
    In a year that one place of several knows alone all of the shock is local; it tells nothing of other places.
    """

    locations: tuple[str, ...]
    years: tuple[int, ...]  # T years with increments of several places; of a single place all of its years
    drift: Floats  # (P,) mean increment, shrunk to the panel
    drift_sd: Floats  # (P,) what shrinkage leaves open
    drift_mean: float  # mean over places
    drift_between: float  # sd of true drifts between places (tau)
    common: Floats  # (T,) common factor, sums to zero
    local_variance: Floats  # (P,) own variance, shrunk to pooled
    pooled_local_variance: float
    noise_variance: float  # of one measured level

    def common_variance(self, damping: float, prior_df: float, prior_sd: float) -> float:
        """Scale (squared) of the common shock: scaled-inverse-chi-squared prior, the factor, the discarded drift."""
        squares = float(self.common @ self.common)
        discarded = len(self.years) * (1.0 - damping) ** 2 * self.drift_mean**2
        return (prior_df * prior_sd**2 + squares + discarded) / (prior_df + len(self.years) - 1)


def usable_increments(levels: pd.DataFrame, target: str) -> pd.DataFrame:
    """Increments between successive years (years x places), without gaps, declared breaks and empty places."""
    increments = levels.diff()
    increments = increments.drop(index=[year for year in BREAKS.get(target, ()) if year in increments.index])
    return increments.loc[increments.notna().any(axis=1), increments.notna().any()]


def moments(levels: pd.DataFrame, target: str) -> Moments:
    """Drift, common factor, local variance and measurement noise of log levels (years x places).

    Increments over a gap and into a declared break are not used. Raises CountsError without any increment.
    """
    increments = usable_increments(levels, target)
    if increments.empty:
        raise CountsError(f"{target}: no two successive years up to {levels.index.max()}; use a related target")
    values = increments.to_numpy()
    counted = np.isfinite(values).sum(axis=0)
    mean = np.nanmean(values, axis=0)
    together = _together(values)
    for _ in range(SWEEPS if np.isnan(values).any() else 1):  # one is exact where every place has every year
        common = np.where(together, np.nanmean(values - mean, axis=1), 0.0)
        common[together] -= common[together].mean()
        mean = np.nanmean(values - common[:, None], axis=0)
    single_year = len(values) == 1
    residual = values - common[:, None] - (mean.mean() if single_year else mean)
    shared = residual if together.all() else residual[together]  # a copy lies otherwise, and sums to other last bits
    variance, local, noise = _pooled(shared, increments.index.to_numpy()[together])
    sampling = local / counted + 2.0 * noise / counted**2
    told_apart = len(mean) > 1 and not single_year
    between = max(float(mean.var(ddof=1) - sampling.mean()), 0.0) if told_apart else 0.0
    weight = between / (between + sampling) if between > 0 else np.zeros(len(mean))
    own = np.nansum(residual**2, axis=0) * (len(mean) / max(len(mean) - 1, 1))
    own_df = np.maximum(counted - 1, 0)
    share = (LOCAL_DF * variance + own) / (LOCAL_DF + own_df) / variance if variance > 0 else np.ones(len(mean))
    return Moments(
        locations=tuple(increments.columns),
        years=tuple(int(year) for year in increments.index[together]),
        drift=mean.mean() + weight * (mean - mean.mean()),
        drift_sd=np.sqrt(between * (1.0 - weight)),
        drift_mean=float(mean.mean()),
        drift_between=float(np.sqrt(between)),
        common=common[together],
        local_variance=local * share,
        pooled_local_variance=local,
        noise_variance=noise,
    )


def _together(values: Floats) -> NDArray[np.bool_]:
    """Years, (T,), whose common shock can be told: those of several places, or all where no year has them."""
    counted = np.isfinite(values).sum(axis=1)
    enough: NDArray[np.bool_] = counted >= min(TOGETHER, int(counted.max()))
    return enough


def _pooled(residual: Floats, years: NDArray[np.int64]) -> tuple[float, float, float]:
    """Pooled variance of residual increments, and what of it are local shocks, and noise of one measured level.

    Over T years a place's residuals have the variance L + 2 (1 + 1/T) N, with T - 1 degrees of freedom, and the lag-1
    autocovariance -N - L/T - 2 N / (T^2 (T - 1)), as its own mean is taken out; of both the mean over P places takes
    1/P. At most 0.9 of the variance is noise.
    """
    counted = np.isfinite(residual).sum(axis=0)
    counted = counted[counted > 0]
    places, span = len(counted), len(residual)
    if places < 2:
        return 0.0, 0.0, 0.0  # with one place every shock is common
    freedom = (places - 1) if span == 1 else (counted - 1).sum() * (places - 1) / places
    variance = float(np.nansum(residual**2) / freedom)
    follows = np.diff(years) == 1
    products = (residual[1:] * residual[:-1])[follows]
    pairs = np.isfinite(products).sum()
    if span < 3 or pairs == 0:
        return variance, variance, 0.0
    swing = -float(np.nansum(products) / pairs) * places / (places - 1) - variance / span
    twice = 2.0 * swing / (1.0 - 2.0 * (span**2 - 2) / (span**2 * (span - 1)))
    noise = float(np.clip(twice * (1.0 + 1.0 / span), 0.0, 0.9 * variance))
    return variance, variance - noise, noise / (2.0 * (1.0 + 1.0 / span))
