"""One scenario in many places at once, and their sum, future by future.

Firms' coefficients, common shocks and what a package delivers are drawn by member and not by place, so the places of
one member are one future of the whole and may be added up; local shocks, errors of levels and the luck of firms are
each place's own (`Job.luck`), so a place here is the same place alone but for luck.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecosim.data.errors import UserError
from ecosim.data.panel import in_years
from ecosim.data.targets import TARGETS, in_words
from ecosim.forecast import job as jobs
from ecosim.forecast import summary, tabulate
from ecosim.forecast.job import Job, Progress, Result
from ecosim.forecast.sampling_told import FEW_AGENTS, monte_carlo

Floats = NDArray[np.float64]
Key = tuple[str, str, str]  # scenario, frequency, target
ADDS_UP = ("stock", "flow")  # kinds of observables whose values in parts make the value of the whole
WORST = ("assumption", "posterior", "inherited")  # basis of a level, the least sure first
ROW = ["time", "target"]
OF_A_PLACE = ("growth:", "level:")  # equations and parameters that each place has for itself


class NothingInCommon(UserError, ValueError):
    """Places of which no observable is forecast everywhere."""


@dataclass
class Sums:
    """Members of the whole so far: by scenario, frequency and target, (members, times); only what every place has."""

    values: dict[Key, Floats] | None = None
    times: dict[str, list[str]] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)

    def add(self, members: pd.DataFrame) -> None:
        """One more place. members: as `Result.members`, of the same members and times as the places before."""
        rows = members[members["target"].map(adds_up).astype(bool)]
        here: dict[Key, Floats] = {}
        for (scenario, frequency, target), part in rows.groupby(["scenario", "frequency", "target"], sort=False):
            here[str(scenario), str(frequency), str(target)] = self._block(part)
        if self.values is None:
            self.values = here
            return
        self.left_out |= {target for *_, target in self.values.keys() ^ here.keys()}
        self.values = {key: block + here[key] for key, block in self.values.items() if key in here}

    def _block(self, rows: pd.DataFrame) -> Floats:
        frequency = rows["frequency"].iloc[0]
        table = rows.pivot(index="member", columns="time", values="value")
        if len(table.columns) > len(self.times.get(frequency, ())):
            self.times[frequency] = [str(time) for time in table.columns]
        return table.to_numpy(float)

    def of(self, scenario: str, frequency: str) -> dict[str, Floats]:
        """Values by target of one scenario."""
        return {key[2]: block for key, block in (self.values or {}).items() if key[:2] == (scenario, frequency)}


def adds_up(target: str) -> bool:
    """Whether the values of places make that of the whole: counts and money do, rates, ranks and indices do not."""
    return target in TARGETS and TARGETS[target].kind in ADDS_UP


def run(whole: Job, places: Mapping[str, Job], progress: Progress, done: Callable[[str, Job, Result], None]) -> Result:
    """Forecast every place and add them up; returns the tables of the whole, at the location `whole.region.name`.

    places: by the name of their file. done(name, job, result) is called as soon as a place is forecast.
    Raises NothingInCommon where no observable that adds up is forecast in every place, and what a place raises.
    """
    estimated = jobs.estimate_all(whole, progress)
    sums, results, seconds = Sums(), [], dict[str, float]()
    for number, (name, job) in enumerate(places.items()):
        progress("places", number, len(places))
        heard = partial(_within, progress, f"{job.region.name} {number + 1}/{len(places)}")
        result = jobs.run(job, heard, estimated)
        done(name, job, result)
        sums.add(result.members)
        results.append(replace(result, members=result.members.iloc[:0]))
        for stage, took in result.seconds.items():
            seconds[stage] = seconds.get(stage, 0.0) + took
    progress("places", len(places), len(places))
    if not sums.values:
        raise NothingInCommon(f"{', '.join(places)}: no observable that adds up is forecast in all of them")
    return replace(_whole(whole, sums, results), seconds=seconds)


def _within(progress: Progress, place: str, stage: str, done: int, total: int) -> None:
    progress(f"{place}: {stage}", done, total)


def _whole(job: Job, sums: Sums, results: list[Result]) -> Result:
    first = results[0]
    scenarios = list(dict.fromkeys(key[0] for key in sums.values or {}))
    other = scenarios[-1]  # the baseline; the scenario itself where it is not another one

    def told(values: Mapping[str, Floats], frequency: str, scenario: str) -> pd.DataFrame:
        named = (scenario, job.region.name, job.origin)
        return summary.quantile_table(dict(values), sums.times[frequency], *named)

    def effect(frequency: str) -> pd.DataFrame:
        paired = summary.effect(sums.of(job.scenario, frequency), sums.of(other, frequency))
        return told(paired, frequency, job.scenario).assign(baseline=job.baseline)

    yearly, quarterly = (told(sums.of(job.scenario, when), when, job.scenario) for when in ("year", "quarter"))
    observed, later = (counts_of_all(results, name, job.region.name) for name in ("observed", "later"))
    scores = tabulate.scores(yearly, quarterly, later)
    base_table = told(sums.of(other, "year"), "year", job.baseline)
    if other != job.scenario:
        theirs = tabulate.scores(base_table, told(sums.of(other, "quarter"), "quarter", job.baseline), later)
        scores = tabulate.beside_baseline(scores, theirs)
    national = first.coefficients[~first.coefficients["equation"].astype(str).str.startswith(OF_A_PLACE)]
    told_of = first.identification
    if told_of is not None:
        told_of = told_of[~told_of["parameter"].astype(str).str.startswith(OF_A_PLACE)].reset_index(drop=True)
    return replace(
        first,
        members=pd.concat(list(_members(job, sums, scenarios)), ignore_index=True),
        forecast=yearly,
        forecast_quarterly=quarterly,
        effect=effect("year"),
        effect_quarterly=effect("quarter"),
        baseline_forecast=base_table,
        coefficients=national,
        basis=basis_of_all(results, set(yearly["target"])),
        references=first.references.iloc[:0],
        scores=scores,
        ledger=first.ledger.iloc[:0],
        costs=first.costs.iloc[:0],
        observed=observed,
        later=later,
        hindcast=None,
        statements=tuple(_statements(job, sums, results, scores)),
        take_up=None,
        missions=None,
        identification=told_of,
        places=table_of_places(results),
    )


def _members(job: Job, sums: Sums, scenarios: list[str]) -> Iterator[pd.DataFrame]:
    for scenario in scenarios:
        for frequency, times in sums.times.items():
            values = sums.of(scenario, frequency)
            named = (scenario, job.region.name, job.origin)
            yield summary.member_table(values, times, *named).assign(frequency=frequency)


def counts_of_all(results: list[Result], table: str, name: str) -> pd.DataFrame:
    """Sums of counts (observed or later) at the times at which every place has one, at the location `name`."""
    parts = [getattr(result, table) for result in results]
    together = pd.concat(parts, ignore_index=True).dropna(subset=["value"])
    together = together[together["target"].map(adds_up).astype(bool)]
    if not len(together):
        return together
    summed = together.groupby(ROW, as_index=False).agg(value=("value", "sum"), places=("value", "size"))
    summed = summed[summed["places"] == len(results)].drop(columns="places")
    return summed.assign(location=name).reset_index(drop=True)


def basis_of_all(results: list[Result], targets: set[str]) -> pd.DataFrame:
    """What the level of each sum rests on: observed only where it is observed in every place."""
    together = pd.concat([result.basis for result in results], ignore_index=True)
    rows = []
    for target, part in together[together["target"].isin(targets)].groupby("target", sort=False):
        kinds = part["basis"].value_counts()
        worst = next((kind for kind in WORST if kind in kinds), "observed")
        words = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
        level, time = float(part["level"].sum()), str(part["time"].astype(str).max())
        rows.append((target, level, worst, time, f"sum of {len(part)} places: {words}"))
    return pd.DataFrame(rows, columns=["target", "level", "basis", "time", "source"])


def table_of_places(results: list[Result]) -> pd.DataFrame:
    """places.csv: location, target, time, median, lower, upper (90 %), last_count, last_time, basis; yearly."""
    rows = []
    for result in results:
        wide = result.forecast.pivot(index=["location", "target", "time"], columns="quantile", values="value")
        part = wide[[0.5, 0.05, 0.95]].set_axis(["median", "lower", "upper"], axis=1).reset_index()
        seen = in_years(result.observed).dropna(subset=["value"])
        seen = seen[seen["time"].astype(str).str.fullmatch(r"\d{4}")].sort_values("time").groupby("target").last()
        part["last_count"] = part["target"].map(seen["value"])
        part["last_time"] = part["target"].map(seen["time"])
        part["basis"] = part["target"].map(result.basis.set_index("target")["basis"])
        rows.append(part)
    return pd.concat(rows, ignore_index=True)


def coverage(results: list[Result]) -> Iterator[str]:
    """How many of the places' own later counts lie in their intervals, and the target with the least of them."""
    scored = [result.scores for result in results if len(result.scores)]
    if not scored:
        return
    held = pd.concat(scored, ignore_index=True).groupby("target")["inside_90"]
    inside, counts = held.sum(), held.size()
    least = str((inside / counts).idxmin())
    yield (
        f"Of {counts.sum()} counts of single places published after the origin {inside.sum()} lie in the 90 % "
        f"interval, {100 * inside.sum() / counts.sum():.0f} %; fewest of {in_words(least)}, {inside[least]} of "
        f"{counts[least]}. Places share the shocks of a year: these are far from independent trials."
    )


