"""R&D super-deduction: firms deduct more from taxable profit than their R&D costs."""

from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from ecosim.model import reach, settlement
from ecosim.model.billing import DEDUCTION
from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.firms import RESEARCH
from ecosim.model.reach import Reach
from ecosim.model.settlement import Claim
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import EVERYONE, Eligibility
from ecosim.policies.schedule import Steps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class SuperDeduction:
    """rate: percent of R&D spending deducted beyond its cost. Where several apply to a firm the largest holds."""

    family: ClassVar[str] = "super_deduction"
    dated: ClassVar[bool] = True
    rate: Steps
    eligible: Eligibility = EVERYONE

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Raise the deduction of eligible classes and rungs to the rate in force."""
        rate = self.rate.at(model.quarter) / 100
        if rate > 0:
            deducted = self.eligible.spread(model.region.zone_names, rate, by_rung=True)
            np.maximum(terms.deduction, deducted, out=terms.deduction)

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Book the tax saved by firms that know of it, a tax expenditure, under the rule whose rate holds for them."""
        settlement.settle(name, self.claim(model), model)

    def claim(self, model: EcosystemModel) -> Claim | None:
        """Tax saved on R&D at this rule's rate."""
        rate = self.rate.at(model.quarter) / 100
        if rate <= 0:
            return None
        return Claim("researchers", self._books(model, rate), ("research",), (rate,), tax=DEDUCTION)

    def _books(self, model: EcosystemModel, rate: float) -> NDArray[np.bool_]:
        """(rungs, kinds) where no earlier rule books the same rate, worked out once between two dates."""
        memory, key = model.stretch().memory, ("books", id(self))  # the package, and so the rule, outlives the memory
        if key not in memory:
            earlier = []
            for other in model.policies.values():
                if other is self:
                    break
                if isinstance(other, SuperDeduction) and other.rate.at(model.quarter) / 100 == rate:
                    earlier.append(other.eligible)
            memory[key] = _classes(self.eligible, tuple(earlier), model.region.zone_names)
        here: NDArray[np.bool_] = memory[key]
        return here

    def audience(self, model: EcosystemModel) -> Reach | None:
        """R&D performers for whom this rule's rate holds; whoever knows of it claims."""
        rate = self.rate.at(model.quarter) / 100
        classes = self._books(model, rate) & (model.terms.deduction == rate)
        if rate == 0 or not classes.any():
            return None
        return Reach(classes, reach.RESEARCHER, RESEARCH, reach.STILL_RESEARCHER)


@lru_cache(maxsize=128)
def _classes(eligible: Eligibility, earlier: tuple[Eligibility, ...], zone_names: tuple[str, ...]) -> NDArray[np.bool_]:
    """(rungs, kinds) where a rule holds and none of the earlier ones does."""
    here = eligible.classes(zone_names).copy()
    for other in earlier:
        here &= ~other.classes(zone_names)
    return here
