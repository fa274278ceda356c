"""The forecasts to beat: a random walk and a drift of one yearly series, with honest width."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from ecosim.calibration.borrow import panel_levels, stock_damping, stocks_from_flows
from ecosim.calibration.increments import base_year, usable_increments
from ecosim.data.panel import CountsError, known_at, series
from ecosim.data.targets import kind_of

Floats = NDArray[np.float64]

QUANTILES = (0.01, 0.025, *(round(0.05 * step, 2) for step in range(1, 20)), 0.975, 0.99)  # the 23 of the hubs
LEAST_INCREMENTS = 3  # fewer own increments than this and the panel's are used
SCENARIO = "reference"
COLUMNS = ("scenario", "location", "origin", "time", "target", "quantile", "value", "model", "basis")


class _History(NamedTuple):
    last_year: int
    last_log: float
    shift: float  # added to a count before its logarithm
    increments: Floats
    freedom: float  # independent increments
    damping: Floats  # (years,) factor on the width, by year ahead
    basis: str


def random_walk(
    counts: pd.DataFrame,
    target: str,
    location: str,
    origin: str,
    years: int,
    quantiles: Sequence[float] = QUANTILES,
) -> pd.DataFrame:
    """Last value, with yearly log increments of mean zero and their root mean square about zero.

    The width is a t with as many degrees of freedom as increments, times the root of the years since the last value;
    so a steady growth widens it too. Returns COLUMNS, one row per year 1..years after the origin's last complete year
    and quantile; `basis` says whose increments were used: with fewer than three of its own, the panel's.
    Raises CountsError where the place has no value at the origin.
    """
    history = _history(_known(counts, origin), target, location, origin, years)
    return _random_walk(history, target, location, origin, years, quantiles)


def drift(
    counts: pd.DataFrame,
    target: str,
    location: str,
    origin: str,
    years: int,
    quantiles: Sequence[float] = QUANTILES,
) -> pd.DataFrame:
    """Last value grown by the mean log increment, with the uncertainty of that mean: variance h s^2 (1 + h / T).

    A t with T - 1 degrees of freedom. Columns, basis and errors as of random_walk.
    """
    history = _history(_known(counts, origin), target, location, origin, years)
    return _drift(history, target, location, origin, years, quantiles)


def both(counts: pd.DataFrame, targets: Iterable[str], location: str, origin: str, years: int) -> list[pd.DataFrame]:
    """The random walk and the drift of every target of which the place has a value at the origin, see there."""
    known = _known(counts, origin)
    tables = []
    for target in targets:
        try:
            history = _history(known, target, location, origin, years)
        except CountsError:
            continue  # the place has no count of it: there is nothing that a reference could start from
        tables += [method(history, target, location, origin, years, QUANTILES) for method in (_random_walk, _drift)]
    return tables


def _random_walk(
    history: _History, target: str, location: str, origin: str, years: int, quantiles: Sequence[float]
) -> pd.DataFrame:
    scale = float(np.sqrt(np.mean(history.increments**2)))
    steps: Floats = base_year(origin) - history.last_year + np.arange(1.0, years + 1.0)
    width: Floats = scale * np.sqrt(steps)
    return _table("random_walk", history, target, location, origin, quantiles, np.zeros(years), width, 0)


def _drift(
    history: _History, target: str, location: str, origin: str, years: int, quantiles: Sequence[float]
) -> pd.DataFrame:
    mean = float(np.mean(history.increments))
    scale = float(np.std(history.increments, ddof=1)) if len(history.increments) > 1 else abs(mean)
    steps: Floats = base_year(origin) - history.last_year + np.arange(1.0, years + 1.0)
    width = scale * np.sqrt(steps * (1.0 + steps / history.freedom))
    return _table("drift", history, target, location, origin, quantiles, mean * steps, width, 1)


def _known(counts: pd.DataFrame, origin: str) -> pd.DataFrame:
    """Counts known at the origin, with stocks where only their flows are counted."""
    return stocks_from_flows(known_at(counts, origin))


def _history(known: pd.DataFrame, target: str, location: str, origin: str, years: int) -> _History:
    """The place's last value, and its own increments or the panel's. known: see `_known`."""
    rows = known[(known["target"] == target) & (known["location"] == location) & known["value"].notna()]
    values = series(rows, location, target).loc[: base_year(origin)]
    if values.empty:
        raise CountsError(
            f"{location}, {target}: no yearly value at {origin}; a reference forecast starts at the last value, "
            "so add one or choose a later origin"
        )
    shift = 0.5 if rows["unit"].eq("count").all() else 0.0
    if (values + shift <= 0).any():
        raise CountsError(f"{location}, {target}: a value that is not positive has no logarithm; drop it")
    levels = (values + shift).apply(np.log).to_frame(location)
    levels = levels.reindex(range(int(levels.index.min()), int(levels.index.max()) + 1))
    own = usable_increments(levels, target)
    last = levels[location].dropna()
    if len(own) >= LEAST_INCREMENTS:
        return _History(
            int(last.index[-1]), float(last.iloc[-1]), shift, own[location].to_numpy(), len(own),
            np.ones(years), f"own increments of {len(own)} years",
        )  # fmt: skip
    panel, panel_logs = panel_levels(known, target, origin)
    pooled = usable_increments(panel_logs, panel)
    increments = pooled.to_numpy()
    basis = f"only {len(own)} own increments; those of {panel} of {pooled.shape[1]} places, {len(pooled)} years"
    flow_for_stock = kind_of(target) == "stock" and kind_of(panel) == "flow"
    last_year = int(last.index[-1])
    lag = base_year(origin) - last_year
    damping = stock_damping(lag + years)[lag:] if flow_for_stock else np.ones(years)
    freedom = _pooled_freedom(increments)
    increments = increments[np.isfinite(increments)]
    return _History(last_year, float(last.iloc[-1]), shift, increments, freedom, damping, basis)


def _pooled_freedom(increments: Floats) -> float:
    """Degrees of freedom of the mean square of increments (T, P) that share a common part each year (Satterthwaite)."""
    years, places = increments.shape
    whole = float(np.nanmean(increments**2))
    common = float(np.mean(np.nanmean(increments, axis=1) ** 2))
    local = max(whole - common, 0.0)
    return whole**2 / (common**2 / years + local**2 / (years * max(places - 1, 1)))


def _table(
    model: str,
    history: _History,
    target: str,
    location: str,
    origin: str,
    quantiles: Sequence[float],
    center: Floats,
    width: Floats,
    estimated: int,
) -> pd.DataFrame:
    """Quantiles on the scale of the counts; `estimated`: parameters whose estimation costs degrees of freedom."""
    levels = np.asarray(quantiles, dtype=float)
    unit = stats.t.ppf(levels, max(history.freedom - estimated, 1.0))
    logs = history.last_log + center[:, None] + (history.damping * width)[:, None] * unit
    years = base_year(origin) + np.arange(1, len(center) + 1)
    return pd.DataFrame(
        {
            "scenario": SCENARIO,
            "location": location,
            "origin": origin,
            "time": np.repeat([str(year) for year in years], len(levels)),
            "target": target,
            "quantile": np.tile(levels, len(center)),
            "value": np.maximum(np.exp(logs) - history.shift, 0.0).ravel(),
            "model": model,
            "basis": history.basis,
        },
        columns=list(COLUMNS),
    )
