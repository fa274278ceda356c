"""One equation fitted to one table: estimates, errors, diagnostics and placebos together."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from ecosim.calibration.fitting.design import Design, build
from ecosim.calibration.fitting.diagnostics import Row, diagnose
from ecosim.calibration.fitting.effects import Floats
from ecosim.calibration.fitting.equation import Equation
from ecosim.calibration.fitting.errors import EquationError
from ecosim.calibration.fitting.estimation import Estimation, SmallSample, sandwich, small_sample
from ecosim.calibration.fitting.identify import Variation, identify
from ecosim.calibration.fitting.leads import FAILS, Placebo, Slope, Slopes, lead_of, try_lead
from ecosim.calibration.fitting.likelihood import fit_nb2, fit_ordered, fit_zero_inflated
from ecosim.calibration.fitting.linear import fit_linear
from ecosim.calibration.fitting.poisson import fit_conditional, fit_hazard, fit_poisson
from ecosim.calibration.fitting.series import fit_autoregression, fit_bass, fit_components

ESTIMATORS: dict[str, Callable[[Equation, Design], Estimation]] = {
    "poisson": fit_poisson,
    "conditional_poisson": fit_conditional,
    "nb2": fit_nb2,
    "zero_inflated_poisson": fit_zero_inflated,
    "zero_inflated_nb2": fit_zero_inflated,
    "hazard": fit_hazard,
    "ordered_logit": fit_ordered,
    "linear": fit_linear,
    "bass": fit_bass,
    "autoregression": fit_autoregression,
    "unobserved_components": fit_components,
}
COEFFICIENTS = ("equation", "term", "estimate", "std_error", "lower", "upper", "source", "estimator", "n", "use")
DIAGNOSTICS = ("equation", "statistic", "value", "note")
PLACEBOS = (
    "equation", "term", "lead", "estimate", "std_error", "lead_estimate", "lead_std_error",
    "beside", "beside_std_error", "lead_beside", "lead_beside_std_error", "n", "flag",
)  # fmt: skip
COVARIATE = "may forecast; no policy, enters no counterfactual"
MAY = "may enter a counterfactual"


@dataclass(frozen=True)
class Estimated:
    """The numbers of a fit. terms: what is reported, slopes first; covariance: of these, (r, r)."""

    terms: tuple[str, ...]
    estimate: Floats
    covariance: Floats
    estimation: Estimation
    small_sample: SmallSample
    freedom: float  # of the t distribution of intervals, infinite for normal ones

    @property
    def std_error(self) -> Floats:
        """Standard errors, (r,)."""
        return np.sqrt(np.diag(self.covariance))


@dataclass(frozen=True)
class Fit:
    """An equation on a table. coefficients, diagnostics, placebos: tables in the columns named above."""

    equation: Equation
    estimated: Estimated
    variations: tuple[Variation, ...]
    tested: tuple[Placebo, ...]
    rows: int
    clusters: int
    coefficients: pd.DataFrame
    diagnostics: pd.DataFrame
    placebos: pd.DataFrame

    def value(self, term: str) -> Slope:
        """An estimate and its standard error by term. Raises ValueError."""
        place = self.coefficients["term"].tolist().index(term)
        return Slope(
            float(self.coefficients["estimate"].iloc[place]), float(self.coefficients["std_error"].iloc[place])
        )


def estimate(equation: Equation, design: Design) -> Estimated:
    """The numbers alone, of slopes that these rows identify. Raises EquationError."""
    estimation = ESTIMATORS[equation.family](equation, design)
    if estimation.freedom < 1:
        raise EquationError(
            f"equation {equation.name}: {design.rows} rows for {len(estimation.params)} parameters, effects among "
            "them; take out terms or effects, or bring more rows"
        )
    covariance, factor, freedom = _covariance(equation, design, estimation)
    shown = estimation.shown
    return Estimated(
        estimation.names, estimation.params[shown], covariance[np.ix_(shown, shown)], estimation, factor, freedom
    )


def _covariance(equation: Equation, design: Design, estimation: Estimation) -> tuple[Floats, SmallSample, float]:
    """Covariance of all parameters, its factor, and the degrees of freedom of intervals."""
    linear = equation.form.outcome in ("number", "sales")
    clustered = equation.clusters or (equation.family == "bass" and len(estimation.params) > 3)
    if estimation.scores is None or (equation.errors == "classical" and not clustered):
        words = "none: classical errors" if estimation.scores is not None else "none: observed information"
        freedom = estimation.freedom if linear else np.inf
        return estimation.bread * estimation.scale, SmallSample(1.0, words), freedom
    groups = design.clusters
    if clustered and not equation.clusters and design.units is not None:
        groups = design.units
    number = int(groups.max()) + 1
    factor = small_sample(equation.small_sample, design.rows, number, estimation.counted)
    freedom = number - 1.0 if clustered else estimation.freedom if linear else np.inf
    return sandwich(estimation.bread, estimation.scores, groups, factor.factor), factor, freedom


def prepare(equation: Equation, design: Design) -> Design:
    """Without the groups of fixed effects whose counts are all zero: they tell nothing of the slopes."""
    if equation.form.outcome != "count":
        return design
    for codes, name in zip(design.effects, design.effect_names, strict=True):
        empty = np.bincount(codes, design.outcome) == 0.0
        if empty.any():
            rows = empty[codes]
            why = f"{int(rows.sum())} rows of {int(empty.sum())} {name} without a single count tell nothing"
            return prepare(equation, design.keep(~rows, why))
    return design


def fit(equation: Equation, table: pd.DataFrame, name: str = "table") -> Fit:
    """Fit an equation to a table of rows, with everything that must stand beside the estimates.

    table: one row per observation, a column for every name in the equation; text cells that are numbers count as such.
    Slopes that the table does not identify have no estimate but the verdict. Raises EquationError, which names the
    equation, the table, and the column, row or value at fault.
    """
    design = prepare(equation, build(equation, table, name))
    variations = identify(equation, design)
    usable = tuple(variation.term for variation in variations if variation.fitted)
    if equation.terms and not usable:
        raise EquationError(f"equation {equation.name}: {variations[0].term}: {variations[0].verdict}; nothing to fit")
    whole = design.pick(usable)
    estimated = estimate(equation, whole)
    rows = diagnose(
        equation, whole, estimated.estimation, estimated.covariance, variations,
        lambda rest: _again(equation, prepare(equation, rest), estimated.estimation.params),
    )  # fmt: skip
    rows.insert(1, Row("small-sample factor", estimated.small_sample.factor, estimated.small_sample.words))
    tested = tuple(_placebos(equation, table, name, [v for v in variations if not v.verdict]))
    return Fit(
        equation,
        estimated,
        tuple(variations),
        tested,
        whole.rows,
        whole.groups if equation.clusters else 0,
        _coefficients(equation, name, whole, estimated, variations, tested),
        pd.DataFrame([(equation.name, *row) for row in rows], columns=list(DIAGNOSTICS)),
        pd.DataFrame([_placebo_row(equation, placebo) for placebo in tested], columns=list(PLACEBOS)),
    )


def _again(equation: Equation, rest: Design, near: Floats) -> Estimation:
    """The same equation on almost the same rows; a slow search starts near."""
    slow = {"nb2": fit_nb2, "zero_inflated_poisson": fit_zero_inflated, "zero_inflated_nb2": fit_zero_inflated}
    if equation.family in slow:
        return slow[equation.family](equation, rest, near)
    return ESTIMATORS[equation.family](equation, rest)


def _placebos(equation: Equation, table: pd.DataFrame, name: str, variations: list[Variation]) -> list[Placebo]:
    """Of every policy that is identified and whose lead is too."""
    found = []
    kept = tuple(variation.term for variation in variations)
    for term in equation.policies:
        if term not in kept:
            continue
        lead, ahead = lead_of(equation.parsed[term])
        try:
            both = prepare(equation, build(equation, table, name, {lead: ahead}).pick((*kept, lead)))
            if any(v.verdict and v.term in (term, lead) for v in identify(equation, both)):
                continue
            found.append(try_lead(term, lead, both, lambda design: _slopes(equation, design)))
        except EquationError:  # too few rows have both; the table of coefficients says that there is no placebo
            continue
    return found


def _slopes(equation: Equation, design: Design) -> Slopes:
    result = estimate(equation, design)
    errors = result.std_error
    return {name: Slope(float(result.estimate[i]), float(errors[i])) for i, name in enumerate(design.names)}


def _coefficients(
    equation: Equation,
    name: str,
    design: Design,
    estimated: Estimated,
    variations: list[Variation],
    tested: tuple[Placebo, ...],
) -> pd.DataFrame:
    errors = estimated.std_error
    wide = stats.t.ppf(0.5 + 0.5 * equation.level, estimated.freedom)
    values = {term: (estimated.estimate[i], errors[i]) for i, term in enumerate(estimated.terms)}
    verdicts = {variation.term: variation.verdict for variation in variations}
    order = [*equation.terms, *(term for term in estimated.terms if term not in equation.terms)]
    rows = []
    for term in order:
        value, error = values.get(term, (np.nan, np.nan))
        use = _use(equation, term, verdicts.get(term, ""), tested)
        source = equation.source or f"{name}: {_sample(equation, design)}"
        rows.append(
            (equation.name, term, value, error, value - wide * error, value + wide * error, source,
             _estimator(equation, estimated), design.rows, use)
        )  # fmt: skip
    return pd.DataFrame(rows, columns=list(COEFFICIENTS))


def _sample(equation: Equation, design: Design) -> str:
    words = f"{design.rows} rows"
    if design.times is not None and equation.time:
        words += f", {equation.time} {int(design.times.min())}-{int(design.times.max())}"
    if design.effects:
        words += f", effects of {' and '.join(equation.fixed_effects)}"
    return words


def _estimator(equation: Equation, estimated: Estimated) -> str:
    if equation.clusters:
        return f"{estimated.estimation.estimator}; errors clustered by {equation.clusters}"
    errors = "classical" if "none:" in estimated.small_sample.words else "robust"
    return f"{estimated.estimation.estimator}; {errors} errors"


def _use(equation: Equation, term: str, verdict: str, tested: tuple[Placebo, ...]) -> str:
    if verdict:
        return verdict
    if term not in equation.policies:
        return COVARIATE if term in equation.terms else ""
    for placebo in tested:
        if placebo.term == term:
            return placebo.flag if placebo.flag == FAILS or "cannot tell" in placebo.flag else f"{MAY}: {placebo.flag}"
    return "has no placebo: too few rows have the next period's policy; not for counterfactuals"


def _placebo_row(equation: Equation, placebo: Placebo) -> tuple[object, ...]:
    slopes = (placebo.alone, placebo.lead_alone, placebo.beside, placebo.lead_beside)
    return (equation.name, placebo.term, placebo.lead, *(part for slope in slopes for part in slope), placebo.rows,
            placebo.flag)  # fmt: skip
