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

    def __init__(self) -> None:
        self._acts: dict[tuple[str, int], list[tuple[Uids, Amounts]]] = defaultdict(list)
        self._served: dict[tuple[str, int], list[Uids]] = defaultdict(list)
        self._booked: dict[str, tuple[int, ...]] = {}

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Changes nothing; notes what is booked before the quarter."""
        self._booked = {instrument: _booked(model, instrument) for instrument in model.policies}

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Note who acted in the quarter, and whom each instrument paid or served."""
        columns, top, year = model.firms.columns, model.firms.top, year_of(model.quarter)
        alive = columns.alive[:top] == 1
        event = columns.event[:top]
        hires = columns.vacancies[:top] + columns.senior_vacancies[:top] + columns.leader_vacancies[:top]
        new, high = event & NEW_TECH_SME > 0, event & FIRST_HIGH_TECH > 0
        amounts: dict[str, NDArray[Any]] = {
            "tech_sme": new,
            "high_tech": high,
            "certificate": new | high,
            "research": columns.performs[:top] == 1,
            "hires": hires,
            "applications": columns.filed[:top],
            "grants": columns.inventions_granted[:top],
        }
        rows = {act: np.flatnonzero((amount > 0) & alive) for act, amount in amounts.items()}
        rows["institute"] = np.unique(np.concatenate([*model.recognized.values(), np.zeros(0, np.int64)]))
        amounts["institute"] = np.ones(top)
        for act, some in rows.items():
            if some.size:
                self._acts[act, year].append((columns.uid[some], amounts[act][some].astype(np.float64)))
        for instrument, policy in model.policies.items():
            act = act_of(policy)
            if act and _booked(model, instrument) != self._booked.get(instrument):
                got = _recipients(instrument, policy, act, rows[act], model)
                self._served[instrument, year].append(columns.uid[got])

    def served(self, instrument: str, year: int) -> Uids:
        """Firms that an instrument paid or served in a year, in order."""
        found = self._served.get((instrument, year))
        return np.unique(np.concatenate(found)) if found else np.zeros(0, np.uint64)

    def acted(self, act: str, year: int | None) -> tuple[Uids, Amounts]:
        """Firms that acted in a year (None: in any), in order, and how much each."""
        keys = [key for key in self._acts if key[0] == act and year in (None, key[1])]
        found = [pair for key in keys for pair in self._acts[key]]
        if not found:
            return np.zeros(0, np.uint64), np.zeros(0)
        uids, where = np.unique(np.concatenate([some for some, _ in found]), return_inverse=True)
        amounts = np.zeros(uids.size)
        np.add.at(amounts, where, np.concatenate([some for _, some in found]))
        return uids, np.minimum(amounts, 1.0) if COUNTED[act] == "firms" else amounts


def _booked(model: EcosystemModel, instrument: str) -> tuple[int, ...]:
    """What stands in the books of a year for an instrument: it changes in a quarter in which somebody is served."""
    key = (instrument, year_of(model.quarter))
    books = (model.ledger.outlay, model.ledger.recipients, model.ledger.tax_expenditure)
    return tuple(int(book.get(key, 0)) for book in books)


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
        served = full.served(instrument, year)
        window = None if act in ONCE else year
        here, amounts = full.acted(act, window)
        there, others = without.acted(act, window)
        mine = np.isin(here, served, assume_unique=True)
        here, amounts = here[mine], amounts[mine]
        _, left, right = np.intersect1d(here, there, assume_unique=True, return_indices=True)
        found[k] = amounts.sum(), np.minimum(amounts[left], others[right]).sum()
    return found
