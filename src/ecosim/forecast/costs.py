"""What instruments cost: outlay, tax not paid, recipients, dead-weight, and the cost of one unit more."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecosim.forecast.books import Books
from ecosim.forecast.witness import COUNTED, act_of
from ecosim.policies.shelf import Instrument

Floats = NDArray[np.float64]
COLUMNS = (
    "instrument", "label", "label_zh", "group", "year", "outlay", "outlay_lower", "outlay_upper", "tax_expenditure",
    "recipients", "refused", "deadweight_share", "deadweight_lower", "deadweight_upper", "deadweight_of",
    "deadweight_note", "without", "induced", "induced_lower", "induced_upper",
)  # fmt: skip
PACKAGE = "package"  # in the place of an instrument: all that is not simply the baseline's
ALL = "all"  # instead of a year: from the origin to the horizon
NEAR_ZERO = 1e-9  # of the level; an effect below it is no effect
HOLDS_ZERO = "undefined: the 90 % interval of the effect holds zero"
FEWER = "undefined: it lowers the count"
NO_EFFECT = "undefined: no effect"
NO_OWN_COUNT = "undefined: an index has no cost per unit"
TOO_SHORT = "undefined: the horizon is too near to tell who would have acted anyway"


class Ratio(NamedTuple):
    """Cost of one unit more: median and 90 % interval over members; where it is undefined, not-a-number and why."""

    median: float
    lower: float
    upper: float
    note: str = ""


def quantiles(values: Floats) -> tuple[float, float, float]:
    """0.05, 0.5 and 0.95 quantiles; not-a-number where nothing is known in any member."""
    known = values[~np.isnan(values)]
    if not known.size:
        return np.nan, np.nan, np.nan
    low, middle, high = np.quantile(known, [0.05, 0.5, 0.95])
    return float(low), float(middle), float(high)


def cost_per_additional(cost: Floats, additional: Floats, level: float) -> Ratio:
    """Cost over what it adds, member by member, (members,) both, only where the sign of the effect is sure.

    In a member in which it adds nothing the ratio is infinite, and may make the upper end of the interval infinite.
    level: of the count, to tell a small effect from none.
    """
    if np.isnan(additional).any():
        return Ratio(np.nan, np.nan, np.nan, NO_OWN_COUNT)
    low, _, high = quantiles(additional)
    least = NEAR_ZERO * max(abs(level), 1.0)
    if np.abs(additional).max() <= least:
        return Ratio(np.nan, np.nan, np.nan, NO_EFFECT)
    if high < -least:
        return Ratio(np.nan, np.nan, np.nan, FEWER)
    if low <= least:
        return Ratio(np.nan, np.nan, np.nan, HOLDS_ZERO)
    ratio = np.full(cost.shape, np.inf)
    np.divide(cost, additional, out=ratio, where=additional > least)
    lower, median, upper = np.quantile(ratio, [0.05, 0.5, 0.95], method="higher")  # never between a number and infinity
    return Ratio(float(median), float(lower), float(upper))


def acts_of(done: Sequence[Mapping[str, Floats]], name: str) -> Floats:
    """What recipients of an instrument did, and also did without it, (members, years, 2); nothing where not known."""
    known = [member for member, some in enumerate(done) if name in some]
    if not known:
        return np.zeros((len(done), 0, 2))
    amounts = np.array([done[member][name] for member in known])
    found = np.zeros((len(done), *amounts.shape[1:]))
    found[known] = amounts
    return found


def deadweight(acts: Floats) -> Floats:
    """Share of what recipients did that they also did without the instrument, (members,), over the years of `acts_of`.

    Years of which that is not known do not enter. Not-a-number where nobody did anything.
    """
    acted, also = np.nansum(acts, axis=1).T
    return np.divide(also, acted, out=np.full(acted.shape, np.nan), where=acted > 0)


def too_short(acts: Floats) -> bool:
    """Whether the run ends too early for every year of `acts_of`; not where nothing could be compared anyhow."""
    return acts.shape[1] > 0 and bool(np.isnan(acts).any(axis=(0, 2)).all())


def induced(package: Sequence[str], years: range, books: Books, before: Books) -> Floats:
    """What a package makes instruments that both have unchanged pay or not collect beyond the baseline.

    (members, years), 10k CNY: more certificates and more R&D have more tax relief under the same rules.
    """
    pairs = ((books.outlay, before.outlay), (books.tax, before.tax))
    kept = sorted({name for pair in pairs for book in pair for name, _ in book.columns}.difference(package))
    (spent, spent_before), (untaxed, untaxed_before) = ([book.together(kept, years) for book in pair] for pair in pairs)
    return (spent - spent_before) + (untaxed - untaxed_before)


def table(
    rows: Mapping[str, Instrument],
    package: Sequence[str],
    years: range,
    books: Books,
    before: Books,
    done: Sequence[Mapping[str, Floats]],
    without: str,
) -> pd.DataFrame:
    """costs.csv: each instrument by year and in all years, then the package as a whole. See docs/tables.md.

    rows: configuration by name; package: instruments in which scenario and baseline differ; before: what the baseline
    booked, which the package's money is net of; done: by member; without: what was taken away for the dead-weight,
    'instrument' or 'package'.
    """
    table = []
    for item in (*rows, PACKAGE):
        names = package if item == PACKAGE else (item,)
        spent, untaxed, *firms = (book.together(names, years) for book in books)
        if item == PACKAGE:
            spent, untaxed = spent - before.outlay.together(names, years), untaxed - before.tax.together(names, years)
        row = rows.get(item)
        about = (item, row.label, row.label_zh, row.group) if row else (item, "Whole package", "政策包", "")
        acts = acts_of(done, item)
        unit = COUNTED.get(act_of(row.policy), "") if row and item in package else ""
        beyond = induced(package, years, books, before) if item == PACKAGE else np.full_like(spent, np.nan)
        for k in (*range(len(years)), None):
            chosen = slice(None) if k is None else slice(k, k + 1)
            low, middle, high = quantiles(spent[:, chosen].sum(axis=1))
            medians = (float(np.median(some[:, chosen].sum(axis=1))) for some in (untaxed, *firms))
            least, share, most = quantiles(deadweight(acts[:, chosen]))
            when = ALL if k is None else str(years[k])
            note = TOO_SHORT if too_short(acts[:, chosen]) else ""
            fewest, more, highest = quantiles(beyond[:, chosen].sum(axis=1))
            own = (middle, low, high, *medians, share, least, most, unit, note, without)
            table.append((*about, when, *own, more, fewest, highest))
    return pd.DataFrame(table, columns=list(COLUMNS))
