"""The verdict on a fact: inside its band, or so near that the sampling error of the seeds can explain it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from ecosim.facts.register import FACTS, REPORTED, Fact

LEVEL = 0.95
PASS, FAIL = "pass", "fail"
MOST_FAILING = 2  # facts


class Estimate(NamedTuple):
    """Mean over seeds; error: its standard error; tolerance: half the width of its 95 % interval."""

    value: float
    error: float
    tolerance: float


def estimate(values: Sequence[float]) -> Estimate:
    """Mean of a measure over seeds with Student's interval. At least two values."""
    seeds = np.asarray(values, dtype=np.float64)
    error = float(seeds.std(ddof=1) / np.sqrt(seeds.size))
    return Estimate(float(seeds.mean()), error, float(stats.t.ppf(0.5 + LEVEL / 2, seeds.size - 1)) * error)


def judge(fact: Fact, found: Estimate) -> str:
    """A fact passes if its band, widened by the tolerance on both sides, holds the mean over seeds; '' if none is due.

    Raises ValueError for a measure that is no number.
    """
    if fact.kind == REPORTED:
        return ""
    if not np.isfinite(found.value):
        raise ValueError(f"{fact.measure} is {found.value} in some seed; measure more firms (study.firms=...)")
    return PASS if fact.lower - found.tolerance <= found.value <= fact.upper + found.tolerance else FAIL


def table(measured: Sequence[Mapping[str, float]]) -> pd.DataFrame:
    """All facts with their verdicts, then what is reported without a target. measured: one mapping for each seed.

    Columns: fact, name, kind, target, lower, upper, value, standard_error, seeds, tolerance, verdict, reason, basis,
    source, measure.
    """
    return pd.DataFrame(
        [_row(fact, estimate([seed[fact.measure] for seed in measured]), len(measured)) for fact in FACTS]
    )


def _row(fact: Fact, found: Estimate, seeds: int) -> dict[str, object]:
    verdict = judge(fact, found)
    return {
        "fact": fact.fact,
        "name": fact.name,
        "kind": fact.kind,
        "target": fact.target,
        "lower": np.nan if fact.kind == REPORTED else fact.lower,
        "upper": np.nan if fact.kind == REPORTED else fact.upper,
        "value": found.value,
        "standard_error": found.error,
        "seeds": seeds,
        "tolerance": found.tolerance,
        "verdict": verdict,
        "reason": "" if verdict != FAIL else fact.why or _not_looked_into(fact, found),
        "basis": fact.basis,
        "source": fact.source,
        "measure": fact.measure,
    }


def _not_looked_into(fact: Fact, found: Estimate) -> str:
    side = "below" if found.value < fact.lower else "above"
    return f"{side} its target by more than the seeds explain; the reason is not known yet"


def failing(facts: pd.DataFrame) -> list[str]:
    """The facts of which a measure fails, in order."""
    return list(dict.fromkeys(facts.loc[facts["verdict"] == FAIL, "fact"]))
