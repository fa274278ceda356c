"""Knowledge from outside the firm: shared platforms, co-built institutes, problems solved with an institute.

What a firm learns is measured in its own R&D: a platform, institute or match brings a share of it, so that a firm which
does none learns nothing (Cohen and Levinthal (1990), "Absorptive capacity", doi:10.2307/2393553). The knowledge of the
big center next door is no firm's own: it spills over with that of the neighbors (`model.survey`).
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.behaviors.research import performers
from ecosim.model.compiled import inlined, kernel
from ecosim.model.luck import PLATFORM, uniform
from ecosim.model.region import SECTORS, Region
from ecosim.model.survey import OTHER_SECTOR_WEIGHT


class Outside(NamedTuple):
    """What firms gain from outside, and how far knowledge carries."""

    matched: float  # share of R&D that work with an institute on a technical problem brings in a quarter
    liaison: float  # share by which a firm with a liaison officer absorbs more
    distance: float  # km over which knowledge of the center falls to 1/e


@inlined
def gain(c, matched, platform, university):
    """Knowledge from outside as a share of R&D, before absorption; platform and university are offers of policies."""
    return c.matched * matched + platform + university


@kernel
def act(c: Any, firms: Any, terms: Any, luck: Any, quarter: Any, work: Any) -> None:
    """Take up platforms, leave them with R&D, and learn from outside."""
    performs, platform, kind = firms.performs, firms.platform, firms.kind
    for i in range(platform.size):
        platform[i] = platform[i] & performs[i]
    external = firms.external
    external[:] = 0.0
    doing, listed = work[0].view(np.uint64), work[1].view(np.uint64)
    uid, draw, access = work[2].view(np.uint64), work[3], work[4]
    active, size = performers(firms, doing), 0
    for k in range(active):
        i = doing[k]
        listed[size], access[size] = i, terms.platform_access[kind[i]]
        size += (access[size] > 0.0) & (platform[i] == 0)
    for k in range(size):
        uid[k] = firms.uid[listed[k]]
    for k in range(size):
        draw[k] = uniform(luck[0], luck[1], uid[k], quarter, PLATFORM)
    for k in range(size):
        platform[listed[k]] = 1 if draw[k] < access[k] else 0
    research, matched, liaison = firms.research, firms.matched, firms.liaison
    for k in range(active):
        i = doing[k]
        solves = 1.0 if matched[i] > 0 else 0.0
        share = gain(c, solves, terms.platform[kind[i]] * platform[i], terms.university[kind[i]])
        external[i] = research[i] * share * (1.0 + c.liaison * liaison[i])


def within_reach(c: Outside, region: Region) -> NDArray[np.float64]:
    """(sectors, zones) knowledge of the center next door, 10k CNY, as it would spill over at full nearness.

    It falls with distance as exp(-km / c.distance); other sectors count as those of a neighbor do.
    """
    center, zones = region.center, region.zones.values()
    if center is None:
        return np.zeros((len(SECTORS), len(region.zones)))
    shares = np.array([center.sectors.get(name, 0.0) for name in SECTORS])
    of_sector = center.knowledge * (shares + OTHER_SECTOR_WEIGHT * (1.0 - shares))
    return np.outer(of_sector, np.exp(-np.array([zone.distance for zone in zones]) / c.distance))
