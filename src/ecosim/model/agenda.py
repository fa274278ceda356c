"""The agenda of a package: which instruments are in force in a quarter, and the terms that follow from dates alone.

Between two dates of a package nothing that depends on dates changes. So instruments that are off, those whose dated
numbers are all 0, are left out until their date comes; and instruments marked `dated`, whose revision depends on the
quarter alone, revise once for all quarters of such a stretch. Revisions add, take the larger or the smaller value or
compose shares, so that dated ones may come first.

The others revise on top of these in every quarter, save what an instrument promises firms, which it can say once for
all quarters of a stretch (`ecosim.model.promises`).
"""

from bisect import bisect_right
from itertools import accumulate
from operator import is_
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.model import terms as neutral_terms
from ecosim.model.dues import Due, Dues, Fee, Fees, dues_of, upkeep
from ecosim.model.offers import Offer
from ecosim.model.promises import NOWHERE, Promises
from ecosim.model.region import Region
from ecosim.model.settlement import Bills, Claim, listed
from ecosim.model.terms import Terms

if TYPE_CHECKING:
    from ecosim.model.ecosystem import EcosystemModel, Policy

KEPT = 4  # packages whose agendas a region remembers

Rows = list[tuple[str, "Policy"]]


class Stretch(NamedTuple):
    """Quarters between two dates. Rows are (name, instrument), in the order in which they act."""

    standing: Terms  # neutral terms as the dated instruments in force leave them
    revisers: Rows  # the others in force: levers first
    settlers: Rows  # all in force, in the order of the package
    promises: Promises  # of revisers that say what they promise
    acting: list[tuple[list[Offer], str, "Policy"]]  # the other revisers, and offers of dated instruments before each
    offers: list[Offer]  # of dated instruments after the last of them
    moved: NDArray[np.int64]  # parts of the terms that they may change, (n, 2) from and to
    memory: dict[Any, Any]  # what follows from dates and was worked out before, by what it is


class Standing(NamedTuple):
    """On what a model's terms rest since they were last revised."""

    stretch: Stretch
    promised: NDArray[np.float64]  # see `Promises.put`


class Agenda:
    """Stretches of one package, each worked out when a model first comes to it. policies: by name."""

    def __init__(self, policies: dict[str, "Policy"]) -> None:
        self.policies = dict(policies)
        self._names, self._instruments = list(policies), list(policies.values())
        self._numbers = {name: dated_numbers(policy) for name, policy in policies.items()}
        dates = {start for numbers in self._numbers.values() for steps in numbers for start, _ in steps}
        dates.update(date for policy in policies.values() for date in getattr(policy, "dates", ()))
        self._dates = sorted(dates)
        self._stretches: dict[int, Stretch] = {}

    def at(self, model: "EcosystemModel") -> Stretch:
        """The stretch in which a model's quarter lies."""
        number = bisect_right(self._dates, model.quarter)
        stretch = self._stretches.get(number)
        if stretch is None:
            if not self._stretches:
                self._try_all(model)
            stretch = self._stretches[number] = self._work_out(model)
        return stretch

    def holds(self, policies: dict[str, "Policy"]) -> bool:
        """Whether a package has the very same instruments under the same names and in the same order."""
        return self._names == list(policies) and all(map(is_, self._instruments, policies.values()))

    def __getstate__(self) -> dict[str, Any]:
        """A copy works its stretches out again: views of one buffer do not survive the journey."""
        return {**self.__dict__, "_stretches": {}}

    def in_force(self, name: str, quarter: int) -> bool:
        """Whether one of an instrument's dated numbers is above 0; always for one that has none, or looks ahead."""
        numbers = self._numbers[name]
        if not numbers or getattr(self.policies[name], "looks_ahead", False):
            return True
        return any(steps.at(quarter) > 0 for steps in numbers)

    def _try_all(self, model: "EcosystemModel") -> None:
        """Let instruments that are off revise terms that nobody reads: who names an unknown place says so at once."""
        nobodys = neutral_terms.neutral(len(model.region.zones))
        for name, policy in self.policies.items():
            if not self.in_force(name, model.quarter):
                offers_of(name, policy, nobodys, model)

    def _work_out(self, model: "EcosystemModel") -> Stretch:
        rows = [(name, policy) for name, policy in self.policies.items() if self.in_force(name, model.quarter)]
        ordered = sorted(rows, key=lambda row: not getattr(row[1], "lever", False))
        standing = neutral_terms.neutral(len(model.region.zones))
        revisers = [(name, policy) for name, policy in ordered if not getattr(policy, "dated", False)]
        others = _others(revisers)
        promises, acting = [], []
        offers: list[Offer] = []  # since the last of the others
        for name, policy in ordered:
            if getattr(policy, "dated", False):
                offers += offers_of(name, policy, standing, model)
            elif name in others:
                acting.append((offers, name, policy))
                offers = []
            else:
                promises += [(name, promise) for promise in policy.promises(model)]  # type: ignore[attr-defined]
        moved = neutral_terms.parts_of(standing, set().union(*(_moves(policy) for _, _, policy in acting)))
        parts = np.array([(part.start, part.stop) for part in moved], np.int64).reshape(-1, 2)
        return Stretch(standing, revisers, rows, Promises(promises, standing), acting, offers, parts, {})


