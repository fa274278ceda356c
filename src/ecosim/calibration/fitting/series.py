"""Families in time: Bass diffusion, and the common factor of many series."""

import warnings

import numpy as np
import pandas as pd
from scipy import optimize

from ecosim.calibration.fitting.design import Design
from ecosim.calibration.fitting.effects import CLOSE, MOST_ROUNDS, Codes, Floats
from ecosim.calibration.fitting.equation import Equation
from ecosim.calibration.fitting.errors import EquationError
from ecosim.calibration.fitting.estimation import Estimation, invert

LEAST_TIMES = 8
LEAST_SALES = 4  # rows of a unit's diffusion


def adopted(innovation: float, imitation: float, age: Floats) -> Floats:
    """Share that has adopted at an age, Bass (1969), doi:10.1287/mnsc.15.5.215."""
    decay = np.exp(-(innovation + imitation) * age)
    return (1.0 - decay) / (1.0 + imitation / innovation * decay)


def fit_bass(equation: Equation, design: Design) -> Estimation:
    """Adopters of each period, m [F(t) - F(t - 1)], by nonlinear least squares (Srinivasan and Mason 1986).

    The outcome counts new adopters. A unit's first row is its first period. Innovation p and imitation q are common,
    the market m is each unit's own; of several units the standard errors are clustered by unit.
    """
    assert design.times is not None
    units = design.units if design.units is not None else np.zeros(design.rows, np.int64)
    count = np.bincount(units)
    if count.min() < LEAST_SALES:
        raise EquationError(f"equation {equation.name}: a unit has {count.min()} rows; a diffusion needs {LEAST_SALES}")
    first = np.full(len(count), np.iinfo(np.int64).max)
    np.minimum.at(first, units, design.times)
    age = (design.times - first[units] + 1).astype(float)

    def shape(logs: Floats) -> Floats:
        p, q = np.exp(logs)
        return adopted(p, q, age) - adopted(p, q, age - 1.0)

    def markets(growth: Floats) -> Floats:
        return np.bincount(units, growth * design.outcome) / np.bincount(units, growth**2)

    def residual(logs: Floats) -> Floats:
        growth = shape(logs)
        return design.outcome - markets(growth)[units] * growth

    bounds = (np.log(1e-7), np.log(20.0))
    starts = ([0.03, 0.4], [0.001, 0.8], [0.005, 0.2], [0.1, 0.1])
    found = [optimize.least_squares(residual, np.log(start), bounds=bounds, xtol=1e-14, ftol=1e-14) for start in starts]
    best = min(found, key=lambda result: result.cost)
    if any((np.abs(best.x - bound) < 1e-3).any() for bound in bounds):
        raise EquationError(
            f"equation {equation.name}: these adopters show no bend, so the market cannot be told from the speed; wait "
            "for more periods"
        )
    params = np.concatenate([np.exp(best.x), markets(shape(best.x))])
    jacobian = _jacobian(params, units, age)
    gap = residual(best.x)
    several = len(count) > 1
    names = ("innovation p", "imitation q") if several else ("innovation p", "imitation q", "market")
    shown = np.arange(len(names))
    freedom = float(design.rows - len(params))
    return Estimation(
        "Bass diffusion, nonlinear least squares",
        names,
        shown,
        params,
        invert(jacobian.T @ jacobian),
        jacobian * gap[:, None],
        design.outcome - gap,
        len(params),
        freedom,
        scale=float(gap @ gap) / freedom,
        notes=(
            f"market of {params[2]:,.0f}" if not several else f"{len(count)} markets, together {params[2:].sum():,.0f}",
        ),
    )


def _jacobian(params: Floats, units: Codes, age: Floats) -> Floats:
    """Derivatives of the adopters in all parameters, central differences, (n, 2 + units)."""

    def mean(values: Floats) -> Floats:
        p, q = values[:2]
        return values[2:][units] * (adopted(p, q, age) - adopted(p, q, age - 1.0))

    columns = []
    for place, value in enumerate(params):
        step = np.zeros(len(params))
        step[place] = 1e-6 * abs(value)
        columns.append((mean(params + step) - mean(params - step)) / (2.0 * step[place]))
    return np.column_stack(columns)


