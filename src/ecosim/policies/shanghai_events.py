"""Events in Shanghai: each brings projects, and some of the projects are firms."""

from typing import ClassVar

from pydantic import ConfigDict, Field, field_validator
from pydantic.dataclasses import dataclass

from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.firms import SOURCES
from ecosim.model.terms import Terms
from ecosim.policies.cross_province_park import known_sectors
from ecosim.policies.outlays import pay_sum
from ecosim.policies.places import shares_in
from ecosim.policies.schedule import Steps

SHANGHAI = SOURCES.index("shanghai")


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class ShanghaiEvents:
    """events: in a quarter; yields: projects that one event brings; share: percent of projects that are new firms of
    the kind the model counts; border_weight: how many times as likely one settles in a border zone; cost: 10k CNY for
    each event."""

    family: ClassVar[str] = "shanghai_events"
    dated: ClassVar[bool] = True
    steady: ClassVar[bool] = True
    events: Steps
    yields: float = Field(ge=0, le=10)
    share: float = Field(ge=0, le=100)
    border_weight: float = Field(default=1.0, ge=0)
    sectors: tuple[str, ...] = ()
    cost: float = Field(default=0.0, ge=0)

    @field_validator("sectors")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return known_sectors(names)

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Expect the firms that the quarter's events bring."""
        expected = self.events.at(model.quarter) * self.yields * self.share / 100
        if expected > 0:
            terms.arrivals[SHANGHAI] += expected * shares_in(model.region, (), self.sectors, self.border_weight)

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Pay for the events."""
        pay_sum(name, model, self.events.at(model.quarter) * self.cost)
