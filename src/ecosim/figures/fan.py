"""Fan charts: what was counted, where it may go, and where it would go under the baseline."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ecosim.data.panel import in_years
from ecosim.figures import canvas, timeline
from ecosim.figures.labels import Labels, brief
from ecosim.figures.quantiles import MEDIAN, by_time, interval, of_place, require_one

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_PANELS = 6
LEVELS = (0.9, 0.8, 0.5)
NEEDED = (MEDIAN, *(q for level in LEVELS for q in interval(level)))
DASHED: dict[str, Any] = {"color": canvas.GRAY, "linewidth": 1.1, "linestyle": (0, (4, 2))}
DOTTED: dict[str, Any] = {"color": canvas.GRAY, "linewidth": 0.8, "linestyle": (0, (1, 2))}
UNDER, BESIDE, LOWEST = 0.14, 0.15, 0.06  # inch between the numbers at the right edge, and under the lowest of them


@dataclass(frozen=True)
class Fan:
    """What one fan chart shows: quantile forecasts, and counts (location, target, time, value)."""

    forecast: pd.DataFrame
    """Quantiles of one scenario, location and origin; 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95 are drawn."""
    observed: pd.DataFrame
    """Counts known at the origin; those of other places are left out, parts of a year are drawn as years."""
    baseline: pd.DataFrame | None = None
    """The same quantiles under the baseline; median and 90 % interval are drawn where they are not the forecast's."""
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

    @cached_property
    def known(self) -> pd.DataFrame:
        """The place's counts known at the origin, by year as the forecast is."""
        return in_years(of_place(self.observed, self.forecast))

    @cached_property
    def published(self) -> pd.DataFrame | None:
        """The place's later counts by year; a year of which only some parts were known at the origin is among them."""
        if self.later is None or self.later.empty:
            return self.later
        tables = [of_place(table, self.forecast) for table in (self.observed, self.later)]
        both = in_years(pd.concat([table for table in tables if len(table)], ignore_index=True))
        seen = set(zip(self.known["target"], self.known["time"].astype(str), strict=True))
        of_rows = zip(both["target"], both["time"].astype(str), strict=True)
        return both[np.array([row not in seen for row in of_rows], dtype=bool)]


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
    key = _key(fan, targets, labels)
    per_row = canvas.per_row(key, canvas.NARROW if columns == 1 and len(targets) > 1 else canvas.WIDTH)
    title = f"{labels.where}: {_subject(targets, labels)}"
    subtitle = f"{labels.scenario}; forecast made with what was known at {_origin(fan)}"
    foot = 0.17 * -(-len(key) // per_row) + 0.1
    figure, panels = canvas.sheet(title, subtitle, len(targets), columns, foot, each=2.5 if len(targets) == 1 else 1.85)
    for n, (target, axes) in enumerate(zip(targets, panels, strict=True)):
        _draw(axes, fan, target, labels, first=n == 0, limits=(axes_limits or {}).get(target), span=span)
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
    """Whole years that hold the counts and forecasts of all fans."""
    at: list[float] = []
    for fan in fans:
        tables = [fan.forecast, fan.known]
        tables += [] if fan.published is None else [fan.published]
        times = {str(time) for table in tables for time in table.loc[table["target"].isin(targets), "time"]}
        at += [timeline.place(time, stock) for time in times for stock in (True, False)]
        at.append(timeline.place(_origin(fan), stock=True))
    return timeline.limits(at)


def _values(fan: Fan, target: str) -> np.ndarray:
    """Everything the panel of a target must hold: the 90 % intervals and the counts."""
    outer = list(interval(0.9))
    tables = [t for t in (fan.forecast, fan.baseline) if t is not None]
    parts = [spread[outer].to_numpy().ravel() for t in tables if len(spread := by_time(t, target, outer))]
    parts += [_counts(t, target, True)[1] for t in (fan.known, fan.published) if t is not None]
    parts += [np.array([fan.assumed[target][1]])] if target in fan.assumed else []
    values = np.concatenate(parts) if parts else np.zeros(1)
    return values[np.isfinite(values)] if np.isfinite(values).any() else np.zeros(1)


def _counts(counts: pd.DataFrame, target: str, stock: bool) -> tuple[np.ndarray, np.ndarray]:
    """Where and what was counted; a declared gap is not-a-number, so that the line breaks there."""
    rows = counts[counts["target"] == target]
    at = np.array([timeline.place(str(time), stock) for time in rows["time"]], dtype=float)
    order = np.argsort(at)
    return at[order], rows["value"].to_numpy(dtype=float)[order]


def _draw(
    axes: "Axes",
    fan: Fan,
    target: str,
    labels: Labels,
    first: bool,
    limits: tuple[float, float] | None,
    span: tuple[float, float] | None,
) -> None:
    spread = by_time(fan.forecast, target, NEEDED)
    if spread.empty:
        valid = ", ".join(sorted(fan.forecast["target"].unique()))
        raise ValueError(f"{target}: no forecast to draw; the table has {valid}")
    stock = labels.of(target).stock
    seen_at, seen = _counts(fan.known, target, stock)
    anchor = (seen_at[np.isfinite(seen)][-1], seen[np.isfinite(seen)][-1]) if np.isfinite(seen).any() else None
    if target in fan.assumed:
        assumed = (timeline.place(fan.assumed[target][0], stock), fan.assumed[target][1])
        anchor = assumed if anchor is None or assumed[0] >= anchor[0] else anchor
        axes.plot(*assumed, "D", color=canvas.VERMILION, markersize=4, zorder=5)
    at, values = _from(anchor, spread, stock)
    for level in LEVELS:
        low, high = interval(level)
        axes.fill_between(at, values[low], values[high], color=canvas.BANDS[level], linewidth=0)
    if (other := _baseline(fan, target)) is not None:
        other_at, other_values = _from(anchor, other, stock)
        axes.plot(other_at, other_values[MEDIAN], **DASHED)
        for quantile in interval(0.9):
            axes.plot(other_at, other_values[quantile], **DOTTED)
    axes.plot(at, values[MEDIAN], color=canvas.BLUE, linewidth=1.8)
    axes.plot(seen_at, seen, color=canvas.INK, linewidth=1.0, marker="o", markersize=3.4)
    places = [*seen_at, *at, timeline.place(_origin(fan), stock=True)]
    if fan.published is not None:
        later_at, later = _counts(fan.published, target, stock)
        axes.plot(later_at, later, "o", color=canvas.INK, markersize=4.2, markerfacecolor="white", zorder=5)
        places += [*later_at]
    low, high = limits or fan_limits([fan], [target])[target]
    axes.set_ylim(low, high)
    axes.set_xlim(*(span or timeline.limits(places)))
    timeline.years(axes)
    timeline.dates(axes, _origin(fan), fan.policies, word=first)
    _ends(axes, fan, target, labels)


def _baseline(fan: Fan, target: str) -> pd.DataFrame | None:
    """Median and 90 % interval under the baseline; None where there is none, or it is the forecast itself."""
    needed = [MEDIAN, *interval(0.9)]
    if fan.baseline is None or (other := by_time(fan.baseline, target, needed)).empty:
        return None
    other = other[needed]
    return None if other.equals(by_time(fan.forecast, target, needed)[needed]) else other


def _from(anchor: tuple[float, float] | None, spread: pd.DataFrame, stock: bool) -> tuple[np.ndarray, pd.DataFrame]:
    """The fan opens from where the forecast starts: the last count known, or a level that is none."""
    at = np.array([timeline.place(time, stock) for time in spread.index])
    if anchor is None or anchor[0] >= at[0]:
        return at, spread
    start = pd.DataFrame({quantile: [anchor[1]] for quantile in spread.columns})
    return np.concatenate([[anchor[0]], at]), pd.concat([start, spread], ignore_index=True)


def _ends(axes: "Axes", fan: Fan, target: str, labels: Labels) -> None:
    """The last median and its 90 % interval at the right edge, the baseline's median beside them where it differs."""
    label, low_high = labels.of(target), interval(0.9)
    last = by_time(fan.forecast, target).iloc[-1]
    other = _baseline(fan, target)
    width, height = canvas.size(axes)
    bottom, top = axes.get_ylim()
    place = (last[MEDIAN] - bottom) / (top - bottom)
    below = other is not None and other.iloc[-1][MEDIAN] <= last[MEDIAN]
    stack = UNDER + (UNDER if below else 0.0)  # inch from the median down to the lowest number
    place = max(place, (stack + LOWEST) / height)  # never among the years under the axis
    looks = {"transform": axes.transAxes, "ha": "left", "clip_on": False}
    x = 1 + 0.07 / width
    middle, lower, upper = brief([last[q] for q in (MEDIAN, *low_high)], label)
    between = f"{lower}–{upper}"
    small = canvas.fit(between, canvas.RIGHT - 0.1, canvas.SMALL - 0.5)
    canvas.write(axes, x, place, middle, canvas.BODY, bold=True, va="center", color=canvas.BLUE, **looks)
    canvas.write(axes, x, place - UNDER / height, between, small, va="center", color=canvas.BLUE, **looks)
    if other is None:
        return
    median = other.iloc[-1][MEDIAN]
    aim = (median - bottom) / (top - bottom)
    aim = max(min(aim, place - 2 * UNDER / height), LOWEST / height) if below else max(aim, place + BESIDE / height)
    without = brief([median, last[low_high[1]]], label)[0]
    canvas.write(axes, x, aim, without, canvas.SMALL, va="center", color=canvas.GRAY, **looks)


def _key(fan: Fan, targets: Sequence[str], labels: Labels) -> list[tuple[Any, str]]:
    """One sample of everything drawn in some panel, with its words."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    counted = {target for target in targets if np.isfinite(_counts(fan.known, target, True)[1]).any()}
    key: list[tuple[Any, str]] = []
    if counted:
        key.append((Line2D([], [], color=canvas.INK, linewidth=1, marker="o", markersize=3.4), "counted"))
    if set(targets) & set(fan.assumed):
        key.append((Line2D([], [], color=canvas.VERMILION, linestyle="", marker="D", markersize=4), fan.called))
    if fan.published is not None and any(len(_counts(fan.published, target, True)[1]) for target in targets):
        hollow = Line2D([], [], color=canvas.INK, linestyle="", marker="o", markersize=4.2, markerfacecolor="white")
        key.append((hollow, "later count, not used"))
    key.append((Line2D([], [], color=canvas.BLUE, linewidth=1.8), "median"))
    key.append((tuple(Patch(color=canvas.BANDS[level]) for level in LEVELS[::-1]), "50, 80, 90 % of futures"))
    if any(_baseline(fan, target) is not None for target in targets):
        key.append((Line2D([], [], **DASHED), f"median under {labels.baseline}, gray number"))
        key.append((Line2D([], [], **DOTTED), f"90 % under {labels.baseline}"))
    if fan.policies:
        start = Line2D([], [], color=canvas.VERMILION, linestyle="", marker="v", markersize=3.6)
        words = "policies" if len(fan.policies) > 1 else next(iter(fan.policies.values()))
        key.append((start, f"start of {words}"))
    return key


def _subject(targets: Sequence[str], labels: Labels) -> str:
    """'technology SMEs 科技型中小企业' for one target, a phrase for several."""
    if len(targets) > 1:
        return "where the counts may go"
    title = labels.title(targets[0])
    return title if title[1:2].isupper() or not title[1:2].isalpha() else title[0].lower() + title[1:]


def _origin(fan: Fan) -> str:
    return str(fan.forecast["origin"].iloc[0])
