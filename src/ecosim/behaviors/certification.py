"""The certification ladder: tech-SME in any quarter, high-tech enterprise once a year, renewal after three years."""

from typing import Any, NamedTuple

import numpy as np

from ecosim.model.arithmetic import exp, log
from ecosim.model.compiled import inlined, kernel
from ecosim.model.firms import (
    CERTIFICATION,
    FIRST_HIGH_TECH,
    HIGH_TECH,
    LAPSED,
    NEW_HIGH_TECH,
    NEW_TECH_SME,
    RENEWED,
    TECH_SME,
)
from ecosim.model.listing import rows_with
from ecosim.model.luck import LADDER, RENEWAL, uniform, uniforms
from ecosim.model.region import FOREIGN_FROM, OWNERSHIP
from ecosim.model.terms import SALES_BANDS


class Certification(NamedTuple):
    """Log hazards of the two rungs (complementary log-log) and the chance of renewal."""

    tech_sme: float  # intercept, a quarter
    high_tech: float  # intercept, a year
    log_size: float  # per ln(employees / 20)
    log_ratio: float  # per ln(reported R&D ratio / 3 %)
    foreign: float
    japanese: float  # beside the foreign one
    assisted: float  # in one-to-one service
    log_patents: float  # per ln(1 + patents held)
    award: float  # per 10k CNY of award
    reach: float  # per unit of reach of the town's service center
    closing: float  # share of the gap of foreign firms that one-to-one service closes
    abstain: float  # share of firms that never apply
    renewal: float  # probability, at the end of the validity


VALIDITY = 12  # quarters
YOUNGEST = 4  # quarters since founding, both rungs
LARGEST_TECH_SME = 6.214608098422191  # ln 500 employees, national rule for tech-SMEs
LOG_TWENTY = 2.995732273553991
JAPANESE = OWNERSHIP.index("japanese")


@inlined
def log_hazard(c, first, second, size, ratio, foreign, japanese, assisted, patents, award, reach):
    """Linear predictor of both rungs; first and second say which intercept holds."""
    return (
        c.tech_sme * first
        + c.high_tech * second
        + c.log_size * size
        + c.log_ratio * ratio
        + c.foreign * foreign
        + c.japanese * japanese
        + c.assisted * assisted
        + c.log_patents * patents
        + c.award * award
        + c.reach * reach
    )


@inlined
def may_apply(
    criteria, rung, certificate, age, aware, inert, floor, patents, staff, fresh, log_employees, log_sales, ratio
):
    """Whether the rules let a firm apply for a rung and it knows of it."""
    knows = (aware & CERTIFICATION) != 0 and inert >= floor and age >= YOUNGEST
    if rung == TECH_SME:
        return knows and certificate == 0 and patents >= 1 and ratio > 0.0 and log_employees <= LARGEST_TECH_SME
    sales = exp(log_sales)
    required = criteria[0] if sales < SALES_BANDS[0] else criteria[1] if sales < SALES_BANDS[1] else criteria[2]
    able = staff >= criteria[3] * exp(log_employees) and patents >= criteria[4] and fresh >= criteria[5]
    return knows and certificate < HIGH_TECH and ratio >= 0.98 * required and able


@inlined
def ownership_gap(c, ownership):
    """Log hazard of an owner relative to domestic ones, without help."""
    return (c.foreign if ownership >= FOREIGN_FROM else 0.0) + (c.japanese if ownership == JAPANESE else 0.0)


@inlined
def applicant_log_hazard(c, rung, log_employees, reported, patents, award, reach, helped, ownership):
    """Log hazard of an applicant for a rung, from its columns and what it is offered."""
    gap = max(1.0 - c.closing * helped, 0.0)
    return log_hazard(
        c,
        1.0 if rung == TECH_SME else 0.0,
        1.0 if rung == HIGH_TECH else 0.0,
        log_employees - LOG_TWENTY,
        log(max(reported, 0.003) / 0.03),
        gap if ownership >= FOREIGN_FROM else 0.0,
        gap if ownership == JAPANESE else 0.0,
        helped,
        log(1.0 + patents),
        award,
        reach,
    )


