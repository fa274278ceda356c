"""Many places at one time: where each was counted last, and where its forecast lies."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ecosim.figures import canvas
from ecosim.figures.labels import Labels, TargetLabel, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

MOST = 60  # places that one chart holds; the largest are drawn
ROW = 0.175  # inch for one place
LEFT = 1.15  # inch for the names
LEAST = 0.8  # left end of the scale where an interval reaches zero


def places_chart(table: pd.DataFrame, target: str, time: str, path: Path, labels: Labels) -> Path:
    """Draws a row for each place, the largest first, on a logarithmic scale, and returns the path of the PNG.

    table: location, target, time, median, lower, upper (90 %), last_count, last_time. The `MOST` largest are drawn.
    Raises ValueError where no place has a forecast of the target at that time.
    """
    rows = table[(table["target"] == target) & (table["time"].astype(str) == time) & (table["median"] > 0)]
    if not len(rows):
        raise ValueError(f"{target} {time}: no place has a forecast above zero to draw")
    rows = rows.sort_values("median", ascending=False).head(MOST).reset_index(drop=True)
    label = labels.of(target)
    title = f"{labels.title(target)} {time}, place by place"
    height = ROW * len(rows) + 0.8
    figure, (axes,) = canvas.sheet(title, labels.scenario, 1, 1, foot=0.26, each=height, left=LEFT)
    ends = rows[["lower", "upper", "last_count"]].to_numpy(float)
    positive = ends[np.isfinite(ends) & (ends > LEAST)]
    unit = ", ".join(filter(None, (labels.measured(target), "logarithmic scale")))
    canvas.head(axes, "", unit, left=LEFT)
    axes.set_xscale("log")
    axes.set_xlim(max(positive.min() * 0.85, LEAST), positive.max() * 1.15)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.hlines(rows.index, rows["lower"].clip(lower=LEAST), rows["upper"], color=canvas.BANDS[0.5], linewidth=3.2)
    fan = axes.plot(rows["median"], rows.index, "o", color=canvas.BLUE, markeredgecolor="white", markersize=4.6)[0]
    last = axes.plot(rows["last_count"], rows.index, "o", color=canvas.INK, markerfacecolor="white", markersize=3.6)[0]
    _words(axes, rows, label)
    known = sorted({str(time).removesuffix(".0") for time in rows["last_time"].dropna()})
    counted = f"counted {known[-1]}" if len(known) == 1 else "counted last"
    key = [(last, counted), (fan, f"median {time}"), (_bar(), "90 % of futures")]
    canvas.legend(figure, key if known else key[1:], 3)
    return canvas.save(figure, path)


def _words(axes: "Axes", rows: pd.DataFrame, label: TargetLabel) -> None:
    from matplotlib.ticker import FuncFormatter, NullFormatter

    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_formatter(FuncFormatter(canvas.tick))
    axes.xaxis.set_minor_formatter(NullFormatter())
    canvas.grid(axes, "x")
    across = axes.get_yaxis_transform()
    for at, row in enumerate(rows.to_dict("records")):
        small = canvas.fit(str(row["location"]), LEFT - 0.2, canvas.SMALL)
        canvas.write(axes, -0.015, at, str(row["location"]), small, ha="right", va="center", transform=across)
        text = number(row["median"], label)
        looks = {"ha": "left", "va": "center", "color": canvas.BLUE, "transform": across, "clip_on": False}
        canvas.write(axes, 1.01, at, text, canvas.SMALL, **looks)


def _bar() -> "Line2D":
    from matplotlib.lines import Line2D

    return Line2D([], [], color=canvas.BANDS[0.5], linewidth=3.2)
