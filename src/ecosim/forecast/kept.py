"""What a stopped run leaves behind: pieces that are whole, what they rest on, and the lock of who works on them."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ecosim.data.writing import write_whole

LOCK = ".lock"
FLOORS = ("forecast", "calibration", "behaviors", "policies", "model", "data")
PACKAGES = ("numpy", "scipy", "pandas", "statsmodels", "scoringrules", "numba", "llvmlite")
WORDS = {"settings": "settings", "data": "counts", "source": "version of ecosim", "packages": "packages"}


def key_of(
    settings: Mapping[str, Any], data_hash: str, floors: Sequence[str] = FLOORS, packages: Sequence[str] = PACKAGES
) -> dict[str, Any]:
    """What settles the numbers of a piece: settings, counts, the source of some floors of this package, packages."""
    from importlib.metadata import version

    return {
        "settings": json.loads(json.dumps(settings)),
        "data": data_hash,
        "source": source_hash(floors),
        "packages": {name: version(name) for name in packages},
    }


def source_hash(floors: Sequence[str] = FLOORS) -> str:
    """SHA-256 of the source of some floors of this package, tables of figures included."""
    source = hashlib.sha256()
    for file in source_files(floors):
        source.update(file.name.encode() + b"\0" + file.read_bytes())
    return source.hexdigest()


def source_files(floors: Sequence[str]) -> list[Path]:
    """The files that settle the numbers of some floors, in order."""
    folders = [Path(__file__).parents[1] / floor for floor in floors]
    return [file for folder in folders for file in sorted(folder.rglob("*")) if file.suffix in (".py", ".csv")]


def differing(kept: Mapping[str, Any], key: Mapping[str, Any]) -> str:
    """In words the first thing in which two keys differ; empty where they are the same."""
    plain = json.loads(json.dumps(key))
    for name, words in WORDS.items():
        if kept.get(name) != plain[name]:
            return words
    return ""


def write_json(path: Path, table: Mapping[str, Any]) -> None:
    """A table as a JSON file that is there whole or not at all. Raises OSError."""
    text = json.dumps(table, ensure_ascii=False, sort_keys=True, indent=1)
    write_whole(path, lambda part: part.write_text(text, encoding="utf-8"))


def is_held(home: Path) -> bool:
    """Whether a process works on a folder."""
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
