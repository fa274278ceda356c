"""What the instruments are and what they cost, as tables a reader can use."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pandas as pd

from ecosim.figures.labels import TargetLabel, number

AMOUNT = TargetLabel("", "10k CNY")
ALL = "all"  # instead of a year: from the origin to the horizon
NOTHING = ("–", "")
TOO_SHORT = "the horizon is too near"
Cell = tuple[str, str]  # a text and what stands small under it
TOTALS: list[Cell] = [
    ("instrument", ""), ("paid", "10k CNY"), ("tax not collected", "10k CNY"), ("recipients", "firms × years"),
    ("refused", "applications"), ("would have acted anyway", "share"),
]  # fmt: skip
COUNTS = ("outlay", "tax_expenditure", "recipients", "refused")


class Grid(NamedTuple):
    """A table: heads with their units, and rows whose first cell names the row."""

    columns: list[Cell]
    rows: list[list[Cell]]


class Costs(NamedTuple):
    """Sums from the origin to the horizon, where they were recorded, and every year."""

    totals: Grid | None
    years: Grid
    first: str
    last: str
    without: str
    """What was taken away to see who would have acted anyway."""
    induced: str
    """What the package makes rules that it leaves as they are cost more, from the origin to the horizon, in words."""


class Instruments(NamedTuple):
    """Name, numbers and source of each instrument: those of the scenario alone, and those of the baseline too."""

    own: list[tuple[Cell, str, str]]
    shared: list[tuple[Cell, str, str]]


def listed(table: pd.DataFrame) -> Instruments:
    """The instruments in force. table: policies.csv; columns that an earlier version did not write may be missing."""
    own: list[tuple[Cell, str, str]] = []
    shared: list[tuple[Cell, str, str]] = []
    for row in table.to_dict("records"):
        kept = str(row.get("in_baseline")) == "True"
        (shared if kept else own).append((_name(row), _text(row.get("numbers")), _text(row.get("source"))))
    return Instruments(own, shared)


def costs(table: pd.DataFrame, policies: pd.DataFrame | None = None) -> Costs | None:
    """What instruments cost; None where none of them costs anything.

    table: costs.csv, or ledger.csv where a run recorded no sums; policies: policies.csv, for labels that the table
    lacks. Amounts are medians over members. Instruments that cost nothing and reach nobody are left out.
    """
    missing = {column: float("nan") for column in COUNTS if column not in table}
    named = table.assign(year=table["year"].astype(str), **missing)
    if "label" not in named and policies is not None and {"instrument", "label"} <= set(policies):
        known = [column for column in ("instrument", "label", "label_zh") if column in policies]
        named = named.merge(policies[known], on="instrument", how="left")
    some = named[["outlay", "tax_expenditure", "recipients"]].fillna(0).ne(0).any(axis=1)  # below 0: it saves
    costing = named[some]
    yearly = costing[costing["year"] != ALL]
    if yearly.empty:
        return None
    sums = costing[costing["year"] == ALL].sort_values(["outlay", "tax_expenditure"], ascending=False, kind="stable")
    totals = Grid(TOTALS, [_total(row) for row in sums.to_dict("records")]) if len(sums) else None
    years = sorted(set(yearly["year"]))
    order = list(dict.fromkeys([*sums["instrument"], *yearly["instrument"]]))
    heads = [("instrument", ""), *((year, "") for year in years)]
    alone = set(sums.get("without", ())) == {"instrument"}
    without = "that instrument" if alone else "the whole package"
    return Costs(totals, Grid(heads, _by_year(yearly, order, years)), years[0], years[-1], without, _induced(sums))


def _total(row: Mapping[Any, Any]) -> list[Cell]:
    between = _between(row, "outlay_lower", "outlay_upper") if row["outlay"] else ""
    return [
        _name(row),
        (_amount(row["outlay"])[0], between),
        _amount(row["tax_expenditure"]),
        _amount(row["recipients"]),
        _amount(row["refused"]),
        anyway(row),
    ]


def _induced(sums: pd.DataFrame) -> str:
    """'66,545 (13,204 to 234,404)', 10k CNY; nothing where a run recorded none or it is surely none."""
    if "induced" not in sums:  # before version 0.2.15
        return ""
    known = sums.dropna(subset="induced")
    rows = known[known[["induced", "induced_lower", "induced_upper"]].ne(0).any(axis=1)]
    if rows.empty:
        return ""
    row = rows.iloc[0].to_dict()
    return f"{number(row['induced'], AMOUNT)} ({_between(row, 'induced_lower', 'induced_upper')})"


def anyway(row: Mapping[Any, Any]) -> Cell:
    """'53 %' and 'of firms'; a dash where it is not known, with the reason where the horizon is one."""
    share, of = row.get("deadweight_share", float("nan")), _text(row.get("deadweight_of"))
    if share == share:
        return f"{round(100 * share)} %", f"of {of}" if of else ""
    return NOTHING[0], TOO_SHORT if _text(row.get("deadweight_note")) else ""


def _by_year(yearly: pd.DataFrame, order: list[str], years: list[str]) -> list[list[Cell]]:
    """Rows the instruments, a second one for tax not collected where money is paid as well; columns the years."""
    rows = []
    for name in order:
        its = yearly[yearly["instrument"] == name]
        found = {str(row["year"]): row for row in its.to_dict("records")}
        label, chinese = _name(its.iloc[0].to_dict())
        for column, words in (("outlay", ""), ("tax_expenditure", ", tax not collected")):
            if its[column].fillna(0).ne(0).any():
                cells = [_amount(found[year][column]) if year in found else NOTHING for year in years]
                rows.append([(f"{label}{words}", chinese), *cells])
    return rows


def _name(row: Mapping[Any, Any]) -> Cell:
    """Label in English and Chinese; the name with spaces where there is none."""
    return _text(row.get("label")) or str(row["instrument"]).replace("_", " "), _text(row.get("label_zh"))


def _amount(value: float) -> Cell:
    return (number(value, AMOUNT), "") if value else NOTHING


def _between(row: Mapping[Any, Any], low: str, high: str) -> str:
    """'2,743 to 24,231'; nothing where no interval is known or it is a point."""
    if low not in row or row[low] != row[low] or row[low] == row[high]:
        return ""
    return f"{number(row[low], AMOUNT)} to {number(row[high], AMOUNT)}"


def _text(value: Any) -> str:
    return "" if value is None or value != value else str(value)
