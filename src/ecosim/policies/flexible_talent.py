"""Flexible talent: part-time experts from Shanghai and elsewhere who work for firms without moving."""

from typing import ClassVar

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from ecosim.data.periods import QUARTERS_PER_YEAR
from ecosim.model import promises, settlement
from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.promises import Promise
from ecosim.model.settlement import Claim
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import EVERYONE, OnEveryRung
from ecosim.policies.rationing import budget_now
from ecosim.policies.schedule import OptionalSteps, Percent

RECOVERY = 1.1  # by which the share of affordable experts grows in a quarter in which the money sufficed


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class FlexibleTalent:
    """share: percent of the staff that R&D pays for which experts supply to a firm with a liaison officer or institute.

    cost: 10k CNY a year for a full-time equivalent; budget: 10k CNY a year. How many come depends on nearness.
    """

    family: ClassVar[str] = "flexible_talent"
    moves: ClassVar[tuple[str, ...]] = ("experts",)
    share: Percent
    cost: float = Field(default=0.0, ge=0)
    budget: OptionalSteps = None
    eligible: OnEveryRung = EVERYONE

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Bring experts within reach, as far as the money of last quarter went."""
        promises.put(name, self.promises(model), terms, model)

    def promises(self, model: EcosystemModel) -> list[Promise]:
        """Experts, a share of the staff."""
        here, share = self.eligible.mask(model.region.zone_names), self.share.at(model.quarter) / 100
        return [Promise("experts", here, share)] if share > 0 else []

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Pay for the experts at work in eligible firms."""
        settlement.settle(name, self.claim(model), model)

    def claim(self, model: EcosystemModel) -> Claim | None:
        """A quarter of a year's cost for each full-time equivalent."""
        if self.cost <= 0 or self.share.at(model.quarter) <= 0:
            return None
        here, budget = self.eligible.classes(model.region.zone_names), budget_now(self.budget, model)
        return Claim("hosts", here, ("experts",), (self.cost / QUARTERS_PER_YEAR,), budget=budget, expects=expected)


def expected(before: float, paid: float) -> float:
    """Share of experts that firms expect: only as many came as money was expected for.

    Where it sufficed, more are asked in the next quarter; where none was expected, as of a new instrument.
    """
    if before == 0.0:
        return paid
    return before * paid if paid < 1.0 else min(1.0, before * RECOVERY)
