"""Who acted and who was served in one run, so that two runs with the same luck tell who would have acted anyway.

A witness stands among the instruments, sees what they see when they settle, pays nothing and changes nothing. An act is
what an instrument is for, by its family: a first certificate, R&D, hires, patents. Firms keep their identity across
runs, also those that are founded on the way.
"""

from collections.abc import Collection
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.data.periods import year_of
from ecosim.model.compiled import brief
from ecosim.model.ecosystem import EcosystemModel, Events, Policy
from ecosim.model.firms import FIRST_HIGH_TECH, NEW_TECH_SME, RESEARCH, TALENT, Firms
from ecosim.model.ledger import REFUSED
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import EVERYONE

NAME = "(witness)"  # among the instruments; no row of configuration can have it
ACTS = {  # family -> act; an award's act is its rung, a patent subsidy's what it pays for
    "research_subsidy": "research",
    "super_deduction": "research",
    "talent_subsidy": "hires",
    "institute_award": "institute",
    "discovery_visits": "certificate",
    "one_to_one_service": "certificate",
    "liaison_officers": "certificate",
    "foreign_cultivation": "certificate",
    "mission": "certificate",
}
COUNTED = {  # act -> what its dead-weight is a share of
    "tech_sme": "firms",
    "high_tech": "firms",
    "certificate": "firms",
    "institute": "firms",
    "research": "firms",
    "hires": "people",
    "applications": "applications",
    "grants": "inventions",
}
KNOWN = {
    "research": RESEARCH,
    "applications": RESEARCH,
    "grants": RESEARCH,
    "hires": TALENT,
}  # bit of `aware` without which an act is not paid for
ACTS_SEEN = tuple(COUNTED)  # in the order of the bits and rows of `note`; institutes are seen by the model itself
INSTITUTE = ACTS_SEEN.index("institute")
Uids = NDArray[np.uint64]
Amounts = NDArray[np.float64]


def act_of(policy: Any) -> str:
    """The act that an instrument is for; empty where firms do nothing that could be compared (a fund, a rule)."""
    if getattr(policy, "act", None):
        return str(policy.act)
    family = str(getattr(policy, "family", ""))
    if family == "award":
        return str(policy.rung) if policy.rung in COUNTED else ""
    if family == "patent_subsidy":
        return "applications" if policy.pays == "application" else "grants"
    return ACTS.get(family, "")


class Year(NamedTuple):
    """What firms did in a year, in order of their uids (firms,). amounts: (firms, acts) as `COUNTED`, in its order, of
    certificates the rungs; served: (firms, instruments), whom each instrument paid or served."""

    uids: Uids
    amounts: Amounts
    served: NDArray[np.bool_]


