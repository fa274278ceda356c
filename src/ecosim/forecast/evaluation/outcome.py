"""Everything that a backtest found, as tables, from its finished pieces."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ecosim.forecast.evaluation import grid
from ecosim.forecast.evaluation.cells import MISSING, QUANTILE, WARNING
from ecosim.forecast.evaluation.combined import combined
from ecosim.forecast.evaluation.judged import JudgedAtOrigins
from ecosim.forecast.evaluation.kept import Kept
from ecosim.forecast.evaluation.marks import JOINT, PER_STEP
from ecosim.forecast.evaluation.panels import ALL, BEST_SO_FAR, arrange, with_best_so_far
from ecosim.forecast.evaluation.race import Course, Unscored, unscored
from ecosim.forecast.evaluation.skill import relative_skill
from ecosim.forecast.evaluation.tested import tests
from ecosim.forecast.references.shelf import ENSEMBLE, OURS

SCORES = [*PER_STEP, JOINT]
TEXTS = ["model", "target", "location", "origin", "score", "note"]


@dataclass(frozen=True)
class Outcome:
    """Tables of a backtest (docs/tables.md) and what it was held against."""

    scores: pd.DataFrame
    skill: pd.DataFrame
    summary: pd.DataFrame
    tests: pd.DataFrame
    forecasts: pd.DataFrame
    missing: pd.DataFrame
    warnings: pd.DataFrame
    weights: pd.DataFrame
    baseline: str
    examined: str
    models: tuple[str, ...]
    frequency: str
    unscored: tuple[Unscored, ...] = ()


def gather(course: Course, home: Path, baseline: str, examined: str) -> Outcome:
    """The tables from the kept pieces: the same whether the run was interrupted or not."""
    plan = course.plan
    whole = _read(Kept(home).files(), plan.models)
    steps = dict(zip(course.labels, course.origins, strict=True))
    more, weights = combined(course, _forecasts(whole, course, steps))
    if len(more):
        whole = _sorted(pd.concat([whole.astype(dict.fromkeys(TEXTS, object)), more], ignore_index=True), plan.models)
    scores = whole[whole["score"].isin(SCORES)].drop(columns="note").reset_index(drop=True)
    panels = arrange(scores, plan.models, steps)
    candidates = [model for model in panels.models if model not in (ENSEMBLE, *OURS)]
    forecasts = _forecasts(whole, course, steps)
    if len(panels.models) > 1:
        judged = JudgedAtOrigins(course, panels, forecasts)
        panels = with_best_so_far(panels, baseline, candidates, judged=judged)
    relative_to = tuple(dict.fromkeys((baseline, BEST_SO_FAR)))
    return Outcome(
        scores=scores,
        skill=relative_skill(panels, relative_to, plan.seed),
        summary=summarize(scores),
        tests=tests(panels, relative_to, plan.seed),
        forecasts=forecasts,
        missing=_noted(whole, MISSING, "reason", ["horizon"]),
        warnings=_noted(whole, WARNING, "warning", []),
        weights=weights,
        baseline=baseline,
        examined=examined,
        models=plan.models,
        frequency=course.grid.frequency,
        unscored=unscored(course),
    )


def _read(files: Sequence[Path], models: Sequence[str]) -> pd.DataFrame:
    """All pieces in one table, texts as categories (there are millions of rows), sorted by model, target, place ..."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = [pq.read_table(file, read_dictionary=TEXTS) for file in files]
    return _sorted(pa.concat_tables(tables).unify_dictionaries().combine_chunks().to_pandas(), models)


def _sorted(whole: pd.DataFrame, models: Sequence[str]) -> pd.DataFrame:
    """The same rows with ordered categories, sorted."""
    for column in TEXTS:
        kinds = whole[column].astype("category").cat.categories
        order = [*models] if column == "model" else [*SCORES, *kinds.difference(SCORES)] if column == "score" else kinds
        ordered = order if column in ("model", "score") else sorted(kinds)
        whole[column] = pd.Categorical(whole[column], categories=ordered)
    keys = ["model", "target", "location", "origin", "horizon", "score"]
    return whole.sort_values(keys, kind="stable", ignore_index=True)


def summarize(scores: pd.DataFrame) -> pd.DataFrame:
    """Means: model, target (and all), horizon, score, mean, monte_carlo_error, cells, locations, origins."""
    named = [scores]
    if scores["target"].nunique() > 1 and len(scores):
        named.append(scores.assign(target=ALL))
    frames = []
    for table in named:
        plain = table.assign(square=table["monte_carlo_error"] ** 2)
        groups = plain.groupby(["model", "target", "horizon", "score"], observed=True, sort=True)
        found = groups.agg(
            mean=("value", "mean"),
            cells=("value", "size"),
            locations=("location", "nunique"),
            origins=("origin", "nunique"),
        ).reset_index()
        squares = groups["square"]
        known = squares.sum().where(squares.count() == squares.size()).to_numpy()  # a combination has no paths, so none
        found.insert(5, "monte_carlo_error", np.sqrt(known) / found["cells"])
        frames.append(found.astype({"model": str, "target": str, "score": str}))
    return pd.concat(frames, ignore_index=True)


def _forecasts(whole: pd.DataFrame, course: Course, steps: dict[str, int]) -> pd.DataFrame:
    """Every predictive quantile: model, target, location, origin, time, horizon, quantile, value."""
    kinds = [kind for kind in whole["score"].cat.categories if kind.startswith(QUANTILE)]
    rows = whole[whole["score"].isin(kinds)]
    level = rows["score"].cat.rename_categories(lambda kind: kind.removeprefix(QUANTILE)).astype(str).astype(float)
    step = rows["origin"].astype(str).map(steps).to_numpy() + rows["horizon"].to_numpy()
    time = pd.Series(step).map({each: grid.label(each, course.grid.frequency) for each in np.unique(step)})
    table = rows[["model", "target", "location", "origin", "horizon", "value"]].reset_index(drop=True)
    table.insert(4, "time", time.astype("category"))
    table.insert(6, "quantile", level.to_numpy())
    return table.sort_values([*table.columns[:7]], kind="stable", ignore_index=True)


def _noted(whole: pd.DataFrame, kind: str, name: str, more: list[str]) -> pd.DataFrame:
    keys = ["model", "target", "location", "origin", *more]
    rows = whole[whole["score"] == kind][[*keys, "note"]]
    return rows.rename(columns={"note": name}).astype(
        dict.fromkeys(["model", "target", "location", "origin", name], str)
    )
