"""Awards paid once at certification."""

from typing import ClassVar, Literal

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from ecosim.model import reach, settlement
from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.firms import CERTIFICATION
from ecosim.model.ledger import FEN_PER_UNIT
from ecosim.model.reach import Reach
from ecosim.model.settlement import Claim
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import EVERYONE, OnEveryRung
from ecosim.policies.rationing import Order, Score, budget_now, left, queue
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
        if self.depends(name, model):
            promised = terms.tech_sme_award if self.rung == "tech_sme" else terms.high_tech_award
            self.eligible.add_to(promised, model.region.zone_names, self.amount.at(model.quarter))

    def depends(self, name: str, model: EcosystemModel) -> bool:
        """Whether there is an award and the rest of the year's budget can pay one."""
        amount = self.amount.at(model.quarter)
        if amount == 0:
            return False
        limit = left(name, model, self.budget)
        return limit is None or limit >= round(amount * FEN_PER_UNIT) * model.weight

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
