"""Finished pieces in the run's folder, so that a run that was killed goes on where it stopped."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock, Timeout

FOLDER, KEY, LOCK = "cells", "key.json", ".lock"


def key_of(settings: Mapping[str, Any], data_hash: str) -> dict[str, Any]:
    """What settles the numbers of a piece: settings, counts, the source of this package's forecasts, packages."""
    from importlib.metadata import version

    source = hashlib.sha256()
    for folder in ("forecast", "calibration", "data"):
        for file in sorted((Path(__file__).parents[2] / folder).rglob("*.py")):
            source.update(file.name.encode() + b"\0" + file.read_bytes())
    packages = {name: version(name) for name in ("numpy", "scipy", "pandas", "statsmodels", "scoringrules")}
    return {"settings": dict(settings), "data": data_hash, "source": source.hexdigest(), "packages": packages}


class Kept:
    """The pieces of one run, each a Parquet file that is there whole or not at all."""

    def __init__(self, home: Path) -> None:
        self.folder = home / FOLDER

    def begin(self, key: Mapping[str, Any]) -> None:
        """Makes the folder and notes what the pieces rest on."""
        self.folder.mkdir(exist_ok=True)
        if not (self.folder / KEY).exists():
            _replace(self.folder / KEY, json.dumps(key, ensure_ascii=False, sort_keys=True, indent=1).encode())

    def path(self, origin: str, number: int) -> Path:
        """The file of a piece; number: of its place among those of the run."""
        return self.folder / f"{origin}-{number:04d}.parquet"

    def write(self, table: pd.DataFrame, origin: str, number: int) -> None:
        """Keeps a finished piece."""
        path = self.path(origin, number)
        part = path.with_name(f".{path.name}.part")
        table.to_parquet(part, index=False)
        part.replace(path)

    def files(self) -> list[Path]:
        """Every finished piece, in the order of origins and places."""
        return sorted(self.folder.glob("*.parquet"))

    def clear(self) -> None:
        """Removes the pieces of a run whose tables stand."""
        for path in (*self.files(), self.folder / KEY):
            path.unlink(missing_ok=True)
        if self.folder.is_dir():
            self.folder.rmdir()


def _replace(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)


def unfinished(base: Path, key: Mapping[str, Any]) -> Path | None:
    """The latest folder below `base` whose pieces rest on the same key and which no other process works on."""
    wanted = json.dumps(key, ensure_ascii=False, sort_keys=True, indent=1)
    for file in sorted(base.glob(f"*/{FOLDER}/{KEY}"), reverse=True):
        if file.read_text(encoding="utf-8") == wanted and not _held(file.parents[1]):
            return file.parents[1]
    return None


def mismatch(home: Path, key: Mapping[str, Any]) -> str:
    """Why the pieces in a folder cannot be used under a key, with the way out; empty where they can."""
    file = home / FOLDER / KEY
    if not file.is_file():
        done = "is finished already" if (home / "skill.csv").is_file() else "holds no stopped backtest"
        return f"{done}; leave study.resume out to begin anew"
    if _held(home):
        return "another process is working on it; wait for it"
    kept = json.loads(file.read_text(encoding="utf-8"))
    for name, words in (
        ("settings", "settings"),
        ("data", "counts"),
        ("source", "version of ecosim"),
        ("packages", "packages"),
    ):
        if kept.get(name) != json.loads(json.dumps(key[name])):
            return f"was begun with other {words}; give the same command, or leave study.resume out to begin anew"
    return ""


def _held(home: Path) -> bool:
    try:
        with FileLock(home / LOCK, timeout=0):
            return False
    except Timeout:
        return True


@contextmanager
def held(home: Path) -> Iterator[None]:
    """The folder belongs to this process for the block. Raises filelock.Timeout where another one has it."""
    with FileLock(home / LOCK, timeout=0):
        yield
    (home / LOCK).unlink(missing_ok=True)
