"""A published forecast as a folder that is checked, cited and scored later: hub, report, metadata, checksums."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import yaml

from ecosim.data.errors import UserError
from ecosim.publication import checksums, hub, metadata, outputs, validation
from ecosim.publication.hub import Publisher
from ecosim.publication.outputs import COLUMNS, ModelOutput
from ecosim.publication.recorded import Recorded

LINK = re.compile(r"\[([^\]]+)\]\((?!https?:)[^)]*\)")
RECORD = ("config.yaml", "provenance.json", "statements.txt")  # of the run, beside its tables
LEFT_OUT = ("forecast_table.json", "report.html", "not_logged.json", "members.parquet")
ODD = "ODD.md"
PAGES = ("model.md", "submodels.md")  # of docs/, which together describe the model by the ODD protocol
HEADING = re.compile(r"^#+ ", re.MULTILINE)
PLACEHOLDER = (
    "`admin.json` must name a repository; none was given, so it is a placeholder (`study.repository=owner/name` "
    "names the real one).\n\n"
)
README = """# {title}

{citation}

| file | what it is |
|---|---|
| `report.html` | the forecast for a reader, in one file |
| `model-output/` | in the layout of the hubverse ({version}): quantiles, and sample trajectories of `{own}`; Parquet \
is what a hub reads, the CSV beside it holds the same rows |
| of these {others} | the forecasts to beat, of the same origin |
| `hub-config/`, `model-metadata/` | the tasks, the hub and its models, valid under the schemas of the hubverse |
| `target-data/time-series.csv` | the counts, with the day from which each was known (`as_of`) |
| `run/` | settings, provenance and every table of the run |
| `{odd}` | the model by the ODD protocol |
| `CITATION.cff`, `ro-crate-metadata.json` | how to cite it; what every file is (RO-Crate 1.1) |
| `SHA256SUMS` | `sha256sum -c SHA256SUMS` checks every file |

Horizons are months after `origin_date`: a hub knows no year. A sample's `output_type_id` is the same future in every \
scenario, target and horizon, so differences of scenarios are taken sample by sample. A reference forecast knows no \
policy; it stands under `{scenario}` to be compared with it.

{placeholder}The forecast is under {license}. The counts in `target-data/` and `run/` belong to those who counted \
them; each row names its source.

Score it when the truth arrives: `python -m ecosim study=score forecast=<this folder> data.path=<new counts>`.
"""


class BundleError(UserError, ValueError):
    """A bundle that cannot be made or read."""


class Published(NamedTuple):
    """A bundle that was made. digest: SHA-256 of its SHA256SUMS, which names it; fresh: whether it is new."""

    folder: Path
    digest: str
    fresh: bool
    models: tuple[str, ...]
    rows: int


def name_of(run: Recorded) -> str:
    """Name of the bundle's folder: 'pinghu_2017_2016-12_1a2b3c4d'."""
    return "_".join([run.scenario.replace("/", "-"), run.origin, run.short])


