"""Finished simulations on disk, so that a killed calibration goes on without losing one, and its key in full."""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecosim.data.errors import UserError
from ecosim.data.writing import write_whole

Floats = NDArray[np.float64]

KEY, SIMULATIONS = "key.json", "simulations.jsonl"
PACKAGES = ("numpy", "scipy", "pandas", "statsmodels", "numba")
FLOORS = ("model", "behaviors", "policies", "calibration", "data", "forecast")  # whose source settles the numbers


class KeptError(UserError, RuntimeError):
    """A folder of kept simulations that cannot be used."""


def key_of(settings: Mapping[str, Any], data_hash: str, floors: Iterable[str] = FLOORS) -> dict[str, str]:
    """What settles the numbers: hashes of settings, counts and the source of the equations, and package versions.

    settings: plain values; a value that JSON does not know is taken by its repr.
    """
    from importlib.metadata import version

    source = hashlib.sha256()
    root = Path(__file__).parents[2]
    for floor in floors:
        for file in sorted((root / floor).rglob("*")):
            if file.suffix in (".py", ".csv"):
                source.update(str(file.relative_to(root)).encode() + b"\0" + file.read_bytes())
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    plain = json.dumps(settings, sort_keys=True, default=repr, ensure_ascii=False)
    return {"settings": _hash(plain), "data": data_hash, "source": source.hexdigest(), "packages": packages}


def digest(key: Mapping[str, Any]) -> str:
    """A short name for a key: the first 16 digits of its SHA-256."""
    return _hash(json.dumps(key, sort_keys=True))[:16]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Kept:
    """Simulations of one key: a line of JSON each, written by whoever finished it.

    A line is appended in one call, so workers may write side by side; a line that a kill cut short is left out.
    Raises KeptError where the folder holds simulations of another key.
    """

    def __init__(self, folder: Path, key: Mapping[str, Any]) -> None:
        self.folder = folder
        self.path = folder / SIMULATIONS
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(dict(key), sort_keys=True, indent=1)
        if not (folder / KEY).exists():
            self.path.unlink(missing_ok=True)  # of nobody knows what
            write_whole(folder / KEY, lambda part: part.write_text(text, encoding="utf-8"))
        elif (folder / KEY).read_text(encoding="utf-8") != text:
            raise KeptError(f"{folder} holds simulations of other counts, equations or settings; remove that folder")
        self._known: dict[str, tuple[Floats, Floats]] = self._read()

    def _read(self) -> dict[str, tuple[Floats, Floats]]:
        known: dict[str, tuple[Floats, Floats]] = {}
        if not self.path.exists():
            return known
        for line in self.path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                row = json.loads(line)
                known[row["id"]] = (np.array(row["z"], dtype=float), np.array(row["moments"], dtype=float))
            except (ValueError, KeyError, TypeError):
                continue  # cut short
        if not self.path.read_bytes().endswith(b"\n"):
            append(self.path, "")  # so that the next line begins on its own
        return known

    def find(self, name: str, z: Floats) -> Floats | None:
        """The moments of a simulation at a place, None where it was not finished."""
        found = self._known.get(name)
        return found[1] if found is not None and np.array_equal(found[0], z) else None

    def __len__(self) -> int:
        return len(self._known)

    def keep(self, name: str, z: Floats, moments: Floats) -> None:
        """Note a finished simulation."""
        self._known[name] = (z, moments)
        keep(self.path, name, z, moments)


def keep(path: Path, name: str, z: Floats, moments: Floats) -> None:
    """Append a finished simulation, from any process."""
    append(path, json.dumps({"id": name, "z": z.tolist(), "moments": moments.tolist()}))


def append(path: Path, line: str) -> None:
    """Append one line in one call."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(handle, (line + "\n").encode())
    finally:
        os.close(handle)
