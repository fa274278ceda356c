"""The verdict says who is best, and where the examined method is not."""

from dataclasses import replace

import pandas as pd
import pytest

from ecosim.forecast.evaluation.outcome import Outcome
from ecosim.forecast.evaluation.race import Unscored
from ecosim.forecast.evaluation.skill import COLUMNS as SKILL
from ecosim.forecast.evaluation.verdict import verdict


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
    assert "1 year ahead ensemble (0.90, 0.80-1.00, 6 origins)" in said[0]
    assert "ensemble does NOT beat the best simple forecast of hindsight in 1 of 2 cases" in said[1]
    assert "firms at 1 (0.85, ets 0.80)" in said[1]
    assert any("87 % at 1" in sentence for sentence in said)


def test_a_method_for_few_cells_is_not_the_best():
    said = verdict(outcome({("bass", "firms"): 0.5, ("ensemble", "firms"): 0.9}, cells={"bass": 10}))
    assert "ensemble (0.90" in said[0]
    assert "beats the best simple forecast of hindsight in the one case" in said[1]


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


def race(relative, origins=6, p_value=0.03):
    """relative: WIS of ecosim over the best so far, by target; its interval ends 0.1 above. p_value: of equal WIS."""
    found = outcome({("ets", target): 0.9 for target in relative} | {("ensemble", target): 0.95 for target in relative})
    rows = [
        ("ecosim", target, 1, "wis", "best_so_far", value, value - 0.1, value + 0.1, 100, 5, origins)
        for target, value in relative.items()
    ]
    tests = [("ecosim", target, 1, "best_so_far", p_value) for target in relative]
    skill = pd.concat([found.skill, pd.DataFrame(rows, columns=SKILL)], ignore_index=True)
    return replace(found, skill=skill, tests=pd.DataFrame(tests, columns=found.tests.columns))


REJECTED = "the 90 % interval leaves 1 out and equal scores are rejected (Diebold-Mariano, p < 0.10)"


def test_where_the_model_does_not_beat_the_best_simple_forecast_the_verdict_begins_with_it():
    said = verdict(race({"firms": 0.8, "births": 1.12}))
    assert said[0].startswith(
        "ecosim does NOT beat the best simple forecast as chosen on earlier origins in 1 of 2 cases"
    )
    assert "births at 1 (1.12, 1.02-1.22)" in said[0]
    assert "firms" not in said[0]


def test_where_it_does_everywhere_the_verdict_says_so_with_what_it_rests_on():
    said = verdict(race({"firms": 0.8, "births": 0.95}))
    assert said[0] == (
        f"ecosim beats {SIMPLE} in all 2 cases (targets x horizons, 6 origins); {REJECTED} in 1 of them."
    )


def test_an_interval_that_leaves_1_out_is_no_win_where_the_test_that_knows_the_overlap_does_not_reject():
    said = verdict(race({"firms": 0.8, "births": 0.7}, p_value=0.3))
    assert said[0] == (
        f"ecosim is ahead of {SIMPLE} in all 2 cases (targets x horizons, 6 origins); {REJECTED} in none of them."
    )


def test_a_lead_that_luck_may_explain_is_not_called_a_win():
    said = verdict(race({"firms": 0.8, "births": 0.8}, origins=3))
    assert said[0] == (
        f"ecosim is ahead of {SIMPLE} in all 2 cases (targets x horizons, 3 origins), too few origins to tell that "
        "from luck."
    )
    said = verdict(race({"firms": 0.95}))
    assert said[0] == (
        f"ecosim is ahead of {SIMPLE} in the one case (targets x horizons, 6 origins); {REJECTED} not there."
    )
    said = verdict(outcome({("ets", "firms"): 0.9, ("ensemble", "firms"): 0.8}, origins=1))
    assert said[1] == (
        "ensemble is ahead of the best simple forecast of hindsight in the one case (targets x horizons, 1 origin), "
        "too few origins to tell that from luck."
    )
    assert "There is 1 origin, and origins are the unit" in " ".join(said)


def test_methods_that_are_equally_good_are_the_best_together():
    said = verdict(outcome({("ets", "firms"): 0.8, ("ensemble", "firms"): 0.8, ("bass", "firms"): 0.9}))
    assert "1 year ahead ensemble and ets (0.80" in said[0] or "1 year ahead ets and ensemble (0.80" in said[0]


