"""The certification notch: firms just below the required R&D ratio report the ratio, partly by relabeling.

Chen, Liu, Suarez Serrato and Xu (2021), "Notching R&D investment with corporate income tax cuts in China", American
Economic Review 111(7): 24.2 % of the R&D that firms at the notch report is relabeled.
"""

from typing import Any, NamedTuple

import numpy as np

from ecosim.behaviors.research import performers
from ecosim.behaviors.scratch import PLAN, RATIO
from ecosim.model.arithmetic import exp, log
from ecosim.model.compiled import inlined, kernel
from ecosim.model.firms import CERTIFICATION, HIGH_TECH
from ecosim.model.luck import NOTCH, uniforms
from ecosim.model.taxes import rate_of
from ecosim.model.terms import SALES_BANDS


class Notch(NamedTuple):
    """A firm's gain and cost of reaching the required ratio of R&D to sales. Money in 10k CNY."""

    relabeled: float  # share of the gap that is filled by relabeling
    cost: float  # of a yuan of R&D beyond the firm's own optimum, share
    relabeling_cost: float  # of a yuan relabeled
    application_cost: float
    margin: float  # profit after R&D over sales
    inert: float  # share of firms that never re-optimize
    noise: float  # spread of the decision, share of the gain
    eased: float  # added to the relabeled share by one-to-one service, which does the accounts
    worth: float  # of a certificate beyond tax and award, a year, over sales


ANNUITY = 2.6  # three years of validity, discounted at 8 % a year
EXCESS = 0.06  # mean excess of a reported ratio over the required one
BOUND = 11  # quarters after a certificate in which the firm keeps to it


@inlined
def gain(c, tax_saved, deduction, ratio, sales, award, help):
    """Tax saved over the validity and what else it is worth, plus the award, less the cost of applying."""
    base = max(c.margin - deduction * ratio, 0.0)
    return (tax_saved * base + c.worth) * sales * ANNUITY + award - c.application_cost * (1.0 - help)


@inlined
def cost(c, gap, tax_rate, deduction, relabeled):
    """Cost of filling a gap (10k CNY a year) with true and relabeled R&D over the validity."""
    true = (1.0 - relabeled) * (1.0 - tax_rate * (1.0 + deduction)) * c.cost
    return gap * (true + relabeled * c.relabeling_cost) * ANNUITY


@kernel
def act(c: Any, firms: Any, terms: Any, luck: Any, quarter: Any, work: Any) -> None:
    """Once a year: report the ratio of the quarter, at a yearly rate, or the required one where it pays.

    The true ratio is in scratch.
    """
    ratio, plan, sales_of, listed = work[RATIO], work[PLAN], work[0], work[1].view(np.int64)
    performs, reported, stretch = firms.performs, firms.reported, firms.stretch
    for i in range(performs.size):
        reported[i] = reported[i] if performs[i] == 1 else 0.0
        stretch[i] = stretch[i] if performs[i] == 1 else 0.0
    size = performers(firms, listed)
    for k in range(size):
        sales_of[k] = firms.log_employees[listed[k]] + firms.log_productivity[listed[k]]
    for k in range(size):
        sales_of[k] = exp(sales_of[k])
    asking, those, required = 0, work[2].view(np.int64), work[3]
    certificate, held, aware, inert = firms.certificate, firms.held, firms.aware, firms.inert
    for k in range(size):
        i, sales = listed[k], sales_of[k]
        required[k] = terms.criteria[0 if sales < SALES_BANDS[0] else 1 if sales < SALES_BANDS[1] else 2]
        goes_on = (stretch[i] > 0.0) & (certificate[i] == HIGH_TECH) & (held[i] < BOUND)  # as its certificate asks
        short = (required[k] > ratio[i]) & (not goes_on)
        knows = (aware[i] & CERTIFICATION) != 0
        asks = short & (required[k] <= 1.0) & knows & (inert[i] >= c.inert)
        reported[i] = reported[i] if goes_on else ratio[i]
        stretch[i] = 0.0 if short & (not asks) else stretch[i]
        those[asking] = k
        asking += asks
    chance, relabeled, draw, excess = work[4], work[5], work[6], work[7]
    for n in range(asking):
        k = those[n]
        i, sales = listed[k], sales_of[k]
        kind, missing = firms.kind[i], required[k] - ratio[i]
        employees = firms.log_employees[i]
        log_sales = employees + firms.log_productivity[i]
        usual = rate_of(terms.tax_rate, terms.relief, 0, kind, log_sales, employees)
        saved = usual - rate_of(terms.tax_rate, terms.relief, HIGH_TECH, kind, log_sales, employees)
        award = terms.high_tech_award[kind] * (1 - firms.honored[i])
        helped = 0.5 if firms.assisted[i] > 0 else 0.0
        b = gain(c, saved, terms.deduction[HIGH_TECH, kind], required[k], sales, award, helped)
        relabeled[n] = min(c.relabeled + 2.0 * helped * c.eased, 0.95)
        pays = b - cost(c, missing * sales, usual, terms.deduction[0, kind], relabeled[n])
        chance[n] = -pays / (c.noise * abs(b) + 3.0)
    for n in range(asking):
        chance[n] = 1.0 / (1.0 + exp(chance[n]))
    for n in range(asking):
        draw[n], excess[n] = uniforms(luck[0], luck[1], firms.uid[listed[those[n]]], quarter, NOTCH)
    for n in range(asking):
        k = those[n]
        i, missing = listed[k], required[k] - ratio[listed[k]]
        if draw[n] < chance[n]:
            reported[i] = required[k] * (1.0 - EXCESS * log(excess[n]))
            true = ratio[i] + (1.0 - relabeled[n]) * missing  # from the next quarter on, without a cut
            stretch[i] = max(stretch[i] + log(true / plan[i]), 0.0)
        else:
            stretch[i] = 0.0
