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

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecosim.data.periods import year_of
from ecosim.model.compiled import apart, brief, inlined
from ecosim.model.firms import RUNGS, Firms
from ecosim.model.funnel import APPLIED, ASSISTED, AWARE, ELIGIBLE, FUNDED, KEPT, STAGES, Funnel
from ecosim.model.listing import append_eight
from ecosim.model.offers import Stack
from ecosim.model.reach import STILL_RESEARCHER as STILL_RESEARCHER
from ecosim.model.reach import WIDTH, audiences_of, reaches_of, state_of
from ecosim.model.reach import Reach as Reach

ASKED, GOT, HAD = 1, 2, 4  # bits of a firm's flag: applied and funded in this year, funded in the year before

Counts = NDArray[np.int64]


class TakeUp:
    """The funnel of one model. table: (instrument, year) -> (zones, stages) agents; `weight` firms each."""

    def __init__(self, zones: int, kinds: int) -> None:
        self.slots: dict[str, int] = {}
        self.table = Funnel(self.slots)
        self.everybody = np.ones((RUNGS, kinds), bool)
        self._zones = zones
        self._flags = np.zeros((8, 0), np.uint8)  # (slots, rows)
        self._gone = np.zeros((8, zones, len(STAGES)), np.int64)  # of firms that closed in the year
        self._keeps: dict[str, int] = {}  # of each instrument that was in force, see `Reach`
        self._looked: Any = None  # at whose statements it looked last

    def note(self, instrument: str, asked: NDArray[np.int64], got: NDArray[np.int64], firms: Firms) -> int:
        """Rows that applied and rows that were funded in the quarter; returns those funded first in the year."""
        flags = self.flags_of(instrument, firms)
        mark_asked(flags, asked)
        return int(mark_got(flags, got))

    def note_offers(
        self, stack: Stack, asking: Counts, served: Counts, asked: Counts, got: Counts, firms: Firms
    ) -> Counts:
        """The same for whole offers: how many want a place and get one of each, and these rows, offer after offer."""
        whose, new = stack.whose.of(self), np.zeros(asking.size, np.int64)
        mark_offers(self.flags(firms), whose, stack.pays, asking, served, asked, got, new)
        return new

    def flags_of(self, instrument: str, firms: Firms) -> NDArray[np.uint8]:
        """The instrument's flags of all rows, a view."""
        slot, rows = self.slots.get(instrument), firms.columns.uid.size
        if slot is None or rows > self._flags.shape[1]:
            slot = self._slot(instrument, rows)
        flags: NDArray[np.uint8] = self._flags[slot]
        return flags

    def flags(self, firms: Firms) -> NDArray[np.uint8]:
        """Flags of all instruments and rows, (slots, rows), a view."""
        self._make_room(len(self.slots), firms.columns.uid.size)
        return self._flags

    def slots_of(self, instruments: Sequence[str]) -> NDArray[np.int64]:
        """The slots of some instruments, new ones for new names."""
        slots = self.slots
        for name in instruments:
            if name not in slots:
                slots[name] = len(slots)
        return np.array([slots[name] for name in instruments], np.int64)

    def forget(self, rows: NDArray[np.int64], firms: Firms) -> None:
        """Rows that close: they count in this year and keep nothing."""
        if rows.size and self.slots:
            self._make_room(len(self.slots), firms.capacity)
            wipe(self._flags, rows, firms.columns.zone, len(self.slots), self._gone)

    def look(self, model: Any) -> None:
        """Remember what firms must still have to have kept what they get now, for an instrument may end before."""
        stated, _ = reaches_of(model)
        if stated is not self._looked:  # the same between two dates
            self._looked = stated
            self._keeps |= {name: reach.keeps for name, reach in stated.items()}

    def close_year(self, model: Any) -> None:
        """Count the year of every instrument in force, and what the year before has kept."""
        stated, silent = reaches_of(model)
        asked = self._asked() if silent else set()
        in_force = stated | {name: reach for name, reach in silent.items() if name in asked}
        for name in in_force:
            self.slots.setdefault(name, len(self.slots))
        if not self.slots:
            return
        self._make_room(len(self.slots), model.firms.capacity)
        audiences, needs = audiences_of(model, in_force), 0
        whose = [-1] * len(self.slots)  # -1: no longer in force
        keeps = [self._keeps.get(name, 0) for name in self.slots]
        for name, reach in in_force.items():
            slot = self.slots[name]
            whose[slot], keeps[slot], needs = audiences.numbers[name], reach.keeps, needs | reach.needs
        counts = self._gone[: len(self.slots)].copy()
        kept = np.array(keeps, np.uint8)
        count(state_of(model, needs), *audiences[1:], np.array(whose), kept, self._flags, counts)
        self.table.enter(year_of(model.quarter), counts, np.array(whose) >= 0)
        self._gone[...] = 0

    def _asked(self) -> set[str]:
        """Instruments for which somebody applied in the year, or was funded in the one before."""
        asked = np.empty(min(len(self.slots), len(self._flags)), np.bool_)
        find_asked(self._flags.view(np.uint64), self._gone, asked)
        return {name for name, applied in zip(self.slots, asked.tolist(), strict=False) if applied}

    def _slot(self, instrument: str, rows: int) -> int:
        slot = self.slots.setdefault(instrument, len(self.slots))
        self._make_room(slot + 1, rows)
        return slot

    def _make_room(self, slots: int, rows: int) -> None:
        had = self._flags.shape
        if slots <= had[0] and rows <= had[1]:
            return
        room = had[0] if slots <= had[0] else 2 * slots
        flags = np.zeros((room, max(rows + -rows % 8, had[1])), np.uint8)  # whole words of eight rows
        flags[: had[0], : had[1]] = self._flags
        gone = np.zeros((room, self._zones, len(STAGES)), np.int64)
        gone[: had[0]] = self._gone
        self._flags, self._gone = flags, gone


