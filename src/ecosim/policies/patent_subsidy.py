"""Patent subsidies: paid for applications they draw filings without inventions, paid for grants better patents.

Subsidies raised filings by more than 30 %: Dang and Motohashi (2015), "Patent statistics: a good indicator for
innovation in China?", doi:10.1016/j.chieco.2015.03.012; what was claimed in all stayed the same: Lei, Sun and Wright.
"""

from typing import ClassVar, Literal

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from ecosim.model import promises, reach, settlement
from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.firms import RESEARCH
from ecosim.model.promises import Promise
from ecosim.model.reach import Reach
from ecosim.model.settlement import Claim
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import EVERYONE, OnEveryRung
from ecosim.policies.rationing import Ration, Score, budget_now, queue
from ecosim.policies.schedule import NOTHING, OptionalSteps, Percent, Steps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class PatentSubsidy:
    """amount: 10k CNY for each patent that is paid for; budget: 10k CNY a year, none means unlimited.

    rate: percent of applications filed on top for the subsidy alone; premium: percentage points by which the share of
    inventions rises; pays: for every application, or for every invention once it is granted.
    """

    family: ClassVar[str] = "patent_subsidy"
    moves: ClassVar[tuple[str, ...]] = ("patent_subsidy", "invention_premium")
    amount: Steps
    rate: Percent = NOTHING
    premium: Percent = NOTHING
    pays: Literal["application", "granted_invention"] = "application"
    budget: OptionalSteps = None
    eligible: OnEveryRung = EVERYONE
    ration: Ration = "share"
    score: Score = "patents"

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Draw filings, as far as the subsidy was paid in the last quarter."""
        promises.put(name, self.promises(model), terms, model)

    def promises(self, model: EcosystemModel) -> list[Promise]:
        """Filings on top, and better ones."""
        if self.amount.at(model.quarter) <= 0:
            return []
        here, now = self.eligible.mask(model.region.zone_names), model.quarter
        drawn = (("patent_subsidy", self.rate.at(now) / 100), ("invention_premium", self.premium.at(now) / 100))
        return [Promise(term, here, more) for term, more in drawn if more > 0]

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Pay firms that know of it."""
        settlement.settle(name, self.claim(model), model)

    def claim(self, model: EcosystemModel) -> Claim | None:
        """So much for each application, or for each invention granted."""
        amount, filed = self.amount.at(model.quarter), self.pays == "application"
        if amount <= 0:
            return None
        return Claim(
            "filers" if filed else "inventors",
            self.eligible.classes(model.region.zone_names),
            ("filed",) if filed else ("inventions_granted",),
            (amount,),
            budget=budget_now(self.budget, model),
            paced=self.ration != "first_come",
            queue=queue(self.ration, self.score),
        )

    def audience(self, model: EcosystemModel) -> Reach | None:
        """R&D performers; whoever files, or is granted an invention, and knows of it has applied."""
        if self.amount.at(model.quarter) == 0:
            return None
        classes = self.eligible.classes(model.region.zone_names)
        return Reach(classes, reach.RESEARCHER, RESEARCH, reach.STILL_RESEARCHER)
