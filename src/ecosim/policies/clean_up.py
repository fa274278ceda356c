"""Clean-up of low, small and scattered firms: they are pressed to close, and their people are free for others."""

from typing import Any, ClassVar

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from ecosim.model import systems
from ecosim.model.compiled import brief
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
            f, here = model.firms.columns, kinds_in(model.region, self.parks, self.eligible)
            means = model.survey.mean_productivity
            low = low_and_small(events.closing, f.log_productivity, f.log_employees, f.sector, f.kind, means, here)
            closed = low * model.weight
            pay_sum(name, model, closed * self.cost, closed)


@brief
def low_and_small(
    rows: Any, log_productivity: Any, log_employees: Any, sector: Any, kind: Any, means: Any, here: Any
) -> int:  # fmt: skip
    """Of the rows those under pressure. means: ln sales per worker by sector; here: (kinds,) classes under pressure."""
    count = 0
    for k in range(rows.size):
        i = rows[k]
        low = log_productivity[i] < means[sector[i]] - systems.LOW
        count += 1 if low & (log_employees[i] < systems.SMALL) & here[kind[i]] else 0
    return count