def test_a_tie_is_no_win():
    said = verdict(outcome({("ets", "firms"): 1.0, ("ensemble", "firms"): 1.0 + 1e-12}))
    assert "ensemble is as good as the best simple forecast of hindsight in the one case" in said[1]
    said = verdict(outcome({("ensemble", "firms"): 0.9, ("ensemble", "births"): 1.0}))
    assert (
        "beats the best simple forecast of hindsight in 1 of 2 cases (targets x horizons, 6 origins); in 1 they are"
        in said[1]
    )
    assert verdict(race({"firms": 1.0}))[0].startswith("ecosim is as good as")
    assert verdict(race({"firms": 1.0, "births": 1.2}))[0].endswith(
        "births at 1 (1.20, 1.10-1.30); in 1 they are equal."
    )


def flawless(models, scored):
    """Nobody beats models without any error; scored: all that have a WIS."""
    found = outcome({("ets", "firms"): 1.0, ("ensemble", "firms"): 1.0})
    rows = [(name, "firms", 1, "wis", 0.0 if name in models else 2.0, 0.0, 100, 5, 6) for name in scored]
    more = pd.DataFrame(rows, columns=found.summary.columns)
    return replace(found, summary=pd.concat([found.summary, more], ignore_index=True))


def test_methods_without_any_error_are_named_in_place_of_a_best_one():
    assert (
        "1 year ahead last_value, drift without any error."
        in verdict(flawless(["last_value", "drift"], ["last_value", "drift", "ets"]))[0]
    )
    assert (
        "1 year ahead every method without any error."
        in verdict(flawless(["last_value", "ets"], ["last_value", "ets"]))[0]
    )


def test_an_examined_method_with_errors_loses_to_one_without():
    found = flawless(["last_value"], ["last_value", "ensemble"])
    (said,) = [each for each in verdict(replace(found, skill=found.skill.iloc[:1])) if "hindsight" in each]
    assert said.startswith("ensemble does NOT beat")
    assert "firms at 1 (last_value is without any error)" in said


@pytest.mark.parametrize(
    ("value", "origins", "why"),
    [(1.0, 4, "no difference to test"), (0.8, 4, "too few origins"), (0.8, 12, "no difference")],
)
def test_a_missing_p_value_has_its_reason(value, origins, why):
    found = outcome({("ets", "firms"): 0.9, ("ensemble", "firms"): 0.9})
    chosen = pd.DataFrame(
        [("ensemble", "firms", 1, "wis", "best_so_far", value, 0.7, 1.1, 100, 5, origins)], columns=SKILL
    )
    said = verdict(replace(found, skill=pd.concat([found.skill, chosen], ignore_index=True)))
    assert f"{value:.2f} at 1 ({origins} origins, {why}" in " ".join(said)


def test_one_method_is_not_compared_with_itself():
    said = verdict(replace(outcome({}), summary=outcome({("ensemble", "firms"): 1.0}).summary))
    assert said[0] == "Only ensemble has forecasts, and one method cannot be compared; name more of them: models=[...]."
    assert not any("Best by" in sentence for sentence in said)


def test_a_baseline_without_forecasts_is_named():
    found = flawless([], ["drift", "ets"])
    said = verdict(replace(found, skill=found.skill.iloc[:0], baseline="bass"))
    assert said[0].startswith("bass has no forecast that was scored")


def test_a_horizon_without_a_figure_is_said_with_the_way_out():
    ways = (Unscored(6, "2019", 9), Unscored(9, "2016", None), Unscored(40, "", None))
    said = verdict(replace(outcome({("ets", "firms"): 0.9, ("ensemble", "firms"): 0.9}), unscored=ways))
    (named,) = [sentence for sentence in said if sentence.startswith("NOT evaluated")]
    assert "6 years ahead (no origin has a figure 6 years later to score; study.origins=9 or study.last=2019" in named
    assert (
        "9 years ahead (no origin has a figure 9 years later to score; the last one that has is 2016, which study.first"
        in named
    )
    assert "40 years ahead (no origin has a figure 40 years later to score; no series is long enough)" in named
