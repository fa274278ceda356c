"""The take-up funnel of every instrument by zone and year: who could, who knew, who asked, who got it, who kept it.

Stages, in firms of one year, counted once a firm however often it asked; each but `assisted` is a subset of the one
before:

- eligible: meets the rules of the instrument by its state at the end of the year (class, rung, and what the
  instrument needs), whatever it knows; whoever applied in the year was eligible when it did.
- aware: of these, knows the family of instruments; instruments that officials bring to the firm need no knowledge.
- assisted: of the aware, in one-to-one service or visited when the year is counted. A stage that may be skipped: it
  stands beside the ladder and filters nothing.
- applied: of the aware, asked at least once in the year.
- funded: of these, got something at least once in the year; the ledger's recipients.
- kept: of these, still there and still holding what was funded (`keeps`) at the end of the next year, four to seven
  quarters after it was funded; firms that close in between have not kept it.

Claim = eligible x aware x applied x funded: nothing is assumed, everything is counted on firms. Flags of a firm are
bytes by (instrument, row); a row that closes is counted first and wiped, so that its next tenant starts clean.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.data.periods import year_of
from ecosim.model.compiled import brief
from ecosim.model.firms import CERTIFICATION, HIGH_TECH, RUNGS, TECH_SME, Firms

STAGES = ("eligible", "aware", "assisted", "applied", "funded", "kept")
ELIGIBLE, AWARE, ASSISTED, APPLIED, FUNDED, KEPT = range(len(STAGES))
ASKED, GOT, HAD = 1, 2, 4  # bits of a firm's flag: applied and funded in this year, funded in the year before

# bits of what an instrument needs of a firm's state beyond its class and rung
(RESEARCHER, TECH_SME_CANDIDATE, HIGH_TECH_CANDIDATE, UNINFORMED, BORROWER, INSTITUTE, YOUNG) = (1, 2, 4, 8, 16, 32, 64)
# bits of what a funded firm must still have to have kept it; a firm that exists has all of the empty set
STILL_TECH_SME, STILL_HIGH_TECH, STILL_RESEARCHER, STILL_INFORMED, STILL_INSTITUTE = 1, 2, 4, 8, 16
YOUNG_QUARTERS = 12
LIVING = 128  # bit of every firm that exists

Counts = NDArray[np.int64]


class Reach(NamedTuple):
    """Whom an instrument is for. classes: (rungs, kinds); needs, keeps: bits above; knows: bits of `aware`."""

    classes: NDArray[np.bool_]
    needs: int = 0
    knows: int = 0
    keeps: int = 0


class TakeUp:
    """The funnel of one model. table: (instrument, year) -> (zones, stages) agents; `weight` firms each."""

    def __init__(self, zones: int, kinds: int) -> None:
        self.table: dict[tuple[str, int], Counts] = {}
        self.slots: dict[str, int] = {}
        self.everybody = np.ones((RUNGS, kinds), bool)
        self._zones = zones
        self._flags = np.zeros((8, 0), np.uint8)  # (slots, rows)
        self._gone = np.zeros((8, zones, len(STAGES)), np.int64)  # of firms that closed in the year

    def note(self, instrument: str, asked: NDArray[np.int64], got: NDArray[np.int64], firms: Firms) -> int:
        """Rows that applied and rows that were funded in the quarter; returns those funded first in the year."""
        slot = self._slot(instrument, firms.capacity)
        return int(mark(self._flags[slot], asked[:0] if asked is got else asked, got))

    def forget(self, rows: NDArray[np.int64], firms: Firms) -> None:
        """Rows that close: they count in this year and keep nothing."""
        if rows.size and self.slots:
            self._make_room(len(self.slots), firms.capacity)
            wipe(self._flags, rows, firms.columns.zone, len(self.slots), self._gone)

    def close_year(self, model: Any) -> None:
        """Count the year of every instrument in force, and what the year before has kept."""
        year, firms = year_of(model.quarter), model.firms
        reaches = {}
        for name, policy in model.policies.items():
            reach = self._reach_of(name, policy, model)
            if reach is not None:
                reaches[name] = reach
                self._slot(name, firms.capacity)
        if not self.slots:
            return
        keys = {(id(reach.classes), reach.needs, reach.knows): reach for reach in reaches.values()}
        numbers = {key: number for number, key in enumerate(keys)}  # instruments often share their audience
        classes = np.zeros((len(keys) + 1, self.everybody.size), bool)  # the last one for those no longer in force
        needs, knows = np.zeros(len(keys) + 1, np.uint8), np.zeros(len(keys) + 1, np.uint8)
        for number, reach in enumerate(keys.values()):
            classes[number], needs[number], knows[number] = reach.classes.ravel(), reach.needs, reach.knows
        whose, keeps = np.full(len(self.slots), len(keys)), np.zeros(len(self.slots), np.uint8)
        for name, reach in reaches.items():
            slot = self.slots[name]
            whose[slot], keeps[slot] = numbers[id(reach.classes), reach.needs, reach.knows], reach.keeps
        counts = self._gone[: len(self.slots)].copy()
        state = state_of(firms, model, needs)
        count(state, classes, needs | LIVING, knows, whose, keeps, self._flags, counts)
        for name, slot in self.slots.items():
            self._enter(name, year, counts[slot], name in reaches)
        self._gone[...] = 0

    def _reach_of(self, name: str, policy: Any, model: Any) -> Reach | None:
        """The instrument's own statement of whom it is for; without one its classes, once somebody asked for it."""
        if hasattr(policy, "audience"):
            stated: Reach | None = policy.audience(model)
            return stated
        slot = self.slots.get(name)
        if slot is None or not (self._flags[slot].any() or self._gone[slot].any()):
            return None
        eligible = getattr(policy, "eligible", None)
        return Reach(self.everybody if eligible is None else eligible.classes(model.region.zone_names))

    def _slot(self, instrument: str, rows: int) -> int:
        slot = self.slots.setdefault(instrument, len(self.slots))
        self._make_room(slot + 1, rows)
        return slot

    def _make_room(self, slots: int, rows: int) -> None:
        had = self._flags.shape
        if slots <= had[0] and rows <= had[1]:
            return
        room = had[0] if slots <= had[0] else 2 * slots
        flags = np.zeros((room, max(rows, had[1])), np.uint8)
        flags[: had[0], : had[1]] = self._flags
        gone = np.zeros((room, self._zones, len(STAGES)), np.int64)
        gone[: had[0]] = self._gone
        self._flags, self._gone = flags, gone

    def _enter(self, name: str, year: int, stages: Counts, in_force: bool) -> None:
        before = self.table.get((name, year - 1))
        if before is not None:
            before[:, KEPT] = stages[:, KEPT]
        if in_force or stages[:, APPLIED].any():
            stages[:, KEPT] = 0  # known in a year
            self.table[name, year] = stages


