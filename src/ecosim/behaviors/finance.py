"""Cash and credit: a firm whose cash does not cover its plans asks a bank, and cuts R&D where the bank refuses."""

from typing import Any, NamedTuple

import numpy as np

from ecosim.behaviors.scratch import RATIO
from ecosim.model.arithmetic import exp, log
from ecosim.model.compiled import inlined, kernel
from ecosim.model.firms import FINANCE
from ecosim.model.listing import rows_with
from ecosim.model.luck import CREDIT, uniforms


class Finance(NamedTuple):
    """Cash flow, need of credit and log odds of its approval."""

    margin: float  # cash flow after tax and usual R&D, before interest and investment, over sales
    recovered: float  # share of its R&D that a firm earns back in the prices of its products
    investment: float  # mean over sales, a year; each quarter's is exponential
    buffer: float  # cash that a firm keeps at most, over annual sales; the rest goes to its owners
    approval: float  # log odds, intercept
    certified: float
    log_size: float  # per ln(employees / 20)
    coverage: float  # per unit of the lender's loss that a fund bears
    leverage: float  # loans over annual sales, at most
    repayment: float  # share of a loan repaid in a quarter
    interest: float  # a year, before any spread that policies take off


LOG_TWENTY = 2.995732273553991
SMALLEST_SHARE = 0.5  # of its planned R&D that a firm without credit carries on


@inlined
def log_odds(c, one, certified, size, coverage):
    """Linear predictor of a bank's approval."""
    return c.approval * one + c.certified * certified + c.log_size * size + c.coverage * coverage


@kernel
def clients(firms: Any, balance: Any, listed: Any, marks: Any) -> int:
    """Rows with a loan or a need of one; fills `listed`, (block,), and returns how many. marks: 8-bit scratch."""
    loan, performs = firms.loan, firms.performs
    for i in range(loan.size):
        marks[i] = (loan[i] > 0.0) | ((balance[i] < 0.0) & (performs[i] == 1))
    return rows_with(np.int8(1), marks[: loan.size], listed)


@kernel
def act(c: Any, firms: Any, terms: Any, luck: Any, quarter: Any, work: Any) -> None:
    """Earn, repay, plan, borrow or be refused. Cuts the quarter's planned R&D and its ratio to sales, left in scratch.

    Credit need = max(0, planned R&D + investment - cash) of R&D performers; the lumpiness of investment is the random
    part of it. A firm that gets less cuts R&D and investment by the same share, R&D by half at most.
    """
    answer, lump, planned, ratio, balance, limit = work[0], work[1], work[2], work[RATIO], work[3], work[4]
    for i in range(firms.uid.size):
        lump[i], answer[i] = uniforms(luck[0], luck[1], firms.uid[i], quarter, CREDIT)
    log_employees, log_productivity, research = firms.log_employees, firms.log_productivity, firms.research
    performs, constrained, loan, cash = firms.performs, firms.constrained, firms.loan, firms.cash
    for i in range(firms.uid.size):
        limit[i] = exp(log_employees[i] + log_productivity[i])
    for i in range(firms.uid.size):
        lump[i] = log(lump[i])
    for i in range(firms.uid.size):
        sales = limit[i]
        earned = 0.25 * c.margin * sales + c.recovered * research[i]
        due = loan[i] * (0.25 * c.interest + c.repayment)
        planned[i] = research[i] - 0.25 * c.investment * sales * lump[i]
        balance[i] = cash[i] + earned - due - planned[i]
        constrained[i] = 0
        cash[i] = min(max(balance[i], 0.0), c.buffer * sales)
    listed, chance, room = work[5].view(np.uint64), work[6], work[7]
    size = clients(firms, balance, listed, work[6].view(np.int8))
    for k in range(size):
        i = listed[k]
        rung, kind = firms.certificate[i], firms.kind[i]
        knows = 1.0 if (firms.aware[i] & FINANCE) != 0 else 0.0
        balance[i] += 0.25 * loan[i] * min(terms.spread[rung, kind] * knows, c.interest)
        loan[i] *= 1.0 - c.repayment
        room[k] = max(c.leverage * limit[i] - loan[i], 0.0)
        covered = terms.credit_coverage[rung, kind] * knows
        odds = log_odds(c, 1.0, 1.0 if rung > 0 else 0.0, log_employees[i] - LOG_TWENTY, covered)
        chance[k] = -odds - terms.lending[rung, kind] * knows
    for k in range(size):
        chance[k] = 1.0 / (1.0 + exp(chance[k]))
    for k in range(size):
        i = listed[k]
        lent = 0.0
        if balance[i] < 0.0 and performs[i] == 1:
            lent = min(-balance[i], room[k]) if answer[i] < chance[k] else 0.0
            share = max(1.0 + (balance[i] + lent) / max(planned[i], 1e-9), SMALLEST_SHARE)
            constrained[i] = 1 if share < 1.0 else 0
            research[i] *= share
            ratio[i] *= share
        loan[i] += lent
        cash[i] = min(max(balance[i] + lent, 0.0), c.buffer * limit[i])
