"""posterior=<run>: finds the posterior of a study=calibrate, refuses one of other facts, keeps it with the run."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecosim.data.errors import UserError
from ecosim.data.periods import quarter_index
from ecosim.door.compose import Composed
from ecosim.door.library import split_override
from ecosim.door.recorded import CALIBRATION_ROLES, locate

if TYPE_CHECKING:
    from ecosim.forecast.job import Job
    from ecosim.forecast.posterior import Found

DRAWS, FACTS = "posterior.parquet", "posterior.json"
ID_LENGTH = 32  # characters of MLflow's ids
RULES = ("behaviors", "baseline", "delivery_sd")  # what else the draws rest on, by name in FACTS


class PosteriorError(UserError, ValueError):
    """A posterior that a forecast cannot draw from."""


@dataclass(frozen=True)
class Posterior:
    """A posterior among the files of a run. facts: what it rests on; run: who made it; digest: of its draws."""

    folder: Path
    facts: dict[str, Any]
    run: str
    digest: str

    @property
    def short(self) -> str:
        """The first eight characters of the run's id, or the whole name of its folder."""
        return self.run[:8] if len(self.run) == ID_LENGTH else self.run

    def keep(self, home: Path) -> None:
        """Put the draws and their facts among the files of a run that draws from them. Raises OutputError."""
        from ecosim.door import folder

        try:
            if home != self.folder:
                shutil.copyfile(self.folder / DRAWS, home / DRAWS)
            folder.write_text(_text(self.facts | {"run": self.run}), home / FACTS)
        except OSError as error:
            raise folder.cannot_write(error, home) from error

    def provenance(self) -> dict[str, Any]:
        """For provenance.json: the run, its origin, the hash of its counts, and the draws."""
        return {
            "run": self.run,
            "origin": self.facts["origin"],
            "data_hash": self.facts["data_hash"],
            "parameters": self.facts["parameters"],
            "sha256": self.digest,
        }


def write_facts(found: "Found", composed: Composed, data_hash: str, home: Path) -> None:
    """Beside the draws of a calibration: what a forecast must share with it to draw from them. Raises OSError."""
    from ecosim.door import folder

    facts = _facts(composed) | {
        "run": home.name,
        "origin": composed.settings.origin,
        "start": found.start,
        "data_hash": data_hash,
        "parameters": found.identification["parameter"].tolist(),
        "identification": found.identification.to_dict("records"),
        "statements": list(found.statements),
    }
    folder.write_text(_text(facts), home / FACTS)


def _facts(composed: Composed) -> dict[str, Any]:
    """Region, priors, rules and source, as plain values that survive JSON."""
    from ecosim.calibration.simulation.kept import digest, key_of

    tree = {
        "region": composed.tree["region"],
        "behaviors": composed.tree["behaviors"],
        "baseline": digest({"rows": _text(composed.baseline_rows)}),
        "delivery_sd": composed.settings.delivery_sd,
        "source": key_of({}, "")["source"],
    }
    return dict(json.loads(_text(tree)))


def _text(table: Mapping[str, Any]) -> str:
    return json.dumps(table, ensure_ascii=False, sort_keys=True, indent=1, default=str) + "\n"


def with_posterior(
    job: "Job", composed: Composed, cwd: Path, recorded: Path | None = None
) -> tuple["Job", Posterior | None]:
    """The job whose members draw from the posterior that the settings name, if any. recorded: a run that kept it.

    Raises PosteriorError where the posterior is of other counts, another region, a later origin, other parameters or
    other equations; RunNotFound.
    """
    named = composed.settings.posterior
    if named is None:
        return job, None
    posterior = _read(named, cwd, composed.settings.tracking.experiment, recorded)
    _check(posterior, job, composed, named)
    import pandas as pd

    from ecosim.forecast.drawn import Drawn
    from ecosim.forecast.identified import Calibrated

    table = pd.read_parquet(posterior.folder / DRAWS)
    names = tuple(str(name) for name in table.columns if name not in ("draw", "weight"))
    drawn = Drawn(
        names, table[list(names)].to_numpy(float), table["weight"].to_numpy(float), posterior.facts["origin"],
        posterior.short,
    )  # fmt: skip
    told = pd.DataFrame(posterior.facts["identification"])
    known = Calibrated(told, tuple(posterior.facts["statements"]), f"run {posterior.short}")
    return replace(job, posterior=drawn, calibrated=known), posterior


def _read(named: str, cwd: Path, experiment: str | None, recorded: Path | None) -> Posterior:
    if recorded is not None and (recorded / FACTS).is_file():
        folder, run = recorded, ""
    else:
        found = locate(named, cwd, experiment, CALIBRATION_ROLES)
        if found.study != "calibrate":
            raise PosteriorError(
                f"posterior={named}: run {found.short} is of study={found.study or 'unknown'}; name a run of "
                "study=calibrate"
            )
        folder, run = found.folder, found.run
    for name in (DRAWS, FACTS):
        if not (folder / name).is_file():
            raise PosteriorError(
                f"posterior={named}: holds no {name}, so it did not finish or is of an earlier version; run "
                "study=calibrate again"
            )
    facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    digest = hashlib.sha256((folder / DRAWS).read_bytes()).hexdigest()
    return Posterior(folder, facts, run or str(facts["run"]), digest)


def _check(posterior: Posterior, job: "Job", composed: Composed, named: str) -> None:
    from ecosim.data import panel

    facts, now = posterior.facts, _facts(composed)

    def refuse(why: str, way: str = "calibrate again with what this forecast has") -> None:
        raise PosteriorError(f"posterior={named}: {why}; {way}, or leave posterior out to draw from the priors")

    theirs = facts["region"].get("name")
    if theirs != job.region.name:
        refuse(f"it is of {theirs}, and this forecast is of {job.region.name}")
    if quarter_index(facts["origin"]) > quarter_index(job.origin):
        refuse(
            f"its origin {facts['origin']} is after {job.origin}, so it knows what this forecast must not know",
            f"calibrate with origin={job.origin} or earlier",
        )
    if facts["source"] != now["source"]:
        refuse("its equations are of another version of ecosim")
    if facts["region"] != now["region"]:
        before, after = facts["region"], now["region"]
        differ = sorted(key for key in {*before, *after} if before.get(key) != after.get(key))
        refuse(f"it is of another description of {theirs} ({', '.join(differ)})")
    if other := [name for name in RULES if facts[name] != now[name]]:
        refuse(f"it rests on other parameters ({', '.join(other)})")
    if missing := _missing(facts["parameters"], composed):
        refuse(f"it knows {', '.join(missing)}, which the package has not", "forecast the package that was calibrated")
    if facts["data_hash"] != panel.data_hash(panel.known_at(job.counts, facts["origin"])):
        refuse(f"the counts known at its origin {facts['origin']} were others")


def _missing(parameters: list[str], composed: Composed) -> list[str]:
    """Instruments of the posterior that the package lacks, but for those that this command took out."""
    removed = {key.removeprefix("policies.") for sign, key, _ in map(split_override, composed.overrides) if sign == "~"}
    if composed.settings.without:
        return []
    return [name for name in parameters
            if "." not in name and name not in composed.settings.policies and name not in removed]  # fmt: skip
