"""Fan charts: what was counted, where it may go, and where it would go under the baseline."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ecosim.figures import canvas
from ecosim.figures.labels import Labels, brief
from ecosim.figures.quantiles import MEDIAN, by_time, interval, of_place, require_one, year_end, year_start

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_PANELS = 6
LEVELS = (0.9, 0.8, 0.5)
NEEDED = (MEDIAN, *(q for level in LEVELS for q in interval(level)))

ROOM = 0.8  # years before an origin where nothing is shown, for its word


@dataclass(frozen=True)
class Fan:
    """What one fan chart shows: quantile forecasts, and counts (location, target, time, value)."""

    forecast: pd.DataFrame
    """Quantiles of one scenario, location and origin; 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95 are drawn."""
    observed: pd.DataFrame
    """Counts known at the origin; those of other places are left out."""
    baseline: pd.DataFrame | None = None
    """The same quantiles under the baseline; its median and 90 % interval are drawn."""
    later: pd.DataFrame | None = None
    """Counts published after the origin: drawn hollow, marked as not used."""
    policies: Mapping[str, str] = field(default_factory=dict)
    """Start of each instrument ('2017-07') and what to call it."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """A remark for a target: 'level assumed: read the growth'."""
    assumed: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    """Time and level from which a target starts that no count gives ('2016', 100.0): drawn apart from counts."""
    called: str = "assumed level"
    """What such a level is called in the key."""


def fan_chart(
    fan: Fan,
    targets: Sequence[str],
    path: Path,
    labels: Labels,
    axes_limits: Mapping[str, tuple[float, float]] | None = None,
    columns: int = 2,
    span: tuple[float, float] | None = None,
) -> Path:
    """Draws at most six targets as fans and returns the path of the PNG.

    axes_limits: (low, high) of the vertical axis by target, the same for runs that are to be compared (`fan_limits`).
    span: the same of the horizontal axis, in years (`fan_span`).
    columns: 2 for a page or a compare view, 1 for a phone.
    Raises ValueError without a target, with more than six, or where a target has no forecast.
    """
    if not 1 <= len(targets) <= MOST_PANELS:
        raise ValueError(f"a fan chart takes 1 to {MOST_PANELS} targets, not {len(targets)}; choose the ones to show")
    require_one(fan.forecast)
    key = _key(fan, labels)
    per_row = 2 if columns == 1 and len(targets) > 1 else 5 if len(key) < 6 else 3
    title = f"{labels.where}: {_subject(targets, labels)}"
    subtitle = f"{labels.scenario}; forecast made with what was known at {_origin(fan)}"
    foot = 0.17 * -(-len(key) // per_row) + 0.1
    figure, panels = canvas.sheet(title, subtitle, len(targets), columns, foot, each=2.5 if len(targets) == 1 else 1.85)
    for n, (target, axes) in enumerate(zip(targets, panels, strict=True)):
        _draw(axes, fan, target, labels, first=n == 0, limits=(axes_limits or {}).get(target))
        if span is not None:
            axes.set_xlim(*span)
        heading = labels.title(target) if len(targets) > 1 else ""
        canvas.head(axes, heading, labels.measured(target), fan.notes.get(target, ""))
    canvas.legend(figure, key, per_row)
    return canvas.save(figure, path)


def fan_limits(fans: Iterable[Fan], targets: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Vertical limits by target that hold all fans, so that charts of several runs can be laid side by side."""
    fans = list(fans)
    limits = {}
    for target in targets:
        values = np.concatenate([_values(fan, target) for fan in fans])
        low, high = float(values.min()), float(values.max())
        limits[target] = (min(low * 1.05, 0.0), high * 1.06 if high > 0 else 1.0)
    return limits


def fan_span(fans: Iterable[Fan], targets: Sequence[str]) -> tuple[float, float]:
    """Limits in years that hold the counts and forecasts of all fans."""
    at: list[float] = []
    for fan in fans:
        tables = [fan.forecast, of_place(fan.observed, fan.forecast)]
        tables += [] if fan.later is None else [of_place(fan.later, fan.forecast)]
        times = {str(time) for table in tables for time in table.loc[table["target"].isin(targets), "time"]}
        at += [year_end(time) for time in times] + [year_end(_origin(fan))]
    return min(at) - 0.3, max(at)