class Witness:
    """Acts of one run by year and firm, and the recipients of some instruments. instruments: their names."""

    moves = ()  # it revises no term

    def __init__(self, instruments: Collection[str] = ()) -> None:
        self.instruments = tuple(instruments)
        self._watched: list[tuple[int, str, Policy, str]] | None = None  # instruments that are for an act, and which
        self._bound: tuple[Any, ...] = (None, 0, None)  # a register of the books, its length, their slots in it
        self._booked = np.zeros((0, REFUSED), np.int64)  # of these before the quarter
        self._years: dict[int, Year] = {}
        self._open: int | None = None  # the year that the columns below are of
        self._uids = np.zeros(0, np.uint64)  # who is in a row
        self._busy = np.zeros(0, np.uint8)  # whether there is something to say of a row
        self._amounts = np.zeros((0, len(ACTS_SEEN)))
        self._served = np.zeros((0, len(self.instruments)), np.bool_)
        self._gone: list[Year] = []  # firms of the year whose rows have others now
        self._done: dict[tuple[str, range], tuple[Uids, Amounts]] = {}
        self._also: dict[tuple[Witness, int], Amounts] = {}

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Changes nothing; notes what is booked before the quarter."""
        if self._watched is None:
            acts = [(name, model.policies.get(name)) for name in self.instruments]
            self._watched = [
                (number, name, policy, act_of(policy))
                for number, (name, policy) in enumerate(acts)
                if policy is not None and act_of(policy)
            ]
        self._booked = self._in_books(model)

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Note who acted in the quarter, and whom each instrument paid or served."""
        firms, f, year = model.firms, model.firms.columns, year_of(model.quarter)
        if year != self._open:
            self._close()
            self._open = year
        self._follow(firms)
        doing = firms.scratch(1, np.uint8)[0]
        note(
            f.alive, f.event, f.performs, f.vacancies, f.senior_vacancies, f.leader_vacancies, f.filed,
            f.inventions_granted, firms.top, doing, self._busy, self._amounts,
        )  # fmt: skip
        for rows in model.recognized.values():
            doing[rows] |= 1 << INSTITUTE
            self._busy[rows], self._amounts[rows, INSTITUTE] = 1, 1.0
        changed = (self._in_books(model) != self._booked).any(axis=1).tolist()
        for (number, instrument, policy, act), serves in zip(self._watched or [], changed, strict=True):
            if serves:
                served = self._served[:, number]
                if act == "certificate":
                    for rows in _taken(instrument, model):
                        self._busy[rows], served[rows] = 1, True
                else:
                    _pay(policy, act, doing, model, served)

    def _in_books(self, model: EcosystemModel) -> NDArray[np.int64]:
        """What stands in the books of the year, (instruments, kinds): it changes where somebody is served.

        It enters nobody in the register: a witness leaves the books, and the order of their entries, as they are.
        """
        register = model.ledger.slots
        if self._bound[0] is not register or self._bound[1] != len(register):
            slots = [register.get(name, -1) for _, name, _, _ in self._watched or []]
            self._bound = register, len(register), np.array(slots, np.int64)
        slots = self._bound[2]
        entries: NDArray[np.int64] = model.ledger.of_year(year_of(model.quarter))[slots, :REFUSED]
        entries[slots < 0] = 0
        return entries

    def year(self, year: int) -> Year:
        """What was done in a year; once the run is over."""
        self._close()
        return self._years.get(year) or self._year_of([])

    def done_before(self, act: str, years: range) -> tuple[Uids, Amounts]:
        """Firms that acted, in order, and how much each had done before each year and after the last, (firms, years+1).

        Once the run is over.
        """
        if (act, years) not in self._done:
            row, found = ACTS_SEEN.index(act), [self.year(year) for year in years]
            did = [np.flatnonzero(here.amounts[:, row]) for here in found]
            some = np.concatenate([here.uids[rows] for here, rows in zip(found, did, strict=True)])
            uids, places = np.unique(some, return_inverse=True)
            amounts = np.zeros((uids.size, len(years) + 1))
            when = np.repeat(np.arange(1, len(years) + 1), [rows.size for rows in did])
            amounts[places, when] = np.concatenate(
                [here.amounts[rows, row] for here, rows in zip(found, did, strict=True)]
            )
            self._done[act, years] = uids, amounts.cumsum(axis=1)
        return self._done[act, years]

    def first_served(self, instrument: str, years: range) -> tuple[Uids, NDArray[np.int64]]:
        """Firms that an instrument paid or served, in order, and the first year of each, counted from 0."""
        number, found = self.instruments.index(instrument), [self.year(year) for year in years]
        uids = [here.uids[here.served[:, number]] for here in found]
        when = np.repeat(np.arange(len(years)), [some.size for some in uids])
        known, first = np.unique(np.concatenate(uids), return_index=True)
        return known, when[first]

    def also(self, other: "Witness", year: int) -> Amounts:
        """Of what firms did in a year, how much they also did in another run, (firms, acts)."""
        if (other, year) not in self._also:
            here, there = self.year(year), other.year(year)
            both = np.zeros_like(here.amounts)
            both[places_in(here.uids, there.uids)] = there.amounts[places_in(there.uids, here.uids)]
            self._also[other, year] = np.minimum(here.amounts, both)
        return self._also[other, year]

    def _follow(self, firms: Firms) -> None:
        """Rows that others have now are put away, and begin anew."""
        if self._uids.size < firms.capacity:
            more = firms.capacity - self._uids.size
            self._uids, self._busy = np.pad(self._uids, (0, more)), np.pad(self._busy, (0, more))
            self._amounts = np.pad(self._amounts, ((0, more), (0, 0)))
            self._served = np.pad(self._served, ((0, more), (0, 0)))
        now = firms.columns.uid[: firms.top]
        moved = np.flatnonzero(self._uids[: firms.top] != now)
        self._put_away(moved[self._busy[moved] != 0])
        self._uids[moved] = now[moved]

    def _put_away(self, rows: NDArray[np.int64]) -> None:
        """What is to be said of the firms in these rows is taken out of them."""
        if rows.size:
            self._gone.append(Year(self._uids[rows], self._amounts[rows], self._served[rows]))
            self._busy[rows], self._amounts[rows], self._served[rows] = 0, 0.0, False

    def _close(self) -> None:
        """Keep the open year, if there is one."""
        if self._open is not None:
            self._put_away(np.flatnonzero(self._busy))
            self._years[self._open] = self._year_of(self._gone)
            self._open, self._gone = None, []

    def _year_of(self, parts: list[Year]) -> Year:
        empty = Year(self._uids[:0], self._amounts[:0], self._served[:0])
        whole = Year(*(np.concatenate(some) for some in zip(empty, *parts, strict=True)))
        order = np.argsort(whole.uids)
        return Year(whole.uids[order], whole.amounts[order], whole.served[order])


