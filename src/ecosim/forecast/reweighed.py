"""A recorded forecast meets a new year's counts: members are weighed by how likely they make them, and told again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecosim.calibration.simulation.particles import Weighted, log_lognormal, log_nb2, reweigh
from ecosim.data.digits import plain
from ecosim.data.errors import UserError
from ecosim.data.panel import series
from ecosim.data.parts import in_quarters
from ecosim.data.periods import parse, quarter_index, quarter_label
from ecosim.forecast.publish import FLOW_OF, INDEX, RATIO_SD, RATIOS
from ecosim.forecast.reference import QUANTILES

Floats = NDArray[np.float64]

AMOUNTS = ("rd_expenditure", "rd_reported", "sales")  # no counts of anything
CELL = ["scenario", "location", "time", "target"]


class NothingNew(UserError, ValueError):
    """Counts that say nothing of a forecast."""


class Collapsed(UserError, ValueError):
    """Counts that leave too few members likely."""


class Evidence(NamedTuple):
    """One count beside the members: value (n,), log likelihood (n,). note: why it is not used, empty where it is."""

    target: str
    time: str
    observed: float
    values: Floats
    log_likelihood: Floats
    note: str


@dataclass(frozen=True)
class Reweighed:
    """Members after the step. evidence: the counts; step: weights, effective members and who stands for whom."""

    evidence: tuple[Evidence, ...]
    step: Weighted

    @property
    def used(self) -> tuple[Evidence, ...]:
        """Counts behind the weights."""
        return tuple(row for row in self.evidence if not row.note)


def gather(
    members: pd.DataFrame, counts: pd.DataFrame, until: int, noise: Mapping[str, float], dispersion: float
) -> tuple[Evidence, ...]:
    """Counts of a place after the origin, up to the end of a year, that members forecast.

    members: of one scenario, columns time, target, member, value; counts: of the place, all that is known (the older
    ones say which stocks follow from others). noise: sd of the log of one reported count by target; dispersion: its
    least variance. Months of a flow count as the quarter that they make. A stock that is only the one before plus the
    year's flow is shown and not used.
    """
    origin = quarter_index(str(members["origin"].iloc[0]))
    cells = {key: rows.sort_values("member")["value"].to_numpy(float)
             for key, rows in members.groupby(["target", "time"], sort=False)}  # fmt: skip
    rows = []
    for target, when, observed in in_quarters(counts)[["target", "time", "value"]].itertuples(index=False):
        period = parse(str(when))
        if not np.isfinite(observed) or period.end.year > until or quarter_index(str(when)) <= origin:
            continue
        time = str(when) if period.frequency == "year" else quarter_label(quarter_index(str(when)))
        values = cells.get((str(target), time))
        if values is None:
            continue
        spread = max(noise.get(str(target), 0.0) ** 2, dispersion)
        told = log_likelihood(str(target), float(observed), values, spread)
        rows.append(Evidence(str(target), time, float(observed), values, told, ""))
    return _once(tuple(rows), counts)


def log_likelihood(target: str, observed: float, values: Floats, spread: float) -> Floats:
    """How likely each member, (n,), makes a count: NB2 around its value; amounts, ratios and indices lognormal.

    spread: variance of the log of one reported count.
    """
    if target in RATIOS:
        spread = max(spread, RATIO_SD**2)
    if target in (*AMOUNTS, *RATIOS, INDEX):
        return log_lognormal(max(observed, 1e-9), values, float(np.sqrt(spread)))
    return log_nb2(observed, values + 0.5, spread)


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
                row = row._replace(note=f"follows from {flow}")
        kept.append(row)
    return tuple(kept)


def update(evidence: tuple[Evidence, ...], seed: int, least: float) -> Reweighed:
    """One particle step on recorded members; reporting errors of counts are independent given a member.

    Raises NothingNew without a count, Collapsed where fewer than `least` members are left effective.
    """
    used = [row for row in evidence if not row.note]
    if not used:
        raise NothingNew("no count of anything that the run forecasts")
    step = reweigh(np.sum([row.log_likelihood for row in used], axis=0), seed)
    found = Reweighed(evidence, step)
    if step.effective < least:
        worst = min(used, key=lambda row: alone(row, seed))
        low, high = np.quantile(worst.values, [0.05, 0.95])
        raise Collapsed(
            f"the counts leave {step.effective:.1f} of {len(step.weights)} members effective (at least {least:g}); "
            f"most of it is due to {worst.target} {worst.time}: {plain(worst.observed)} counted, "
            f"{plain(low)} to {plain(high)} forecast (90 %)"
        )
    return found


def alone(row: Evidence, seed: int) -> float:
    """Effective members after one count alone."""
    return reweigh(row.log_likelihood, seed).effective


def counts_table(found: Reweighed, seed: int) -> pd.DataFrame:
    """Each count beside the forecast before it was known, and what it did to the weights."""
    rows = []
    for row in found.evidence:
        low, middle, high = np.quantile(row.values, [0.05, 0.5, 0.95])
        inside = bool(low <= row.observed <= high)
        rows.append((row.target, row.time, row.observed, middle, low, high, inside, alone(row, seed), row.note))
    columns = ["target", "time", "observed", "median", "lower", "upper", "inside_90", "effective_alone", "not_used"]
    return pd.DataFrame(rows, columns=columns)


def weights_table(found: Reweighed) -> pd.DataFrame:
    """member, log_likelihood, weight, and how often it stands in the members that were drawn again."""
    step = found.step
    told = np.sum([row.log_likelihood for row in found.used], axis=0)
    copies = np.bincount(step.ancestors, minlength=len(step.weights))
    return pd.DataFrame({
        "member": np.arange(len(step.weights)), "log_likelihood": told, "weight": step.weights, "copies": copies,
    })  # fmt: skip


def quantiles(values: Floats, weights: Floats, levels: Floats) -> Floats:
    """Weighted quantiles of members' values, (n,), at levels, (k,); with equal weights those of `numpy.quantile`.

    The weighted form of type 7 of Hyndman and Fan (1996): the mean of the empirical quantile function over a stretch
    of 1 / m that begins at level (m - 1) / m, m the effective number of members (Kish). A member without weight has no
    say. Akinshin (2023), Weighted quantile estimators, arXiv:2304.07265 (checked against the author's code).
    """
    order = np.argsort(values, kind="stable")
    share = np.concatenate([[0.0], np.cumsum(weights[order])]) / weights.sum()
    effective = weights.sum() ** 2 / np.square(weights).sum()
    within = np.clip(share * effective - levels[:, None] * (effective - 1.0), 0.0, 1.0)
    return (np.diff(within, axis=1) @ values[order]).astype(np.float64)


def quantile_table(members: pd.DataFrame, weights: Floats, origin: str) -> pd.DataFrame:
    """The 23 quantiles by scenario, place, time and target, as of a new origin."""
    levels = np.array(QUANTILES)
    frames = []
    for key, rows in members.groupby(CELL, sort=False):
        values = rows.sort_values("member")["value"].to_numpy(float)
        cell = dict(zip(CELL, key, strict=True))
        frames.append(pd.DataFrame({
            "scenario": cell["scenario"], "location": cell["location"], "origin": origin, "time": cell["time"],
            "target": cell["target"], "quantile": levels, "value": quantiles(values, weights, levels),
        }))  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def drawn_again(members: pd.DataFrame, ancestors: NDArray[np.int64], origin: str) -> pd.DataFrame:
    """Equally likely members: each with its ancestor, the columns of members.parquet."""
    numbered = pd.DataFrame({"ancestor": ancestors, "number": np.arange(len(ancestors))})
    merged = numbered.merge(members, left_on="ancestor", right_on="member", sort=False)
    table = merged.assign(member=merged["number"], origin=origin)
    ordered = table.sort_values(["scenario", "frequency", "target", "member", "time"], kind="stable")
    return ordered[[*members.columns, "ancestor"]].reset_index(drop=True)


def paired(members: pd.DataFrame, scenario: str, baseline: str) -> pd.DataFrame:
    """Members' scenario less baseline, in the columns of members."""
    keys = ["location", "origin", "time", "target", "member"]
    ours, theirs = (members[members["scenario"] == name].set_index(keys)["value"] for name in (scenario, baseline))
    both = (ours - theirs).dropna().reset_index()
    return both.assign(scenario=scenario)[["scenario", *keys, "value"]]


def moved(members: pd.DataFrame, weights: Floats) -> pd.DataFrame:
    """By scenario, target and time: median and 90 % interval before and after, and what moved.

    shift: of the median over half the width of the interval before; width: of the interval over that before.
    """
    flat, levels = np.full(len(weights), 1.0 / len(weights)), np.array([0.05, 0.5, 0.95])
    rows = []
    for key, cell in members.groupby(["scenario", "target", "time"], sort=False):
        values = cell.sort_values("member")["value"].to_numpy(float)
        before, after = quantiles(values, flat, levels), quantiles(values, weights, levels)
        half = max((before[2] - before[0]) / 2.0, 1e-12)
        shift = (after[1] - before[1]) / half if before[2] > before[0] else 0.0
        width = (after[2] - after[0]) / (2.0 * half) if before[2] > before[0] else 1.0
        rows.append((*key, *before[[1, 0, 2]], *after[[1, 0, 2]], shift, width))
    names = ["median_before", "lower_before", "upper_before", "median", "lower", "upper", "shift", "width"]
    return pd.DataFrame(rows, columns=["scenario", "target", "time", *names])
