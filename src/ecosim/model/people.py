"""People who look for a post: whole numbers by zone, skill and origin, so that nobody is lost or made."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.model.compiled import brief
from ecosim.model.firms import SKILLS, Columns

ORIGINS = ("local", "shanghai", "returning")  # who lives here; who lives in Shanghai; who comes (back) from elsewhere
LOCAL, FROM_SHANGHAI, RETURNING = range(len(ORIGINS))
SKILL_SHARES = (0.88, 0.11, 0.01)  # of those who look at a start; near the posts that firms want, assumption


class Pool(NamedTuple):
    """Those who look, what has drawn them, and the balance with the outside. Z zones, K skills, O origins."""

    looking: NDArray[np.int64]  # (Z, K, O) persons
    drawn: NDArray[np.float64]  # (Z, K, O) log points of the zone's people that pay and nearness have drawn so far
    came: NDArray[np.int64]  # (K,) persons who came from outside less those who left, since the start

    def copy(self) -> "Pool":
        """The same people in a book of their own whose balance with the outside starts at zero."""
        return Pool(self.looking.copy(), self.drawn.copy(), np.zeros_like(self.came))

    @property
    def least(self) -> int:
        """The fewest who look in any zone, of any skill and origin."""
        return int(least(self.looking))

    def with_staff(self, columns: Columns, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """(K,) people by skill: those who look and the staff of firms (rows)."""
        skilled: NDArray[np.int64] = staff_by_skill(columns, rows).sum(axis=1) + self.looking.sum(axis=(0, 2))
        return skilled

    def take_back(self, columns: Columns, rows: NDArray[np.int64]) -> None:
        """All staff of firms (rows) look for a post in their zones, the firms keep nobody."""
        zones = self.looking.shape[0]
        for skill, count in enumerate(staff_by_skill(columns, rows)):
            people = np.bincount(columns.zone[rows], weights=count, minlength=zones)
            self.looking[:, skill, LOCAL] += people.astype(np.int64)
        for column in (columns.staff, columns.seniors, columns.leaders):
            column[rows] = 0


@brief
def least(looking: Any) -> int:
    """The smallest of all numbers, (Z, K, O)."""
    fewest = looking[0, 0, 0]
    for people in looking.flat:
        fewest = min(fewest, people)
    return fewest


def staff_by_skill(columns: Columns, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """(K, n) staff of firms (rows): graduates, seniors, leading talent."""
    seniors, leaders = columns.seniors[rows].astype(np.int64), columns.leaders[rows].astype(np.int64)
    return np.stack([columns.staff[rows] - seniors - leaders, seniors, leaders])


def spread(people: int, zone_shares: NDArray[np.float64]) -> Pool:
    """People of a start spread over zones and skills in proportion (largest remainder), all of them local."""
    zones = zone_shares.size
    exact = people * np.outer(zone_shares / zone_shares.sum(), SKILL_SHARES).ravel()
    whole = np.floor(exact + 1e-9).astype(np.int64)
    whole[np.argsort(whole - exact, kind="stable")[: people - int(whole.sum())]] += 1
    looking = np.zeros((zones, len(SKILLS), len(ORIGINS)), np.int64)
    looking[:, :, LOCAL] = whole.reshape(zones, len(SKILLS))
    return Pool(looking, np.zeros(looking.shape), np.zeros(len(SKILLS), np.int64))
