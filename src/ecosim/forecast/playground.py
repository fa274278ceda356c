"""A small ecosystem to play with: one call gives a Mesa model, for `mesa.batch_run`, notebooks and tests."""

from functools import partial
from pathlib import Path
from typing import Any

import mesa
import yaml

from ecosim.behaviors.decisions import SHELF, Behaviors
from ecosim.behaviors.rules import FirmRules
from ecosim.calibration.estimate import from_table
from ecosim.data.errors import UserError
from ecosim.data.periods import quarter_index
from ecosim.forecast.start import spin_up
from ecosim.model.ecosystem import EcosystemModel
from ecosim.model.firms import DTYPES
from ecosim.model.luck import Key
from ecosim.model.region import OWNERSHIP, SECTORS, Region
from ecosim.policies import shelf

SEEDS = 2**32


class PlaygroundError(UserError, ValueError):
    """A parameter of the playground that cannot be used."""


def ecosystem(
    *,
    rng: int = 0,
    firms: int = 1_000,
    region: Region | None = None,
    policies: dict[str, dict[str, Any]] | None = None,
    behaviors: dict[str, dict[str, dict[str, Any]]] | None = None,
    start: str = "2016-12",
    agent_columns: tuple[str, ...] = (),
) -> EcosystemModel:
    """An ecosystem after nine years under its policies, at the end of `start`; every step is a quarter.

    It collects all its series in `model.datacollector`, so that it works as the model class of `mesa.batch_run`:
    `mesa.batch_run(ecosystem, {"rng": range(5)}, max_steps=7)` makes eight steps (Mesa's own count is one above
    `max_steps`). `batch_run` takes every iterable apart, so give it a package as `"policies": [package]`; its
    `iterations` repeat the same luck, vary `rng` instead.

    rng: seed of all luck, a whole number from 0 to 2**32 - 1. firms: how many before the nine years add theirs; each
    agent is one firm. region: margins of the place, by default one zone with even shares of sectors and private firms
    alone. policies: rows as in configs/policies, in place of the national rules in force. behaviors: rows as in
    configs/behaviors; their means are used, no uncertainty. agent_columns: columns to collect of every firm (slow).
    Nothing here is calibrated to counts: it shows mechanisms and forecasts nothing.

    Raises PlaygroundError, PolicyError or EstimateError naming what cannot be used.
    """
    if isinstance(rng, bool) or not isinstance(rng, int) or not 0 <= rng < SEEDS:
        raise PlaygroundError(f"rng={rng!r}: give a whole number from 0 to {SEEDS - 1}")
    if firms < 50:
        raise PlaygroundError(f"firms={firms}: give at least 50")
    for name in agent_columns:
        if name not in DTYPES:
            raise PlaygroundError(f"agent_columns: {name!r} is no column; valid: {', '.join(DTYPES)}")
    place = region if region is not None else _even_region()
    rows = policies if policies is not None else carried("policies/national_rules.yaml")
    in_force = {name: row.policy for name, row in shelf.build(rows).items()}
    priors = behaviors if behaviors is not None else carried("behaviors/literature.yaml")
    center = Behaviors(**{name: from_table(name, kind, priors[name]).center for name, kind in SHELF.items()})
    key, quarter = Key(rng, 0), quarter_index(start)
    grown = spin_up(place, firms, center, in_force, quarter, key)
    model = EcosystemModel(
        place,
        grown.firms,
        FirmRules(center, place),
        policies=in_force,
        key=key,
        quarter=quarter,
        people=grown.people,
        reference=grown.reference,
    )
    model.datacollector = mesa.DataCollector(
        model_reporters={name: partial(EcosystemModel.value, name=name) for name in model.observed_names},
        agent_reporters={name: name for name in agent_columns} or None,
    )
    return model


def _even_region() -> Region:
    return Region(
        name="Playground",
        level="county",
        sectors={name: 1 / len(SECTORS) for name in SECTORS},
        ownership={OWNERSHIP[0]: 1.0},
    )


def carried(name: str) -> dict[str, Any]:
    """A configuration file that comes with ecosim: inside the installed package, or of the source checkout."""
    for parent in (Path(__file__).parents[1], Path(__file__).parents[3]):
        path = parent / "configs" / name
        if path.is_file():
            rows: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
            return rows
    raise PlaygroundError(f"no configs/{name} beside the package; install ecosim again")
