"""Whom each instrument reaches in one year: a ladder of bars from those who could to those who kept it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ecosim.figures import canvas
from ecosim.figures.labels import Labels, TargetLabel, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_LADDERS = 12
STAGES = {  # stage -> words; what stands beside the ladder and filters nothing is drawn gray
    "eligible": "eligible 符合条件",
    "aware": "aware 知晓",
    "assisted": "assisted 获辅导",
    "applied": "applied 申请",
    "funded": "funded 获支持",
    "kept": "kept a year 次年保持",
}
BESIDE = "assisted"
NOT_APPLICABLE = "does not apply 不适用"
LEFT = 1.28  # inch, for the names of the stages
LEAST = 7.0  # points of the instruments' names, all of one size; one that needs less has its own
FIRMS = TargetLabel("Firms", "firms", "企业")


def take_up_chart(table: pd.DataFrame, year: int, path: Path, labels: Labels, columns: int = 2) -> Path:
    """Draws one ladder for each instrument (at most twelve, in the order of the table) and returns the path of the PNG.

    table: `take_up.csv` of one scenario and place; the whole place is drawn. year: of the funnel; an instrument that
    ended before is drawn in the last year in which somebody got it. How many are not drawn stands above.
    Raises ValueError where nobody could apply for anything up to that year.
    """
    shown = ladders(table, year)
    if not shown:
        raise ValueError(f"take-up: no instrument was there for anybody up to {year}; choose a later year")
    rows = _of_whole(table)
    more = len(set(_reaching(rows)["instrument"]) - set(shown))
    figure, panels = canvas.sheet(
        f"{labels.where}: who is reached, {year} 政策触达",
        f"{labels.scenario}; firms, median and 90\u00a0% of futures; each bar is a part of the one above; "
        "gray: in service or visited, beside the ladder" + (f"; {more} more instruments: take_up.csv" if more else ""),
        len(shown),
        columns,
        foot=0.05,
        each=1.62,
        left=LEFT,
    )
    drawn = [rows[(rows["instrument"] == instrument) & (rows["year"] == last)] for instrument, last in shown.items()]
    inches = canvas.size(panels[0])[0] + LEFT + canvas.RIGHT - 0.2
    fitting = min(canvas.fit(_name(each), inches, canvas.BODY, bold=True) for each in drawn)
    for each, last, axes in zip(drawn, shown.values(), panels, strict=True):
        note = "" if last == year else f"{last}, its last year"
        _draw(axes, each)
        canvas.head(axes, _name(each), _name(each, "label_zh"), note, left=LEFT, largest=max(fitting, LEAST))
    return canvas.save(figure, path)


def ladders(table: pd.DataFrame, year: int) -> dict[str, int]:
    """Instruments to draw and the year of each, in the table's order, at most twelve.

    Those that somebody got in the year or before it, and those to which a stage does not apply where somebody could
    have them; each in the last year up to this one.
    """
    found = _reaching(_of_whole(table))
    last = found[found["year"] <= year].groupby("instrument", sort=False)["year"].max()
    names = [str(name) for name in dict.fromkeys(table["instrument"].tolist()) if name in last.index]
    return {name: int(last[name]) for name in names[:MOST_LADDERS]}


def _reaching(rows: pd.DataFrame) -> pd.DataFrame:
    """Of the rows of whole places those that say that an instrument reached somebody in a year, or may have."""
    return rows[((rows["stage"] == "funded") & (rows["upper"] > 0)) | rows["upper"].isna()]


def year_to_draw(table: pd.DataFrame) -> int | None:
    """The last year of which it is known what was kept; None without one."""
    years: Sequence[int] = table.loc[table["stage"] == "kept", "year"].tolist()
    return max(years, default=None)


def _of_whole(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["zone"] == ("all" if "all" in set(table["zone"]) else str(table["zone"].iloc[0]))]


def _name(rows: pd.DataFrame, column: str = "label") -> str:
    name = rows[column].iloc[0]
    return "" if pd.isna(name) else str(name)


def _draw(axes: "Axes", rows: pd.DataFrame) -> None:
    found = {str(row["stage"]): row for row in rows.to_dict("records")}
    stages = [stage for stage in STAGES if stage in found]
    top = float(rows["upper"].max()) or 1.0  # of the stages that apply
    for place, stage in enumerate(stages):
        row, at = found[stage], -place
        looks = {"va": "center", "clip_on": False}
        size = canvas.fit(STAGES[stage], LEFT - 0.16, canvas.SMALL)
        canvas.write(axes, -0.02 * top, at, STAGES[stage], size, ha="right", **looks)
        if row["median"] != row["median"]:
            canvas.write(axes, 0.02 * top, at, NOT_APPLICABLE, canvas.SMALL, color=canvas.GRAY, **looks)
            continue
        color = canvas.PALE if stage == BESIDE else canvas.BANDS[0.5]  # light, so that the interval shows
        axes.barh(at, row["median"], height=0.62, color=color)
        axes.plot([row["lower"], row["upper"]], [at, at], color=canvas.INK, linewidth=0.8)
        canvas.write(axes, row["upper"] + 0.03 * top, at, number(row["median"], FIRMS), canvas.SMALL, **looks)
    axes.set_xlim(0, top)
    axes.set_ylim(-len(stages) + 0.4, 0.6)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines["bottom"].set_visible(False)
