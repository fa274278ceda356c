"""Clean-up of low, small and scattered firms: they are pressed to close, and their people are free for others."""

from typing import ClassVar

import numpy as np
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from ecosim.model import systems
from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import EVERYONE, OnEveryRung
from ecosim.policies.outlays import pay_sum
from ecosim.policies.places import kinds_in, raise_where
from ecosim.policies.schedule import Steps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class CleanUp:
    """pressure: added to the log hazard of closing of firms with few employees and low sales per worker in the zones of
    the parks (everywhere where none is named); cost: 10k CNY for each such firm that closes."""

    family: ClassVar[str] = "clean_up"
    dated: ClassVar[bool] = True
    pressure: Steps
    cost: float = Field(default=0.0, ge=0)
    eligible: OnEveryRung = EVERYONE
    parks: tuple[str, ...] = ()

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Press."""
        here = kinds_in(model.region, self.parks, self.eligible)
        raise_where(terms.clean_up, here, self.pressure.at(model.quarter))

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Compensate the firms that close under it; those that would have closed anyway cannot be told apart."""
        if self.pressure.at(model.quarter) > 0 and events.closing.size:
            columns, rows = model.firms.columns, events.closing
            low = columns.log_productivity[rows] < model.survey.mean_productivity[columns.sector[rows]] - systems.LOW
            low &= columns.log_employees[rows] < systems.SMALL
            low &= kinds_in(model.region, self.parks, self.eligible)[columns.kind[rows]]
            closed = int(np.count_nonzero(low)) * model.weight
            pay_sum(name, model, closed * self.cost, closed)
