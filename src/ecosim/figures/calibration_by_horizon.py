"""Calibration of a backtest: coverage at every horizon, and where the counts lay in the forecasts."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ecosim.figures import canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN = {50: canvas.GREEN, 80: canvas.ORANGE, 90: canvas.BLUE}  # percent of a central interval
BINS = 10
MOST = 3  # histograms
LOWEST = 0.3  # share at the lower edge, unless one lies below
EDGE = 0.03  # share beyond both edges, so that a dot at 0 or 100 % is whole
ASIDE = 0.025  # of the panel's width from one interval's dots to the next one's, so that equal ones are seen apart


def calibration_by_horizon(
    covered: pd.DataFrame, pits: pd.DataFrame, path: Path, title: str, subtitle: str, step: str
) -> Path:
    """Draws coverage by horizon beside histograms of the PIT, and returns the path of the PNG.

    covered: horizon, percent, share, and without (share before recalibration, NaN where there was none); pits: horizon,
    origin, value between 0 and 1; step: 'year'. At most three horizons have a histogram: the first, the last and one
    between. Raises ValueError where the tables are empty.
    """
    if not len(covered) or not len(pits):
        raise ValueError("no scored forecast whose calibration could be drawn; score at least one period")
    horizons = sorted(int(horizon) for horizon in pits["horizon"].unique())
    if len(horizons) > MOST:
        horizons = [horizons[0], horizons[len(horizons) // 2], horizons[-1]]
    figure, panels = canvas.sheet(title, subtitle, 1 + len(horizons), 2, foot=0.32, each=2.0)
    _coverage(panels[0], covered, step)
    shares = {horizon: _shares(pits, horizon) for horizon in horizons}
    highest = max(0.2, *(float(share.max()) for share in shares.values()))
    for axes, horizon in zip(panels[1:], horizons, strict=True):
        _histogram(axes, shares[horizon], highest)
        origins = int(pits.loc[pits["horizon"] == horizon, "origin"].nunique())
        when = f"{horizon} {step}{'s' * (horizon > 1)} ahead: where the counts lay"
        canvas.head(axes, when, f"% of counts by tenth of the forecast; {origins} origin{'s' * (origins > 1)}")
    key = _key(bool(covered["without"].notna().any()))
    canvas.legend(figure, key, len(key))
    return canvas.save(figure, path)


def _shares(pits: pd.DataFrame, horizon: int) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    values = pits.loc[pits["horizon"] == horizon, "value"].to_numpy(dtype=float)
    return np.histogram(values, bins=BINS, range=(0.0, 1.0))[0] / len(values)


def _coverage(axes: "Axes", covered: pd.DataFrame, step: str) -> None:
    from matplotlib.ticker import FixedLocator, PercentFormatter

    canvas.head(axes, "Counts inside the intervals", f"%, by {step}s ahead")
    horizons = sorted(int(horizon) for horizon in covered["horizon"].unique())
    axes.set_xlim(horizons[0] - 0.4, horizons[-1] + 0.4)
    lowest = float(covered[["share", "without"]].min().min())
    axes.set_ylim((LOWEST if lowest >= LOWEST else 0.0) - EDGE, 1.0 + EDGE)
    axes.xaxis.set_major_locator(FixedLocator(horizons[:: -(-len(horizons) // 6)]))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=""))
    canvas.grid(axes, "y")
    width = canvas.size(axes)[0]
    looks = {"transform": axes.get_yaxis_transform(), "va": "center", "clip_on": False}
    aside = ASIDE * (horizons[-1] - horizons[0] + 0.8)
    for place, (percent, color) in enumerate(SHOWN.items()):
        rows = covered[covered["percent"] == percent].sort_values("horizon")
        axes.axhline(percent / 100, color=color, linewidth=0.9, linestyle=(0, (4, 2)))
        at = rows["horizon"] + aside * (place - 1)
        axes.plot(at, rows["without"], color=color, linewidth=0, marker="o", markersize=5, mfc="white")
        axes.plot(at, rows["share"], color=color, linewidth=1.6, marker="o", markersize=3.5)
        canvas.write(axes, 1 + 0.07 / width, percent / 100, f"{percent}% interval", canvas.SMALL, color=color, **looks)


def _histogram(axes: "Axes", shares: "np.ndarray[tuple[int], np.dtype[np.float64]]", highest: float) -> None:
    from matplotlib.ticker import FixedLocator, MaxNLocator, PercentFormatter

    edges = np.linspace(0.0, 1.0, BINS + 1)
    axes.bar(edges[:-1], shares, width=1.0 / BINS, align="edge", color=canvas.BANDS[0.5], edgecolor="white")
    axes.axhline(1.0 / BINS, color=canvas.INK, linewidth=0.9, linestyle=(0, (4, 2)))
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.1 * highest)
    axes.xaxis.set_major_locator(FixedLocator([0.0, 1.0]))
    axes.set_xticklabels(["below all", "above all"])
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=""))
    canvas.grid(axes, "y")


def _key(recalibrated: bool) -> list[tuple[object, str]]:
    from matplotlib.lines import Line2D

    dashed = Line2D([], [], color=canvas.GRAY, linewidth=0.9, linestyle=(0, (4, 2)))
    line = Line2D([], [], color=canvas.GRAY, linewidth=1.6, marker="o", markersize=3.5)
    key: list[tuple[object, str]] = [(dashed, "an honest forecast"), (line, "what held")]
    hollow = Line2D([], [], color=canvas.GRAY, linewidth=0, marker="o", markersize=5, mfc="white")
    return [*key, (hollow, "without recalibration")] if recalibrated else key
