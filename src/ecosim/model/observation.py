"""What is observed of a region at the end of a quarter: the series that are reported, in real units."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ecosim.model import survey as census
from ecosim.model import systems
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
MAIN, SYSTEMS = slice(len(SERIES)), slice(len(SERIES), len(SERIES) + len(SYSTEM_SERIES))
RATIOS = slice(OBSERVED.index(MEASURED[0]), OBSERVED.index(MEASURED[-1]) + 1)


def observe(model: "EcosystemModel") -> NDArray[np.float64]:
    """The series of the quarter in real units (one agent counts as `weight` firms), named by OBSERVED."""
    values = np.zeros(len(OBSERVED))
    np.multiply(model.survey.totals, census.UNITS, out=values[MAIN])
    np.multiply(model.systems, systems.UNITS, out=values[SYSTEMS])
    values[RATIOS.stop :] = *model.births_by_source[1:].tolist(), model.rejected, model.births, model.deaths
    values *= model.weight
    values[RATIOS] = measured(model)
    return values


def measured(model: "EcosystemModel") -> list[float]:
    """Ratios, named by MEASURED."""
    true, told = int(model.survey.totals[census.RD]), int(model.survey.totals[census.RD_REPORTED])
    return [told / true - 1.0 if true else 0.0, model.progress.index, model.progress.rank]