@inlined
def firm_log_hazard(c, firms, terms, i, rung):
    """The linear predictor of one firm (row i) for a rung, from its columns and its terms."""
    kind = firms.kind[i]
    award = terms.tech_sme_award[kind] if rung == TECH_SME else terms.high_tech_award[kind] * (1 - firms.honored[i])
    helped = terms.quality[0] if firms.assisted[i] > 0 else 0.0
    reach, owner = terms.reach[firms.zone[i]], firms.ownership[i]
    return applicant_log_hazard(
        c, rung, firms.log_employees[i], firms.reported[i], firms.patents[i], award, reach, helped, owner
    )


@inlined
def firm_may_apply(c, firms, terms, i, rung):
    """Whether the firm in row i may apply for a rung, from its columns; staff counts as far as R&D is claimed."""
    log_sales = firms.log_employees[i] + firms.log_productivity[i]
    claimed = 1.0
    if rung == HIGH_TECH:
        claimed = firms.reported[i] * exp(log_sales) * 0.25 / max(firms.research[i], 1e-9)
    return may_apply(
        terms.criteria,
        rung,
        firms.certificate[i],
        firms.age[i],
        firms.aware[i],
        firms.inert[i],
        c.abstain,
        firms.patents[i],
        firms.staff[i] * min(max(claimed, 1.0), 5.0),
        firms.fresh[i],
        firms.log_employees[i],
        log_sales,
        firms.reported[i],
    )


@kernel
def candidates(c: Any, firms: Any, criteria: Any, decides: bool, listed: Any, wanted: Any) -> int:
    """Rows to which anything can happen in this quarter; fills `listed`, (block,), and returns how many.

    Tests only what is cheap and necessary for either rung; the rules themselves stand in `may_apply`. wanted: scratch,
    (block,) 8-bit.
    """
    alive, closing, performs, certificate = firms.alive, firms.closing, firms.performs, firms.certificate
    age, aware, inert, patents, held = firms.age, firms.aware, firms.inert, firms.patents, firms.held
    reported, fresh = firms.reported, firms.fresh
    fewest = min(criteria[4], 1.0)
    lowest = 0.98 * min(criteria[0], criteria[1], criteria[2])
    for i in range(reported.size):
        first = (certificate[i] == 0) & (performs[i] == 1) & (patents[i] >= 1) & (reported[i] > 0.0)
        second = decides & (certificate[i] < HIGH_TECH) & (patents[i] >= fewest) & (reported[i] >= lowest)
        second = second & (fresh[i] >= criteria[5])
        knows = ((aware[i] & CERTIFICATION) != 0) & (inert[i] >= c.abstain) & (age[i] >= YOUNGEST)
        renews = decides & (certificate[i] == HIGH_TECH) & (held[i] >= VALIDITY)
        wanted[i] = 1 if (((first | second) & knows) | renews) & (alive[i] == 1) & (closing[i] == 0) else 0
    return rows_with(np.int8(1), wanted[: reported.size], listed)


