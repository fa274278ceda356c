"""The times of a series of counts: one frequency, and no gap that is not declared."""

from collections.abc import Sequence
from itertools import pairwise

from ecosim.data import periods
from ecosim.data.checks import SHOWN, CountsError, Table


def check_series(table: Table) -> None:
    """Raises CountsError for a series of mixed frequency and for undeclared gaps."""
    gaps = []
    for (location, target), times in table.frame.groupby(["location", "target"], sort=False)["time"]:
        parsed = {text: periods.parse(text) for text in times.unique()}
        rows = {text: table.rows[i] for i, text in zip(times.index[::-1], times[::-1], strict=True) if table.rows}
        by_frequency = {period.frequency: text for text, period in parsed.items()}
        if len(by_frequency) > 1:
            examples = ", ".join(
                f"{frequency} {text!r}" + (f" in row {rows[text]}" if rows else "")
                for frequency, text in sorted(by_frequency.items())
            )
            raise CountsError(
                f"{table.name}: {location}, {target} mixes frequencies ({examples}); "
                "give one series in one frequency, the other one under another target name"
            )
        missing = missing_periods(list(parsed))
        if missing:
            more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
            before, after = _longest_hole(list(parsed))
            beside = f" (row {rows[before]} is of {before}, row {rows[after]} of {after})" if rows else ""
            gaps.append(f"{location}, {target}: {', '.join(missing[:SHOWN])}{more}{beside}")
    if gaps:
        more = f" and {len(gaps) - SHOWN} more series" if len(gaps) > SHOWN else ""
        raise CountsError(
            f"{table.name}: undeclared gap{'s' * (len(gaps) > 1)}: {'; '.join(gaps[:SHOWN])}{more}; "
            f"add the figures, declare each gap by a row with an empty value, or correct the time{_over_lines(table)}"
        )


def _over_lines(table: Table) -> str:
    """A hint at the first cell that goes over several lines: a stray quote hides the rows that follow it."""
    for row, cells in zip(table.rows, table.frame.itertuples(index=False), strict=False):  # of no file: no row
        for cell in cells:
            if isinstance(cell, str) and "\n" in cell:
                return f"; a cell that ends in row {row} goes over several lines: {cell[:60]!r}: check its quotes"
    return ""


def missing_periods(times: Sequence[str]) -> list[str]:
    """The periods between the first and the last of one series that have no row; days have no regular frequency."""
    if not times or periods.parse(times[0]).frequency == "day":
        return []
    ordinals = {_ordinal(text) for text in times}
    frequency = periods.parse(times[0]).frequency
    return [_label(i, frequency) for i in range(min(ordinals), max(ordinals)) if i not in ordinals]


def _longest_hole(times: Sequence[str]) -> tuple[str, str]:
    """The two successive periods of a series that lie furthest apart."""
    ordered = sorted(times, key=_ordinal)
    return max(pairwise(ordered), key=lambda pair: _ordinal(pair[1]) - _ordinal(pair[0]))


def _ordinal(text: str) -> int:
    start, _, frequency = periods.parse(text)
    per_year = {"year": 1, "quarter": 4, "month": 12}[frequency]
    return start.year * per_year + (start.month - 1) * per_year // 12


def _label(ordinal: int, frequency: str) -> str:
    if frequency == "year":
        return f"{ordinal:04d}"
    if frequency == "quarter":
        return f"{ordinal // 4:04d}-Q{ordinal % 4 + 1}"
    return f"{ordinal // 12:04d}-{ordinal % 12 + 1:02d}"
