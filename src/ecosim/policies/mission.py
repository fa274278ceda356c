"""Missions: a gap is named, a date is set, and officials work on it until it is closed (the article's five ones).

While a mission is open (begun, not reached, before its deadline) it raises the effort of all programs and offers visits
and counsel to its own classes of firms; the open mission that is nearest to its aim gets `nearest` times as much. Once
it is reached, or its deadline has passed, everything falls back. What a mission knows stands in `model.pursuits`.
"""

from dataclasses import dataclass as record
from functools import cached_property
from math import fsum
from typing import Any, ClassVar

from pydantic import ConfigDict, Field, field_validator, model_validator
from pydantic.dataclasses import dataclass

from ecosim.data.errors import nearest
from ecosim.data.periods import parse, quarter_index
from ecosim.model.ecosystem import OBSERVED, EcosystemModel, Events
from ecosim.model.offers import COUNSEL, VISIT, Offer
from ecosim.model.settlement import charge
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import EVERYONE, OnEveryRung
from ecosim.policies.schedule import Schedule, Steps

PLACE = {name: place for place, name in enumerate(OBSERVED)}


@record
class Pursuit:
    """State of a mission in one model. share: of its aim, 1 once reached; reached: quarter index, None before."""

    share: float = 0.0
    reached: int | None = None
    start: float | None = None  # what was observed when it was first looked at


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Mission:
    """A gap to close: an observable that must come to `at_least`, or another instrument that must be in force.

    observable: one of the model's, over the observable `per` where given, as the sum of `quarters` quarters (mean of
    those known, at the beginning); relative: at_least is a multiple of its value at the start.
    deadline: last period of the pursuit; capacity: places a quarter of visits and as many of counsel; rate: percent by
    which the effort of all programs rises; cost: 10k CNY a place; nearest: factor for the one nearest to its aim.
    """

    family: ClassVar[str] = "mission"
    moves: ClassVar[tuple[str, ...]] = ("effort",)
    lever: ClassVar[bool] = True
    looks_ahead: ClassVar[bool] = True  # at the gap, before its dates too
    deadline: str
    observable: str = ""
    instrument: str = ""
    at_least: float = Field(default=1.0, gt=0)
    per: str = ""
    quarters: int = Field(default=1, ge=1, le=12)
    relative: bool = False
    capacity: Steps = Schedule()
    rate: Steps = Schedule()
    cost: float = Field(default=0.0, ge=0)
    nearest: float = Field(default=2.0, ge=1)
    eligible: OnEveryRung = EVERYONE

    @field_validator("observable", "per")
    @classmethod
    def _known(cls, name: str) -> str:
        if name and name not in OBSERVED:
            raise ValueError(f"unknown observable; {nearest(name, OBSERVED)}")
        return name

    @field_validator("deadline", mode="before")
    @classmethod
    def _a_time(cls, text: Any) -> str:
        parse(str(text))
        return str(text)

    @model_validator(mode="after")
    def _one_aim(self) -> "Mission":
        if bool(self.observable) == bool(self.instrument):
            raise ValueError("a mission has one aim: give observable or instrument")
        return self

    @cached_property
    def begins(self) -> int:
        """First quarter of the pursuit."""
        starts = [start for steps in (self.capacity, self.rate) for start, value in steps if value > 0]
        return min(starts, default=10**6)

    @cached_property
    def ends(self) -> int:
        """Last quarter of the pursuit."""
        return quarter_index(self.deadline)

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Look at the gap, and work on it while it is open."""
        if not self.is_open(name, model):
            return
        now = model.quarter
        more = self.nearest if _is_nearest(name, model) else 1.0
        terms.effort[0] *= 1.0 + more * self.rate.at(now) / 100
        places = more * self.capacity.at(now)
        if places > 0:
            firms = self.eligible.mask(model.region.zone_names)
            model.offers.append(Offer(name, VISIT, places, firms, "visits"))
            model.offers.append(Offer(name, COUNSEL, places, firms, "counsel"))

    def is_open(self, name: str, model: EcosystemModel) -> bool:
        """Whether it has begun, was not reached and is before its deadline."""
        return self.look(name, model).reached is None and self.begins <= model.quarter <= self.ends

    def look(self, name: str, model: EcosystemModel) -> Pursuit:
        """The state at the end of the last quarter that was observed."""
        pursuit: Pursuit = model.pursuits.get(name) or model.pursuits.setdefault(name, Pursuit())
        if pursuit.reached is not None:
            return pursuit
        value = self._value(model)
        if pursuit.start is None:
            pursuit.start = value
        aim = self.at_least * (pursuit.start if self.relative else 1.0)
        pursuit.share = min(value / aim, 1.0) if aim > 0 else 0.0
        if pursuit.share >= 1.0:
            pursuit.reached = last_observed(model)
        return pursuit

    def _value(self, model: EcosystemModel) -> float:
        if self.instrument:
            return 1.0 if in_force(model.policies.get(self.instrument), last_observed(model)) else 0.0
        last = model.recent(self.quarters) or [model.observe()]
        at = PLACE[self.observable]
        value = fsum([row.item(at) for row in last]) / len(last) * self.quarters
        return value / max(last[-1].item(PLACE[self.per]), 1e-9) if self.per else value

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Book the places that were taken."""
        charge(name, self.fees(name), model, events)

    def fees(self, name: str) -> dict[str, float]:
        """What a visit and counsel cost."""
        return {f"{name}.{part}": self.cost for part in ("visits", "counsel")}


def last_observed(model: EcosystemModel) -> int:
    """Quarter of the last census: in the course of a quarter the one before."""
    return model.quarter - 1 if model.in_quarter else model.quarter


def in_force(policy: Any, quarter: int) -> bool:
    """Whether an instrument does anything in a quarter: one of its dated numbers is above zero."""
    schedules = [value for value in vars(policy).values() if isinstance(value, Schedule)] if policy else []
    return any(steps.at(quarter) > 0 for steps in schedules)


def _is_nearest(name: str, model: EcosystemModel) -> bool:
    """Whether no other open mission is nearer to its aim, whichever acts first; equals by name."""
    missions = [(other, policy) for other, policy in model.policies.items() if isinstance(policy, Mission)]
    others = [(model.pursuits[other].share, other) for other, policy in missions if policy.is_open(other, model)]
    mine = model.pursuits[name].share
    return all(share < mine or (share == mine and other >= name) for share, other in others)
