"""What each line of work of a package adds: bars of its share with what is missing where it alone is left out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ecosim.figures import canvas
from ecosim.figures.labels import Labels, TargetLabel, brief, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_TARGETS = 2
NAMES = 1.8  # inch, for the names of the groups
ROW = 0.42  # inch of a group
SHARE, LEFT_OUT = "shapley", "leave_one_out"
MONEY = TargetLabel("", "m CNY", whole=False)


def decomposition_chart(
    table: pd.DataFrame,
    targets: Sequence[str],
    path: Path,
    labels: Labels,
    groups: Mapping[str, tuple[str, str]],
    columns: int = 2,
) -> Path:
    """Draws the last year of one or two targets by group and returns the path of the PNG.

    table: decomposition.csv. groups: what to call each, ('Talent', '人才'). columns: 2 for a page, 1 for a phone.
    Raises ValueError without a target, with more than two, or where the table has none of it.
    """
    if not 1 <= len(targets) <= MOST_TARGETS:
        raise ValueError(f"a decomposition chart takes 1 or {MOST_TARGETS} targets, not {len(targets)}; choose")
    for target in targets:
        if target not in set(table["target"]):
            valid = ", ".join(sorted(table["target"].unique()))
            raise ValueError(f"{target}: not in the decomposition; the table has {valid}")
    year = max(table["time"].astype(str))
    rows = table[(table["time"].astype(str) == year) & _of_group(table)]
    first = rows[(rows["target"] == targets[0]) & (rows["measure"] == SHARE)]
    order = [str(group) for group in first.sort_values("mean", ascending=False)["group"]]
    figure, panels = _page(labels, year, len(targets), len(order), columns)
    for place, (target, axes) in enumerate(zip(targets, panels, strict=True)):
        of_target = rows[rows["target"] == target]
        _draw(axes, of_target, order, labels, target)
        if place == 0 or columns == 1:
            _names(axes, of_target, order, groups)
    canvas.legend(figure, _key(), 1 if columns == 1 else 3)
    return canvas.save(figure, path)


def _page(labels: Labels, year: str, targets: int, groups: int, columns: int) -> "tuple[Figure, list[Axes]]":
    side_by_side = columns > 1
    width = canvas.WIDTH if side_by_side else canvas.NARROW
    title = f"{labels.where}: what each line of work adds by {year}"
    subtitle = f"{labels.scenario} against {labels.baseline}, same luck: {labels.caution}"
    heads = canvas.wrap(title, width - 0.2, canvas.HEAD, bold=True)
    lines = canvas.wrap(subtitle, width - 0.2, canvas.SMALL)
    foot = 0.42 if side_by_side else 0.78
    tall = ROW * groups
    rows = 1 if side_by_side else targets
    top = 0.1 + 0.2 * len(heads) + 0.15 * len(lines) + 0.5
    height = top + rows * tall + (rows - 1) * 1.0 + 0.1 + foot
    figure = canvas.new_figure(width, height)
    for n, line in enumerate(heads):
        canvas.write(figure, 0.1 / width, 1 - (0.1 + 0.2 * n) / height, line, canvas.HEAD, bold=True, va="top")
    for n, line in enumerate(lines):
        down = 0.1 + 0.2 * len(heads) + 0.15 * n
        looks: dict[str, Any] = {"color": canvas.GRAY, "va": "top"}
        canvas.write(figure, 0.1 / width, 1 - down / height, line, canvas.SMALL, **looks)
    wide = (width - NAMES) / (targets if side_by_side else 1)
    corners = [
        (NAMES + n * wide, foot + 0.1) if side_by_side else (NAMES, foot + 0.1 + (targets - 1 - n) * (tall + 1.0))
        for n in range(targets)
    ]
    right = canvas.RIGHT + 0.05
    return figure, [canvas.panel(figure, left, bottom, wide - right, tall) for left, bottom in corners]


def _draw(axes: "Axes", rows: pd.DataFrame, order: list[str], labels: Labels, target: str) -> None:
    label = labels.of(target)
    edges = [0.0]
    across = axes.get_yaxis_transform()
    for place, group in enumerate(order):
        share, left_out = (_row(rows, group, measure) for measure in (SHARE, LEFT_OUT))
        axes.barh(place - 0.14, share["median"], height=0.36, color=canvas.BANDS[0.5])
        axes.hlines(place - 0.14, share["lower_05"], share["upper_95"], color=canvas.BLUE, linewidth=1.6)
        axes.plot([share["median"]], [place - 0.14], "o", color=canvas.BLUE, markeredgecolor="white", markersize=5)
        axes.hlines(place + 0.22, left_out["lower_05"], left_out["upper_95"], color=canvas.ORANGE, linewidth=1.2)
        axes.plot([left_out["median"]], [place + 0.22], "D", color=canvas.ORANGE, markersize=3.6)
        edges += [row[end] for row in (share, left_out) for end in ("lower_05", "upper_95", "median")]
        right = 1 + 0.07 / canvas.size(axes)[0]
        looks: dict[str, Any] = {"transform": across, "ha": "left", "va": "center", "clip_on": False}
        words = number(share["median"], label, signed=True)
        canvas.write(axes, right, place - 0.14, words, bold=True, color=canvas.BLUE, **looks)
        if share["share"] == share["share"]:
            part = f"{round(100 * share['share'])} %".replace("-", "−")
            canvas.write(axes, right, place + 0.22, part, canvas.SMALL, color=canvas.GRAY, **looks)
    axes.axvline(0, color=canvas.INK, linewidth=0.9)
    air = 0.06 * (max(edges) - min(edges)) or 1.0
    axes.set_xlim(min(edges) - air, max(edges) + air)
    axes.set_ylim(len(order) - 0.5, -0.55)
    canvas.values_below(axes)
    package = _row(rows, "package", "package")
    middle, least, most = brief([package[k] for k in ("median", "lower_05", "upper_95")], label, signed=True)
    _head(axes, labels.title(target), f"{label.unit}; the package {middle} ({least} to {most})")


def _head(axes: "Axes", title: str, below: str) -> None:
    width, height = canvas.size(axes)
    room = width + canvas.RIGHT - 0.12
    looks: dict[str, Any] = {"transform": axes.transAxes, "ha": "left", "va": "bottom", "clip_on": False}
    small = canvas.fit(title, room, canvas.BODY, bold=True)
    canvas.write(axes, 0, 1 + 0.21 / height, title, small, bold=True, **looks)
    canvas.write(axes, 0, 1 + 0.06 / height, below, canvas.fit(below, room, canvas.SMALL), color=canvas.GRAY, **looks)


def _names(axes: "Axes", rows: pd.DataFrame, order: list[str], groups: Mapping[str, tuple[str, str]]) -> None:
    """Names of the groups on the left and what each cost."""
    width, _ = canvas.size(axes)
    start = (0.1 - NAMES) / width
    looks: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "ha": "left", "va": "center", "clip_on": False}
    titles = {group: groups.get(group, (group, "")) for group in order}
    size = min(canvas.fit(name, NAMES - 0.2, canvas.BODY) for name, _ in titles.values())
    for place, group in enumerate(order):
        name, chinese = titles[group]
        row = _row(rows, group, SHARE)
        canvas.write(axes, start, place - 0.16, name, size, **looks)
        kinds = (("outlay", "paid"), ("tax_expenditure", "tax not paid"))
        costs = [f"{number(row[kind] / 100, MONEY)} m CNY {verb}" for kind, verb in kinds if row[kind] > 0]
        text = f"{chinese} · {', '.join(costs) or 'no outlay'}"
        small = canvas.fit(text, NAMES - 0.2, canvas.SMALL)
        canvas.write(axes, start, place + 0.2, text, small, color=canvas.GRAY, **looks)


def _of_group(table: pd.DataFrame) -> pd.Series:
    """Rows about a whole line of work: they name no instrument (empty, or missing once read from a file)."""
    return table["instrument"].isna() | table["instrument"].eq("")


def _row(rows: pd.DataFrame, group: str, measure: str) -> dict[str, Any]:
    return dict(rows[(rows["group"] == group) & (rows["measure"] == measure)].iloc[0])


def _key() -> list[tuple[Any, str]]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    dot = Line2D([], [], color=canvas.BLUE, linewidth=1.6, marker="o", markersize=5, markeredgecolor="white")
    mark = Line2D([], [], color=canvas.ORANGE, linewidth=1.2, marker="D", markersize=3.6)
    percent = Line2D([], [], color=canvas.GRAY, linestyle="", marker=r"$\%$", markersize=6)
    return [
        ((Patch(color=canvas.BANDS[0.5]), dot), "part of the effect: median, 90 % of futures"),
        (mark, "missing if it alone is left out"),
        (percent, "share of the effect, of means"),
    ]
