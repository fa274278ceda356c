"""Who can ask for money after a quarter: short lists of firms, gathered in one pass, from which instruments settle.

Instruments used to look through all firms one after another. Now one compiled pass finds the firms that did R&D, hired,
were certified or hold the second rung; an instrument goes through the few that concern it. Money is rounded once for
each firm, to whole fen, before it is summed as integers: so a sum is exact and does not depend on the order.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecosim.model.compiled import brief
from ecosim.model.firms import FIRST_HIGH_TECH, HIGH_TECH, NEW_TECH_SME, RESEARCH, TALENT, Firms

LISTS = ("researchers", "high_tech", "hirers", "new_tech_sme", "first_high_tech")


class Claims:
    """Rows of the firms with something to claim in the present quarter, each a (n,) view.

    researchers: perform R&D and know the instruments for it; high_tech: hold the second rung; hirers: hired and know
    the instruments for talent (the hires stand in `vacancies`, `senior_vacancies` and `leader_vacancies`);
    new_tech_sme and first_high_tech: certified in the quarter for the first time at their rung.
    """

    def __init__(self) -> None:
        self._rows = np.empty((len(LISTS), 0), np.int64)
        self._counts = np.zeros(len(LISTS), np.int64)

    def gather(self, firms: Firms) -> None:
        """Look through all firms once."""
        if self._rows.shape[1] < firms.top:
            self._rows = np.empty((len(LISTS), firms.capacity), np.int64)
        gather(firms.columns, firms.top, self._rows, self._counts)

    def _list(self, number: int) -> NDArray[np.int64]:
        return self._rows[number, : self._counts[number]]

    @property
    def researchers(self) -> NDArray[np.int64]:
        """Firms that perform R&D and know the instruments for it."""
        return self._list(0)

    @property
    def high_tech(self) -> NDArray[np.int64]:
        """High-tech enterprises."""
        return self._list(1)

    @property
    def hirers(self) -> NDArray[np.int64]:
        """Firms that hired in the quarter and know the instruments for talent."""
        return self._list(2)

    @property
    def new_tech_sme(self) -> NDArray[np.int64]:
        """Firms that reached the first rung in the quarter."""
        return self._list(3)

    @property
    def first_high_tech(self) -> NDArray[np.int64]:
        """Firms that reached the second rung in the quarter for the first time."""
        return self._list(4)


@brief
def gather(firms: Any, top: int, rows: Any, counts: Any) -> None:
    """Fill rows (LISTS, capacity) and counts (LISTS,), in place."""
    researchers, high_tech, hirers, tech_sme, first = rows[0], rows[1], rows[2], rows[3], rows[4]
    a = b = c = d = e = 0
    alive, performs, aware = firms.alive[:top], firms.performs[:top], firms.aware[:top]
    certificate, event = firms.certificate[:top], firms.event[:top]
    graduates, seniors, leaders = firms.vacancies[:top], firms.senior_vacancies[:top], firms.leader_vacancies[:top]
    for i in range(top):
        if alive[i] == 0:
            continue
        if performs[i] == 1 and (aware[i] & RESEARCH) != 0:
            researchers[a] = i
            a += 1
        if certificate[i] == HIGH_TECH:
            high_tech[b] = i
            b += 1
        if (graduates[i] + seniors[i] + leaders[i]) > 0 and (aware[i] & TALENT) != 0:
            hirers[c] = i
            c += 1
        if event[i] != 0:
            if (event[i] & NEW_TECH_SME) != 0:
                tech_sme[d] = i
                d += 1
            if (event[i] & FIRST_HIGH_TECH) != 0:
                first[e] = i
                e += 1
    counts[0], counts[1], counts[2], counts[3], counts[4] = a, b, c, d, e
