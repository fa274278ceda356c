"""Inventions and patents: negative binomial arrivals that rise with knowledge, staff and spillover."""

from typing import Any, NamedTuple

import numpy as np

from ecosim.model.arithmetic import exp, log
from ecosim.model.compiled import inlined, kernel
from ecosim.model.firms import RESEARCH
from ecosim.model.listing import rows_with
from ecosim.model.luck import EXTRA_FILING, GRANTED_INVENTION, INNOVATION, four_uniforms, uniform


class Innovation(NamedTuple):
    """ln of the quarterly arrival rate of patent applications of an R&D performer."""

    level: float
    log_knowledge: float  # elasticity to R&D capital in 10k CNY
    spillover: float  # per log point of the neighbors' knowledge since the end of the spin-up
    log_staff: float  # elasticity to the share of S&T staff
    institute: float  # per rung of its R&D institute
    liaison: float  # with a liaison officer, who takes in what is known outside
    invention_share: float  # of applications that are inventions, the rest utility models and designs
    invention_granted: float  # share of invention applications that are granted in the end


SMALLEST_RATE = 1e-6
LARGEST_RATE = 200.0
UTILITY_DELAY = 3.0  # quarters until a utility model is granted, mean
INVENTION_DELAY = 8.0  # quarters until an invention is decided, mean
MARGIN = 1.0 + 1e-9  # above any error of rounding: whose draw is beyond it files nothing


@inlined
def log_rate(c, one, log_knowledge, spillover, log_staff, institute, liaison):
    """Linear predictor of ln(arrival rate)."""
    return (
        c.level * one
        + c.log_knowledge * log_knowledge
        + c.spillover * spillover
        + c.log_staff * log_staff
        + c.institute * institute
        + c.liaison * liaison
    )


@kernel
def candidates(firms: Any, listed: Any, marks: Any) -> int:
    """Rows that do R&D or wait for a patent; fills `listed`, (block,), and returns how many. marks: 8-bit scratch."""
    performs, pending, inventions_pending = firms.performs, firms.pending, firms.inventions_pending
    for i in range(performs.size):
        marks[i] = (performs[i] | pending[i] | inventions_pending[i]) != 0
    return rows_with(np.int8(1), marks[: performs.size], listed)


@kernel
def act(
    c: Any,
    firms: Any,
    terms: Any,
    survey: Any,
    condition: float,
    luck: Any,
    quarter: Any,
    work: Any,
) -> None:
    """File and be granted patents; a subsidy draws applications that stand for no invention.

    NB2 with dispersion 1 is geometric: n = floor(ln u / ln(rate / (1 + rate))).
    """
    listed, uid = work[7].view(np.uint64), work[6].view(np.uint64)
    size = candidates(firms, listed, work[0].view(np.int8))
    near, staff, knowledge, log_employees = work[0], work[1], work[2], work[3]
    institute, liaison = work[4], work[5]
    for k in range(size):
        i = listed[k]
        uid[k] = firms.uid[i]
        near[k] = survey.spillover[firms.sector[i], firms.zone[i]]
        staff[k] = firms.staff[i] + firms.experts[i]  # part-time experts work beside the staff
        log_employees[k] = firms.log_employees[i]
        knowledge[k] = firms.knowledge[i]
        institute[k] = firms.institute[i]
        liaison[k] = firms.liaison[i]
    chance = work[5]
    for k in range(size):
        staff[k] = staff[k] * exp(-log_employees[k])
    for k in range(size):
        staff[k] = log(10.0 * min(max(staff[k], 0.01), 1.0))
    for k in range(size):
        knowledge[k] = log(max(knowledge[k], 1e-3))
    for k in range(size):
        value = log_rate(c, 1.0, knowledge[k], near[k], staff[k], institute[k], liaison[k])
        rate = min(max(exp(value + condition), SMALLEST_RATE), LARGEST_RATE)
        chance[k] = rate / (1.0 + rate)  # of one application or more
    arrival, split, utility_draw, invention_draw = work[0], work[1], work[2], work[3]
    for k in range(size):
        draws = four_uniforms(luck[0], luck[1], uid[k], quarter, INNOVATION)
        arrival[k], split[k], utility_draw[k], invention_draw[k] = draws
    clear(firms)
    be_granted(c, firms, listed[:size], luck, quarter, work)
    file(c, firms, terms, listed[:size], luck, quarter, work)


