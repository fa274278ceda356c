"""What counts of certificates show beyond what the firms of a simulation do, as published counts of a forecast do.

The firms answer shocks in their own way, and renewals hide them: where a forecast adds what their spread lacks of the
estimated one (`ecosim.forecast.observation`), a simulation that is held against counts must have it too, else the
counts seem to say more of the parameters than they do.
"""

import numpy as np
from numpy.typing import NDArray

from ecosim.data.periods import QUARTERS_PER_YEAR
from ecosim.forecast.anchor import Anchor
from ecosim.forecast.ensemble import World
from ecosim.forecast.observation import certified
from ecosim.forecast.stocks import beyond_flows, beyond_listings, decided_by

Floats = NDArray[np.float64]

CERTIFIED, LISTED = "hnte_certifications", "tech_sme_new"


def missing_sd(grown: dict[str, Floats], start: Anchor, world: World) -> dict[str, Floats]:
    """Log sd that the firms lack of the estimated one by target, (years,), never less than the year before.

    grown: log growth of the model's own counts in a pilot with all conditions, (members, years).
    """
    missing = {}
    for target in (CERTIFIED, LISTED):
        if (growth := start.growth.get(target)) is not None:
            members, years = grown[target].shape
            own = grown[target].std(axis=0)
            if target == CERTIFIED:
                estimated = certified(growth, world, members, years).std(axis=0)
            else:
                estimated = growth.spreads(world.region.name, years)[1]
            missing[target] = np.maximum.accumulate(np.sqrt(np.maximum(estimated**2 - own**2, 0.0)))
    return missing


def counted(
    path: dict[str, Floats],
    missing: dict[str, Floats],
    cohorts: tuple[float, float, float],
    world: World,
    luck: np.random.Generator,
) -> dict[str, Floats]:
    """A simulated path as it would be counted. path: series by quarter from the start (its row 0) on.

    missing: of `missing_sd`; cohorts: certifications of the last three years before the start, the newest first. One
    random walk shocks both flows, as in a forecast; stocks follow them.
    """
    rows = np.arange(next(iter(path.values())).size)
    year = (world.origin + rows) // QUARTERS_PER_YEAR - world.base_year  # 0 up to the end of the last year before
    years, told = max(int(year[-1]), 1), dict(path)
    walk = luck.standard_normal(years)
    extra = {target: np.concatenate([[0.0], np.cumsum(_steps(sd, years) * walk)]) for target, sd in missing.items()}
    if CERTIFIED in extra:
        factor = np.exp(extra[CERTIFIED])
        parts = "hnte_new", "hnte_renewed"
        own = np.array([sum(path[name][year == at].sum() for name in parts) for at in range(1, years + 1)])[None, :]
        beyond, _ = beyond_flows(np.array([cohorts[::-1]]), own, own * factor[1:])
        now = np.clip(decided_by(world.origin + rows, year), 0, years)
        told |= {name: path[name] * factor[year] for name in parts}
        told |= {name: path[name] * beyond[0, now] for name in ("hnte_stock", "hnte_foreign_stock")}
    if LISTED in extra:
        told[LISTED] = path[LISTED] * np.exp(extra[LISTED])[year]
        stock = path["tech_sme_stock"]
        after = (some[None, 1:] for some in (stock, path[LISTED], told[LISTED]))
        told["tech_sme_stock"] = np.concatenate([stock[:1], stock[1:] * beyond_listings(stock[:1], *after)[0]])
    return told


def _steps(sd: Floats, years: int) -> Floats:
    """Sd of each year's own shock, (years,), when that of their sum is given; after the last given year none come."""
    steps = np.sqrt(np.diff(sd[:years] ** 2, prepend=0.0))
    return np.concatenate([steps, np.zeros(years - steps.size)])
