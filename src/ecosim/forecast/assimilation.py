"""A recorded forecast meets a new year's counts: members move by what goes together with these counts among them.

An ensemble Kalman smoother on the log scale: each member's own path is moved by its regression on the values that the
members have for what was counted, towards the count less a reporting error of the member's own. Members are not weighed
or drawn again: with a few counts at once nearly all weight would fall on one or two of some hundred members, and their
spread would say nothing (docs/calibration.md has the figures).

Evensen (1994), Sequential data assimilation with a nonlinear quasi-geostrophic model using Monte Carlo methods to
forecast error statistics, J. Geophys. Res. 99, 10143-10162; van Leeuwen (2001), An ensemble smoother with error
estimates, Mon. Weather Rev. 129, 709-728, doi:10.1175/1520-0493(2001)129<0709:AESWEE>2.0.CO;2. The regression behind a
member's move comes from the other members, as in Houtekamer and Mitchell (1998, unverified): its own would make the
intervals too narrow. It is a ridge regression, so that many counts do not lead few members astray.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecosim.data.digits import plain
from ecosim.data.errors import UserError
from ecosim.data.panel import series
from ecosim.data.parts import in_quarters, whole_years
from ecosim.data.periods import QUARTERS_PER_YEAR, parse, quarter_index, quarter_label, year_of
from ecosim.data.targets import kind_of
from ecosim.forecast.publish import FLOW_OF, INDEX, RATIO_SD, RATIOS
from ecosim.forecast.reference import QUANTILES
from ecosim.model.ecosystem import DECISION_QUARTER
from ecosim.model.luck import generator_of

Floats = NDArray[np.float64]

AMOUNTS = ("rd_expenditure", "rd_reported", "sales")  # no counts of anything
CERTIFIED = ("hnte_stock", "hnte_foreign_stock", "hnte_certifications", "hnte_new")  # in the last quarter alone
CELL = ["scenario", "location", "time", "target"]
TINY = 1e-9
GROUPS = 5  # of members; a group moves by what the others show
LEAST = 10  # members of which a regression can be made
FOLLOWS = "follows from "  # begins why a stock is not used, before the name of its flow
FAR = 6.0  # standard deviations from the forecast at which a count and a forecast cannot both be right


class NothingNew(UserError, ValueError):
    """Counts that say nothing of a forecast."""


class Contradicted(UserError, ValueError):
    """Counts that the forecast all but rules out, or too few members to tell what goes together."""


class Evidence(NamedTuple):
    """One count beside the members: values (n,); spread: variance of the log of a report beyond what members hold.

    Members are published counts already, with noise of reporting and the chance of single firms in them.
    note: why it is not used, empty where it is.
    """

    target: str
    time: str
    observed: float
    values: Floats
    spread: float
    note: str

    @property
    def deviation(self) -> float:
        """The log of the count less the members' mean, in standard deviations of what was forecast."""
        logs = to_log(self.target, self.values)
        gap = to_log(self.target, np.array([self.observed]))[0] - logs.mean()
        return float(gap / np.sqrt(logs.var(ddof=1) + self.spread))


def _is_level(target: str) -> bool:
    return target in (*AMOUNTS, *RATIOS, INDEX)


def to_log(target: str, values: Floats) -> Floats:
    """Logs of values, of counts after half a one is added, so that none at all has one."""
    return np.log(np.maximum(values, TINY) if _is_level(target) else np.maximum(values, 0.0) + 0.5)


def from_log(target: str, logs: Floats) -> Floats:
    """Back from `to_log`."""
    return np.exp(logs) if _is_level(target) else np.maximum(np.exp(logs) - 0.5, 0.0)


@dataclass(frozen=True)
class Assimilated:
    """What was counted, and what moves members.

    evidence: the counts; logs: of the members' own values of those used, (n, counts); gaps: from these to the count
    less the member's reporting error, (n, counts); noise: variances of that, (counts,).
    """

    evidence: tuple[Evidence, ...]
    logs: Floats
    gaps: Floats
    noise: Floats

    @property
    def used(self) -> tuple[Evidence, ...]:
        """Counts that moved the members."""
        return tuple(row for row in self.evidence if not row.note)

    def moved(self, logs: Floats) -> Floats:
        """Other logs of the same members, (n, columns), after the counts."""
        after, group = np.empty_like(logs), np.arange(len(logs)) % GROUPS
        for number in range(GROUPS):
            mine = group == number
            seen, other = self.logs[~mine], logs[~mine]
            seen, other = seen - seen.mean(axis=0), other - other.mean(axis=0)
            freedom = len(seen) - 1
            together = seen.T @ seen / freedom
            luck = np.diag(together) * len(self.noise) / freedom  # the more counts and the fewer members
            gain = np.linalg.solve(together + np.diag(self.noise + luck), seen.T @ other / freedom)
            after[mine] = logs[mine] + self.gaps[mine] @ gain
        return after


