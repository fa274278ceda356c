"""Who acted and who was served in one run, so that two runs with the same luck tell who would have acted anyway.

A witness stands among the instruments, sees what they see when they settle, pays nothing and changes nothing. An act is
what an instrument is for, by its family: a first certificate, R&D, hires, patents. Firms keep their identity across
runs, also those that are founded on the way.
"""

from collections import defaultdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecosim.data.periods import year_of
from ecosim.model.compiled import brief
from ecosim.model.ecosystem import EcosystemModel, Events, Policy
from ecosim.model.firms import FIRST_HIGH_TECH, NEW_TECH_SME, RESEARCH, TALENT
from ecosim.model.terms import Terms

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
ONCE = ("tech_sme", "high_tech", "certificate", "institute")  # counted whenever it happens in the run; others by year
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
SEEN = ("tech_sme", "high_tech", "certificate", "research", "hires", "applications", "grants")  # seen on the columns
AMOUNTS = {  # act -> the columns that add up to how much; without any a firm acts once
    "hires": ("vacancies", "senior_vacancies", "leader_vacancies"),
    "applications": ("filed",),
    "grants": ("inventions_granted",),
}
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


class Witness:
    """Acts and recipients of one run. acts: by act and year; served: by instrument and year."""

    moves = ()  # it revises no term

    def __init__(self) -> None:
        self._acts: dict[tuple[str, int], list[tuple[Uids, Amounts]]] = defaultdict(list)
        self._served: dict[tuple[str, int], list[Uids]] = defaultdict(list)
        self._watched: list[tuple[str, Policy, str]] | None = None  # instruments that are for an act, and which
        self._booked: list[tuple[int, ...]] = []
        self._told: dict[tuple[str, int | None], tuple[Uids, Amounts]] = {}
        self._also: dict[tuple[Witness, str, int | None], Amounts] = {}

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Changes nothing; notes what is booked before the quarter."""
        if self._watched is None:
            acts = [(instrument, policy, act_of(policy)) for instrument, policy in model.policies.items()]
            self._watched = [row for row in acts if row[2]]
        year = year_of(model.quarter)
        self._booked = [_booked(model, instrument, year) for instrument, _, _ in self._watched]

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Note who acted in the quarter, and whom each instrument paid or served."""
        f, top, year = model.firms.columns, model.firms.top, year_of(model.quarter)
        listed, counts = model.firms.scratch(len(SEEN), np.int64), np.empty(len(SEEN), np.int64)
        look(
            f.alive, f.event, f.performs, f.vacancies, f.senior_vacancies, f.leader_vacancies, f.filed,
            f.inventions_granted, top, listed, counts,
        )  # fmt: skip
        rows = {act: some[:count] for act, some, count in zip(SEEN, listed, counts.tolist(), strict=True)}
        rows["institute"] = np.unique(np.concatenate([*model.recognized.values(), np.zeros(0, np.int64)]))
        for act, some in rows.items():
            if some.size:
                columns = [getattr(f, name) for name in AMOUNTS.get(act, ())]
                amounts = (
                    sum((column[some] for column in columns), np.zeros(some.size)) if columns else np.ones(some.size)
                )
                self._acts[act, year].append((f.uid[some], amounts))
        for (instrument, policy, act), booked in zip(self._watched or [], self._booked, strict=True):
            if _booked(model, instrument, year) != booked:
                got = _recipients(instrument, policy, act, rows[act], model)
                self._served[instrument, year].append(f.uid[got])

    def served(self, instrument: str, year: int) -> Uids:
        """Firms that an instrument paid or served in a year, in order."""
        found = self._served.get((instrument, year))
        return np.unique(np.concatenate(found)) if found else np.zeros(0, np.uint64)

    def acted(self, act: str, year: int | None) -> tuple[Uids, Amounts]:
        """Firms that acted in a year (None: in any), in order, and how much each; once the run is over."""
        if (act, year) not in self._told:
            self._told[act, year] = self._tell(act, year)
        return self._told[act, year]

    def also(self, other: "Witness", act: str, year: int | None) -> Amounts:
        """Of what those who acted did, how much they also did in another run."""
        if (other, act, year) not in self._also:
            (here, amounts), (there, others) = self.acted(act, year), other.acted(act, year)
            both = np.zeros(here.size)
            both[places_in(here, there)] = others[places_in(there, here)]
            self._also[other, act, year] = np.minimum(amounts, both)
        return self._also[other, act, year]

    def _tell(self, act: str, year: int | None) -> tuple[Uids, Amounts]:
        keys = [key for key in self._acts if key[0] == act and year in (None, key[1])]
        found = [pair for key in keys for pair in self._acts[key]]
        if not found:
            return np.zeros(0, np.uint64), np.zeros(0)
        uids, where = np.unique(np.concatenate([some for some, _ in found]), return_inverse=True)
        amounts = np.bincount(where, np.concatenate([some for _, some in found])).astype(np.float64, copy=False)
        return uids, np.minimum(amounts, 1.0) if COUNTED[act] == "firms" else amounts


