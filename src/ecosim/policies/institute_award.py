"""Awards for R&D institutes, paid once at each rung."""

from typing import ClassVar

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from ecosim.model import promises, reach, settlement
from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.firms import INSTITUTES
from ecosim.model.promises import AFFORDED, Promise
from ecosim.model.reach import Reach
from ecosim.model.settlement import Claim
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import EVERYONE, OnEveryRung
from ecosim.policies.rationing import Order, Score, budget_now, queue
from ecosim.policies.schedule import NOTHING, OptionalSteps, Steps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class InstituteAward:
    """Amounts by rung, 10k CNY; budget: 10k CNY a year, none means unlimited; the highest rung is paid first."""

    family: ClassVar[str] = "institute_award"
    moves: ClassVar[tuple[str, ...]] = ("institute_award",)
    city: Steps = NOTHING
    provincial_center: Steps = NOTHING
    provincial_institute: Steps = NOTHING
    key_institute: Steps = NOTHING
    budget: OptionalSteps = None
    eligible: OnEveryRung = EVERYONE
    ration: Order = "lottery"
    score: Score = "patents"

    def amount(self, rung: int, quarter: int) -> float:
        """Of an institute at a rung, 10k CNY."""
        return float(getattr(self, INSTITUTES[rung]).at(quarter))

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Promise the awards that the rest of the year's budget can still pay."""
        promises.put(name, self.promises(model), terms, model)

    def promises(self, model: EcosystemModel) -> list[Promise]:
        """The award of each rung."""
        here, budget = self.eligible.mask(model.region.zone_names), budget_now(self.budget, model)
        amounts = [(rung, self.amount(rung, model.quarter)) for rung in range(1, len(INSTITUTES))]
        return [
            Promise("institute_award", here, amount, rung, kept=AFFORDED, money=budget)
            for rung, amount in amounts
            if amount > 0
        ]

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Pay the firms recognized in this quarter."""
        settlement.settle(name, self.claim(model), model)

    def claim(self, model: EcosystemModel) -> list[Claim]:
        """So much for each institute of a rung, the highest first, while what is left of the year's budget lasts."""
        here, order = self.eligible.classes(model.region.zone_names), queue(self.ration, self.score)
        return [
            Claim(
                f"recognized_{INSTITUTES[rung]}",
                here,
                (),
                (self.amount(rung, model.quarter),),
                budget=budget_now(self.budget, model),
                paced=False,
                queue=order,
            )
            for rung in range(len(INSTITUTES) - 1, 0, -1)
            if self.amount(rung, model.quarter) > 0
        ]

    def audience(self, model: EcosystemModel) -> Reach | None:
        """R&D performers, who need to know of no program; whoever's institute is recognized has applied."""
        if not any(self.amount(rung, model.quarter) > 0 for rung in range(1, len(INSTITUTES))):
            return None
        classes = self.eligible.classes(model.region.zone_names)
        return Reach(classes, reach.RESEARCHER, keeps=reach.STILL_INSTITUTE)
