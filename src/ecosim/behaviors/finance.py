"""Cash and credit: a firm whose cash does not cover its plans asks a bank, and cuts R&D where the bank refuses."""

from typing import Any, NamedTuple

from ecosim.model.arithmetic import exp, log
from ecosim.model.compiled import inlined, kernel
from ecosim.model.firms import FINANCE
from ecosim.model.luck import CREDIT, uniforms


class Finance(NamedTuple):
    """Cash flow, need of credit and log odds of its approval."""

    margin: float  # cash flow after tax and before R&D, interest and investment, over sales
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
def act(c: Any, firms: Any, terms: Any, luck: Any, quarter: Any, work: Any) -> None:
    """Earn, repay, plan, borrow or be refused. Cuts the quarter's planned R&D and its ratio to sales in work[3].

    Credit need = max(0, planned R&D + investment - cash) of R&D performers; the lumpiness of investment is the random
    part of it. A firm that gets less cuts R&D and investment by the same share, R&D by half at most.
    """
    answer, lump, ratio, odds, rate = work[0], work[1], work[3], work[5], work[6]
    for i in range(firms.uid.size):
        lump[i], answer[i] = uniforms(luck[0], luck[1], firms.uid[i], quarter, CREDIT)
    for i in range(firms.uid.size):
        rung, kind = firms.certificate[i], firms.kind[i]
        knows = 1.0 if (firms.aware[i] & FINANCE) != 0 else 0.0
        certified = 1.0 if rung > 0 else 0.0
        covered = terms.credit_coverage[rung, kind] * knows
        value = log_odds(c, 1.0, certified, firms.log_employees[i] - LOG_TWENTY, covered)
        odds[i] = value + terms.lending[rung, kind] * knows
        rate[i] = max(c.interest - terms.spread[rung, kind] * knows, 0.0)
    log_employees, log_productivity, research = firms.log_employees, firms.log_productivity, firms.research
    performs, constrained, loan, cash = firms.performs, firms.constrained, firms.loan, firms.cash
    for i in range(firms.uid.size):
        sales = exp(log_employees[i] + log_productivity[i])
        plan = research[i] - 0.25 * c.investment * sales * log(lump[i])
        owed = loan[i] * (1.0 - c.repayment)
        money = cash[i] + 0.25 * c.margin * sales - loan[i] * (0.25 * rate[i] + c.repayment)
        need = max(plan - money, 0.0) * performs[i]
        approved = answer[i] < 1.0 / (1.0 + exp(-odds[i]))
        lent = min(need, max(c.leverage * sales - owed, 0.0)) if approved else 0.0
        share = max(1.0 - (need - lent) / max(plan, 1e-9), SMALLEST_SHARE)
        constrained[i] = 1 if share < 1.0 else 0
        research[i] *= share
        ratio[i] *= share
        loan[i] = owed + lent
        cash[i] = min(max(money + lent - plan, 0.0), c.buffer * sales)
