"""The agenda of a package: which instruments are in force in a quarter, and the terms that follow from dates alone.

Between two dates of a package nothing that depends on dates changes. So instruments that are off, those whose dated
numbers are all 0, are left out until their date comes; and instruments marked `dated`, whose revision depends on the
quarter alone, revise once for all quarters of such a stretch. Revisions add, take the larger or the smaller value or
compose shares, so that dated ones may come first.
"""

from bisect import bisect_right
from itertools import groupby
from operator import is_
from typing import TYPE_CHECKING, Any, NamedTuple

from ecosim.model import terms as neutral_terms
from ecosim.model.region import Region
from ecosim.model.settlement import Bills, Dues
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
    moved: list[slice]  # of the terms, what the revisers may change
    memory: dict[Any, Any]  # what follows from dates and was worked out before, by what it is


class Agenda:
    """Stretches of one package, each worked out when a model first comes to it. policies: by name."""

    def __init__(self, policies: dict[str, "Policy"]) -> None:
        self.policies = dict(policies)
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

    def in_force(self, name: str, quarter: int) -> bool:
        """Whether one of an instrument's dated numbers is above 0; always for one that has none, or looks ahead."""
        numbers = self._numbers[name]
        if not numbers or getattr(self.policies[name], "looks_ahead", False):
            return True
        return any(steps.at(quarter) > 0 for steps in numbers)

    def _try_all(self, model: "EcosystemModel") -> None:
        """Let instruments that are off revise terms that nobody reads: who names an unknown place says so at once."""
        nobodys = neutral_terms.neutral(len(model.region.zones))
        offers = list(model.offers)
        for name, policy in self.policies.items():
            if not self.in_force(name, model.quarter):
                policy.revise(name, nobodys, model)
        model.offers[:] = offers

    def _work_out(self, model: "EcosystemModel") -> Stretch:
        rows = [(name, policy) for name, policy in self.policies.items() if self.in_force(name, model.quarter)]
        ordered = sorted(rows, key=lambda row: not getattr(row[1], "lever", False))
        standing = neutral_terms.neutral(len(model.region.zones))
        revisers = []
        for name, policy in ordered:
            if getattr(policy, "dated", False):
                policy.revise(name, standing, model)
            else:
                revisers.append((name, policy))
        moved = {term for _, policy in revisers for term in getattr(policy, "moves", Terms._fields)}
        return Stretch(standing, revisers, rows, neutral_terms.parts_of(standing, moved), {})


def payers_of(model: "EcosystemModel") -> Rows:
    """The settlers as they act, worked out once for a stretch.

    First what dates alone decide; then the instruments that pay firms, in the order of the package, those together
    whose claims follow each other; then the others, whose books are their own.
    """
    now = model.stretch()
    known: Rows | None = now.memory.get("payers")
    if known is None:
        steady, paying, others = _sorted_out(now.settlers)
        acting: Rows = [("", Dues(steady, model))] if steady else []
        for together, group in groupby(paying, _claimed):
            if together:
                claims = {name: policy.claim(model) for name, policy in group}  # type: ignore[attr-defined]
                acting.append(("", Bills({name: claim for name, claim in claims.items() if claim is not None})))
            else:
                acting.extend(group)
        known = now.memory["payers"] = acting + others
    return known


def _sorted_out(rows: Rows) -> tuple[Rows, Rows, Rows]:
    """Instruments whose books dates alone decide, those that pay firms, and the others."""
    steady: Rows = []
    paying: Rows = []
    others: Rows = []
    for row in rows:
        policy = row[1]
        pays = _claimed(row) or getattr(policy, "pays_firms", False)
        (paying if pays else steady if getattr(policy, "steady", False) else others).append(row)
    return steady, paying, others


def _claimed(row: tuple[str, "Policy"]) -> bool:
    """Whether an instrument says what firms can claim of it."""
    return hasattr(row[1], "claim")


def dated_numbers(policy: Any) -> list[Any]:
    """The schedules of an instrument: its values that have one for every quarter."""
    return [value for value in getattr(policy, "__dict__", {}).values() if hasattr(value, "at")]


def agenda_of(policies: dict[str, "Policy"], region: Region, last: Agenda | None = None) -> Agenda:
    """The agenda of a package in a region, remembered there, so that a fork does not work it out again.

    last: the one that was in use, most often the same.
    """
    if last is not None and same(last.policies, policies):
        return last
    known: tuple[Agenda, ...] = region.memory.get("agendas", ())
    for agenda in known:
        if same(agenda.policies, policies):
            return agenda
    agenda = Agenda(policies)
    region.memory["agendas"] = (agenda, *known[: KEPT - 1])
    return agenda


def same(one: dict[str, "Policy"], other: dict[str, "Policy"]) -> bool:
    """Whether two packages hold the very same instruments under the same names and in the same order."""
    return list(one) == list(other) and all(map(is_, one.values(), other.values()))
