"""The values of terms on a table: numbers out of text cells, logs that must exist, lags within a unit."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecosim.calibration.fitting.errors import EquationError
from ecosim.calibration.fitting.terms import Apply, Column, Difference, Moved, Number, Power, Product, Term, Word
from ecosim.data import periods
from ecosim.data.errors import nearest

Floats = NDArray[np.float64]
MISSING = ("", "NA", "NaN", "nan", "null", "None", ".")
_ORDER = {"year": lambda p: p.end.year, "quarter": lambda p: p.end.year * 4 + (p.end.month - 1) // 3,
          "month": lambda p: p.end.year * 12 + p.end.month, "day": lambda p: p.end.toordinal()}  # fmt: skip


@dataclass(frozen=True)
class Table:
    """A table with the name that messages use and, where lags are needed, the columns of its units and times."""

    name: str
    frame: pd.DataFrame
    unit: str = ""
    time: str = ""

    def column(self, name: str) -> pd.Series:
        """A column as it stands. Raises EquationError with the nearest name."""
        if name not in self.frame:
            raise EquationError(f"{self.name}: no column {name!r}; {nearest(name, map(str, self.frame.columns))}")
        return self.frame[name]

    def where(self, i: int) -> str:
        """'row 12' as a spreadsheet counts, 'line 12' of a CSV file."""
        if self.frame.index.name == "line":
            return f"line {self.frame.index[i]}"
        return f"row {i + 2}"

    def numbers(self, name: str) -> Floats:
        """A column as floats, NaN for an empty cell. Raises EquationError at the first cell that is no number."""
        values = self.column(name)
        if values.dtype.kind in "iufb":
            return values.to_numpy(float)
        texts = values.astype(object).where(values.notna(), "").astype(str).str.strip()
        found = pd.to_numeric(texts.where(~texts.isin(MISSING)), errors="coerce").to_numpy(float)
        bad = np.flatnonzero(np.isnan(found) & ~texts.isin(MISSING).to_numpy())
        if len(bad):
            raise EquationError(
                f"{self.name}: {name} is no number at {self.where(bad[0])}: {texts.iloc[bad[0]]!r}; use it in "
                f"fixed_effects, or as is({name}, word)"
            )
        return found

    def labels(self, name: str) -> NDArray[Any]:
        """A column as trimmed text, '' for an empty cell: for effects, clusters and units."""
        values = self.column(name)
        if values.dtype.kind in "iub":
            return values.astype(str).to_numpy(object)
        if values.dtype.kind == "f":
            return np.array(["" if np.isnan(v) else _plain(float(v)) for v in values], dtype=object)
        texts = values.astype(object).where(values.notna(), "").astype(str).str.strip()
        return texts.where(~texts.isin(MISSING), "").to_numpy(object)

    def times(self) -> NDArray[np.int64]:
        """The time column as numbers that grow by one a period: 2017, '2017', '2017-Q3' or '2017-07'."""
        texts = self.labels(self.time)
        numbers = []
        for i, text in enumerate(texts):
            try:
                numbers.append(int(text) if str(text).lstrip("-").isdigit() else _number_of(str(text)))
            except ValueError as error:
                raise EquationError(f"{self.name}: {self.time} at {self.where(i)}: {error}") from error
        return np.array(numbers, dtype=np.int64)


def _plain(value: float) -> str:
    """A number as a label, all its digits: 1234567.0 -> '1234567'."""
    return str(int(value)) if value.is_integer() else repr(value)


def _number_of(text: str) -> int:
    period = periods.parse(text)
    return int(_ORDER[period.frequency](period))


def evaluate(term: Term, table: Table) -> Floats:
    """The values of a term, row by row, NaN where something it needs is missing. Raises EquationError."""
    match term:
        case Number(value):
            return np.full(len(table.frame), value)
        case Column(name):
            return table.numbers(name)
        case Word(column, word):
            labels = table.labels(column)
            if word not in labels:
                raise EquationError(f"{table.name}: {column} never holds {word!r}; {nearest(word, set(labels) - {''})}")
            return np.where(labels == "", np.nan, (labels == word).astype(float))
        case Apply(function, inner):
            return _apply(function, evaluate(inner, table), inner, table)
        case Power(inner, exponent):
            return np.asarray(evaluate(inner, table) ** float(exponent))
        case Product(left, right, over):
            return _times(evaluate(left, table), evaluate(right, table), over, right, table)
        case Moved(inner, lag):
            return _move(evaluate(inner, table), lag, table)
        case Difference(inner):
            values = evaluate(inner, table)
            return values - _move(values, 1, table)


def _apply(function: str, values: Floats, inner: Term, table: Table) -> Floats:
    if function == "is_zero":
        return np.where(np.isnan(values), np.nan, (values == 0.0).astype(float))
    bad = np.flatnonzero(values < 0.0 if function == "log_or_zero" else values <= 0.0)
    if len(bad):
        way_out = "drop these rows"
        if function == "log" and (values[bad] == 0.0).all():
            way_out = f"write log_or_zero({show(inner)}) and is_zero({show(inner)}) as two terms, or drop these rows"
        raise EquationError(
            f"{table.name}: log of {len(bad)} values of {show(inner)} that have none, first at "
            f"{table.where(bad[0])}: {values[bad[0]]:g}; {way_out}"
        )
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(values == 0.0, 0.0, np.log(values))


def _times(left: Floats, right: Floats, over: bool, divisor: Term, table: Table) -> Floats:
    if not over:
        return left * right
    zero = np.flatnonzero(right == 0.0)
    if len(zero):
        raise EquationError(f"{table.name}: {show(divisor)} is 0 at {table.where(zero[0])} and divides; drop the row")
    return left / right


def _move(values: Floats, lag: int, table: Table) -> Floats:
    if not (table.unit and table.time):
        raise EquationError(f"{table.name}: lag, lead and diff need the columns of units and times; give unit and time")
    keys = pd.MultiIndex.from_arrays([table.labels(table.unit), table.times()])
    twice = keys.duplicated()
    if twice.any():
        place, time = keys[int(np.flatnonzero(twice)[0])]
        raise EquationError(
            f"{table.name}: {table.unit} {place} stands twice at {table.time} {time}; a lag needs one row for each"
        )
    wanted = pd.MultiIndex.from_arrays([keys.get_level_values(0), keys.get_level_values(1) - lag])
    return np.asarray(pd.Series(values, index=keys).reindex(wanted), dtype=np.float64)


def show(term: Term) -> str:
    """A term as it is written."""
    match term:
        case Column(name):
            return name if name.isidentifier() else f"`{name}`"
        case Number(value):
            return f"{value:g}"
        case Word(column, word):
            return f"is({column}, {word})"
        case Apply(function, inner):
            return f"{function}({show(inner)})"
        case Power(inner, exponent):
            return f"{_bracketed(inner, Product, Power)}^{exponent}"
        case Product(left, right, over):
            return f"{show(left)}{'/' if over else '*'}{_bracketed(right, Product)}"
        case Moved(inner, lag):
            more = f", {abs(lag)}" if abs(lag) > 1 else ""
            return f"{'lag' if lag > 0 else 'lead'}({show(inner)}{more})"
        case Difference(inner):
            return f"diff({show(inner)})"


def _bracketed(term: Term, *kinds: type) -> str:
    """A term as it is written inside of another: in brackets where it is of one of the kinds."""
    return f"({show(term)})" if isinstance(term, kinds) else show(term)
