"""A subsidy that pays a share of R&D spending."""

from typing import ClassVar

from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

from ecosim.model import promises, reach, settlement
from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.firms import RESEARCH
from ecosim.model.promises import Promise
from ecosim.model.reach import Reach
from ecosim.model.settlement import Claim
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import EVERYONE, Eligibility
from ecosim.policies.rationing import Ration, Score, budget_now, queue
from ecosim.policies.schedule import OptionalSteps, Percent


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class ResearchSubsidy:
    """rate: percent of R&D spending; budget: 10k CNY a year. Firms expect the share that was paid last quarter.

    ration: where the quarter's part of the budget is short, the same share for all, or whole claims in order.
    """

    family: ClassVar[str] = "research_subsidy"
    moves: ClassVar[tuple[str, ...]] = ("research_grant",)
    rate: Percent
    budget: OptionalSteps = None
    eligible: Eligibility = EVERYONE
    ration: Ration = "share"
    score: Score = "patents"
    at_most: float = Field(default=50.0, gt=0, le=100)  # percent, a guard against a slip of the pen

    @model_validator(mode="after")
    def _within_the_guard(self) -> "ResearchSubsidy":
        if self.rate.largest > self.at_most:
            raise ValueError(
                f"rate {self.rate.largest:g} is above at_most {self.at_most:g}; raise at_most if it is meant"
            )
        return self

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Lower the price of R&D by the subsidy that eligible firms expect."""
        promises.put(name, self.promises(model), terms, model)

    def promises(self, model: EcosystemModel) -> list[Promise]:
        """A share of R&D spending."""
        rate = self.rate.at(model.quarter) / 100
        return [Promise("research_grant", self.eligible.classes(model.region.zone_names), rate)] if rate > 0 else []

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Pay eligible performers that know of it."""
        settlement.settle(name, self.claim(model), model)

    def claim(self, model: EcosystemModel) -> Claim | None:
        """A share of R&D spending."""
        rate = self.rate.at(model.quarter) / 100
        if rate == 0:
            return None
        return Claim(
            "researchers",
            self.eligible.classes(model.region.zone_names),
            ("research",),
            (rate,),
            budget=budget_now(self.budget, model),
            paced=self.ration != "first_come",
            queue=queue(self.ration, self.score),
        )

    def audience(self, model: EcosystemModel) -> Reach | None:
        """R&D performers; whoever knows of it claims."""
        if self.rate.at(model.quarter) == 0:
            return None
        classes = self.eligible.classes(model.region.zone_names)
        return Reach(classes, reach.RESEARCHER, RESEARCH, reach.STILL_RESEARCHER)
