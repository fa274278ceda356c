"""The rules of firms as the ecosystem calls them: compiled behaviors with their coefficients for one region."""

from math import fsum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import pdtr, pdtrik

from ecosim.behaviors import arrivals, candidacy, entry, institutes, matching, outside, service
from ecosim.behaviors.arrivals import Batch, Newcomer, Shares
from ecosim.behaviors.decisions import BLOCK, ROOM, Behaviors, book_of, decide
from ecosim.behaviors.entry import Traits
from ecosim.data.periods import QUARTERS_PER_YEAR
from ecosim.model.arithmetic import poisson
from ecosim.model.compiled import apart, brief
from ecosim.model.ecosystem import Arrivals, EcosystemModel
from ecosim.model.firms import SOURCES
from ecosim.model.luck import ARRIVAL, uniform
from ecosim.model.offers import SERVICES, Stack
from ecosim.model.region import FOREIGN_FROM, OWNERSHIP, SECTORS, Region
from ecosim.model.table import columns_of
from ecosim.model.terms import Terms

MANY = 30.0  # from this mean on a Poisson count is found by its quantile, not by summing up
LOCAL, ELSEWHERE = SOURCES.index("local"), SOURCES.index("elsewhere")


class FirmRules:
    """Implements `ecosim.model.ecosystem.Rules`. behaviors: coefficients; region: where arrivals settle."""

    def __init__(self, behaviors: Behaviors, region: Region) -> None:
        self.behaviors = behaviors
        self.book = book_of(behaviors)
        self.shares = Shares(
            np.cumsum([region.sectors.get(name, 0.0) for name in SECTORS]),
            np.cumsum([zone.share for zone in region.zones.values()]),
            np.cumsum([region.ownership.get(name, 0.0) for name in OWNERSHIP]),
        )
        newcomers = _newcomers(behaviors, region)
        self.traits = _traits(behaviors, newcomers)
        self.traits_book = entry.book_of(self.traits)
        self.lumps = [(source, each.lumps) for source, each in enumerate(newcomers) if each.lumps > 0.0]
        self.growth = float(np.exp(behaviors.entry.growth / QUARTERS_PER_YEAR))  # of the firms that the place carries
        self._pulled: tuple[Any, ...] = (None,)  # terms of pull, and what follows from them, most often the same
        self.within_reach = outside.within_reach(behaviors.outside, region)

    def decide(self, model: EcosystemModel, weather: dict[str, float], decides: bool) -> None:
        """Every firm decides; one compiled call for the quarter."""
        firms = model.firms
        decide(
            self.book, self.within_reach, model.weight, firms.table, model.terms_table, model.survey_table,
            weather["demand"], weather["research"], weather["invention"], weather["tech_sme"], weather["high_tech"],
            decides, model.luck, np.uint64(model.quarter), firms.top, firms.scratch(ROOM, np.float64, BLOCK),
        )  # fmt: skip

    def give(
        self, model: EcosystemModel, given: Stack, places: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Firms take whole places of offers: how many want one of each and get one; these rows, offer after offer."""
        firms, lists = model.firms, len(SERVICES)
        asking, served = np.empty((2, places.size), np.int64)
        rows = firms.scratch(lists + places.size, np.int64)
        asked, chosen = rows[lists:].ravel(), np.empty(sum(places.tolist()), np.int64)
        service.give(
            self.book, given.services, places, given.eligible, given.open_to_all, model.luck,
            np.uint64(model.quarter), firms.table, firms.top, rows[:lists], firms.scratch(3, np.float64),
            asking, served, asked, chosen,
        )  # fmt: skip
        return asking, served, asked, chosen

    def certifiable(self, model: EcosystemModel) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """Rows of R&D performers below the second rung, and the rungs for which the rules would let them apply."""
        firms, top = model.firms, model.firms.top
        rows, (wanted, rungs, willing) = np.empty(top, np.int64), np.empty((3, top), np.int8)
        inert = firms.scratch(1, np.float64)[0]
        count = candidacy.certifiable(self.book, model.terms.criteria, firms.table, willing, inert, wanted, rows, rungs)
        return rows[:count], rungs[:count].view(np.uint8)

    def queue(self, model: EcosystemModel) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Rows of the firms that wait for the review of an R&D institute, the rungs they ask for, how they rank."""
        firms = model.firms
        rows, rungs = firms.scratch(2, np.int64)
        scores = firms.scratch(1, np.float64)[0]
        count = institutes.queue(self.book, firms.table, model.terms.institute_award, firms.top, rows, rungs, scores)
        return rows[:count], rungs[:count], scores[:count]

    def recognize(self, model: EcosystemModel, rows: NDArray[np.int64]) -> None:
        """The R&D institutes of these firms are recognized at the next rung."""
        institutes.climb(model.firms.columns.institute, model.firms.columns.waiting, rows)

    def hire(self, model: EcosystemModel) -> tuple[int, int]:
        """People leave their firms, look or come, and meet open posts; returns the hired and who left the pool."""
        firms = model.firms
        hired, gone = matching.hire(
            self.book, firms.table, model.terms_table, *model.pool, model.luck, np.uint64(model.quarter), firms.top,
            firms.scratch(3, np.int64), firms.scratch(5, np.float64),
        )  # fmt: skip
        return hired, gone

    def founders(self, model: EcosystemModel) -> Arrivals:
        """Local founders beside their parent firms, and arrivals from outside the region."""
        terms, key, now = model.terms, model.luck, np.uint64(model.quarter)
        living = len(model.firms)
        alive = max(living, 1)
        rate = self.founding_rate(model, alive)
        draw, afar = self._drawn(terms)
        mean = afar * alive / QUARTERS_PER_YEAR
        many = poisson_count(region_draw(model, 1), mean) if mean >= MANY else -1
        pull = arrivals.lumped(draw / model.weight, self.lumps, terms, key, now)
        room = 256 + int(living * min(rate, 5.0) * 1.5)
        while True:
            batch = arrivals.room_for(room)
            parents = np.empty(room, np.int64)
            wanted, kept = gather(
                self.traits_book, rate, np.exp(terms.founding), *self.shares, mean, many, terms.arrivals, pull,
                terms.entry_standard, key, now, model.firms.table, model.firms.top, parents, *batch,
            )  # fmt: skip
            if wanted < 0:
                arrivals.check(terms, pull, model.weight)
            if wanted <= room:
                columns: Any = [column[:kept] for column in batch]
                return Arrivals(*columns, wanted - kept)
            room = wanted

    def _drawn(self, terms: Terms) -> tuple[NDArray[np.float64], float]:
        """The pull of the place, (sources,), and firms that come from elsewhere in a year for each firm here."""
        known = self._pulled
        if known[0] != (pull := terms.pull.tobytes()):
            afar = float(np.exp(self.behaviors.entry.outside + terms.pull[ELSEWHERE]))
            known = self._pulled = pull, np.exp(terms.pull), afar
        return known[1], known[2]

    def founding_rate(self, model: EcosystemModel, alive: int) -> float:
        """Founders per firm in the quarter; the number of firms that the place carries grows a quarter."""
        model.reference *= self.growth
        crowding = float(np.log(alive / max(model.reference, 1.0)))
        return float(entry.founding_rate(self.book, crowding))

    def furnish(self, model: EcosystemModel, rows: NDArray[np.int64], arrivals: Arrivals) -> None:
        """Give new firms their place, owner, source and traits, and count them."""
        survey = model.survey
        entry.furnish(
            self.traits_book, model.firms.table, len(model.region.zones), survey.mean_productivity, survey.mean_change,
            model.luck, np.uint64(model.quarter), rows, *arrivals[:5], model.births_by_source,
        )  # fmt: skip


def _newcomers(behaviors: Behaviors, region: Region) -> list[Newcomer]:
    """Who comes from each source, in the order of SOURCES."""
    c = behaviors.entry
    home = Newcomer(c.log_size, c.size_spread, c.productivity, c.productivity_spread, c.performs, 0.0, 0.0, 0.0)
    of_foreign = [region.ownership.get(name, 0.0) for name in OWNERSHIP[FOREIGN_FROM:]]
    foreign = fsum(of_foreign)
    japanese = region.ownership.get("japanese", 0.0) / max(foreign, 1e-9)
    afar = home._replace(log_size=c.arrival_log_size, foreign=foreign, japanese=japanese)
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


def region_draw(model: EcosystemModel, number: int) -> float:
    """A uniform of the region itself in the present quarter."""
    return float(one_draw(model.luck, np.uint64(model.quarter), np.uint64(number)))


def poisson_count(u: float, mean: float) -> int:
    """Count by inversion of one uniform: a higher mean with the same u never gives fewer. For any mean."""
    if mean <= 0:
        return 0
    count = max(int(np.ceil(pdtrik(u, mean))), 0)
    return count - 1 if count > 0 and pdtr(count - 1, mean) >= u else count


@brief
def one_draw(key: Any, quarter: Any, number: Any) -> float:
    """A uniform named by a number instead of a firm."""
    return uniform(key[0], key[1], number, quarter, ARRIVAL)


@apart
def gather(
    traits: Any, rate: float, lift: Any, sectors: Any, zones: Any, owners: Any, mean: float, many: int, expected: Any,
    pull: Any, standard: Any, key: Any, quarter: Any, table: Any, top: int, parents: Any, uids: Any, sector: Any,
    zone: Any, ownership: Any, source: Any,
) -> tuple[int, int]:  # fmt: skip
    """Firms that begin, in their order: local founders, arrivals from elsewhere, from the sources of policies.

    traits: of `entry.book_of`; sectors, zones, owners: of `Shares`; mean: expected from elsewhere; many: their number
    where it is known, else -1; uids to source: of a `Batch`, out. Returns how many would come, which may be more than
    there is room for, and how many of them meet the standard; -1 as `arrivals.come`.
    """
    c, firms, luck, room = traits[0], columns_of(table), (key[0], key[1]), uids.size
    shares, batch = Shares(sectors, zones, owners), Batch(uids, sector, zone, ownership, source)
    count = entry.spawn(rate, lift, firms, luck, quarter, top, parents, batch.uids)
    for k in range(min(count, room)):
        i = parents[k]
        batch.sector[k], batch.zone[k], batch.ownership[k] = firms.sector[i], firms.zone[i], firms.ownership[i]
        batch.source[k] = LOCAL
    number = many if many >= 0 else poisson(uniform(luck[0], luck[1], np.uint64(1), quarter, ARRIVAL), mean)
    count = arrivals.come_from_elsewhere(shares, number, luck, quarter, batch, count)
    count = arrivals.come(c, expected, pull, luck, quarter, batch, count)
    if count < 0 or count > room:
        return count, count
    return count, arrivals.admit(c, standard, zones.size, luck, quarter, batch, count)
