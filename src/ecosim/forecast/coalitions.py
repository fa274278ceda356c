"""A package taken apart, member by member: the same future under every coalition of its groups of instruments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecosim.data.errors import UserError
from ecosim.forecast import publish, shapley
from ecosim.forecast.anyway import anyway
from ecosim.forecast.books import net
from ecosim.forecast.crew import Crew
from ecosim.forecast.ensemble import Run, World, in_parallel, run_member, years_ahead
from ecosim.forecast.publish import Scaling
from ecosim.forecast.shapley import Coalition
from ecosim.forecast.streaming import Chunks, Layout, array_of, arrays_of, book_of, pairs_by_name
from ecosim.forecast.witness import act_of
from ecosim.model.ecosystem import Policy
from ecosim.model.luck import generator_of
from ecosim.policies.shelf import Instrument

if TYPE_CHECKING:
    from ecosim.forecast.future import Outlook
    from ecosim.forecast.job import Progress

Floats = NDArray[np.float64]
Booked = dict[tuple[str, int], float]  # (instrument, year) -> 10k CNY
ORDERS = 7000  # number of the generator that draws a member's orders of joining
MONEY = ("outlay", "tax_expenditure")  # of all instruments, the baseline's too; taken apart like any target


class DecomposeError(UserError, ValueError):
    """A package that cannot be taken apart."""


@dataclass(frozen=True)
class Package:
    """What a scenario does beyond its baseline. groups: names of the instruments that differ, by line of work."""

    scenario: dict[str, Policy]
    baseline: dict[str, Policy]
    groups: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, rows: Mapping[str, Instrument], baseline: Mapping[str, Instrument]) -> "Package":
        """From rows of configuration. Raises DecomposeError where the scenario is its baseline."""
        both = {**baseline, **rows}
        groups: dict[str, tuple[str, ...]] = {}
        for name, row in both.items():
            mine, theirs = rows.get(name), baseline.get(name)
            if mine is None or theirs is None or mine.policy != theirs.policy:
                groups[row.group] = (*groups.get(row.group, ()), name)
        if not groups:
            raise DecomposeError(
                "the scenario has the instruments of its baseline and no other: there is nothing to take apart; "
                "choose policies=... with a package, or another baseline"
            )
        scenario, rest = ({name: row.policy for name, row in some.items()} for some in (rows, baseline))
        return cls(scenario, rest, groups)

    @property
    def instruments(self) -> tuple[str, ...]:
        """Names of all instruments in which the two differ."""
        return tuple(name for names in self.groups.values() for name in names)

    def names(self, some: Coalition) -> Coalition:
        """The instruments of some groups."""
        return frozenset(name for group in some for name in self.groups[group])

    def policies(self, kept: Coalition) -> dict[str, Policy]:
        """The baseline with some of the scenario's instruments."""
        apart = frozenset(self.instruments) - kept
        found = {}
        for name in (*self.scenario, *(name for name in self.baseline if name not in self.scenario)):
            rows = self.baseline if name in apart else self.scenario
            if name in rows:
                found[name] = rows[name]
        return found


@dataclass(frozen=True)
class Task:
    """All that taking a member apart needs. targets: published counts to value coalitions by."""

    world: World
    package: Package
    paths: dict[str, Floats]
    scaling: Scaling
    targets: tuple[str, ...]
    permutations: int

    @property
    def exact(self) -> bool:
        """Whether every coalition of groups is run."""
        return shapley.exact(len(self.package.groups), self.permutations)

    @property
    def years(self) -> range:
        """Calendar years of a value."""
        return years_ahead(self.world)


@dataclass(frozen=True)
class Parts:
    """One member taken apart.

    Values are (2 targets + 2, years): published counts, then the model's own, then outlay and tax expenditure of all
    instruments in 10k CNY. Effects by group, single ones by instrument. outlay, tax, recipients: of the whole package,
    by (instrument, year); alone: outlay and tax by group where nothing else stands beside it; outlay and tax, also
    these, are net of what the baseline booked under the same instrument; anyway: by instrument, (years, 2), without the
    instrument and without its whole group.
    """

    effect: Floats
    level: Floats
    shapley: dict[str, Floats]
    leave_one_out: dict[str, Floats]
    first_in: dict[str, Floats]
    single: dict[str, Floats]
    outlay: Booked
    tax: Booked
    recipients: dict[tuple[str, int], int]
    alone: dict[str, tuple[Booked, Booked]]
    anyway: dict[str, Floats]
    anyway_group: dict[str, Floats]


FLOATS, ARRAYS, BOOK = array_of("float64"), arrays_of("float64"), book_of("float64")
PARTS = Layout(
    Parts,
    {
        "effect": FLOATS,
        "level": FLOATS,
        "shapley": ARRAYS,
        "leave_one_out": ARRAYS,
        "first_in": ARRAYS,
        "single": ARRAYS,
        "outlay": BOOK,
        "tax": BOOK,
        "recipients": book_of("int64"),
        "alone": pairs_by_name(BOOK),
        "anyway": ARRAYS,
        "anyway_group": ARRAYS,
    },
)


