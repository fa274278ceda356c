"""Writes the page that lays several runs beside each other: one HTML file with everything in it, no script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ecosim.data.writing import write_whole
from ecosim.report.page import environment, inline

TEMPLATE = "compare.html.j2"


@dataclass(frozen=True)
class Beside:
    """A table with one column for each run. rows: name, remark under it, and one text for each run."""

    title: str
    remark: str
    rows: tuple[tuple[str, str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Comparison:
    """What the page shows. runs: letter and name of each; charts: PNG files, fans and effects one for each.

    caution: what an effect is in these runs. unpaired: where the runs do not share their luck, that; else empty.
    """

    title: str
    runs: tuple[tuple[str, str], ...]
    sentences: tuple[str, ...]
    tables: Mapping[str, Beside]
    overlay: tuple[Path, Path]
    fans: tuple[Path, ...]
    effects: tuple[Path | None, ...]
    caution: str
    unpaired: str = ""
    provenance: Mapping[str, str] = field(default_factory=dict)


def write_comparison(path: Path, comparison: Comparison) -> Path:
    """Writes the page and returns its path; every text is escaped."""
    wide, narrow = comparison.overlay
    page = (
        environment()
        .get_template(TEMPLATE)
        .render(
            title=comparison.title,
            runs=comparison.runs,
            sentences=comparison.sentences,
            tables=comparison.tables,
            overlay=(inline(wide), inline(narrow)),
            fans=_inlined(comparison.fans),
            caution=comparison.caution,
            unpaired=comparison.unpaired,
            effects=_inlined(comparison.effects),
            provenance=dict(comparison.provenance),
        )
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, lambda part: part.write_text(page, encoding="utf-8"))
    return path


def _inlined(charts: Sequence[Path | None]) -> list[str]:
    return [inline(chart) if chart else "" for chart in charts]
