"""A backtest in words: which method is best, where the examined one is not, how honest its intervals are."""

import pandas as pd

from ecosim.forecast.evaluation.outcome import Outcome
from ecosim.forecast.evaluation.panels import ALL, BEST_SO_FAR
from ecosim.forecast.reference import QUANTILES
from ecosim.forecast.references.shelf import ENSEMBLE, OURS, PLAIN

FEW_ORIGINS = 20  # with fewer, no difference is called significant without saying so
LEVEL = 0.05
ENOUGH = 0.5  # share of the widest method's cells that a method must have to be called the best
MOST_NAMED = 8  # targets and horizons that a sentence lists


def verdict(outcome: Outcome) -> tuple[str, ...]:
    """Sentences, the most important first."""
    wis = outcome.skill[(outcome.skill["score"] == "wis") & (outcome.skill["relative_to"] == outcome.baseline)]
    if not len(wis):
        return (f"Only one method has forecasts, so nothing can be compared. {_missing(outcome)}".strip(),)
    ours = [_beaten(name, outcome) for name in OURS if name != PLAIN]
    sentences = [*ours, _best(wis, outcome), _chosen(outcome), _examined(wis, outcome), _coverage(outcome)]
    sentences += [_recalibrated(outcome), _few(outcome)]
    return tuple(sentence for sentence in (*sentences, _missing(outcome)) if sentence)


def pooled_target(table: pd.DataFrame) -> str:
    """ALL where there are several targets, else the only one."""
    return ALL if (table["target"] == ALL).any() else str(table["target"].iloc[0])


