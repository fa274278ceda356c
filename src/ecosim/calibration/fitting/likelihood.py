"""Families fitted by statsmodels' discrete models: NB2, extra zeros, ordered logit."""

import warnings
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special
from statsmodels.discrete.discrete_model import NegativeBinomial
from statsmodels.genmod import families
from statsmodels.genmod.generalized_linear_model import GLM

from ecosim.calibration.fitting.design import Design
from ecosim.calibration.fitting.dispersion import moment_dispersion
from ecosim.calibration.fitting.effects import Floats, dummies
from ecosim.calibration.fitting.equation import Equation
from ecosim.calibration.fitting.errors import EquationError
from ecosim.calibration.fitting.estimation import Estimation, invert
from ecosim.calibration.fitting.poisson import CONSTANT, with_effects

if TYPE_CHECKING:
    from statsmodels.miscmodels.ordinal_model import OrderedModel

ALPHA = "alpha"  # name of the NB2 dispersion among the estimates: variance mu + alpha mu^2
LEAST_ALPHA = 1e-3
ROUNDS = 500


def search(equation: Equation, model: Any, start: Floats, near: bool = False) -> Floats:
    """Parameters at the maximum of a likelihood: BFGS, unless the start is near, then Newton.

    Raises EquationError where they do not settle.
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # a failed search is told by the check below
        params = start
        if not near:
            params = np.asarray(model.fit(start_params=start, method="bfgs", maxiter=ROUNDS, disp=0).params)
        for _ in range(20):
            step = invert(-np.asarray(model.hessian(params))) @ np.asarray(model.score(params))
            if not np.isfinite(step).all() or np.abs(step).max() > 1.0:
                break
            params = params + step
            if np.abs(step).max() < 1e-9:
                break
        score, information = np.asarray(model.score(params)), -np.asarray(model.hessian(params))
    good = np.isfinite([*params, *score]).all() and np.isfinite(information).all()
    if not good or float(score @ invert(information) @ score) > 1e-4:
        raise EquationError(
            f"equation {equation.name}: the search of family {equation.family} did not settle; take out terms, or use "
            "family poisson, whose mean is right whatever the variance is"
        )
    return params


def fit_nb2(equation: Equation, design: Design, near: Floats | None = None) -> Estimation:
    """NB2 by maximum likelihood: variance mu + alpha mu^2 with alpha estimated (statsmodels' NegativeBinomial).

    near: parameters of a fit to almost the same rows.
    """
    columns, names = with_effects(equation, design)
    model = NegativeBinomial(design.outcome, columns, offset=design.offset)
    close = near is not None and len(near) == columns.shape[1] + 1
    start = _start(design, columns)
    if start[-1] == LEAST_ALPHA:
        raise EquationError(f"equation {equation.name}: no more variance than Poisson (alpha 0); use family poisson")
    params = search(equation, model, near if near is not None and close else start, close)
    alpha = float(params[-1])
    if alpha <= 0.0:
        raise EquationError(f"equation {equation.name}: no more variance than Poisson (alpha 0); use family poisson")
    mean = np.exp(columns @ params[:-1] + design.offset)
    return Estimation(
        "NB2" + (", dummies" if design.effects else ""),
        (*names, ALPHA),
        np.array([*range(len(names)), len(params) - 1]),
        params,
        invert(-np.asarray(model.hessian(params))),
        np.asarray(model.score_obs(params)),
        mean,
        len(params),
        float(design.rows - columns.shape[1]),
        loglike=float(model.loglike(params)),
        null_loglike=lambda: _null(design, alpha),
        alpha=alpha,
        zero_chance=(1.0 + alpha * mean) ** (-1.0 / alpha),
        notes=("alpha by likelihood is biased down by fixed effects",) if design.effects else (),
    )


def _start(design: Design, columns: Floats) -> Floats:
    """Poisson slopes and the dispersion of their residuals."""
    first = GLM(design.outcome, columns, family=families.Poisson(), offset=design.offset).fit()
    alpha = moment_dispersion(design.outcome, np.asarray(first.fittedvalues), float(first.df_resid))
    return np.append(np.asarray(first.params), max(alpha, LEAST_ALPHA))


def _null(design: Design, alpha: float) -> float:
    """Log likelihood of NB2 with a constant only."""
    model = NegativeBinomial(design.outcome, np.ones((design.rows, 1)), offset=design.offset)
    start = np.array([np.log(design.outcome.sum() / np.exp(design.offset).sum()), alpha])
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return float(model.fit(start_params=start, method="bfgs", maxiter=ROUNDS, disp=0).llf)


def fit_zero_inflated(equation: Equation, design: Design, near: Floats | None = None) -> Estimation:
    """Poisson or NB2 counts with extra zeros, whose chance is logit in the zero terms and a constant.

    near: parameters of a fit to almost the same rows.
    """
    from statsmodels.discrete.count_model import ZeroInflatedNegativeBinomialP, ZeroInflatedPoisson

    columns, names = with_effects(equation, design)
    zeros = np.column_stack([design.zeros, np.ones(design.rows)])
    negative = equation.family == "zero_inflated_nb2"
    kind = ZeroInflatedNegativeBinomialP if negative else ZeroInflatedPoisson
    model = kind(design.outcome, columns, exog_infl=zeros, offset=design.offset, inflation="logit")
    start = _start(design, columns)
    first = np.zeros(zeros.shape[1])
    first[-1] = special.logit(np.clip(0.5 * (design.outcome == 0).mean(), 0.01, 0.5))
    begin = np.concatenate([first, start if negative else start[:-1]])
    close = near is not None and len(near) == len(begin)
    params = search(equation, model, near if near is not None and close else begin, close)
    extras = zeros.shape[1]
    mean = np.exp(columns @ params[extras : extras + columns.shape[1]] + design.offset)
    alpha = float(params[-1]) if negative else 0.0
    extra = special.expit(zeros @ params[:extras])
    none = (1.0 + alpha * mean) ** (-1.0 / alpha) if negative else np.exp(-mean)
    zero_names = tuple(f"zero: {name}" for name in (*design.zero_names, CONSTANT))
    return Estimation(
        ("zero-inflated NB2" if negative else "zero-inflated Poisson") + (", dummies" if design.effects else ""),
        (*names, *zero_names, *((ALPHA,) if negative else ())),
        np.array([*range(extras, extras + len(names)), *range(extras), *((len(params) - 1,) if negative else ())]),
        params,
        invert(-np.asarray(model.hessian(params))),
        np.asarray(model.score_obs(params)),
        (1.0 - extra) * mean,
        len(params),
        float(design.rows - len(params)),
        loglike=float(model.loglike(params)),
        alpha=alpha,
        zero_chance=extra + (1.0 - extra) * none,
    )


def fit_ordered(equation: Equation, design: Design) -> Estimation:
    """Ordered logit: chance of at most rank g = logistic(threshold g - x b). Thresholds are reported behind slopes."""
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    columns = design.slopes
    if design.effects:
        columns = np.column_stack([columns, dummies(design.effects)[:, 1:]])
    ranks = np.unique(design.outcome)
    model = OrderedModel(np.searchsorted(ranks, design.outcome), columns, distr="logit")
    params = search(equation, _Ordered(model), np.asarray(model.start_params))
    k, cuts = columns.shape[1], len(ranks) - 1
    thresholds = model.transform_threshold_params(params)[1:-1]
    chances = np.asarray(model.predict(params))
    jacobian = np.eye(k + cuts)  # of (slopes, thresholds) in the model's own parameters: increments in logs
    for place in range(cuts):
        jacobian[k + place, k] = 1.0
        jacobian[k + place, k + 1 : k + 1 + place] = np.exp(params[k + 1 : k + 1 + place])
    shares = np.bincount(np.searchsorted(ranks, design.outcome)) / design.rows
    own = _Ordered(model)
    return Estimation(
        "ordered logit" + (", dummies" if design.effects else ""),
        (*design.names, *(f"threshold {low:g} | {high:g}" for low, high in pairwise(ranks))),
        np.array([*range(len(design.names)), *range(k, k + cuts)]),
        np.concatenate([params[:k], thresholds]),
        jacobian @ invert(-own.hessian(params)) @ jacobian.T,
        own.score_obs(params) @ np.linalg.inv(jacobian),
        chances @ ranks,
        k + cuts,
        float(design.rows - k - cuts),
        loglike=float(model.loglike(params)),
        null_loglike=lambda: float(design.rows * (shares * np.log(shares)).sum()),
    )


class _Ordered:
    """statsmodels' ordered model with derivatives row by row."""

    def __init__(self, model: "OrderedModel") -> None:
        self.model = model
        self.fit = model.fit

    def score_obs(self, params: Floats) -> Floats:
        """Derivative of each row's log likelihood, central differences, (n, p)."""
        steps = 1e-5 * np.maximum(1.0, np.abs(params))
        columns = []
        for place, step in enumerate(steps):
            up, down = params.copy(), params.copy()
            up[place] += step
            down[place] -= step
            columns.append((self.model.loglikeobs(up) - self.model.loglikeobs(down)) / (2.0 * step))
        return np.column_stack(columns)

    def score(self, params: Floats) -> Floats:
        """Derivative of the log likelihood, (p,)."""
        return self.score_obs(params).sum(axis=0)

    def hessian(self, params: Floats) -> Floats:
        """Second derivatives of the log likelihood, (p, p)."""
        return np.asarray(self.model.hessian(params))
