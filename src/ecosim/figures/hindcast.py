"""A past forecast held against what then happened, beside the forecasts to beat."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ecosim.figures import canvas
from ecosim.figures.labels import Labels, amount
from ecosim.figures.quantiles import MEDIAN, by_time, interval, of_place

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEFT = 0.98  # inch, for the names of the methods
COLORS = (canvas.BLUE, canvas.ORANGE, canvas.GREEN, canvas.VERMILION)
NEEDED = (MEDIAN, *interval(0.5), *interval(0.9))


def hindcast_chart(
    forecasts: Mapping[str, pd.DataFrame],
    truth: pd.DataFrame,
    targets: Sequence[str],
    path: Path,
    labels: Labels,
    time: str,
    columns: int = 2,
) -> Path:
    """Draws one time of several forecasts as intervals with the truth as a line, and returns the path of the PNG.

    forecasts: quantiles by name of the method, the model first: {'ecosim': ..., 'random walk': ..., 'drift': ...}.
    truth: counts (location, target, time, value), among them `time` for every target.
    Raises ValueError without a target, more than six, five methods or more, or where truth or a forecast is missing.
    """
    if not 1 <= len(targets) <= 6:
        raise ValueError(f"a hindcast chart takes 1 to 6 targets, not {len(targets)}; choose the ones to show")
    if not 1 <= len(forecasts) <= len(COLORS):
        raise ValueError(f"a hindcast chart takes 1 to {len(COLORS)} methods, not {len(forecasts)}")
    origins = sorted({str(origin) for table in forecasts.values() for origin in table["origin"].unique()})
    counts = of_place(truth, next(iter(forecasts.values())))
    figure, panels = canvas.sheet(
        f"{labels.where}: {time} as forecast then, and as counted",
        f"known then: {', '.join(origins)}; thick 50\u00a0%, thin 90\u00a0% of futures; right: error of the median",
        len(targets),
        columns,
        foot=0.05,
        each=0.95 + 0.24 * len(forecasts),
        left=LEFT,
    )
    for target, axes in zip(targets, panels, strict=True):
        _draw(axes, forecasts, _truth(counts, target, time), target, labels, time)
    return canvas.save(figure, path)


def _truth(truth: pd.DataFrame, target: str, time: str) -> float:
    rows = truth[(truth["target"] == target) & (truth["time"].astype(str) == time)]["value"].dropna()
    if len(rows) != 1:
        raise ValueError(f"{target}: {len(rows)} counts for {time}, one is needed; leave the target out or filter")
    return float(rows.iloc[0])


def _draw(
    axes: "Axes", forecasts: Mapping[str, pd.DataFrame], count: float, target: str, labels: Labels, time: str
) -> None:
    label = labels.of(target)
    (low, high), (lower, upper) = interval(0.9), interval(0.5)
    edges = [count]
    across = axes.get_yaxis_transform()
    for place, ((method, table), color) in enumerate(zip(forecasts.items(), COLORS, strict=False)):
        spread = by_time(table, target, NEEDED)
        if time not in spread.index:
            has = ", ".join(spread.index) or "none"
            raise ValueError(f"{target}: {method} has no forecast for {time}; it has {has}")
        row = spread.loc[time].astype(float).to_dict()
        axes.hlines(place, row[low], row[high], color=color, linewidth=1.4)
        axes.hlines(place, row[lower], row[upper], color=color, linewidth=4.2)
        axes.plot([row[MEDIAN]], [place], "o", color=color, markeredgecolor="white", markersize=5.5)
        beside = {"va": "center", "transform": across}
        canvas.write(axes, -0.02, place, method, canvas.SMALL, bold=place == 0, ha="right", **beside)
        miss = _percent(row[MEDIAN] / count - 1) if count else ""
        words = ", ".join(filter(None, (miss, "" if row[low] <= count <= row[high] else "out")))
        canvas.write(
            axes, 1 + 0.07 / canvas.size(axes)[0], place, words, canvas.SMALL, ha="left", color=canvas.GRAY, **beside
        )
        edges += [row[low], row[high]]
    axes.axvline(count, color=canvas.INK, linewidth=1.3, zorder=0)
    air = 0.06 * (max(edges) - min(edges)) or 1.0
    axes.set_xlim(min(edges) - air, max(edges) + air)
    axes.set_ylim(len(forecasts) - 0.4, -0.6)
    canvas.values_below(axes)
    counted = f"counted: {amount(count, label)}"
    canvas.head(axes, labels.title(target), counted, left=LEFT)


def _percent(share: float) -> str:
    """'+3 %', '−12 %', '0 %'."""
    whole = round(100 * share)
    return f"{whole:+d} %".replace("-", "−") if whole else "0 %"