@brief
def find_asked(words: Any, gone: Any, asked: Any) -> None:
    """Slots with a flag or a firm that is gone, (slots,) out. words: flags, eight at a time."""
    for slot in range(asked.size):
        asked[slot] = gone[slot].any()
        for word in range(words.shape[1]):
            if words[slot, word] != 0:
                asked[slot] = True
                break


@inlined
def fund(flags: Any, i: Any) -> int:
    """Set the bits of a row that is funded; 1 if it was not funded before in the year, else 0."""
    old = flags[i]
    flags[i] = old | (ASKED | GOT)
    return 1 if (old & GOT) == 0 else 0


@brief
def mark_asked(flags: Any, rows: Any) -> None:
    """Set the bits of rows that applied."""
    for k in range(rows.size):
        flags[rows[k]] |= ASKED


@brief
def mark_got(flags: Any, rows: Any) -> int:
    """Set the bits of rows that were funded; returns how many were not funded before in the year."""
    new = 0
    for k in range(rows.size):
        new += fund(flags, rows[k])
    return new


@brief
def mark_offers(
    flags: Any, slots: Any, pays: Any, asking: Any, served: Any, asked: Any, got: Any, new: Any
) -> None:  # fmt: skip
    """As `mark_asked` and `mark_got` for offers one after another; pays: whether who gets a place is funded by it."""
    first = taken = 0
    for k in range(slots.size):
        mine = flags[slots[k]]
        mark_asked(mine, asked[first : first + asking[k]])
        if pays[k]:
            new[k] = mark_got(mine, got[taken : taken + served[k]])
        first += asking[k]
        taken += served[k]


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


PACK = 1 << 20  # three counts of one zone in one integer, so that a firm costs one addition


@apart
def count(
    state: Any, of_class: Any, of_state: Any, of_knowledge: Any, whose: Any, keeps: Any, flags: Any, counts: Any
) -> None:  # fmt: skip
    """Add the year to counts (slots, zones, stages). whose: number of each slot's audience, -1 for nobody.

    One pass over the firms for a group of audiences: bit k of a firm's word says that it is in the k-th.
    """
    zones, top = counts.shape[1], state.cell.size
    eligible, knew, listed = np.zeros(top, np.uint16), np.zeros(top, np.uint16), np.empty(flags.shape[1], np.int64)
    for slot in range(whose.size):
        if whose[slot] < 0:
            funded(state, eligible, knew, 0, keeps[slot], flags[slot], listed, counts[slot])
    for group in range(of_class.shape[0]):
        tally = np.zeros((zones, 2, 2, WIDTH), np.int64)
        audiences(state, of_class[group], of_state[group], of_knowledge[group], eligible, knew, tally)
        for slot in range(whose.size):
            k = whose[slot] - group * WIDTH
            if 0 <= k < WIDTH:
                for z in range(zones):
                    counts[slot, z, ELIGIBLE] += tally[z, 0, 0, k] + tally[z, 1, 0, k]
                    counts[slot, z, AWARE] += tally[z, 0, 1, k] + tally[z, 1, 1, k]
                    counts[slot, z, ASSISTED] += tally[z, 1, 1, k]
                funded(state, eligible, knew, k, keeps[slot], flags[slot], listed, counts[slot])


