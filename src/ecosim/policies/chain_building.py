"""Chain building: founding is helped where a chain of industry has its missing links."""

from functools import cached_property
from math import log, log1p
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, field_validator
from pydantic.dataclasses import dataclass

from ecosim.model.compiled import brief
from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.region import SECTORS
from ecosim.model.terms import Terms
from ecosim.policies.cross_province_park import known_sectors
from ecosim.policies.outlays import pay_yearly
from ecosim.policies.schedule import NOTHING, Steps

LARGEST_SCORE = 1.0  # log points of a sector under its reference that count


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class ChainBuilding:
    """rate: percent by which founding rises in a sector that is one log point thinner than its reference.

    reference: share of firms that a complete chain would have in each sector named; the score of a missing link is the
    log of the reference over the sector's share of the region's firms, between 0 and 1. cost: 10k CNY a year.
    """

    family: ClassVar[str] = "chain_building"
    moves: ClassVar[tuple[str, ...]] = ("founding",)
    steady: ClassVar[bool] = True
    rate: Steps
    reference: dict[str, float]
    cost: Steps = NOTHING

    @field_validator("reference")
    @classmethod
    def _known(cls, shares: dict[str, float]) -> dict[str, float]:
        known_sectors(tuple(shares))
        if any(not 0 < share <= 1 for share in shares.values()):
            raise ValueError("shares of firms lie above 0 and not above 1")
        return shares

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Raise founding by how thin each sector is."""
        rate = self.rate.at(model.quarter)
        if rate <= 0:
            return
        raise_thin(terms.founding, model.survey.firms, self._wanted, log1p(rate / 100))

    @cached_property
    def _wanted(self) -> NDArray[np.float64]:
        """(sectors,) shares of a complete chain, 0 where none is named."""
        return np.array([self.reference.get(sector, 0.0) for sector in SECTORS])

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Pay for the program."""
        pay_yearly(name, model, self.cost)


@brief
def raise_thin(founding: Any, firms: Any, wanted: Any, by: float) -> None:
    """Add to founding, (kinds,), by the score of each sector. firms, wanted: (sectors,) counts and shares."""
    whole, classes = max(firms.sum(), 1), founding.size // firms.size
    for at in range(firms.size):
        if wanted[at] > 0.0:
            score = min(log(wanted[at] * whole / max(firms[at], 1)), LARGEST_SCORE)
            if score > 0:
                for cell in range(at * classes, (at + 1) * classes):
                    founding[cell] += score * by
