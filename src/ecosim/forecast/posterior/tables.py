"""The tables and sentences of a calibration."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ecosim.calibration import indirect
from ecosim.calibration.regression import Calibration
from ecosim.calibration.simulation import Estimated, Posterior, Sampled
from ecosim.forecast import tabulate
from ecosim.forecast.identified import FEW_DRAWS
from ecosim.forecast.posterior.counted import published
from ecosim.forecast.posterior.place import AT_END, Floats, Place

if TYPE_CHECKING:
    from ecosim.forecast.posterior.job import CalibrationJob

LEAST_EFFECTIVE = 80  # draws below which a contraction of 20 % may be chance: its error is about 1 / sqrt(2 n)


def coefficients(
    calibration: Calibration, matching: indirect.Matching, pooled: pd.DataFrame, estimates: dict[str, Any],
    table: pd.DataFrame, estimated: Estimated | None,
) -> pd.DataFrame:  # fmt: skip
    """Every estimate: equation, term, estimate, std_error, source, kind; the posterior's rows last."""
    columns = ["equation", "term", "estimate", "std_error", "source", "kind"]
    parts = [tabulate.with_kinds(calibration.coefficients), indirect.coefficient_rows(matching.found, estimates)]
    parts.append(pooled)
    parts.append(pd.DataFrame(tabulate.prior_rows(estimates), columns=columns))
    rows = [
        ("posterior by simulation", row.parameter, row.posterior_mean, row.posterior_sd,
         f"{row.verdict}; prior {row.prior_mean:.4g} ({row.prior_sd:.3g}): {row.source}", row.kind)
        for row in table.itertuples()
    ]  # fmt: skip
    parts.append(pd.DataFrame(rows, columns=columns))
    if estimated is not None:
        frame = estimated.table.rename(columns={"parameter": "term", "note": "source"})
        parts.append(frame.assign(equation="simulated method of moments", kind="counts")[columns])
    return pd.concat([part for part in parts if len(part)], ignore_index=True)


def members(place: Place, posterior: Posterior, levels: Floats) -> pd.DataFrame:
    """Draws of the posterior: draw, weight, each parameter in its own unit, and log levels at the origin.

    levels: (n, AT_END), adjusted as the parameters are.
    """
    values = place.prior.from_standard(posterior.z)
    table = pd.DataFrame(np.column_stack([values, levels]), columns=[*place.prior.names, *AT_END])
    table.insert(0, "draw", np.arange(len(table)))
    table.insert(1, "weight", posterior.weights)
    return table


def fits(place: Place, sampled: Sampled) -> pd.DataFrame:
    """Counts beside what the particles made: count, observed, median, lower, upper (90 %), inside_90, used."""
    rows = []
    cloud = Posterior(sampled.moments[:, : len(place.moments)], sampled.weights)
    low, middle, high = cloud.quantile(np.array([0.05, 0.5, 0.95])) if place.moments else np.zeros((3, 0))
    for k, moment in enumerate(place.moments):
        lower, median, upper = published(moment, np.array([low[k], middle[k], high[k]]))
        inside = bool(low[k] - 1e-9 <= moment.moment <= high[k] + 1e-9)
        rows.append((moment.name, moment.value, median, lower, upper, inside, moment.used))
    return pd.DataFrame(rows, columns=["count", "observed", "median", "lower", "upper", "inside_90", "used"])


def generations(sampled: Sampled) -> pd.DataFrame:
    """How the sampler went: generation, tolerance, simulations, acceptance, length of moves."""
    rows = [(k, *vars(generation).values()) for k, generation in enumerate(sampled.generations)]
    return pd.DataFrame(rows, columns=["generation", "tolerance", "simulations", "acceptance", "step"])


def told(place: Place, sampled: Sampled, task: "CalibrationJob", start: str) -> tuple[str, ...]:
    """What was done, in words."""
    used = [moment.name for moment in place.moments if moment.used]
    if not used:
        return (
            f"No count of {task.job.region.name} lies between {start} and {task.job.origin}: nothing can be held "
            "against simulations, and every parameter keeps its prior. A later origin, or counts of the place, would "
            "change that.",
        )
    effective = Posterior(sampled.z, sampled.weights).effective
    rounds = f"{len(sampled.generations)} generation{'s' * (len(sampled.generations) > 1)}"
    done = (
        f"{task.job.region.name} simulated {sampled.simulations:,} times from {start}, held against {len(used)} counts "
        f"({', '.join(used)}); {rounds}, {effective:.0f} effective draws; ended by: "
        f"{sampled.why}."
    )
    if effective >= LEAST_EFFECTIVE:
        return (done,)
    few = f"Only {effective:.0f} {FEW_DRAWS}; give a larger study.population."
    return few, done
