"""The rules of firms as the ecosystem calls them: compiled behaviors with their coefficients for one region."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import pdtr, pdtrik

from ecosim.behaviors import arrivals, candidacy, entry, hiring, institutes, matching, outside, service
from ecosim.behaviors.arrivals import Newcomer
from ecosim.behaviors.decisions import Behaviors, Weather, decide
from ecosim.behaviors.entry import Traits
from ecosim.behaviors.hiring import Turnover
from ecosim.data.periods import QUARTERS_PER_YEAR
from ecosim.model.arithmetic import poisson
from ecosim.model.compiled import brief
from ecosim.model.ecosystem import Arrivals, EcosystemModel
from ecosim.model.firms import CERTIFICATION, SKILLS, SOURCES
from ecosim.model.luck import ARRIVAL, ARRIVAL_TRAITS, uniform, uniforms
from ecosim.model.offers import SERVICES, Offer
from ecosim.model.region import FOREIGN_FROM, OWNERSHIP, SECTORS, Region

WORD = 2**32 - 1
MANY = 30.0  # from this mean on a Poisson count is found by its quantile, not by summing up
MOST_STACKS = 32  # of offers that are remembered between two dates
LOCAL, ELSEWHERE = SOURCES.index("local"), SOURCES.index("elsewhere")


class FirmRules:
    """Implements `ecosim.model.ecosystem.Rules`. behaviors: coefficients; region: where arrivals settle."""

    def __init__(self, behaviors: Behaviors, region: Region) -> None:
        self.behaviors = behaviors
        self.sectors = np.cumsum([region.sectors.get(name, 0.0) for name in SECTORS])
        self.zones = np.cumsum([zone.share for zone in region.zones.values()])
        self.owners = np.cumsum([region.ownership.get(name, 0.0) for name in OWNERSHIP])
        newcomers = _newcomers(behaviors, region)
        self.traits = _traits(behaviors, newcomers)
        self.lumps = np.array([newcomer.lumps for newcomer in newcomers])
        self.within_reach = outside.within_reach(behaviors.outside, region)

    def decide(self, model: EcosystemModel, weather: dict[str, float], decides: bool) -> None:
        """Every firm decides; one compiled call for the quarter."""
        np.multiply(self.within_reach, model.terms.nearness / model.weight, out=model.survey.outside)
        decide(
            self.behaviors,
            model.firms.columns,
            model.terms,
            model.survey,
            Weather(decides=decides, **weather),
            luck(model),
            np.uint64(model.quarter),
            model.firms.top,
        )

    def give(
        self, model: EcosystemModel, given: list[Offer], places: list[int]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Firms take whole places of offers: how many want one of each and get one; these rows, offer after offer."""
        f, top = model.firms.columns, model.firms.top
        services, eligible = stacked(given, model.stretch().memory)
        most = [min(max(number, 0), top) for number in places]
        asking, served = np.empty((2, len(given)), np.int64)
        lists = len(SERVICES) + 1
        rows = model.firms.scratch(lists + len(given), np.int64)
        asked, chosen = rows[lists:].ravel(), np.empty(sum(most), np.int64)
        service.give(
            self.behaviors.service, services, np.array(most), eligible, luck(model), np.uint64(model.quarter), top,
            f.uid, f.alive, f.kind, f.age, f.performs, f.patents, f.log_employees, f.knowledge, f.certificate, f.source,
            f.aware, f.visited, f.assisted, f.liaison, f.matched, f.incubated, rows[:lists],
            model.firms.scratch(4, np.float64), asking, served, asked, chosen,
        )  # fmt: skip
        return asking, served, asked, chosen

    def certifiable(self, model: EcosystemModel) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """Rows of R&D performers below the second rung, and the rungs for which the rules would let them apply."""
        f, top = model.firms.columns, model.firms.top
        rows, (wanted, rungs) = np.empty(top, np.int64), np.empty((2, top), np.uint8)
        willing = np.full(top, CERTIFICATION, np.int8), np.ones(top)
        count = candidacy.certifiable(
            self.behaviors.certification, model.terms.criteria, f.alive, f.performs, f.certificate, f.age, f.patents,
            f.staff, f.fresh, f.log_employees, f.log_productivity, f.reported, f.research, *willing,
            wanted, rows, rungs,
        )  # fmt: skip
        return rows[:count], rungs[:count]

    def queue(self, model: EcosystemModel) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Rows of the firms that wait for the review of an R&D institute, the rungs they ask for, how they rank."""
        top = model.firms.top
        f = model.firms.columns
        rows = model.firms.scratch(1, np.int64)[0]
        count = institutes.waiting_rows(f.waiting, f.alive, top, rows)
        rungs, scores = np.empty(count, np.int64), np.empty(count)
        institutes.queue(
            self.behaviors.institutes, rows[:count], f.waiting, f.institute, f.research, f.certificate, f.staff,
            f.log_employees, f.ownership, f.kind, model.terms.institute_award, rungs, scores,
        )  # fmt: skip
        return rows[:count], rungs, scores

    def recognize(self, model: EcosystemModel, rows: NDArray[np.int64]) -> None:
        """The R&D institutes of these firms are recognized at the next rung."""
        institutes.climb(model.firms.columns.institute, model.firms.columns.waiting, rows)

    def turn_over(self, model: EcosystemModel) -> tuple[Turnover, NDArray[np.int64]]:
        """Staff leave their firms and vacancies are posted; returns the flows and the rows with vacancies."""
        zones, top = len(model.region.zones), model.firms.top
        flows = np.zeros((4, zones, len(SKILLS)), np.int64)
        flow = Turnover(*flows, np.zeros(zones, np.int64))
        rows = model.firms.scratch(3, np.int64)
        count = hiring.turn_over(
            self.behaviors.hiring,
            model.firms.columns,
            model.terms,
            luck(model),
            np.uint64(model.quarter),
            top,
            flow,
            rows,
            model.firms.scratch(6, np.float64),
        )
        return flow, rows[0, :count]

    def supply(self, model: EcosystemModel, flow: Turnover) -> None:
        """Those who left look again or leave the region, and people come from outside."""
        nearness, pool = model.terms.nearness, model.pool
        matching.supply(self.behaviors.hiring, flow, nearness, pool, luck(model), np.uint64(model.quarter))

    def match(self, model: EcosystemModel, vacant: NDArray[np.int64]) -> NDArray[np.int64]:
        """People leave the pool for posts; returns hires, (zones, skills)."""
        hires = np.zeros_like(vacant)
        matching.match(self.behaviors.hiring, vacant, model.pool, luck(model), np.uint64(model.quarter), hires)
        return hires

    def fill(
        self, model: EcosystemModel, rows: NDArray[np.int64], vacant: NDArray[np.int64], hires: NDArray[np.int64]
    ) -> int:
        """Hires go to the firms with vacancies; returns people."""
        columns = model.firms.columns
        return int(matching.fill(columns, rows, vacant, hires, luck(model), np.uint64(model.quarter)))

    def founders(self, model: EcosystemModel) -> Arrivals:
        """Local founders beside their parent firms, and arrivals from outside the region."""
        c, terms = self.behaviors.entry, model.terms
        living = len(model.firms)
        alive = max(living, 1)
        rate = self.founding_rate(model, alive)
        mean = float(np.exp(c.outside + terms.pull[ELSEWHERE])) * alive / QUARTERS_PER_YEAR
        flows = [self._local(model, rate), self._outside(model, mean)]
        now = np.uint64(model.quarter)
        if terms.arrivals.any():
            flows.append(arrivals.come(self.traits, self.lumps, terms, model.weight, luck(model), now))
        flows = [flow for flow in flows if flow.uids.size] or flows[:1]
        columns: Any = map(np.concatenate, zip(*(flow[:5] for flow in flows), strict=True))
        together = Arrivals(*columns) if len(flows) > 1 else flows[0]
        zones = len(model.region.zones)
        return arrivals.admit(self.traits, terms.entry_standard, zones, luck(model), now, together)

    def founding_rate(self, model: EcosystemModel, alive: int) -> float:
        """Founders per firm in the quarter; the number of firms that the place carries grows a quarter."""
        c = self.behaviors.entry
        model.reference *= float(np.exp(c.growth / QUARTERS_PER_YEAR))
        crowding = float(np.log(alive / max(model.reference, 1.0)))
        return float(entry.founding_rate(c, crowding))

    def _local(self, model: EcosystemModel, rate: float) -> Arrivals:
        room = int(len(model.firms) * min(rate, 5.0) * 1.5) + 64
        founding = model.terms.founding
        lift = np.exp(founding) if founding.any() else np.ones(founding.size)
        while True:
            parents, uids = np.empty(room, np.int64), np.empty(room, np.uint64)
            count = entry.spawn(
                rate, lift, model.firms.columns, luck(model), np.uint64(model.quarter), model.firms.top, parents, uids
            )
            if count <= room:
                break
            room = count
        rows = parents[:count]
        columns = model.firms.columns
        return Arrivals(
            uids[:count],
            columns.sector[rows],
            columns.zone[rows],
            columns.ownership[rows],
            np.full(count, LOCAL, np.int8),
        )

    def _outside(self, model: EcosystemModel, mean: float) -> Arrivals:
        draw = region_draw(model, 1)
        count = few_of(draw, mean) if mean < MANY else poisson_count(draw, mean)
        uids, places = np.empty(count, np.uint64), np.empty((3, count), np.int8)
        if count:
            now = np.uint64(model.quarter)
            arrival_traits(luck(model), now, self.sectors, self.zones, self.owners, uids, *places)
        return Arrivals(uids, *places, np.full(count, ELSEWHERE, np.int8))

    def furnish(self, model: EcosystemModel, rows: NDArray[np.int64], uids: NDArray[np.uint64]) -> None:
        """Give new firms their traits."""
        entry.furnish(
            self.traits,
            model.firms.columns,
            len(model.region.zones),
            model.survey.mean_productivity,
            model.survey.mean_change,
            luck(model),
            np.uint64(model.quarter),
            rows,
            uids,
        )


def stacked(given: list[Offer], memory: dict[Any, Any]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Services of offers, (offers,), and whom they are for, (offers, kinds). memory: of offers that came before."""
    known, key = memory.setdefault("offers", {}), tuple([(offer.service, id(offer.eligible)) for offer in given])
    if key not in known:
        if len(known) >= MOST_STACKS:
            known.clear()
        masks = [offer.eligible for offer in given]  # kept, so that no other array can have the identity of one
        known[key] = np.array([offer.service for offer in given]), np.array(masks), masks
    services, eligible, _ = known[key]
    return services, eligible


