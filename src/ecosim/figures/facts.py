"""Stylised facts in their bands: one row for each measure, the seeds as dots where every band is alike."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecosim.figures import canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

ROW, GAP, AIR = 0.215, 0.26, 0.1  # inch of a row, for the name of a kind, and below the rows of a kind
WORDS, NUMBERS = 4.1, 0.95  # inch of the names on the left and of the values on the right
WIDTH = 8.4
REACH = 1.0  # widths of a band that are drawn beyond it; what lies further is an arrow at the edge


def facts_chart(facts: pd.DataFrame, by_seed: pd.DataFrame, path: Path, place: str) -> Path:
    """Draws every fact that has a target and returns the path of the PNG.

    facts: `fact, name, kind, lower, upper, value, verdict, measure`; by_seed: `measure, seed, value`. A band with one
    edge is drawn as wide as that edge is far from zero (0.5 where the edge is zero). Raises ValueError without a fact.
    """
    shown = facts[facts["verdict"].isin(["pass", "fail"])]
    if shown.empty:
        raise ValueError("no fact with a target; give the table of the study of stylised facts")
    kinds = [kind for kind in ("validation", "calibration check") if (shown["kind"] == kind).any()]
    height = 0.65 + ROW * len(shown) + (GAP + AIR) * len(kinds)
    figure = canvas.new_figure(WIDTH, height)
    _write_heads(figure, shown, place, height)
    top = height - 0.55
    for kind in kinds:
        rows = shown[shown["kind"] == kind]
        canvas.write(figure, 0.1 / WIDTH, (top - 0.06) / height, kind.capitalize(), canvas.BODY, bold=True, va="top")
        top -= GAP
        bottom = top - ROW * len(rows)
        axes = canvas.panel(figure, WORDS, bottom, WIDTH - WORDS - NUMBERS, ROW * len(rows))
        _draw(axes, rows, by_seed)
        top = bottom - AIR
    return canvas.save(figure, path)


def _write_heads(figure: "Figure", shown: pd.DataFrame, place: str, height: float) -> None:
    """What the chart says, and how it is read."""
    failing = list(dict.fromkeys(shown.loc[shown["verdict"] == "fail", "fact"]))
    total = shown["fact"].nunique()
    title = f"{place}: {total - len(failing)} of {total} stylised facts hold"
    title += f"; {', '.join(failing)} fail{'s' if len(failing) == 1 else ''}" if failing else ""
    key = "blue: target band, stretched to one width; dots: seeds; bar: their mean; arrow: beyond the axis"
    canvas.write(figure, 0.1 / WIDTH, 1 - 0.1 / height, title, canvas.HEAD, bold=True, va="top")
    canvas.write(figure, 0.1 / WIDTH, 1 - 0.32 / height, key, canvas.SMALL, color=canvas.GRAY, va="top")


def _draw(axes: "Axes", rows: pd.DataFrame, by_seed: pd.DataFrame) -> None:
    axes.set_xlim(-REACH, 1 + REACH)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xticks([])
    axes.set_yticks([])
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    for place, row in enumerate(rows.to_dict("records")):
        lower, upper = float(row["lower"]), float(row["upper"])
        left = -REACH if np.isinf(lower) else 0.0
        right = 1 + REACH if np.isinf(upper) else 1.0
        axes.barh(place, right - left, left=left, height=0.72, color=canvas.BANDS[0.9])
        fails = row["verdict"] == "fail"
        seeds = by_seed.loc[by_seed["measure"] == row["measure"], "value"].to_numpy(float)
        _dots(axes, place, on_axis(seeds, lower, upper), canvas.VERMILION if fails else canvas.BLUE)
        mean = float(np.clip(on_axis(np.array([row["value"]]), lower, upper)[0], -REACH, 1 + REACH))
        axes.plot([mean, mean], [place - 0.36, place + 0.36], color=canvas.INK, linewidth=1.3, zorder=4)
        value = f"{row['value']:.3g}{'  fails' if fails else ''}".replace("-", "−")
        _words(axes, place, f"{row['fact']}  {row['name']}", value, fails)


def _words(axes: "Axes", place: int, name: str, value: str, fails: bool) -> None:
    width = canvas.size(axes)[0]
    looks = {"va": "center", "ha": "left", "transform": axes.get_yaxis_transform(), "clip_on": False}
    looks["color"] = canvas.VERMILION if fails else canvas.INK
    size = canvas.fit(name, WORDS - 0.2, canvas.SMALL)
    canvas.write(axes, (0.1 - WORDS) / width, place, name, size, **looks)
    canvas.write(axes, 1 + 0.07 / width, place, value, canvas.SMALL, bold=fails, **looks)


def _dots(axes: "Axes", place: int, at: Floats, color: str) -> None:
    inside = (at >= -REACH) & (at <= 1 + REACH)
    looks: dict[str, Any] = {"linestyle": "none", "color": color, "alpha": 0.65, "clip_on": False, "zorder": 3}
    axes.plot(at[inside], np.full(inside.sum(), place), "o", markersize=3.2, markeredgewidth=0, **looks)
    for edge, beyond, marker in ((-REACH, at < -REACH, "<"), (1 + REACH, at > 1 + REACH, ">")):
        if beyond.any():
            axes.plot([edge], [place], marker, markersize=4.5, markeredgewidth=0, **looks)


def on_axis(values: Floats, lower: float, upper: float) -> Floats:
    """Values where the band lies from 0 to 1. With one edge its unit is that edge's distance from zero, 0.5 at zero."""
    if np.isinf(upper):
        return np.asarray((values - lower) / (abs(lower) or 0.5))
    if np.isinf(lower):
        return np.asarray(1.0 + (values - upper) / (abs(upper) or 0.5))
    return np.asarray((values - lower) / (upper - lower))
