"""Several runs in one panel for each target: medians and 90 % intervals in the colors of the runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ecosim.figures import canvas
from ecosim.figures.labels import Labels, brief
from ecosim.figures.quantiles import MEDIAN, by_time, interval, year_end

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_PANELS, MOST_RUNS = 6, 8
COLORS = (canvas.BLUE, canvas.VERMILION, canvas.GREEN, canvas.ORANGE, "#CC79A7", "#56B4E9", canvas.GRAY, canvas.INK)
FLAT = 20.0  # times another run: beside it a line would lie on the axis
STYLES = ("-", "--", "-.", ":", "-", "--", "-.", ":")


def overlay_chart(
    forecasts: Mapping[str, pd.DataFrame],
    observed: Mapping[str, pd.DataFrame],
    targets: Sequence[str],
    path: Path,
    labels: Labels,
    columns: int = 2,
    what: str = "the runs on common axes",
) -> Path:
    """Draws at most six targets of two to eight runs and returns the path of the PNG.

    forecasts: quantiles by name of the run, each of one scenario, place and origin; observed: counts of each run by
    year, drawn black where the runs agree on them and in the color of the run where they are of different places or
    vintages; what: is to be seen. Raises ValueError without a target or a run, or with more than these.
    """
    if not 1 <= len(targets) <= MOST_PANELS or not 1 <= len(forecasts) <= MOST_RUNS:
        raise ValueError(
            f"1 to {MOST_PANELS} targets of 1 to {MOST_RUNS} runs can be drawn, not {len(targets)} of {len(forecasts)}"
        )
    title = f"{labels.where}: {what}"
    apart = differ([observed[name] for name in forecasts], targets)
    key = _key(list(forecasts), apart)
    per_row = canvas.per_row(key, canvas.NARROW if columns == 1 and len(targets) > 1 else canvas.WIDTH)
    foot = 0.17 * -(-len(key) // per_row) + 0.12
    dots = "dots: counts in the color of the run that knew them" if apart else "dots: counts known to any of them"
    figure, panels = canvas.sheet(title, f"median, 90 % interval; {dots}", len(targets), columns, foot)
    colors = COLORS if apart else (canvas.INK,) * MOST_RUNS
    for target, axes in zip(targets, panels, strict=True):
        _draw(axes, forecasts, target, labels)
        _dots(axes, [_counts(observed[name], target) for name in forecasts], colors)
        canvas.years(axes)
        note = "" if _from_zero(axes) else "log scale"
        _ends(axes, forecasts, target, labels)
        canvas.head(axes, labels.title(target), labels.measured(target), note)
    canvas.legend(figure, key, per_row)
    return canvas.save(figure, path)


def differ(counts: Sequence[pd.DataFrame], targets: Sequence[str]) -> bool:
    """Whether runs know different counts of one thing: of different places, or of other vintages."""
    known = pd.concat([table.loc[table["target"].isin(targets), ["target", "time", "value"]] for table in counts])
    known = known.dropna(subset="value")
    values = known.assign(time=known["time"].astype(str)).drop_duplicates()
    places = {frozenset(table["location"]) for table in counts if len(table)}
    return len(places) > 1 or bool(values.duplicated(["target", "time"]).any())


def _counts(observed: pd.DataFrame, target: str) -> set[tuple[float, float]]:
    """Where and what was counted."""
    counted = observed[observed["target"] == target].dropna(subset="value")
    at = [year_end(str(time)) for time in counted["time"]]
    return set(zip(at, counted["value"].astype(float), strict=True))


def _draw(axes: "Axes", forecasts: Mapping[str, pd.DataFrame], target: str, labels: Labels) -> None:
    low, high = interval(0.9)
    for table, color, style in zip(forecasts.values(), COLORS, STYLES, strict=False):
        spread = by_time(table, target, (MEDIAN, low, high))
        if spread.empty:
            continue
        at = [year_end(str(time)) for time in spread.index]
        axes.fill_between(at, spread[low], spread[high], color=color, alpha=0.10, linewidth=0)
        axes.plot(at, spread[MEDIAN], color=color, linewidth=1.6, linestyle=style)


def _dots(axes: "Axes", counts: Sequence[set[tuple[float, float]]], colors: Sequence[str]) -> None:
    """The counts of each run; one that runs of different colors share has a ring of each color."""
    for n in reversed(range(len(counts))):
        for dot in sorted(counts[n]):
            rings = len({colors[other] for other in range(n) if dot in counts[other]} - {colors[n]})
            axes.plot(*dot, "o", color=colors[n], markersize=3.4 + 1.8 * rings, zorder=5)


def _from_zero(axes: "Axes") -> bool:
    """Lets the axis begin at zero, or be logarithmic where one run would lie flat on it beside another; which of them.

    Of values that all are positive and whose lines end more than FLAT times apart.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    lines = [np.asarray(line.get_ydata(), dtype=float) for line in axes.lines]
    fills = [np.asarray(fill.get_paths()[0].vertices, dtype=float)[:, 1] for fill in axes.collections]
    values = np.concatenate([*lines, *fills])
    ends = [float(np.asarray(line.get_ydata())[-1]) for line in axes.lines if line.get_marker() == "None"]
    if values.min() > 0 and max(ends) > FLAT * min(ends):
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(numticks=5))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(FuncFormatter(canvas.tick))
        axes.set_ylim(values.min() / 1.3, values.max() * 1.3)
        return False
    air = 0.05 * float(np.ptp(np.append(values, 0.0))) or 1.0
    axes.set_ylim(min(float(values.min()) - air, 0.0) if values.min() < 0 else 0.0, float(values.max()) + air)
    return True


def _ends(axes: "Axes", forecasts: Mapping[str, pd.DataFrame], target: str, labels: Labels) -> None:
    """The last medians at the right edge, pushed apart where they would cover each other."""
    spreads = [(by_time(table, target), color) for table, color in zip(forecasts.values(), COLORS, strict=False)]
    ends = [(float(spread[MEDIAN].iloc[-1]), color) for spread, color in spreads if len(spread)]
    width, height = canvas.size(axes)
    each = [[value for value, _ in ends]] if axes.get_yscale() == "linear" else [[value] for value, _ in ends]
    texts = [text for values in each for text in brief(values, labels.of(target))]
    placed = -1.0
    for (value, color), text in sorted(zip(ends, texts, strict=True), key=lambda pair: pair[0][0]):
        aim = float(axes.transAxes.inverted().transform(axes.transData.transform((0.0, value)))[1])
        placed = max(aim, placed + 0.13 / height)
        looks = {"transform": axes.transAxes, "ha": "left", "va": "center", "color": color, "clip_on": False}
        canvas.write(axes, 1 + 0.07 / width, placed, text, canvas.SMALL, **looks)


def _key(names: Sequence[str], apart: bool) -> list[tuple[Any, str]]:
    from matplotlib.lines import Line2D

    looks = zip(names, COLORS, STYLES, strict=False)
    more: dict[str, Any] = {"marker": "o", "markersize": 3.4} if apart else {}
    return [(Line2D([], [], color=color, linewidth=1.6, ls=style, **more), name) for name, color, style in looks]
