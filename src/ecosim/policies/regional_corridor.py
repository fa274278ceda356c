"""A regional corridor: a condition of the whole region that draws and founds more firms."""

from math import log1p
from typing import ClassVar

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.terms import Terms
from ecosim.policies.schedule import NOTHING, Steps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class RegionalCorridor:
    """rate: percent by which arrivals from everywhere rise; founding: percent by which local founding rises."""

    family: ClassVar[str] = "regional_corridor"
    moves: ClassVar[tuple[str, ...]] = ("pull", "founding")
    steady: ClassVar[bool] = True
    rate: Steps = NOTHING
    founding: Steps = NOTHING

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Raise arrivals and founding."""
        for term, rate in ((terms.pull, self.rate), (terms.founding, self.founding)):
            if (percent := rate.at(model.quarter)) > 0:
                term += log1p(percent / 100)

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """It costs the county's treasury nothing."""
