"""Rules of certification: what a high-tech enterprise must show."""

from typing import ClassVar

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.terms import Terms
from ecosim.policies.schedule import NOTHING, ONE, Percent, Steps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Criteria:
    """R&D over sales (percent) by band of annual sales, S&T staff over employees (percent), patents held, new
    high-tech products over sales (percent).

    Bands: up to 50 million CNY, up to 200 million, above. Before its first date nobody can be certified.
    """

    family: ClassVar[str] = "criteria"
    dated: ClassVar[bool] = True
    steady: ClassVar[bool] = True
    small: Percent
    medium: Percent
    large: Percent
    staff: Percent
    patents: Steps = ONE
    products: Percent = NOTHING

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Set the criteria in force."""
        now = model.quarter
        if self.small.at(now) > 0:
            terms.criteria[:3] = [step.at(now) / 100 for step in (self.small, self.medium, self.large)]
            terms.criteria[3] = self.staff.at(now) / 100
            terms.criteria[4] = self.patents.at(now)
            terms.criteria[5] = self.products.at(now) / 100

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Rules cost nothing."""
