"""The configuration of a hub of one round: tasks.json, admin.json, target-data.json and the metadata of its models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ecosim.data.targets import COUNT, TARGETS, kind_of
from ecosim.figures.labels import Labels
from ecosim.publication.outputs import COLUMNS, MODEL, TIME_SERIES, TOGETHER, ModelOutput
from ecosim.publication.recorded import UPDATE, Recorded

VERSION = "v6.0.0"
SCHEMAS = "https://raw.githubusercontent.com/hubverse-org/schemas/main"
TARGET_ID, TARGET_NAME = 30, 100  # characters that the schema takes
LICENSES = ("CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-SA-4.0", "ODC-BY-1.0", "ODbL-1.0")
METHODS = {
    MODEL: (
        "Agent-based model of a region's firms: counts give levels, trends and shocks, literature the policy responses",
        "Firms are simulated quarter by quarter; levels, growth and common shocks are estimated on counts known at the "
        "origin, responses to policies are priors. Each member has its own coefficients, shocks and luck; see ODD.md.",
    ),
    "random_walk": (
        "Last value; log increments of mean zero with their root mean square, as a t that widens with the root of time",
        "Own yearly log increments where there are three or more, else those of the panel. No policy, no trend.",
    ),
    "drift": (
        "Last value grown by the mean log increment, with the uncertainty of that mean",
        "Own yearly log increments where there are three or more, else those of the panel. No policy.",
    ),
}


@dataclass(frozen=True)
class Publisher:
    """Who publishes, in the words of the hub. repository: 'owner/name' of the hub, or empty."""

    team: str
    authors: tuple[str, ...]
    email: str
    repository: str
    license: str
    timezone: str

    @property
    def names(self) -> tuple[str, ...]:
        """The authors, or the team where none is named."""
        return self.authors or (self.team,)


def model_id(publisher: Publisher, model: str) -> str:
    """'ecosim-abm'."""
    return f"{publisher.team}-{model}"


def schema_version(name: str) -> str:
    """Address of the schema that a configuration file follows; name: 'tasks', 'admin' or 'target-data'."""
    return f"{SCHEMAS}/{VERSION}/{name}-schema.json"


def admin(run: Recorded, publisher: Publisher) -> dict[str, Any]:
    """admin.json. Parquet is the format that a hub reads; the CSV beside it holds the same rows."""
    owner, _, name = publisher.repository.partition("/")
    contact = {"name": publisher.names[0], **({"email": publisher.email} if publisher.email else {})}
    return {
        "schema_version": schema_version("admin"),
        "name": f"{run.title}: forecasts of {run.place}",
        "maintainer": publisher.team,
        "contact": contact,
        "repository": {"host": "github", "owner": owner or publisher.team, "name": name or run.scenario},
        "file_format": ["parquet"],
        "timezone": publisher.timezone,
    }


def tasks(run: Recorded, outputs: Sequence[ModelOutput]) -> dict[str, Any]:
    """tasks.json: one round with one task group, whose samples are joint over scenarios, targets and horizons."""
    own = next(output.rows for output in outputs if output.model == MODEL)
    samples = int(own.loc[own["output_type"] == "sample", "output_type_id"].nunique())
    value: dict[str, Any] = {"type": "double"}
    if all((output.rows["value"] >= 0).all() for output in outputs):
        value["minimum"] = 0
    levels = sorted({float(text) for text in own.loc[own["output_type"] == "quantile", "output_type_id"]})
    targets = list(dict.fromkeys(own["target"]))
    params = {"type": "integer", "min_samples_per_task": samples, "max_samples_per_task": samples}
    group = {
        "task_ids": {
            "origin_date": _only(own["origin_date"]),
            "scenario_id": _any(own["scenario_id"]),
            "location": _any(own["location"]),
            "target": _any(own["target"]),
            "horizon": _any(own["horizon"]),
            "target_end_date": _any(own["target_end_date"]),
        },
        "output_type": {
            "quantile": {"output_type_id": {"required": levels}, "is_required": True, "value": value},
            "sample": {
                "output_type_id_params": {**params, "compound_taskid_set": list(TOGETHER)},
                "is_required": False,
                "value": value,
            },
        },
        "target_metadata": target_metadata(targets),
    }
    return {
        "schema_version": schema_version("tasks"),
        "rounds": [
            {
                "round_id_from_variable": True,
                "round_id": "origin_date",
                "round_name": f"{run.scenario}, known to {run.origin}",
                "model_tasks": [group],
                "submissions_due": {"start": run.made, "end": run.made},
                "last_data_date": run.origin_date,
                "additional_metadata": {
                    "run": run.run,
                    "config_hash": run.provenance["config_hash"],
                    "data_hash": run.provenance["data_hash"],
                    "horizons": "months; a year ends at horizon 12, 24, ... of an origin at the end of a year",
                },
            }
        ],
        "output_type_id_datatype": "character",
        "derived_task_ids": ["target_end_date"],
    }


def _only(column: pd.Series) -> dict[str, Any]:
    return {"required": list(dict.fromkeys(column)), "optional": None}


def _any(column: pd.Series) -> dict[str, Any]:
    return {"required": None, "optional": [*dict.fromkeys(column.tolist())]}


def target_metadata(targets: Sequence[str]) -> list[dict[str, Any]]:
    """What each target is; a name longer than the schema takes gets a number."""
    labels = Labels("")
    found: list[dict[str, Any]] = []
    for number, target in enumerate(targets):
        label, known = labels.of(target), TARGETS.get(target)
        unit = label.unit or (known.unit if known else "as in the counts")
        whole = known.unit == COUNT if known else label.whole
        kind = {"stock": "at the end of the period", "flow": "summed over the period"}.get(kind_of(target) or "", "")
        found.append({
            "target_id": target if len(target) <= TARGET_ID else f"{target[: TARGET_ID - 3]}{number:03d}",
            "target_name": labels.title(target)[:TARGET_NAME],
            "target_units": unit[:TARGET_NAME],
            "target_keys": {"target": target},
            "description": f"{labels.title(target)}, {unit}{f', {kind}' if kind else ''}",
            "target_type": "discrete" if whole else "continuous",
            "is_step_ahead": True,
            "time_unit": "month",
        })  # fmt: skip
    return found


def target_data() -> dict[str, Any]:
    """target-data.json: versioned time series, one value per last day, target, place and as_of."""
    unit = ["target_end_date", "target", "location"]
    texts = {column: "character" for column in TIME_SERIES if column not in (*unit, "as_of", "observation")}
    return {
        "schema_version": schema_version("target-data"),
        "observable_unit": unit,
        "date_col": "target_end_date",
        "time-series": {"non_task_id_schema": texts, "versioned": True},
    }


def model_metadata(run: Recorded, publisher: Publisher, model: str, citation: str) -> dict[str, Any]:
    """The metadata file of a model of the bundle."""
    short, full = METHODS.get(model, (f"Reference forecast {model.replace('_', ' ')}", "As recorded by the run."))
    own = model == MODEL
    if own and run.from_posterior:
        full += " In this run members draw some of those responses from the posterior of a calibration."
    if own and run.study == UPDATE:
        full += " Members of an earlier forecast were moved by counts up to the origin (ensemble Kalman smoother)."
    return {
        "team_name": publisher.team,
        "team_abbr": publisher.team,
        "model_name": "ecosim" if own else model.replace("_", " "),
        "model_abbr": model,
        "model_version": str(run.provenance["ecosim"]),
        "model_contributors": [
            {
                "name": name,
                "affiliation": publisher.team,
                **({"email": publisher.email} if publisher.email and not k else {}),
            }
            for k, name in enumerate(publisher.names)
        ],
        "license": publisher.license,
        "designated_model": own,
        "citation": citation,
        "data_inputs": f"Counts known at {run.origin}, hash {run.provenance['data_hash'][:12]}: target-data/",
        "methods": short,
        "methods_long": full,
        "ensemble_of_models": False,
        "ensemble_of_hub_models": False,
    }


def check_outputs(config: Mapping[str, Any], outputs: Sequence[ModelOutput]) -> list[str]:
    """What in the model output is not as tasks.json says, one sentence each; empty where all is well."""
    group = config["rounds"][0]["model_tasks"][0]
    valid = {name: {*(ids["required"] or []), *(ids["optional"] or [])} for name, ids in group["task_ids"].items()}
    levels = group["output_type"]["quantile"]["output_type_id"]["required"]
    wanted = group["output_type"]["sample"]["output_type_id_params"]["min_samples_per_task"]
    wrong = []
    for model, rows in outputs:
        if tuple(rows.columns) != COLUMNS:
            wrong.append(f"{model}: columns {list(rows.columns)}, not {list(COLUMNS)}")
            continue
        for name, values in valid.items():
            if strange := sorted(set(rows[name]) - values, key=str):
                wrong.append(f"{model}: {name} {strange[0]!r} is not in tasks.json")
        tasks_of = rows.groupby([*valid, "output_type"], sort=False, observed=True)
        for key, cell in tasks_of:
            at, kind = ", ".join(str(part) for part in key[1:5]), key[-1]
            if kind == "quantile":
                if [float(text) for text in cell["output_type_id"]] != levels:
                    wrong.append(f"{model}, {at}: other quantiles than tasks.json asks for")
                elif (cell["value"].diff().dropna() < 0).any():
                    wrong.append(f"{model}, {at}: quantiles fall")
            elif cell["output_type_id"].nunique() != wanted or len(cell) != wanted:
                wrong.append(f"{model}, {at}: {len(cell)} samples, not {wanted}")
    return wrong
