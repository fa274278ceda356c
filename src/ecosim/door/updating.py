"""study=update from its command line to its tables: the run, the new counts, members after them, and what moved."""

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from ecosim.data.errors import nearest
from ecosim.data.writing import write_whole
from ecosim.door import folder, told
from ecosim.door.build import load_counts, load_table
from ecosim.door.compose import Composed, compose
from ecosim.door.headline import MOST_CHARTS, headline_years, shown_targets
from ecosim.door.library import ConfigError
from ecosim.door.progress import Stages
from ecosim.door.provenance import describe
from ecosim.door.publish import labels_of
from ecosim.door.recorded import locate, own_folder, spelled_out
from ecosim.door.run import log_run, open_tracking
from ecosim.door.studies import Update
from ecosim.door.updating_given import is_about, left_out
from ecosim.door.updating_tables import KEPT, beside, moved_settings, tables_of
from ecosim.door.updating_told import sentences

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.figures import Labels
    from ecosim.forecast.assimilation import Assimilated
    from ecosim.publication.recorded import Recorded

KEYS = ("run",)
NAME = "update"


@dataclass(frozen=True)
class Updating:
    """What came out. tables: by name of file; problem: why MLflow does not have the run, empty where it does.

    missed: what of the given table could not be used, empty where all of it could.
    """

    folder: Path
    found: "Assimilated"
    tables: "dict[str, pd.DataFrame]"
    statements: tuple[str, ...]
    shown: tuple[str, ...]
    labels: "Labels"
    missed: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    run_id: str | None = None
    problem: str = ""


def run_update(
    overrides: Sequence[str], config_dir: str | Path | None = None, cwd: str | Path | None = None
) -> Updating:
    """Update the forecast of a command line. Raises UserError; NothingNew and Contradicted say what to do instead."""
    place = Path(cwd or Path.cwd()).resolve()
    started = time.perf_counter()
    with Stages() as stages:
        stages("settings", 0, 1)
        composed = compose(spelled_out(overrides, KEYS), config_dir, place)
        study = composed.settings.study
        if not isinstance(study, Update) or composed.scenario:
            raise ConfigError("study=update takes a run, no scenario: study=update run=<id> data.path=<table>")
        run = locate(study.run, place, composed.settings.tracking.experiment).require_forecast(NAME)
        every = _counts(run, composed, place)
        counts = every[every["location"] == run.place].reset_index(drop=True)
        path = composed.settings.data.path
        given = None if path is None else (path, load_table(path, place, composed.own))
        store = open_tracking(composed, place, stages)
        stages("settings", 1, 1)
        found, until, members, missed = _assimilate(run, study, counts, given, stages)
        tables = tables_of(run, found, members, until) | beside(run, every, until)
        shown = tuple(shown_targets(run.settings["study"].get("targets") or (), tables["forecast"]))
        words = sentences(run, found, tables, until, shown, missed)
        from ecosim.data.panel import data_hash
        from ecosim.publication.recorded import MOVED

        provenance = describe(composed.overrides, composed.tree, data_hash(counts), composed.own)
        provenance |= {"updated": {"run": run.run, "origin": run.origin, "until": until,
                                   "config_hash": run.provenance.get("config_hash"),
                                   "data_hash": run.provenance.get("data_hash")}}  # fmt: skip
        home = folder.new_folder(place, NAME)
        tags = {"role": NAME, "study": NAME, "updated_run": run.run, "scenario": run.scenario, "until": str(until),
                "data_hash": provenance["data_hash"][:12]}  # fmt: skip
        paragraph = f"Members of run {run.short} moved by what was counted up to the end of {until}."
        with told.logged(store, composed, tags, None, NAME, paragraph) as opened:
            folder.write_settings(composed, home)
            settings = yaml.safe_dump(moved_settings(run, until), allow_unicode=True, sort_keys=False, width=120)
            folder.write_text(settings, home / MOVED)
            _write(tables, words, run, counts, shown, home, stages)
            folder.write_provenance(provenance, stages.seconds, home)
            logged = opened()
            problem = "" if logged is None else log_run(logged, home, _results(run, found, tables, until), stages)
    seconds = {**stages.seconds, "all": time.perf_counter() - started}
    labels, run_id = labels_of(run), logged.id if logged else None
    return Updating(home, found, tables, words, shown, labels, missed, seconds, run_id, problem)


def _counts(run: "Recorded", composed: Composed, place: Path) -> "pd.DataFrame":
    """The table of this command on top of the counts that the run took, of all places."""
    import pandas as pd

    before, now = run.settings["data"], composed.settings.data
    data = now.model_copy(update={"carried": before.get("carried"), "path": now.path or before.get("path")})
    own = composed.own or (own_folder(run) if now.path is None else None)
    settings = composed.settings.model_copy(update={"data": data})
    every = load_counts(replace(composed, settings=settings, own=own), place)
    here = every[every["location"] == run.place]
    cells = set(zip(here["target"], here["time"].astype(str), strict=True))
    taken = run.table("observed").reindex(columns=every.columns)  # of a sum of places they say no unit and no source
    taken = taken.fillna(dict.fromkeys(("unit", "as_of", "source"), ""))
    # the run may have had a table of its own, in whose place this command's stands
    alone = [cell not in cells for cell in zip(taken["target"], taken["time"], strict=True)]
    return pd.concat([every, taken[alone]], ignore_index=True)


