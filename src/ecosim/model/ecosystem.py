"""The quarter and the books: a Mesa model whose firms live in columns; it alone founds, closes, hires and pays."""

from collections.abc import Mapping
from typing import Any

import mesa
import numpy as np
from numpy.typing import NDArray

from ecosim.data.periods import QUARTERS_PER_YEAR, year_of
from ecosim.model import conditions as neutral_conditions
from ecosim.model import offers, systems
from ecosim.model import survey as census
from ecosim.model import terms as neutral_terms
from ecosim.model.agenda import Agenda, Standing, Stretch, agenda_of, payers_of, revise
from ecosim.model.agents import FirmSet
from ecosim.model.claims import Claims, hand_out
from ecosim.model.conditions import Conditions
from ecosim.model.firm import Firm
from ecosim.model.firms import INSTITUTES, SOURCES, Firms
from ecosim.model.handing_on import hand_on
from ecosim.model.ledger import Ledger
from ecosim.model.luck import Key, words
from ecosim.model.observation import OBSERVED, observe
from ecosim.model.offers import LeftOver, Offer, Taken
from ecosim.model.people import Pool, spread
from ecosim.model.progress import Progress
from ecosim.model.protocols import Arrivals, Events, Policy, Rules
from ecosim.model.region import Region
from ecosim.model.systems import SYSTEM_SERIES
from ecosim.model.take_up import TakeUp, mark_asked

__all__ = ["DECISION_QUARTER", "OBSERVED", "Arrivals", "EcosystemModel", "Events", "Policy", "Rules"]

NOBODYS_LUCK = Key(0, 0)
DECISION_QUARTER = 3  # index in the year: high-tech enterprises are announced in the last quarter of a year


