"""Town service centers: the middle of the tree city - town - firm; where one is open word of the programs is faster."""

from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, ConfigDict, Field
from pydantic.dataclasses import dataclass

from ecosim.data.errors import nearest
from ecosim.data.periods import parse, quarter_index, year_of
from ecosim.model.ecosystem import EcosystemModel, Events
from ecosim.model.firms import CERTIFICATION
from ecosim.model.ledger import FEN_PER_UNIT
from ecosim.model.reach import Reach
from ecosim.model.terms import Terms
from ecosim.policies.eligibility import Eligibility, EligibilityError
from ecosim.policies.schedule import Steps


def to_openings(raw: Any) -> tuple[tuple[str, int], ...]:
    """{'zone': '2017-06', ...} as pairs of a zone and its first quarter. Raises ValueError for what is no date."""
    if not isinstance(raw, dict):
        raise ValueError(f"{raw!r} is no table of zones and dates such as {{'old_town': '2017-06'}}")
    return tuple((str(zone), quarter_index(parse(str(when)).start.isoformat())) for zone, when in raw.items())


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class TownServiceCenters:
    """opens: date by zone; rate: percent by which word travels faster there; cost: 10k CNY a quarter for each."""

    family: ClassVar[str] = "town_service_centers"
    dated: ClassVar[bool] = True
    steady: ClassVar[bool] = True
    once_a_year: ClassVar[bool] = True
    without: ClassVar[tuple[str, ...]] = ("applied", "funded", "kept")  # word reaches a town without being asked for
    opens: Annotated[Any, BeforeValidator(to_openings)]
    rate: Steps
    cost: float = Field(default=0.0, ge=0)

    @property
    def dates(self) -> tuple[int, ...]:
        """Quarters in which a center opens."""
        return tuple(first for _, first in self.opens)

    def revise(self, name: str, terms: Terms, model: EcosystemModel) -> None:
        """Raise the reach of the network in the zones whose center is open. Raises EligibilityError for no zone."""
        terms.reach[self.open_zones(name, model)] += self.rate.at(model.quarter) / 100

    def settle(self, name: str, model: EcosystemModel, events: Events) -> None:
        """Pay for the open centers; a center is one recipient, once a year."""
        centers, year = sum(first <= model.quarter for _, first in self.opens), year_of(model.quarter)
        if centers and self.rate.at(model.quarter) > 0:
            new = centers - model.ledger.recipients[name, year]
            model.ledger.pay(name, year, round(centers * self.cost * FEN_PER_UNIT), new)

    def audience(self, model: EcosystemModel) -> Reach | None:
        """Firms of the towns whose center is open; aware are those that know the programs for certificates."""
        names = model.region.zone_names
        towns = tuple(names[zone] for zone in self.open_zones(self.family, model))
        if not towns or self.rate.at(model.quarter) == 0:
            return None
        return Reach(Eligibility(zones=towns).classes(names), knows=CERTIFICATION)

    def open_zones(self, name: str, model: EcosystemModel) -> NDArray[np.int64]:
        """Indexes of the zones whose center is open."""
        names = model.region.zone_names
        for zone, _ in self.opens:
            if zone not in names:
                known = nearest(zone, names)
                raise EligibilityError(f"policies.{name}.opens: the region has no zone {zone!r}; {known}")
        return np.array([names.index(zone) for zone, first in self.opens if model.quarter >= first], np.int64)
