"""What one run tells MLflow, as plain values: kept as not_logged.json beside the results until MLflow has it all."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ecosim.tracking.errors import TrackingError

if TYPE_CHECKING:
    import pandas as pd

MARK = "not_logged.json"
PARAMS = 30  # more parameters make the UI's columns unreadable
PARAM_LENGTH, TAG_LENGTH, NAME_LENGTH, DIGEST_LENGTH = 6000, 8000, 250, 36  # MLflow's own limits
CUT = " ... (cut; whole in config.yaml)"


class Results(NamedTuple):
    """What a finished run shows in MLflow, besides the files of its folder.

    params: fewer than 30, flat, only what differs and matters (the whole config is a file).
    metrics: headline scalars, the most important one first (the compare page draws the first one first).
    yearly: metric name -> {calendar year: value}; `hnte_stock/median` becomes the section `hnte_stock` of the charts.
    dataset: made by `dataset`.
    """

    params: Mapping[str, object] = {}
    metrics: Mapping[str, float] = {}
    yearly: Mapping[str, Mapping[int, float]] = {}
    dataset: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Sweep:
    """The parent of the runs of one `--multirun`. A plain value: the parent run is made by the first job that needs it.

    key: what all jobs of the sweep know, such as its output folder. pid: the driver's process (default: this one).
    """

    key: str
    name: str
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    pid: int | None = None


@dataclass
class Record:
    """One run as MLflow is told it. Times in ms since 1970; metrics as (name, value, step, time)."""

    name: str
    tags: dict[str, str]
    description: str
    started: int
    ended: int = 0
    sweep: dict[str, Any] | None = None
    params: dict[str, str] = field(default_factory=dict)
    metrics: list[tuple[str, float, int, int]] = field(default_factory=list)
    dataset: dict[str, str] | None = None
    files: list[str] = field(default_factory=list)
    address: str = ""  # where run_id is known
    run_id: str | None = None
    process: dict[str, str] = field(default_factory=dict)
    reason: str = ""  # why it was not logged; empty while the process is at it

    def write(self, folder: Path) -> None:
        """Puts not_logged.json into `folder` in one move."""
        draft = folder / f".{MARK}.new"
        draft.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1), encoding="utf-8")
        draft.replace(folder / MARK)


def read(folder: Path) -> Record:
    """The record in `folder`. Raises TrackingError when there is none or it cannot be read."""
    file = folder / MARK
    try:
        return Record(**json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise TrackingError(f"{folder}: holds no {MARK}; it was logged already, or is no output folder") from error
    except (ValueError, TypeError) as error:
        raise TrackingError(f"{file}: cannot be read ({error}); delete it, the results beside it are whole") from error


def fill(record: Record, results: Results, folder: Path, files: Sequence[str] | None, now: int) -> None:
    """Puts the results into the record, in names and lengths that MLflow takes.

    files: names in `folder`, by default every plain file in it. Raises TrackingError naming those that are missing.
    """
    record.params = _params(results.params)
    record.metrics = _metrics(results, now)
    record.dataset = dict(results.dataset) if results.dataset else None
    present = sorted(path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    record.files = [name for name in (present if files is None else files) if name != MARK]
    if missing := sorted(set(record.files) - set(present)):
        raise TrackingError(f"{folder}: lacks {', '.join(missing)}; write the results before they are logged")
    record.ended = now


def dataset(frame: "pd.DataFrame", name: str, source: str, digest: str, context: str = "calibration") -> dict[str, str]:
    """MLflow's description of a table (never its rows): name, digest (first 36 characters), source, columns, length.

    source: a path or an address. context: what the run used it for.
    """
    types = {"i": "long", "u": "long", "f": "double", "b": "boolean", "M": "datetime"}
    columns = [
        {"type": types.get(getattr(kind, "kind", "O"), "string"), "name": str(column), "required": True}
        for column, kind in frame.dtypes.items()
    ]
    return {
        "name": name,
        "digest": digest[:DIGEST_LENGTH],
        "source_type": "http" if source.startswith(("http://", "https://")) else "local",
        "source": json.dumps({"url" if source.startswith(("http://", "https://")) else "uri": source}),
        "schema": json.dumps({"mlflow_colspec": columns}, ensure_ascii=False),
        "profile": json.dumps({"num_rows": len(frame), "num_elements": int(frame.size)}),
        "context": context,
    }


def clean(name: str) -> str:
    """A name that MLflow takes on every system: letters of any script, digits, `_ - . space /`, at most 250."""
    parts = [re.sub(r"[^\w.\- ]", "_", part).strip() for part in str(name).split("/")]
    return "/".join(part for part in parts if part.strip("."))[:NAME_LENGTH].rstrip("/") or "_"


def cut(value: object, length: int) -> str:
    """The value as text of at most `length` characters, which says so when it was cut."""
    text = str(value)
    return text if len(text) <= length else text[: length - len(CUT)] + CUT


def _params(params: Mapping[str, object]) -> dict[str, str]:
    told = {name: cut(value, PARAM_LENGTH) for name, value in _distinct(params).items()}
    if len(told) < PARAMS:
        return told
    shown = dict(list(told.items())[: PARAMS - 2])
    return {**shown, "more": f"{len(told) - len(shown)} more in config.yaml"}


def _metrics(results: Results, now: int) -> list[tuple[str, float, int, int]]:
    """Scalars at step 0 in the given order, then the years, each at its step."""
    scalars = [(name, float(value), 0, now) for name, value in _distinct(results.metrics).items()]
    years = _distinct(results.yearly)
    if both := sorted({name for name, *_ in scalars} & set(years)):
        raise ValueError(f"{both[0]}: a scalar and a yearly metric; give one of them another name")
    return scalars + [(name, float(v), int(year), now) for name, path in years.items() for year, v in path.items()]


def _distinct(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same values under clean names; two names that become one are told apart by a number."""
    out: dict[str, Any] = {}
    for name, value in values.items():
        plain, number = clean(name), 2
        while plain in out:
            plain, number = f"{clean(name)}_{number}", number + 1
        out[plain] = value
    return out
