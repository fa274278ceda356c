"""A small made-up county and a bank of its simulations, to check calibration where the truth is known."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecosim.behaviors.decisions import SHELF, Behaviors
from ecosim.behaviors.rules import FirmRules
from ecosim.calibration.estimate import Estimate, from_table
from ecosim.calibration.simulation import Kept, Prior
from ecosim.calibration.simulation.kept import keep
from ecosim.calibration.simulation.sampler import Progress
from ecosim.data.periods import QUARTERS_PER_YEAR
from ecosim.forecast.drawn import with_coefficients
from ecosim.forecast.ensemble import in_parallel
from ecosim.forecast.playground import carried, ecosystem
from ecosim.forecast.posterior.prepare import coefficients
from ecosim.forecast.publish import FLOWS
from ecosim.model.ecosystem import OBSERVED, EcosystemModel
from ecosim.model.luck import Key

Floats = NDArray[np.float64]

FREE = (
    "exit.mature",
    "entry.local",
    "participation.start",
    "participation.stop",
    "intensity.level",
    "innovation.log_knowledge",
    "hiring.wage",
    "awareness.imitation",
    "products.research",
    "certification.log_ratio",
)
COUNTED = (
    "firms", "births", "deaths", "employment", "sales", "rd_performers", "rd_expenditure", "rd_personnel",
    "patents_applied", "aware_firms", "tech_sme_stock", "tech_sme_new", "hnte_stock", "new_product_sales",
)  # fmt: skip
CHUNK = 25  # simulations handed to a worker at once


@dataclass(frozen=True)
class County:
    """templates: the county under different luck where its counts begin; free parameters have the carried priors."""

    templates: tuple[EcosystemModel, ...]
    center: Behaviors
    prior: Prior
    years: int
    seed: int

    @property
    def names(self) -> tuple[str, ...]:
        """Moments: each series at the start, in the first and in the last year."""
        return tuple(f"{name} {when}" for name in COUNTED for when in ("start", "first year", "last year"))


def make_county(firms: int = 300, years: int = 5, seed: int = 1, templates: int = 16) -> County:
    """A county of a few hundred firms after nine years at the middle of the priors. The data begin there."""
    rows = carried("behaviors/literature.yaml")
    estimates: dict[str, Estimate] = {name: from_table(name, kind, rows[name]) for name, kind in SHELF.items()}
    center = Behaviors(**{name: estimates[name].center for name in SHELF})
    models = tuple(ecosystem(rng=seed + number, firms=firms, behaviors=rows) for number in range(templates))
    for model in models:
        del model.datacollector
        for _ in range(QUARTERS_PER_YEAR):
            model.step()
    return County(models, center, Prior(coefficients(FREE, estimates)), years, seed)


def simulate(county: County, z: Floats, number: int) -> Floats:
    """Moments of the county, (k,), as logs of one plus the count; which template and which luck follow from number."""
    values = dict(zip(county.prior.names, county.prior.from_standard(z).tolist(), strict=True))
    return moments_of(run(county, values, number))


def run(county: County, values: dict[str, float], number: int, years: int | None = None) -> EcosystemModel:
    """The county after its years under given coefficients; its history begins with the year before the data."""
    start = county.templates[number % len(county.templates)]
    rules = FirmRules(with_coefficients(county.center, values), start.region)
    model = start.fork(rules=rules)
    model.key = Key(county.seed, number + 1)
    model.history, model.past = list(start.history[-QUARTERS_PER_YEAR:]), []
    for _ in range(QUARTERS_PER_YEAR * (county.years if years is None else years)):
        model.step()
    return model


def moments_of(model: EcosystemModel) -> Floats:
    """What is counted of a county that has run: named by `County.names`."""
    history = np.array(model.history)
    rows: list[float] = []
    for name in COUNTED:
        quarters = history[:, OBSERVED.index(name)]
        for end in (4, 8, len(quarters)):
            rows.append(quarters[end - 4 : end].sum() if name in FLOWS else quarters[end - 1])
    return np.log1p(np.array(rows))


def fill_bank(
    county: County, simulations: int, workers: int, kept: Kept | None = None,
    progress: Progress = lambda done, total: None,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Prior draws and their moments, z (n, d) and moments (n, k): the same for any number of workers."""
    numbers = np.arange(simulations)
    z = county.prior.draw(county.seed, numbers)
    found: list[Any] = [kept.find(f"bank:{number}", z[number]) if kept else None for number in numbers]
    missing = [int(number) for number in numbers if found[number] is None]
    chunks = [missing[at : at + CHUNK] for at in range(0, len(missing), CHUNK)]
    work = partial(_some, county, z, chunks, None if kept is None else kept.path)

    def heard(done: int, total: int) -> None:
        progress(simulations - len(missing) + sum(len(chunk) for chunk in chunks[:done]), simulations)

    for chunk, results in zip(chunks, in_parallel(work, range(len(chunks)), workers, heard), strict=True):
        for number, moments in zip(chunk, results, strict=True):
            found[number] = moments
    return z, np.array(found)


def _some(county: County, z: Floats, chunks: list[list[int]], path: Path | None, k: int) -> list[Floats]:
    results = []
    for number in chunks[k]:
        moments = simulate(county, z[number], number)
        if path is not None:
            keep(path, f"bank:{number}", z[number], moments)
        results.append(moments)
    return results
