"""What stands beside every table of coefficients: fit, dispersion, influence, condition, variation."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ecosim.calibration.fitting.design import Design
from ecosim.calibration.fitting.dispersion import cameron_trivedi, extra_zeros, moment_dispersion, pearson
from ecosim.calibration.fitting.effects import Floats, within
from ecosim.calibration.fitting.equation import Equation
from ecosim.calibration.fitting.errors import EquationError
from ecosim.calibration.fitting.estimation import Estimation, sum_by_group
from ecosim.calibration.fitting.identify import Variation
from ecosim.calibration.fitting.poisson import with_effects

ILL_CONDITIONED = 30.0  # Belsley, Kuh and Welsch (1980): from here on slopes trade off against each other
LARGE_MEAN = 30.0  # beyond, a zero is so rare under Poisson that the score test rests on single rows
MANY = 30  # clusters from which on clustered errors are near their nominal size


class Row(NamedTuple):
    """One diagnostic."""

    statistic: str
    value: float
    note: str


def diagnose(
    equation: Equation,
    design: Design,
    estimation: Estimation,
    covariance: Floats,
    variations: list[Variation],
    again: Callable[[Design], Estimation],
) -> list[Row]:
    """Every diagnostic of a fit. again: fits the same equation to fewer rows, for influence."""
    rows = [Row("rows", float(design.rows), "; ".join(design.left_out) or "every row of the table")]
    if equation.clusters:
        few = "" if design.groups >= MANY else f"; fewer than {MANY}: intervals tend to be too narrow"
        rows.append(Row("clusters", float(design.groups), f"{equation.clusters}{few}"))
    rows += _fit_rows(estimation)
    if equation.form.outcome == "count":
        rows += _count_rows(equation, design, estimation)
    elif equation.family == "hazard":
        rows += _hazard_rows(design, estimation)
    if len(design.names):
        rows.append(_condition(design))
        rows.append(_influence(equation, design, estimation, covariance, again))
    for variation in variations:
        rows += _variation_rows(equation, variation)
    return rows + [Row("note", float("nan"), note) for note in estimation.notes]


def _fit_rows(estimation: Estimation) -> list[Row]:
    rows = []
    if np.isfinite(estimation.loglike):
        rows.append(Row("log likelihood", estimation.loglike, f"{len(estimation.params)} parameters"))
    null = estimation.null_loglike() if estimation.null_loglike else 0.0
    if np.isfinite(null) and null != 0.0:
        share = 1.0 - estimation.loglike / null
        rows.append(Row("pseudo R2", share, "McFadden (1974), against a constant"))
    return rows


def _count_rows(equation: Equation, design: Design, estimation: Estimation) -> list[Row]:
    outcome, mean = design.outcome, np.maximum(estimation.fitted, 1e-300)
    inflated = equation.family.startswith("zero_inflated")
    rows = []
    if not inflated:
        value = pearson(outcome, mean, estimation.freedom, estimation.alpha)
        rows.append(Row("Pearson / df", value, "goodness of fit; 1 if the variance were that of the family"))
    if estimation.alpha == 0.0 and not inflated:
        alpha = moment_dispersion(outcome, mean, estimation.freedom)
        rows.append(Row("alpha", alpha, "NB2 dispersion that makes the Pearson statistic its degrees of freedom"))
        test = cameron_trivedi(outcome, mean)
        told = (
            "more variance than Poisson: no Poisson prediction interval"
            if test.p < 0.05
            else "no sign of more variance"
        )
        rows.append(Row("overdispersion t", test.statistic, f"Cameron and Trivedi (1990), p {test.p:.2g}: {told}"))
    if estimation.zero_chance is not None:
        expected = float(estimation.zero_chance.sum())
        rows.append(Row("zeros", float((outcome == 0).sum()), f"the fit expects {expected:,.1f}"))
    if equation.family == "poisson" and (outcome == 0).any() and mean.max() < LARGE_MEAN:
        columns, _ = with_effects(equation, design)
        test = extra_zeros(outcome, mean, columns)
        told = "try nb2, then a zero-inflated family" if test.p < 0.05 else "no sign of extra zeros"
        rows.append(Row("extra zeros chi2", test.statistic, f"score test (van den Broek 1995), p {test.p:.2g}: {told}"))
    return rows


def _hazard_rows(design: Design, estimation: Estimation) -> list[Row]:
    chance = np.clip(estimation.fitted / design.trials, 1e-12, 1.0 - 1e-12)
    squares = (design.outcome - estimation.fitted) ** 2 / (estimation.fitted * (1.0 - chance))
    grouped = (design.trials > 1.0).any()
    note = "goodness of fit; of rows of 0 and 1 it says little" if not grouped else "goodness of fit; 1 if binomial"
    return [
        Row("Pearson / df", float(squares.sum()) / estimation.freedom, note),
        Row("events", float(design.outcome.sum()), f"among {design.trials.sum():,.0f} at risk"),
    ]


def _condition(design: Design) -> Row:
    columns = within(design.slopes, design.effects)
    size = np.sqrt((columns**2).sum(axis=0))
    values = np.linalg.svd(columns / np.where(size > 0.0, size, 1.0), compute_uv=False)
    number = float(values[0] / values[-1]) if values[-1] > 0.0 else float("inf")
    told = "slopes trade off against each other" if number > ILL_CONDITIONED else "slopes are told apart"
    return Row("condition number", number, f"of the slopes within effects; {told}")


def _influence(
    equation: Equation,
    design: Design,
    estimation: Estimation,
    covariance: Floats,
    again: Callable[[Design], Estimation],
) -> Row:
    """Largest change of a slope, in standard errors, when the most influential cluster (or row) is left out."""
    name = "influence"
    if estimation.scores is None or design.groups <= 2:
        return Row(name, float("nan"), "not computed: too few clusters")
    slopes = estimation.shown[: len(design.names)]
    errors = np.sqrt(np.diag(covariance)[: len(design.names)])
    change = np.abs(sum_by_group(estimation.scores, design.clusters) @ estimation.bread[:, slopes]) / errors
    worst = int(np.unravel_index(int(np.argmax(change)), change.shape)[0])
    try:
        rest = again(design.keep(design.clusters != worst))
    except (EquationError, np.linalg.LinAlgError) as error:
        return Row(name, float(change.max()), f"first-order; without the most influential group it has no fit: {error}")
    moved = np.abs(rest.params[rest.shown[: len(slopes)]] - estimation.params[slopes]) / errors
    place = int(np.argmax(moved))
    what = design.labels[np.flatnonzero(design.clusters == worst)[0]]
    told = "one group carries the result" if moved[place] > 1.0 else "no single group carries the result"
    return Row(
        name, float(moved[place]), f"standard errors by which {design.names[place]} moves without {what}; {told}"
    )


def _variation_rows(equation: Equation, variation: Variation) -> list[Row]:
    left = variation.in_effects * variation.in_time * variation.beside_others
    note = (
        f"share of the variance that identifies it: within effects {variation.in_effects:.2%}, of that beside "
        f"{equation.time} {variation.in_time:.2%}, of that beside other terms {variation.beside_others:.2%}"
    )
    rows = [Row(f"variation of {variation.term}", left, note)]
    return rows + ([Row(f"verdict on {variation.term}", float("nan"), variation.verdict)] if variation.verdict else [])