LANES = np.array([sum(1 << 8 * bit for bit in range(8) if byte >> bit & 1) for byte in range(256)], np.uint64)
MOST = 255  # that a lane of eight bits counts


@apart
def audiences(
    state: Any, of_class: Any, of_state: Any, of_knowledge: Any, eligible: Any, knew: Any, tally: Any
) -> None:  # fmt: skip
    """Fill eligible and knew (rows,), a bit for each audience; add to tally (zones, helped, knowing, WIDTH).

    Bits are counted eight at a time, each in a lane of its own of a word.
    """
    zone, cells, has, aware, helped = state.zone, state.cell, state.has, state.aware, state.helped
    for i in range(cells.size):
        eligible[i] = of_class[cells[i]] & of_state[has[i]]
    for i in range(cells.size):
        knew[i] = eligible[i] & of_knowledge[aware[i]]
    lanes = np.empty((tally.shape[0], 2, 2, WIDTH // 8), np.uint64)
    for start in range(0, cells.size, MOST):
        lanes[...] = 0
        for i in range(start, min(start + MOST, cells.size)):
            mine, able, knowing = lanes[zone[i], helped[i]], eligible[i], knew[i]
            mine[0, 0] += LANES[able & 255]
            mine[0, 1] += LANES[able >> 8]
            mine[1, 0] += LANES[knowing & 255]
            mine[1, 1] += LANES[knowing >> 8]
        spread_out(lanes, tally)


@apart
def spread_out(lanes: Any, tally: Any) -> None:
    """Add what the lanes have counted."""
    words, sums = lanes.ravel(), tally.ravel()
    for n in range(words.size):
        for bit in range(8):
            sums[8 * n + bit] += np.int64((words[n] >> np.uint64(8 * bit)) & np.uint64(255))


@apart
def funded(
    state: Any, eligible: Any, knew: Any, k: int, keeps: Any, flags: Any, listed: Any, counts: Any
) -> None:  # fmt: skip
    """Add firms that applied, were funded and kept it; then this year's funded become last year's.

    Whoever applied counts as eligible and aware, even where its state has changed since. k: bit of the audience.
    Flags are looked at eight at a time, as most firms ask for nothing. listed: scratch.
    """
    zone, helped, holds, words = state.zone, state.helped, state.holds, flags.view(np.uint64)
    flagged = 0
    for word in range(words.size):
        if words[word] != 0:
            flagged += append_eight(np.uint8(ASKED | GOT | HAD), flags, 8 * word, listed, flagged)
    if flagged == 0:
        return
    asking, getting = np.zeros(counts.shape[0], np.int64), np.zeros(counts.shape[0], np.int64)
    for n in range(flagged):
        i = listed[n]
        flag = np.int64(flags[i])
        asked, got, had = flag & 1, (flag >> 1) & 1, (flag >> 2) & 1  # ASKED, GOT, HAD
        unfit, unaware = 1 - ((eligible[i] >> k) & 1), 1 - ((knew[i] >> k) & 1)
        kept = had if (holds[i] & keeps) == keeps else 0
        asking[zone[i]] += asked * (1 + unfit * PACK + unaware * PACK * PACK)
        getting[zone[i]] += got + kept * PACK + asked * unaware * helped[i] * PACK * PACK
        flags[i] = got << 2
    for z in range(asking.size):
        counts[z, APPLIED] += asking[z] % PACK
        counts[z, ELIGIBLE] += asking[z] // PACK % PACK
        counts[z, AWARE] += asking[z] // PACK // PACK
        counts[z, FUNDED] += getting[z] % PACK
        counts[z, KEPT] += getting[z] // PACK % PACK
        counts[z, ASSISTED] += getting[z] // PACK // PACK
