"""Members of a forecast meet a new year's counts: the likely ones go on, several times over, under new luck."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecosim.calibration.simulation.particles import Weighted, log_lognormal, log_nb2, reweigh
from ecosim.data.errors import UserError
from ecosim.data.periods import QUARTERS_PER_YEAR
from ecosim.forecast.publish import FLOWS
from ecosim.model.ecosystem import OBSERVED, EcosystemModel
from ecosim.model.luck import Key

Floats = NDArray[np.float64]


class UpdateError(UserError, ValueError):
    """Counts that members cannot be held against."""


@dataclass(frozen=True)
class Updated:
    """Members after the step, their ancestors, and the weights before members were drawn again."""

    models: list[EcosystemModel]
    step: Weighted


def update_members(
    models: Sequence[EcosystemModel],
    counted: dict[str, float],
    dispersion: dict[str, float],
    seed: int,
    members: Sequence[int],
) -> Updated:
    """One particle step at the end of a year.

    models: at the year's end, with a history of at least four quarters; counted: stocks at its end and flows of the
    year by name; dispersion: NB2 dispersion of reporting by name for counts (0: none but Poisson), or the sd of the log
    for what is no count. members: luck of each new member from here on, so that copies of one ancestor part ways.
    Raises UpdateError for an unknown name or a history that is too short.
    """
    likelihood = np.zeros(len(models))
    for name, value in counted.items():
        if name not in OBSERVED:
            raise UpdateError(f"{name!r} is no series of the model; give one of its observables")
        means = np.array([in_year(model, name) for model in models])
        noise = dispersion.get(name, 0.0)
        if name in ("rd_expenditure", "rd_reported", "sales"):
            likelihood += log_lognormal(value, means, noise)
        else:
            likelihood += log_nb2(value, means + 0.5, noise)
    step = reweigh(likelihood, seed)
    new = []
    for ancestor, member in zip(step.ancestors, members, strict=True):
        twin = models[ancestor].fork()
        twin.key = Key(models[ancestor].key.seed, member)
        new.append(twin)
    return Updated(new, step)


def in_year(model: EcosystemModel, name: str) -> float:
    """A stock at the end of the model's present year, or a flow over it."""
    if len(model.history) < QUARTERS_PER_YEAR:
        raise UpdateError(f"{name}: a member has run {len(model.history)} quarters; a year is needed")
    column = np.array(model.history[-QUARTERS_PER_YEAR:])[:, OBSERVED.index(name)]
    return float(column.sum() if name in FLOWS else column[-1])
