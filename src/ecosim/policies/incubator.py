"""Incubators: rooms and advice for firms younger than three years, and start-ups that begin in them."""

from typing import Any, ClassVar

import numpy as np
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from ecosim.data.periods import QUARTERS_PER_YEAR
from ecosim.model.compiled import brief
from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.firms import SOURCES
from ecosim.model.offers import INCUBATOR, Offer
from ecosim.model.settlement import charge
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import EVERYONE, OnEveryRung
from ecosim.policies.places import add_arrivals, kinds_in, raise_where, shares_in, zones_in
from ecosim.policies.schedule import NOTHING, Steps

INCUBATED = SOURCES.index("incubated")


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Incubator:
    """Slots in incubators, accelerators and maker spaces of one or several parks.

    slots: firms that can be housed at a time; every tenant in the zones of the parks counts, so incubators of the same
    park share one row. start_ups: firms a quarter that are expected to begin because of them, before the pull of the
    place, at most one for each free slot; they come first in the queue. support: taken off a tenant's log hazard of
    closing beyond what the behavior says; cost: 10k CNY a year for each slot.
    """

    family: ClassVar[str] = "incubator"
    moves: ClassVar[tuple[str, ...]] = ("incubation", "arrivals")
    again: ClassVar[bool] = True
    slots: Steps
    start_ups: Steps = NOTHING
    support: float = Field(default=0.0, ge=0)
    cost: float = Field(default=0.0, ge=0)
    eligible: OnEveryRung = EVERYONE
    parks: tuple[str, ...] = ()

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Offer the free slots and expect the start-ups."""
        slots = self.slots.at(model.quarter)
        if slots <= 0:
            return
        here = kinds_in(model.region, self.parks, self.eligible)
        free = slots - self.tenants(model)
        raise_where(terms.incubation, here, self.support)
        if free >= model.weight:
            whole = free // model.weight * model.weight  # of agents, so that no part of a slot is carried over
            model.offers.append(Offer(name, INCUBATOR, whole, here))
            founders = min(self.start_ups.at(model.quarter), free)
            shares = shares_in(model.region, self.parks, self.eligible.sectors, zones=self.eligible.zones)
            add_arrivals(terms.arrivals, INCUBATED, founders, shares)

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Pay for the slots; new tenants count as recipients."""
        charge(name, self.fees(name), model, events, again=self.again, due=self.upkeep(model))

    def fees(self, name: str) -> dict[str, float]:
        """Nothing for a tenant: slots cost the same whether they are taken or not."""
        return {name: 0.0}

    def upkeep(self, model: EcosystemModel) -> float:
        """What the slots cost in a quarter, 10k CNY."""
        cost: float = self.slots.at(model.quarter) * self.cost / QUARTERS_PER_YEAR
        return cost

    def tenants(self, model: EcosystemModel) -> int:
        """Real firms in the incubators of the parks."""
        columns, here = model.firms.columns, zones_in(model.region, self.parks, self.eligible.zones)
        return housed(columns.incubated, columns.alive, columns.zone, here, model.firms.top) * model.weight


@brief
def housed(incubated: Any, alive: Any, zone: Any, here: Any, top: int) -> int:
    """Firms in incubators in some zones. here: (zones,) True for these."""
    count, words, whole = 0, incubated[: top - top % 8].view(np.uint64), top - top % 8
    for word in range(words.size):  # eight firms at a time, as most are in none
        if words[word] != 0:
            for i in range(8 * word, 8 * word + 8):
                count += 1 if (incubated[i] > 0) & (alive[i] == 1) & here[zone[i]] else 0
    for i in range(whole, top):
        count += 1 if (incubated[i] > 0) & (alive[i] == 1) & here[zone[i]] else 0
    return count