class State(NamedTuple):
    """What the funnel needs of every row, (top,) each."""

    zone: NDArray[np.int8]
    cell: NDArray[np.int32]  # rung and kind
    has: NDArray[np.uint8]  # bits of needs
    aware: NDArray[np.int8]
    helped: NDArray[np.uint8]  # 1 where in service or visited
    holds: NDArray[np.uint8]  # bits of what can be kept


def state_of(firms: Firms, model: Any, needs: NDArray[np.uint8]) -> State:
    """The state of all rows; candidates for a certificate are looked for where some instrument needs it."""
    top = firms.top
    has, helped, holds = np.empty(top, np.uint8), np.empty(top, np.uint8), np.empty(top, np.uint8)
    state = State(firms.columns.zone[:top], np.empty(top, np.int32), has, firms.columns.aware[:top], helped, holds)
    describe(firms.columns, model.terms.founding.size, state.cell, has, helped, holds)
    for bit, rung in ((TECH_SME_CANDIDATE, TECH_SME), (HIGH_TECH_CANDIDATE, HIGH_TECH)):
        if (needs & bit).any():
            has[model.rules.certifiable(model, rung)] |= bit
    return state


@brief
def mark(flags: Any, asked: Any, got: Any) -> int:
    """Set the bits of rows that applied and that were funded; returns how many were not funded before in the year."""
    new = 0
    for k in range(asked.size):
        flags[asked[k]] |= ASKED
    for k in range(got.size):
        old = flags[got[k]]
        new += 1 if (old & GOT) == 0 else 0
        flags[got[k]] = old | (ASKED | GOT)
    return new


