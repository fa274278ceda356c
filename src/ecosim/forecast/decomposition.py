"""The table of a package taken apart: what each group and instrument adds, by three measures, and what it costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecosim.data.targets import TARGETS
from ecosim.forecast import costs
from ecosim.forecast.books import paid
from ecosim.forecast.coalitions import MONEY, Parts, Task
from ecosim.forecast.publish import FLOWS

Floats = NDArray[np.float64]
PACKAGE = "package"
USUAL = (2, 4)  # years after the origin that are reported besides the last
COLUMNS = (
    "group", "instrument", "measure", "target", "time", "median", "lower_05", "upper_95", "mean", "standard_error",
    "share", "outlay", "tax_expenditure", "recipients", "deadweight_share", "deadweight_note",
    "cost_per_additional", "cost_lower", "cost_upper", "cost_note", "members", "permutations",
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """How a package is taken apart. permutations: sampled orders; years: calendar years to report, None: usual ones."""

    permutations: int
    years: tuple[int, ...] | None = None


def years_of(plan: Plan, ahead: range) -> tuple[int, ...]:
    """The years to report: those asked for, else the second, the fourth and the last of the forecast."""
    usual = [ahead[min(at, len(ahead)) - 1] for at in USUAL] + [ahead[-1]]
    return plan.years if plan.years is not None else tuple(dict.fromkeys(usual))


class Item(NamedTuple):
    """One part of the package by one measure. values: (members, rows of Parts, years); names: its instruments."""

    group: str
    instrument: str
    measure: str
    values: Floats
    names: tuple[str, ...]


def standard_error(values: Floats) -> float:
    """Monte-Carlo standard error of the median of members: half the distance of the order statistics around it.

    Binomial: the ranks n/2 -+ sqrt(n)/2 hold the true median with the chance of one standard error, whatever the
    distribution.
    """
    ordered = np.sort(values)
    half = np.sqrt(ordered.size) / 2
    low, high = int(np.floor(ordered.size / 2 - half)), int(np.ceil(ordered.size / 2 + half)) - 1
    return float(ordered[min(high, ordered.size - 1)] - ordered[max(low, 0)]) / 2


def items(task: Task, parts: Sequence[Parts]) -> list[Item]:
    """The package, its groups by three measures, its instruments by leaving one out."""
    package = task.package

    def stack(field: str, key: str) -> Floats:
        return np.array([getattr(part, field)[key] for part in parts])

    found = [Item(PACKAGE, "", PACKAGE, np.array([part.effect for part in parts]), package.instruments)]
    for measure in ("shapley", "leave_one_out", "first_in"):
        found += [Item(group, "", measure, stack(measure, group), names) for group, names in package.groups.items()]
    for group, names in package.groups.items():
        found += [Item(group, name, "leave_one_out", stack("single", name), (name,)) for name in names]
    return found


def table(task: Task, parts: Sequence[Parts], years: Sequence[int]) -> pd.DataFrame:
    """decomposition.csv: one row for each item, target and year. See docs/tables.md."""
    lines = []
    whole = np.array([part.effect for part in parts])
    level = np.array([part.level for part in parts])
    permutations = "all" if task.exact else str(task.permutations)
    for item in items(task, parts):
        for k in (year - task.years.start for year in years):
            spending = _spending(task, parts, item, k)
            for number, target in enumerate((*task.targets, *MONEY)):
                row = number if number < len(task.targets) else number + len(task.targets)
                values = item.values[:, row, k]
                low, middle, high = costs.quantiles(values)
                ratio = _cost(task, item, target, number, k, spending.cost, level)
                lines.append((
                    item.group, item.instrument, item.measure, target, str(task.years[k]), middle, low, high,
                    float(values.mean()), standard_error(values), _share(values, whole[:, row, k]), spending.outlay,
                    spending.tax, spending.recipients, *spending.deadweight, ratio.median, ratio.lower, ratio.upper,
                    ratio.note, len(parts), permutations,
                ))  # fmt: skip
    return pd.DataFrame(lines, columns=list(COLUMNS))


class Spending(NamedTuple):
    """What an item cost up to a year: cost of each member (members,), then medians; deadweight: or why it is empty."""

    cost: Floats
    outlay: float
    tax: float
    recipients: float
    deadweight: tuple[float, str]


def _spending(task: Task, parts: Sequence[Parts], item: Item, k: int) -> Spending:
    upto = slice(0, k + 1)
    years = range(task.years.start, task.years.start + k + 1)
    booked = [part.alone[item.group] if item.measure == "first_in" else (part.outlay, part.tax) for part in parts]
    spent, untaxed = (paid([both[k] for both in booked], item.names, years).sum(axis=1) for k in (0, 1))
    got = paid([part.recipients for part in parts], item.names, years).sum(axis=1)
    apart = item.measure == "leave_one_out" and item.instrument
    done = [part.anyway if apart else part.anyway_group for part in parts]
    shares = _deadweight(parts, item, done, upto, years)
    recipients = np.nan if item.measure == "first_in" else float(np.median(got))
    return Spending(spent + untaxed, float(np.median(spent)), float(np.median(untaxed)), recipients, shares)


def _deadweight(
    parts: Sequence[Parts], item: Item, done: Sequence[Mapping[str, Floats]], upto: slice, years: range
) -> tuple[float, str]:
    """Dead-weight of an instrument; of a group, that of its instruments weighted by what they booked. Then why not."""
    if item.measure in ("first_in", PACKAGE):
        return np.nan, ""  # recipients of the whole package are held against the run without the group alone
    acts = [costs.acts_of(done, name)[:, upto] for name in item.names]
    shares = np.array([costs.deadweight(some) for some in acts])
    if item.instrument:
        mixed = shares[0]
    else:
        books = [{**part.outlay, **part.tax} for part in parts]
        weights = np.array([paid(books, (name,), years).sum(axis=1) for name in item.names])
        weights = np.where(np.isnan(shares), 0.0, weights)
        total = weights.sum(axis=0)
        sums = (np.nan_to_num(shares) * weights).sum(axis=0)
        mixed = np.where(total > 0, sums / np.where(total > 0, total, 1.0), np.nan)
    share = costs.quantiles(mixed)[1]
    return share, costs.TOO_SHORT if np.isnan(share) and any(map(costs.too_short, acts)) else ""


def _cost(task: Task, item: Item, target: str, number: int, k: int, cost: Floats, level: Floats) -> costs.Ratio:
    """Cost of one unit more of a target in the model's own counts: of a stock at the end of the year, else so far."""
    if target in MONEY:
        return costs.Ratio(np.nan, np.nan, np.nan, "")
    row = len(task.targets) + number
    known = TARGETS.get(target)
    flow = target in FLOWS if known is None else known.kind != "stock"
    years = slice(0, k + 1) if flow else slice(k, k + 1)
    return costs.cost_per_additional(
        cost, item.values[:, row, years].sum(axis=1), float(np.median(level[:, row, years].sum(axis=1)))
    )


def _share(values: Floats, whole: Floats) -> float:
    """Share of the package's mean effect; not-a-number where that mean is less than two standard errors from zero."""
    mean, error = float(whole.mean()), float(whole.std(ddof=1)) / np.sqrt(whole.size)
    return float(values.mean()) / mean if abs(mean) > 2 * error and mean else float("nan")
