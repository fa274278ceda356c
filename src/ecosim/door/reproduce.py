"""study=reproduce from its command line to its verdict: read what a run recorded, forecast again, compare."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from ecosim.door import folder, posteriors
from ecosim.door.build import build_job
from ecosim.door.calibrated import data_hash, with_calibration
from ecosim.door.compose import Composed, compose, compose_file
from ecosim.door.library import ConfigError, Library
from ecosim.door.mistakes import explain_validation
from ecosim.door.progress import Stages
from ecosim.door.provenance import command_line, describe
from ecosim.door.recorded import locate, own_folder, spelled_out
from ecosim.door.regions import simulate
from ecosim.door.settings import Settings
from ecosim.door.studies import Reproduce

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.publication.recorded import Recorded

KEYS = ("run",)
NAME = "reproduce"
FILLED_IN = ("resume", "places", "posterior")  # settings that no run without use for them has


@dataclass(frozen=True)
class Reproduction:
    """What came out. same: to the last bit; table: one row for each table of the run; home: the run made again."""

    home: Path
    same: bool
    sentences: tuple[str, ...]
    table: "pd.DataFrame"
    seconds: dict[str, float] = field(default_factory=dict)


def run_reproduce(
    overrides: Sequence[str], config_dir: str | Path | None = None, cwd: str | Path | None = None
) -> Reproduction:
    """Make the run of a command line again. Raises UserError where settings or counts are not to be had any more."""
    from ecosim.tracking.processes import terminable

    place = Path(cwd or Path.cwd()).resolve()
    started = time.perf_counter()
    with terminable(), Stages() as stages:
        stages("settings", 0, 1)
        asked = compose(spelled_out(overrides, KEYS), config_dir, place)
        study = asked.settings.study
        if not isinstance(study, Reproduce) or asked.scenario:
            raise ConfigError("study=reproduce takes a run, no scenario: study=reproduce run=<id or folder>")
        run = locate(study.run, place, asked.settings.tracking.experiment).require_forecast(NAME)
        from ecosim.publication.recorded import UPDATE

        if run.study == UPDATE:
            again = command_line(run.provenance["command"])
            raise ConfigError(f"run {run.short} is an update, which its own command makes again: {again}")
        composed = recompose(run, asked)
        job = with_calibration(build_job(composed, place), composed, place)
        job, posterior = posteriors.with_posterior(job, composed, place, run.folder)
        stages("settings", 1, 1)
        from ecosim.publication import reproducing

        home = folder.new_folder(place, NAME)
        result = simulate(job, composed, home, stages)
        folder.write_settings(composed, home)
        folder.write_result(result, home)
        if posterior is not None:
            posterior.keep(home)
        now = describe(run.provenance["overrides"], composed.tree, data_hash(job), composed.own)
        if posterior is not None:
            now["posterior"] = posterior.provenance()
        folder.write_provenance(now, stages.seconds, home)
        stages("comparison", 0, 1)
        table = reproducing.compare_folders(run.folder, home)
        around = [*reproducing.surroundings(run.provenance, now), *unrecorded(run, composed.settings)]
        same, words = reproducing.verdict(run, table, around)
        folder.write_text("\n".join(words) + "\n", home / "reproduction.txt")
        folder.write_table(table, home / "reproduction.csv")
        stages("comparison", 1, 1)
    return Reproduction(home, same, tuple(words), table, {**stages.seconds, "all": time.perf_counter() - started})


def recompose(run: "Recorded", asked: Composed) -> Composed:
    """The settings that a run recorded, checked as those of a command line are; workers are those of this command.

    The baseline's rules come from the file of its name, as then. Raises ConfigError where they are not valid any more.
    """
    tree = {key: value for key, value in run.settings.items() if key not in ("scenario", "resume")}
    tree |= {"workers": asked.tree["workers"], "execution": asked.tree["execution"], "tracking": asked.tree["tracking"]}
    try:
        settings = Settings.model_validate(tree)
    except ValidationError as error:
        made = run.provenance.get("ecosim")
        message = explain_validation(error, lambda loc: [])
        raise ConfigError(
            f"run {run.short} was made by ecosim {made}, and this version does not take its settings: {message}; "
            f"install ecosim {made} to reproduce it"
        ) from None
    own = asked.own or own_folder(run)
    library = Library(own)
    rows = compose_file("policies", settings.baseline, library)
    command = run.provenance.get("overrides") or []
    return Composed(
        settings=settings,
        tree=tree,
        baseline_rows=rows,
        scenario=run.scenario,
        question=f"Made again from what run {run.run} recorded.",
        label=NAME,
        choices={},
        overrides=tuple(str(word) for word in command),
        own=own,
    )


def unrecorded(run: "Recorded", settings: Settings) -> list[str]:
    """Settings that this version has and the run did not record: they have their default now, one sentence each."""
    new = [name for name in Settings.model_fields if name not in (*run.settings, *FILLED_IN)]
    return [f"setting {name}: not known to the run, {getattr(settings, name)!r} now" for name in new]


def show(found: Reproduction) -> None:
    """Print the verdict and the tables that differ."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, soft_wrap=True)
    for sentence in found.sentences:
        console.print(sentence, markup=False)
    shown = Table(box=SIMPLE_HEAD, show_edge=False)
    for name in ("table", "verdict", "rows", "differ", "largest, relative"):
        shown.add_column(name, no_wrap=True)
    for row in found.table.to_dict("records"):
        largest = "" if row["largest_relative_difference"] != row["largest_relative_difference"] else (
            f"{row['largest_relative_difference']:.1e}" if row["different"] else ""
        )  # fmt: skip
        name = f"{row['table']} *" if row["beside"] else row["table"]
        shown.add_row(name, row["verdict"], f"{row['rows']:,}", str(row["different"] or ""), largest)
    console.print(shown)
    if (found.table["beside"] != "").any():
        console.print("* does not settle the verdict")
    console.print(f"results  {found.home}")
    console.print(f"took     {found.seconds['all']:.0f} s")
