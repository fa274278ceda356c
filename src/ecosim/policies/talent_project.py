"""Talent projects: a prize for each start-up that talent from outside founds here, for so many a year."""

from collections.abc import Callable
from dataclasses import dataclass as record
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from ecosim.data.periods import QUARTERS_PER_YEAR, year_of
from ecosim.model import settlement
from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.firms import SOURCES
from ecosim.model.ledger import FEN_PER_UNIT
from ecosim.model.region import SECTORS
from ecosim.model.settlement import Claim
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import EVERYONE, OnEveryRung
from ecosim.policies.places import add_arrivals
from ecosim.policies.rationing import Order, Score, budget_now, left, queue
from ecosim.policies.schedule import OptionalSteps, Steps

TALENT_FOUNDER = SOURCES.index("talent")


@record
class Places:
    """What one model knows of its prizes: given in a year, and the part of a place that the year before left over."""

    year: int = 0
    given: int = 0  # real firms
    over: float = 0.0  # less than one agent's places


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class TalentProject:
    """amount: prize in 10k CNY; places: start-ups a year; attraction: founders a year that each 10k CNY draws.

    ration: who gets a prize where places or money are short; score: by what start-ups are ranked under `score`.
    """

    family: ClassVar[str] = "talent_project"
    moves: ClassVar[tuple[str, ...]] = ("arrivals",)
    amount: Steps
    places: Steps
    attraction: float = Field(default=0.1, ge=0)
    budget: OptionalSteps = None
    eligible: OnEveryRung = EVERYONE
    ration: Order = "lottery"
    score: Score = "patents"

    def expected(self, name: str, model: EcosystemModel) -> float:
        """Start-ups expected in the quarter: as many as the prize draws, places and the year's budget allow."""
        amount = self.amount.at(model.quarter)
        if amount <= 0:
            return 0.0
        yearly = min(self.places.at(model.quarter), self.attraction * amount)
        fen = left(name, model, self.budget)
        if fen is not None:
            yearly = min(yearly, fen // round(amount * FEN_PER_UNIT) * QUARTERS_PER_YEAR)
        return yearly / QUARTERS_PER_YEAR

    def spread(self, model: EcosystemModel) -> NDArray[np.float64]:
        """(sectors, zones) shares of the start-ups: as the region's firms, among eligible sectors and zones."""
        chosen, region = self.eligible, model.region
        known = region.memory.get(("founders", chosen))
        if known is not None:
            return np.asarray(known)
        sectors = [region.sectors.get(name, 0.0) * (name in (chosen.sectors or SECTORS)) for name in SECTORS]
        zones = [zone.share * (name in (chosen.zones or region.zone_names)) for name, zone in region.zones.items()]
        shares = np.outer(sectors, zones)
        shares = shares / shares.sum() if shares.any() else shares
        region.memory["founders", chosen] = shares
        return shares

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Draw founders."""
        expected = self.expected(name, model)
        if expected > 0:
            self.eligible.mask(model.region.zone_names)  # names a zone that the region does not have
            add_arrivals(terms.arrivals, TALENT_FOUNDER, expected, self.spread(model))

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Pay the prize to start-ups that talent founded at the end of the last quarter, within the year's places."""
        settlement.settle(name, self.claim(model), model)

    def claim(self, model: EcosystemModel) -> Claim | None:
        """The prize for each, while places and what is left of the year's budget last."""
        amount = self.amount.at(model.quarter)
        if amount <= 0:
            return None
        here, budget = self.eligible.classes(model.region.zone_names), budget_now(self.budget, model)
        order = queue(self.ration, self.score)
        return Claim(
            "talent_founders", here, (), (amount,), budget=budget, paced=False, queue=order, places=self.places_left
        )

    def places_left(self, name: str, model: EcosystemModel) -> tuple[int, Callable[[int], None]]:
        """Agents that can have a prize in the quarter, and who counts those that get one."""
        free, places = self.free(name, model)

        def count(agents: int) -> None:
            places.given += agents * model.weight

        return int(free // model.weight), count

    def free(self, name: str, model: EcosystemModel) -> tuple[float, Places]:
        """Prizes left of the year's, real firms, and the record that they are counted in.

        Whole places that nobody took are lost with the year; one that is too small for an agent adds to the next's.
        """
        number, year = self.places.at(model.quarter), year_of(model.quarter)
        places: Places = model.pursuits.get(name) or model.pursuits.setdefault(name, Places(year))
        if places.year != year:
            before = self.places.at(model.quarter - 1) + places.over - places.given
            places.year, places.given, places.over = year, 0, max(before, 0.0) % model.weight
        return max(number + places.over - places.given, 0.0), places
