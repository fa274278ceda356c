"""The report's sentences, made from its tables."""

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from ecosim.data.panel import in_years
from ecosim.data.periods import parse
from ecosim.figures.labels import Labels, amount, number
from ecosim.figures.quantiles import MEDIAN, at, by_time, interval

OBSERVED = "observed"
BASELINE = "ecosim, baseline"  # the model's own forecast under the baseline, which is no simple forecast
HAIR = 1e-9  # what a half may lack where it is written in binary
INSTRUMENTS = (
    "The data cannot tell the instruments apart: the effect is prior effect × state, what published studies found "
    "elsewhere applied to this place's firms."
)
INSTRUMENTS_DRAWN = (
    "The counts cannot tell the instruments apart: the effect is what members draw from the posterior of a "
    "calibration, and from priors for all else, × state: what published studies found elsewhere, and what the "
    "calibration left of it, applied to this place's firms."
)
MOVED = (
    "New counts moved it by what goes together with them among the members (ensemble Kalman smoother); it is not "
    "identified from counts alone."
)


class Start(NamedTuple):
    """The level from which a forecast starts."""

    time: str
    value: float
    basis: str = OBSERVED  # 'observed', 'inherited', 'assumption' or 'posterior'


def headline(
    forecast: pd.DataFrame,
    start: Start | None,
    target: str,
    labels: Labels,
    note: str = "",
    counted: Start | None = None,
) -> tuple[str, str]:
    """What becomes of a target by the last year: its name, and the sentence about it.

    counted: the last count, where the forecast starts from a level that is none.
    ('Technology SMEs 科技型中小企业', '279 in 2016, 514 firms expected at the end of 2025, 1.8 times as many; ...').
    """
    spread = by_time(forecast, target, (MEDIAN, *interval(0.9)))
    label, end = labels.of(target), str(spread.index[-1])
    last = at(spread, end)
    low, high = (number(last[quantile], label) for quantile in interval(0.9))
    basis = f" ({start.basis})" if start and start.basis != OBSERVED else ""
    known = f"{number(start.value, label)}{basis} in {start.time}, " if start else ""
    if counted:
        known = f"{number(counted.value, label)} counted in {counted.time}, taken to start at {known}"
    change = f", {last[MEDIAN] / start.value:.1f} times as many" if start and start.value > 0 and label.whole else ""
    return labels.title(target) + (f" ({note})" if note else ""), (
        f"{known}{amount(last[MEDIAN], label)} expected {_when(end, label.stock)}{change}; "
        f"nine futures in ten lie between {low} and {high}."
    )


def last_count(observed: pd.DataFrame, target: str) -> Start | None:
    """Time and value of the last count of a target, of a flow that of a whole year; None where there is none."""
    rows = in_years(observed[observed["target"] == target]).dropna(subset="value")
    if rows.empty:
        return None
    last = max(zip(rows["time"].astype(str), rows["value"], strict=True), key=lambda row: parse(row[0]).end)
    return Start(last[0], float(last[1]))


def effect_sentence(
    effect: pd.DataFrame, baseline: pd.DataFrame | None, target: str, labels: Labels
) -> tuple[str, str] | None:
    """The effect on a target in the last year, with its 50 and 90 % intervals and whether zero lies inside.

    Name and sentence as in `headline`; None where the table has no effect on the target.
    """
    spread = by_time(effect, target, (MEDIAN, *interval(0.5), *interval(0.9)))
    if spread.empty:
        return None
    label, end = labels.of(target), str(spread.index[-1])
    last = at(spread, end)
    texts = {quantile: number(value, label, signed=True) for quantile, value in last.items()}
    (low, high), (lower, upper) = interval(0.9), interval(0.5)
    share = ""
    if baseline is not None and end in (without := by_time(baseline, target)).index:
        level = at(without, end)[MEDIAN]
        share = f", {percent(last[MEDIAN] / level)} of the baseline's median" if level > 0 else ""
    zero = "; the 90 % interval holds zero, so even the sign is not sure" if last[low] <= 0 <= last[high] else ""
    return labels.title(target), (
        f"{amount(last[MEDIAN], label, signed=True)} {_when(end, label.stock)}{share} "
        f"(50 % of futures {texts[lower]} to {texts[upper]}, 90 % {texts[low]} to {texts[high]}){zero}."
    )


