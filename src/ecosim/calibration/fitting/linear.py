"""Least squares with fixed effects taken out by means within groups."""

import numpy as np

from ecosim.calibration.fitting.design import Design
from ecosim.calibration.fitting.effects import levels, nested, within
from ecosim.calibration.fitting.equation import Equation
from ecosim.calibration.fitting.estimation import Estimation, invert
from ecosim.calibration.fitting.poisson import CONSTANT


def fit_linear(equation: Equation, design: Design) -> Estimation:
    """Ordinary least squares; with fixed effects the within estimator, whose slopes are those of dummies.

    The small-sample factor does not count effects that are nested in the clusters (as Stata's xtreg does not);
    classical errors count every one.
    """
    if design.effects:
        columns, outcome = within(design.slopes, design.effects), within(design.outcome[:, None], design.effects)[:, 0]
        names: tuple[str, ...] = design.names
    else:
        columns, outcome = np.column_stack([design.slopes, np.ones(design.rows)]), design.outcome
        names = (*design.names, CONSTANT)
    bread = invert(columns.T @ columns)
    params = bread @ (columns.T @ outcome)
    residual = outcome - columns @ params
    slopes = len(design.names)
    clustered = bool(equation.clusters)
    open_effects = tuple(codes for codes in design.effects if not (clustered and nested(codes, design.clusters)))
    freedom = float(design.rows - slopes - levels(design.effects))
    squares = float(residual @ residual)
    total = design.outcome - design.outcome.mean()
    rows = design.rows
    return Estimation(
        "least squares" + (", within " + " and ".join(equation.fixed_effects) if design.effects else ""),
        names,
        np.arange(len(names)),
        params,
        bread,
        columns * residual[:, None],
        design.outcome - residual,
        slopes + levels(open_effects),
        freedom,
        scale=squares / freedom if freedom > 0 else float("nan"),
        loglike=-0.5 * rows * (np.log(2.0 * np.pi * squares / rows) + 1.0),
        null_loglike=lambda: -0.5 * rows * (np.log(2.0 * np.pi * float(total @ total) / rows) + 1.0),
        notes=(f"R2 {1.0 - squares / float(total @ total):.3f}, within {1.0 - squares / float(outcome @ outcome):.3f}",)
        if design.effects
        else (f"R2 {1.0 - squares / float(total @ total):.3f}",),
    )
