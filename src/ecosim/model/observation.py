"""What is observed of a region at the end of a quarter: the series that are reported, in real units."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecosim.model import survey as census
from ecosim.model import systems
from ecosim.model.compiled import brief
from ecosim.model.firms import SOURCES
from ecosim.model.survey import SERIES
from ecosim.model.systems import SYSTEM_SERIES

if TYPE_CHECKING:
    from ecosim.model.ecosystem import EcosystemModel

BIRTHS = tuple(f"births_{name}" for name in SOURCES[1:])
FLOWS = (*BIRTHS, "arrivals_rejected", "births", "deaths")
MEASURED = (  # ratios, the same whatever a simulated firm stands for
    "rd_gap_share",  # reported R&D over true R&D, less one
    "progress_index",  # of science and technology, see `ecosim.model.progress`
    "progress_rank",  # among the monitored places, under the assumption stated there; 0: none are
)
OBSERVED = (*SERIES, *SYSTEM_SERIES, *MEASURED, *FLOWS)  # what `EcosystemModel.observe` returns
RATIO, FLOW = OBSERVED.index(MEASURED[0]), OBSERVED.index(FLOWS[0])


def observe(model: "EcosystemModel") -> NDArray[np.float64]:
    """The series of the quarter in real units (one agent counts as `weight` firms), named by OBSERVED."""
    values = np.empty(len(OBSERVED))
    fill(
        model.survey.totals, model.systems, model.births_by_source, model.rejected, model.births, model.deaths,
        model.weight, model.progress.index, model.progress.rank, values,
    )  # fmt: skip
    return values


@brief
def fill(
    totals: Any, systems_totals: Any, births_by_source: Any, rejected: int, births: int, deaths: int, weight: int,
    index: float, rank: float, values: Any,
) -> None:  # fmt: skip
    """Fill in the series, (len(OBSERVED),) out."""
    for k in range(totals.size):
        values[k] = totals[k] * census.UNITS[k] * weight
    for k in range(systems_totals.size):
        values[len(SERIES) + k] = systems_totals[k] * systems.UNITS[k] * weight
    true, told = totals[census.RD], totals[census.RD_REPORTED]
    values[RATIO] = told / true - 1.0 if true else 0.0
    values[RATIO + 1], values[RATIO + 2] = index, rank
    for k in range(1, births_by_source.size):
        values[FLOW + k - 1] = births_by_source[k] * weight
    values[-3], values[-2], values[-1] = rejected * weight, births * weight, deaths * weight
