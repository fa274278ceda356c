"""Several runs in one panel for each target: medians and 90 % intervals in the colors of the runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ecosim.figures import canvas
from ecosim.figures.labels import Labels, brief
from ecosim.figures.quantiles import MEDIAN, by_time, interval, year_end

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_PANELS, MOST_RUNS = 6, 8
COLORS = (canvas.BLUE, canvas.VERMILION, canvas.GREEN, canvas.ORANGE, "#CC79A7", "#56B4E9", canvas.GRAY, canvas.INK)
STYLES = ("-", "--", "-.", ":", "-", "--", "-.", ":")


def overlay_chart(
    forecasts: Mapping[str, pd.DataFrame],
    observed: pd.DataFrame,
    targets: Sequence[str],
    path: Path,
    labels: Labels,
    columns: int = 2,
    what: str = "the runs on common axes",
) -> Path:
    """Draws at most six targets of two to eight runs and returns the path of the PNG.

    forecasts: quantiles by name of the run, each of one scenario, place and origin; observed: counts of every run,
    drawn once; what: is to be seen. Raises ValueError without a target or a run, or with more than these.
    """
    if not 1 <= len(targets) <= MOST_PANELS or not 1 <= len(forecasts) <= MOST_RUNS:
        raise ValueError(
            f"1 to {MOST_PANELS} targets of 1 to {MOST_RUNS} runs can be drawn, not {len(targets)} of {len(forecasts)}"
        )
    rows = len(forecasts) if columns == 1 else -(-len(forecasts) // 2)
    foot = 0.17 * rows + 0.12
    title = f"{labels.where}: {what}"
    figure, panels = canvas.sheet(
        title, "median, 90 % interval, counts known to any of them", len(targets), columns, foot
    )
    for target, axes in zip(targets, panels, strict=True):
        _draw(axes, forecasts, observed, target, labels)
        canvas.head(axes, labels.title(target), labels.measured(target))
    canvas.legend(figure, _key(list(forecasts)), 1 if columns == 1 else 2)
    return canvas.save(figure, path)


def _draw(
    axes: "Axes", forecasts: Mapping[str, pd.DataFrame], observed: pd.DataFrame, target: str, labels: Labels
) -> None:
    low, high = interval(0.9)
    ends: list[tuple[float, str]] = []
    for table, color, style in zip(forecasts.values(), COLORS, STYLES, strict=False):
        spread = by_time(table, target, (MEDIAN, low, high))
        if spread.empty:
            continue
        at = [year_end(str(time)) for time in spread.index]
        axes.fill_between(at, spread[low], spread[high], color=color, alpha=0.10, linewidth=0)
        axes.plot(at, spread[MEDIAN], color=color, linewidth=1.6, linestyle=style)
        ends.append((float(spread[MEDIAN].iloc[-1]), color))
    counted = observed[observed["target"] == target].dropna(subset="value")
    at = [year_end(str(time)) for time in counted["time"]]
    axes.plot(at, counted["value"], "o", color=canvas.INK, markersize=3.4, zorder=5)
    bottom, top = axes.get_ylim()
    axes.set_ylim(min(bottom, 0.0) if bottom < 0 else 0.0, top)
    canvas.years(axes)
    _ends(axes, ends, labels, target)


def _ends(axes: "Axes", ends: list[tuple[float, str]], labels: Labels, target: str) -> None:
    """The last medians at the right edge, pushed apart where they would cover each other."""
    width, height = canvas.size(axes)
    bottom, top = axes.get_ylim()
    texts = brief([value for value, _ in ends], labels.of(target))
    placed = -1.0
    for (value, color), text in sorted(zip(ends, texts, strict=True), key=lambda pair: pair[0][0]):
        placed = max((value - bottom) / (top - bottom), placed + 0.13 / height)
        looks = {"transform": axes.transAxes, "ha": "left", "va": "center", "color": color, "clip_on": False}
        canvas.write(axes, 1 + 0.07 / width, placed, text, canvas.SMALL, **looks)


def _key(names: Sequence[str]) -> list[tuple[Any, str]]:
    from matplotlib.lines import Line2D

    looks = zip(names, COLORS, STYLES, strict=False)
    return [(Line2D([], [], color=color, linewidth=1.6, ls=style), name) for name, color, style in looks]