@brief
def note(
    alive: Any, event: Any, performs: Any, graduates: Any, seniors: Any, leaders: Any, filed: Any, granted: Any,
    top: int, doing: Any, busy: Any, amounts: Any,
) -> None:  # fmt: skip
    """What living firms do in the quarter: doing (rows,) out, a bit for each act; amounts (rows, acts) add up."""
    for i in range(top):
        new, high = (event[i] & NEW_TECH_SME) != 0, (event[i] & FIRST_HIGH_TECH) != 0
        acts = new | (high << 1) | ((new | high) << 2) | ((performs[i] == 1) << 4)
        acts |= ((graduates[i] + seniors[i] + leaders[i] > 0) << 5) | ((filed[i] > 0) << 6) | ((granted[i] > 0) << 7)
        doing[i] = acts if alive[i] == 1 else 0
    for i in range(top):
        if doing[i] != 0:
            busy[i] = 1
            for act in (0, 1, 4):
                amounts[i, act] = 1.0 if (doing[i] >> act) & 1 else amounts[i, act]
            amounts[i, 2] += (doing[i] & 1) + ((doing[i] >> 1) & 1)
            amounts[i, 5] += graduates[i] + seniors[i] + leaders[i]
            amounts[i, 6] += filed[i]
            amounts[i, 7] += granted[i]


@brief
def pay(doing: Any, act: int, kind: Any, certificate: Any, aware: Any, classes: Any, knows: int, served: Any) -> None:
    """Flag in served (rows,) the firms in classes (rungs, kinds) that act and know one of the bits; 0: none needed."""
    for i in range(doing.size):
        if (doing[i] >> act) & 1 and classes[certificate[i], kind[i]] and (knows == 0 or (aware[i] & knows) != 0):
            served[i] = True


def _taken(instrument: str, model: EcosystemModel) -> list[NDArray[np.int64]]:
    """Rows of the firms that took places of an instrument in the quarter."""
    return [model.taken[key].rows for key in model.taken if key.partition(".")[0] == instrument]


def _pay(policy: Policy, act: str, doing: NDArray[np.uint8], model: EcosystemModel, served: NDArray[np.bool_]) -> None:
    """Flag the firms that an instrument paid: those that acted, are eligible and know of it.

    Where a budget is short all who acted stand for those who were drawn among them.
    """
    f = model.firms.columns
    classes = (getattr(policy, "eligible", None) or EVERYONE).classes(model.region.zone_names)
    bit = ACTS_SEEN.index(act)
    pay(doing[: model.firms.top], bit, f.kind, f.certificate, f.aware, classes, KNOWN.get(act, 0), served)


def places_in(known: Uids, some: Uids) -> NDArray[np.int64]:
    """Where those of some that are known stand among them; both in order, none twice."""
    if not known.size:
        return np.zeros(0, np.int64)
    places = np.searchsorted(known, some)
    places[places == known.size] = 0
    return places[known[places] == some]