def offers_of(name: str, policy: "Policy", terms: Terms, model: "EcosystemModel") -> list[Offer]:
    """Let an instrument revise terms; returns the offers that it makes."""
    others: list[Offer] = model.offers
    model.offers = []
    try:
        policy.revise(name, terms, model)
        return model.offers
    finally:
        model.offers = others


def _others(revisers: Rows) -> set[str]:
    """Names of those that promise nothing, or whose terms one of them moves too: they revise in every quarter."""
    others = {name for name, policy in revisers if not hasattr(policy, "promises")}
    while True:
        moved = set().union(*(_moves(policy) for name, policy in revisers if name in others))
        joined = {name for name, policy in revisers if "budget" in moved or _moves(policy) & moved} - others
        if not joined:
            return others
        others |= joined


def _moves(policy: "Policy") -> set[str]:
    """Terms that an instrument may revise."""
    return set(getattr(policy, "moves", Terms._fields))


def revise(model: "EcosystemModel", now: Stretch, last: Standing | None) -> Standing:
    """Bring a model's terms and offers up to date. last: on what they rest; None: nothing of them can be kept."""
    terms, source, before = neutral_terms.buffer_of(model.terms), neutral_terms.buffer_of(now.standing), None
    moved = NOWHERE
    if last is None:
        terms[:] = source
    elif last.stretch is not now:
        neutral_terms.reset(terms, source, _changed(last.stretch, now))
    else:
        before, moved = last.promised, now.moved
    if before is None:  # other instruments are in force than a quarter ago, or the model has just begun
        for _, payer in payers_of(model):
            if isinstance(payer, Bills):
                payer.foresee(model)
    promised = now.promises.put(model, terms, source, before, moved)
    model.offers = []
    for before_it, name, policy in now.acting:
        model.offers += before_it
        policy.revise(name, model.terms, model)
    model.offers += now.offers
    return Standing(now, promised)


def _changed(before: Stretch, now: Stretch) -> list[slice]:
    """Parts of the terms in which the standing ones of two stretches differ, or which revisers of the first moved.

    Without those to which something is promised: these are written anew.
    """
    known: dict[int, tuple[Stretch, list[slice]]] = now.memory.setdefault("changed", {})
    if id(before) not in known:  # kept with what it is for, so that no other stretch can have its identity
        starts = list(accumulate((term.size for term in now.standing[:-1]), initial=0))
        one, other = neutral_terms.buffer_of(before.standing), neutral_terms.buffer_of(now.standing)
        moves = np.logical_or.reduceat(one != other, starts).tolist()
        differ = {name for name, moved in zip(Terms._fields, moves, strict=True) if moved}
        by_others = [slice(*part) for part in before.moved.tolist()]
        moved = [*neutral_terms.parts_of(now.standing, differ), *by_others, *before.promises.parts]
        known[id(before)] = before, [part for part in moved if part not in now.promises.parts]
    return known[id(before)][1]


def payers_of(model: "EcosystemModel") -> Rows:
    """The settlers as they act, worked out once for a stretch.

    Instruments that pay firms do so in the order of the package; what dates alone decide and what places cost is booked
    beside them; the others, whose books are their own, follow.
    """
    now = model.stretch()
    known: Rows | None = now.memory.get("payers")
    if known is None:
        claims: list[tuple[str, Claim]] = []
        between: list[tuple[int, str, Policy]] = []
        steady: Rows = []
        fees: list[Fee] = []
        dues: list[Due] = []
        others: Rows = []
        for name, policy in now.settlers:
            if hasattr(policy, "claim") or hasattr(policy, "fees"):
                claims += listed(name, policy.claim(model)) if hasattr(policy, "claim") else []
                costs, again = policy.fees(name) if hasattr(policy, "fees") else {}, getattr(policy, "again", False)
                fees += [Fee(name, offer, cost, again) for offer, cost in costs.items()]
                dues += upkeep(name, policy.upkeep(model)) if hasattr(policy, "upkeep") else []
            elif getattr(policy, "pays_firms", False):
                between.append((len(claims), name, policy))
            elif getattr(policy, "steady", False):
                steady.append((name, policy))
            else:
                others.append((name, policy))
        together: Rows = []
        dues += dues_of(steady, model)
        if claims or between or dues or fees:
            together = [("", Bills(claims, Dues(dues), Fees(fees), between))]
        known = now.memory["payers"] = together + others
    return known


def dated_numbers(policy: Any) -> list[Any]:
    """The schedules of an instrument: its values that have one for every quarter."""
    return [value for value in getattr(policy, "__dict__", {}).values() if hasattr(value, "at")]


def agenda_of(policies: dict[str, "Policy"], region: Region, last: Agenda | None = None) -> Agenda:
    """The agenda of a package in a region, remembered there, so that a fork does not work it out again.

    last: the one that was in use, most often the same.
    """
    if last is not None and last.holds(policies):
        return last
    known: tuple[Agenda, ...] = region.memory.get("agendas", ())
    for agenda in known:
        if agenda.holds(policies):
            return agenda
    agenda = Agenda(policies)
    region.memory["agendas"] = (agenda, *known[: KEPT - 1])
    return agenda
