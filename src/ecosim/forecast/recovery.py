"""Records of simulated firms, quarter by quarter, and the equations that would find the rules which made them."""

import logging
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecosim.behaviors.decisions import Behaviors
from ecosim.behaviors.exit import LOG_TEN, PRODUCTIVITY_BOUND, SIZE_BOUND
from ecosim.behaviors.rules import FirmRules
from ecosim.calibration.fitting import Equation, Fit, fit
from ecosim.data.writing import write_whole
from ecosim.forecast.playground import ecosystem
from ecosim.model.ecosystem import EcosystemModel
from ecosim.model.firms import RESEARCH, Columns
from ecosim.model.region import FOREIGN_FROM, Region

AGES = {"first_year": (0, 4), "second_year": (4, 8), "third_year": (8, 12), "young": (12, 28)}  # quarters; else mature
EXIT = Equation(
    name="exit", outcome="closed", family="hazard",
    terms=(*AGES, "size", "productivity", "certified", "constrained"),
)  # fmt: skip
START = Equation(name="start", outcome="started", family="hazard", terms=("aware", "size", "foreign"))
STOP = Equation(name="stop", outcome="stopped", family="hazard", terms=("certified",))
FILED = Equation(
    name="patents", outcome="filed", family="poisson", terms=("log_knowledge", "log_staff", "institute"),
    fixed_effects=("quarter",),
)  # fmt: skip


class Records(NamedTuple):
    """One table for each equation, a row for each firm and quarter that it is about."""

    exit: pd.DataFrame
    start: pd.DataFrame
    stop: pd.DataFrame
    patents: pd.DataFrame


def record(model: EcosystemModel, quarters: int) -> Records:
    """Run a model and note what happened to each firm beside what its rules looked at when they decided.

    Closing, starting and stopping look at the state before the quarter, but size is that after its growth; patents are
    filed by this quarter's R&D capital and last quarter's staff. Without instruments that press on closing, give
    shelter or push into R&D these are the rules' own predictors.
    """
    tables: list[list[pd.DataFrame]] = [[], [], [], []]
    for _ in range(quarters):
        for kept, table in zip(tables, _quarter(model), strict=True):
            kept.append(table)
    return Records(*(pd.concat(kept, ignore_index=True) for kept in tables))


def _quarter(model: EcosystemModel) -> tuple[pd.DataFrame, ...]:
    rows = model.firms.rows.copy()
    old = _rows_of(model.firms.columns, rows)
    mean = model.survey.mean_productivity[old.sector].copy()
    model.step()
    new, quarter = model.firms.columns, model.quarter
    alive = (new.uid[rows] == old.uid) & (new.alive[rows] == 1)
    ages = {name: ((old.age >= low) & (old.age < high)).astype(float) for name, (low, high) in AGES.items()}
    closing = pd.DataFrame({
        "closed": (~alive).astype(float),
        **ages,
        "size": np.clip(old.log_employees - LOG_TEN, -SIZE_BOUND, SIZE_BOUND),
        "productivity": np.clip(old.log_productivity - mean, -PRODUCTIVITY_BOUND, PRODUCTIVITY_BOUND),
        "certified": (old.certificate > 0).astype(float),
        "constrained": old.constrained.astype(float),
        "firm": old.uid.astype(str), "quarter": quarter,
    })  # fmt: skip
    here = rows[alive]
    before = _rows_of(old, alive)
    size, changed = new.log_employees[here], (before.performs != new.performs[here]).astype(float)
    common = {"firm": before.uid.astype(str), "quarter": quarter}
    moves = pd.DataFrame({
        "started": changed, "stopped": changed, "size": size - LOG_TEN,
        "aware": ((before.aware & RESEARCH) != 0).astype(float),
        "foreign": (before.ownership >= FOREIGN_FROM).astype(float),
        "certified": (before.certificate > 0).astype(float), **common,
    })  # fmt: skip
    share = np.clip((before.staff + before.experts) * np.exp(-size), 0.01, 1.0)
    papers = pd.DataFrame({
        "filed": new.filed[here].astype(float),
        "log_knowledge": np.log(np.maximum(new.knowledge[here], 1e-3)),
        "log_staff": np.log(10.0 * share),
        "institute": new.institute[here].astype(float), **common,
    })  # fmt: skip
    idle = before.performs == 0
    return closing, moves[idle], moves[~idle], papers[new.performs[here] == 1]


def _rows_of(columns: Columns, chosen: NDArray[Any]) -> Columns:
    """A copy of some rows of every column."""
    return Columns(**{name: column[chosen].copy() for name, column in columns._asdict().items()})


def fit_all(records: Records) -> dict[str, Fit]:
    """Every equation, fitted as a user would fit it."""
    names = zip((EXIT, START, STOP, FILED), records, strict=True)
    return {equation.name: fit(equation, table, "records") for equation, table in names}


def truth(behaviors: Behaviors) -> dict[tuple[str, str], float]:
    """What made the records, by equation and term; ages are relative to mature firms."""
    leaving, moving, filing = behaviors.exit, behaviors.participation, behaviors.innovation
    known = {("exit", name): getattr(leaving, name) - leaving.mature for name in AGES}
    known |= {
        ("exit", "constant"): leaving.mature,
        ("exit", "size"): leaving.log_size,
        ("exit", "productivity"): leaving.productivity,
        ("exit", "certified"): leaving.certified,
        ("exit", "constrained"): leaving.constrained,
        ("start", "constant"): moving.start,
        ("start", "aware"): moving.start_aware,
        ("start", "size"): moving.start_log_size,
        ("start", "foreign"): moving.start_foreign,
        ("stop", "constant"): moving.stop,
        ("stop", "certified"): moving.stop_certified,
        ("patents", "log_knowledge"): filing.log_knowledge,
        ("patents", "log_staff"): filing.log_staff,
        ("patents", "institute"): filing.institute,
    }
    return known


def compare(fits: dict[str, Fit], known: dict[tuple[str, str], float]) -> pd.DataFrame:
    """Estimates beside the truth: equation, term, truth, estimate, std_error, z, inside_90."""
    rows = []
    for (equation, term), value in known.items():
        table = fits[equation].coefficients.set_index("term")
        row = table.loc[term]
        z = (row["estimate"] - value) / row["std_error"]
        inside = bool(row["lower"] <= value <= row["upper"])
        rows.append((equation, term, value, row["estimate"], row["std_error"], z, inside))
    return pd.DataFrame(rows, columns=["equation", "term", "truth", "estimate", "std_error", "z", "inside_90"])


def recover(firms: int, quarters: int, region: Region, kept: Path, seed: int) -> pd.DataFrame:
    """The comparison of one seed: simulated, refitted, and kept in a folder, from which it is taken again."""
    file = kept / f"seed_{seed}.csv"
    if not file.is_file():
        for name in ("mesa", "MESA"):
            logging.getLogger(name).setLevel(logging.WARNING)
        model = ecosystem(rng=100 + seed, firms=firms, region=region)
        del model.datacollector
        assert isinstance(model.rules, FirmRules)
        found = compare(fit_all(record(model, quarters)), truth(model.rules.behaviors))
        write_whole(file, lambda part: found.to_csv(part, index=False))
    return pd.read_csv(file)
