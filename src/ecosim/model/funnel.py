"""The table of the take-up funnel: counts by instrument, year, zone and stage (see `ecosim.model.take_up`)."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

STAGES = ("eligible", "aware", "assisted", "applied", "funded", "kept")
ELIGIBLE, AWARE, ASSISTED, APPLIED, FUNDED, KEPT = range(len(STAGES))

Counts = NDArray[np.int64]


class Funnel(Mapping[tuple[str, int], Counts]):
    """(instrument, year) -> (zones, stages) agents. slots: where each instrument stands in the counts of a year."""

    def __init__(self, slots: dict[str, int]) -> None:
        self._slots = slots
        self._years: dict[int, tuple[Counts, NDArray[np.bool_]]] = {}  # (slots, zones, stages), and who is in the table

    def enter(self, year: int, counts: Counts, in_force: NDArray[np.bool_]) -> None:
        """Put in a year's counts, (slots, zones, stages), of instruments in force or applied for.

        The last stage is what the year before has kept: it is known a year later.
        """
        before = self._years.get(year - 1)
        if before is not None:
            before[0][:, :, KEPT] = counts[: len(before[0]), :, KEPT]
        counts[:, :, KEPT] = 0
        self._years[year] = counts, in_force | (counts[:, :, APPLIED].sum(axis=1) > 0)

    def __contains__(self, key: Any) -> bool:
        slot, known = self._slots.get(key[0]), self._years.get(key[1])
        return slot is not None and known is not None and slot < len(known[1]) and bool(known[1][slot])

    def __getitem__(self, key: tuple[str, int]) -> Counts:
        if key not in self:
            raise KeyError(key)
        return self._years[key[1]][0][self._slots[key[0]]]

    def __iter__(self) -> Iterator[tuple[str, int]]:
        return ((name, year) for year in self._years for name in self._slots if (name, year) in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)