@kernel
def act(
    c: Any,
    firms: Any,
    terms: Any,
    shifts: Any,
    decides: bool,
    luck: Any,
    quarter: Any,
    work: Any,
) -> None:
    """Certify, renew and lapse. shifts: conditions of the two rungs; decides: high-tech enterprises in this quarter."""
    event, held, certificate = firms.event, firms.held, firms.certificate
    for i in range(event.size):
        event[i] = 0
    for i in range(held.size):
        held[i] += 1 if certificate[i] > 0 else 0
    listed, wanted, uid = work[0].view(np.int64), work[1].view(np.int8), work[2].view(np.uint64)
    first_draw, second_draw, those = work[3], work[4], work[5].view(np.int64)
    size = candidates(c, firms, terms.criteria, decides, listed, wanted)
    for k in range(size):
        uid[k] = firms.uid[listed[k]]
    for k in range(size):
        first_draw[k], second_draw[k] = uniforms(luck[0], luck[1], uid[k], quarter, LADDER)
    honored = firms.honored
    if decides:
        able = 0
        for k in range(size):
            i = listed[k]
            if certificate[i] == HIGH_TECH:
                renew(c, firms, i, luck, quarter)
            elif firm_may_apply(c, firms, terms, i, HIGH_TECH):
                those[able] = k
                able += 1
        for n in range(chosen(c, firms, terms, HIGH_TECH, shifts[1], listed, those[:able], second_draw, work)):
            i = listed[those[n]]
            # whoever skips the first rung enters its list as well
            new = NEW_TECH_SME if certificate[i] == 0 else 0
            event[i] = NEW_HIGH_TECH | new | (FIRST_HIGH_TECH if honored[i] == 0 else 0)
            certificate[i], held[i], honored[i] = HIGH_TECH, 0, 1
    able = 0
    for k in range(size):
        i = listed[k]
        those[able] = k
        able += certificate[i] == 0 and firms.performs[i] == 1 and firm_may_apply(c, firms, terms, i, TECH_SME)
    for n in range(chosen(c, firms, terms, TECH_SME, shifts[0], listed, those[:able], first_draw, work)):
        i = listed[those[n]]
        certificate[i], held[i], event[i] = TECH_SME, 0, NEW_TECH_SME


@kernel
def chosen(
    c: Any, firms: Any, terms: Any, rung: int, shift: float, listed: Any, those: Any, draw: Any, work: Any
) -> int:
    """Applicants for a rung that get it; returns how many. those: places of the applicants in listed and draw, in, of
    those that get it, out. work: rows from 6 on are scratch."""
    size, ratio, patents, award = work[6], work[7], work[8], work[9]
    reach, helped, owner = work[10], work[1], work[2]
    offered = terms.tech_sme_award if rung == TECH_SME else terms.high_tech_award
    quality, reaches = terms.quality[0], terms.reach
    log_employees, reported, held, kind = firms.log_employees, firms.reported, firms.patents, firms.kind
    honored, zone, assisted, ownership = firms.honored, firms.zone, firms.assisted, firms.ownership
    for n in range(those.size):
        i = listed[those[n]]
        size[n], ratio[n], patents[n], owner[n] = log_employees[i], reported[i], held[i], ownership[i]
        award[n] = offered[kind[i]] * (1 if rung == TECH_SME else 1 - honored[i])
        reach[n], helped[n] = reaches[zone[i]], quality if assisted[i] > 0 else 0.0
    chance = work[6]
    for n in range(those.size):
        value = applicant_log_hazard(c, rung, size[n], ratio[n], patents[n], award[n], reach[n], helped[n], owner[n])
        chance[n] = 1.0 - exp(-exp(value + shift))
    count = 0
    for n in range(those.size):
        k = those[n]
        those[count] = k
        count += draw[k] < chance[n]
    return count


@inlined
def renew(c, firms, i, luck, quarter):
    """The certificate of the firm in row i runs out: it is renewed, or the firm falls to the first rung."""
    kept = uniform(luck[0], luck[1], firms.uid[i], quarter, RENEWAL) < c.renewal
    firms.held[i] = 0
    firms.event[i] = RENEWED if kept else LAPSED
    firms.certificate[i] = HIGH_TECH if kept else TECH_SME


@kernel
def expected(c: Any, firms: Any, terms: Any, rung: int, top: int, members: Any, hazards: Any) -> int:
    """Rows that may apply for a rung and their log hazards; returns how many. members, hazards: (capacity,) out."""
    count = 0
    for i in range(top):
        if firms.alive[i] == 1 and firms.performs[i] == 1 and firm_may_apply(c, firms, terms, i, rung):
            members[count] = i
            hazards[count] = firm_log_hazard(c, firms, terms, i, rung)
            count += 1
    return count
