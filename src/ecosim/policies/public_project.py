"""Public projects of science and technology for livelihood: money spent, no effect on firms that could be seen."""

from typing import ClassVar

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.terms import Terms
from ecosim.policies.outlays import pay_yearly
from ecosim.policies.schedule import Steps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class PublicProject:
    """amount: 10k CNY a year."""

    family: ClassVar[str] = "public_project"
    dated: ClassVar[bool] = True
    steady: ClassVar[bool] = True
    amount: Steps

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Nothing reaches firms."""

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Spend."""
        pay_yearly(name, model, self.amount)
