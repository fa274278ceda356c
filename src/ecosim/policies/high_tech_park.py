"""A high-tech park: more founding, word that travels faster and a push into R&D, in its zones."""

from math import log1p
from typing import ClassVar

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import EVERYONE, OnEveryRung
from ecosim.policies.outlays import pay_yearly
from ecosim.policies.places import kinds_in, raise_where, zones_in
from ecosim.policies.schedule import NOTHING, Percent, Steps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class HighTechPark:
    """A park in phases: every effect is a step function of date.

    founding: percent by which firms of its trades (`eligible`) found more; reach: percent by which word of the programs
    travels faster among all firms of its zones; push: added to the log hazard of starting R&D in its trades; cost: 10k
    CNY a year.
    """

    family: ClassVar[str] = "high_tech_park"
    dated: ClassVar[bool] = True
    steady: ClassVar[bool] = True
    parks: tuple[str, ...]
    founding: Steps = NOTHING
    reach: Percent = NOTHING
    push: Steps = NOTHING
    cost: Steps = NOTHING
    eligible: OnEveryRung = EVERYONE

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Raise founding, reach and the start of R&D in the park's zones."""
        now = model.quarter
        here = kinds_in(model.region, self.parks, self.eligible)
        raise_where(terms.founding, here, log1p(self.founding.at(now) / 100))
        raise_where(terms.research_push, here, self.push.at(now))
        raise_where(terms.reach, zones_in(model.region, self.parks), self.reach.at(now) / 100)

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Pay for the park."""
        pay_yearly(name, model, self.cost)
