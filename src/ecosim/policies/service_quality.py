"""Quality of public service: what learning by cadres adds to a visit or to counsel. A lever for scenarios, no more."""

from typing import ClassVar

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.terms import Terms
from ecosim.policies.schedule import Steps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class ServiceQuality:
    """rate: percent by which a visit or counsel achieves more. No count says how much; deliberately thin."""

    family: ClassVar[str] = "service_quality"
    dated: ClassVar[bool] = True
    steady: ClassVar[bool] = True
    rate: Steps

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Raise the quality."""
        terms.quality[0] *= 1.0 + self.rate.at(model.quarter) / 100

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Learning costs nothing here."""
