"""ARIMA with orders chosen by a test of stationarity and AIC."""

import itertools
import warnings
from typing import Any

import numpy as np

from ecosim.forecast.evaluation.forecaster import Floats, NoForecast
from ecosim.forecast.references.case import Case, need
from ecosim.forecast.references.state_space import sample_paths

ORDERS = ((0, 0), (1, 0), (0, 1), (1, 1), (2, 0))  # (p, q)
SEASONAL_ORDERS = (((0, 1), (0, 1)), ((1, 0), (0, 1)), ((0, 1), (1, 0)), ((1, 0), (1, 0)))  # (p, q), (P, Q)
STATIONARY = 0.05  # level of the KPSS test: differenced where it is rejected


def arima(case: Case) -> Floats:
    """ARIMA(p,d,q), p + q <= 2, d = 1 where KPSS rejects a stationary level at 5 %, constant or not, least AICc.

    With a season m: (p,d,q)(P,1,Q)m of four combinations. SARIMAX of statsmodels, gaps filled by its filter; parameters
    drawn about the maximum (state_space.py); (samples, steps). The steps of Hyndman and Khandakar (2008), (unverified).
    """
    z = case.known.scaled
    known = int(np.isfinite(z).sum())
    need(known, 8)
    unit = float(np.sqrt(np.mean(np.diff(case.known.filled) ** 2))) or 1.0
    values = (z - z[-1]) / unit
    season = case.known.season if case.known.season > 1 and known >= 3 * case.known.season else 1
    model, fitted = choose(values, case.known.filled, season)
    paths = sample_paths(model, fitted, case.samples, case.steps, case.luck)
    return case.known.scale.back(z[-1] + unit * paths)


def choose(values: Floats, filled: Floats, season: int = 1) -> tuple[Any, Floats]:
    """The model of least AICc and its parameters. values: scaled, with gaps; filled: without. Raises NoForecast."""
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    if season > 1:
        difference = int(_wanders(filled[season:] - filled[:-season]))
        grid = [((p, difference, q), (pp, 1, qq, season)) for (p, q), (pp, qq) in SEASONAL_ORDERS]
    else:
        difference = int(_wanders(filled))
        grid = [((p, difference, q), (0, 0, 0, 0)) for p, q in ORDERS]
    constants = ["c"] if season == 1 and difference == 0 else ["n", "c"]
    best: tuple[float, Any, Floats] | None = None
    for (order, seasonal), constant in itertools.product(grid, constants):
        model = SARIMAX(values, order=order, seasonal_order=seasonal, trend=constant)
        result = model.fit(disp=0, cov_type="none")
        score = float(result.aicc)
        if np.isfinite(score) and np.isfinite(result.params).all() and (best is None or score < best[0]):
            best = score, model, np.asarray(result.params)
    if best is None:
        raise NoForecast("no order of the grid could be fitted")
    return best[1], best[2]


def _wanders(values: Floats) -> bool:
    from statsmodels.tsa.stattools import kpss

    if np.ptp(values) == 0.0:
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where the p-value lies outside its table, which is all we ask
        return float(kpss(values, regression="c", nlags="auto")[1]) < STATIONARY
