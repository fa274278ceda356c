"""What the ecosystem needs of the rules and instruments that it is handed, and what passes between them."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ecosim.model.offers import Stack
from ecosim.model.terms import Terms

if TYPE_CHECKING:
    from ecosim.model.ecosystem import EcosystemModel


class Arrivals(NamedTuple):
    """Firms to be founded, (n,) arrays: rows are not yet taken. source: how they come, index into SOURCES.

    rejected: arrivals that a park's entry standard kept out.
    """

    uids: NDArray[np.uint64]
    sector: NDArray[np.int8]
    zone: NDArray[np.int8]
    ownership: NDArray[np.int8]
    source: NDArray[np.int8]
    rejected: int = 0


class Rules(Protocol):
    """What the ecosystem needs of the behaviors that it is handed."""

    def give(
        self, model: "EcosystemModel", given: Stack, places: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Firms take whole places of offers: how many want one of each and get one; these rows, offer after offer."""

    def certifiable(self, model: "EcosystemModel") -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """Rows of R&D performers below the second rung, and the rungs for which the rules would let them apply.

        Whatever they know and want. Rungs are bits, their own numbers: TECH_SME | HIGH_TECH.
        """

    def queue(self, model: "EcosystemModel") -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Rows of the firms that wait for the review of an R&D institute, the rungs they ask for, how they rank."""

    def recognize(self, model: "EcosystemModel", rows: NDArray[np.int64]) -> None:
        """The R&D institutes of these firms are recognized at the next rung."""

    def decide(self, model: "EcosystemModel", weather: dict[str, float], decides: bool) -> None:
        """Every firm decides; nobody is founded or closed."""

    def hire(self, model: "EcosystemModel") -> tuple[int, int]:
        """People leave their firms, look or come, and meet open posts; returns the hired and who left the pool."""

    def founders(self, model: "EcosystemModel") -> Arrivals:
        """Firms that are founded in this quarter."""

    def furnish(self, model: "EcosystemModel", rows: NDArray[np.int64], arrivals: Arrivals) -> None:
        """Give new firms their place, owner, source and traits, and count them in `births_by_source`."""


class Policy(Protocol):
    """What the ecosystem needs of an instrument.

    What more it may have: `lever = True` where it moves other instruments (effort, budgets) and so revises terms before
    them; `audience(model)`, a `reach.Reach` that says whom it is for, None while it is not in force;
    `without`, the stages of the funnel (`take_up.STAGES`) that do not apply to it; `no_doses`, names of fields of which
    less gives more, which neither a member's luck with delivery nor `intensity` multiplies.

    For the agenda (`ecosim.model.agenda`): `dated = True` where what it revises and offers depends on the quarter
    alone; `dates` at which it changes beside those of its schedules; `looks_ahead = True` where it acts while all of
    them are at 0; `moves`, names of the terms that it may revise (without it, all); `promises(model)`, all that it
    adds to them until the next date, which `revise` puts there; one that has it makes no offers, unless it is dated.

    For the settlement: `claim(model)`, a `settlement.Claim` that stands until the next date, or several (None:
    nothing), which `settle` pays; `fees(name)`, what a place of its offers costs, which `settle` books, with `again =
    True` where who takes a place again in a year is a recipient again, and `upkeep(model)`, what it spends on them in a
    quarter whoever comes, both asked once until the next date; `steady = True` where what it books in a quarter depends
    on dates alone, with `once_a_year = True` where its recipients count once a year; `pays_firms = True` where it pays
    firms otherwise, then `idle(name, model)`, whether it has nothing to pay in the quarter (without it, it may have
    something). One with claims or fees settles by these alone, so it is neither steady nor pays firms otherwise.
    """

    def revise(self, name: str, terms: Terms, model: "EcosystemModel") -> None:
        """Rewrite terms for the coming quarter and offer places. name: of the row of configuration."""

    def settle(self, name: str, model: "EcosystemModel", events: "Events") -> None:
        """Pay for what happened in the quarter and book it."""


@dataclass
class Events:
    """What happened in a quarter, for instruments to pay on. Rows are of firms that are still there."""

    closing: NDArray[np.int64]  # rows of firms that close now
    loss: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))  # their loans, 10k CNY, less what funds bore
