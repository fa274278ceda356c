"""study=compare from its command line to its page: find the runs, lay them side by side, write, tell MLflow."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ecosim.door import charts, folder, told
from ecosim.door.compose import Composed, compose
from ecosim.door.headline import MOST_CHARTS, has_effect
from ecosim.door.library import ConfigError
from ecosim.door.progress import Stages
from ecosim.door.provenance import command_line, describe
from ecosim.door.publish import labels_of, starts_of
from ecosim.door.recorded import locate, spelled_out
from ecosim.door.run import log_run, open_tracking
from ecosim.door.studies import Compare

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.figures import Labels
    from ecosim.publication.recorded import Recorded
    from ecosim.report.comparing import Beside, Comparison
    from ecosim.tracking import Results

KEYS = ("runs",)
NAME = "compare"
PAGE = "compare.html"


@dataclass(frozen=True)
class ComparedRuns:
    """A page that was made. problem: why MLflow does not have it, empty where it does."""

    home: Path
    page: "Comparison"
    run_id: str | None = None
    problem: str = ""


def run_compare(
    overrides: Sequence[str], config_dir: str | Path | None = None, cwd: str | Path | None = None
) -> ComparedRuns:
    """Lay the runs of a command line beside each other. Raises UserError."""
    place = Path(cwd or Path.cwd()).resolve()
    with Stages() as stages:
        stages("settings", 0, 1)
        composed = compose(spelled_out(overrides, KEYS), config_dir, place)
        study = composed.settings.study
        if not isinstance(study, Compare) or composed.scenario:
            raise ConfigError("study=compare takes runs, no scenario: study=compare runs=[<id>,<id>]")
        experiment = composed.settings.tracking.experiment
        runs = [locate(name, place, experiment).require_forecast(NAME) for name in study.runs]
        if len({run.run for run in runs}) < len(runs):
            raise ConfigError(f"runs={list(study.runs)}: one run is named twice; name each once")
        store = open_tracking(composed, place, stages)
        home = folder.new_folder(place, NAME)
        folder.write_settings(composed, home)
        stages("settings", 1, 1)
        ids = " ".join(run.short for run in runs)
        tags = {"role": NAME, "study": NAME, "compared": " ".join(run.run for run in runs)}
        paragraph = f"Runs {ids} on one page: what differs, forecasts on common axes, effects, scores, costs."
        with told.logged(store, composed, tags, None, NAME, paragraph) as opened:
            page = _write(runs, composed, home, stages)
            run = opened()
            problem = "" if run is None else log_run(run, home, _results(runs), stages)
    return ComparedRuns(home, page, run.id if run else None, problem)


def _results(runs: "list[Recorded]") -> "Results":
    from ecosim.publication.differing import LETTERS
    from ecosim.tracking import Results

    params = {f"run_{letter}": f"{run.run} {run.title}" for letter, run in zip(LETTERS, runs, strict=False)}
    return Results(params, {}, {}, None)


def _write(runs: "list[Recorded]", composed: Composed, home: Path, stages: Stages) -> "Comparison":
    """The page, its tables and the provenance."""
    from ecosim.publication import comparing, differing, paired
    from ecosim.report.comparing import Comparison, write_comparison

    targets = comparing.common_targets(runs)[:MOST_CHARTS]
    if not targets:
        raise ConfigError("the runs have no target in common; compare runs that forecast the same counts")
    labels, futures, unpaired = _labels(runs), paired.futures(runs), paired.without_luck_in_common(runs)
    tables = {
        "settings": differing.differences(runs),
        "forecasts": comparing.forecasts(runs, targets, labels),
        "paired": comparing.futures_apart(runs, futures, targets, labels),
        "effects": comparing.effects(runs, targets, labels),
        "scores": comparing.scores(runs, labels),
        "costs": comparing.costs(runs, labels),
    }
    words = (*comparing.sentences(runs, targets, labels, futures), *comparing.left_out(runs, targets, labels))
    names = differing.names_of(runs)
    provenance = describe(composed.overrides, composed.tree, " ".join(run.run for run in runs), composed.own)
    shown = {"command": command_line(provenance["command"]), "ecosim": provenance["ecosim"], "made": provenance["made"]}
    shown |= {letter: run.run for (letter, _), run in zip(names, runs, strict=True)}
    for name, table in tables.items():
        folder.write_table(_frame(table, names), home / f"{name}.csv")
    with tempfile.TemporaryDirectory() as scratch:
        stages("charts", 0, 1)
        overlay, fans, effects = _draw(runs, targets, names, labels, Path(scratch))
        stages("charts", 1, 1)
        title = "Comparison of " + " and ".join(dict.fromkeys(run.title for run in runs))
        page = Comparison(
            title, tuple(names), words, tables, overlay, fans, effects, comparing.caution(runs), unpaired, shown
        )
        write_comparison(home / PAGE, page)
    folder.write_provenance(provenance, stages.seconds, home)
    return page


def _labels(runs: "list[Recorded]") -> "Labels":
    """The words of the first run, with the places of all."""
    first, places = labels_of(runs[0]), dict.fromkeys(labels_of(run).where for run in runs)
    return first if len(places) == 1 else replace(first, place=", ".join(places), place_local="")


def _frame(table: "Beside", names: list[tuple[str, str]]) -> "pd.DataFrame":
    import pandas as pd

    rows = [(name, remark, *(cell.replace("\n", "; ") for cell in cells)) for name, remark, cells in table.rows]
    return pd.DataFrame(rows, columns=["what", "remark", *(letter for letter, _ in names)])


def _draw(
    runs: "list[Recorded]", targets: list[str], names: list[tuple[str, str]], labels: "Labels", scratch: Path
) -> tuple[tuple[Path, Path], tuple[Path, ...], tuple[Path | None, ...]]:
    """The overlay for page and phone, and the fan and the effect chart of each run, one panel wide, on common axes."""
    from ecosim.figures import effect_chart, fan_chart, fan_limits
    from ecosim.figures.effect import effect_limits
    from ecosim.figures.fan import fan_span
    from ecosim.figures.overlay import overlay_chart
    from ecosim.publication.differing import legend

    tables = [run.tables() for run in runs]
    fans = [charts.fan_of(table, starts_of(run)) for table, run in zip(tables, runs, strict=True)]
    words = [f"{letter} {word}" for (letter, _), word in zip(names, legend(runs), strict=True)]
    of_runs = {word: table.forecast for word, table in zip(words, tables, strict=True)}
    known = {word: fan.known for word, fan in zip(words, fans, strict=True)}
    overlay = tuple(
        overlay_chart(of_runs, known, targets, scratch / f"overlay_{columns}.png", labels, columns)
        for columns in (2, 1)
    )
    limits, span = fan_limits(fans, targets), fan_span(fans, targets)
    drawn = tuple(
        fan_chart(fan, targets, scratch / f"fan_{letter}.png", labels_of(run), limits, 1, span)
        for fan, run, (letter, _) in zip(fans, runs, names, strict=True)
    )
    with_effect = [table.effect for table in tables if has_effect(table.effect)]
    heights = effect_limits(with_effect, targets)
    effects = tuple(
        effect_chart(table.effect, targets, scratch / f"effect_{letter}.png", labels_of(run), heights, 1)
        if has_effect(table.effect)
        else None
        for table, run, (letter, _) in zip(tables, runs, names, strict=True)
    )
    return (overlay[0], overlay[1]), drawn, effects


def show(compared: ComparedRuns) -> None:
    """Print what stands on top of the page, a key to the letters first, and where it is."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True, markup=False)
    page = compared.page
    if page.unpaired:
        console.print(page.unpaired)
    for letter, name in page.runs:
        console.print(f"{letter}  {name}")
    console.print()
    for sentence in page.sentences:
        console.print(sentence)
    console.print(f"page     {compared.home / PAGE}")
    if compared.run_id:
        console.print(f"run      {compared.run_id}")
