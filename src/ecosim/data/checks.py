"""What makes a table of counts valid, and the message for every way in which it is not."""

import difflib
import math
import re
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ecosim.data import periods
from ecosim.data.errors import UserError, nearest
from ecosim.data.targets import COUNT, TARGETS, UNITS

REQUIRED = ("location", "target", "time", "value")
COLUMNS = (*REQUIRED, "unit", "as_of", "source")

_CHINESE_HEADERS = {
    "地区": "location", "地点": "location", "指标": "target", "时间": "time", "年份": "time", "年": "time",
    "数值": "value", "值": "value", "单位": "unit", "来源": "source", "发布时间": "as_of",
}  # fmt: skip
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_TIME = re.compile(r"\d{4}(-Q[1-4]|-\d{2}(-\d{2})?)?", re.ASCII)
_WRITE_TIME = "write '2022', '2022-Q3', '2022-09' or '2022-09-30'"
_INTERCHANGEABLE = ({COUNT, "persons"},)
SHOWN = 3  # offending rows or periods that a message spells out


class CountsError(UserError, ValueError):
    """A table of counts that cannot be used as it is: the message says where, what, and the way out."""


class Table(NamedTuple):
    """A table under examination with the name and the row numbers that messages use."""

    name: str
    frame: pd.DataFrame
    rows: Sequence[Any]  # line of a CSV file; otherwise as in a spreadsheet, where the header is row 1; () of no file

    def refuse(self, bad: np.ndarray, what: str, shown: Callable[[int], str], way_out: str) -> None:
        """Raises CountsError for the rows where `bad` is true; does nothing where there are none."""
        where = np.flatnonzero(bad)
        if not len(where):
            return
        listed = "; ".join(f"{f'row {self.rows[i]}: ' if self.rows else ''}{shown(i)}" for i in where[:SHOWN])
        more = f" and {len(where) - SHOWN} more" if len(where) > SHOWN else ""
        plural = "s" if len(where) > 1 else ""
        raise CountsError(f"{self.name}: {len(where)} {what.replace('(s)', plural)}: {listed}{more}; {way_out}")

    def described(self, i: int) -> str:
        """'Zhejiang, hnte_certifications, 2019' for row i."""
        row = self.frame.iloc[i]
        return f"{row['location']}, {row['target']}, {row['time']}"


def check_columns(name: str, columns: Sequence[Any]) -> None:
    """Raises CountsError where a column is missing, doubled or unknown."""
    if (nameless := list(columns).count("")) > 1:
        raise CountsError(
            f"{name}: {nameless} columns have no name; does a title stand above the names? The first line is "
            f"{','.join(REQUIRED)}[,unit,as_of,source]"
        )
    doubled = sorted({str(column) for column in columns if list(columns).count(column) > 1})
    if doubled:
        raise CountsError(f"{name}: column {', '.join(doubled)} stands twice; keep one of them")
    found = [str(column) for column in columns]
    unknown = [column for column in found if column not in COLUMNS]
    missing = [column for column in REQUIRED if column not in found]
    if missing:
        hints = [f"rename {near!r} to {column!r}" for column in missing if (near := _meant(column, unknown))]
        way_out = "; ".join(hints) if hints else f"the first line is {','.join(REQUIRED)}[,unit,as_of,source]"
        raise CountsError(
            f"{name}: missing column{'s' * (len(missing) > 1)} {', '.join(missing)} "
            f"(found: {', '.join(found) or 'none'}); {way_out}"
        )
    if unknown:
        raise CountsError(
            f"{name}: unknown column{'s' * (len(unknown) > 1)} {', '.join(map(repr, unknown))}; "
            f"{nearest(unknown[0], COLUMNS)}; rename or remove it"
        )


def _meant(column: str, unknown: Sequence[str]) -> str:
    for candidate in unknown:
        if _CHINESE_HEADERS.get(candidate.strip()) == column or candidate.strip().lower() == column:
            return candidate
    close = difflib.get_close_matches(column, unknown, n=1, cutoff=0.6)
    return close[0] if close else ""


def as_text(values: pd.Series) -> list[str]:
    """Cells as trimmed text: 2017 and 2017.0 are '2017', a date is its day, an empty cell is ''."""
    return [_cell(value) for value in values.tolist()]


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, date):  # datetime and pd.Timestamp too
        return f"{value:%Y-%m-%d}"
    return str(value).strip()


def check_names(table: Table) -> None:
    """Raises CountsError where a row names no location or no target, or one that is another but for a stray quote."""
    for column in ("location", "target"):
        texts = table.frame[column].tolist()
        known = set(texts)
        stray = {text for text in known if '"' in text and text.replace('"', "").strip() in known}
        bad = np.array([text in stray for text in texts], dtype=bool)
        table.refuse(bad, f"{column}(s) with a stray quote", partial(_quoted, texts), "remove it from the cell")
        empty = np.array([not text for text in table.frame[column]], dtype=bool)
        table.refuse(empty, f"row(s) without {column}", table.described, f"fill in the {column} or remove the row")


