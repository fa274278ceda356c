"""What each line of work adds, in words and as a small table, out of decomposition.csv."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from ecosim.figures.labels import Labels, TargetLabel, after_number, number, unit_of_change
from ecosim.report.instruments import AMOUNT, anyway

COST = TargetLabel("", "", whole=False)
PRIOR, DRAWN = "is a prior effect", "is an effect of parameters drawn from a posterior, and from priors for all else,"
Cell = tuple[str, str]  # a text and what stands small under it
WHOLE, EMPTY = ("Whole package", "政策包"), ("", "")
CAUTION = (
    "Each figure {what} carried through the state of the firms: the same futures were run again without a "
    "line of work, with the same luck. The counts cannot tell the instruments apart, so this says what the model holds "
    "likely, not what was measured."
)
AVERAGES = (
    "Amounts are medians over futures, shares are of means, because only means add up: of two lines of work the one "
    "with the larger median may have the smaller share. Lines of work stand in the order of their means."
)
READING = (
    "The shares (Shapley values) add up to the effect of the package in every future. What is missing where a line of "
    "work alone is left out adds up to less where two of them replace each other, and to more where they need each "
    "other. The share of an effect that is not surely different from zero is left out."
)


class Told(NamedTuple):
    """The section: one sentence for each target, and a table (title, columns, rows of texts) for each."""

    sentences: list[tuple[str, str]]
    tables: list[tuple[str, list[Cell], list[list[Cell]]]]
    caution: str
    averages: str = AVERAGES
    reading: str = READING


def tell(table: pd.DataFrame, targets: Sequence[str], labels: Labels, groups: Mapping[str, tuple[str, str]]) -> Told:
    """The last year of some targets. groups: names of the lines of work in English and Chinese."""
    year = max(table["time"].astype(str))
    whole = table["instrument"].isna() | table["instrument"].eq("")  # missing once read from a file
    last = table[(table["time"].astype(str) == year) & whole]
    sentences, tables = [], []
    for target in targets:
        rows = {
            (str(row["group"]), str(row["measure"])): row for row in last[last["target"] == target].to_dict("records")
        }
        if rows:
            sentences.append((labels.title(target), _sentence(rows, labels.of(target), groups, year)))
            heads = [*COLUMNS[:-1], (COLUMNS[-1][0], unit_of_cost(labels.of(target)))]
            tables.append((f"{labels.title(target)}, {year}", heads, _rows(rows, labels.of(target), groups)))
    return Told(sentences, tables, CAUTION.format(what=DRAWN if labels.posterior else PRIOR))


COLUMNS: list[Cell] = [
    ("line of work", ""), ("part of the effect", "median"), ("if left out", "is missing"), ("alone", "adds"),
    ("paid or not collected", "10k CNY"), ("would have acted anyway", "share"), ("for one more", "10k CNY"),
]  # fmt: skip


def unit_of_cost(label: TargetLabel) -> str:
    """Of the cost of one more: of money it is yuan for a yuan."""
    return "CNY for one CNY" if "CNY" in label.unit else "10k CNY"


def between(row: Mapping[Any, Any], label: TargetLabel) -> Cell:
    """'+44' and '+21 to +64'."""
    middle, low, high = (number(row[name], label, signed=True) for name in ("median", "lower_05", "upper_95"))
    return middle, f"{low} to {high}"


def cost(row: Mapping[Any, Any]) -> Cell:
    """Median and interval of the cost of one unit more; infinite or undefined in words."""
    if row["cost_per_additional"] != row["cost_per_additional"]:
        return str(row["cost_note"]).partition(":")[0] if isinstance(row["cost_note"], str) else "", ""
    middle, low, high = (
        "no bound" if row[name] == float("inf") else number(row[name], COST)
        for name in ("cost_per_additional", "cost_lower", "cost_upper")
    )
    return middle, f"{low} to {high}"


def _money(row: Mapping[Any, Any]) -> str:
    """What was paid or not collected, in the unit of the column; below zero where it saves."""
    return number(row["outlay"] + row["tax_expenditure"], AMOUNT)


def _together(cell: Cell) -> str:
    """'+44 (+21 to +64)'."""
    return f"{cell[0]} ({cell[1]})"


def _sentence(
    rows: Mapping[tuple[str, str], Mapping[Any, Any]],
    label: TargetLabel,
    groups: Mapping[str, tuple[str, str]],
    year: str,
) -> str:
    package = rows["package", "package"]
    shares = [row for (_, measure), row in rows.items() if measure == "shapley"]
    shares.sort(key=lambda row: -abs(row["mean"]))
    parts = []
    for row in shares[:3]:
        part = f", {round(100 * row['share'])} %" if row["share"] == row["share"] else ""
        parts.append(f"{groups[row['group']][0]} {_together(between(row, label))}{part}")
    sure = "" if package["lower_05"] * package["upper_95"] > 0 else " The 90 % interval of the package holds zero."
    when = f"at the end of {year}" if label.stock else f"in {year}"
    unit = after_number(unit_of_change(label))
    return f"of the package's {_together(between(package, label))}{unit} {when}: {'; '.join(parts)}.{sure}"


def _rows(
    rows: Mapping[tuple[str, str], Mapping[Any, Any]], label: TargetLabel, groups: Mapping[str, tuple[str, str]]
) -> list[list[Cell]]:
    shares = [row for (_, measure), row in rows.items() if measure == "shapley"]
    found = []
    for row in sorted(shares, key=lambda row: -row["mean"]):
        group = str(row["group"])
        left_out, alone = rows[group, "leave_one_out"], rows[group, "first_in"]
        found.append([
            groups[group],
            between(row, label),
            between(left_out, label),
            between(alone, label),
            (_money(row), ""),
            anyway(left_out),
            cost(left_out),
        ])  # fmt: skip
    package = rows["package", "package"]
    return [*found, [WHOLE, between(package, label), EMPTY, EMPTY, (_money(package), ""), EMPTY, cost(package)]]
