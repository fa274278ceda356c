"""Equations out of files, and the table that they are fitted to."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import yaml

from ecosim.data.errors import nearest
from ecosim.door.build import find_data, load_counts
from ecosim.door.compose import Composed
from ecosim.door.library import ConfigError, Library, read_text, value_of

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.calibration.fitting import Equation

FOLDER = "equation"


class Source(NamedTuple):
    """A table of rows for equations. name: for messages; digest: of what it says."""

    rows: "pd.DataFrame"
    name: str
    digest: str


def find_equation(name: str, library: Library, cwd: Path) -> Path:
    """The file of an equation: a path, or a name in the folders of configuration or of the user. Raises ConfigError."""
    own = [place for place in (cwd, library.own) if place is not None]
    candidates = [place / name for place in own] if Path(name).suffix in (".yaml", ".yml") else []
    candidates += [place / f"{name}.yaml" for place in own] + [cwd / FOLDER / f"{name}.yaml"]
    options = library.options(FOLDER)
    if name in options:
        return options[name]
    for path in candidates:
        if path.is_file():
            return path
    valid = {*options, *_names_of_own(own, cwd)}
    raise ConfigError(f"study.equation={name!r}: no {name}.yaml in {cwd}; {nearest(name, valid)}")


def _names_of_own(own: list[Path], cwd: Path) -> Iterator[str]:
    """Names of the user's equations: every file in equation/, and files beside it that name an outcome."""
    yield from (path.stem for path in (cwd / FOLDER).glob("*.yaml"))
    for path in (path for place in own for path in place.glob("*.yaml")):
        with suppress(ConfigError, OSError):  # a file that cannot be read is no equation to offer
            if value_of(path, "outcome"):
                yield path.stem


def read_equation(path: Path) -> "Equation":
    """The equation in a YAML file. Raises ConfigError or EquationError, which name the file or the equation."""
    from ecosim.calibration.fitting import from_table

    try:
        table = yaml.safe_load(read_text(path))
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: no valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: holds no keys; an equation has outcome: and terms:")
    return from_table(path.stem, table)


def load_rows(composed: Composed, equations: list["Equation"], cwd: Path) -> Source:
    """Rows for all equations: the user's own table as it is, or counts in the long schema, laid over carried ones.

    Raises ConfigError, CountsError or EquationError.
    """
    from ecosim.calibration.fitting import EquationError
    from ecosim.calibration.fitting.counts import TIME, UNIT, is_counts, rows_of
    from ecosim.data import panel
    from ecosim.data.reading import read_table

    path = composed.settings.data.path
    if path:
        table = read_table(find_data(path, cwd, composed.own))
        if not is_counts(table.columns):
            return Source(table, path, _digest(table))
    counts = load_counts(composed, cwd)
    needed = {name for equation in equations for name in equation.columns()}
    try:
        rows = rows_of(counts, sorted(needed))
    except EquationError as error:
        lacking = needed - {UNIT, TIME, *counts["target"]}
        asking = ", ".join(equation.name for equation in equations if lacking & equation.columns())
        carried = "the carried counts" if composed.settings.data.carried else ""
        name = " on top of ".join(filter(None, (path, carried)))
        raise EquationError(f"equation {asking}: {name}: {error}") from None
    return Source(rows, path or "carried counts", panel.data_hash(counts))


def _digest(table: "pd.DataFrame") -> str:
    import hashlib

    return hashlib.sha256(table.to_csv(index=False).encode()).hexdigest()
