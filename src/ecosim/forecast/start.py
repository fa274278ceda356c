"""Where a forecast starts: firms grown in a spin-up, then certified until they match the last observed counts."""

from dataclasses import dataclass, replace
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.behaviors import certification
from ecosim.behaviors.decisions import Behaviors
from ecosim.behaviors.rules import FirmRules
from ecosim.data.periods import QUARTERS_PER_YEAR
from ecosim.model import survey as census
from ecosim.model.arithmetic import exp, log
from ecosim.model.compiled import kernel
from ecosim.model.ecosystem import DECISION_QUARTER, EcosystemModel, Policy
from ecosim.model.firms import CERTIFICATION, HIGH_TECH, RESEARCH, TECH_SME, Columns, Firms
from ecosim.model.luck import CONDITIONING, CONDITIONING_GAP, Key, generator_of, uniforms
from ecosim.model.people import Pool
from ecosim.model.population import synthesize
from ecosim.model.region import FOREIGN_FROM, Region
from ecosim.model.terms import Terms

SPIN_UP = 36  # quarters; a member's own year before the origin makes it ten years
PEOPLE_SHARE = 0.05  # S&T people looking for a post at the start of the spin-up, over all employees
TIER = 100.0  # puts every firm that may apply before every firm that may not, and performers before the rest
SURVIVAL = 0.887  # of certified firms over three years, at 4 % closing a year, assumption
MOST_RENEWED = 0.99
LEAST_REST = 0.1  # of what was assumed of cohorts that were not counted, in a member whose stock is small; assumption
LARGEST_HAZARD = 5.0  # of a log hazard shift that solves for a flow; beyond it everybody who may apply is certified


@dataclass(frozen=True)
class Template:
    """The state after the spin-up, shared by members."""

    firms: Firms
    people: Pool  # who look for a post
    reference: float
    spillover_reference: NDArray[np.float64]  # spillover counts relative to the end of the spin-up


@dataclass(frozen=True)
class Ladder:
    """Certificates at the origin in one place, real firms.

    cohorts: high-tech certificates given in the last year, the year before and two years before; stocks are levels at
    the origin; expired: the cohort that came up for renewal in the last year; tech_sme_flow: new ones in that year;
    foreign is None where it is not known; counted: how many of the cohorts were counted beside a stock that was not;
    before: the stock a year before the last one's end and two years before, None where it was not counted.
    """

    tech_sme_stock: float
    tech_sme_flow: float
    cohorts: tuple[float, float, float]
    expired: float
    foreign: float | None = None
    counted: int = 0
    before: tuple[float | None, float | None] = (None, None)

    @property
    def high_tech_stock(self) -> float:
        """High-tech certificates in force."""
        first, second, third = self.cohorts
        return first + second + third

    def scaled(self, high_tech: float, tech_sme: float, tech_sme_flow: float) -> "Ladder":
        """The same place at other levels, given as factors; counted cohorts stay, and the others fit the stock."""
        kept, stock = sum(self.cohorts[: self.counted]), self.high_tech_stock
        rest = max((high_tech * stock - kept) / (stock - kept), LEAST_REST) if self.counted else high_tech
        first, second, third = (
            cohort * (1.0 if number < self.counted else rest) for number, cohort in enumerate(self.cohorts)
        )
        return replace(
            self,
            tech_sme_stock=self.tech_sme_stock * tech_sme,
            tech_sme_flow=self.tech_sme_flow * tech_sme_flow,
            cohorts=(first, second, third),
            expired=self.expired * rest,
        )

    def first_certifications(self, renewal: float) -> float:
        """High-tech certificates of the last year that were no renewals; at least a tenth of them."""
        return max(self.cohorts[0] - renewal * self.expired, 0.1 * self.cohorts[0])


