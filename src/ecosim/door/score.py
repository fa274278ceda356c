"""study=score from its command line to the ledger: check the bundle, score it, append, and draw the calibration."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ecosim import __version__
from ecosim.door import folder
from ecosim.door.build import load_table
from ecosim.door.compose import Composed, compose
from ecosim.door.library import ConfigError, split_override
from ecosim.door.plausible import check_targets
from ecosim.door.progress import Stages
from ecosim.door.recorded import spelled_out
from ecosim.door.studies import Score

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.publication.ledger import Ledger
    from ecosim.publication.scoring import Forecast

KEYS = ("forecast", "ledger")


@dataclass(frozen=True)
class ScoreOutcome:
    """What was found. number: of the entry in the ledger, None where only the ledger was checked; fresh: it is new."""

    home: Path | None
    ledger: "Ledger"
    number: int | None
    fresh: bool
    sentences: tuple[str, ...]
    skill: "pd.DataFrame | None"


def run_score(
    overrides: Sequence[str], config_dir: str | Path | None = None, cwd: str | Path | None = None
) -> ScoreOutcome:
    """Score what a command line asks for. Raises UserError; a ledger that does not hold is not added to."""
    place = Path(cwd or Path.cwd()).resolve()
    with Stages() as stages:
        stages("settings", 0, 1)
        composed = compose(spelled_out(overrides, KEYS), config_dir, place)
        study = composed.settings.study
        if not isinstance(study, Score) or composed.scenario:
            raise ConfigError(
                "study=score takes a bundle, no scenario: study=score forecast=<bundle> data.path=<counts>"
            )
        from ecosim.publication import ledger as ledgers

        if study.forecast is None:
            _refuse_counts(composed)
        path = (place / study.ledger).resolve()
        known = ledgers.verify(path)
        stages("settings", 1, 1)
        if study.forecast is None:
            return _checked(known, place, stages)
        return _scored(composed, study.forecast, path, place, stages)


def _refuse_counts(composed: Composed) -> None:
    """Raises ConfigError where counts are given and no bundle to hold against them."""
    given = [text for text in composed.overrides if split_override(text).key in ("data", "data.path")]
    if given:
        raise ConfigError(
            f"{given[0]}: study=score without a forecast only checks the ledger and uses no counts; name the bundle to "
            "score (forecast=<bundle>), or leave the counts out"
        )


def _scored(composed: Composed, name: str, path: Path, place: Path, stages: Stages) -> ScoreOutcome:
    from ecosim.data import panel
    from ecosim.publication import ledger as ledgers
    from ecosim.publication import scoring

    bundle = (place / name).resolve()
    if not bundle.is_dir():
        raise ConfigError(f"forecast={name!r}: no such folder in {place}; give the folder that study=publish made")
    stages("scores", 0, 1)
    forecast = scoring.read_forecast(bundle)
    counts = _counts(composed, place)
    own = composed.settings.data.path
    if own:
        check_targets(own, counts)
    try:
        table = scoring.score(forecast, counts)
    except scoring.ScoringError as error:
        raise scoring.ScoringError(f"data.path={own}: {error}" if own else str(error)) from None
    relative = scoring.skill(table, forecast.own)
    stages("scores", 1, 1)
    known, number, fresh = ledgers.append(path, _entry(forecast, table, panel.data_hash(counts)))
    words = (*scoring.sentences(forecast, table, relative), *scoring.unscored(forecast, counts, own or ""))
    home = folder.new_folder(place, "score")
    folder.write_settings(composed, home)
    tables = {"scores": table, "skill": relative, "missing": scoring.missing(forecast, table)}
    for file, content in tables.items():
        folder.write_table(content, home / f"{file}.csv")
    folder.write_text("\n".join(words) + "\n", home / "statements.txt")
    _calibration(known, forecast.own, home, stages)
    return ScoreOutcome(home, known, number, fresh, words, relative)


def _counts(composed: Composed, place: Path) -> "pd.DataFrame":
    """The user's counts alone, or the carried table that the command names."""
    from ecosim.data import china, us_states

    data = composed.settings.data
    if data.path:
        return load_table(data.path, place, composed.own)
    named = [value for _, key, value in map(split_override, composed.overrides) if key == "data"]
    if not named or data.carried is None:
        raise ConfigError("study=score needs the counts that came since: data.path=counts.csv (or data=china)")
    return {"china": china.load, "us_states": us_states.load}[data.carried]()


def _entry(forecast: "Forecast", table: "pd.DataFrame", counts: str) -> dict[str, object]:
    from ecosim.publication.scoring import cells_of

    return {
        "bundle": forecast.digest,
        "counts": counts,
        "forecast": forecast.folder.name,
        "run": forecast.run,
        "scenario": forecast.scenario,
        "origin": forecast.origin,
        "made": forecast.made,
        "own": forecast.own,
        "ecosim": __version__,
        "cells": cells_of(table),
    }


def _checked(known: "Ledger", place: Path, stages: Stages) -> ScoreOutcome:
    """The ledger alone: its chain held, so its calibration is drawn."""
    if not known.entries:
        return ScoreOutcome(None, known, None, False, ("The ledger is empty.",), None)
    home = folder.new_folder(place, "score")
    _calibration(known, str(known.entries[-1]["own"]), home, stages)
    count = len(known.entries)
    words = f"The chain holds: {count} entr{'y' if count == 1 else 'ies'}, none edited, exchanged or taken out."
    return ScoreOutcome(home, known, None, False, (words,), None)


def _calibration(known: "Ledger", own: str, home: Path, stages: Stages) -> None:
    """calibration.csv, reliability.csv and calibration.png of everything in the ledger."""
    from ecosim.figures.calibration import calibration_chart
    from ecosim.publication import calibration

    stages("calibration", 0, 1)
    cells = calibration.cells(known.entries)
    over_time, reliability = calibration.over_time(cells), calibration.reliability(cells)
    folder.write_table(over_time, home / "calibration.csv")
    folder.write_table(reliability, home / "reliability.csv")
    calibration_chart(over_time, reliability, own, home / "calibration.png")
    stages("calibration", 1, 1)


def show(outcome: ScoreOutcome) -> None:
    """Print the verdict, the relative scores and where the ledger stands."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    for sentence in outcome.sentences:
        console.print(sentence)
    if outcome.skill is not None and len(outcome.skill):
        from rich.box import SIMPLE_HEAD
        from rich.table import Table

        table = Table("relative to", "target", "relative WIS", "counts", "years", box=SIMPLE_HEAD, show_edge=False)
        for row in outcome.skill.to_dict("records"):
            cells = (f"{row['value']:.2f}", str(row["cells"]), str(row["years"]))
            table.add_row(str(row["relative_to"]), str(row["target"]), *cells)
        console.print(table)
    if outcome.home is not None:
        console.print(f"results  {outcome.home}")
    if outcome.number is not None:
        state = "added" if outcome.fresh else "there already, nothing added"
        console.print(f"ledger   {outcome.ledger.path}, entry {outcome.number} ({state})")
    console.print(f"head     {outcome.ledger.head}")
