"""Simulated provinces: a small panel of firms' yearly counts whose R&D deviates as that of real provinces does."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import NDArray

from ecosim.behaviors.decisions import Behaviors
from ecosim.behaviors.rules import FirmRules
from ecosim.calibration.equations import LEAST_PLACES
from ecosim.data.periods import QUARTERS_PER_YEAR
from ecosim.model import survey as census
from ecosim.model.conditions import neutral
from ecosim.model.ecosystem import EcosystemModel, Policy
from ecosim.model.firms import Firms
from ecosim.model.luck import Key, generator_of
from ecosim.model.people import Pool
from ecosim.model.population import synthesize
from ecosim.model.region import OWNERSHIP, SECTORS, Region

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]

DRIVER, OUTCOME, STAFF = "rd_expenditure", "inventions_applied", "rd_personnel"
LEVEL = 2.0  # log points above the prior's arrival rate: a scale, under which whole counts are less lumpy
TYPICAL = 6.0  # ln of a performer's R&D capital (10k CNY), where both values of the coefficient give the same rate
PROVINCE_YEARS = 200  # to simulate for each value: 8 pairs of provinces in a panel of 12 years
FIRMS = 1_000  # in each province at the start of its spin-up
SPIN_UP = 24  # quarters before the panel begins
TEMPLATES = 4  # spin-ups with different luck; province p starts from template p mod 4
PEOPLE_SHARE = 0.05  # S&T people looking for a post at the start of the spin-up, over all employees
PROVINCE_LUCK, TEMPLATE_LUCK = 2**30, 2**30 + 2**20  # members of the simulation, apart from those of a forecast
PROVINCE = Region(  # assumption: even sectors, private firms; effects of place take up what differs by level
    name="simulated province",
    level="province",
    sectors={name: 1 / len(SECTORS) for name in SECTORS},
    ownership={OWNERSHIP[0]: 1.0},
)


@dataclass(frozen=True)
class Template:
    """Firms of a simulated province where its panel begins."""

    firms: Firms
    people: Pool  # who look for a post
    reference: float
    spillover_reference: Floats


@dataclass(frozen=True)
class World:
    """What simulated provinces share."""

    behaviors: Behaviors
    policies: dict[str, Policy]
    templates: tuple[Template, ...]
    years: tuple[int, ...]
    seed: int


def simulate(
    behaviors: Behaviors,
    policies: dict[str, Policy],
    years: tuple[int, ...],
    wanted: Floats,
    steps: tuple[float, ...],
    seed: int,
    workers: int,
    progress: Progress,
) -> list[pd.DataFrame]:
    """Counts of simulated provinces, one table for each value of `innovation.log_knowledge`, all with the same luck.

    years: of the panel; steps: values of the coefficient, less the one in behaviors; wanted: deviations of ln R&D
    (years, real places) from means of place and year. Each pair of simulated provinces is given those of a real one,
    drawn without replacement while there are enough, once as they are and once with the opposite sign: luck, the same
    for both, drops out of a regression (antithetic variates). A first run without conditions tells a province's own
    deviations, which come from single large firms; the condition of R&D intensity makes up the difference.
    """
    pairs = max(LEAST_PLACES, PROVINCE_YEARS // (2 * len(years)))
    total = TEMPLATES + pairs * (1 + 2 * len(steps))
    begin = partial(spin_up, behaviors, policies, years[0] * QUARTERS_PER_YEAR, seed)
    templates = _each(begin, [(number,) for number in range(TEMPLATES)], workers, partial(_further, progress, 0, total))
    job = partial(province, World(behaviors, policies, tuple(templates), years, seed))
    further = partial(_further, progress, TEMPLATES, total)
    own = _each(job, [(0.0, np.zeros(len(years)), number) for number in range(pairs)], workers, further)
    own_logs = two_way(pd.DataFrame({number: np.log(table[DRIVER]) for number, table in enumerate(own)})).to_numpy()
    order = generator_of(seed, TEMPLATE_LUCK).permutation(wanted.shape[1])
    given = wanted[:, np.resize(order, pairs)]
    shifts = [signed - signed[0] for signed in (given - own_logs, -given - own_logs)]
    cases = [(step, shift[:, number], number) for step in steps for shift in shifts for number in range(pairs)]
    tables = _each(job, cases, workers, partial(_further, progress, TEMPLATES + pairs, total))
    return [_panel(tables[k * 2 * pairs : (k + 1) * 2 * pairs], years) for k in range(len(steps))]


def spin_up(behaviors: Behaviors, policies: dict[str, Policy], start: int, seed: int, number: int) -> Template:
    """Firms of a province at a quarter (index) after six years under the rules in force."""
    key = Key(seed, TEMPLATE_LUCK + number)
    firms = synthesize(PROVINCE, FIRMS, key)
    people = int(np.exp(firms.columns.log_employees[firms.rows]).sum() * PEOPLE_SHARE)
    rules, before = FirmRules(behaviors, PROVINCE), start - SPIN_UP - 1
    model = EcosystemModel(PROVINCE, firms, rules, policies=policies, key=key, quarter=before, people=people)
    for _ in range(SPIN_UP):
        model.step()
    census.set_reference(model.survey)
    return Template(model.firms, model.pool, model.reference, model.survey.reference)


def province(world: World, step: float, shift: Floats, number: int) -> dict[str, Floats]:
    """Yearly series of one simulated province, each (years,): flows summed, staff at the end of the year.

    step: what is added to the coefficient; shift: of ln R&D intensity, (years,).
    """
    start, old = world.templates[number % len(world.templates)], world.behaviors.innovation
    new = old._replace(log_knowledge=old.log_knowledge + step, level=old.level + LEVEL - step * TYPICAL)
    behaviors = world.behaviors._replace(innovation=new)
    quarters = len(world.years) * QUARTERS_PER_YEAR
    model = EcosystemModel(
        PROVINCE,
        start.firms.copy(),
        FirmRules(behaviors, PROVINCE),
        policies=world.policies,
        conditions=neutral(quarters)._replace(research=np.repeat(shift, QUARTERS_PER_YEAR)),
        key=Key(world.seed, PROVINCE_LUCK + number),
        quarter=world.years[0] * QUARTERS_PER_YEAR - 1,
        people=start.people,
        reference=start.reference,
        spillover_reference=start.spillover_reference,
    )
    for _ in range(quarters):
        model.step()
    history = np.array(model.history).reshape(len(world.years), QUARTERS_PER_YEAR, -1)
    series = {name: history[:, :, k] for k, name in enumerate(model.observed_names)}
    flows = {name: series[name].sum(axis=1) for name in (OUTCOME, DRIVER)}
    return flows | {STAFF: series[STAFF][:, -1]}


def two_way(logs: pd.DataFrame) -> pd.DataFrame:
    """Logs, years x places, less means of place and year."""
    within = logs - logs.mean()
    return within.sub(within.mean(axis=1), axis=0)


def _panel(tables: list[dict[str, Floats]], years: tuple[int, ...]) -> pd.DataFrame:
    """Simulated provinces as counts: location ('pair 00 +'), target, time, value."""
    pairs = len(tables) // 2
    frames = []
    for number, table in enumerate(tables):
        place = f"pair {number % pairs:02d} {'+-'[number // pairs]}"
        for name, values in table.items():
            frames.append(pd.DataFrame({"location": place, "target": name, "time": years, "value": values}))
    return pd.concat(frames, ignore_index=True).astype({"time": str})


def _further(progress: Progress, before: int, total: int, done: int) -> None:
    progress(before + done, total)


def _each(
    job: Callable[..., Any], cases: list[tuple[Any, ...]], workers: int, done: Callable[[int], None]
) -> list[Any]:
    """Results in the order of the cases. Threads: the kernels run without the interpreter lock."""
    results = []
    stream = Parallel(n_jobs=workers, prefer="threads", return_as="generator")(delayed(job)(*case) for case in cases)
    for result in stream:
        results.append(result)
        done(len(results))
    return results