@kernel
def be_granted(c: Any, firms: Any, listed: Any, luck: Any, quarter: Any, work: Any) -> None:
    """Part of what is pending is decided. Uniforms of rows listed in work[2] and work[3]; work[4], work[8]: scratch."""
    pending, inventions_pending, patents = firms.pending, firms.inventions_pending, firms.patents
    grants, grants_inventions = firms.granted, firms.inventions_granted
    utility_draw, invention_draw, utility, decided = work[2], work[3], work[4], work[8]
    for k in range(listed.size):
        utility[k], decided[k] = pending[listed[k]], inventions_pending[listed[k]]
    for k in range(listed.size):
        utility[k] = int(utility[k] / UTILITY_DELAY + utility_draw[k])
        decided[k] = int(decided[k] / INVENTION_DELAY + invention_draw[k])
    touched, those = 0, work[2].view(np.int64)
    for k in range(listed.size):
        those[touched] = k
        touched += (utility[k] > 0.0) | (decided[k] > 0.0)
    for n in range(touched):
        i, models, inventions = listed[those[n]], int(utility[those[n]]), 0
        granted = decided[those[n]] * c.invention_granted
        if granted > 0.0:
            inventions = int(granted + uniform(luck[0], luck[1], firms.uid[i], quarter, GRANTED_INVENTION))
        pending[i] -= models
        inventions_pending[i] -= int(decided[those[n]])
        grants[i] = models + inventions
        grants_inventions[i] = inventions
        patents[i] += models + inventions


@kernel
def file(c: Any, firms: Any, terms: Any, listed: Any, luck: Any, quarter: Any, work: Any) -> None:
    """Performers among the rows listed apply. work[0], work[1]: uniforms, work[5]: the chance of one or more."""
    performs, aware, kind = firms.performs, firms.aware, firms.kind
    files, files_inventions, pending = firms.filed, firms.inventions_filed, firms.pending
    inventions_pending = firms.inventions_pending
    arrival, split, chance, those = work[0], work[1], work[5], work[2].view(np.int64)
    filing = 0
    for k in range(listed.size):
        those[filing] = k
        filing += (arrival[k] <= chance[k] * MARGIN) & (performs[listed[k]] == 1)
    count, odds = work[3], work[4]
    for n in range(filing):
        count[n], odds[n] = arrival[those[n]], chance[those[n]]
    for n in range(filing):
        count[n] = log(count[n]) / log(odds[n])
    for n in range(filing):
        i, filed = listed[those[n]], int(count[n])
        if filed > 0:
            share, extra = c.invention_share, 0
            if (aware[i] & RESEARCH) != 0:
                subsidized = filed * terms.patent_subsidy[kind[i]]
                extra = int(subsidized + uniform(luck[0], luck[1], firms.uid[i], quarter, EXTRA_FILING))
                share = min(share + terms.invention_premium[kind[i]], 1.0)
            inventions = int(filed * share + split[those[n]])
            files[i] = filed + extra  # the extra ones are utility models that stand for no invention
            files_inventions[i] = inventions
            pending[i] += filed + extra - inventions
            inventions_pending[i] += inventions


@kernel
def clear(firms: Any) -> None:
    """Nothing filed or granted yet in this quarter."""
    firms.filed[:] = 0
    firms.inventions_filed[:] = 0
    firms.granted[:] = 0
    firms.inventions_granted[:] = 0
