"""The charts of a run: its tables given to the figures, with the words that its reader knows."""

from collections.abc import Container, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecosim.data.errors import UserError
from ecosim.data.periods import parse, quarter_index
from ecosim.door.compose import Composed
from ecosim.door.headline import MOST_CHARTS, has_effect, headline_years, shown_targets

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.figures import Fan, Labels
    from ecosim.figures.album import Picture
    from ecosim.forecast.job import Job, Result
    from ecosim.publication.recorded import Tables

OURS = "ecosim"
POSTERIOR = "posterior"  # basis of a level that members draw from a posterior
NOTES = {"assumption": "level assumed: read the growth", POSTERIOR: "level from the posterior: read the growth"}
PHONE = "phone"  # folder of the narrow charts; the report page shows them on small screens


def labels_of(composed: Composed, job: "Job") -> "Labels":
    """The words of a run."""
    from ecosim.figures import Labels

    title = composed.settings.title or composed.scenario.replace("_", " ")
    return Labels(job.region.name, job.region.name_zh, title, job.baseline.replace("_", " "), job.posterior is not None)


def instrument_starts(
    policies: Mapping[str, Mapping[Any, Any]], baseline: Container[str], origin: str
) -> dict[str, str]:
    """The start of each instrument that the baseline lacks ('2017-07') and what to call it.

    policies: rows of configuration; baseline: names of those that the baseline has, too.
    """
    starts: dict[str, list[str]] = {}
    for name, row in policies.items():
        start = _start(row)
        if name not in baseline and start:
            starts.setdefault(start, []).append(str(row.get("label", name.replace("_", " "))))
    first = quarter_index(origin)
    later = {start: names for start, names in starts.items() if quarter_index(start) >= first}
    return {start: names[0] if len(names) == 1 else f"{len(names)} policies" for start, names in sorted(later.items())}


def _start(row: Mapping[Any, Any]) -> str:
    dates = []
    for value in row.values():
        for key in value if isinstance(value, Mapping) else ():
            try:
                parse(str(key))
            except ValueError:
                continue  # a table of names, not of dates
            dates.append(str(key))
    return min(dates, key=lambda text: parse(text).start) if dates else ""


def draw(
    result: "Result | Tables",
    asked: Sequence[str],
    starts: Mapping[str, str],
    labels: "Labels",
    home: Path,
    workers: int = 1,
) -> list[Path]:
    """fan.png, effect.png where there is an effect, take_up.png, hindcast.png where a past origin was forecast.

    asked: targets to show; starts: `instrument_starts`; workers: processes that draw.
    """
    from ecosim.figures.album import draw_one
    from ecosim.forecast.crew import results

    pictures = _pictures(result, asked, starts, labels, home)
    (home / PHONE).mkdir(exist_ok=True)
    return [path for _, path in results(partial(draw_one, pictures), range(len(pictures)), workers)]


def _pictures(
    result: "Result | Tables", asked: Sequence[str], starts: Mapping[str, str], labels: "Labels", home: Path
) -> "list[Picture]":
    from ecosim.figures import effect_chart, fan_chart

    targets = shown_targets(asked, result.forecast)
    if not targets:
        raise UserError(f"the forecast of {labels.place} has no target to draw; check its counts")
    fan = fan_of(result, starts)
    phone = home / PHONE
    pictures: list[Picture] = [
        partial(fan_chart, fan, targets, home / "fan.png", labels),
        partial(fan_chart, fan, targets, phone / "fan_narrow.png", labels, columns=1),
    ]
    if has_effect(result.effect):
        pictures.append(partial(effect_chart, result.effect, targets, home / "effect.png", labels))
        pictures.append(partial(effect_chart, result.effect, targets, phone / "effect_narrow.png", labels, columns=1))
    pictures += _of_take_up(result, labels, home)
    pictures += _of_decomposition(result, targets, labels, home)
    pictures += _of_places(result, targets, labels, home)
    return pictures + _of_hindcast(result, targets, labels, home)


def fan_of(result: "Result | Tables", starts: Mapping[str, str]) -> "Fan":
    """What the fan chart of a run shows. starts: `instrument_starts`."""
    from ecosim.figures import Fan

    return Fan(
        result.forecast,
        result.observed,
        result.baseline_forecast,
        result.later if len(result.later) else None,
        starts,
        assumed_levels(result.basis),
        assumed_values(result.basis),
        "level from the posterior or assumed" if (result.basis["basis"] == POSTERIOR).any() else "assumed level",
    )