def _newcomers(behaviors: Behaviors, region: Region) -> list[Newcomer]:
    """Who comes from each source, in the order of SOURCES."""
    c = behaviors.entry
    home = Newcomer(c.log_size, c.size_spread, c.productivity, c.productivity_spread, c.performs, 0.0, 0.0, 0.0)
    of_foreign = [region.ownership.get(name, 0.0) for name in OWNERSHIP[FOREIGN_FROM:]]
    japanese = region.ownership.get("japanese", 0.0) / max(sum(of_foreign), 1e-9)
    afar = home._replace(log_size=c.arrival_log_size, foreign=sum(of_foreign), japanese=japanese)
    special = {
        "shanghai": behaviors.shanghai_firm,
        "foreign_project": behaviors.foreign_project,
        "talent": behaviors.talent_founder,
        "incubated": behaviors.start_up,
        "elsewhere": afar,
    }
    return [special.get(name, home) for name in SOURCES]


def _traits(behaviors: Behaviors, newcomers: list[Newcomer]) -> Traits:
    """The same by trait, (sources,) each; only sources without a size of their own for it add one for foreign firms."""
    by_trait = {name: np.array([getattr(newcomer, name) for newcomer in newcomers]) for name in Newcomer._fields[:-1]}
    own = np.array([name in ("incumbent", "local", "elsewhere") for name in SOURCES])
    larger = np.where(own, behaviors.entry.foreign_size, 0.0)
    return Traits(foreign_size=larger, fresh=behaviors.entry.fresh, **by_trait)


