"""Shared platforms: testing, design and research that the firms of a trade use together."""

from typing import ClassVar

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from ecosim.data.periods import QUARTERS_PER_YEAR
from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import EVERYONE, OnEveryRung
from ecosim.policies.outlays import pay_sum
from ecosim.policies.places import kinds_in, raise_where
from ecosim.policies.schedule import Percent, Steps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Platform:
    """Platforms that eligible R&D performers take up and then learn from as long as they do R&D.

    number: platforms in operation. rate: percent of its R&D that a user learns from outside. access: percent of the
    performers not yet using one that take up each platform in a quarter. construction: 10k CNY for each platform when
    it opens; running: 10k CNY a year for each.
    """

    family: ClassVar[str] = "platform"
    dated: ClassVar[bool] = True
    steady: ClassVar[bool] = True
    number: Steps
    rate: Percent
    access: Percent
    construction: float = Field(default=0.0, ge=0)
    running: float = Field(default=0.0, ge=0)
    eligible: OnEveryRung = EVERYONE
    parks: tuple[str, ...] = ()

    @property
    def dates(self) -> tuple[int, ...]:
        """Quarters after those in which platforms open: from then on they only run."""
        return tuple(start + 1 for start, _ in self.number)

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Offer what the platforms teach and the chance to take one up."""
        number = self.number.at(model.quarter)
        if number > 0:
            here = kinds_in(model.region, self.parks, self.eligible)
            raise_where(terms.platform, here, self.rate.at(model.quarter) / 100)
            none = (1.0 - self.access.at(model.quarter) / 100) ** number  # of these is taken up
            terms.platform_access[here] = 1.0 - (1.0 - terms.platform_access[here]) * none

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Pay for platforms that open in this quarter and for those that run."""
        number = self.number.at(model.quarter)
        opened = max(number - self.number.at(model.quarter - 1), 0.0)
        pay_sum(name, model, opened * self.construction + number * self.running / QUARTERS_PER_YEAR)
