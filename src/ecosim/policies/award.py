"""Awards paid once at certification."""

from typing import ClassVar, Literal

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from ecosim.model import promises, reach, settlement
from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.firms import CERTIFICATION
from ecosim.model.promises import AFFORDED, Promise
from ecosim.model.reach import Reach
from ecosim.model.settlement import Claim
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import EVERYONE, OnEveryRung
from ecosim.policies.rationing import Order, Score, budget_now, queue
from ecosim.policies.schedule import OptionalSteps, Steps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Award:
    """amount: 10k CNY for a first certification at the rung; budget: 10k CNY a year, none means unlimited.

    ration: who is paid where the budget is short; score: by what applicants are ranked under `score`.
    """

    family: ClassVar[str] = "award"
    moves: ClassVar[tuple[str, ...]] = ("tech_sme_award", "high_tech_award")
    rung: Literal["tech_sme", "high_tech"]
    amount: Steps
    budget: OptionalSteps = None
    eligible: OnEveryRung = EVERYONE
    ration: Order = "lottery"
    score: Score = "patents"

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Promise the award while the year's budget can still pay one."""
        promises.put(name, self.promises(model), terms, model)

    def promises(self, model: EcosystemModel) -> list[Promise]:
        """The award."""
        amount, here = self.amount.at(model.quarter), self.eligible.mask(model.region.zone_names)
        term, budget = f"{self.rung}_award", budget_now(self.budget, model)
        return [Promise(term, here, amount, kept=AFFORDED, money=budget)] if amount > 0 else []

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Pay the firms certified in this quarter."""
        settlement.settle(name, self.claim(model), model)

    def claim(self, model: EcosystemModel) -> Claim | None:
        """The same for each firm that is certified, while all that is left of the year's budget lasts."""
        amount = self.amount.at(model.quarter)
        if amount == 0:
            return None
        return Claim(
            "new_tech_sme" if self.rung == "tech_sme" else "first_high_tech",
            self.eligible.classes(model.region.zone_names),
            (),
            (amount,),
            budget=budget_now(self.budget, model),
            paced=False,
            queue=queue(self.ration, self.score),
        )

    def audience(self, model: EcosystemModel) -> Reach | None:
        """Firms that the criteria of the rung admit; whoever is certified has applied."""
        if self.amount.at(model.quarter) == 0:
            return None
        first = self.rung == "tech_sme"
        return Reach(
            self.eligible.classes(model.region.zone_names),
            needs=reach.TECH_SME_CANDIDATE if first else reach.HIGH_TECH_CANDIDATE,
            knows=CERTIFICATION,
            keeps=reach.STILL_TECH_SME if first else reach.STILL_HIGH_TECH,
        )
