"""Several recorded runs side by side: their forecasts, effects, scores and costs."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from ecosim.data.digits import plain
from ecosim.figures.labels import Labels, after_number, number
from ecosim.figures.quantiles import MEDIAN, at, by_time, interval
from ecosim.publication import paired
from ecosim.publication.differing import LETTERS, NOT_THERE, Row
from ecosim.publication.recorded import Recorded
from ecosim.report.comparing import Beside

LOW, HIGH = interval(0.9)
MOST_TOLD = 3  # targets in sentences
ALL, PACKAGE = "all", "package"
COSTS = (  # column of costs.csv, name, unit, divisor
    ("outlay", "paid", "m CNY, origin to horizon", 100.0),
    ("tax_expenditure", "tax not paid", "m CNY, origin to horizon", 100.0),
    ("induced", "more under rules left as they are", "m CNY, origin to horizon", 100.0),
    ("recipients", "recipients", "firms, once a year for each instrument", 1.0),
    ("refused", "refused applications", "", 1.0),
    ("deadweight_share", "would have acted anyway", "share of what recipients did", 1.0),
)


def common_targets(runs: Sequence[Recorded]) -> list[str]:
    """Targets that every run forecasts, those first that the runs were asked to show."""
    have = [set(run.table("forecast")["target"]) for run in runs]
    asked = [target for run in runs for target in run.settings["study"].get("targets") or ()]
    first = list(dict.fromkeys(run_target for run_target in runs[0].table("forecast")["target"]))
    return [target for target in dict.fromkeys([*asked, *first]) if all(target in known for known in have)]


def left_out(runs: Sequence[Recorded], shown: Sequence[str], labels: Labels) -> list[str]:
    """Sentences on targets that do not stand on the page: those that some run lacks, and those beyond the shown."""
    have = [dict.fromkeys(run.table("forecast")["target"]) for run in runs]
    told, missing = [], []
    for target in dict.fromkeys(target for known in have for target in known):
        of = [letter for letter, known in zip(LETTERS, have, strict=False) if target in known]
        if len(of) < len(runs):
            missing.append(f"{labels.title(target)} ({' and '.join(of)})")
    if missing:
        told.append(f"Not in all runs, so not compared: {', '.join(missing)}.")
    if beyond := [labels.title(target) for target in common_targets(runs) if target not in shown]:
        told.append(f"In all runs, in forecast.csv of each but not shown here: {', '.join(beyond)}.")
    return told


def years_shown(tables: Sequence[pd.DataFrame]) -> list[str]:
    """The middle and the last of the years that all tables have."""
    common = sorted(set.intersection(*(set(table["time"].astype(str)) for table in tables))) if tables else []
    return list(dict.fromkeys([common[(len(common) - 1) // 2], common[-1]])) if common else []


def forecasts(runs: Sequence[Recorded], targets: Sequence[str], labels: Labels) -> Beside:
    """Median and 90 % interval of every target in two years."""
    tables = [run.table("forecast") for run in runs]
    return Beside(
        "Forecasts", "Median, and the 90 % interval under it.", tuple(_quantile_rows(tables, targets, labels, False))
    )


def futures_apart(runs: Sequence[Recorded], futures: paired.Futures, targets: Sequence[str], labels: Labels) -> Beside:
    """What runs with the luck of the first have more than that, in the years of `forecasts`."""
    return paired.table(futures, targets, years_shown([run.table("forecast") for run in runs]), labels)


def effects(runs: Sequence[Recorded], targets: Sequence[str], labels: Labels) -> Beside:
    """Scenario less baseline, paired, in two years."""
    tables = [run.table("effect") for run in runs]
    tables = [table if (table["value"] != 0).any() else table.iloc[:0] for table in tables]
    against = "; ".join(
        f"{letter} less {str(run.settings['baseline']).replace('_', ' ')}"
        for letter, run in zip(LETTERS, runs, strict=False)
    )
    rows = tuple(_quantile_rows(tables, targets, labels, True))
    remark = f"Median and 90 % interval, future by future: {against}."
    return Beside("What the policies add", remark if rows else "No run differs from its baseline.", rows)


def _quantile_rows(tables: Sequence[pd.DataFrame], targets: Sequence[str], labels: Labels, signed: bool) -> list[Row]:
    rows: list[Row] = []
    for target in targets:
        spreads = [by_time(table, target, (MEDIAN, LOW, HIGH)) for table in tables]
        for year in years_shown([table for table in tables if len(table)]):
            cells = tuple(_cell(spread, year, labels, target, signed) for spread in spreads)
            rows.append((f"{labels.title(target)}, {year}", labels.measured(target), cells))
    return rows


def _cell(spread: pd.DataFrame, year: str, labels: Labels, target: str, signed: bool) -> str:
    if year not in spread.index:
        return NOT_THERE
    row, label = at(spread, year), labels.of(target)
    middle, low, high = (number(row[level], label, signed) for level in (MEDIAN, LOW, HIGH))
    return f"{middle}\n{low} to {high}"


def scores(runs: Sequence[Recorded], labels: Labels) -> Beside:
    """Counts published after the origin beside each run: median, interval, and the weighted interval score."""
    tables = [run.table_or_none("scores") for run in runs]
    tables = [table if table is not None and "wis" in table else None for table in tables]
    keys = dict.fromkeys(
        (str(row["target"]), str(row["time"]), float(row["observed"]))
        for table in tables
        for row in ([] if table is None else table.to_dict("records"))
    )
    rows: list[Row] = []
    for target, time, observed in keys:
        label = labels.of(target)
        name = f"{labels.title(target)}, {time}"
        cells = tuple(_scored(table, target, time, labels) for table in tables)
        rows.append((name, f"counted: {number(observed, label)}", cells))
    if rows:
        totals = [NOT_THERE if table is None else _held(table) for table in tables]
        rows.append(("held by the 90 % interval", "counts", tuple(totals)))
    remark = "Counts published after the origin, which no run knew; WIS in the unit of the target, lower is better."
    return Beside("Scores", remark if rows else "Nothing was counted after the origins of these runs.", tuple(rows))


def _scored(table: pd.DataFrame | None, target: str, time: str, labels: Labels) -> str:
    if table is None:
        return NOT_THERE
    found = table[(table["target"] == target) & (table["time"] == time)]
    if not len(found):
        return NOT_THERE
    row, label = found.iloc[0], labels.of(target)
    middle, low, high = (number(float(row[name]), label) for name in ("median", "lower", "upper"))
    return f"{middle}\n{low} to {high}\nWIS {plain(row['wis'])}"


def _held(table: pd.DataFrame) -> str:
    return f"{int(table['inside_90'].astype(bool).sum())} of {len(table)}"


def costs(runs: Sequence[Recorded], labels: Labels) -> Beside:
    """What the package of each run cost from origin to horizon: medians and 90 % intervals where they were recorded."""
    whole = [_package(run) for run in runs]
    rows: list[Row] = []
    for column, name, unit, divisor in COSTS:
        cells = tuple(_cost(row, column, divisor) for row in whole)
        if any(cell != NOT_THERE for cell in cells):
            rows.append((name, unit, cells))
    remark = (
        "What differs from the baseline, beyond what that paid or did not collect, from the origin to the horizon: "
        "medians, and 90 % intervals under them."
    )
    return Beside("Costs", remark if rows else "No run recorded costs.", tuple(rows))


def _package(run: Recorded) -> Mapping[str, Any] | None:
    table = run.table_or_none("costs")
    if table is None or not {"instrument", "year", "outlay"} <= set(table):
        return None
    rows = table[(table["instrument"] == PACKAGE) & (table["year"].astype(str) == ALL)]
    return {str(key): value for key, value in rows.iloc[0].to_dict().items()} if len(rows) else None


def _cost(row: Mapping[str, Any] | None, column: str, divisor: float) -> str:
    if row is None or column not in row or pd.isna(row[column]):
        return NOT_THERE
    if column.endswith("share"):
        return f"{100 * float(row[column]):.0f} %"
    text = f"{float(row[column]) / divisor:,.0f}"
    if f"{column}_lower" in row and not pd.isna(row[f"{column}_lower"]):
        text += f"\n{float(row[f'{column}_lower']) / divisor:,.0f} to {float(row[f'{column}_upper']) / divisor:,.0f}"
    return text


def caution(runs: Sequence[Recorded]) -> str:
    """What an effect is in these runs."""
    prior = "a prior effect carried through the state of the firms, not an estimate from the counts"
    drawn, moved = (
        ", ".join(letter for letter, yes in zip(LETTERS, found, strict=False) if yes)
        for found in ([run.from_posterior for run in runs], [run.updated for run in runs])
    )
    told = (
        f"In {drawn} members draw part of what carries an effect from the posterior of a calibration; for all else it "
        f"is {prior}."
        if drawn
        else f"An effect is {prior}."
    )
    if not moved:
        return told
    return f"{told} In {moved} new counts moved it (ensemble Kalman smoother), which does not identify it."


def _apart(tables: Sequence[pd.DataFrame], target: str) -> float:
    """How far the medians of a target lie apart in the last year that all have, over the largest of them."""
    years = years_shown([table[table["target"] == target] for table in tables])
    if not years:
        return 0.0
    medians = [float(at(by_time(table, target, (MEDIAN,)), years[-1])[MEDIAN]) for table in tables]
    largest = max(map(abs, medians))
    return (max(medians) - min(medians)) / largest if largest > 0.0 else 0.0


def sentences(
    runs: Sequence[Recorded], targets: Sequence[str], labels: Labels, futures: paired.Futures = ()
) -> list[str]:
    """What the runs say of three targets in the last year that all have, and why of these where there are more.

    targets: the headline first, which is always told; the others are those in which the runs lie furthest apart.
    futures: of each run, see `paired.futures`; with them also in how many of 100 futures a run lies above the first.
    """
    tables = [run.table("forecast") for run in runs]
    if not years_shown(tables):
        return ["The runs have no year in common."]
    text = []
    ordered = sorted(targets[1:], key=lambda target: -_apart(tables, target))  # of equal ones the first
    told = [target for target in targets if target in (targets[0], *ordered[: MOST_TOLD - 1])]
    for target in told:
        label = labels.of(target)
        years = years_shown([table[table["target"] == target] for table in tables])
        if not years:
            continue
        spreads = [by_time(table, target, (MEDIAN, LOW, HIGH)) for table in tables]
        parts = []
        for letter, spread in zip(LETTERS, spreads, strict=False):
            middle, low, high = (number(at(spread, years[-1])[level], label) for level in (MEDIAN, LOW, HIGH))
            parts.append(f"{letter} {middle} ({low} to {high})")
        when = f"at the end of {years[-1]}" if label.stock else f"in {years[-1]}"
        above = paired.in_futures(futures, target, years[-1])
        sentence = f"{labels.title(target)} {when}: {', '.join(parts)}{after_number(label.unit)}."
        text.append(f"{sentence} {above}." if above else sentence)
    if len(told) < len(targets):
        text.append(
            f"Of {len(targets)} targets shown these are the first that was asked for and the {MOST_TOLD - 1} in which "
            "the medians lie furthest apart for their size."
        )
    return text
