"""Whom instruments are for: what they need of a firm's state, and the state of all firms in the bits that they need."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.model.compiled import brief
from ecosim.model.firms import CERTIFICATION, HIGH_TECH, TECH_SME

if TYPE_CHECKING:
    from ecosim.model.ecosystem import EcosystemModel

# bits of what an instrument needs of a firm's state beyond its class and rung
RESEARCHER, TECH_SME_CANDIDATE, HIGH_TECH_CANDIDATE, UNINFORMED, BORROWER = 1, 2, 4, 8, 16
# bits of what a funded firm must still have to have kept it; a firm that exists has all of the empty set
STILL_TECH_SME, STILL_HIGH_TECH, STILL_RESEARCHER, STILL_INFORMED, STILL_INSTITUTE = 1, 2, 4, 8, 16
LIVING = 128  # bit of every firm that exists
CANDIDATE = np.array([0, TECH_SME_CANDIDATE, HIGH_TECH_CANDIDATE, TECH_SME_CANDIDATE | HIGH_TECH_CANDIDATE], np.uint8)


class Reach(NamedTuple):
    """Whom an instrument is for. classes: (rungs, kinds); needs, keeps: bits above; knows: bits of `aware`."""

    classes: NDArray[np.bool_]
    needs: int = 0
    knows: int = 0
    keeps: int = 0


WIDTH = 16  # audiences in one pass, a bit each


class Audiences(NamedTuple):
    """Audiences of instruments, in groups of WIDTH; bit k of a word stands for the k-th of its group.

    numbers: of each instrument's audience, by name; instruments often share one.
    """

    numbers: dict[str, int]
    of_class: NDArray[np.uint16]  # (groups, rungs x kinds) audiences to which a class of firms can belong
    of_state: NDArray[np.uint16]  # (groups, 256) the same by the bits of needs that a firm has
    of_knowledge: NDArray[np.uint16]  # (groups, 128) the same by the bits of `aware`


def reaches_of(model: "EcosystemModel") -> tuple[dict[str, Reach], dict[str, Reach]]:
    """Whom the instruments in force say they are for, by name; and the classes of those that say nothing.

    Worked out once for the quarters between two dates of the package.
    """
    memory = model.stretch().memory
    if "reaches" not in memory:
        stated, silent = {}, {}
        for name, policy in model.policies.items():
            if not hasattr(policy, "audience"):
                eligible = getattr(policy, "eligible", None)
                everybody = model.take_up.everybody
                silent[name] = Reach(everybody if eligible is None else eligible.classes(model.region.zone_names))
            elif (reach := policy.audience(model)) is not None:
                stated[name] = reach
        memory["reaches"] = stated, silent
    known: tuple[dict[str, Reach], dict[str, Reach]] = memory["reaches"]
    return known


def audiences_of(model: "EcosystemModel", reaches: dict[str, Reach]) -> Audiences:
    """The audiences of some instruments, remembered as `reaches_of`."""
    memory, key = model.stretch().memory, ("audiences", *reaches)
    if key not in memory:
        memory[key] = _in_bits(reaches)
    known: Audiences = memory[key]
    return known


def _in_bits(reaches: dict[str, Reach]) -> Audiences:
    keys = {name: (id(reach.classes), reach.needs, reach.knows) for name, reach in reaches.items()}
    distinct = {key: reaches[name] for name, key in keys.items()}
    numbers = {key: number for number, key in enumerate(distinct)}
    has, aware = np.arange(256), np.arange(128)
    reached = [(reach.classes.ravel(), reach.needs | LIVING, reach.knows) for reach in distinct.values()]
    return Audiences(
        {name: numbers[key] for name, key in keys.items()},
        _packed([classes for classes, _, _ in reached]),
        _packed([has & needs == needs for _, needs, _ in reached]),
        _packed([aware & knows == knows for _, _, knows in reached]),
    )


def _packed(belongs: list[NDArray[np.bool_]]) -> NDArray[np.uint16]:
    """Who belongs to each audience, (n,) each, as bits by group, (groups, n)."""
    words = np.zeros((-(-len(belongs) // WIDTH), belongs[0].size if belongs else 0), np.uint16)
    for number, mine in enumerate(belongs):
        words[number // WIDTH] |= np.multiply(mine, 1 << number % WIDTH, dtype=np.uint16)
    return words


class State(NamedTuple):
    """What the funnel needs of every row, (top,) each."""

    zone: NDArray[np.int8]
    cell: NDArray[np.int32]  # rung and kind
    has: NDArray[np.uint8]  # bits of needs
    aware: NDArray[np.int8]
    helped: NDArray[np.uint8]  # 1 where in service or visited
    holds: NDArray[np.uint8]  # bits of what can be kept


def state_of(model: "EcosystemModel", needs: int) -> State:
    """The state of all rows; candidates for a certificate are looked for where some instrument needs it."""
    f, top = model.firms.columns, model.firms.top
    cell = np.empty(top, np.int32)
    has, helped, holds = np.empty((3, top), np.uint8)
    describe(
        f.alive, f.certificate, f.kind, f.aware, f.performs, f.loan, f.institute, f.assisted, f.visited,
        model.terms.founding.size, cell, has, helped, holds,
    )  # fmt: skip
    if needs & (TECH_SME_CANDIDATE | HIGH_TECH_CANDIDATE):
        rows, rungs = model.rules.certifiable(model)
        mark(has, rows, CANDIDATE[rungs])
    return State(f.zone[:top], cell, has, f.aware[:top], helped, holds)


@brief
def mark(has: Any, rows: Any, bits: Any) -> None:
    """Give rows more bits, (n,)."""
    for k in range(rows.size):
        has[rows[k]] |= bits[k]


@brief
def describe(
    alive: Any, certificate: Any, kind: Any, aware: Any, performs: Any, loan: Any, institute: Any,
    assisted: Any, visited: Any, kinds: int, cell: Any, has: Any, helped: Any, holds: Any,
) -> None:  # fmt: skip
    """Fill the columns of State, in place. Short loops, so that they vectorize."""
    for i in range(cell.size):
        cell[i] = certificate[i] * kinds + kind[i]
    for i in range(has.size):
        has[i] = np.uint8(BORROWER) if loan[i] > 0.0 else np.uint8(0)
    for i in range(has.size):
        value = np.uint8(RESEARCHER) if performs[i] == 1 else np.uint8(0)
        value |= np.uint8(0) if (aware[i] & CERTIFICATION) != 0 else np.uint8(UNINFORMED)
        has[i] |= value | (np.uint8(LIVING) if alive[i] == 1 else np.uint8(0))
    for i in range(holds.size):
        helped[i] = np.uint8(1) if (assisted[i] > 0) | (visited[i] == 1) else np.uint8(0)
        kept = np.uint8(STILL_TECH_SME) if certificate[i] >= TECH_SME else np.uint8(0)
        kept |= np.uint8(STILL_HIGH_TECH) if certificate[i] == HIGH_TECH else np.uint8(0)
        kept |= np.uint8(STILL_RESEARCHER) if performs[i] == 1 else np.uint8(0)
        kept |= np.uint8(STILL_INFORMED) if (aware[i] & CERTIFICATION) != 0 else np.uint8(0)
        holds[i] = kept | (np.uint8(STILL_INSTITUTE) if institute[i] > 0 else np.uint8(0))
