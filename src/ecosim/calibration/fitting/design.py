"""From an equation and a table to arrays: outcome, slopes, effects, clusters; and what was left out."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecosim.calibration.fitting.effects import Codes, Floats
from ecosim.calibration.fitting.equation import Equation
from ecosim.calibration.fitting.errors import EquationError
from ecosim.calibration.fitting.terms import Term
from ecosim.calibration.fitting.values import Table, evaluate


@dataclass(frozen=True)
class Design:
    """The complete rows of an equation as arrays of n rows."""

    names: tuple[str, ...]  # of the slopes
    slopes: Floats  # (n, k)
    outcome: Floats
    effects: tuple[Codes, ...]
    effect_names: tuple[str, ...]
    offset: Floats
    trials: Floats  # 1 where there are none
    zero_names: tuple[str, ...]
    zeros: Floats  # (n, l)
    clusters: Codes  # a row of its own where the equation names none
    labels: NDArray[Any]  # (n,) name of each row's cluster, or where the row stands
    units: Codes | None
    times: NDArray[np.int64] | None
    left_out: tuple[str, ...]  # sentences

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.outcome)

    @property
    def groups(self) -> int:
        """Number of clusters."""
        return int(self.clusters.max()) + 1

    def pick(self, names: tuple[str, ...]) -> "Design":
        """The same rows with some of the slopes, in the order of `names`."""
        places = [self.names.index(name) for name in names]
        return replace(self, names=names, slopes=self.slopes[:, places])

    def keep(self, rows: NDArray[np.bool_], why: str = "") -> "Design":
        """Some of the rows; groups are numbered anew."""
        return replace(
            self,
            slopes=self.slopes[rows],
            outcome=self.outcome[rows],
            effects=tuple(_renumber(codes[rows]) for codes in self.effects),
            offset=self.offset[rows],
            trials=self.trials[rows],
            zeros=self.zeros[rows],
            clusters=_renumber(self.clusters[rows]),
            labels=self.labels[rows],
            units=None if self.units is None else _renumber(self.units[rows]),
            times=None if self.times is None else self.times[rows],
            left_out=(*self.left_out, why) if why else self.left_out,
        )


def _renumber(codes: Codes) -> Codes:
    return np.unique(codes, return_inverse=True)[1].astype(np.int64)


def build(equation: Equation, frame: pd.DataFrame, name: str = "table", more: dict[str, Term] | None = None) -> Design:
    """The complete rows of an equation. more: further slopes by name, behind its own.

    Raises EquationError naming the equation, the table and the column, row or value at fault.
    """
    try:
        return _build(equation, frame, name, more or {})
    except EquationError as error:
        raise EquationError(f"equation {equation.name}: {error}") from None


def _build(equation: Equation, frame: pd.DataFrame, name: str, more: dict[str, Term]) -> Design:
    panel = equation.unit in frame and equation.time in frame
    unit, time = (column if column in frame else "" for column in (equation.unit, equation.time))
    table = Table(name, frame, unit, time)
    if (equation.along_time or equation.policies) and not panel:
        missing = [column for column in (equation.unit, equation.time) if column not in frame]
        raise EquationError(
            f"{name}: no column {missing[0]!r} along which {'lags look' if equation.along_time else 'policies move'}; "
            "name the columns of units and times in unit and time"
        )
    terms = {text: equation.parsed[text] for text in equation.terms} | more
    outcome = evaluate(equation.parsed[equation.outcome], table)
    slopes = _columns([evaluate(term, table) for term in terms.values()], len(frame))
    zeros = _columns([evaluate(equation.parsed[text], table) for text in equation.zero_terms], len(frame))
    offset = _offset(equation, table)
    trials = evaluate(equation.parsed[equation.trials], table) if equation.trials else np.ones(len(frame))
    labels = {column: table.labels(column) for column in (*equation.fixed_effects, equation.clusters) if column}
    numbers = np.column_stack([outcome, slopes, zeros, offset, trials])
    complete: NDArray[np.bool_] = np.asarray(np.isfinite(numbers).all(axis=1))
    for values in labels.values():
        complete &= values != ""
    if not complete.any():
        raise EquationError(f"{name}: not one row has every value that the equation needs")
    _check_outcome(equation, table, outcome, trials, complete)
    gone = int((~complete).sum())
    whole = Design(
        names=tuple(terms),
        slopes=slopes,
        outcome=outcome,
        effects=tuple(_codes(labels[column]) for column in equation.fixed_effects),
        effect_names=equation.fixed_effects,
        offset=offset,
        trials=trials,
        zero_names=equation.zero_terms,
        zeros=zeros,
        clusters=_codes(labels[equation.clusters]) if equation.clusters else np.arange(len(frame)),
        labels=labels[equation.clusters] if equation.clusters else _places(table),
        units=_codes(table.labels(equation.unit)) if equation.unit in frame else None,
        times=table.times() if (equation.time in frame and panel) or _series(equation, frame) else None,
        left_out=(),
    )
    why = f"{gone} of {len(frame)} rows lack a value that the equation needs" if gone else ""
    return _check_size(equation, name, whole.keep(complete, why))


def _series(equation: Equation, frame: pd.DataFrame) -> bool:
    if equation.form.outcome not in ("sales", "series"):
        return False
    if equation.time not in frame:
        raise EquationError(f"no column {equation.time!r}; family {equation.family} needs times, name them in time")
    return True


def _places(table: Table) -> NDArray[Any]:
    return np.array([table.where(i) for i in range(len(table.frame))], dtype=object)


def _columns(parts: list[Floats], rows: int) -> Floats:
    return np.column_stack(parts) if parts else np.empty((rows, 0))


def _codes(labels: NDArray[Any]) -> Codes:
    return pd.factorize(labels, sort=True)[0].astype(np.int64)


def _offset(equation: Equation, table: Table) -> Floats:
    offset = np.zeros(len(table.frame))
    if equation.offset:
        offset = offset + evaluate(equation.parsed[equation.offset], table)
    if equation.exposure:
        exposure = evaluate(equation.parsed[equation.exposure], table)
        bad = np.flatnonzero(exposure <= 0.0)
        if len(bad):
            raise EquationError(
                f"{table.name}: exposure {equation.exposure} is {exposure[bad[0]]:g} at {table.where(bad[0])}; "
                "an exposure is positive, drop these rows"
            )
        offset = offset + np.log(exposure)
    return offset


def _check_outcome(
    equation: Equation, table: Table, outcome: Floats, trials: Floats, complete: NDArray[np.bool_]
) -> None:
    kind = equation.form.outcome
    bad = np.zeros(len(outcome), bool)
    if kind in ("count", "sales"):
        bad, what = outcome < 0.0, "is negative; a count is not"
    elif kind == "share":
        bad = (outcome < 0.0) | (outcome > trials) | (trials <= 0.0)
        what = "is not between 0 and " + (f"{equation.trials}; check both" if equation.trials else "1; or give trials")
    elif kind == "rank":
        bad, what = outcome != np.round(outcome), "is no whole number; an order has ranks 0, 1, 2 ..."
    else:
        what = ""
    first = np.flatnonzero(bad & complete)
    if len(first):
        value = f"{outcome[first[0]]:g}, which {what}"
        raise EquationError(f"{table.name}: outcome {equation.outcome} at {table.where(first[0])} is {value}")


def _check_size(equation: Equation, name: str, design: Design) -> Design:
    if design.rows <= len(design.names) + 1:
        raise EquationError(f"{name}: {design.rows} complete rows for {len(design.names)} terms; more rows are needed")
    if equation.clusters and design.groups < 2:
        raise EquationError(
            f"{name}: clusters {equation.clusters} has one group, and its spread shows in none; choose another column"
        )
    if equation.form.outcome != "series" and np.ptp(design.outcome) == 0.0 and np.ptp(design.trials) == 0.0:
        raise EquationError(f"{name}: outcome {equation.outcome} is {design.outcome[0]:g} in every row; nothing to fit")
    return design