def gather(members: pd.DataFrame, counts: pd.DataFrame, until: int, dispersion: float) -> tuple[Evidence, ...]:
    """Counts of a place after the origin, up to the end of a year, that members forecast.

    members: of one scenario, columns time, target, member, value; counts: of the place, all that is known (the older
    ones say which stocks follow from others). dispersion: variance of the log of a report, see `Evidence`. Months of a
    flow count as the quarter that they make, and each figure once (see `in_quarters`). A stock that is only the one
    before plus the year's flow is shown and not used, nor is a count of high-tech certificates within a year, which the
    model gives in the last quarter alone, but for a stock that was not counted at the end of the year before; parts of
    a whole year count as that year.
    """
    origin = quarter_index(str(members["origin"].iloc[0]))
    cells = {key: rows.sort_values("member")["value"].to_numpy(float)
             for key, rows in members.groupby(["target", "time"], sort=False)}  # fmt: skip
    rows = []
    whole = whole_years(counts[counts["target"].isin(CERTIFIED)])
    counts = pd.concat([counts, whole], ignore_index=True) if len(whole) else counts
    for target, when, observed in in_quarters(counts)[["target", "time", "value"]].itertuples(index=False):
        period = parse(str(when))
        if not np.isfinite(observed) or period.end.year > until or quarter_index(str(when)) <= origin:
            continue
        time = str(when) if period.frequency == "year" else quarter_label(quarter_index(str(when)))
        values = cells.get((str(target), time))
        if values is None:
            continue
        unclear = RATIO_SD**2 if target in RATIOS else 0.0  # its window is not clear
        note = _within_a_year(str(target), str(when), counts)
        rows.append(Evidence(str(target), time, float(observed), values, max(dispersion, unclear), note))
    return _once(tuple(rows), counts)


def _within_a_year(target: str, when: str, counts: pd.DataFrame) -> str:
    """Why a count of certificates cannot tell what the model does in the last quarter alone; empty where it can."""
    quarter, stock = quarter_index(when), kind_of(target) == "stock"
    if target not in CERTIFIED or parse(when).frequency == "year":
        return ""
    if stock and quarter % QUARTERS_PER_YEAR == DECISION_QUARTER:
        return ""
    place, before = str(counts["location"].iloc[0]), year_of(quarter) - 1
    if stock and before not in series(counts, place, target).index:
        return ""  # it is what stood at that end
    return "within a year; certificates are given in its last quarter"


def _once(rows: tuple[Evidence, ...], counts: pd.DataFrame) -> tuple[Evidence, ...]:
    """Each fact once: a stock that follows from flows which are used is not."""
    here = {(row.target, row.time) for row in rows}
    place = str(counts["location"].iloc[0])
    kept = []
    for row in rows:
        flow = FLOW_OF.get(row.target)
        if flow and (flow, row.time) in here and row.time.isdigit():
            year, flows = int(row.time), series(counts, place, flow)
            before = series(counts, place, row.target).get(year - 1, np.nan)
            sums = [before + flows.get(year, np.nan), sum(flows.get(year - back, np.nan) for back in range(3))]
            if np.isclose(sums, row.observed, rtol=1e-9).any():
                row = row._replace(note=f"{FOLLOWS}{flow}")
        kept.append(row)
    return tuple(kept)


