"""The suite: every seed simulated and measured, in parallel; the same numbers for any number of workers."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from ecosim.behaviors.decisions import SHELF, Behaviors
from ecosim.behaviors.rules import FirmRules
from ecosim.calibration.estimate import from_table
from ecosim.facts import history
from ecosim.facts.measure import SPAN, measure
from ecosim.facts.verdict import table
from ecosim.forecast.ensemble import in_parallel
from ecosim.model.ecosystem import Policy
from ecosim.model.luck import Key
from ecosim.model.region import Region

# The regime of M16, China 1998 to 2007: the number of surveyed firms doubled in nine years, and incumbents became more
# productive by 2.85 % a year (Brandt, Van Biesebroeck and Zhang 2012). Entry makes up for closings of 6.5 % as well.
DOUBLING = float(np.log(2.0) / SPAN)
INCUMBENTS = 0.0285
CLOSINGS = 0.065


@dataclass(frozen=True)
class Suite:
    """What is measured: firms of a region by the means of the behaviors, under policies, once for each member."""

    region: Region
    firms: int
    behaviors: dict[str, dict[str, dict[str, Any]]]
    policies: dict[str, Policy]
    seed: int
    seeds: int
    workers: int


def run(suite: Suite, progress: Callable[[str, int, int], None]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The facts with their verdicts, and the measures by seed: `fact, measure, seed, value`.

    Seeds are members 0, 1, ... of the run's seed. Raises EstimateError where a behavior cannot be read.
    """
    job = partial(one_seed, suite)
    measured = in_parallel(job, range(suite.seeds), suite.workers, lambda done, all_: progress("seeds", done, all_))
    facts = table(measured)
    by_seed = pd.DataFrame(
        [
            {"fact": row.fact, "measure": row.measure, "seed": seed, "value": values[str(row.measure)]}
            for row in facts.itertuples()
            for seed, values in enumerate(measured)
        ]
    )
    return facts, by_seed


def one_seed(suite: Suite, member: int) -> dict[str, float]:
    """All measures of one member."""
    behaviors = means(suite.behaviors)
    model = history.forget(suite.region, suite.firms, behaviors, suite.policies, Key(suite.seed, member))
    other = model.fork(rules=FirmRules(high_growth(behaviors), suite.region))
    usual = history.record(model, history.ON_RECORD)
    return measure(usual, history.record(other, history.QUARTERS_PER_YEAR * (SPAN + 1)))


def means(rows: dict[str, dict[str, dict[str, Any]]]) -> Behaviors:
    """The behaviors at the means of their rows."""
    return Behaviors(**{name: from_table(name, kind, rows[name]).center for name, kind in SHELF.items()})


def high_growth(behaviors: Behaviors) -> Behaviors:
    """The same firms where their number doubles in nine years."""
    arrivals = float(np.exp(behaviors.entry.outside))
    return behaviors._replace(
        entry=behaviors.entry._replace(growth=DOUBLING, local=float(np.log(DOUBLING + CLOSINGS - arrivals))),
        productivity=behaviors.productivity._replace(trend=INCUMBENTS / history.QUARTERS_PER_YEAR),
    )