def spin_up(
    region: Region,
    agents: int,
    behaviors: Behaviors,
    policies: dict[str, Policy],
    origin: int,
    key: Key,
) -> Template:
    """Firms of a region after nine years under the baseline's rules, at a quarter (index)."""
    growth = behaviors.entry.growth
    count = max(50, ceil(agents * np.exp(-growth * SPIN_UP / QUARTERS_PER_YEAR)))
    firms = synthesize(region, count, key)
    rows = firms.rows
    people = int(np.exp(firms.columns.log_employees[rows]).sum() * PEOPLE_SHARE)
    model = EcosystemModel(
        region,
        firms,
        FirmRules(behaviors, region),
        policies=policies,
        key=key,
        quarter=origin - SPIN_UP,
        people=people,
    )
    for _ in range(SPIN_UP):
        model.step()
    census.set_reference(model.survey)
    return Template(model.firms, model.pool, model.reference, model.survey.reference)


def condition(model: EcosystemModel, ladder: Ladder, behaviors: Behaviors) -> tuple[Behaviors, tuple[str, ...]]:
    """Certify firms until the model holds the ladder's certificates, and set the hazards to its flows.

    The firms most likely to be certified are, with their luck as noise; cohorts are spread among them at random.
    Returns the behaviors with the intercepts of both rungs solved, so that expected flows equal the observed ones
    under the terms in force at the origin, and the flows that too few firms could apply for to be reached.
    """
    model.revise_terms()
    firms, weight = model.firms, model.weight
    size = firms.capacity
    scores, order = np.empty(size), np.empty(size, np.int64)
    key = (np.uint64(model.key.seed), np.uint64(model.key.member))
    columns = firms.columns
    columns.certificate[: firms.top] = 0
    columns.held[: firms.top] = 0
    columns.honored[: firms.top] = 0  # who is not chosen has never held the second rung
    columns.event[: firms.top] = 0
    rank(behaviors.certification, columns, model.terms, key, firms.top, scores)
    order = np.argsort(-scores[: firms.top], kind="stable")
    alive = order[columns.alive[order] == 1]
    counts = [_whole(cohort / weight, model, number) for number, cohort in enumerate(ladder.cohorts)]
    chosen = _choose(alive, sum(counts), ladder.foreign, weight, columns.ownership)
    since = (model.quarter - DECISION_QUARTER) % QUARTERS_PER_YEAR
    least_fresh = float(model.terms.criteria[5])
    _certify(columns, chosen, HIGH_TECH, least_fresh if np.isfinite(least_fresh) else 0.0)
    held = np.repeat([since, since + 4, since + 8], counts)[: chosen.size]
    columns.held[chosen] = held[_shuffle(chosen, columns.uid, key)]
    rest = alive[~np.isin(alive, chosen)]
    small = rest[columns.log_employees[rest] <= certification.LARGEST_TECH_SME]
    more = min(max(_whole(ladder.tech_sme_stock / weight, model, 3) - sum(counts), 0), small.size)
    _certify(columns, small[:more], TECH_SME)
    columns.held[small[:more]] = 4
    model.take_survey()
    model.progress.begin(model)
    c = behaviors.certification
    yearly = ladder.first_certifications(c.renewal) / weight
    # the rate is of the cohort of three years before, closed firms included; those still there renew more often
    c = c._replace(renewal=min(c.renewal / SURVIVAL, MOST_RENEWED))
    second = solve(c, firms, model.terms, HIGH_TECH, yearly)
    c = c._replace(high_tech=c.high_tech + second.shift)
    # those who skip the first rung enter its list too
    quarterly = max(ladder.tech_sme_flow / weight - second.skipping, 0.0) / QUARTERS_PER_YEAR
    first = solve(c, firms, model.terms, TECH_SME, quarterly)
    c = c._replace(tech_sme=c.tech_sme + first.shift)
    short = [name for name, found in (("tech_sme_new", first), ("hnte_new", second)) if not found.reached]
    return behaviors._replace(certification=c), tuple(short)


def _whole(value: float, model: EcosystemModel, number: int) -> int:
    """A count of agents, rounded by the member's own luck so that the mean over members is exact."""
    draw = generator_of(model.key.seed, model.key.member).random(number + 1)[number]
    return int(np.floor(value + draw)) if model.weight > 1 else round(value)


