"""Credit: a firm whose cash flow does not cover its plans asks a bank, and cuts R&D where it is refused."""

from typing import Any, NamedTuple

from ecosim.model.arithmetic import exp
from ecosim.model.compiled import inlined, kernel
from ecosim.model.firms import FINANCE
from ecosim.model.luck import CREDIT, uniforms


class Finance(NamedTuple):
    """Need of credit and log odds of its approval."""

    need: float  # probability that an R&D performer needs credit in a quarter
    approval: float  # log odds, intercept
    certified: float
    log_size: float  # per ln(employees / 20)
    coverage: float  # per unit of the lender's loss that a fund bears
    leverage: float  # loan over annual sales
    repayment: float  # share of a loan repaid in a quarter


LOG_TWENTY = 2.995732273553991


@inlined
def log_odds(c, one, certified, size, coverage):
    """Linear predictor of a bank's approval."""
    return c.approval * one + c.certified * certified + c.log_size * size + c.coverage * coverage


@kernel
def act(c: Any, firms: Any, terms: Any, luck: Any, quarter: Any, work: Any) -> None:
    """Borrow, be refused, repay."""
    draw, answer, coverage = work[0], work[1], work[2]
    for i in range(firms.uid.size):
        draw[i], answer[i] = uniforms(luck[0], luck[1], firms.uid[i], quarter, CREDIT)
    for i in range(firms.uid.size):
        covered = 1.0 if (firms.aware[i] & FINANCE) != 0 else 0.0
        coverage[i] = terms.credit_coverage[firms.certificate[i], firms.kind[i]] * covered
    log_employees, log_productivity, certificate = firms.log_employees, firms.log_productivity, firms.certificate
    performs, constrained, loan = firms.performs, firms.constrained, firms.loan
    for i in range(firms.uid.size):
        odds = log_odds(c, 1.0, 1.0 if certificate[i] > 0 else 0.0, log_employees[i] - LOG_TWENTY, coverage[i])
        asks = (draw[i] < c.need) & (performs[i] == 1)
        approved = answer[i] < 1.0 / (1.0 + exp(-odds))
        lent = c.leverage * exp(log_employees[i] + log_productivity[i])
        constrained[i] = 1 if asks & (not approved) else 0
        loan[i] = loan[i] * (1.0 - c.repayment) + (lent if asks & approved else 0.0)
