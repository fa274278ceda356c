"""A backtest in words: which method is best, where the examined one is not, how honest its intervals are."""

from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd

from ecosim.forecast.evaluation.grid import ahead
from ecosim.forecast.evaluation.outcome import Outcome
from ecosim.forecast.evaluation.panels import ALL, BEST_SO_FAR
from ecosim.forecast.evaluation.significance import least_origins
from ecosim.forecast.reference import QUANTILES
from ecosim.forecast.references.shelf import ENSEMBLE, OURS, PLAIN

FEW_ORIGINS = 20  # with fewer, no difference is called significant without saying so
ALPHA = 0.10  # of the Diebold-Mariano test, as of the interval
ENOUGH = 0.5  # share of the widest method's cells that a method must have to be called the best
MOST_NAMED = 8  # targets and horizons that a sentence lists
EQUAL = 1e-9  # relative difference of scores that is none
Flawless = dict[tuple[str, int], list[str]]  # by target and horizon the methods without any error


def verdict(outcome: Outcome) -> tuple[str, ...]:
    """Sentences, the most important first."""
    wis = outcome.skill[(outcome.skill["score"] == "wis") & (outcome.skill["relative_to"] == outcome.baseline)]
    flawless = _flawless(outcome)
    if len(wis):
        ours = [_beaten(name, outcome) for name in OURS if name != PLAIN]
        sentences = [*ours, _best(wis, outcome, flawless), _chosen(outcome), _examined(wis, outcome, flawless)]
    else:
        sentences = [_incomparable(outcome)]
    sentences += [_unscored(outcome), _coverage(outcome), _recalibrated(outcome), _few(outcome), _missing(outcome)]
    return tuple(sentence for sentence in sentences if sentence)


def pooled_target(table: pd.DataFrame) -> str:
    """ALL where there are several targets, else the only one."""
    return ALL if (table["target"] == ALL).any() else str(table["target"].iloc[0])


