"""From estimated growth to conditions of the firms: only what the firms do not produce by themselves is added.

Calibration says how each count grew in many places (trend, common shock, local shock). A pilot run says how the same
count grows in the model without any conditions. The trend of the conditions is the difference. First certifications
are matched, not all of them, so that renewal waves, policies and firms that run out still bend the path. Local shocks
enter only as far as the model's own variance falls short of the estimated one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecosim.calibration.growth import Growth
from ecosim.data.periods import QUARTERS_PER_YEAR
from ecosim.model.conditions import Conditions

Floats = NDArray[np.float64]

CHANNELS = {  # condition of the firms -> the count whose growth it carries
    "demand": "hightech_firms",
    "research": "rd_expenditure",
    "invention": "inventions_applied",
    "tech_sme": "tech_sme_new",
    "high_tech": "hnte_new",
}
GROWTH_OF = {"hnte_new": "hnte_certifications"}  # first certifications grow as certifications do
GRANTED_OF = {
    "patents_granted": "patents_applied",
    "inventions_granted": "inventions_applied",
}  # their applications
LARGEST_SHIFT = 4.0  # log points


@dataclass(frozen=True)
class Structure:
    """Log growth of the model's own counts since the origin in a pilot, by target: median and sd, both (years,)."""

    center: dict[str, Floats]
    sd: dict[str, Floats]


def missing_share(growth: Growth, structure: Structure, target: str, location: str) -> float:
    """Share of a local shock's sd that the model's own variance leaves to add: sqrt(max(0, 1 - V_model / V))."""
    _, drift_sd, local = growth.place(location)
    drawn = growth.scale[0] * local  # as local_shocks draws it; the drift's error, drawn too, covers its part first
    own = float(structure.sd[target][0]) ** 2 if target in structure.sd else 0.0
    uncovered = max(0.0, own - (growth.scale[0] * growth.damping[0] * drift_sd) ** 2)
    return float(np.sqrt(max(0.0, 1.0 - uncovered / max(drawn**2, 1e-9))))


def member_paths(
    growth: Growth, structure: Structure, target: str, location: str, members: int, years: int, seed: int,
    drifts: Floats | None = None,
) -> Floats:  # fmt: skip
    """Shift of a log level, (members, years): trend less the model's own, common shock, missing local shock.

    drifts: each member's yearly growth before damping, (members,), where it is not drawn here.
    """
    paths = growth.drift_paths(location, members, years, seed) if drifts is None else growth.damped(drifts, years)
    trend = paths - structure.center[target][:years]
    local = growth.local_shocks(location, members, years, seed) * missing_share(growth, structure, target, location)
    return np.clip(trend + growth.common_shocks(members, years, seed) + local, -LARGEST_SHIFT, LARGEST_SHIFT)


def to_conditions(paths: dict[str, Floats], member: int, origin: int, quarters: int, base_year: int) -> Conditions:
    """Yearly shifts of one member as quarterly conditions from the quarter after the origin (index) on.

    Levels of flows are interpolated between the middles of years; high-tech certificates are decided once a year and
    take the year's value; the growth of sales is the yearly step spread over its quarters.
    """
    ahead = np.arange(origin + 1, origin + 1 + quarters)
    year = ahead // QUARTERS_PER_YEAR - base_year
    middle = (ahead % QUARTERS_PER_YEAR + 0.5) / QUARTERS_PER_YEAR - 0.5 + year
    values = {name: np.zeros(quarters) for name in Conditions._fields}
    for channel, path in paths.items():
        yearly = np.concatenate([[0.0], path[member]])
        at = np.clip(year, 0, yearly.size - 1)
        if channel == "high_tech":
            values[channel] = yearly[at]
        elif channel == "demand":
            values[channel] = np.diff(yearly, prepend=0.0)[at] / QUARTERS_PER_YEAR
        else:
            values[channel] = np.interp(middle, np.arange(yearly.size), yearly)
    return Conditions(**values)
