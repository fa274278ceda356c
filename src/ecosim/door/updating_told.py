"""What an update moved, in words and as a table on the screen."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from ecosim.data.naming import some
from ecosim.door.headline import headline_years
from ecosim.door.publish import labels_of
from ecosim.door.summary import NARROWEST, short

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.door.updating import Updating
    from ecosim.figures import Labels, TargetLabel
    from ecosim.forecast.assimilation import Assimilated
    from ecosim.publication.recorded import Recorded

BEFORE = "Forecast from "  # begins what a forecast said before it was updated


def sentences(
    run: "Recorded",
    found: "Assimilated",
    tables: "dict[str, pd.DataFrame]",
    until: int,
    shown: Sequence[str],
    missed: str = "",
) -> tuple[str, ...]:
    """What was counted, how far it lay from the forecast, and what moved, the most important first.

    missed: what of the given table could not be used; stands third where there is something. What the run itself said
    stands last.
    """
    used, table, labels = found.used, tables["counts"], labels_of(run)
    outside = table[(table["not_used"] == "") & ~table["inside_90"]]
    names = ", ".join(f"{labels.of(row.target).title} {row.time}" for row in used)
    far = ", ".join(_far(row, labels.of(row["target"])) for row in outside.to_dict("records"))
    words = [
        f"{run.place}: {len(used)} count{'s' * (len(used) > 1)} up to the end of {until} "
        f"({names}) moved the {len(found.logs)} members of run {run.short}.{_not_used(found, labels)}",
        f"{len(used) - len(outside)} of {len(used)} lay in the 90 % interval of the forecast"
        f"{'; outside: ' + far if far else ''}.{_few(len(found.logs))}",
    ]
    words += [missed] if missed else []
    words += [text for target in shown if (text := _moved(tables["moved"], target, labels)) is not None]
    if "effect_moved" in tables:
        words += [f"Effect: {text}" for target in shown[:1] if (text := _moved(tables["effect_moved"], target, labels))]
    words.append(
        "Each member moves by what goes together with these counts among all of them (ensemble Kalman smoother), "
        "series by series, so stocks and flows of one member no longer add up exactly. Nothing is estimated anew; a "
        f"forecast from origin={until}-12 also takes the new counts into its levels and growth."
    )
    return (*words, *carried(run))


def carried(run: "Recorded") -> list[str]:
    """The statements of the run that is updated, each with the origin of the forecast that it is about."""
    return [text if text.startswith(BEFORE) else f"{BEFORE}{run.origin}: {text}" for text in run.statements()]


def _far(row: Mapping[Any, Any], label: "TargetLabel") -> str:
    """'High-tech enterprises 2017 (118; forecast 26 to 96)'."""
    observed, low, high = _texts(row, ("observed", "lower", "upper"), label)
    return f"{label.title} {row['time']} ({observed}; forecast {low} to {high})"


def _texts(row: "Mapping[Any, Any] | pd.Series", names: Sequence[str], label: "TargetLabel") -> list[str]:
    """Numbers of a row as the table of a forecast has them."""
    from ecosim.figures.labels import number

    return [number(row[name], label) for name in names]


def _not_used(found: "Assimilated", labels: "Labels") -> str:
    """' Not used: Technology SMEs 2017 (358; follows from New technology SMEs).'; nothing where all counts are."""
    from ecosim.figures.labels import number
    from ecosim.forecast.assimilation import FOLLOWS

    told = []
    for row in found.evidence:
        if row.note:
            flow = row.note.removeprefix(FOLLOWS)
            why = row.note if flow == row.note else f"{FOLLOWS}{labels.of(flow).title}"
            label = labels.of(row.target)
            told.append(f"{label.title} {row.time} ({number(row.observed, label)}; {why})")
    return f" Not used: {some(told)}." if told else ""


def _few(members: int) -> str:
    from ecosim.forecast.sampling_told import FEWEST

    if members >= FEWEST:
        return ""
    return f" {members} futures are few to tell what goes together; update a forecast with members=200 to publish."


def _moved(table: "pd.DataFrame", target: str, labels: "Labels") -> str | None:
    rows = table[table["target"] == target]
    if rows.empty:
        return None
    row = rows.iloc[-1]
    before, now = _both(row, labels.of(target))
    return (
        f"{labels.of(target).title} {row['time']}: {before} before, {now} now; the median moved by "
        f"{row['shift']:+.2f} of half the interval, which is {row['width']:.0%} as wide."
    )


def _both(row: "Mapping[Any, Any] | pd.Series", label: "TargetLabel") -> tuple[str, str]:
    """Median and 90 % interval before and after, '429 (100 to 1,431)'."""
    names = ("median", "lower", "upper")
    spreads = (_texts(row, [f"{name}{when}" for name in names], label) for when in ("_before", ""))
    before, after = (f"{median} ({low} to {high})" for median, low, high in spreads)
    return before, after


def show(outcome: "Updating", console: Console | None = None) -> None:
    """Print what moved and what was counted."""
    console = console or Console()
    if console.width < NARROWEST:
        console = Console(width=NARROWEST)
    rows, year = outcome.tables["moved"], headline_years(outcome.tables["forecast"])[-1]
    table = Table(title=f"{year}: median (90 % interval) before and after", title_justify="left")
    table.add_column("target", min_width=14, overflow="fold")
    for name in ("before", "after", "width"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows[rows["target"].isin(outcome.shown) & (rows["time"] == year)].to_dict("records"):
        cells = _both(row, outcome.labels.of(row["target"]))
        table.add_row(outcome.labels.title(row["target"]), *cells, f"{row['width']:.0%}")
    console.print()
    console.print(table)
    own = [text for text in outcome.statements if not text.startswith(BEFORE)]
    for statement in (*own[: 3 if outcome.missed else 2], own[-1]):
        console.print(statement, markup=False, highlight=False)
    console.print()
    console.print(f"results  {short(outcome.folder)}", markup=False, highlight=False, soft_wrap=True)
    if outcome.run_id and not outcome.problem:
        console.print("compare  ecosim ui", markup=False, highlight=False)
    console.print(f"took     {outcome.seconds['all']:.0f} s", markup=False, highlight=False)
