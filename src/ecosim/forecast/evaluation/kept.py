"""Finished pieces in the run's folder, so that a run that was killed goes on where it stopped."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ecosim.data.writing import write_whole
from ecosim.forecast.kept import differing, held, is_held, write_json
from ecosim.forecast.kept import key_of as key_of_floors

__all__ = ["FOLDER", "KEY", "Kept", "held", "key_of", "mismatch", "unfinished"]

FOLDER, KEY = "cells", "key.json"
FLOORS = ("forecast", "calibration", "data")
PACKAGES = ("numpy", "scipy", "pandas", "statsmodels", "scoringrules")


def key_of(settings: Mapping[str, Any], data_hash: str) -> dict[str, Any]:
    """What settles the numbers of a piece: settings, counts, the source of this package's forecasts, packages."""
    return key_of_floors(settings, data_hash, FLOORS, PACKAGES)


class Kept:
    """The pieces of one run, each a Parquet file that is there whole or not at all."""

    def __init__(self, home: Path) -> None:
        self.folder = home / FOLDER

    def begin(self, key: Mapping[str, Any]) -> None:
        """Makes the folder and notes what the pieces rest on."""
        self.folder.mkdir(exist_ok=True)
        if not (self.folder / KEY).exists():
            write_json(self.folder / KEY, key)

    def path(self, origin: str, number: int) -> Path:
        """The file of a piece; number: of its place among those of the run."""
        return self.folder / f"{origin}-{number:04d}.parquet"

    def write(self, table: pd.DataFrame, origin: str, number: int) -> None:
        """Keeps a finished piece."""
        write_whole(self.path(origin, number), lambda part: table.to_parquet(part, index=False))

    def files(self) -> list[Path]:
        """Every finished piece, in the order of origins and places."""
        return sorted(self.folder.glob("*.parquet"))

    def clear(self) -> None:
        """Removes the pieces of a run whose tables stand."""
        if self.folder.is_dir():
            for path in self.folder.iterdir():  # also a part that was being written when the run was killed
                path.unlink()
            self.folder.rmdir()


def unfinished(base: Path, key: Mapping[str, Any]) -> Path | None:
    """The latest folder below `base` whose pieces rest on the same key and which no other process works on."""
    for file in sorted(base.glob(f"*/{FOLDER}/{KEY}"), reverse=True):
        if json.loads(file.read_text(encoding="utf-8")) == json.loads(json.dumps(key)) and not is_held(file.parents[1]):
            return file.parents[1]
    return None


def mismatch(home: Path, key: Mapping[str, Any]) -> str:
    """Why the pieces in a folder cannot be used under a key, with the way out; empty where they can."""
    file = home / FOLDER / KEY
    if not file.is_file():
        done = "is finished already" if (home / "skill.csv").is_file() else "holds no stopped backtest"
        return f"{done}; leave study.resume out to begin anew"
    if is_held(home):
        return "another process is working on it; wait for it"
    other = differing(json.loads(file.read_text(encoding="utf-8")), key)
    if other:
        return f"was begun with other {other}; give the same command, or leave study.resume out to begin anew"
    return ""