def _statements(job: Job, sums: Sums, results: list[Result], scores: pd.DataFrame) -> Iterator[str]:
    yield (
        f"{job.region.name}: the sum of {len(results)} places, added up future by future. Common shocks and firms' "
        "coefficients are the same in all places of a future; local shocks, errors of inherited levels and the luck of "
        "firms are independent, an assumption that makes the interval of the sum too narrow where neighbors move "
        "together beyond the common shock."
    )
    yearly = sums.of(job.scenario, "year")
    yield monte_carlo({name: yearly[name] for name in job.targets if name in yearly} or yearly, str(job.horizon))
    if len(scores):
        inside = int(scores["inside_90"].sum())
        yield f"Of {len(scores)} sums of counts published after the origin, {inside} lie in the 90 % interval."
    yield from coverage(results)
    noisy = [text for result in results for text in result.statements if text.startswith(FEW_AGENTS)]
    if noisy:
        yield f"In {len(noisy)} of {len(results)} places too few firms are simulated. {noisy[0]}"
    left = sorted(in_words(target) for target in sums.left_out if target in TARGETS)
    if left:
        yield f"Not added up, since some place has no forecast of it: {'; '.join(left)}."
    yield "Each place has its own tables in places/; its levels, growth, money, take-up and scores stand there."
