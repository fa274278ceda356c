"""What a run says of its money: of which R&D it pays shares, who paid nobody, and who paid more than is written."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ecosim.data.periods import QUARTERS_PER_YEAR, quarter_index
from ecosim.policies.budget_growth import BudgetGrowth

if TYPE_CHECKING:
    from ecosim.forecast.future import Outlook
    from ecosim.forecast.job import Job

UNIT = 1e4  # 10k CNY, in which the model counts R&D, in 100m CNY, in which it is forecast
SAME = (0.8, 1.25)  # ratios of two levels that are taken for the same


def base(outlook: "Outlook") -> list[str]:
    """Whether the R&D of the model's firms, of which the books pay shares, is another than the forecast's."""
    factors = outlook.scaling.factors.get("rd_expenditure")
    ratio = 1.0 / float(np.median(factors)) / UNIT if factors is not None else 1.0
    if SAME[0] <= ratio <= SAME[1]:
        return []
    return [
        f"The books pay the model's own firms, whose R&D at the origin is {ratio:.2g} times the forecast's level: "
        "tax that is not collected, and claims in percent of R&D, are as many times what the forecast's R&D would give."
    ]


def unpaid(job: "Job", ledger: pd.DataFrame, weight: int) -> list[str]:
    """Instruments whose money never paid anybody, though firms asked. ledger: of `tabulate.ledger`.

    weight: firms that a simulated one stands for, whose claims are paid together or not at all.
    """
    short = "its money pays for less than one of them, or is 0" if weight == 1 else (
        f"one simulated firm stands for {weight} firms, whose claims are paid together or not at all, and its money "
        "does not reach that far; study.largest_sample simulates more firms"
    )  # fmt: skip
    sums = ledger.groupby("instrument", sort=False)[["recipients", "refused"]].sum()
    nobody = sums[(sums["recipients"] == 0) & (sums["refused"] > 0)]
    return [
        f"{job.policies[name].label} (policies.{name}) paid nobody and refused {refused:,.0f} applications by the "
        f"median: {short}."
        for name, refused in zip(nobody.index.astype(str), nobody["refused"], strict=True)
        if name in job.policies
    ]


def overspent(job: "Job", ledger: pd.DataFrame) -> list[str]:
    """Instruments that pay more than is written for a year, as futures deliver more than that of budgets too.

    ledger: of `tabulate.ledger`. What is written grows where the package lets budgets grow.
    """
    growth = [row.policy.rate for row in job.policies.values() if isinstance(row.policy, BudgetGrowth)]
    found = dict[str, str]()
    for name, year, most in zip(ledger["instrument"], ledger["year"], ledger["outlay_upper"], strict=True):
        row = job.policies.get(str(name))
        budget = None if row is None or name in job.baseline_policies else getattr(row.policy, "budget", None)
        if row is None or budget is None or job.delivery_sd == 0.0:
            continue
        last = quarter_index(f"{year}-12")
        quarters = range(last - QUARTERS_PER_YEAR + 1, last + 1)
        if most > max(budget.at(q) * np.prod([1.0 + rate.at(q) / 100 for rate in growth]) for q in quarters):
            found[str(name)] = row.label
    if not found:
        return []
    return [
        "More than the written budget of a year is paid in one of twenty futures or more by "
        f"{', '.join(found.values())}: budgets too are delivered with an error (delivery_sd={job.delivery_sd:g})."
    ]
