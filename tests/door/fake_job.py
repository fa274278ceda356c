"""A forecast that costs nothing, in the shape of the real one: for tests of the door only."""

import importlib.util
import os
import sys
import time
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ecosim.forecast.streaming import Chunks, Layout, array_of

QUANTILES = (0.01, 0.025, *np.round(np.arange(0.05, 0.96, 0.05), 2), 0.975, 0.99)
PAUSE = float(os.environ.get("FAKE_PAUSE", "0"))  # seconds between two members


@dataclass(frozen=True)
class Job:
    scenario: str
    region: Any
    origin: str
    horizon: int
    members: int
    seed: int
    workers: int
    policies: dict[str, Any]
    baseline: str
    baseline_policies: dict[str, Any]
    counts: pd.DataFrame
    behaviors: dict[str, Any]
    targets: tuple[str, ...]
    hindcast: str | None
    decompose: Any = None
    cluster: Any = None
    posterior: Any = None
    calibrated: Any = None
    kept: Any = None
    delivery_sd: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "workers", 1)  # nobody ran members, so nobody is there to draw charts


@dataclass(frozen=True)
class Result:
    members: pd.DataFrame
    forecast: pd.DataFrame
    forecast_quarterly: pd.DataFrame
    effect: pd.DataFrame
    effect_quarterly: pd.DataFrame
    baseline_forecast: pd.DataFrame
    coefficients: pd.DataFrame
    diagnostics: pd.DataFrame
    placebos: pd.DataFrame
    basis: pd.DataFrame
    references: pd.DataFrame
    scores: pd.DataFrame
    ledger: pd.DataFrame
    costs: pd.DataFrame
    policy_table: pd.DataFrame
    observed: pd.DataFrame
    later: pd.DataFrame
    hindcast: pd.DataFrame | None
    statements: tuple[str, ...]
    decomposition: pd.DataFrame | None = None
    seconds: dict[str, float] = field(default_factory=dict)


def run(job: Job, progress: Callable[[str, int, int], None]) -> Result:
    from ecosim.data import panel

    first = int(job.origin[:4]) + 1
    years = [str(year) for year in range(first, job.horizon + 1)]
    base = members(job, job.baseline, years, walks(job, len(years), progress).cumsum(axis=1))
    ours = base.assign(scenario=job.scenario, value=base["value"] * (1.1 if len(job.policies) > 2 else 1.0))
    both = ours.assign(baseline=job.baseline, value=ours["value"] - base["value"])
    known = panel.known_at(job.counts, job.origin)
    here = known[known["location"] == job.region.name]
    empty = pd.DataFrame({"target": pd.Series(dtype=str), "value": pd.Series(dtype=float)})
    quarterly = ours.assign(time=ours["time"] + "-Q4")
    coefficients = pd.DataFrame(
        {"equation": ["exit"], "term": ["ln age"], "estimate": [-0.5], "std_error": [0.1], "source": ["made up"]}
    )
    return Result(
        members=pd.concat([ours, base]).assign(frequency="year"),
        forecast=quantiles(ours),
        forecast_quarterly=quantiles(quarterly),
        effect=quantiles(both).assign(baseline=job.baseline),
        effect_quarterly=quantiles(both.assign(time=both["time"] + "-Q4")).assign(baseline=job.baseline),
        baseline_forecast=quantiles(base),
        coefficients=coefficients,
        diagnostics=pd.DataFrame({"equation": ["exit"], "statistic": ["n"], "value": [10.0], "note": [""]}),
        placebos=empty,
        basis=pd.DataFrame(
            {"target": ["hnte_stock"], "level": [100.0], "basis": ["assumption"], "time": ["2016"], "source": ["test"]}
        ),
        references=quantiles(base).assign(model="random_walk"),
        scores=empty,
        ledger=empty,
        costs=empty,
        decomposition=None if job.decompose is None else decomposition(job, years[-1]),
        policy_table=pd.DataFrame({"instrument": list(job.policies)}),
        observed=here,
        later=job.counts[job.counts["location"] == job.region.name].drop(here.index, errors="ignore"),
        hindcast=None,
        statements=("These few points cannot tell the instruments apart.",),
        seconds={"kernels": 0.0},
    )


class Walk(NamedTuple):
    steps: np.ndarray


def walks(job: Job, years: int, progress: Callable[[str, int, int], None]) -> np.ndarray:
    """Steps of every member, (targets, years, members), kept as they come where the job says so."""
    chunks = None if job.kept is None else Chunks(job.kept / "fake", Layout(Walk, {"steps": array_of("float64")}))
    found = chunks.read() if chunks else {}
    progress("forecast", len(found), job.members)
    try:
        for member in set(range(job.members)) - set(found):
            time.sleep(PAUSE)
            found[member] = [Walk(np.random.default_rng([job.seed, member]).normal(size=(2, years)))]
            if chunks:
                chunks.add(member, found[member])
            progress("forecast", len(found), job.members)
    finally:
        if chunks:
            chunks.flush()
    return np.stack([found[member][0].steps for member in range(job.members)], axis=-1)


def decomposition(job: Job, year: str) -> pd.DataFrame:
    """Two lines of work that add 6 and 4 of 10, as one table."""
    rows = [("package", "package", 10.0)]
    for group, value in (("service", 6.0), ("talent", 4.0)):
        rows += [(group, measure, value) for measure in ("shapley", "leave_one_out", "first_in")]
    table = pd.DataFrame(rows, columns=["group", "measure", "median"])
    table = table.assign(instrument="", time=year, mean=table["median"], share=table["median"] / 10)
    table = table.assign(lower_05=table["median"] - 1, upper_95=table["median"] + 1, standard_error=0.1)
    table = table.assign(outlay=100.0, tax_expenditure=0.0, recipients=3.0, deadweight_share=0.5)
    table = table.assign(cost_per_additional=10.0, cost_lower=9.0, cost_upper=np.inf, cost_note="")
    table = table.assign(members=job.members, permutations=str(job.decompose.permutations))
    return pd.concat([table.assign(target=target) for target in ("hnte_stock", "tech_sme_stock")])


def members(job: Job, scenario: str, years: list[str], walks: np.ndarray) -> pd.DataFrame:
    rows = [
        (scenario, job.region.name, job.origin, year, target, m, 100.0 * np.exp(0.05 * (y + 1 + walks[t, y, m])))
        for t, target in enumerate(("hnte_stock", "tech_sme_stock"))
        for y, year in enumerate(years)
        for m in range(job.members)
    ]
    return pd.DataFrame(rows, columns=["scenario", "location", "origin", "time", "target", "member", "value"])


def quantiles(table: pd.DataFrame) -> pd.DataFrame:
    by = ["scenario", "location", "origin", "time", "target"]
    found = table.groupby(by, sort=False)["value"].quantile(list(QUANTILES)).reset_index()
    return found.rename(columns={"level_5": "quantile"})


def install() -> None:
    """Put this module in the place of the real job, and a bare shelf in the place of a missing one."""
    sys.modules["ecosim.forecast.job"] = sys.modules[__name__]
    import ecosim.forecast
    import ecosim.policies

    ecosim.forecast.job = sys.modules[__name__]  # type: ignore[attr-defined]
    if importlib.util.find_spec("ecosim.policies.shelf") is None:
        shelf = types.ModuleType("ecosim.policies.shelf")
        shelf.build = lambda rows: dict(rows)  # type: ignore[attr-defined]
        sys.modules["ecosim.policies.shelf"] = shelf
        ecosim.policies.shelf = shelf  # type: ignore[attr-defined]