@brief
def wipe(flags: Any, rows: Any, zone: Any, slots: int, gone: Any) -> None:
    """Count what closing rows did in the year, gone (slots, zones, stages), and clear their flags."""
    for slot in range(slots):
        mine, total = flags[slot], gone[slot]
        for k in range(rows.size):
            flag, z = mine[rows[k]], zone[rows[k]]
            if (flag & ASKED) != 0:
                total[z, ELIGIBLE] += 1
                total[z, AWARE] += 1
                total[z, APPLIED] += 1
                total[z, FUNDED] += 1 if (flag & GOT) != 0 else 0
            mine[rows[k]] = 0


@brief
def describe(firms: Any, kinds: int, cell: Any, has: Any, helped: Any, holds: Any) -> None:
    """Fill the columns of State, in place."""
    for i in range(cell.size):
        rung, informed = firms.certificate[i], (firms.aware[i] & CERTIFICATION) != 0
        cell[i] = rung * kinds + firms.kind[i]
        value = RESEARCHER if firms.performs[i] == 1 else 0
        value |= 0 if informed else UNINFORMED
        value |= BORROWER if firms.loan[i] > 0.0 else 0
        value |= INSTITUTE if firms.institute[i] > 0 else 0
        value |= YOUNG if firms.age[i] < YOUNG_QUARTERS else 0
        value |= LIVING if firms.alive[i] == 1 else 0
        has[i] = value
        helped[i] = 1 if (firms.assisted[i] > 0) | (firms.visited[i] == 1) else 0
        kept = STILL_TECH_SME if rung >= TECH_SME else 0
        kept |= STILL_HIGH_TECH if rung == HIGH_TECH else 0
        kept |= STILL_RESEARCHER if firms.performs[i] == 1 else 0
        kept |= STILL_INFORMED if informed else 0
        kept |= STILL_INSTITUTE if firms.institute[i] > 0 else 0
        holds[i] = kept


PACK = 1 << 20  # three counts of one zone in one integer, so that a firm costs one addition


@brief
def count(
    state: Any, classes: Any, needs: Any, knows: Any, whose: Any, keeps: Any, flags: Any, counts: Any
) -> None:  # fmt: skip
    """Add the year to counts (slots, zones, stages). whose: number of each slot's audience, the last one is nobody."""
    zones, nobody = counts.shape[1], needs.size - 1
    for number in range(nobody):
        packed = audience(state, classes[number], needs[number], knows[number], zones)
        for slot in range(whose.size):
            if whose[slot] == number:
                for z in range(zones):
                    counts[slot, z, ELIGIBLE] += packed[z] % PACK
                    counts[slot, z, AWARE] += packed[z] // PACK % PACK
                    counts[slot, z, ASSISTED] += packed[z] // PACK // PACK
    for slot in range(whose.size):
        w = whose[slot]
        funded(state, classes[w], needs[w], knows[w], keeps[slot], flags[slot], counts[slot])


@brief
def audience(state: Any, classes: Any, needs: Any, knows: Any, zones: int) -> Any:
    """Firms that are eligible, aware and assisted by their state, packed, (zones,)."""
    packed = np.zeros(zones, np.int64)
    zone, cell, has, aware, helped = state.zone, state.cell, state.has, state.aware, state.helped
    for i in range(cell.size):
        if (has[i] & needs) == needs and classes[cell[i]]:
            knew = 1 if (aware[i] & knows) == knows else 0
            packed[zone[i]] += 1 + knew * (PACK + helped[i] * PACK * PACK)
    return packed


@brief
def funded(state: Any, classes: Any, needs: Any, knows: Any, keeps: Any, flags: Any, counts: Any) -> None:
    """Add firms that applied, were funded and kept it; then this year's funded become last year's.

    Whoever applied counts as eligible and aware, even where its state has changed since.
    """
    zone, cell, has, aware, helped, holds = state
    for i in range(cell.size):
        flag = flags[i]
        if flag == 0:
            continue
        total = counts[zone[i]]
        if (flag & ASKED) != 0:
            total[APPLIED] += 1
            eligible = (has[i] & needs) == needs and classes[cell[i]]
            if not eligible:
                total[ELIGIBLE] += 1
            if not (eligible and (aware[i] & knows) == knows):
                total[AWARE] += 1
                total[ASSISTED] += helped[i]
            if (flag & GOT) != 0:
                total[FUNDED] += 1
        if (flag & HAD) != 0 and (holds[i] & keeps) == keeps:
            total[KEPT] += 1
        flags[i] = (flag & GOT) << 1