def luck(model: EcosystemModel) -> tuple[np.uint64, np.uint64]:
    """The model's key as the kernels take it."""
    return np.uint64(model.key.seed & WORD), np.uint64(model.key.member & WORD)


def region_draw(model: EcosystemModel, number: int) -> float:
    """A uniform of the region itself in the present quarter."""
    return float(one_draw(luck(model), np.uint64(model.quarter), np.uint64(number)))


def poisson_count(u: float, mean: float) -> int:
    """Count by inversion of one uniform: a higher mean with the same u never gives fewer. For any mean."""
    if mean <= 0:
        return 0
    count = max(int(np.ceil(pdtrik(u, mean))), 0)
    return count - 1 if count > 0 and pdtr(count - 1, mean) >= u else count


@brief
def few_of(u: float, mean: float) -> int:
    """As `poisson_count`, for means below MANY."""
    return poisson(u, mean)


@brief
def one_draw(key: Any, quarter: Any, number: Any) -> float:
    """A uniform named by a number instead of a firm."""
    return uniform(key[0], key[1], number, quarter, ARRIVAL)


@brief
def arrival_traits(
    key: Any, quarter: Any, sectors: Any, zones: Any, owners: Any, uids: Any, sector: Any, zone: Any, ownership: Any
) -> None:
    """Identities of the arrivals of a quarter, by (quarter, number), and where they settle; (n,) arrays out.

    sectors, zones, owners: cumulative shares.
    """
    for k in range(uids.size):
        number = np.uint64(k)
        uids[k] = entry.child_uid(number | np.uint64(1 << 63), quarter, number)
        first, second = uniforms(key[0], key[1], uids[k], quarter, ARRIVAL_TRAITS)
        third = uniform(key[0], key[1], uids[k], quarter, ARRIVAL)
        sector[k] = np.searchsorted(sectors, first * sectors[-1])
        zone[k] = np.searchsorted(zones, second * zones[-1])
        ownership[k] = np.searchsorted(owners, third * owners[-1])
