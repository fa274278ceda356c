"""Scores a published forecast against counts that came later, beside the forecasts published with it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray

from ecosim.data.errors import UserError
from ecosim.data.panel import CountsError, series
from ecosim.data.parts import unfinished
from ecosim.data.targets import COUNT, TARGETS
from ecosim.forecast import scores
from ecosim.forecast.evaluation.marks import INTERVALS
from ecosim.publication import bundle, checksums
from ecosim.publication.outputs import MODEL

SHOWN = 5  # rows in a sentence
KEYS = ["model", "target", "location", "horizon", "time"]
ALL = "all"


class ScoringError(UserError, ValueError):
    """Counts that say nothing about a forecast."""


@dataclass(frozen=True)
class Forecast:
    """A published forecast, checked. outputs: rows of the scenario by model id, the publisher's own model first."""

    folder: Path
    digest: str
    run: str
    scenario: str
    origin: str
    made: str
    own: str
    outputs: dict[str, pd.DataFrame]


def read_forecast(folder: Path) -> Forecast:
    """The forecast in a bundle whose checksums hold. Raises ChecksumError, BundleError."""
    digest = checksums.verify(folder)
    settings = folder / "run" / "config.yaml"
    scenario, origin = (_entry(settings, yaml.safe_load, key) for key in ("scenario", "origin"))
    made = _entry(folder / "run" / "provenance.json", json.loads, "made")
    run = _entry(folder / "hub-config" / "tasks.json", json.loads, "rounds", 0, "additional_metadata", "run")
    found = bundle.read_outputs(folder)
    own = next((name for name in found if name.endswith(model_id_end())), next(iter(found)))
    order = [own, *(name for name in found if name != own)]
    rows = {name: found[name][found[name]["scenario_id"] == scenario].reset_index(drop=True) for name in order}
    return Forecast(folder, digest, run, scenario, origin, made[:10], own, rows)


def _entry(path: Path, load: Callable[[str], Any], *keys: str | int) -> str:
    """A value in a file of a bundle, by the keys that lead to it. Raises BundleError."""
    way_out = "give a folder that study=publish made"
    try:
        found = load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise bundle.BundleError(f"{path}: missing; {way_out}") from None
    except (ValueError, yaml.YAMLError) as error:
        raise bundle.BundleError(f"{path}: cannot be read ({' '.join(str(error).split())}); {way_out}") from None
    try:
        for key in keys:
            found = found[key]
    except (LookupError, TypeError):
        raise bundle.BundleError(f"{path}: has no {'.'.join(map(str, keys))}; {way_out}") from None
    return str(found)


def model_id_end() -> str:
    """'-abm', how the id of the publisher's own model ends."""
    return f"-{MODEL}"


def score(forecast: Forecast, counts: pd.DataFrame) -> pd.DataFrame:
    """Every score of every model on the years that the counts complete, in long form.

    counts: in the counts schema. Columns KEYS, made_ahead (whether the period ended after the run was made), observed,
    score, value. Scores by quantiles are those of the published 23; crps, log_score and bias need samples and are left
    out for models without. Raises ScoringError where no count is about the forecast.
    """
    rows: list[tuple[Any, ...]] = []
    for name, table in forecast.outputs.items():
        for location in dict.fromkeys(table["location"]):
            truth = yearly(counts, location)
            here = table[(table["location"] == location) & table["target"].isin(list(truth))]
            for (target, horizon, end), cell in here.groupby(["target", "horizon", "target_end_date"], sort=False):
                time = str(end)[:4]
                if str(end)[5:] != "12-31" or time not in truth[str(target)]:
                    continue
                observed = truth[str(target)][time]
                key = (name, target, location, int(horizon), time, forecast.made < str(end), observed)
                known = TARGETS.get(str(target))
                whole = known is not None and known.unit == COUNT and float(observed).is_integer()
                rows += [(*key, mark, value) for mark, value in _marks(observed, cell, whole).items()]
    if not rows:
        raise ScoringError(_nothing(forecast, counts))
    return pd.DataFrame(rows, columns=[*KEYS, "made_ahead", "observed", "score", "value"])


