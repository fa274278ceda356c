"""Prior against posterior, and by how much each parameter was narrowed: what the data tell and what they do not."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ecosim.figures import canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW, HEADS, FOOT = 0.235, 0.98, 0.42  # inch of a row, above the rows and below them
WIDTH, WORDS = 8.4, 3.05  # inch of the page, and of the names on its left
MIDDLE = 0.35  # inch between the panels
REACH = 3.2  # prior standard deviations that are drawn
NORMAL_90 = 1.645
LEAST = 0.20  # contraction from which the data are said to tell something
MOST_ROWS = 40


def identification_chart(
    table: pd.DataFrame, path: Path, place: str, subtitle: str, names: Mapping[str, str] | None = None
) -> Path:
    """Draws a row for each parameter, the best known on top, and returns the path of the PNG.

    table: parameter, prior_mean, prior_sd, posterior_mean, lower, upper (90 %), contraction; at most MOST_ROWS rows are
    drawn. names: what to call parameters. Raises ValueError for an empty table.
    """
    if not len(table):
        raise ValueError("no parameter to draw; give the identification table of a calibration")
    rows = table.sort_values("contraction", ascending=False, kind="stable").head(MOST_ROWS)
    height = HEADS + ROW * len(rows) + FOOT
    figure = canvas.new_figure(WIDTH, height)
    told = int((table["contraction"] >= LEAST).sum())
    title = f"{place}: the data tell of {told} of {len(table)} parameters 可识别 {told}/{len(table)}"
    canvas.write(figure, 0.1 / WIDTH, 1 - 0.1 / height, title, canvas.HEAD, bold=True, va="top")
    canvas.write(figure, 0.1 / WIDTH, 1 - 0.32 / height, subtitle, canvas.SMALL, color=canvas.GRAY, va="top")
    room = (WIDTH - WORDS - MIDDLE - 0.25) / 2
    left = canvas.panel(figure, WORDS, FOOT, room, ROW * len(rows))
    right = canvas.panel(figure, WORDS + room + MIDDLE, FOOT, room, ROW * len(rows))
    _intervals(left, rows, names or {})
    _bars(right, rows)
    _heads(figure, left, right)
    return canvas.save(figure, path)


def _intervals(axes: "Axes", rows: pd.DataFrame, names: Mapping[str, str]) -> None:
    axes.set_xlim(-REACH, REACH)
    _frame(axes, len(rows))
    for place, row in enumerate(rows.to_dict("records")):
        axes.barh(place, 2 * NORMAL_90, left=-NORMAL_90, height=0.62, color=canvas.PALE)
        low, middle, high = (
            min(max((row[name] - row["prior_mean"]) / row["prior_sd"], -REACH), REACH)
            for name in ("lower", "posterior_mean", "upper")
        )
        color = _color(row)
        axes.plot([low, high], [place, place], color=color, linewidth=2.2, solid_capstyle="butt")
        axes.plot([middle], [place], "o", color=color, markersize=4.2, markeredgecolor="white", markeredgewidth=0.5)
        _name(axes, place, names.get(row["parameter"], row["parameter"]), row)
    axes.axvline(0.0, color=canvas.INK, linewidth=0.6, zorder=0)
    axes.set_xticks([-2, 0, 2], ["−2", "0", "+2"])


def _bars(axes: "Axes", rows: pd.DataFrame) -> None:
    axes.set_xlim(0.0, 1.0)
    _frame(axes, len(rows))
    for place, row in enumerate(rows.to_dict("records")):
        share = max(float(row["contraction"]), 0.0)
        axes.barh(place, share, height=0.62, color=_color(row))
        words = f"{share:.0%}" if row["contraction"] >= LEAST else "not identified 不可识别"
        canvas.write(axes, max(share, LEAST) + 0.02, place, words, canvas.SMALL - 0.5, va="center", color=_color(row))
    axes.axvline(LEAST, color=canvas.INK, linewidth=0.8, linestyle=(0, (4, 2)))
    axes.set_xticks([0, 0.2, 0.5, 1.0], ["0", "20 %", "50 %", "100 %"])


def _frame(axes: "Axes", rows: int) -> None:
    axes.set_ylim(rows - 0.5, -0.5)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    canvas.grid(axes, "x")


def _name(axes: "Axes", place: int, name: str, row: Mapping[Any, Any]) -> None:
    width = canvas.size(axes)[0]
    size = canvas.fit(name, WORDS - 0.25, canvas.SMALL)
    looks = {"va": "center", "ha": "left", "transform": axes.get_yaxis_transform(), "clip_on": False}
    color = canvas.INK if row["contraction"] >= LEAST else canvas.GRAY
    canvas.write(axes, (0.1 - WORDS) / width, place, name, size, color=color, **looks)


def _heads(figure: "Figure", left: "Axes", right: "Axes") -> None:
    for axes, title, note in (
        (left, "Prior and posterior 先验与后验", "prior standard deviations; gray: 90 % of the prior"),
        (right, "Narrower than the prior by 收缩", "below 20 %: not identified by these data"),
    ):
        height = canvas.size(axes)[1]
        looks = {"ha": "left", "va": "bottom", "transform": axes.transAxes, "clip_on": False}
        canvas.write(axes, 0, 1 + 0.22 / height, title, canvas.BODY, bold=True, **looks)
        canvas.write(axes, 0, 1 + 0.06 / height, note, canvas.SMALL, color=canvas.GRAY, **looks)


def _color(row: Mapping[Any, Any]) -> str:
    return canvas.BLUE if row["contraction"] >= LEAST else canvas.GRAY