def publish(run: Recorded, publisher: Publisher, target: Path, report: Callable[[Path], Any]) -> Published:
    """Writes the bundle of a run into the folder `target`: whole or not at all, and never over another one.

    report: writes report.html to a path. Raises HubError where a schema does not take it and BundleError where `target`
    holds something else.
    """
    draft = target.with_name(f".{target.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        models = outputs.model_outputs(run)
        _write_hub(run, publisher, models, draft)
        _write_record(run, draft)
        (draft / ODD).write_text(odd(run), encoding="utf-8", newline="\n")
        _text(draft / "CITATION.cff", metadata.citation_file(run, publisher))
        report(draft / "report.html")
        _text(draft / "README.md", readme(run, publisher, models))
        _text(draft / metadata.CRATE, metadata.crate(draft, run, publisher))
        digest = checksums.write(draft)
        fresh = _settle(draft, target, digest)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    rows = sum(len(model.rows) for model in models)
    return Published(target, digest, fresh, tuple(hub.model_id(publisher, model.model) for model in models), rows)


def _settle(draft: Path, target: Path, digest: str) -> bool:
    """Puts the draft in its place; False where the same bundle is there. Raises BundleError where another one is."""
    if not target.exists():
        draft.rename(target)
        return True
    if not (target / checksums.NAME).is_file():
        raise BundleError(f"{target}: is there and holds no bundle; move it away, or give another folder by study.to=")
    try:
        there = checksums.verify(target)
    except checksums.ChecksumError as error:
        raise BundleError(f"{error} (or give another folder by study.to=)") from None
    if there != digest:
        raise BundleError(
            f"{target}: holds another bundle of this run (published with other settings, or by another version of "
            "ecosim); what was published is not overwritten: give another folder by study.to="
        )
    return False


def _write_hub(run: Recorded, publisher: Publisher, models: list[ModelOutput], folder: Path) -> None:
    tasks = hub.tasks(run, models)
    wrong = hub.check_outputs(tasks, models)
    if wrong:
        raise validation.HubError(f"run {run.run}: {'; '.join(wrong[:3])}; such a forecast cannot be published")
    configs = {"tasks": tasks, "admin": hub.admin(run, publisher), "target-data": hub.target_data()}
    for name, config in configs.items():
        validation.require_valid(name, config)
        _json(folder / "hub-config" / f"{name}.json", config)
    _json(folder / "hub-config" / "model-metadata-schema.json", validation.schema("model-metadata"))
    citation = metadata.citation_line(run, publisher)
    for model, rows in models:
        name = hub.model_id(publisher, model)
        about = hub.model_metadata(run, publisher, model, citation)
        validation.require_valid("model-metadata", about)
        _text(folder / "model-metadata" / f"{name}.yml", yaml.safe_dump(about, allow_unicode=True, sort_keys=False))
        base = folder / "model-output" / name / f"{run.origin_date}-{name}"
        base.parent.mkdir(parents=True)
        rows.to_csv(base.with_suffix(".csv"), index=False, lineterminator="\n")
        _parquet(rows, base.with_suffix(".parquet"))
    series = folder / "target-data" / "time-series.csv"
    series.parent.mkdir()
    outputs.time_series(run).to_csv(series, index=False, lineterminator="\n")


def _parquet(rows: pd.DataFrame, path: Path) -> None:
    """Parquet with the hub's types (dates as dates), without the metadata of pandas."""
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.Table.from_pandas(rows, preserve_index=False).replace_schema_metadata(None)
    for column in ("origin_date", "target_end_date"):
        days = pa.array(pd.to_datetime(rows[column]).dt.date, type=pa.date32())
        table = table.set_column(table.schema.get_field_index(column), pa.field(column, pa.date32()), days)
    parquet.write_table(table, path, compression="zstd")


def _write_record(run: Recorded, folder: Path) -> None:
    """Every table of the run but its members, which are the samples of the model output."""
    place = folder / "run"
    place.mkdir()
    names = [path.name for path in sorted(run.folder.glob("*.csv"))] + [name for name in RECORD if run.has(name)]
    for name in names:
        if name not in LEFT_OUT:
            shutil.copyfile(run.folder / name, place / name)


def odd(run: Recorded) -> str:
    """The model's description: its pages one after another, sections under the title of their page.

    Links to other pages are plain words; a line says which version it is of.
    """
    from ecosim import __version__

    made = str(run.provenance["ecosim"])
    other = "" if made == __version__ else f"; the run was made by ecosim {made}"
    head = f"*The model pages of ecosim {__version__}{other}. Links to other pages are left out.*\n\n"
    return head + "\n".join(LINK.sub(r"\1", _under_its_title(_page(name))) for name in PAGES)


def _under_its_title(page: str) -> str:
    """A page with every heading but the first, its title, one level lower."""
    title, rest = page.split("\n", 1)
    return f"{title}\n{HEADING.sub(lambda found: '#' + found[0], rest)}"


def _page(name: str) -> str:
    """A page of docs/: inside the installed package, or of the source checkout."""
    for place in (Path(__file__).parents[1], Path(__file__).parents[3]):
        if (place / "docs" / name).is_file():
            return (place / "docs" / name).read_text(encoding="utf-8")
    raise BundleError(f"the model page {name} is not installed; install ecosim again")


def readme(run: Recorded, publisher: Publisher, models: list[ModelOutput]) -> str:
    """What is in the bundle and how to check it."""
    own, *others = (hub.model_id(publisher, model.model) for model in models)
    return README.format(
        title=metadata.title_of(run),
        citation=metadata.citation_line(run, publisher),
        own=own,
        others=", ".join(f"`{name}`" for name in others) or "no other model",
        version=hub.VERSION,
        scenario=run.scenario,
        placeholder="" if publisher.repository else PLACEHOLDER,
        license=publisher.license,
        odd=ODD,
    )


def read_outputs(folder: Path) -> dict[str, pd.DataFrame]:
    """The model output of a bundle by model id, horizons as numbers. Raises BundleError where there is none."""
    found = {}
    for path in sorted((folder / "model-output").glob("*/*.parquet")):
        rows = _rows_of(path)
        found[path.parent.name] = rows.assign(
            origin_date=rows["origin_date"].astype(str), target_end_date=rows["target_end_date"].astype(str)
        )
    if not found:
        raise BundleError(f"{folder}: holds no model-output/<model>/*.parquet; give a folder that study=publish made")
    return found


def _rows_of(path: Path) -> pd.DataFrame:
    import pyarrow as pa

    try:
        rows = pd.read_parquet(path)
    except (pa.ArrowException, OSError) as error:
        raise BundleError(f"{path}: cannot be read ({error}); give a folder that study=publish made") from None
    if missing := [column for column in COLUMNS if column not in rows]:
        raise BundleError(f"{path}: has no column {', '.join(missing)}; give a folder that study=publish made")
    return rows


def _json(path: Path, content: Any) -> None:
    _text(path, json.dumps(content, ensure_ascii=False, indent=1) + "\n")


def _text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