def yearly(counts: pd.DataFrame, location: str) -> dict[str, dict[str, float]]:
    """The complete years of a place: {target: {'2018': value}}."""
    found: dict[str, dict[str, float]] = {}
    for target in dict.fromkeys(counts.loc[counts["location"] == location, "target"]):
        try:
            values = series(counts, location, target)
        except CountsError:  # parts of a year of something that is neither stock nor flow make no year
            continue
        if len(values):
            found[target] = {str(year): float(value) for year, value in values.items()}
    return found


def _nothing(forecast: Forecast, counts: pd.DataFrame) -> str:
    own = forecast.outputs[forecast.own]
    years = sorted(dict.fromkeys(end[:4] for end in own["target_end_date"]))
    places, targets = ", ".join(dict.fromkeys(own["location"])), ", ".join(list(dict.fromkeys(own["target"]))[:6])
    given = ", ".join(sorted(set(counts["location"]))[:3])
    return (
        f"no count is about this forecast: it says {targets} ... of {places} in {years[0]} to {years[-1]}, and the "
        f"counts have no such year (their locations begin with {given}); give complete years of these names"
    )


def _marks(observed: float, cell: pd.DataFrame, whole: bool) -> dict[str, float]:
    """Every score of one cell. whole: the log score is of the chance of this count, else of the density."""
    quantiles = cell[cell["output_type"] == "quantile"]
    levels = quantiles["output_type_id"].to_numpy().astype(np.float64)
    values = quantiles["value"].to_numpy(dtype=float)
    truth = np.array([observed])
    middle = np.array([_at(levels, values, 0.5)])
    marks = {"wis": float(scores.wis(truth, values[None, :], levels)[0])}
    for percent in INTERVALS:
        low, high = (_at(levels, values, 0.5 + sign * percent / 200) for sign in (-1, 1))
        marks[f"coverage_{percent}"] = float(low <= observed <= high)
    marks["pit"] = pit_of(levels, values, observed)
    if observed != 0:
        marks["mape"] = float(scores.ape(truth, middle)[0])
    marks["smape"] = float(scores.sape(truth, middle)[0])
    samples = cell.loc[cell["output_type"] == "sample", "value"].to_numpy(dtype=float)
    if len(samples):
        members = samples[None, :]
        log_score = scores.log_score_counts if whole else scores.log_score_real
        marks["crps"] = float(scores.crps(truth, members)[0])
        marks["log_score"] = float(log_score(truth, members)[0])
        marks["bias"] = float(scores.bias(truth, members)[0])
    return marks


def _at(levels: NDArray[np.float64], values: NDArray[np.float64], level: float) -> float:
    return float(values[int(np.argmin(np.abs(levels - level)))])


def pit_of(levels: NDArray[np.float64], values: NDArray[np.float64], observed: float) -> float:
    """Where a count lies in the published distribution: the level of its quantile, between two by interpolation.

    0 below the lowest quantile, 1 above the highest; the middle of the levels of quantiles that are all the count.
    """
    if len(tied := levels[values == observed]):
        return float((tied[0] + tied[-1]) / 2.0)
    if observed < values[0] or observed > values[-1]:
        return float(observed > values[-1])
    return float(np.interp(observed, values, levels))


def skill(table: pd.DataFrame, own: str) -> pd.DataFrame:
    """WIS of the own model over that of each reference, on cells that both have: below 1 is better.

    relative_to, target (each, and 'all': the geometric mean over targets), value, cells, years. Where a reference is
    perfect the ratio has no value; where the model is, it is 0 and has no logarithm. Neither is in 'all'.
    """
    wis = table[table["score"] == "wis"].pivot_table(
        index=["target", "location", "time"], columns="model", values="value"
    )
    rows: list[tuple[Any, ...]] = []
    for name in (column for column in wis.columns if column != own):
        both = wis[[own, name]].dropna()
        means = both.groupby(level="target", sort=False).mean()
        ratios = (means[own] / means[name]).replace([np.inf, -np.inf], np.nan).dropna()
        for target, ratio in ratios.items():
            here = both.xs(target, level="target")
            rows.append((name, target, float(ratio), len(here), here.index.get_level_values("time").nunique()))
        ratios = ratios[ratios > 0]
        if len(ratios):
            within = both[both.index.get_level_values("target").isin(ratios.index)]
            years = within.index.get_level_values("time").nunique()
            rows.append((name, ALL, float(np.exp(np.log(ratios).mean())), len(within), years))
    return pd.DataFrame(rows, columns=["relative_to", "target", "value", "cells", "years"])