def _assimilate(
    run: "Recorded", study: Update, counts: "pd.DataFrame", given: "tuple[str, pd.DataFrame] | None", stages: Stages
) -> "tuple[Assimilated, int, pd.DataFrame, str]":
    """What moves members, the last year that was used, the run's members, what of the given table matches nothing.

    given: name and counts of the table of this command. Raises NothingNew, Contradicted.
    """
    import pandas as pd

    from ecosim.forecast import assimilation

    stages("new counts", 0, 1)
    if not run.has("members.parquet"):
        raise ConfigError(f"run {run.short} recorded no members.parquet (looked in {run.folder}); name another run")
    members = pd.read_parquet(run.folder / "members.parquet")
    own = members[members["scenario"] == run.scenario]
    names = sorted(own["target"].unique())
    if strangers := [name for name in study.counts if name not in names]:
        raise ConfigError(f"study.counts: run {run.short} does not forecast {strangers[0]!r}; "
                          f"{nearest(strangers[0], names)}")  # fmt: skip
    last = int(run.settings["horizon"]) - 1
    if study.until is not None and study.until > last:
        raise ConfigError(f"study.until={study.until}: the run ends with {last + 1}, so nothing would be left to "
                          f"forecast; give {last} or earlier")  # fmt: skip
    until = study.until if study.until is not None else last
    missed = "" if given is None else left_out(run, given[1], own, until, given[0])
    chosen = counts[counts["target"].isin(study.counts)] if study.counts else counts
    evidence = assimilation.gather(own, chosen, until, study.dispersion) if len(chosen) else ()
    try:
        found = assimilation.assimilate(evidence, int(run.settings["seed"]))
    except assimilation.NothingNew as error:
        among = f" among {', '.join(study.counts)}" if study.counts else ""
        raise assimilation.NothingNew(
            f"run {run.short}: {error}{among} is known of {run.place} after {run.origin} and up to {until}; give "
            f"data.path=<table> with a later count of one of {', '.join(names)}"
        ) from None
    except assimilation.Contradicted as error:
        opening = "" if given is None or not is_about(str(error), run, given[1]) else f"data.path={given[0]}: "
        raise assimilation.Contradicted(f"{opening}run {run.short}: {error}") from None
    stages("new counts", 1, 1)
    return found, max(int(row.time[:4]) for row in found.used), members, missed


def _write(
    tables: "dict[str, pd.DataFrame]", words: Sequence[str], run: "Recorded", counts: "pd.DataFrame",
    shown: Sequence[str], home: Path, stages: Stages,
) -> None:  # fmt: skip
    """Tables first, then the chart of before and after. Raises OutputError."""
    stages("tables", 0, 1)
    try:
        for name, table in tables.items():
            if name != "members":
                folder.write_table(table, home / f"{name}.csv")
        for name in [f"{table}.csv" for table in KEPT if run.has(f"{table}.csv")]:
            shutil.copyfile(run.folder / name, home / name)
        after = tables["members"]
        write_whole(home / "members.parquet", lambda path: after.to_parquet(path, index=False))
        folder.write_text("\n".join(words) + "\n", home / "statements.txt")
        stages("tables", 1, 1)
        stages("charts", 0, 1)
        _draw(tables["forecast"], run, counts, shown, home)
        stages("charts", 1, 1)
    except OSError as error:
        raise folder.cannot_write(error, home) from error


def _draw(forecast: "pd.DataFrame", run: "Recorded", counts: "pd.DataFrame", shown: Sequence[str], home: Path) -> None:
    from ecosim.data.panel import in_years
    from ecosim.figures.overlay import overlay_chart

    last = forecast["origin"].iloc[0][:4]
    known = in_years(counts[counts["time"].astype(str).str[:4] <= last])
    both = {f"before: origin {run.origin}": run.table("forecast"), f"updated: counts to {last}": forecast}
    overlay_chart(both, dict.fromkeys(both, known), list(shown)[:MOST_CHARTS], home / "update.png", labels_of(run),
                  what="before and after the new counts")  # fmt: skip


def _results(run: "Recorded", found: "Assimilated", tables: "dict[str, pd.DataFrame]", until: int) -> Any:
    from ecosim.tracking import Results, headline_metrics

    forecast = tables["forecast"]
    years = [int(year) for year in headline_years(forecast)]
    first = shown_targets(run.settings["study"].get("targets") or (), forecast)
    counts = tables["counts"][tables["counts"]["not_used"] == ""]
    metrics = {"inside_90": float(counts["inside_90"].mean())} | headline_metrics(forecast, first[0], years)
    params = {"study": NAME, "run": run.run, "until": until, "counts": len(counts), "members": len(found.logs)}
    return Results(params, metrics, {}, None)
