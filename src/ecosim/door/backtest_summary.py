"""What a reader sees of a backtest: the chart, and the printed table under its verdict."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.forecast.evaluation.outcome import Outcome

NARROWEST = 88
MOST_HORIZONS = 4


def draw(outcome: "Outcome", home: Path) -> None:
    """skill.png and calibration.png; neither where there is nothing to draw."""
    _draw_skill(outcome, home)
    _draw_calibration(outcome, home)


def _draw_skill(outcome: "Outcome", home: Path) -> None:
    """Relative WIS of every model, all targets together; nothing where fewer than two can be compared."""
    from ecosim.figures import skill_chart
    from ecosim.forecast.evaluation.panels import BEST_SO_FAR
    from ecosim.forecast.evaluation.verdict import pooled_target, widespread

    skill = outcome.skill
    rows = skill[
        (skill["score"] == "wis") & (skill["relative_to"] == outcome.baseline) & (skill["model"] != BEST_SO_FAR)
    ]
    if not len(rows):
        return
    target = pooled_target(rows)
    rows = rows[rows["target"] == target]
    what = f"{outcome.skill['target'].nunique() - 1} targets" if target == "all" else target.replace("_", " ")
    where = f"{_several(rows['locations'].max(), 'place')}, {_several(rows['origins'].max(), 'origin')}"
    few = sorted(set(rows["model"]) - set(widespread(rows)["model"]))
    scored = outcome.summary[(outcome.summary["score"] == "wis") & (outcome.summary["target"] == target)]["model"]
    alone = sorted(set(scored) - set(rows["model"]) - {outcome.baseline})
    rows = widespread(rows)
    words = _headline(rows, outcome.frequency)
    title = f"Error relative to {outcome.baseline.replace('_', ' ')}: {words}"
    left_out = f"; too few forecasts: {', '.join(few)}" if few else ""
    left_out += f"; no ratio: {', '.join(alone)}" if alone else ""
    subtitle = (
        f"relative weighted interval score, {what}, {where}; line: 90\u00a0% interval over places and origins{left_out}"
    )
    skill_chart(rows, home / "skill.png", title, subtitle, outcome.baseline, outcome.frequency, (outcome.examined,))


def _draw_calibration(outcome: "Outcome", home: Path) -> None:
    """Coverage and PIT of the examined model, all targets together; nothing where none of its forecasts is scored."""
    from ecosim.figures import calibration_by_horizon
    from ecosim.figures.calibration_by_horizon import SHOWN
    from ecosim.forecast.evaluation.verdict import pooled_target
    from ecosim.forecast.references.shelf import PLAIN, STACKED

    mine = outcome.examined
    scores = outcome.scores
    pits = scores[(scores["model"] == mine) & (scores["score"] == "pit")]
    if not len(pits):
        return
    names = {f"coverage_{percent}": percent for percent in SHOWN}
    table = outcome.summary[outcome.summary["score"].isin(list(names))]
    table = table[table["target"] == pooled_target(table)]
    table = table.assign(percent=table["score"].map(names))
    means = table.pivot_table(index=["horizon", "percent"], columns="model", values="mean")
    without = means.get(PLAIN) if mine == STACKED else None
    covered = means[mine].rename("share").to_frame().assign(without=float("nan") if without is None else without)
    places, targets = pits["location"].nunique(), pits["target"].nunique()
    subtitle = (
        f"{_several(len(pits), 'forecast')} of {_several(targets, 'target')} in {_several(places, 'place')}; "
        "counts of one year share its luck, so the number of origins says what a share is worth"
    )
    title = f"{mine.replace('_', ' ')}: were the intervals honest?"
    calibration_by_horizon(
        covered.dropna(subset="share").reset_index(), pits, home / "calibration.png", title, subtitle, outcome.frequency
    )


def _several(number: int, thing: str) -> str:
    """'1 place', '2 places'."""
    return f"{number:,} {thing}{'s' * int(number != 1)}"


def _headline(rows: "pd.DataFrame", frequency: str) -> str:
    """'ets is best, 7 % less 1 year ahead' in words that a title bears, and no more than origins and interval allow."""
    from ecosim.forecast.evaluation.significance import least_origins

    first = rows[rows["horizon"] == rows["horizon"].min()]
    best = first.sort_values("value", kind="stable").iloc[0]
    when = f"{first['horizon'].iloc[0]} {frequency}{'s' * int(first['horizon'].iloc[0] > 1)}"
    gain = round(100 * (1 - float(best["value"])))
    name = str(best["model"]).replace("_", " ")
    if gain <= 0:
        return f"no method does better {when} ahead"
    if best["upper"] >= 1.0 or best["origins"] < least_origins(int(best["horizon"])):
        return f"{name} has {gain}\u00a0% less {when} ahead, which may be luck"
    return f"{name} is best, {gain}\u00a0% less {when} ahead"


def print_summary(outcome: "Outcome", sentences: tuple[str, ...], home: Path, seconds: float) -> None:
    """The verdict, then relative WIS and coverage by model and horizon, then where the files are."""
    console = Console()
    if console.width < NARROWEST:
        console = Console(width=NARROWEST)
    console.print()
    for place, sentence in enumerate(sentences):
        console.print(sentence, style="bold" if place < 2 else "", markup=False, highlight=False)
    console.print()
    console.print(_table(outcome))
    console.print(f"{'results':<9}{_short(home)}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"{'took':<9}{seconds:.0f} s", highlight=False)


def _table(outcome: "Outcome") -> Table:
    from ecosim.forecast.evaluation.grid import ahead
    from ecosim.forecast.evaluation.verdict import pooled_target, widespread

    skill, summary = outcome.skill, outcome.summary
    target = pooled_target(summary)
    wis = skill[(skill["score"] == "wis") & (skill["relative_to"] == outcome.baseline) & (skill["target"] == target)]
    values = {(str(row["model"]), int(row["horizon"])): row for row in wis.to_dict("records")}
    covered = summary[(summary["score"] == "coverage_90") & (summary["target"] == target)]
    coverage = {(str(row["model"]), int(row["horizon"])): float(row["mean"]) for row in covered.to_dict("records")}
    every = sorted(int(horizon) for horizon in summary["horizon"].unique())
    horizons, more = every[:MOST_HORIZONS], every[MOST_HORIZONS:]
    table = Table(title=f"Relative WIS ({outcome.baseline} = 1; * its 90 % interval leaves 1 out)")
    if more:
        table.caption = f"not shown: {', '.join(map(str, more))} {outcome.frequency}s ahead; skill.csv has them"
    table.add_column("model", no_wrap=True)
    for horizon in horizons:
        table.add_column(ahead(horizon, outcome.frequency), justify="right")
    table.add_column("in 90 % interval", justify="right")
    table.add_column("missing", justify="right")
    gone = outcome.missing["model"].value_counts()
    first, few = horizons[0], set(wis["model"]) - set(widespread(wis)["model"])
    named = {model for model, _ in coverage} | {model for model, _ in values}
    ranks = {model: float(values[model, first]["value"]) for model in named if (model, first) in values}
    ranks.setdefault(outcome.baseline, 1.0)
    order = sorted(named, key=lambda model: (model in few, ranks.get(model, float("inf")), model))
    for model in order:
        base = "1.00 " if model == outcome.baseline else "- "
        cells = [_starred(values[model, h]) if (model, h) in values else base for h in horizons]
        shares = [f"{100 * coverage[model, h]:.0f}" if (model, h) in coverage else "-" for h in horizons]
        style = "bold" if model == outcome.examined else ""
        table.add_row(model, *cells, " ".join(shares), str(int(gone.get(model, 0))), style=style)
    return table


def _starred(row: "dict[Any, Any]") -> str:
    apart = row["upper"] < 1.0 or row["lower"] > 1.0
    value = f"{row['value']:.2f}" if row["value"] < 1000 else f"{row['value']:.0e}"
    return f"{value}{'*' if apart else ' '}"


def _short(path: Path) -> str:
    relative = os.path.relpath(path)
    return relative if not relative.startswith("..") else str(path)
