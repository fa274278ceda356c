"""Which runs share their luck, so that a member of one is the same future in another, and what one has more there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ecosim.figures.labels import Labels, number
from ecosim.figures.quantiles import MEDIAN, interval
from ecosim.publication.differing import LETTERS, NOT_THERE, Row, differing
from ecosim.publication.recorded import SUM, UNTIL, Recorded
from ecosim.report.comparing import Beside

MEMBERS = "members.parquet"
MOST_OF_REGION = 3  # settings of a place that are named
CHOSEN = ("members", "seed", "origin", "horizon", "baseline", "posterior")  # settings that a run can be given anew

Values = Mapping[tuple[str, str], pd.Series]
"""By target and year the values of the members, whose numbers are the index."""
Futures = Sequence[Values | None]
"""The values of each run; None of one that does not share the luck of the first."""


@dataclass(frozen=True)
class More:
    """What a run has more than the first: median, 5 and 95 % quantile over the futures; shares of them above, level."""

    median: float
    low: float
    high: float
    above: float
    level: float


def futures(runs: Sequence[Recorded]) -> list[Values | None]:
    """The members of the first run and of those that share its luck; all None where none does."""
    sharing = [not _apart([runs[0], run]) for run in runs]
    return [_members(run) if shares and sum(sharing) > 1 else None for run, shares in zip(runs, sharing, strict=True)]


def without_luck_in_common(runs: Sequence[Recorded]) -> str:
    """One sentence where a run does not share the luck of the first: what differs, and the way out; else empty."""
    strange = [letter for letter, run in zip(LETTERS, runs, strict=False) if _apart([runs[0], run])]
    if not strange:
        return ""
    unlike = _apart(runs)
    told = "; ".join(
        f"{name} {', '.join(f'{letter} {value}' for letter, value in zip(LETTERS, values, strict=False))}"
        for name, values in unlike.items()
    )
    who = f"{_and(strange)} {'do' if len(strange) > 1 else 'does'} not share the luck of A"
    if len(strange) == len(runs) - 1:
        who = "These runs do not share their luck"
    return f"{who} ({told}), so differences of medians may be luck; {_way_out(unlike, len(runs))}."


def _way_out(unlike: dict[str, tuple[str, ...]], runs: int) -> str:
    if "region" in unlike:
        return "only runs of one region are compared future by future"
    same = [name for name in unlike if name not in ("members", "seed", "counts", UNTIL, MEMBERS)]
    same = ["members", "seed", *same, *["counts"] * bool({"counts", UNTIL} & set(unlike))]
    return f"run {'both' if runs == 2 else 'all'} with the same {_and(same)} to compare them future by future"


def _and(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1])] * (len(words) > 1) + [words[-1]])


def _apart(runs: Sequence[Recorded]) -> dict[str, tuple[str, ...]]:
    """What keeps member m of one run from being the same future in another: name, and a text for each run."""
    rows: dict[str, list[Any]] = {name: [run.settings.get(name) for run in runs] for name in (*CHOSEN, UNTIL)}
    found = {
        name: tuple("none" if value is None else str(value) for value in values)
        for name, values in rows.items()
        if len(set(map(str, values))) > 1
    }
    places = tuple(run.place for run in runs)
    if len(set(places)) > 1:
        found["region"] = places
    else:
        found |= {name: cells for name, _, cells in differing("", [_region(run) for run in runs])[:MOST_OF_REGION]}
    for name, texts in (
        ("counts", tuple(str(run.provenance.get("data_hash"))[:12] for run in runs)),
        ("ecosim", tuple(str(run.provenance.get("ecosim")) for run in runs)),
        (MEMBERS, tuple("there" if run.has(MEMBERS) else "missing" for run in runs)),
    ):
        if len(set(texts)) > 1 or "missing" in texts:
            found[name] = texts
    return found


def _region(run: Recorded) -> dict[str, Any]:
    """The settings of the place, of a sum also those of the study that names its places."""
    study = run.settings.get("study") or {}
    places = {key: value for key, value in study.items() if key != "targets"} if study.get("name") == SUM else {}
    return {"region": run.settings.get("region"), "study": places}


def _members(run: Recorded) -> Values:
    """Yearly values of the scenario's members."""
    first = run.table("forecast").iloc[0]
    rows = run.members()
    rows = rows[(rows["scenario"] == first["scenario"]) & (rows["location"] == first["location"])]
    by = rows.set_index("member").groupby(["target", rows["time"].astype(str).to_numpy()])["value"]
    return {(str(target), str(year)): values for (target, year), values in by}


def more_than_first(values: Futures, n: int, target: str, year: str) -> More | None:
    """What run n has more than the first in the same futures; None where they have none or not this figure."""
    first, run = values[0], values[n]
    if n == 0 or first is None or run is None or any((target, year) not in each for each in (first, run)):
        return None
    more = (run[target, year] - first[target, year]).dropna()
    low, high = interval(0.9)
    middle, bottom, top = (float(more.quantile(level)) for level in (MEDIAN, low, high))
    return More(middle, bottom, top, float((more > 0).mean()), float((more == 0).mean()))


def in_futures(values: Futures, target: str, year: str) -> str:
    """'Of 100 futures B lies above A in 85, C in 40 (level in 5)'; empty where no run shares the luck of the first."""
    told: list[str] = []
    for n, letter in enumerate(LETTERS[: len(values)]):
        if more := more_than_first(values, n, target, year):
            told.append(f"{letter}{' lies above A' * (not told)} in {_of_hundred(more)}")
    return f"Of 100 futures {', '.join(told)}" if told else ""


def table(values: Futures, targets: Sequence[str], years: Sequence[str], labels: Labels) -> Beside:
    """What each run has more than the first, future by future, in the given years; under A its own median."""
    rows: list[Row] = []
    letters = LETTERS[: len(values)]
    paired = [letter for letter, each in zip(letters[1:], values[1:], strict=True) if each is not None]
    for target in targets if paired else ():
        for year in years:
            found = [more_than_first(values, n, target, year) for n in range(len(values))]
            if any(found):
                cells = (_first(values, target, year, labels), *(_cell(more, labels, target) for more in found[1:]))
                rows.append((f"{labels.title(target)}, {year}", labels.measured(target), cells))
    less = ", ".join(f"{letter} less A" for letter in paired)
    remark = (
        f"{less}: member m of each has the same luck, so what differs is what was set. Median and 90 % interval over "
        "the futures, and in how many of 100 the run lies above A; under A its own median."
    )
    return Beside("Future by future", remark if rows else "No run shares the luck of A.", tuple(rows))


def _first(values: Futures, target: str, year: str, labels: Labels) -> str:
    assert values[0] is not None
    return number(float(values[0][target, year].median()), labels.of(target))


def _cell(more: More | None, labels: Labels, target: str) -> str:
    if more is None:
        return NOT_THERE
    label = labels.of(target)
    middle, low, high = (number(value, label, signed=True) for value in (more.median, more.low, more.high))
    return f"{middle}\n{low} to {high}\nabove A in {_of_hundred(more)}"


def _of_hundred(more: More) -> str:
    level = f" (level in {100 * more.level:.0f})" if more.level > 0 else ""
    return f"{100 * more.above:.0f}{level}"