def _of_take_up(result: "Result | Tables", labels: "Labels", home: Path) -> "list[Picture]":
    """take_up.png, for the last year of which it is known what was kept."""
    from ecosim.figures import take_up_chart
    from ecosim.figures.take_up import ladders, year_to_draw

    table = getattr(result, "take_up", None)
    year = None if table is None else year_to_draw(table)
    if table is None or year is None or not ladders(table, year):
        return []
    return [
        partial(take_up_chart, table, year, home / "take_up.png", labels),
        partial(take_up_chart, table, year, home / PHONE / "take_up_narrow.png", labels, columns=1),
    ]


def _of_places(result: "Result | Tables", targets: list[str], labels: "Labels", home: Path) -> "list[Picture]":
    """places.png of the first target in the nearer headline year, where the run is a sum of places."""
    from ecosim.figures import places_chart

    table = getattr(result, "places", None)
    if table is None or not len(table):
        return []
    return [partial(places_chart, table, targets[0], headline_years(result.forecast)[0], home / "places.png", labels)]


def group_names() -> dict[str, tuple[str, str]]:
    """What charts and tables call the lines of work, ('Talent', '人才')."""
    from ecosim.policies.shelf import GROUPS, GROUPS_ZH

    return {group: (name, GROUPS_ZH[group]) for group, name in GROUPS.items()}


def _of_decomposition(result: "Result | Tables", targets: list[str], labels: "Labels", home: Path) -> "list[Picture]":
    from ecosim.figures import decomposition_chart

    table = result.decomposition
    if table is None:
        return []
    chosen = [target for target in targets if target in set(table["target"])][:2]
    narrow = home / PHONE / "decomposition_narrow.png"
    return [
        partial(decomposition_chart, table, chosen, home / "decomposition.png", labels, group_names()),
        partial(decomposition_chart, table, chosen, narrow, labels, group_names(), columns=1),
    ]


def assumed_values(basis: "pd.DataFrame") -> dict[str, tuple[str, float]]:
    """Time and level from which each target starts whose level no count gives."""
    rows = basis[basis["basis"].isin(NOTES)]
    times, levels = rows["time"].astype(str), rows["level"].astype(float)
    return {str(target): (time, level) for target, time, level in zip(rows["target"], times, levels, strict=True)}


def assumed_levels(basis: "pd.DataFrame") -> dict[str, str]:
    """A remark for each target whose level no count gives."""
    kinds = dict(zip(basis["target"], basis["basis"], strict=True))
    return {str(target): NOTES[kind] for target, kind in kinds.items() if kind in NOTES}


def hindcast_by_model(result: "Result | Tables") -> "tuple[dict[str, pd.DataFrame], pd.DataFrame] | None":
    """The past forecasts by name of the model, ours first, and what was then counted; None where nothing was."""
    known = None if result.hindcast is None else result.hindcast.dropna(subset="observed")
    if known is None or not len(known):
        return None
    models = sorted(dict.fromkeys(known["model"]), key=lambda model: model != OURS)
    truth = known.drop_duplicates(["location", "target", "time"])[["location", "target", "time", "observed"]]
    forecasts = {str(model).replace("_", " "): known[known["model"] == model] for model in models}
    return forecasts, truth.rename(columns={"observed": "value"})


def _of_hindcast(result: "Result | Tables", targets: list[str], labels: "Labels", home: Path) -> "list[Picture]":
    from ecosim.figures import hindcast_chart

    found = hindcast_by_model(result)
    if found is None:
        return []
    forecasts, truth = found
    time = str(min(truth["time"].astype(str)))
    at_time = {model: table[table["time"].astype(str) == time] for model, table in forecasts.items()}
    in_all = set.intersection(*(set(table["target"]) for table in at_time.values()))
    chosen = [target for target in dict.fromkeys([*targets, *truth["target"]]) if target in in_all][:MOST_CHARTS]
    if not chosen:
        return []
    narrow = home / PHONE / "hindcast_narrow.png"
    return [
        partial(hindcast_chart, at_time, truth, chosen, home / "hindcast.png", labels, time),
        partial(hindcast_chart, at_time, truth, chosen, narrow, labels, time, columns=1),
    ]
