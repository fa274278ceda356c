"""Calibration of scored forecasts: coverage as the counts come in, and reliability of the published quantiles."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ecosim.figures import canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN = {0.5: canvas.GREEN, 0.8: canvas.ORANGE, 0.9: canvas.BLUE}
ASIDE = 0.025  # of the panel's width from one interval's dots to the next one's, so that equal ones are seen apart


def calibration_chart(over_time: pd.DataFrame, reliability: pd.DataFrame, own: str, path: Path) -> Path:
    """Draws coverage by year and reliability side by side and returns the path of the PNG.

    over_time: model, through, nominal, covered, lower, upper, cells, forecasts, years; reliability: model, nominal,
    share; own: the model whose coverage is drawn; the reliability of the others stands beside it in gray.
    Raises ValueError where the tables do not have it.
    """
    mine = over_time[over_time["model"] == own]
    if not len(mine):
        raise ValueError(f"{own}: not in the table; it has {sorted(over_time['model'].unique())}")
    last = mine.iloc[-1]
    title = f"{own}: were the intervals honest?"
    forecasts, years = int(last["forecasts"]), int(last["years"])
    subtitle = (
        f"{int(last['cells'])} counts of {years} year{'s' * (years > 1)} in {forecasts} published "
        f"forecast{'s' * (forecasts > 1)}"
    )
    figure, panels = canvas.sheet(title, subtitle, 2, 2, foot=0.32, each=2.6)
    _coverage(panels[0], mine)
    _reliability(panels[1], reliability, own)
    key = _key(any(name != own for name in reliability["model"]))
    canvas.legend(figure, key, len(key))
    return canvas.save(figure, path)


def _coverage(axes: "Axes", mine: pd.DataFrame) -> None:
    from matplotlib.ticker import FixedLocator, PercentFormatter

    canvas.head(axes, "Counts inside, of all so far", "%, by the year counted; bars: 90 % if independent")
    years = [int(year) for year in mine["through"]]
    axes.set_xlim(min(years) - 0.5, max(years) + 0.5)
    axes.set_ylim(-0.04, 1.04)
    canvas.years(axes)
    if len(set(years)) == 1:
        axes.xaxis.set_major_locator(FixedLocator(years[:1]))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=""))
    width = canvas.size(axes)[0]
    for place, (nominal, color) in enumerate(SHOWN.items()):
        rows = mine[mine["nominal"].round(3) == nominal]
        at = rows["through"].astype(int) + ASIDE * (max(years) - min(years) + 1) * (place - 1)
        axes.axhline(nominal, color=color, linewidth=0.9, linestyle=(0, (4, 2)))
        axes.vlines(at, rows["lower"], rows["upper"], color=color, linewidth=0.9, alpha=0.6)
        axes.plot(at, rows["covered"], color=color, linewidth=1.6, marker="o", markersize=4)
        looks = {"transform": axes.get_yaxis_transform(), "va": "center", "color": color, "clip_on": False}
        canvas.write(axes, 1 + 0.07 / width, nominal, f"{nominal:.0%} interval", canvas.SMALL, **looks)


def _reliability(axes: "Axes", reliability: pd.DataFrame, own: str) -> None:
    from matplotlib.ticker import PercentFormatter

    canvas.head(axes, "Counts below each quantile", "%; honest on the diagonal")
    axes.plot([0, 1], [0, 1], color=canvas.INK, linewidth=0.8)
    for name, rows in reliability.groupby("model", sort=False):
        if name != own:
            axes.plot(rows["nominal"], rows["share"], color=canvas.GRAY, linewidth=0.9)
    mine = reliability[reliability["model"] == own]
    axes.plot(mine["nominal"], mine["share"], color=canvas.BLUE, linewidth=1.6, marker="o", markersize=3)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.04)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0, symbol=""))
    canvas.grid(axes, "both")


def _key(references: bool) -> list[tuple[object, str]]:
    from matplotlib.lines import Line2D

    dashed = Line2D([], [], color=canvas.GRAY, linewidth=0.9, linestyle=(0, (4, 2)))
    key: list[tuple[object, str]] = [
        (dashed, "what the interval promises"),
        (Line2D([], [], color=canvas.BLUE, linewidth=1.6, marker="o", markersize=3), "this model"),
    ]
    return [*key, (Line2D([], [], color=canvas.GRAY, linewidth=0.9), "references")] if references else key