def assimilate(evidence: tuple[Evidence, ...], seed: int) -> Assimilated:
    """Make ready to move members; reporting errors of counts are independent given a member.

    Raises NothingNew without a count, Contradicted where one is FAR from its forecast or members are fewer than LEAST.
    """
    used = [row for row in evidence if not row.note]
    if not used:
        why = "; ".join(f"{row.target} {row.time} is {row.note}" for row in evidence)
        raise NothingNew("no count of anything that the run forecasts" + (f" can be used: {why}" if why else ""))
    size = len(used[0].values)
    if size < LEAST:
        raise Contradicted(
            f"its {size} members do not tell what goes together ({LEAST} at least); make the forecast again with "
            "members=200, and update that"
        )
    worst = max(used, key=lambda row: abs(row.deviation))
    if abs(worst.deviation) > FAR:
        low, high = np.quantile(worst.values, [0.05, 0.95])
        raise Contradicted(
            f"{worst.target} {worst.time}: {plain(worst.observed)} counted, {plain(low)} to {plain(high)} forecast "
            f"(90 %), {abs(worst.deviation):.1f} standard deviations from the forecast ({FAR:g} at most); one of the "
            "two is wrong: look at the count and its unit, leave it out (study.counts=[...]), or forecast anew from a "
            "later origin"
        )
    logs = np.column_stack([to_log(row.target, row.values) for row in used])
    counted = np.array([to_log(row.target, np.array([row.observed]))[0] for row in used])
    noise = np.array([row.spread for row in used])
    last = max(int(row.time[:4]) for row in used)  # members that are updated again by a later year get other errors
    stream = generator_of((last << 32) | seed, size)
    errors = stream.standard_normal(logs.shape) * np.sqrt(noise)
    return Assimilated(evidence, logs, counted + errors - logs, noise)


def counts_table(found: Assimilated) -> pd.DataFrame:
    """Each count beside the forecast before it was known. deviation: in standard deviations of the log's forecast."""
    rows = []
    for row in found.evidence:
        low, middle, high = np.quantile(row.values, [0.05, 0.5, 0.95])
        inside = bool(low <= row.observed <= high)
        rows.append((row.target, row.time, row.observed, middle, low, high, inside, row.deviation, row.note))
    columns = ["target", "time", "observed", "median", "lower", "upper", "inside_90", "deviation", "not_used"]
    return pd.DataFrame(rows, columns=columns)


def moved_members(members: pd.DataFrame, found: Assimilated, origin: str) -> pd.DataFrame:
    """The same table after the counts, as of a new origin: every series at every time moves with the members' counts.

    members: of any scenario; baselines move by the counts of the scenario that was counted.
    """
    tables = []
    for target, rows in members.groupby("target", sort=False):
        cells = rows.groupby(["scenario", "location", "time"], sort=False).ngroup().to_numpy()
        member = rows["member"].to_numpy()
        logs = np.full((len(found.logs), cells.max() + 1), np.nan)
        logs[member, cells] = to_log(str(target), rows["value"].to_numpy(float))
        after = from_log(str(target), found.moved(logs))[member, cells]
        tables.append(rows.assign(value=after, origin=origin))
    return pd.concat(tables).loc[members.index]


def quantile_table(members: pd.DataFrame, origin: str) -> pd.DataFrame:
    """The 23 quantiles by scenario, place, time and target, as of a new origin."""
    levels = np.array(QUANTILES)
    frames = []
    for key, rows in members.groupby(CELL, sort=False):
        cell = dict(zip(CELL, key, strict=True))
        frames.append(pd.DataFrame({
            "scenario": cell["scenario"], "location": cell["location"], "origin": origin, "time": cell["time"],
            "target": cell["target"], "quantile": levels, "value": np.quantile(rows["value"].to_numpy(float), levels),
        }))  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def paired(members: pd.DataFrame, scenario: str, baseline: str) -> pd.DataFrame:
    """Members' scenario less baseline, in the columns of members."""
    keys = ["location", "time", "target", "member"]
    ours, theirs = (members[members["scenario"] == name].set_index(keys)["value"] for name in (scenario, baseline))
    both = (ours - theirs).dropna().reset_index()
    return both.assign(scenario=scenario)[["scenario", *keys, "value"]]


def shifts(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """By scenario, target and time: median and 90 % interval before and after, and what moved.

    shift: of the median over half the width of the interval before; width: of the interval over that before.
    """
    levels, by = [0.05, 0.5, 0.95], ["scenario", "target", "time"]
    now = {key: np.quantile(cell["value"], levels) for key, cell in after.groupby(by, sort=False)}
    rows = []
    for key, cell in before.groupby(by, sort=False):
        was, then = np.quantile(cell["value"], levels), now[key]
        half = max((was[2] - was[0]) / 2.0, 1e-12)
        shift = (then[1] - was[1]) / half if was[2] > was[0] else 0.0
        width = (then[2] - then[0]) / (2.0 * half) if was[2] > was[0] else 1.0
        rows.append((*key, *was[[1, 0, 2]], *then[[1, 0, 2]], shift, width))
    names = ["median_before", "lower_before", "upper_before", "median", "lower", "upper", "shift", "width"]
    return pd.DataFrame(rows, columns=["scenario", "target", "time", *names])
