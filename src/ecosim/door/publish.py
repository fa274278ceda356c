"""study=publish from its command line to its bundle: find the run, draw its report from its tables, write, check."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecosim.door import charts, reporting
from ecosim.door.compose import compose
from ecosim.door.library import ConfigError
from ecosim.door.progress import Stages
from ecosim.door.recorded import locate, spelled_out
from ecosim.door.studies import Publish

if TYPE_CHECKING:
    from ecosim.figures import Labels
    from ecosim.publication.bundle import Published
    from ecosim.publication.hub import Publisher
    from ecosim.publication.recorded import Recorded

KEYS = ("run", "to", "team", "authors", "email", "repository", "license", "timezone")
NARROW = "_narrow"


def run_publish(
    overrides: Sequence[str], config_dir: str | Path | None = None, cwd: str | Path | None = None
) -> "Published":
    """Publish what a command line asks for. Raises UserError; a bundle is there whole or not at all."""
    place = Path(cwd or Path.cwd()).resolve()
    with Stages() as stages:
        stages("settings", 0, 1)
        composed = compose(spelled_out(overrides, KEYS), config_dir, place)
        study = composed.settings.study
        if not isinstance(study, Publish) or composed.scenario:
            raise ConfigError("study=publish takes a run, no scenario: study=publish run=<id or folder>")
        from ecosim.publication import bundle
        from ecosim.publication.hub import Publisher

        run = locate(study.run, place, composed.settings.tracking.experiment).require_forecast("publish")
        publisher = Publisher(
            study.team, study.authors, study.email or "", study.repository or "", study.license, study.timezone
        )
        target = place / study.to if study.to else place / "outputs" / "published" / bundle.name_of(run)
        target.parent.mkdir(parents=True, exist_ok=True)
        stages("settings", 1, 1)
        stages("bundle", 0, 1)
        published = bundle.publish(run, publisher, target, lambda path: write_page(run, publisher, path))
        stages("bundle", 1, 1)
    return published


def write_page(run: "Recorded", publisher: "Publisher", path: Path) -> None:
    """The report of a published run: its own page, with every assumption and what stands beside it."""
    from ecosim import report
    from ecosim.publication import metadata, telling

    tables, asked = run.tables(), tuple(run.settings["study"].get("targets") or ())
    labels = labels_of(run)
    with tempfile.TemporaryDirectory() as scratch:
        drawn = charts.draw(tables, asked, starts_of(run), labels, Path(scratch))
        citation = metadata.citation_line(run, publisher)
        context = reporting.sorted_in(tables, asked, labels, drawn, run.provenance, citation)
        links = {
            "The model by the ODD protocol": "ODD.md",
            "Settings in full": "run/config.yaml",
            "Forecast, quantiles and samples": "model-output/",
            "Counts, with the day from which each was known": "target-data/time-series.csv",
            "How to cite (CITATION.cff)": "CITATION.cff",
            "Checksums": "SHA256SUMS",
        }
        assumed = telling.assumptions_of(run)
        report.write_report(path, replace(context, assumed=assumed, links=links))


def labels_of(run: "Recorded") -> "Labels":
    """The words of a recorded run."""
    from ecosim.figures import Labels

    baseline = str(run.settings["baseline"]).replace("_", " ")
    return Labels(run.place, run.place_local, run.title, baseline, run.from_posterior, run.updated)


def starts_of(run: "Recorded") -> dict[str, str]:
    """The start of each instrument that the baseline lacks, as the run recorded both."""
    policies: dict[str, Any] = run.settings.get("policies") or {}
    table = run.table_or_none("policies")
    kept: set[str] = set()
    if table is not None and {"instrument", "in_baseline"} <= set(table):
        kept = set(table.loc[table["in_baseline"].astype(bool), "instrument"])
    return charts.instrument_starts(policies, kept, run.origin)


def show(published: "Published") -> None:
    """Print where the bundle is and what it holds."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    state = "written" if published.fresh else "was there already, with the same bytes"
    console.print(f"bundle   {published.folder} ({state})")
    console.print(f"report   {published.folder / 'report.html'}")
    console.print(f"models   {', '.join(published.models)}: {published.rows:,} rows, valid under the hubverse schemas")
    console.print(f"SHA-256 of SHA256SUMS  {published.digest}")
