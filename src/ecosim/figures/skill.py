"""Relative skill of many methods at a few horizons: who beats the baseline, and by how much."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ecosim.figures import canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLORS = (canvas.BLUE, canvas.ORANGE, canvas.GREEN)
MOST_HORIZONS = len(COLORS)
LEAST, WIDEST = 0.1, 2.0  # relative scores at the edges; what lies beyond is written there
TICKS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0)
FAR_TICKS = (0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0, 1.4, 2.0)  # where something lies left of TICKS
WORSE = 0.28  # least width right of 1 over that left of it, for the words above
ROW = 0.27  # inch for one method
LEFT = 1.45  # inch for the names


def skill_chart(
    skill: pd.DataFrame, path: Path, title: str, subtitle: str, baseline: str, step: str, bold: Sequence[str] = ()
) -> Path:
    """Draws points with intervals, one row per method and one color per horizon, and returns the path of the PNG.

    skill: model, horizon, value, lower, upper of one score and target, relative to `baseline` (1); at most three
    horizons are drawn: the first, the last and one between. step: 'year'. bold: methods to stand out.
    Raises ValueError where the table is empty.
    """
    if not len(skill):
        raise ValueError("no relative skill to draw; the run compares fewer than two methods")
    horizons = _shown(sorted(int(horizon) for horizon in skill["horizon"].unique()))
    rows = skill[skill["horizon"].isin(horizons)]
    order = np.exp(np.log(rows["value"]).groupby(rows["model"].astype(str)).mean()).sort_values()
    methods = list(order.index)
    height = ROW * len(methods) + 0.72
    figure, panels = canvas.sheet(title, subtitle, 1, 1, foot=0.28, each=height, left=LEFT)
    axes = panels[0]
    low = min(0.8, max(LEAST, float(np.floor(rows["lower"].min() * 20) / 20)))
    highest = max(float(rows["upper"].max()), low**-WORSE)
    high = float(np.clip(np.ceil(highest * 20) / 20, 1.1, WIDEST))
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.set_ylim(len(methods) - 0.4, -0.6)
    axes.axvline(1.0, color=canvas.INK, linewidth=1.2, zorder=0)
    axes.axvspan(axes.get_xlim()[0], 1.0, color="#eef5ee", zorder=-1)
    key = []
    for place, (horizon, color) in enumerate(zip(horizons, COLORS, strict=False)):
        offset = (place - (len(horizons) - 1) / 2) * 0.26
        handle = None
        for at, method in enumerate(methods):
            row = rows[(rows["model"].astype(str) == method) & (rows["horizon"] == horizon)]
            if len(row):
                handle = _point(axes, row.iloc[0], at + offset, color) or handle
        if handle is not None:
            key.append((handle, f"{horizon} {step}{'s' * (horizon > 1)} ahead"))
    across = axes.get_yaxis_transform()
    for at, method in enumerate(methods):
        name = method.replace("_", " ")
        canvas.write(
            axes, -0.015, at, name, canvas.BODY, bold=method in bold, ha="right", va="center", transform=across
        )
    _below(axes, baseline)
    canvas.legend(figure, key, len(key))
    return canvas.save(figure, path)


def _shown(horizons: list[int]) -> list[int]:
    if len(horizons) <= MOST_HORIZONS:
        return horizons
    return [horizons[0], horizons[len(horizons) // 2], horizons[-1]]


def _point(axes: "Axes", row: pd.Series, at: float, color: str) -> Any:
    """The point with its interval, cut at the edges; a value beyond an edge is written there."""
    low, high = axes.get_xlim()
    value = float(row["value"])
    if not low <= value <= high:
        x, side = (high, "right") if value > high else (low, "left")
        canvas.write(axes, x, at, _beyond(value, high), canvas.SMALL - 1.5, ha=side, va="center", color=color)
        return None
    axes.hlines(at, max(row["lower"], low), min(row["upper"], high), color=color, linewidth=1.3)
    return axes.plot([value], [at], "o", color=color, markeredgecolor="white", markersize=5.0)[0]


def _beyond(value: float, high: float) -> str:
    """'6.7 ›' on the right, '‹ 0.04' on the left."""
    if value > high:
        return f"{value:.1f} \u203a" if value < 1000 else f"{value:.0e} \u203a"
    return f"\u2039 {value:.2f}" if value >= 0.01 else f"\u2039 {value:.0e}"


def _below(axes: "Axes", baseline: str) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(FixedLocator(TICKS if axes.get_xlim()[0] >= TICKS[0] else FAR_TICKS))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    canvas.grid(axes, "x")
    height = canvas.size(axes)[1]
    looks = {"va": "bottom", "transform": axes.get_xaxis_transform()}
    canvas.write(axes, 0.995, 1 + 0.04 / height, "\u2190 better", canvas.SMALL, ha="right", color=canvas.GREEN, **looks)
    text = f"worse than {baseline.replace('_', ' ')} \u2192"
    canvas.write(axes, 1.005, 1 + 0.04 / height, text, canvas.SMALL, ha="left", color=canvas.VERMILION, **looks)
