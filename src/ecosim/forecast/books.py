"""What members booked as arrays, one row for each member."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ecosim.forecast.ensemble import Run

Floats = NDArray[np.float64]
Key = tuple[str, int]  # instrument, year
Booked = Mapping[Key, float]  # of one member: 10k CNY, or firms


def by_key(booked: Sequence[Booked], keys: Sequence[Key]) -> Floats:
    """What each member booked for some instruments and years, (members, keys); 0 where nothing."""
    return np.array([[book.get(key, 0.0) for key in keys] for book in booked], dtype=np.float64)


class Book(NamedTuple):
    """One book of all members. columns: by instrument and year for which any of them booked anything, (members,)."""

    members: int
    columns: dict[Key, Floats]

    @classmethod
    def of(cls, booked: Sequence[Booked]) -> "Book":
        """The books of members as one."""
        keys = sorted(set().union(*booked))
        return cls(len(booked), dict(zip(keys, np.ascontiguousarray(by_key(booked, keys).T), strict=True)))

    def at(self, keys: Iterable[Key]) -> Floats:
        """Some instruments and years, (members, keys)."""
        nothing = np.zeros(self.members)
        return np.array([self.columns.get(key, nothing) for key in keys]).reshape(-1, self.members).T

    def together(self, names: Iterable[str], years: range) -> Floats:
        """What some instruments booked together, (members, years)."""
        total = np.zeros((self.members, len(years)))
        for name in names:
            total += self.at((name, year) for year in years)
        return total


def paid(booked: Sequence[Booked], names: Iterable[str], years: range) -> Floats:
    """What some instruments booked together, (members, years)."""
    total = np.zeros((len(booked), len(years)))
    for name in names:
        total += by_key(booked, [(name, year) for year in years])
    return total


def net(booked: Booked, before: Booked) -> dict[Key, float]:
    """What one book of a member holds beyond another, below 0 where it holds less."""
    more = {key: amount - before.get(key, 0.0) for key, amount in booked.items()}
    return more | {key: 0.0 - amount for key, amount in before.items() if key not in booked}


class Books(NamedTuple):
    """The four books of all members: outlay and tax not collected (10k CNY), firms that were paid and refused."""

    outlay: Book
    tax: Book
    recipients: Book
    refused: Book

    @classmethod
    def of(cls, runs: "Sequence[Run]") -> "Books":
        """The books of members under one scenario."""
        return cls(
            Book.of([run.outlay for run in runs]),
            Book.of([run.tax for run in runs]),
            Book.of([run.recipients for run in runs]),
            Book.of([run.refused for run in runs]),
        )