def _choose(
    alive: NDArray[np.int64], count: int, foreign: float | None, weight: int, ownership: NDArray[np.int8]
) -> NDArray[np.int64]:
    if foreign is None:
        return alive[:count]
    abroad = ownership[alive] >= FOREIGN_FROM
    wanted = min(round(foreign / weight), count, int(abroad.sum()))
    local = alive[~abroad][: count - wanted]
    return np.concatenate([alive[abroad][: count - local.size], local])


def _shuffle(rows: NDArray[np.int64], uid: NDArray[np.uint64], key: tuple[np.uint64, np.uint64]) -> NDArray[np.int64]:
    draws = np.empty(rows.size)
    lots(key, uid[rows], draws)
    return np.argsort(draws, kind="stable")


def _certify(columns: Columns, rows: NDArray[np.int64], rung: int, least_fresh: float = 0.0) -> None:
    """Give certificates; a holder performs R&D, holds a patent, sells new products and knows the programs."""
    columns.certificate[rows] = rung
    if rung == HIGH_TECH:
        columns.honored[rows] = 1
        columns.fresh[rows] = np.maximum(columns.fresh[rows], least_fresh)
    columns.performs[rows] = 1
    columns.aware[rows] |= CERTIFICATION | RESEARCH
    columns.patents[rows] = np.maximum(columns.patents[rows], 1)


class Solved(NamedTuple):
    """Shift of a log hazard; whether it gives the flow; expected firms in it that held no certificate."""

    shift: float
    reached: bool
    skipping: float


def solve(c: certification.Certification, firms: Firms, terms: Terms, rung: int, flow: float) -> Solved:
    """Shift of the log hazard under which those who may apply for a rung give the expected flow in a window."""
    rows, hazards = np.empty(firms.capacity, np.int64), np.empty(firms.capacity)
    count = certification.expected(c, firms.columns, terms, rung, firms.top, rows, hazards)
    values = hazards[:count]
    low, high = -20.0, LARGEST_HAZARD
    if count == 0 or flow <= 0:
        return Solved(low, True, 0.0) if flow <= 0 else Solved(0.0, False, 0.0)
    for _ in range(60):
        middle = 0.5 * (low + high)
        if -np.expm1(-np.exp(values + middle)).sum() < flow:
            low = middle
        else:
            high = middle
    shift = 0.5 * (low + high)
    chances = -np.expm1(-np.exp(values + shift))
    without = firms.columns.certificate[rows[:count]] == 0
    return Solved(shift, bool(chances.sum() > 0.99 * flow), float(chances[without].sum()))


@kernel
def rank(c, firms, terms, key, top, scores):  # type: ignore[no-untyped-def]
    """Score of each firm for a certificate: tiers of who may apply, then log hazard plus Gumbel noise."""
    zero = np.uint64(0)
    for i in range(top):
        if firms.alive[i] == 0:
            scores[i] = -1e9
            continue
        u, _ = uniforms(key[0], key[1], firms.uid[i], zero, CONDITIONING)
        tier = 1.0 if firms.performs[i] == 1 else 0.0
        if certification.firm_may_apply(c, firms, terms, i, TECH_SME):
            tier = 2.0
        if certification.firm_may_apply(c, firms, terms, i, HIGH_TECH):
            # of firms whose hazard lies behind, only its part has come so far
            behind = certification.ownership_gap(c, firms.ownership[i])
            come, _ = uniforms(key[0], key[1], firms.uid[i], zero, CONDITIONING_GAP)
            tier = 3.0 if come < exp(behind) else tier
        score = certification.firm_log_hazard(c, firms, terms, i, HIGH_TECH) - log(-log(u))
        scores[i] = score + TIER * tier


@kernel
def lots(key, uids, draws):  # type: ignore[no-untyped-def]
    """A uniform for each firm, to spread cohorts."""
    for k in range(uids.size):
        _, draws[k] = uniforms(key[0], key[1], uids[k], np.uint64(0), CONDITIONING)