@brief
def look(
    alive: Any, event: Any, performs: Any, graduates: Any, seniors: Any, leaders: Any, filed: Any, granted: Any,
    top: int, listed: Any, counts: Any,
) -> None:  # fmt: skip
    """Rows of living firms by what they did in the quarter, as SEEN: listed (acts, rows) out, counts (acts,) out."""
    tech_sme, high_tech, certificate, research, hires, applications, grants = 0, 0, 0, 0, 0, 0, 0
    for i in range(top):
        new, high = (event[i] & NEW_TECH_SME) > 0, (event[i] & FIRST_HIGH_TECH) > 0
        lives = alive[i] == 1
        listed[0, tech_sme], listed[1, high_tech], listed[2, certificate] = i, i, i
        tech_sme += lives & new
        high_tech += lives & high
        certificate += lives & (new | high)
    for i in range(top):
        listed[3, research], listed[4, hires] = i, i
        research += (alive[i] == 1) & (performs[i] == 1)
        hires += (alive[i] == 1) & (graduates[i] + seniors[i] + leaders[i] > 0)
    for i in range(top):
        listed[5, applications], listed[6, grants] = i, i
        applications += (alive[i] == 1) & (filed[i] > 0)
        grants += (alive[i] == 1) & (granted[i] > 0)
    counts[0], counts[1], counts[2], counts[3] = tech_sme, high_tech, certificate, research
    counts[4], counts[5], counts[6] = hires, applications, grants


def _booked(model: EcosystemModel, instrument: str, year: int) -> tuple[int, ...]:
    """What stands in the books of a year for an instrument: it changes in a quarter in which somebody is served."""
    books, key = model.ledger, (instrument, year)
    return books.outlay.get(key, 0), books.recipients.get(key, 0), books.tax_expenditure.get(key, 0)


def _recipients(
    instrument: str, policy: Policy, act: str, acting: NDArray[np.int64], model: EcosystemModel
) -> NDArray[np.int64]:
    """Rows of the firms that an instrument served; of a payment, those that acted, are eligible and know of it.

    Where a budget is short all who acted stand for those who were drawn among them.
    """
    if act == "certificate":
        taken = [some.rows for key, some in model.taken.items() if key.partition(".")[0] == instrument]
        return np.concatenate([*taken, np.zeros(0, np.int64)])
    columns = model.firms.columns
    eligible = getattr(policy, "eligible", None)
    if eligible is not None:
        acting = acting[eligible.mask(model.region.zone_names)[columns.kind[acting]]]
        acting = acting[eligible.rung_mask[columns.certificate[acting]]] if eligible.rungs else acting
    return acting[columns.aware[acting] & KNOWN[act] > 0] if act in KNOWN else acting


def anyway(full: Witness, without: Witness, instrument: str, act: str, years: range) -> NDArray[np.float64]:
    """What recipients of an instrument did, and how much of it they also did in the run without it, (years, 2).

    A first certificate counts as given anyway where the firm also gets it by the end of the run without the instrument;
    R&D, hires and patents where the firm also has them in the same year, up to the amount that it has there.
    """
    found = np.zeros((len(years), 2))
    for k, year in enumerate(years):
        window = None if act in ONCE else year
        here, amounts = full.acted(act, window)
        mine = places_in(here, full.served(instrument, year))
        found[k] = amounts[mine].sum(), full.also(without, act, window)[mine].sum()
    return found


def places_in(known: Uids, some: Uids) -> NDArray[np.int64]:
    """Where those of some that are known stand among them; both in order, none twice."""
    if not known.size:
        return np.zeros(0, np.int64)
    places = np.searchsorted(known, some)
    places[places == known.size] = 0
    return places[known[places] == some]
