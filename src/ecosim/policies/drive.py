"""Hundred-day drives: for a quarter officials do more visits, counsel and reviews than they otherwise would."""

from typing import ClassVar

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.terms import Terms
from ecosim.policies.schedule import Steps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Drive:
    """rate: percent of places on top of the usual ones, from its date to the next; 0 ends a drive."""

    family: ClassVar[str] = "drive"
    moves: ClassVar[tuple[str, ...]] = ("effort", "reviewing")
    steady: ClassVar[bool] = True
    rate: Steps

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Raise the effort of the officials and, which no other effort does, the reviews of institutes."""
        more = 1.0 + self.rate.at(model.quarter) / 100
        terms.effort[0] *= more
        terms.reviewing[0] *= more

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """A drive costs what its visits and its counsel cost, under their names."""