class EcosystemModel(mesa.Model):
    """Firms of one region under policies, quarter by quarter.

    Parameters: region; firms (the table to start from, owned by the model from now on); rules; policies by name;
    conditions (paths over quarters from the start); key (whose luck); weight (firms that one agent stands for);
    quarter (index of the last quarter that has passed); people (S&T people looking for a post: a number, or
    the pool of another model, which is copied);
    reference (number of firms that the place carries); spillover_reference (ln of neighbors' knowledge that counts
    as none, (sectors, zones)).
    A `mesa.DataCollector` that is set as `datacollector` collects at the end of every step.
    Source of the layout: structure of arrays under `mesa.Model`; see docs/model.md.
    """

    datacollector: mesa.DataCollector

    def __init__(
        self,
        region: Region,
        firms: Firms,
        rules: Rules,
        *,
        policies: dict[str, Policy] | None = None,
        conditions: Conditions | None = None,
        key: Key = NOBODYS_LUCK,
        weight: int = 1,
        quarter: int = 0,
        people: int | Pool = 0,
        rng: Any = None,
        reference: float | None = None,
        spillover_reference: NDArray[np.float64] | None = None,
    ) -> None:
        super().__init__(rng=rng if rng is not None else key.seed)
        for wrapper in ("step", "_user_step"):  # Mesa's refer to the model in a circle, which would keep its memory
            delattr(self, wrapper)
        self.region = region
        self.firms = firms
        self.rules = rules
        self.policies = policies or {}
        self._agenda = Agenda({})
        self._now: Stretch | None = None  # of the last quarter
        self._standing: Standing | None = None  # what its terms rest on
        self.key = key
        self.weight = weight
        self.quarter = quarter
        shares = np.array([zone.share for zone in region.zones.values()])
        self.pool = people.copy() if isinstance(people, Pool) else spread(people, shares)
        self.ledger = Ledger()
        self.terms = neutral_terms.neutral(len(region.zones))
        self.offers: list[Offer] = []
        self.taken: Mapping[str, Taken] = {}  # by instrument, in this quarter
        self.left_over = LeftOver()  # places that no whole agent filled
        self.claims = Claims()
        self.take_up = TakeUp(len(region.zones), neutral_terms.kinds(len(region.zones)))
        self.pursuits: dict[str, Any] = {}  # what instruments with aims remember, by name
        self.recognized: dict[int, NDArray[np.int64]] = {}  # rows of new R&D institutes by rung, in this quarter
        self.review_left = np.zeros(len(INSTITUTES))  # parts of places for their review
        self.survey = census.blank(len(region.zones))
        self._tables: tuple[Any, ...] = (None, None)  # the terms and the survey whose addresses stand behind them
        self.systems = np.zeros(len(SYSTEM_SERIES), np.int64)
        self.births_by_source = np.zeros(len(SOURCES), np.int64)
        self.conditions = conditions if conditions is not None else neutral_conditions.neutral(0)
        self.elapsed = 0
        self.in_quarter = False  # between the start of a quarter and its census
        self.births = self.deaths = self.rejected = 0  # rejected: arrivals that an entry standard kept out
        self.closed = 0  # firms closed since the last survey
        self.reference = float(len(firms)) if reference is None else reference
        self.history: list[NDArray[np.float64]] = []
        self.past: list[NDArray[np.float64]] = []  # the last quarters before a fork
        if spillover_reference is not None:
            self.survey.reference[...] = spillover_reference
        self.progress = Progress(region.monitoring)
        self.take_survey()
        self.progress.take(self)
        census.assume_for_absent(self.survey)

    def fork(
        self,
        *,
        rules: Rules | None = None,
        policies: dict[str, Policy] | None = None,
        conditions: Conditions | None = None,
    ) -> "EcosystemModel":
        """An independent copy at this moment, with the same luck ahead, under other rules, policies or conditions.

        Its history and its funnel start anew, all else goes on; see `ecosim.model.handing_on`.
        """
        twin = EcosystemModel(
            self.region,
            self.firms.copy(),
            self.rules if rules is None else rules,
            policies=self.policies if policies is None else policies,
            conditions=conditions,
            key=self.key,
            weight=self.weight,
            quarter=self.quarter,
            people=self.pool,
            reference=self.reference,
            spillover_reference=self.survey.reference,
        )
        hand_on(self, twin)
        return twin

    @property
    def key(self) -> Key:
        """Whose luck the model has."""
        return self._key

    @key.setter
    def key(self, key: Key) -> None:
        self._key = key
        self.luck = words(key)  # as kernels take it

    def __setstate__(self, state: dict[str, Any]) -> None:
        """A copy's terms are views of one buffer again."""
        self.__dict__.update(state)
        self.terms, self._standing = neutral_terms.gathered(self.terms, len(self.region.zones)), None
        self._tables = (None, None)

    @property
    def terms_table(self) -> NDArray[np.int64]:
        """The terms as kernels take them, see `model.table`."""
        table: NDArray[np.int64] = self._addressed()[2]
        return table

    @property
    def survey_table(self) -> NDArray[np.int64]:
        """The survey as kernels take it, see `model.table`."""
        table: NDArray[np.int64] = self._addressed()[3]
        return table

    def _addressed(self) -> tuple[Any, ...]:
        if self._tables[0] is not self.terms or self._tables[1] is not self.survey:
            zones = len(self.region.zones)
            both = neutral_terms.table_of(self.terms, zones), census.table_of(self.survey, zones)
            self._tables = (self.terms, self.survey, *both)
        return self._tables

    # --- the quarter -------------------------------------------------------------------------------------------

    def step(self) -> None:
        """One quarter."""
        self.steps += 1
        self.quarter += 1
        self.in_quarter = True
        self.revise_terms()
        self.give_places()
        self.rules.decide(self, self.weather(), self.quarter % QUARTERS_PER_YEAR == DECISION_QUARTER)
        events = self.note_events()
        self.hire()
        self.settle(events)
        self.close(events.closing)
        self.count_take_up()
        self.found()
        self.deaths, self.closed = self.closed, 0
        self.take_survey()
        self.progress.take(self)
        self.in_quarter = False
        self.elapsed += 1
        self.history.append(self.observe())
        if hasattr(self, "datacollector"):
            self.datacollector.collect(self)

    def weather(self) -> dict[str, float]:
        """Conditions of the present quarter; the last known ones hold on after the path ends."""
        return self.conditions.in_quarter(self.elapsed)

    def revise_terms(self) -> None:
        """Terms start as dates alone leave them, then the other instruments in force revise them in order."""
        self._now = self._find_stretch()
        self._standing = revise(self, self._now, self._standing if self.in_quarter else None)

    def stretch(self) -> Stretch:
        """What is in force; once a quarter's terms are revised, this stays until it ends."""
        return self._now if self.in_quarter and self._now is not None else self._find_stretch()

    def _find_stretch(self) -> Stretch:
        self._agenda = agenda_of(self.policies, self.region, self._agenda)
        return self._agenda.at(self)

    def give_places(self) -> None:
        """Firms take places in programs, and R&D institutes are recognized, both within their capacity."""
        offers.give(self)
        offers.review(self)

    def note_events(self) -> Events:
        """What instruments will have to pay for."""
        closing = self.firms.closing
        return Events(closing, self.firms.columns.loan[closing])

    def hire(self) -> None:
        """People leave their firms, some come from outside, vacancies meet those who look."""
        hired, gone = self.rules.hire(self)
        if hired != gone or self.pool.least < 0:
            raise RuntimeError(f"{hired} people were hired of {gone} who left the pool, {self.quarter}")

    def grant(self, instrument: str, rows: NDArray[np.int64], fen: NDArray[np.int64], asked: NDArray[np.int64]) -> None:
        """Pay firms: whole fen to each of the rows, no row twice, which are all or some of those that asked.

        Their cash, the ledger and the funnel agree to the fen and to the firm. One agent stands for `weight` firms, so
        the ledger books each payment that many times.
        """
        year, books, refused = year_of(self.quarter), self.ledger, asked.size - rows.size
        flags, slot = self.take_up.flags_of(instrument, self.firms), books.slot(instrument)
        cash = self.firms.columns.cash
        books.total += hand_out(cash, flags, rows, fen, self.weight, books.of_year(year), books.paid_by_slot, slot)
        if refused:
            mark_asked(flags, asked)
            books.refuse(instrument, year, refused * self.weight)

    def settle(self, events: Events) -> None:
        """Instruments pay on what happened."""
        self.claims.gather(self.firms, self.recognized)
        for name, policy in payers_of(self):
            policy.settle(name, self, events)

    def close(self, rows: NDArray[np.int64]) -> None:
        """Firms end; with `found` the only place where their number changes."""
        self.take_up.forget(rows, self.firms)
        if self.firms.release(rows):  # who closes by the rules has let its staff go before
            self.pool.take_back(self.firms.columns, rows)
        self.closed += int(rows.size)

    def count_take_up(self) -> None:
        """At the end of a year it is counted whom instruments reached, of the firms that are still there."""
        self.take_up.look(self)
        if self.quarter % QUARTERS_PER_YEAR == DECISION_QUARTER:
            self.take_up.close_year(self)

    def found(self) -> None:
        """Firms begin."""
        arrivals = self.rules.founders(self)
        rows = self.firms.take_rows(arrivals.uids.size)
        self.rules.furnish(self, rows, arrivals)
        self.births, self.rejected = int(rows.size), arrivals.rejected

    def take_survey(self) -> None:
        """The census after the quarter: what firms see next and what is reported."""
        systems.take(self.firms.table, self.firms.top, self.survey_table, self.systems)

    # --- what it shows -----------------------------------------------------------------------------------------

    def recent(self, quarters: int) -> list[NDArray[np.float64]]:
        """What was observed in the last quarters, at most so many, those before a fork included."""
        missing = quarters - len(self.history)
        return [*(self.past[-missing:] if missing > 0 else []), *self.history[-quarters:]]

    def observe(self) -> NDArray[np.float64]:
        """The series of the quarter in real units (one agent counts as `weight` firms), named by OBSERVED."""
        return observe(self)

    @property
    def observed_names(self) -> tuple[str, ...]:
        """Names of what `observe` returns."""
        return OBSERVED

    def value(self, name: str) -> float:
        """One series of the present quarter, for `mesa.DataCollector` model reporters."""
        return float(self.observe()[self.observed_names.index(name)])

    @property
    def people(self) -> int:
        """Science and technology people in the region: on staff and looking, agents' units."""
        return int(self.people_by_skill.sum())

    @property
    def people_by_skill(self) -> NDArray[np.int64]:
        """The same by skill, (skills,)."""
        return self.pool.with_staff(self.firms.columns, self.firms.rows)

    @property
    def looking(self) -> int:
        """People who look for a post, agents' units."""
        return int(self.pool.looking.sum())

    @property
    def outside_people(self) -> int:
        """People who came from outside since the start, less those who left."""
        return int(self.pool.came.sum())

    @property
    def agents(self) -> FirmSet:
        """The living firms as an AgentSet-compatible view on the columns."""
        return FirmSet(self, self.firms.rows)

    @agents.setter
    def agents(self, _: Any) -> None:
        raise AttributeError("firms are founded and closed by the ecosystem; change columns through `model.agents`")

    def firm(self, row: int) -> Firm:
        """The view of one row."""
        return Firm(self, row)
