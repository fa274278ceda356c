"""What made a result: command, settings, data, versions and machine, so that it can be made again."""

import hashlib
import json
import platform
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ecosim import __version__

PACKAGES = ("numpy", "pandas", "scipy", "numba", "mesa", "statsmodels", "hydra-core", "omegaconf", "pydantic", "mlflow")


def settling(tree: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that settle the numbers: all but who runs it, what it goes on with, and tracking.

    A posterior counts where there is one, so that a forecast without one has the hash that it always had.
    """
    beside = ("workers", "execution", "resume", "tracking")
    return {
        key: value for key, value in tree.items() if key not in beside and not (key == "posterior" and value is None)
    }


def config_hash(tree: Mapping[str, Any]) -> str:
    """SHA-256 of what settles the numbers, see `settling`."""
    return hashlib.sha256(json.dumps(settling(tree), sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def git_state(folder: Path) -> dict[str, Any]:
    """Commit and dirty flag of the source checkout that holds a folder; both None outside of one."""
    if not (folder / ".git").exists():
        return {"commit": None, "dirty": None}
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        return {"commit": commit, "dirty": bool(_git(folder, "status", "--porcelain", "--untracked-files=no"))}
    except (OSError, subprocess.SubprocessError):
        return {"commit": None, "dirty": None}


def _git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=10, check=True)
    return done.stdout.strip()


def versions() -> dict[str, str]:
    """Versions of the packages that settle the numbers."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def command_line(command: Sequence[str]) -> str:
    """The command of a run as a line to type. command: as provenance has it, 'ecosim' first."""
    return " ".join(["python -m ecosim", *map(_quoted, command[1:])])


def _quoted(word: str) -> str:
    """A word in the quotes that it needs: where they will do in double ones, which PowerShell takes too."""
    quoted = shlex.quote(word)
    return quoted if quoted == word or set(word) & set('"$`\\!') else f'"{word}"'


def describe(
    overrides: Sequence[str], tree: Mapping[str, Any], data_hash: str, own: Path | None = None
) -> dict[str, Any]:
    """Provenance as a plain table for provenance.json; own: the user's folder of configuration.

    `seconds` by stage are added by whoever writes it.
    """
    folder = ["--config-dir", str(own)] if own else []
    return {
        "command": ["ecosim", *folder, *overrides],
        "overrides": list(overrides),
        "seed": tree["seed"],
        "config_hash": config_hash(tree),
        "data_hash": data_hash,
        "ecosim": __version__,
        "git": git_state(Path(__file__).parents[3]),
        "python": sys.version.split()[0],
        "packages": versions(),
        "platform": platform.platform(),
        "processor": platform.machine(),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
    }