def missing(forecast: Forecast, table: pd.DataFrame) -> pd.DataFrame:
    """Forecasts that were scored for the own model but not made by a reference: model, target, location, time."""
    cells = table[KEYS].drop_duplicates()
    own = cells.loc[cells["model"] == forecast.own, ["target", "location", "time"]]
    frames = []
    for name in forecast.outputs:
        there = cells.loc[cells["model"] == name, ["target", "location", "time"]]
        left = own.merge(there, how="left", indicator=True)
        frames.append(left[left["_merge"] == "left_only"].drop(columns="_merge").assign(model=name))
    whole = pd.concat(frames, ignore_index=True)
    return whole[["model", "target", "location", "time"]].assign(reason="the bundle has no such forecast")


def sentences(forecast: Forecast, table: pd.DataFrame, relative: pd.DataFrame) -> list[str]:
    """The verdict in words, what is bad first."""
    own = table[table["model"] == forecast.own]
    cells = own[own["score"] == "coverage_90"]
    years = sorted(cells["time"].unique())
    span = years[0] if len(years) == 1 else f"{years[0]} to {years[-1]}"
    text = []
    overall = relative[relative["target"] == ALL]
    whole = dict(zip(overall["relative_to"].astype(str), overall["value"].astype(float), strict=True))
    worse = {name: ratio for name, ratio in whole.items() if round(ratio, 2) >= 1}  # as it is printed
    better = {name: ratio for name, ratio in whole.items() if name not in worse}
    if worse:
        text.append(f"{forecast.own} does not beat {_ratios(worse)} (relative WIS, below 1 is better).")
    if better:
        text.append(f"{forecast.own} beats {_ratios(better)} (relative WIS, below 1 is better).")
    if not whole:
        text.append(f"No reference forecast was published for what was counted, so {forecast.own} stands alone.")
    text.append(
        f"{len(cells)} counts of {span}: the 90 % interval held {int(cells['value'].sum())} of them. "
        f"Counts of one year share its luck: the number of years, {len(years)}, is what there is to judge by."
    )
    late = int((~cells["made_ahead"].astype(bool)).sum())
    if late:
        text.append(
            f"For {late} of {len(cells)} the period had ended when the forecast was made ({forecast.made}): a "
            "hindcast, no forecast."
        )
    return text


def unscored(forecast: Forecast, counts: pd.DataFrame, named: str = "") -> list[str]:
    """Months and quarters of years that are forecast, which are no whole year to hold against them; other rows.

    named: the user's table of which rows that are of nothing forecast are told, empty where they are many.
    """
    own = forecast.outputs[forecast.own]
    cells = set(zip(own["location"], own["target"], own["target_end_date"].astype(str).str[:4], strict=True))
    parts = [str(each) for each in unfinished(counts) if (each.location, each.target, str(each.year)) in cells]
    told = [f"Not scored, as years are forecast and these are not whole: {', '.join(parts)}."] if parts else []
    keys = zip(counts["location"], counts["target"], counts["time"].astype(str), strict=True)
    other = [", ".join(key) for key in keys if (key[0], key[1], key[2][:4]) not in cells]
    if named and other:
        more = f" and {len(other) - SHOWN} more" if len(other) > SHOWN else ""
        verb = "is" if len(other) == 1 else "are"
        rows = f"{'; '.join(other[:SHOWN])}{more}"
        told.append(f"{len(other)} of {len(counts)} rows of {named} {verb} of nothing that is forecast: {rows}.")
    return told


def _ratios(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} ({ratio:.2f})" for name, ratio in values.items())


def cells_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """One record for each cell and model with all its scores, as the ledger keeps them."""
    records = []
    for key, rows in table.groupby([*KEYS, "made_ahead", "observed"], sort=False):
        record: dict[str, Any] = dict(zip([*KEYS, "made_ahead", "observed"], key, strict=True))
        marks = {str(name): float(value) for name, value in zip(rows["score"], rows["value"], strict=True)}
        plain = {
            "horizon": int(record["horizon"]),
            "made_ahead": bool(record["made_ahead"]),
            "observed": float(record["observed"]),
        }
        records.append({**record, **plain, **{name: value for name, value in marks.items() if np.isfinite(value)}})
    return records