def _values(fan: Fan, target: str) -> np.ndarray:
    """Everything the panel of a target must hold: the 90 % intervals and the counts."""
    outer = list(interval(0.9))
    tables = [t for t in (fan.forecast, fan.baseline) if t is not None]
    parts = [spread[outer].to_numpy().ravel() for t in tables if len(spread := by_time(t, target, outer))]
    parts += [_counts(fan, t, target)[1] for t in (fan.observed, fan.later) if t is not None]
    parts += [np.array([fan.assumed[target][1]])] if target in fan.assumed else []
    values = np.concatenate(parts) if parts else np.zeros(1)
    return values[np.isfinite(values)] if np.isfinite(values).any() else np.zeros(1)


def _counts(fan: Fan, counts: pd.DataFrame, target: str) -> tuple[np.ndarray, np.ndarray]:
    """Where and what was counted; a declared gap is not-a-number, so that the line breaks there."""
    rows = of_place(counts, fan.forecast)
    rows = rows[rows["target"] == target]
    at = np.array([year_end(str(time)) for time in rows["time"]], dtype=float)
    order = np.argsort(at)
    return at[order], rows["value"].to_numpy(dtype=float)[order]


def _draw(axes: "Axes", fan: Fan, target: str, labels: Labels, first: bool, limits: tuple[float, float] | None) -> None:
    spread = by_time(fan.forecast, target, NEEDED)
    if spread.empty:
        valid = ", ".join(sorted(fan.forecast["target"].unique()))
        raise ValueError(f"{target}: no forecast to draw; the table has {valid}")
    seen_at, seen = _counts(fan, fan.observed, target)
    anchor = (seen_at[np.isfinite(seen)][-1], seen[np.isfinite(seen)][-1]) if np.isfinite(seen).any() else None
    if target in fan.assumed:
        assumed = (year_end(fan.assumed[target][0]), fan.assumed[target][1])
        anchor = assumed if anchor is None or assumed[0] >= anchor[0] else anchor
        axes.plot(*assumed, "D", color=canvas.VERMILION, markersize=4, zorder=5)
    at, values = _from(anchor, spread)
    for level in LEVELS:
        low, high = interval(level)
        axes.fill_between(at, values[low], values[high], color=canvas.BANDS[level], linewidth=0)
    if fan.baseline is not None and len(other := by_time(fan.baseline, target, (MEDIAN, *interval(0.9)))):
        other_at, other_values = _from(anchor, other)
        axes.plot(other_at, other_values[MEDIAN], color=canvas.GRAY, linewidth=1.1, linestyle=(0, (4, 2)))
        for quantile in interval(0.9):
            axes.plot(other_at, other_values[quantile], color=canvas.GRAY, linewidth=0.8, linestyle=(0, (1, 2)))
    axes.plot(at, values[MEDIAN], color=canvas.BLUE, linewidth=1.8)
    axes.plot(seen_at, seen, color=canvas.INK, linewidth=1.0, marker="o", markersize=3.4)
    later_end = at[-1]
    if fan.later is not None:
        later_at, later = _counts(fan, fan.later, target)
        axes.plot(later_at, later, "o", color=canvas.INK, markersize=4.2, markerfacecolor="white", zorder=5)
        later_end = max([later_end, *later_at])
    low, high = limits or fan_limits([fan], [target])[target]
    axes.set_ylim(low, high)
    origin = year_end(_origin(fan))
    first_at = min([*seen_at, origin, at[0]])
    axes.set_xlim(first_at - (0.3 if first_at < origin else ROOM), later_end)
    canvas.years(axes)
    _dates(axes, fan, first)
    _ends(axes, fan, target, labels)


