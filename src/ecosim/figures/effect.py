"""The policy effect by year: paired differences from the baseline with their intervals and a line at zero."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ecosim.figures import canvas
from ecosim.figures.labels import LEAST, Labels, brief
from ecosim.figures.quantiles import MEDIAN, by_time, interval, require_one, year_end

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_PANELS = 6
NEEDED = (MEDIAN, *interval(0.5), *interval(0.9))


def effect_chart(
    effect: pd.DataFrame,
    targets: Sequence[str],
    path: Path,
    labels: Labels,
    axes_limits: Mapping[str, tuple[float, float]] | None = None,
    columns: int = 2,
) -> Path:
    """Draws the effect on at most six targets and returns the path of the PNG.

    effect: quantiles of scenario minus baseline, paired by member, in the units of the targets.
    axes_limits: (low, high) of the vertical axis by target, for runs that are to be compared.
    Raises ValueError without a target, with more than six, or where a target has no effect in the table.
    """
    if not 1 <= len(targets) <= MOST_PANELS:
        raise ValueError(f"an effect chart takes 1 to {MOST_PANELS} targets, not {len(targets)}; choose some")
    require_one(effect)
    key = _key()
    title = f"{labels.where}: what the scenario adds"
    subtitle = f"{labels.scenario} minus {labels.baseline}, same luck: {labels.caution}"
    per_row = 2 if columns == 1 and len(targets) > 1 else len(key)
    foot = 0.1 + 0.17 * -(-len(key) // per_row)
    figure, panels = canvas.sheet(title, subtitle, len(targets), columns, foot)
    for target, axes in zip(targets, panels, strict=True):
        _draw(axes, effect, target, labels, (axes_limits or {}).get(target))
    canvas.legend(figure, key, per_row)
    return canvas.save(figure, path)


def _draw(axes: "Axes", effect: pd.DataFrame, target: str, labels: Labels, limits: tuple[float, float] | None) -> None:
    spread = by_time(effect, target, NEEDED)
    if spread.empty:
        valid = ", ".join(sorted(effect["target"].unique()))
        raise ValueError(f"{target}: no effect to draw; the table has {valid}")
    at = [year_end(time) for time in spread.index]
    low, high = interval(0.9)
    axes.axhline(0, color=canvas.INK, linewidth=0.9)
    axes.vlines(at, spread[low], spread[high], color=canvas.BANDS[0.5], linewidth=1.4)
    lower, upper = interval(0.5)
    axes.vlines(at, spread[lower], spread[upper], color=canvas.BLUE, linewidth=3.6)
    axes.plot(at, spread[MEDIAN], "o", color=canvas.BLUE, markeredgecolor="white", markeredgewidth=0.8, markersize=5)
    axes.set_xlim(at[0] - 0.6, at[-1] + 0.4)
    edges = limits or _room(float(spread[low].min()), float(spread[high].max()))
    axes.set_ylim(*edges)
    canvas.years(axes)
    label = labels.of(target)
    last = spread.iloc[-1]
    note = "90 % interval holds zero" if last[low] <= 0 <= last[high] else ""
    canvas.head(axes, labels.title(target), labels.measured(target), note)
    width, height = canvas.size(axes)
    place = (last[MEDIAN] - edges[0]) / (edges[1] - edges[0])
    looks = {"transform": axes.transAxes, "ha": "left", "va": "center", "color": canvas.BLUE, "clip_on": False}
    middle, least, most = brief([last[q] for q in (MEDIAN, low, high)], label, signed=True)
    between = f"{least} to {most}"
    small = canvas.fit(between, canvas.RIGHT - 0.1, canvas.SMALL - 0.5)
    canvas.write(axes, 1 + 0.07 / width, place, middle, canvas.BODY, bold=True, **looks)
    canvas.write(axes, 1 + 0.07 / width, place - 0.14 / height, between, small, **looks)


def effect_limits(effects: Sequence[pd.DataFrame], targets: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Vertical limits by target that hold the 90 % intervals of all effects."""
    outer = list(interval(0.9))
    limits = {}
    for target in targets:
        spreads = [by_time(effect, target, outer)[outer] for effect in effects if (effect["target"] == target).any()]
        if spreads:
            low, high = (
                min(float(each.min().min()) for each in spreads),
                max(float(each.max().max()) for each in spreads),
            )
            limits[target] = _room(low, high)
    return limits


def _room(low: float, high: float) -> tuple[float, float]:
    """Limits that hold the intervals and the zero line with a little air; what is not told from zero lies on it."""
    low, high = min(low, 0.0), max(high, 0.0)
    air = 0.08 * (high - low) if high - low >= LEAST else 1.0
    return low - air, high + air


def _key() -> list[tuple[Any, str]]:
    from matplotlib.lines import Line2D

    dot = Line2D([], [], color=canvas.BLUE, linestyle="", marker="o", markersize=5, markeredgecolor="white")
    return [
        (dot, "median"),
        (Line2D([], [], color=canvas.BLUE, linewidth=3.6), "50 % of futures"),
        (Line2D([], [], color=canvas.BANDS[0.5], linewidth=1.4), "90 % of futures"),
        (Line2D([], [], color=canvas.INK, linewidth=0.9), "no effect"),
    ]
