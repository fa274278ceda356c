"""The short tables of a run: past forecasts beside the counts, and the summary for the terminal."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from ecosim.figures.labels import Labels, TargetLabel, brief
from ecosim.figures.quantiles import MEDIAN, at, by_time, interval, of_place
from ecosim.report.words import last_count

if TYPE_CHECKING:
    from rich.table import Table


def hindcast_table(forecasts: Mapping[str, pd.DataFrame], truth: pd.DataFrame, level: float = 0.9) -> pd.DataFrame:
    """Past forecasts beside the counts: method, target, time, truth, median, low, high; the model first.

    forecasts: quantiles by name of the method. Times and targets without a count are left out.
    """
    low, high = interval(level)
    rows = []
    for method, table in forecasts.items():
        known = of_place(truth, table).dropna(subset="value").to_dict("records")
        counts = {(str(row["target"]), str(row["time"])): float(row["value"]) for row in known}
        for target in dict.fromkeys(table["target"]):
            spread = by_time(table, target, (MEDIAN, low, high))
            for time in spread.index.astype(str):
                if (target, time) in counts:
                    row = at(spread, time)
                    rows.append((method, target, time, counts[target, time], row[MEDIAN], row[low], row[high]))
    return pd.DataFrame(rows, columns=["method", "target", "time", "truth", "median", "low", "high"])


def summary_table(
    forecast: pd.DataFrame,
    observed: pd.DataFrame,
    targets: Sequence[str],
    labels: Labels,
    effect: pd.DataFrame | None = None,
    times: Sequence[str] = (),
) -> "Table":
    """A table for the terminal: target, last count, median and 90 % interval at three times, effect at the last.

    The unit of a target stands under its name; the numbers of a row are all in one form (`brief`).
    times: at most three; without them the first, the middle and the last of the forecast.
    """
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    known = sorted(forecast["time"].astype(str).unique())
    shown = list(times) or list(dict.fromkeys([known[0], known[(len(known) - 1) // 2], known[-1]]))
    title = Text(f"{labels.where}: {labels.scenario}; median and 90 % interval")
    table = Table(
        title=title, title_justify="left", header_style="bold", box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0)
    )
    table.add_column("target")
    table.add_column("last", justify="right", no_wrap=True)
    for time in shown:
        table.add_column(time, justify="right", no_wrap=True)
    if effect is not None:
        table.add_column(f"effect {known[-1]}", justify="right", no_wrap=True)
    for target in targets:
        label = labels.of(target)
        last = last_count(of_place(observed, forecast), target)
        under = ", ".join(filter(None, (label.chinese, label.unit)))
        cells: list[Text | str] = [Text(f"{label.title}\n{under}".strip())]
        columns = [values_at(forecast, target, time) for time in shown]
        added = values_at(effect, target, known[-1]) if effect is not None else []
        row = [*([last.value] if last else []), *(value for column in (*columns, added) for value in column)]
        cells.append(f"{brief([last.value], label, beside=row)[0]}\n{last.time}" if last else "–")
        cells += [stacked(column, label, beside=row) for column in columns]
        if effect is not None:
            cells.append(stacked(added, label, signed=True, beside=row))
        table.add_row(*cells)
    return table


def values_at(table: pd.DataFrame, target: str, time: str) -> list[float]:
    """The median of a time and the ends of its 90 % interval; nothing where the table lacks it."""
    wanted = (MEDIAN, *interval(0.9))
    spread = by_time(table, target, wanted)
    return [at(spread, time)[quantile] for quantile in wanted] if time in spread.index else []


def stacked(values: Sequence[float], label: TargetLabel, signed: bool = False, beside: Sequence[float] = ()) -> str:
    """The median above its interval, so that the table fits into 80 characters; a dash without values.

    values: median and both ends; beside: as in `brief`.
    """
    if not values:
        return "–"
    middle, low, high = brief(values, label, signed, beside)
    return f"{middle}\n{low}{' to ' if signed else '–'}{high}"