def check_times(table: Table) -> None:
    """Raises CountsError where `time` or a given `as_of` is no year, quarter, month or day."""
    for column in ("time", "as_of"):
        texts = table.frame[column].tolist()
        valid = {text: _is_time(text) for text in set(texts)}
        if column == "as_of":
            valid[""] = True
        bad = np.array([not valid[text] for text in texts], dtype=bool)
        table.refuse(bad, f"malformed {column}", partial(_quoted, texts), _WRITE_TIME)


def _quoted(texts: Sequence[str], i: int) -> str:
    return repr(texts[i])


def _is_time(text: str) -> bool:
    if not _TIME.fullmatch(text):
        return False
    try:
        periods.parse(text)
    except ValueError:
        return False
    return True


def numbers(table: Table) -> np.ndarray:
    """The values as floats (n,), NaN for an empty cell; raises CountsError for text, booleans and infinities."""
    cells = table.frame["value"].tolist()
    texts = [value.strip() if isinstance(value, str) else value for value in cells]
    empty = [_cell(value) == "" for value in texts]
    bad = np.array([not (gap or _is_number(value)) for value, gap in zip(texts, empty, strict=True)], dtype=bool)
    table.refuse(
        bad, "value(s) not written as a number", lambda i: f"{table.described(i)}: {cells[i]!r}",
        "write 1234.5 without separators or signs, and leave the cell empty for a declared gap",
    )  # fmt: skip
    values = np.array([np.nan if gap else float(value) for value, gap in zip(texts, empty, strict=True)], dtype=float)
    table.refuse(
        np.isinf(values), "infinite value(s)", lambda i: f"{table.described(i)}: {cells[i]}", "correct or remove them"
    )
    return values


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return bool(_NUMBER.fullmatch(value))
    return isinstance(value, (Real, Decimal)) and not isinstance(value, (bool, np.bool_))


def fill_units(table: Table) -> list[str]:
    """The unit of every row, known targets by default; raises CountsError for a missing, unknown or contrary one."""
    targets, given = table.frame["target"].tolist(), table.frame["unit"].tolist()
    nameless = np.array([not unit and target not in TARGETS for target, unit in zip(targets, given, strict=True)], bool)
    if nameless.any():
        first = targets[int(np.flatnonzero(nameless)[0])]
        table.refuse(
            nameless, "row(s) of a target without a known unit", table.described,
            f"add a unit column ({', '.join(UNITS)}), or correct the name: {nearest(first, TARGETS)}",
        )  # fmt: skip
    units = [unit or TARGETS[target].unit for target, unit in zip(targets, given, strict=True)]
    unknown = np.array([unit not in UNITS for unit in units], dtype=bool)
    if unknown.any():
        first = units[int(np.flatnonzero(unknown)[0])]
        table.refuse(
            unknown, "row(s) with an unknown unit", lambda i: f"{table.described(i)}: {units[i]!r}",
            nearest(first, UNITS),
        )  # fmt: skip
    contrary = np.array([not _fits(target, unit) for target, unit in zip(targets, units, strict=True)], dtype=bool)
    if contrary.any():
        first = targets[int(np.flatnonzero(contrary)[0])]
        table.refuse(
            contrary, "row(s) in another unit than ecosim counts the target in",
            lambda i: f"{table.described(i)}: {units[i]!r}",
            f"convert {first} to {TARGETS[first].unit!r}, or give the target another name",
        )  # fmt: skip
    return units


def _fits(target: str, unit: str) -> bool:
    if target not in TARGETS or TARGETS[target].unit == unit:
        return True
    return any({TARGETS[target].unit, unit} <= same for same in _INTERCHANGEABLE)


def check_counts(table: Table) -> None:
    """Raises CountsError where a value whose unit is a count is negative or fractional."""
    counted = (table.frame["unit"] == COUNT).to_numpy()
    values = table.frame["value"].to_numpy()

    def shown(i: int) -> str:
        return f"{table.described(i)}: {values[i]:.15g}"

    table.refuse(counted & (values < 0), "negative count(s)", shown, "drop or correct them")
    table.refuse(
        counted & (values != np.floor(values)) & np.isfinite(values), "fractional count(s)", shown,
        "round them at their source, or give the unit in which they are fractions",
    )  # fmt: skip


def check_duplicates(table: Table) -> None:
    """Raises CountsError where two rows give the same location, target, time and as_of."""
    keys = table.frame[["location", "target", "time", "as_of"]]
    again = keys.duplicated(keep="first").to_numpy()
    if not again.any():
        return
    values = table.frame["value"].to_numpy()
    first: dict[tuple[Any, ...], int] = {}
    for i, key in enumerate(keys.itertuples(index=False, name=None)):
        first.setdefault(key, i)

    def shown(i: int) -> str:
        before = first[tuple(keys.iloc[i])]
        where = f" in row {table.rows[before]}" if table.rows else ""
        return f"{table.described(i)}: {_written(values[i])}, and {_written(values[before])}{where}"

    table.refuse(
        again, "duplicated row(s)", shown,
        "keep one row per location, target and time, or tell vintages apart by as_of",
    )  # fmt: skip


def _written(value: float) -> str:
    return "no value" if math.isnan(value) else f"{value:.15g}"