def take_all_apart(
    outlook: "Outlook",
    package: Package,
    targets: Sequence[str],
    permutations: int,
    crew: Crew,
    progress: "Progress",
    kept: Path | None = None,
) -> tuple[Task, list[Parts]]:
    """Every member of an outlook, in worker processes. kept: folder of finished members, which are not run again."""
    task = Task(outlook.world, package, outlook.paths, outlook.scaling, tuple(targets), permutations)
    members = range(len(outlook.runs))
    chunks = None if kept is None else Chunks(kept, PARTS)
    apart = in_parallel(partial(_one_record, task), members, crew, partial(progress, "coalitions"), chunks)
    return task, [records[0] for records in apart]


def _one_record(task: Task, member: int) -> list[Parts]:
    return [take_apart(task, member)]


def take_apart(task: Task, member: int) -> Parts:
    """One member: its future under each coalition once, then what groups and instruments add to them."""
    package, groups = task.package, list(task.package.groups)
    whole, nothing = frozenset(package.instruments), frozenset[str]()
    generator = generator_of((task.world.seed << 32) | member, ORDERS)
    orders = [] if task.exact else shapley.draw_orders(groups, task.permutations, generator)
    some = shapley.all_coalitions(groups) if task.exact else shapley.along(orders)
    without = {name: whole - {name} for name in package.instruments}
    without_group = {group: whole - set(package.groups[group]) for group in groups}
    alone = {group: package.names(frozenset({group})) for group in groups}
    watched = {whole: whole, **dict.fromkeys([*without.values(), *without_group.values()], nothing)}
    needed = [whole, nothing, *map(package.names, some), *without.values(), *without_group.values(), *alone.values()]
    coalitions = list(dict.fromkeys(needed))
    packages = [package.policies(kept) for kept in coalitions]
    runs = dict(
        zip(
            coalitions,
            run_member(
                task.world, packages, task.paths, task.world.quarters, member, lambda n: watched.get(coalitions[n])
            ),
            strict=True,
        )
    )
    scaling = task.scaling.of(member)
    values = {kept: value(task, run, scaling, member) for kept, run in runs.items()}

    def worth(joined: Coalition) -> Floats:
        return values[package.names(joined)]

    shares = shapley.exact_shares(groups, worth) if task.exact else shapley.sampled_shares(groups, worth, orders)
    full, base = runs[whole], runs[nothing]
    mine = set(package.instruments)
    return Parts(
        effect=values[whole] - values[nothing],
        level=values[whole],
        shapley=shares,
        leave_one_out={group: values[whole] - values[kept] for group, kept in without_group.items()},
        first_in={group: values[kept] - values[nothing] for group, kept in alone.items()},
        single={name: values[whole] - values[kept] for name, kept in without.items()},
        outlay=_added(full.outlay, base.outlay, whole),
        tax=_added(full.tax, base.tax, whole),
        recipients={key: count for key, count in full.recipients.items() if key[0] in mine},
        alone={
            group: (_added(runs[kept].outlay, base.outlay, kept), _added(runs[kept].tax, base.tax, kept))
            for group, kept in alone.items()
        },
        anyway={name: done for name in mine if (done := _anyway(task, full, runs[without[name]], name)) is not None},
        anyway_group={
            name: done
            for group, kept in without_group.items()
            for name in package.groups[group]
            if (done := _anyway(task, full, runs[kept], name)) is not None
        },
    )


def _anyway(task: Task, full: Run, without: Run, name: str) -> Floats | None:
    policy = task.package.scenario.get(name)
    act = act_of(policy) if policy is not None else ""
    if not act or name in task.package.baseline:  # a changed row is not taken away, it changes back
        return None
    assert full.witness is not None
    assert without.witness is not None
    return anyway(full.witness, without.witness, name, act, task.years)


def value(task: Task, run: Run, scaling: Scaling, member: int) -> Floats:
    """What one run is worth: see Parts."""
    futures = publish.publish(
        task.world, [run], scaling.base, scaling.factors, scaling.added, scaling.sum_of_flows, member
    )
    own = publish.by_year(task.world, publish.stack([run]), scaling.base)
    years = len(task.years)
    none = np.full((1, years), np.nan)
    rows = [futures.yearly[target][:, :years] for target in task.targets]
    rows += [own[target][:, :years] if target in own else none for target in task.targets]
    totals = np.zeros((2, years))
    for number, book in enumerate((run.outlay, run.tax)):
        for (_, year), amount in book.items():
            if year in task.years:
                totals[number, year - task.years.start] += amount
    return np.concatenate([*rows, totals])


def _added(book: Booked, before: Booked, names: Coalition) -> Booked:
    """What some instruments booked beyond what they booked under the baseline; it has booked nothing under new ones."""
    mine, theirs = ({key: amount for key, amount in some.items() if key[0] in names} for some in (book, before))
    return net(mine, theirs)
