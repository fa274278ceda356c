"""Calibrations kept in outputs/.calibrations by hash of counts, equations and settings; a stale one is never found."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ecosim.data.errors import UserError
from ecosim.door import folder
from ecosim.door.compose import Composed

if TYPE_CHECKING:
    from ecosim.forecast.job import Job
    from ecosim.forecast.posterior import Found

CACHE = Path("outputs") / ".calibrations"
IDENTIFICATION, STATEMENTS, LOCK = "identification.csv", "statements.txt", ".lock"
FACTS = (
    "region",
    "policies",
    "behaviors",
    "origin",
    "delivery_sd",
)  # of the settings: what a forecast and a calibration share
NOT_SETTLING = ("workers", "execution", "tracking", "title", "horizon", "members", "calibration", "posterior")

LENGTH = ("simulations", "generations", "least_acceptance", "moments", "targets")  # a longer run goes on from a shorter


class Busy(UserError):
    """A calibration that another process works on."""


def data_hash(job: "Job") -> str:
    """Hash of the counts known at the origin."""
    from ecosim.data import panel

    return panel.data_hash(panel.known_at(job.counts, job.origin))


def folder_of_facts(composed: Composed, data: str, cwd: Path) -> Path:
    """Where calibrations of these counts, equations, region, rules and origin are kept."""
    from ecosim.calibration.simulation.kept import digest, key_of

    facts = {name: composed.tree[name] for name in FACTS} | {"baseline": composed.baseline_rows}
    return cwd / CACHE / digest(key_of(facts, data))


def key_of_study(composed: Composed, data: str) -> dict[str, str]:
    """What settles a simulation of a calibration: all settings but those that cannot change it, or only end it."""
    from ecosim.calibration.simulation.kept import key_of

    settling = {name: value for name, value in composed.tree.items() if name not in NOT_SETTLING}
    settling["study"] = {name: value for name, value in composed.tree["study"].items() if name not in LENGTH}
    return key_of(settling | {"baseline_rows": composed.baseline_rows}, data)


def folder_of_study(composed: Composed, data: str, cwd: Path) -> Path:
    """Where the simulations of this calibration are kept."""
    from ecosim.calibration.simulation.kept import digest

    return folder_of_facts(composed, data, cwd) / digest(key_of_study(composed, data))


@contextmanager
def held(path: Path) -> Iterator[None]:
    """The folder belongs to this process for the block. Raises Busy where another one works on it."""
    from filelock import FileLock, Timeout

    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise folder.cannot_write(error, path) from error
    try:
        with FileLock(path / LOCK, timeout=0):
            yield
    except Timeout:
        raise Busy(f"another process calibrates the same place with the same settings in {path}; wait for it") from None


def keep(found: "Found", path: Path) -> None:
    """Beside the simulations: what forecasts of the same counts and settings report."""
    try:
        folder.write_text("\n".join(found.statements) + "\n", path / STATEMENTS)
        folder.write_table(found.identification, path / IDENTIFICATION)
    except OSError as error:
        raise folder.cannot_write(error, path) from error


def with_calibration(job: "Job", composed: Composed, cwd: Path) -> "Job":
    """The job with the latest finished calibration of the same counts, equations, region, rules and origin, if any."""
    base = cwd / CACHE
    if not base.is_dir():
        return job
    import pandas as pd

    from ecosim.forecast.identified import Calibrated

    base = folder_of_facts(composed, data_hash(job), cwd)
    done = sorted(base.glob(f"*/{IDENTIFICATION}"), key=lambda path: (path.stat().st_mtime, str(path)))
    if not done:
        return job
    home = done[-1].parent
    lines = (home / STATEMENTS).read_text(encoding="utf-8").splitlines() if (home / STATEMENTS).is_file() else []
    table = pd.read_csv(done[-1], keep_default_na=False)
    return replace(job, calibrated=Calibrated(table, tuple(lines), str(home.relative_to(cwd))))