def common_factor(equation: Equation, design: Design) -> pd.Series:
    """The effects of time beside those of units, plus the mean of all, by time. Raises EquationError."""
    assert design.times is not None
    periods, times = np.unique(design.times, return_inverse=True)
    units = np.zeros(design.rows, np.int64) if design.units is None else design.units
    factor = pd.Series(_beside_units(design.outcome, units, times), index=periods)
    if len(factor) < LEAST_TIMES:
        raise EquationError(f"equation {equation.name}: {len(factor)} periods; a common factor needs {LEAST_TIMES}")
    if (np.diff(factor.index) != 1).any():
        gap = int(factor.index[int(np.flatnonzero(np.diff(factor.index) != 1)[0])])
        raise EquationError(f"equation {equation.name}: no {equation.outcome} after {gap}; a common factor has no gaps")
    return factor


def _beside_units(values: Floats, units: Codes, times: Codes) -> Floats:
    """Effects of time of mean zero over the rows, plus the mean of all, (periods,): a unit may lack some periods."""
    size, often = np.bincount(units), np.bincount(times)
    effects = np.zeros(len(often))
    for _ in range(MOST_ROUNDS):
        own = np.bincount(units, values - effects[times]) / size
        before, effects = effects, np.bincount(times, values - own[units]) / often
        if np.abs(effects - before).max() <= CLOSE * np.abs(values).max():
            break
    return effects + values.mean() - effects[times].mean()


def fit_autoregression(equation: Equation, design: Design) -> Estimation:
    """f(t) = mean + persistence (f(t-1) - mean) + shock, exact likelihood (statsmodels' SARIMAX)."""
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    factor = common_factor(equation, design).to_numpy()
    scale = factor.std()
    model = SARIMAX(factor / scale, order=(1, 0, 0), trend="c")
    return _state_space(
        equation,
        model,
        factor,
        scale,
        ("mean", "persistence", "shock sd"),
        (lambda p: p[0] / (1.0 - p[1]) * scale, lambda p: p[1], lambda p: np.sqrt(p[2]) * scale),
        "AR(1) of the common factor",
    )


def fit_components(equation: Equation, design: Design) -> Estimation:
    """Local linear trend of the common factor: its three sds (statsmodels' UnobservedComponents)."""
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    factor = common_factor(equation, design).to_numpy()
    scale = np.diff(factor).std()
    model = UnobservedComponents(factor / scale, level="local linear trend")
    return _state_space(
        equation,
        model,
        factor,
        scale,
        ("irregular sd", "level sd", "slope sd"),
        tuple(lambda p, i=i: np.sqrt(max(p[i], 0.0)) * scale for i in range(3)),
        "local linear trend of the common factor",
    )


def _state_space(equation, model, factor, scale, names, functions, words) -> Estimation:  # type: ignore[no-untyped-def]
    """Estimate a state-space model and report functions of its parameters, errors by the delta rule."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = model.fit(disp=0, maxiter=500)
    if not result.mle_retvals["converged"]:
        raise EquationError(f"equation {equation.name}: the search did not settle on {len(factor)} periods")
    params = np.asarray(result.params)
    slopes = np.empty((len(names), len(params)))
    for place in range(len(params)):
        step = np.zeros(len(params))
        step[place] = 1e-6 * max(abs(params[place]), 1e-3)
        for row, function in enumerate(functions):
            slopes[row, place] = (function(params + step) - function(params - step)) / (2.0 * step[place])
    return Estimation(
        words,
        names,
        np.arange(len(names)),
        np.array([function(params) for function in functions]),
        slopes @ np.asarray(result.cov_params()) @ slopes.T,
        None,
        np.asarray(result.fittedvalues) * scale,
        len(params),
        float(len(factor) - len(params)),
        loglike=float(result.llf),
        notes=(f"{len(factor)} periods; a standard error of an sd near 0 says nothing",),
    )