def widespread(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of methods that forecast at least half as many cells as any other; one case, or several horizons."""
    return rows[rows["cells"] >= ENOUGH * rows["cells"].groupby(rows["horizon"]).transform("max")]


def _flawless(outcome: Outcome) -> Flawless:
    """Of the methods that forecast at least half as many cells as any other."""
    summary = outcome.summary[outcome.summary["score"] == "wis"]
    found: Flawless = {}
    for (target, horizon), rows in summary.groupby(["target", "horizon"]):
        perfect = rows[(rows["mean"] == 0) & (rows["cells"] >= ENOUGH * rows["cells"].max())]
        found[str(target), int(str(horizon))] = [str(model) for model in perfect["model"]]
    return found


def _scored(outcome: Outcome, target: str, horizon: int) -> set[str]:
    rows = outcome.summary
    return set(rows[(rows["score"] == "wis") & (rows["target"] == target) & (rows["horizon"] == horizon)]["model"])


def _incomparable(outcome: Outcome) -> str:
    """Why there is no relative skill."""
    scored = list(dict.fromkeys(outcome.summary["model"]))
    if len(scored) == 1:
        return f"Only {scored[0]} has forecasts, and one method cannot be compared; name more of them: models=[...]."
    if outcome.baseline not in scored:
        named = ", ".join(scored)
        return (
            f"{outcome.baseline} has no forecast that was scored, so nothing is compared with it; name another one, "
            f"relative_to=..., out of {named}."
        )
    return f"No method has a score that can be set in relation to that of {outcome.baseline}."


def _best(wis: pd.DataFrame, outcome: Outcome, flawless: Flawless) -> str:
    target, parts = pooled_target(wis), []
    rows = widespread(wis[(wis["target"] == target) & (wis["model"] != BEST_SO_FAR)])
    for horizon in sorted(int(each) for each in wis["horizon"].unique()):
        when, group = ahead(horizon, outcome.frequency), rows[rows["horizon"] == horizon]
        if perfect := flawless.get((target, horizon)):
            whole = set(perfect) == _scored(outcome, target, horizon)
            parts.append(f"{when} ahead {'every method' if whole else ', '.join(perfect)} without any error")
            continue
        best = group.sort_values("value", kind="stable").iloc[0] if len(group) else None
        if best is None or best["value"] >= 1.0:
            parts.append(f"{when} ahead no method beats {outcome.baseline}")
        else:
            alike = group.loc[group["value"] <= best["value"] * (1 + EQUAL), "model"]
            found = f"{best['value']:.2f}, {best['lower']:.2f}-{best['upper']:.2f}"
            parts.append(f"{when} ahead {' and '.join(alike)} ({found}, {_origins([best['origins']])})")
    return f"Best by relative WIS ({outcome.baseline} = 1, 90 % interval over places and origins): {'; '.join(parts)}."


def _examined(wis: pd.DataFrame, outcome: Outcome, flawless: Flawless) -> str:
    """Where the examined method loses to the best single reference in hindsight, target by target."""
    mine = outcome.examined
    ours = {mine, ENSEMBLE, BEST_SO_FAR, *OURS}
    lost, equal, cases = [], 0, []
    for (target, horizon), group in wis[wis["target"] != ALL].groupby(["target", "horizon"]):
        cell = str(target), int(str(horizon))
        perfect = flawless.get(cell, [])
        known = dict(zip(widespread(group)["model"], widespread(group)["value"].astype(float), strict=True))
        value = {**known, outcome.baseline: 1.0, **dict.fromkeys(perfect, 0.0)}
        single = {name: each for name, each in value.items() if name not in ours}
        if not single or not (mine in value or (perfect and mine in _scored(outcome, *cell))):
            continue
        cases.append(Case(cell[1], int(group["origins"].max())))
        best = min(single, key=lambda name: single[name])
        if mine not in value:
            lost.append(f"{target} at {horizon} ({best} is without any error)")
        elif value[mine] > single[best] * (1 + EQUAL):
            lost.append(f"{target} at {horizon} ({value[mine]:.2f}, {best} {single[best]:.2f})")
        elif value[mine] >= single[best] * (1 - EQUAL):
            equal += 1
    return _told(f"{mine} {{}} the best simple forecast of hindsight", lost, equal, cases)


class Case(NamedTuple):
    """One target and horizon.

    sure: whether the interval leaves 1 out and equal WIS is rejected, None where there is no interval. The interval
    alone is too short where places move together (docs/backtest.md).
    """

    horizon: int
    origins: int
    sure: bool | None = None

    @property
    def enough(self) -> bool:
        """Whether a difference can be told from luck at all."""
        return self.origins >= least_origins(self.horizon)


def _told(claim: str, lost: list[str], equal: int, cases: list[Case], what: str = "") -> str:
    """'ensemble does NOT beat ... in 2 of 9 cases (targets x horizons, 6 origins): ...'.

    claim: with {} in the verb's place, which is no stronger than the origins allow; cases: those that are won too.
    """
    if not cases:
        return ""
    count = len(cases)
    basis = f"(targets x horizons{what}, {_origins(case.origins for case in cases)})"
    every = f"all {count} cases {basis}" if count > 1 else f"the one case {basis}"
    if equal == count:
        return f"{claim.format('is as good as')} in {every}, neither better nor worse."
    ties = f"; in {equal} they are equal" if equal else ""
    if not lost:
        won = f"{count - equal} of {count} cases {basis}" if equal else every
        sure = sum(case.enough and case.sure is not False for case in cases)
        return f"{claim.format('beats' if sure else 'is ahead of')} in {won}{ties}{_sure(cases)}."
    more = f" and {len(lost) - MOST_NAMED} more" if len(lost) > MOST_NAMED else ""
    named = "; ".join(lost[:MOST_NAMED])
    return f"{claim.format('does NOT beat')} in {len(lost)} of {count} cases {basis}: {named}{more}{ties}."


def _sure(cases: list[Case]) -> str:
    """In how many cases luck does not explain it: enough origins and, where there is an interval, see `Case`."""
    if not any(case.enough for case in cases):
        return ", too few origins to tell that from luck"
    if all(case.sure is None for case in cases):
        return ""
    sure = sum(case.enough and bool(case.sure) for case in cases)
    of_them = f" in {sure or 'none'} of them" if len(cases) > 1 else " there" if sure else " not there"
    return f"; the 90 % interval leaves 1 out and equal scores are rejected (Diebold-Mariano, p < {ALPHA:.2f}){of_them}"


def _origins(counts: Iterable[int]) -> str:
    """'3 origins', '1 to 3 origins', '1 origin'."""
    known = sorted({int(count) for count in counts})
    if known == [1]:
        return "1 origin"
    return f"{known[0]} origins" if len(known) == 1 else f"{known[0]} to {known[-1]} origins"


def _beaten(mine: str, outcome: Outcome) -> str:
    """Where the model or its combination does not beat the best simple forecast as chosen on earlier origins."""
    skill = outcome.skill
    rows = skill[(skill["model"] == mine) & (skill["score"] == "wis") & (skill["relative_to"] == BEST_SO_FAR)]
    rows = rows[rows["target"] != ALL]
    equal = (rows["value"] - 1.0).abs() <= EQUAL
    lost = [
        f"{row.target} at {row.horizon} ({row.value:.2f}, {row.lower:.2f}-{row.upper:.2f})"
        for row in rows[(rows["value"] >= 1.0) & ~equal].itertuples()
    ]
    claim = f"{mine} {{}} the best simple forecast as chosen on earlier origins"
    tested = _p_values(mine, outcome)
    cases = [
        Case(
            int(row["horizon"]),
            int(row["origins"]),
            bool(row["upper"] < 1.0 and tested.get((row["target"], row["horizon"]), 1.0) < ALPHA),
        )
        for row in rows.to_dict("records")
    ]
    return _told(claim, lost, int(equal.sum()), cases, "; relative WIS, 90 % interval" if lost else "")


def _p_values(model: str, outcome: Outcome) -> "pd.Series[float]":
    """Of the Diebold-Mariano test against the best simple forecast so far, by target and horizon."""
    rows = outcome.tests[(outcome.tests["model"] == model) & (outcome.tests["relative_to"] == BEST_SO_FAR)]
    return rows.set_index(["target", "horizon"])["p_value"]


def _chosen(outcome: Outcome) -> str:
    """The examined method against the one that earlier origins would have chosen, with the Diebold-Mariano test."""
    skill = outcome.skill
    rows = skill[
        (skill["model"] == outcome.examined) & (skill["score"] == "wis") & (skill["relative_to"] == BEST_SO_FAR)
    ]
    if not len(rows):
        return ""
    tests = _p_values(outcome.examined, outcome)
    target, parts = pooled_target(rows), []
    for row in rows[rows["target"] == target].to_dict("records"):
        value, horizon, origins = float(row["value"]), int(row["horizon"]), int(row["origins"])
        p_value = tests.get((target, horizon), float("nan"))
        few = origins < least_origins(horizon) and abs(value - 1.0) > EQUAL
        none = "too few origins to test" if few else "no difference to test"
        sure = f"p = {p_value:.2f}" if p_value == p_value else none
        parts.append(f"{value:.2f} at {horizon} ({_origins([origins])}, {sure})")
    return f"Against the method that earlier origins would have chosen, {outcome.examined} has {'; '.join(parts)}."


def _unscored(outcome: Outcome) -> str:
    """The horizons that were asked for and that nothing is known of, with the way out."""
    parts = []
    for horizon, latest, origins in outcome.unscored:
        when = ahead(horizon, outcome.frequency)
        way = "no series is long enough"
        if origins:
            way = f"study.origins={origins} or study.last={latest} reaches back to one that has"
        elif latest:
            way = f"the last one that has is {latest}, which study.first, study.last and study.every leave out"
        parts.append(f"{when} ahead (no origin has a figure {when} later to score; {way})")
    return f"NOT evaluated: {'; '.join(parts)}." if parts else ""


def _coverage(outcome: Outcome) -> str:
    summary = outcome.summary
    rows = summary[(summary["model"] == outcome.examined) & (summary["score"] == "coverage_90")]
    if not len(rows):
        return ""
    rows = rows[rows["target"] == pooled_target(rows)]
    cells = zip(rows["mean"], rows["horizon"], rows["origins"], strict=True)
    parts = [f"{100 * mean:.0f} % at {h} ({_origins([n])})" for mean, h, n in cells]
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
    there = "There is 1 origin" if origins == 1 else f"There are {origins} origins"
    return f"{there}, and origins are the unit: only large differences can be told from luck."


def _missing(outcome: Outcome) -> str:
    gone = outcome.missing
    if not len(gone):
        return ""
    parts = [f"{model} {count}" for model, count in gone["model"].value_counts().sort_index().items()]
    whole = len(gone) + len(outcome.forecasts) // len(QUANTILES)
    return f"{len(gone)} of {whole} forecasts are missing (missing.csv says why): {', '.join(parts)}."
