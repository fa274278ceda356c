"""Review of R&D institutes: how many of each rung can be recognized; firms that qualify wait for a place."""

from typing import ClassVar

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from ecosim.data.periods import QUARTERS_PER_YEAR
from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.terms import Terms
from ecosim.policies.schedule import NOTHING, Steps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class InstituteReview:
    """Institutes that can be recognized in a year, by rung; per: for so many firms, none for the whole region."""

    family: ClassVar[str] = "institute_review"
    moves: ClassVar[tuple[str, ...]] = ("review_places",)
    steady: ClassVar[bool] = True
    city: Steps = NOTHING
    provincial_center: Steps = NOTHING
    provincial_institute: Steps = NOTHING
    key_institute: Steps = NOTHING
    per: float | None = Field(default=None, gt=0)

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Add the quarter's places."""
        scale = 1.0 / QUARTERS_PER_YEAR
        if self.per is not None:
            scale *= float(model.survey.totals.item(0)) * model.weight / self.per  # the first total: firms
        by_rung = (self.city, self.provincial_center, self.provincial_institute, self.key_institute)
        for rung, places in enumerate(by_rung, start=1):
            if (number := places.at(model.quarter)) > 0:
                terms.review_places[rung] += number * scale

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """A review costs nothing."""
