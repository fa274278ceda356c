"""Poisson regressions and hazards: statsmodels' generalized linear models, and Poisson given each group's total."""

import warnings

import numpy as np
from scipy import special
from statsmodels.genmod import families
from statsmodels.genmod.generalized_linear_model import GLM

from ecosim.calibration.fitting.design import Design
from ecosim.calibration.fitting.effects import Floats, dummies
from ecosim.calibration.fitting.equation import Equation
from ecosim.calibration.fitting.errors import EquationError
from ecosim.calibration.fitting.estimation import Estimation, invert, sum_by_group

CONSTANT = "constant"
MOST_DUMMIES = 2_500
ROUNDS = 100
FORETOLD = 1e-3  # gap between every outcome and its mean, below which nothing is left to chance


def with_effects(equation: Equation, design: Design, slopes: Floats | None = None) -> tuple[Floats, tuple[str, ...]]:
    """Slopes and dummies (or a constant), (n, p), and the names of those that are reported: slopes, constant.

    Raises EquationError where the dummies are too many.
    """
    slopes = design.slopes if slopes is None else slopes
    if not design.effects:
        return np.column_stack([slopes, np.ones(len(slopes))]), (*design.names, CONSTANT)
    wanted = sum(int(codes.max()) + 1 for codes in design.effects)
    if wanted > MOST_DUMMIES:
        way_out = "family conditional_poisson has no such limit" if equation.family == "poisson" else "use coarser ones"
        raise EquationError(
            f"equation {equation.name}: {wanted} dummies for {', '.join(equation.fixed_effects)}, more than "
            f"{MOST_DUMMIES}; {way_out}"
        )
    return np.column_stack([slopes - slopes.mean(axis=0), dummies(design.effects)]), design.names


def fit_poisson(equation: Equation, design: Design) -> Estimation:
    """Poisson regression with dummies for fixed effects; the mean is right whatever the variance is."""
    columns, names = with_effects(equation, design)
    result = GLM(design.outcome, columns, family=families.Poisson(), offset=design.offset).fit()
    if not result.converged:
        raise EquationError(f"equation {equation.name}: Poisson did not converge; check for terms of enormous size")
    mean = np.asarray(result.fittedvalues)
    null = np.exp(design.offset) * design.outcome.sum() / np.exp(design.offset).sum()
    return Estimation(
        "Poisson" + (", dummies" if design.effects else ""),
        names,
        np.arange(len(names)),
        np.asarray(result.params),
        invert(columns.T @ (columns * mean[:, None])),
        columns * (design.outcome - mean)[:, None],
        mean,
        columns.shape[1],
        float(design.rows - columns.shape[1]),
        loglike=poisson_loglike(design.outcome, mean),
        null_loglike=lambda: poisson_loglike(design.outcome, null),
        zero_chance=np.exp(-mean),
    )


def poisson_loglike(outcome: Floats, mean: Floats) -> float:
    """Log likelihood of counts under Poisson means."""
    return float((special.xlogy(outcome, mean) - mean - special.gammaln(outcome + 1.0)).sum())


def fit_conditional(equation: Equation, design: Design) -> Estimation:
    """Poisson given the total of each group of the first fixed effect; other effects are dummies. Newton steps.

    The slopes are those of dummies for every group (Hausman, Hall and Griliches 1984, doi:10.2307/1911191).
    """
    groups, others = design.effects[0], design.effects[1:]
    extra = dummies(others)[:, 1:] if others else np.empty((design.rows, 0))
    columns = np.column_stack([design.slopes - design.slopes.mean(axis=0), extra])
    totals = np.bincount(groups, design.outcome)
    params, worst = np.zeros(columns.shape[1]), np.inf
    for _ in range(ROUNDS):
        mean = _shares(columns @ params + design.offset, groups) * totals[groups]
        centered = columns - (sum_by_group(columns * mean[:, None], groups) / np.maximum(totals, 1.0)[:, None])[groups]
        information = centered.T @ (centered * mean[:, None])
        score = columns.T @ (design.outcome - mean)
        step = invert(information) @ score
        worst = float(np.abs(step).max(initial=0.0) / max(1.0, np.abs(params).max(initial=0.0)))
        params = params + step * min(1.0, 5.0 / max(np.abs(columns @ step).max(initial=0.0), 1e-300))
        if worst < 1e-10:
            break
    else:
        raise EquationError(
            f"equation {equation.name}: conditional Poisson did not converge; check for terms of enormous size"
        )
    mean = _shares(columns @ params + design.offset, groups) * totals[groups]
    null = _shares(design.offset, groups) * totals[groups]
    used = int((totals > 0).sum())
    return Estimation(
        f"Poisson given the totals of {equation.fixed_effects[0]}",
        design.names,
        np.arange(len(design.names)),
        params,
        invert(information),
        centered * (design.outcome - mean)[:, None],
        mean,
        columns.shape[1],
        float(design.rows - columns.shape[1] - used),
        loglike=poisson_loglike(design.outcome, mean),
        null_loglike=lambda: poisson_loglike(design.outcome, null),
        zero_chance=np.exp(-mean),
        notes=("the pseudo R2 is against the group effects alone",),
    )


def _shares(logs: Floats, groups: np.ndarray) -> Floats:
    """exp(logs) as shares of their group."""
    top = np.full(int(groups.max()) + 1, -np.inf)
    np.maximum.at(top, groups, logs)
    weights = np.exp(logs - top[groups])
    return weights / np.bincount(groups, weights)[groups]


def fit_hazard(equation: Equation, design: Design) -> Estimation:
    """Complementary log-log hazard: chance 1 - exp(-exposure exp(x b)); events among trials, or 0 and 1."""
    columns, names = with_effects(equation, design)
    family = families.Binomial(link=families.links.CLogLog())
    counts = np.column_stack([design.outcome, design.trials - design.outcome])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # perfect separation is told by the check below
        result = GLM(counts, columns, family=family, offset=design.offset).fit()
    foretold = np.abs(design.outcome - design.trials * np.asarray(result.fittedvalues)).max() < FORETOLD
    if not result.converged or foretold:
        raise EquationError(
            f"equation {equation.name}: the hazard did not converge; a term may foretell the event without fail"
        )
    risk = np.exp(np.clip(columns @ result.params + design.offset, -700.0, 700.0))
    chance = np.clip(-np.expm1(-risk), 1e-300, 1.0 - 1e-16)
    slope = risk * np.exp(-risk)  # of the chance in the linear predictor
    weight = slope / (chance * (1.0 - chance))

    def null() -> float:
        return float(GLM(counts, np.ones((design.rows, 1)), family=family, offset=design.offset).fit().llf)

    return Estimation(
        "binomial, complementary log-log" + (", dummies" if design.effects else ""),
        names,
        np.arange(len(names)),
        np.asarray(result.params),
        invert(-np.asarray(result.model.hessian(result.params, observed=True))),
        columns * ((design.outcome - design.trials * chance) * weight)[:, None],
        design.trials * chance,
        columns.shape[1],
        float(design.rows - columns.shape[1]),
        loglike=float(result.llf),
        null_loglike=null,
    )
