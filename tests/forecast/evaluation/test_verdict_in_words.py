"""The verdict says who is best, and where the examined method is not."""

from dataclasses import replace

import pandas as pd
import pytest

from ecosim.forecast.evaluation.outcome import Outcome
from ecosim.forecast.evaluation.verdict import verdict

SKILL = [
    "model",
    "target",
    "horizon",
    "score",
    "relative_to",
    "value",
    "lower",
    "upper",
    "cells",
    "locations",
    "origins",
]


def outcome(values, missing=0, origins=6, cells=None):
    """values: relative WIS by (model, target)."""
    counts = cells or {}
    skill = [
        (model, target, 1, "wis", "last_value", value, value - 0.1, value + 0.1, counts.get(model, 100), 5, origins)
        for (model, target), value in values.items()
    ]
    targets = sorted({target for _, target in values})
    summary = [("ensemble", target, 1, "coverage_90", 0.87, 0.0, 100, 5, origins) for target in targets]
    columns = ["model", "target", "horizon", "score", "mean", "monte_carlo_error", "cells", "locations", "origins"]
    gone = pd.DataFrame({"model": ["bass"] * missing, "reason": "no ceiling"})
    tests = pd.DataFrame(columns=["model", "target", "horizon", "relative_to", "p_value"])
    return Outcome(
        scores=pd.DataFrame({"origin": [str(2000 + at) for at in range(origins)]}),
        skill=pd.DataFrame(skill, columns=SKILL),
        summary=pd.DataFrame(summary, columns=columns),
        tests=tests,
        forecasts=pd.DataFrame({"value": [0.0] * 23 * 10}),
        missing=gone,
        warnings=pd.DataFrame(),
        weights=pd.DataFrame(),
        baseline="last_value",
        examined="ensemble",
        models=("last_value", "ets", "ensemble", "bass"),
        frequency="year",
    )


def test_the_best_comes_first_and_the_examined_loses_where_it_loses():
    skill = {
        ("ets", "firms"): 0.80, ("ensemble", "firms"): 0.85, ("ets", "deaths"): 1.2, ("ensemble", "deaths"): 0.95,
        ("ets", "all"): 0.98, ("ensemble", "all"): 0.90,
    }  # fmt: skip
    said = verdict(outcome(skill))
    assert "1 year ahead ensemble (0.90, 0.80-1.00)" in said[0]
    assert "ensemble does NOT beat the best simple forecast of hindsight in 1 of 2 cases" in said[1]
    assert "firms at 1 (0.85, ets 0.80)" in said[1]
    assert any("87 % at 1" in sentence for sentence in said)


def test_a_method_for_few_cells_is_not_the_best():
    said = verdict(outcome({("bass", "firms"): 0.5, ("ensemble", "firms"): 0.9}, cells={"bass": 10}))
    assert "ensemble (0.90" in said[0]
    assert "beats the best simple forecast of hindsight in all 1 cases" in said[1]


def test_where_nobody_beats_the_baseline_it_says_so():
    said = verdict(outcome({("ets", "firms"): 1.1, ("ensemble", "firms"): 1.05}))
    assert "no method beats last_value" in said[0]


@pytest.mark.parametrize(("origins", "warned"), [(6, True), (30, False)])
def test_few_origins_are_a_warning(origins, warned):
    said = verdict(outcome({("ets", "firms"): 0.9, ("ensemble", "firms"): 0.9}, origins=origins))
    assert any("origins are the unit" in sentence for sentence in said) == warned


def test_missing_forecasts_are_counted():
    said = verdict(outcome({("ets", "firms"): 0.9, ("ensemble", "firms"): 0.9}, missing=3))
    assert "3 of 13 forecasts are missing (missing.csv says why): bass 3." in said


SIMPLE = "the best simple forecast as chosen on earlier origins"


def race(relative):
    """relative: WIS of ecosim over the best so far, by target."""
    found = outcome({("ets", target): 0.9 for target in relative} | {("ensemble", target): 0.95 for target in relative})
    rows = [
        ("ecosim", target, 1, "wis", "best_so_far", value, value - 0.1, value + 0.1, 100, 5, 6)
        for target, value in relative.items()
    ]
    return replace(found, skill=pd.concat([found.skill, pd.DataFrame(rows, columns=SKILL)], ignore_index=True))


def test_where_the_model_does_not_beat_the_best_simple_forecast_the_verdict_begins_with_it():
    said = verdict(race({"firms": 0.8, "births": 1.12}))
    assert said[0].startswith(
        "ecosim does NOT beat the best simple forecast as chosen on earlier origins in 1 of 2 cases"
    )
    assert "births at 1 (1.12, 1.02-1.22)" in said[0]
    assert "firms" not in said[0]


def test_where_it_does_everywhere_the_verdict_says_so():
    said = verdict(race({"firms": 0.8, "births": 0.9}))
    assert (
        said[0]
        == "ecosim beats the best simple forecast as chosen on earlier origins in all 2 cases (targets x horizons)."
    )