def verdict(hindcast: pd.DataFrame, labels: Labels) -> tuple[bool, str]:
    """Whether a simple forecast did better than the model on any target, and the sentence that says so.

    Judged by the weighted interval score where the table has it, else by the distance of the median from the count.
    """
    scored = "wis" in hindcast.columns and bool(hindcast["wis"].notna().all())
    rows = hindcast.to_dict("records")
    losses: dict[str, dict[str, float]] = {}  # by method, then target: summed over times
    for row in rows:
        loss = float(row["wis"]) if scored else abs(row["median"] - row["truth"])
        of_method = losses.setdefault(str(row["method"]), {})
        of_method[str(row["target"])] = of_method.get(str(row["target"]), 0.0) + loss
    (model, mine), *others = losses.items()
    rivals = [(name, theirs) for name, theirs in others if name != BASELINE]
    own = [row for row in rows if str(row["method"]) == model]
    inside = sum(row["low"] <= row["truth"] <= row["high"] for row in own)
    held = f"Its 90 % interval held the count {inside} of {len(own)} times."
    times = _list(sorted({str(row["time"]) for row in own}))
    measure = (
        f"{len(mine)} target{'s' if len(mine) > 1 else ''}, by {'weighted interval score' if scored else 'the median'}"
    )
    better = {name: [t for t in mine if t in theirs and theirs[t] < mine[t]] for name, theirs in rivals}
    parts = [f"{name} on {_list([labels.of(t).title for t in won])}" for name, won in better.items() if won]
    if parts:
        return True, (
            f"Held against the counts of {times}, a simple forecast did better than the model: {'; '.join(parts)} "
            f"({measure}). {held}"
        )
    names = _list([name for name, _ in rivals])
    closer = all(theirs.get(target, -1.0) > mine[target] for _, theirs in rivals for target in mine)
    told = f"the model was closer than {names} on every" if closer else f"{names} did not do better on any"
    return False, f"Held against the counts of {times}: {f'{told} target ({measure}). ' if names else ''}{held}"


def instruments(labels: Labels) -> str:
    """What a policy effect is, and what it is not."""
    if labels.posterior:
        return f"{INSTRUMENTS_DRAWN} {MOVED if labels.updated else 'It was not measured.'}"
    return f"{INSTRUMENTS} {MOVED if labels.updated else 'It is not an estimate from these counts.'}"


def placebo_sentences(placebo: pd.DataFrame, labels: Labels) -> list[tuple[str, str]]:
    """What each equation's lead says about its lag, both on the same rows: name and sentence.

    placebo: equation, sample, timing ('lag', 'lead'), beside, estimate, std_error, flag.
    """
    found = []
    for equation in dict.fromkeys(placebo["equation"].astype(str)):
        rows = [row for row in placebo.to_dict("records") if str(row["equation"]) == equation]
        alone = {row["timing"]: row for row in rows if row["sample"] == "common" and row["beside"] == "alone"}
        texts = {
            timing: f"{row['estimate']:.2f} ({row['std_error']:.2f})".replace("-", "−") for timing, row in alone.items()
        }
        if {"lag", "lead"} <= set(texts):
            told = f"next year's spending has {texts['lead']}, last year's {texts['lag']}; {rows[0]['flag']}."
            found.append((labels.of(equation).title, told))
    return found


def percent(share: float) -> str:
    """'+3 %', '−12 %', '0 %'."""
    whole = round(100 * share)
    return f"{whole:+d} %".replace("-", "−") if whole else "0 %"


def share_of_futures(share: float) -> str:
    """'51 %', halves upward; '<1 %' and '>99 %' where it is not none or not all of them."""
    if share in (0, 1):
        return f"{100 * share:.0f} %"
    whole = int(100 * share + 0.5 + HAIR)
    return "<1 %" if whole == 0 else ">99 %" if whole == 100 else f"{whole} %"


def _when(time: str, stock: bool) -> str:
    return f"at the end of {time}" if stock else f"in {time}"


def _list(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
