"""Talent subsidy: money for each science and technology employee that a firm hires, by skill."""

from typing import ClassVar

from pydantic import ConfigDict, model_validator
from pydantic.dataclasses import dataclass

from ecosim.model import promises, reach, settlement
from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.firms import TALENT
from ecosim.model.promises import Promise
from ecosim.model.reach import Reach
from ecosim.model.settlement import Claim
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import EVERYONE, OnEveryRung
from ecosim.policies.rationing import budget_now
from ecosim.policies.schedule import OptionalSteps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class TalentSubsidy:
    """Relocation money, 10k CNY for each person hired: amount, or another one for a skill; budget: 10k CNY a year."""

    family: ClassVar[str] = "talent_subsidy"
    moves: ClassVar[tuple[str, ...]] = ("hiring_grant",)
    amount: OptionalSteps = None
    graduate: OptionalSteps = None
    senior: OptionalSteps = None
    leading: OptionalSteps = None
    budget: OptionalSteps = None
    eligible: OnEveryRung = EVERYONE

    @model_validator(mode="after")
    def _some_amount(self) -> "TalentSubsidy":
        if self.amount is None and self.graduate is None and self.senior is None and self.leading is None:
            raise ValueError("no amount is given; write amount, or graduate, senior or leading")
        return self

    def amounts(self, quarter: int) -> tuple[float, float, float]:
        """10k CNY for a hire in a quarter, by skill."""
        by_skill = (self.graduate, self.senior, self.leading)
        steps = (self.amount if own is None else own for own in by_skill)
        graduate, senior, leading = (0.0 if step is None else float(step.at(quarter)) for step in steps)
        return graduate, senior, leading

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Lower the price of hiring by the subsidy that firms expect."""
        promises.put(name, self.promises(model), terms, model)

    def promises(self, model: EcosystemModel) -> list[Promise]:
        """So much for a hire of each skill."""
        here, amounts = self.eligible.mask(model.region.zone_names), self.amounts(model.quarter)
        return [Promise("hiring_grant", here, amount, skill) for skill, amount in enumerate(amounts) if amount > 0]

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Pay for the people hired in this quarter by firms that know of it."""
        settlement.settle(name, self.claim(model), model)

    def claim(self, model: EcosystemModel) -> Claim | None:
        """So much for each person hired, by skill."""
        amounts = self.amounts(model.quarter)
        if not any(amounts):
            return None
        hired = ("vacancies", "senior_vacancies", "leader_vacancies")
        here, budget = self.eligible.classes(model.region.zone_names), budget_now(self.budget, model)
        return Claim("hirers", here, hired, amounts, budget=budget)

    def audience(self, model: EcosystemModel) -> Reach | None:
        """R&D performers; whoever hires and knows of it claims."""
        if not any(self.amounts(model.quarter)):
            return None
        classes = self.eligible.classes(model.region.zone_names)
        return Reach(classes, reach.RESEARCHER, TALENT, reach.STILL_RESEARCHER)
