"""A recorded forecast as hubverse model output: quantiles and sample trajectories, horizons in months."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from ecosim.data.periods import parse
from ecosim.data.targets import kind_of
from ecosim.publication.recorded import Recorded, RecordError

TASK_IDS = ("origin_date", "scenario_id", "location", "target", "horizon", "target_end_date")
COLUMNS = (*TASK_IDS, "output_type", "output_type_id", "value")
TOGETHER = ("origin_date", "location")  # what all rows of one sample trajectory share
MODEL = "abm"  # abbreviation of the agent-based model in the bundle
TIME_SERIES = ("target_end_date", "as_of", "location", "target", "observation", "period", "unit", "source")


class ModelOutput(NamedTuple):
    """What one model says: abbreviation and rows (COLUMNS); output_type_id is text, as a hub stores it."""

    model: str
    rows: pd.DataFrame


def months_between(origin: str, end: str) -> int:
    """Months from the last known day to a last day of a period: ('2016-12-31', '2018-12-31') -> 24."""
    first, last = date.fromisoformat(origin), date.fromisoformat(end)
    return 12 * (last.year - first.year) + last.month - first.month


def model_outputs(run: Recorded) -> list[ModelOutput]:
    """The forecast of a run, with samples, and the reference forecasts that it recorded, as quantiles alone.

    The baseline is a second scenario_id, where the policies make a difference. A reference knows no policies: it stands
    under the scenario's name, so that it is compared with it. Raises RecordError.
    """
    tables = [run.table("forecast")]
    effect = run.table_or_none("effect")
    if effect is not None and (effect["value"] != 0).any():
        tables.append(run.table("baseline_forecast"))
    scenarios = [str(table["scenario"].iloc[0]) for table in tables]
    quantiles = pd.concat(tables, ignore_index=True)
    members = run.members()
    members = members[members["scenario"].isin(scenarios)].merge(
        quantiles[["scenario", "location", "target", "time"]].drop_duplicates(), how="inner"
    )
    samples = members.assign(output_type="sample", output_type_id=members["member"].astype(int).astype(str))
    own = pd.concat([_as_quantiles(quantiles), samples], ignore_index=True)
    found = [ModelOutput(MODEL, _rows(run, own, scenarios, _targets(quantiles)))]
    references = run.table_or_none("references")
    for name in [] if references is None else dict.fromkeys(references["model"].astype(str)):
        rows = references[references["model"].astype(str) == name].assign(scenario=scenarios[0])  # type: ignore[index]
        kept = rows.merge(quantiles[["target", "time"]].drop_duplicates(), how="inner")
        if len(kept):
            found.append(ModelOutput(name, _rows(run, _as_quantiles(kept), scenarios, _targets(quantiles))))
    return found


def _targets(table: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(table["target"]))


def _as_quantiles(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(output_type="quantile", output_type_id=[level_text(level) for level in table["quantile"]])


def level_text(level: float) -> str:
    """A probability as the hub writes it: 0.05 -> '0.05', 0.1 -> '0.1'."""
    return f"{round(float(level), 4):g}"


def _rows(run: Recorded, table: pd.DataFrame, scenarios: list[str], targets: list[str]) -> pd.DataFrame:
    """The rows in the hub's columns and one order, whatever the order of the tables."""
    ends = {time: parse(time).end.isoformat() for time in dict.fromkeys(table["time"].astype(str))}
    horizons = {time: months_between(run.origin_date, end) for time, end in ends.items()}
    times = table["time"].astype(str)
    rows = pd.DataFrame(
        {
            "origin_date": run.origin_date,
            "scenario_id": table["scenario"].astype(str),
            "location": table["location"].astype(str),
            "target": table["target"].astype(str),
            "horizon": times.map(horizons).astype(np.int64),
            "target_end_date": times.map(ends),
            "output_type": table["output_type"],
            "output_type_id": table["output_type_id"],
            "value": table["value"].astype(float),
        },
        columns=list(COLUMNS),
    )
    if not np.isfinite(rows["value"]).all():
        first = rows[~np.isfinite(rows["value"])].iloc[0]
        raise RecordError(
            f"run {run.run}: {first['target']}, {first['target_end_date']} has no finite value; a forecast with gaps "
            "cannot be published"
        )
    order = {
        "scenario_id": scenarios,
        "target": targets,
        "output_type": ["quantile", "sample"],
    }
    places = {column: {name: place for place, name in enumerate(names)} for column, names in order.items()}
    keys = rows.assign(
        **{column: rows[column].map(known) for column, known in places.items()},
        output_type_id=rows["output_type_id"].astype(float),
    )
    by = ["scenario_id", "location", "target", "horizon", "output_type", "output_type_id"]
    return rows.loc[keys.sort_values(by, kind="stable").index].reset_index(drop=True)


def time_series(run: Recorded) -> pd.DataFrame:
    """The counts behind a run in the hub's shape (TIME_SERIES), with the day from which each was known (as_of).

    Counts known at the origin and, with a later as_of, those that the run held its forecast against. A count that says
    when it was published keeps that day; others get the origin, or the day of the run where they are dated after it.
    Years of every target, and parts of a year of stocks and levels; parts of a flow would share their last day with the
    year.
    """
    frames = []
    for name, known in (("observed", run.origin_date), ("later", run.made)):
        table = run.table_or_none(name)
        if table is not None:
            frames.append(_counted(table, known))
    rows = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(TIME_SERIES))
    yearly = rows["period"].str.len() == len("2016")
    flows = np.array([kind_of(target) == "flow" for target in rows["target"]], dtype=bool)
    rows = rows.assign(part=~yearly)[yearly | ~flows]
    rows = rows.sort_values(["location", "target", "target_end_date", "as_of", "part"])
    keys = ["location", "target", "target_end_date", "as_of"]
    return rows.drop_duplicates(keys, keep="first")[list(TIME_SERIES)].reset_index(drop=True)


def _counted(table: pd.DataFrame, known: str) -> pd.DataFrame:
    rows = table[table["value"].notna()]
    published = [parse(text).end.isoformat() if text else known for text in _texts(rows, "as_of")]
    return pd.DataFrame(
        {
            "target_end_date": [parse(str(time)).end.isoformat() for time in rows["time"]],
            "as_of": published,
            "location": rows["location"].astype(str).to_list(),
            "target": rows["target"].astype(str).to_list(),
            "observation": rows["value"].astype(float).to_list(),
            "period": rows["time"].astype(str).to_list(),
            "unit": list(_texts(rows, "unit")),
            "source": list(_texts(rows, "source")),
        },
        columns=list(TIME_SERIES),
    )


def _texts(table: pd.DataFrame, column: str) -> Iterable[str]:
    return table[column].astype(str).to_list() if column in table else [""] * len(table)