def _from(anchor: tuple[float, float] | None, spread: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
    """The fan opens from where the forecast starts: the last count known, or a level that is none."""
    at = np.array([year_end(time) for time in spread.index])
    if anchor is None or anchor[0] >= at[0]:
        return at, spread
    start = pd.DataFrame({quantile: [anchor[1]] for quantile in spread.columns})
    return np.concatenate([[anchor[0]], at]), pd.concat([start, spread], ignore_index=True)


def _dates(axes: "Axes", fan: Fan, first: bool) -> None:
    """The origin as a full line, every policy start as a thin dashed one with a mark on the upper edge."""
    across = axes.get_xaxis_transform()
    origin = year_end(_origin(fan))
    axes.axvline(origin, color=canvas.INK, linewidth=0.8)
    starts = sorted({year_start(start) for start in fan.policies})
    shown = [start for start in starts if axes.get_xlim()[0] <= start <= axes.get_xlim()[1]]
    for start in shown:
        axes.axvline(start, color=canvas.VERMILION, linewidth=0.7, linestyle=(0, (3, 2)))
        axes.plot([start], [1.0], marker="v", markersize=3.5, color=canvas.VERMILION, transform=across, clip_on=False)
    if first:
        looks: dict[str, Any] = {"transform": across, "rotation": 90, "va": "top", "size": canvas.SMALL - 0.5}
        before = bool(shown) and shown[-1] < origin  # the two words keep to the far sides of their lines
        sides = ("left", 0.06) if before else ("right", -0.05)
        canvas.write(axes, origin + sides[1], 0.97, "origin", ha=sides[0], **looks)
        if shown:
            words = "policies" if len(fan.policies) > 1 else next(iter(fan.policies.values()))
            place, side = (shown[0] - 0.12, "right") if before else (shown[-1] + 0.12, "left")
            canvas.write(axes, place, 0.93, words, ha=side, color=canvas.VERMILION, **looks)


def _ends(axes: "Axes", fan: Fan, target: str, labels: Labels) -> None:
    """The last median and its 90 % interval at the right edge, the baseline's median where there is room."""
    label, low_high = labels.of(target), interval(0.9)
    last = by_time(fan.forecast, target).iloc[-1]
    width, height = canvas.size(axes)
    bottom, top = axes.get_ylim()
    place = (last[MEDIAN] - bottom) / (top - bottom)
    looks = {"transform": axes.transAxes, "ha": "left", "clip_on": False}
    x = 1 + 0.07 / width
    middle, lower, upper = brief([last[q] for q in (MEDIAN, *low_high)], label)
    between = f"{lower}–{upper}"
    small = canvas.fit(between, canvas.RIGHT - 0.06, canvas.SMALL - 0.5)
    canvas.write(axes, x, place, middle, canvas.BODY, bold=True, va="center", color=canvas.BLUE, **looks)
    canvas.write(axes, x, place - 0.14 / height, between, small, va="center", color=canvas.BLUE, **looks)
    if fan.baseline is None or (other := by_time(fan.baseline, target)).empty:
        return
    median = other.iloc[-1][MEDIAN]
    aim = (median - bottom) / (top - bottom)
    aim = min(aim, place - 0.28 / height) if median <= last[MEDIAN] else max(aim, place + 0.15 / height)
    without = brief([median, last[low_high[1]]], label)[0]
    canvas.write(axes, x, aim, without, canvas.SMALL, va="center", color=canvas.GRAY, **looks)


def _key(fan: Fan, labels: Labels) -> list[tuple[Any, str]]:
    """One sample of everything drawn, with its words."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    counted = Line2D([], [], color=canvas.INK, linewidth=1, marker="o", markersize=3.4)
    key: list[tuple[Any, str]] = [(counted, "counted")]
    if fan.assumed:
        key.append((Line2D([], [], color=canvas.VERMILION, linestyle="", marker="D", markersize=4), fan.called))
    if fan.later is not None and len(fan.later):
        hollow = Line2D([], [], color=canvas.INK, linestyle="", marker="o", markersize=4.2, markerfacecolor="white")
        key.append((hollow, "published later, not used"))
    key.append((Line2D([], [], color=canvas.BLUE, linewidth=1.8), "median"))
    key.append((tuple(Patch(color=canvas.BANDS[level]) for level in LEVELS[::-1]), "50, 80, 90 % of futures"))
    if fan.baseline is not None:
        key.append((Line2D([], [], color=canvas.GRAY, linewidth=1.1, linestyle=(0, (4, 2))), labels.baseline))
    return key


def _subject(targets: Sequence[str], labels: Labels) -> str:
    """'technology SMEs 科技型中小企业' for one target, a phrase for several."""
    if len(targets) > 1:
        return "where the counts may go"
    title = labels.title(targets[0])
    return title if title[1:2].isupper() or not title[1:2].isalpha() else title[0].lower() + title[1:]


def _origin(fan: Fan) -> str:
    return str(fan.forecast["origin"].iloc[0])