def widespread(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of methods that forecast at least half as many cells as any other; one case, or several horizons."""
    return rows[rows["cells"] >= ENOUGH * rows["cells"].groupby(rows["horizon"]).transform("max")]


def ahead(horizon: int, frequency: str) -> str:
    """'1 year', '3 quarters'."""
    return f"{horizon} {frequency}{'s' * (horizon > 1)}"


def _best(wis: pd.DataFrame, outcome: Outcome) -> str:
    target, parts = pooled_target(wis), []
    rows = widespread(wis[(wis["target"] == target) & (wis["model"] != BEST_SO_FAR)])
    for horizon, group in rows.groupby("horizon"):
        best = group.sort_values("value", kind="stable").iloc[0]
        when = ahead(int(str(horizon)), outcome.frequency)
        if best["value"] >= 1.0:
            parts.append(f"{when} ahead no method beats {outcome.baseline}")
        else:
            parts.append(f"{when} ahead {best['model']} ({best['value']:.2f}, {best['lower']:.2f}-{best['upper']:.2f})")
    return f"Best by relative WIS ({outcome.baseline} = 1, 90 % interval over places and origins): {'; '.join(parts)}."


def _examined(wis: pd.DataFrame, outcome: Outcome) -> str:
    """Where the examined method loses to the best single reference in hindsight, target by target."""
    mine = outcome.examined
    if mine not in set(wis["model"]):
        return ""
    lost, cases = [], 0
    for (target, horizon), group in wis[wis["target"] != ALL].groupby(["target", "horizon"]):
        value = widespread(group).set_index("model")["value"]
        if mine not in value.index:
            continue
        cases += 1
        ours = {mine, ENSEMBLE, BEST_SO_FAR, *OURS}
        single = value.drop([name for name in value.index if name in ours])
        single.loc[outcome.baseline] = 1.0
        if value[mine] > single.min():
            lost.append(f"{target} at {horizon} ({value[mine]:.2f}, {single.idxmin()} {single.min():.2f})")
    if not lost:
        return f"{mine} beats the best simple forecast of hindsight in all {cases} cases (targets x horizons)."
    more = f" and {len(lost) - MOST_NAMED} more" if len(lost) > MOST_NAMED else ""
    return (
        f"{mine} does NOT beat the best simple forecast of hindsight in {len(lost)} of {cases} cases "
        f"(targets x horizons): {'; '.join(lost[:MOST_NAMED])}{more}."
    )


def _beaten(mine: str, outcome: Outcome) -> str:
    """Where the model or its combination does not beat the best simple forecast as chosen on earlier origins."""
    skill = outcome.skill
    rows = skill[(skill["model"] == mine) & (skill["score"] == "wis") & (skill["relative_to"] == BEST_SO_FAR)]
    rows = rows[rows["target"] != ALL]
    if not len(rows):
        return ""
    lost = rows[rows["value"] >= 1.0]
    simple = "the best simple forecast as chosen on earlier origins"
    if not len(lost):
        return f"{mine} beats {simple} in all {len(rows)} cases (targets x horizons)."
    named = [
        f"{row.target} at {row.horizon} ({row.value:.2f}, {row.lower:.2f}-{row.upper:.2f})" for row in lost.itertuples()
    ]
    more = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    return (
        f"{mine} does NOT beat {simple} in {len(named)} of {len(rows)} cases (targets x horizons; relative WIS, 90 % "
        f"interval): {'; '.join(named[:MOST_NAMED])}{more}."
    )


def _chosen(outcome: Outcome) -> str:
    """The examined method against the one that earlier origins would have chosen, with the Diebold-Mariano test."""
    skill = outcome.skill
    rows = skill[
        (skill["model"] == outcome.examined) & (skill["score"] == "wis") & (skill["relative_to"] == BEST_SO_FAR)
    ]
    if not len(rows):
        return ""
    tests = outcome.tests[
        (outcome.tests["model"] == outcome.examined) & (outcome.tests["relative_to"] == BEST_SO_FAR)
    ].set_index(["target", "horizon"])["p_value"]
    target, parts = pooled_target(rows), []
    for row in rows[rows["target"] == target].itertuples():
        p_value = tests.get((target, row.horizon), float("nan"))
        sure = f", p = {p_value:.2f}" if p_value == p_value else ", too few origins to test"
        parts.append(f"{row.value:.2f} at {row.horizon} ({row.origins} origins{sure})")
    return f"Against the method that earlier origins would have chosen, {outcome.examined} has {'; '.join(parts)}."


def _coverage(outcome: Outcome) -> str:
    summary = outcome.summary
    rows = summary[(summary["model"] == outcome.examined) & (summary["score"] == "coverage_90")]
    if not len(rows):
        return ""
    rows = rows[rows["target"] == pooled_target(rows)]
    cells = zip(rows["mean"], rows["horizon"], rows["origins"], strict=True)
    parts = [f"{100 * mean:.0f} % at {h} ({n} origins)" for mean, h, n in cells]
    return f"The 90 % intervals of {outcome.examined} hold {', '.join(parts)}."


def _recalibrated(outcome: Outcome) -> str:
    """Coverage of the combination without its recalibration, where it was run."""
    summary = outcome.summary
    rows = summary[(summary["model"] == PLAIN) & (summary["score"] == "coverage_90")]
    if not len(rows):
        return ""
    rows = rows[rows["target"] == pooled_target(rows)]
    parts = [f"{100 * mean:.0f} % at {h}" for mean, h in zip(rows["mean"], rows["horizon"], strict=True)]
    return f"Without the recalibration learned on earlier origins they would hold {', '.join(parts)}."


def _few(outcome: Outcome) -> str:
    origins = outcome.scores["origin"].nunique()
    if origins >= FEW_ORIGINS:
        return ""
    return f"There are {origins} origins, and origins are the unit: only large differences can be told from luck."


def _missing(outcome: Outcome) -> str:
    gone = outcome.missing
    if not len(gone):
        return ""
    parts = [f"{model} {count}" for model, count in gone["model"].value_counts().sort_index().items()]
    whole = len(gone) + len(outcome.forecasts) // len(QUANTILES)
    return f"{len(gone)} of {whole} forecasts are missing (missing.csv says why): {', '.join(parts)}."
