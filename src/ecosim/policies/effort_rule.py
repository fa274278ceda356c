"""The effort rule: a place that is ranked low works harder on its programs in the next year.

Tournaments between places are said to move officials (Li and Zhou 2005, "Political turnover and economic performance",
doi:10.1016/j.jpubeco.2004.06.009); that this county's visits and counsel rose with its rank is an assumption. What is
ranked is what firms report: effort brings counsel, and counsel helps a firm over the notch with relabeled R&D too.
"""

from typing import ClassVar

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from ecosim.data.periods import QUARTERS_PER_YEAR
from ecosim.model.ecosystem import DECISION_QUARTER, OBSERVED, EcosystemModel, Events
from ecosim.model.terms import Terms
from ecosim.policies.schedule import Steps


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class EffortRule:
    """rate: percent of effort on top for a place that is ranked last while it wants to be `aim`; less in proportion.

    The rank is the one at the end of the year before; in a place that is in no ranking nothing happens.
    """

    family: ClassVar[str] = "effort_rule"
    moves: ClassVar[tuple[str, ...]] = ("effort",)
    steady: ClassVar[bool] = True
    lever: ClassVar[bool] = True
    rate: Steps
    aim: int = Field(default=1, ge=1)

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Raise the effort by the gap of rank."""
        rate, places = self.rate.at(model.quarter) / 100, model.region.monitoring.places
        if rate > 0 and places > self.aim:
            gap = max(rank_last_year(model) - self.aim, 0.0) / (places - self.aim)
            terms.effort[0] *= 1.0 + rate * gap

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Effort costs what its visits and its counsel cost, under their names."""


def rank_last_year(model: EcosystemModel) -> float:
    """Rank at the end of the last complete year; where that was before the index began, the rank at the start."""
    quarters = (model.quarter - DECISION_QUARTER - 1) % QUARTERS_PER_YEAR + 1  # since the end of that year
    if model.progress.quarters < quarters:
        return float(model.region.monitoring.rank)
    return float(model.recent(quarters)[0][RANK])


RANK = OBSERVED.index("progress_rank")
