"""A firm's coefficient from provincial counts: the same regression on real and on simulated provinces is matched.

The elasticity of a province's invention applications to its R&D is not the elasticity of a firm: knowledge lasts for
years, few firms carry most of it, and fixed effects keep only what R&D did beside the trend. So the auxiliary equation
`inventions_applied` is fitted to the counts, and to provinces simulated at two values of `innovation.log_knowledge`
with the same luck and with the R&D of real provinces. The line b(theta) through both is set against the coefficient of
the counts, and the published firm-level value stays in as the prior.

Indirect inference: Gourieroux, Monfort and Renault (1993), doi:10.1002/jae.3950080507.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from ecosim.behaviors.decisions import SHELF, Behaviors
from ecosim.behaviors.innovation import Innovation
from ecosim.calibration.equations import EQUATIONS, LEAST_PLACES, LEAST_YEARS, enough, fit_equation, panel_rows
from ecosim.calibration.estimate import Estimate
from ecosim.calibration.increments import yearly_table
from ecosim.calibration.provinces import DRIVER, FIRMS, OUTCOME, Floats, Progress, simulate, two_way
from ecosim.data.panel import known_at
from ecosim.model.ecosystem import Policy

EQUATION = next(equation for equation in EQUATIONS if equation.name == OUTCOME)
TERM = f"{DRIVER} lag"
RULE, COEFFICIENT = "innovation", "log_knowledge"
FIELD = Innovation._fields.index(COEFFICIENT)
STEP = 0.2  # the two simulated values of the coefficient lie this far from its prior mean
LEAST_CONTRACTION = 0.2  # below it the counts are said not to identify the coefficient


@dataclass(frozen=True)
class Matched:
    """A firm's coefficient after matching, and the auxiliary coefficients that it rests on."""

    coefficient: str
    prior_mean: float
    prior_sd: float
    mean: float
    sd: float
    auxiliary_data: float  # of the real provinces
    auxiliary_data_se: float  # clustered by province
    auxiliary_at_prior: float  # of simulated provinces at the prior mean
    auxiliary_at_prior_se: float  # sampling error of the simulation
    slope: float  # of the auxiliary coefficient in the firm's
    slope_se: float
    contraction: float  # 1 - sd / prior_sd
    note: str


class Matching(NamedTuple):
    """What came of it: the coefficient, or nothing, and in words what the counts said or why they could not."""

    found: Matched | None
    note: str


class Line(NamedTuple):
    """The auxiliary coefficient of simulated provinces as a linear function of the firm's."""

    at_prior: float
    at_prior_se: float
    slope: float
    slope_se: float


def match_inventions(
    counts: pd.DataFrame,
    origin: str,
    estimates: dict[str, Estimate],
    policies: dict[str, Policy],
    seed: int,
    workers: int,
    progress: Progress = lambda done, total: None,
) -> Matching:
    """`innovation.log_knowledge` matched to the panel known at an origin, and the note; or None, and why not.

    counts: counts schema; estimates: priors by rule, all others at their means; policies: the rules in force in all
    provinces. The same for any number of workers (threads). Minimizes, in theta,
    (b_data - b_sim(theta))^2 / V + (theta - prior mean)^2 / prior variance.
    """
    known = known_at(counts, origin)
    rows = panel_rows(known, EQUATION)
    if not enough(rows):
        return Matching(None, _too_short(rows["year"].nunique(), rows["location"].nunique()))
    wanted = deviations(known, rows)
    if wanted.shape[1] < LEAST_PLACES:
        return Matching(None, _too_short(wanted.shape[0] - 1, wanted.shape[1]))
    data, variance = auxiliary(rows)
    if not np.isfinite(variance):
        return Matching(None, "not matched: the auxiliary coefficient of the counts has no standard error")
    prior_mean = float(estimates[RULE].mean[FIELD])
    prior_sd = float(np.sqrt(estimates[RULE].covariance[FIELD, FIELD]))
    behaviors = Behaviors(**{name: estimates[name].center for name in SHELF})
    years = tuple(range(int(rows["year"].min()) - 1, int(rows["year"].max()) + 1))
    panels = simulate(behaviors, policies, years, wanted, (-STEP, STEP), seed, workers, progress)
    line = binding(*(panel_rows(panel, EQUATION) for panel in panels))
    mean, sd = posterior(prior_mean, prior_sd, data - line.at_prior, variance + line.at_prior_se**2, line.slope)
    contraction = 1.0 - sd / prior_sd if prior_sd > 0 else 0.0
    note = verdict(contraction, prior_mean, prior_sd, mean, sd)
    name = f"{RULE}.{COEFFICIENT}"
    matched = Matched(name, prior_mean, prior_sd, mean, sd, data, float(np.sqrt(variance)), *line, contraction, note)
    return Matching(matched, note)


def binding(low: pd.DataFrame, high: pd.DataFrame) -> Line:
    """The simulated auxiliary coefficient as a line, from the rows at both values; errors by jackknife over pairs."""
    names = sorted({name[:-1] for name in low["location"]})
    points = []
    for left_out in (None, *names):
        below, above = (auxiliary(rows[rows["location"].str[:-1] != left_out])[0] for rows in (low, high))
        points.append((0.5 * (below + above), (above - below) / (2.0 * STEP)))
    rest = np.array(points[1:])
    error = np.sqrt((len(names) - 1) * rest.var(axis=0))
    return Line(points[0][0], float(error[0]), points[0][1], float(error[1]))


