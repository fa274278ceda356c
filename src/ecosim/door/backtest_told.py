"""What a backtest tells MLflow: a paragraph, its parameters, relative skill and coverage, lines by horizon."""

from typing import TYPE_CHECKING

from ecosim.door.compose import Composed
from ecosim.door.studies import Backtest
from ecosim.door.told import MOST_PARAMS

if TYPE_CHECKING:
    from ecosim.forecast.evaluation.outcome import Outcome
    from ecosim.forecast.evaluation.race import Course
    from ecosim.tracking import Results


def describe_backtest(composed: Composed, course: "Course") -> str:
    """The paragraph that stands above the run."""
    grid, labels = course.grid, course.labels
    targets = sorted({target for _, target in grid.truth})
    return (
        f"Forecasts of {', '.join(targets)} in {len(course.locations)} places from {len(labels)} origins "
        f"({labels[0]} to {labels[-1]}), {', '.join(map(str, course.plan.horizons))} {grid.frequency}s ahead, by "
        f"{', '.join(course.plan.models)}, each fitted to what was known at the origin and held against later counts."
    )


def results_of_backtest(composed: Composed, course: "Course", outcome: "Outcome", data_hash: str) -> "Results":
    """Parameters, the relative WIS of every model (the examined one first), coverage, and both by horizon."""
    from ecosim.forecast.evaluation.verdict import pooled_target
    from ecosim.tracking import Results, dataset

    study, plan = composed.settings.study, course.plan
    assert isinstance(study, Backtest)
    wis = outcome.skill[(outcome.skill["score"] == "wis") & (outcome.skill["relative_to"] == outcome.baseline)]
    metrics: dict[str, float] = {}
    lines: dict[str, dict[int, float]] = {}
    if len(wis):
        pooled = wis[wis["target"] == pooled_target(wis)]
        for model, rows in sorted(pooled.groupby("model"), key=lambda pair: (pair[0] != outcome.examined, pair[0])):
            path = {int(h): float(v) for h, v in zip(rows["horizon"], rows["value"], strict=True)}
            metrics[f"relative_wis_{model}"] = path[min(path)]
            lines[f"relative_wis/{model}"] = path
    covered = outcome.summary[outcome.summary["score"] == "coverage_90"]
    if len(covered):
        for model, rows in covered[covered["target"] == pooled_target(covered)].groupby("model"):
            lines[f"coverage_90/{model}"] = {
                int(h): float(v) for h, v in zip(rows["horizon"], rows["mean"], strict=True)
            }
    params: dict[str, object] = {
        "data": composed.settings.data.path or composed.choices["data"],
        "models": ", ".join(plan.models),
        "horizons": ", ".join(map(str, plan.horizons)),
        "origins": len(course.origins),
        "locations": len(course.locations),
        "window": plan.window or "expanding",
        "samples": plan.samples,
        "seed": plan.seed,
        "baseline": outcome.baseline,
        "examined": outcome.examined,
        "missing": len(outcome.missing),
    }
    source = composed.settings.data.path or f"ecosim.data.{composed.settings.data.carried}"
    data = dataset(course.grid.counts, composed.choices["data"], str(source), data_hash, "evaluation")
    return Results(dict(list(params.items())[:MOST_PARAMS]), metrics, lines, data)