def posterior(prior_mean: float, prior_sd: float, gap: float, variance: float, slope: float) -> tuple[float, float]:
    """Mean and sd of a coefficient, normal prior, of which a statistic is linear; gap: statistic less its prior value.

    Closed form of the minimum: prior mean + gain x gap, gain = slope sd^2 / (slope^2 sd^2 + variance).
    """
    total = (slope * prior_sd) ** 2 + variance
    return prior_mean + slope * prior_sd**2 / total * gap, prior_sd * float(np.sqrt(variance / total))


def verdict(contraction: float, prior_mean: float, prior_sd: float, mean: float, sd: float) -> str:
    """What the counts say of a coefficient, in words."""
    moved = f"{prior_mean:.3f} ({prior_sd:.3f}) becomes {mean:.3f} ({sd:.3f})"
    if contraction < LEAST_CONTRACTION:
        would = moved.replace("becomes", "would become")
        return f"not identified by these data: the prior stays; {would}, {contraction:.0%} narrower"
    return f"the counts narrow the prior by {contraction:.0%}: {moved}"


def auxiliary(rows: pd.DataFrame) -> tuple[float, float]:
    """Coefficient of last year's R&D in the auxiliary equation and its variance, clustered by province."""
    fit = fit_equation(rows, EQUATION)
    k = fit.terms.index(TERM)
    return float(fit.estimate[k]), float(fit.covariance[k, k])


def deviations(known: pd.DataFrame, rows: pd.DataFrame) -> Floats:
    """ln R&D less means of place and year, (years, places): what the auxiliary equation sees of the real panel.

    Years from the one before the first row to the last; where the last year is not known it repeats the one before.
    Places without a gap only.
    """
    first, last = int(rows["year"].min()) - 1, int(rows["year"].max())
    table = yearly_table(known, DRIVER).reindex(range(first, last + 1))
    table = table[[place for place in table.columns if place in set(rows["location"])]]
    complete = (table.loc[: last - 1] > 0).all()
    logs = table.loc[:, complete].where(lambda values: values > 0).apply(np.log)
    return two_way(logs).ffill().to_numpy(float)


def apply(estimates: dict[str, Estimate], matched: Matched | None) -> dict[str, Estimate]:
    """Estimates with the matched coefficient in place of its prior; the prior where the counts do not identify it."""
    if matched is None or matched.contraction < LEAST_CONTRACTION:
        return estimates
    old = estimates[RULE]
    mean, covariance, sources = old.mean.copy(), old.covariance.copy(), list(old.sources)
    mean[FIELD], covariance[FIELD, FIELD] = matched.mean, matched.sd**2
    sources[FIELD] = f"{sources[FIELD]}; matched to provincial counts: {matched.note}"
    return estimates | {RULE: replace(old, mean=mean, covariance=covariance, sources=tuple(sources))}


def coefficient_rows(matched: Matched | None, estimates: dict[str, Estimate]) -> pd.DataFrame:
    """The firm's coefficient before and after: equation, term, estimate, std_error, source, kind."""
    rows = []
    if matched is not None:
        name, kind = f"matched: {EQUATION.name}", estimates[RULE].kinds[FIELD]
        told = kind if matched.contraction < LEAST_CONTRACTION else "counts"
        prior = f"prior of the equation 'firm: {RULE}'"
        rows = [
            (name, f"{matched.coefficient}, prior", matched.prior_mean, matched.prior_sd, prior, kind),
            (name, f"{matched.coefficient}, matched", matched.mean, matched.sd, matched.note, told),
        ]
    return pd.DataFrame(rows, columns=["equation", "term", "estimate", "std_error", "source", "kind"])


def diagnostic_rows(matching: Matching) -> pd.DataFrame:
    """What was matched, or why nothing was: equation, statistic, value, note."""
    matched, note = matching
    rows: list[tuple[str, float, str]] = [("rows", 0.0, note)]
    if matched is not None:
        rows = [
            ("coefficient of R&D, counts", matched.auxiliary_data, f"se {matched.auxiliary_data_se:.3f}"),
            (
                "coefficient of R&D, simulated at the prior",
                matched.auxiliary_at_prior,
                f"se {matched.auxiliary_at_prior_se:.3f}, provinces of about {FIRMS} firms",
            ),
            ("slope", matched.slope, f"of the simulated one in {matched.coefficient}, se {matched.slope_se:.3f}"),
            ("contraction", matched.contraction, note),
        ]
    table = pd.DataFrame(rows, columns=["statistic", "value", "note"])
    table.insert(0, "equation", f"matched: {EQUATION.name}")
    return table


def _too_short(years: int, places: int) -> str:
    return (
        f"not matched: {EQUATION.name} has {years} years and {places} places without a gap; needs {LEAST_YEARS} years "
        f"and {LEAST_PLACES} places"
    )
