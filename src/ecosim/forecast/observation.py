"""From the firms' counts to published ones: what counts show beyond what the firms of the model do.

Calibration says how far each count may be from its trend in a year, or in five (`calibration.growth`), and the past
bears it out (docs/backtest.md). The firms get shocks that should produce that, but they answer them in their own way.
Here the difference is made good, so that what is published has the spread that was estimated. It is the same for a
scenario and its baseline.
"""

import numpy as np
from numpy.typing import NDArray

from ecosim.calibration.borrow import unfollowed_growth
from ecosim.calibration.growth import Growth
from ecosim.forecast import publish
from ecosim.forecast.accounts import ladder
from ecosim.forecast.anchor import MODEL_TARGETS, PANEL_TARGETS, Anchor
from ecosim.forecast.ensemble import Run, World
from ecosim.forecast.shifts import CHANNELS, GRANTED_OF

Floats = NDArray[np.float64]

GRANTS_KEPT = 0.7  # of ln(grants / applications) beyond a place's mean after a year, assumption: 0.59 and 0.75 by least
# squares on 31 provinces, 2010-2022, which is biased down
MOST_FILLING = 2.0  # of shocks, an assumption: among a handful of members their spread is luck, and may be near nothing
CHANNEL_OF = {target: channel for channel, target in CHANNELS.items()}


def log_growth(world: World, runs: list[Run], years: int) -> dict[str, Floats]:
    """Log growth since the last complete year in the model's own counts, (members, years), by target."""
    base = publish.base_values(world, runs)
    series = publish.stack(runs)
    wanted = {"hnte_certifications", *CHANNELS.values(), *PANEL_TARGETS, *MODEL_TARGETS}
    yearly = publish.by_year(world, {name: series[name] for name in wanted}, base)
    return {name: np.log((values[:, :years] + 0.5) / (base[name][:, None] + 0.5)) for name, values in yearly.items()}


def observation_layer(
    world: World, start: Anchor, runs: list[Run], paths: dict[str, Floats], years: int
) -> dict[str, Floats]:
    """Log of what the published counts add to the firms' own, (members, years), by target.

    paths: shifts by channel, (members, years). All counts get their reporting noise. High-tech certifications and new
    technology SMEs get what they lack of the spread of the reduced form, see `of_certifications` and `of_listings`; a
    count with a channel what of its shift its firms do not carry, see `uncarried`, and what a pilot of few members left
    of its trend. Counts without one (grants, all patents, staff; firms, births, deaths and employment where the place
    has followed them) get the trend that the model, with all its conditions, does not produce under the baseline
    (runs), and what they lack of the estimated spread, see `fitted`. No count but certificates and listings keeps a
    wider one than was estimated, see `cut`. Grants grow and are shocked as the applications that they come from; what
    they depart by themselves fades, see `faded`. Firms, births, deaths and employment of which too few years were
    counted keep the growth of the model's firms and get prior shocks.
    """
    grown, place = log_growth(world, runs, years), world.region.name
    added = {}
    for target, growth in start.growth.items():
        added[target] = growth.measurement(place, len(runs), years, world.seed)
        if target == "hnte_certifications":
            added[target] += of_certifications(grown[target] + added[target], growth, world)
            added["hnte_new"] = added[target]
        elif target == "tech_sme_new":
            added[target] += of_listings(grown[target] + added[target], growth, start, place, world.seed)
        elif target in CHANNEL_OF and target in PANEL_TARGETS:
            added[target] += uncarried(grown[target], paths, CHANNEL_OF[target])
            own, (trend, sd) = grown[target] + added[target], growth.spreads(place, years)
            center = np.median(own, axis=0)
            added[target] += trend - center + cut(own - center, sd)
        elif target in (*PANEL_TARGETS, *MODEL_TARGETS):
            leads = GRANTED_OF.get(target, target)
            leader, center = start.growth.get(leads, growth), np.median(grown[target], axis=0)
            own = grown[target] + added[target] - center
            fitting = fitted(own, growth, leader, leads in CHANNEL_OF, place, world.seed)
            added[target] += leader.spreads(place, years)[0] - center + fitting
    for target in [name for name in MODEL_TARGETS if name not in start.growth]:
        prior = unfollowed_growth(target, place, world.base_year, years)
        shocks = departures(prior, place, len(runs), years, world.seed)
        added[target] = filling(grown[target], shocks, prior.spreads(place, years)[1]) * shocks
    return added


def of_certifications(grown: Floats, growth: Growth, world: World) -> Floats:
    """What certifications lack of the spread of the model's reduced form, (members, years).

    grown: their log growth in the model with reporting noise, (members, years). In the counts a place's own shocks are
    on all certificates that are announced; in the model they are on first ones, and renewals hide them. The reduced
    form has them where they were estimated, and is the one that past origins were forecast with (docs/backtest.md).
    """
    shocks = certified(growth, world, *grown.shape)
    own = grown - np.median(grown, axis=0)
    return filling(own, shocks, shocks.std(axis=0)) * shocks


def certified(growth: Growth, world: World, members: int, years: int) -> Floats:
    """Log of certifications in the reduced form over their median, (members, years)."""
    known = np.array([world.ladder.expired, *world.ladder.cohorts[::-1]])
    renewal = np.array(world.renewals[:members])
    flow = ladder.forecast(known, growth, world.region.name, years, renewal, world.seed).flow
    shocks = np.log(flow + 0.5)
    centered: Floats = shocks - np.median(shocks, axis=0)
    return centered


def of_listings(grown: Floats, growth: Growth, start: Anchor, place: str, seed: int) -> Floats:
    """What new technology SMEs lack of the spread that was estimated or borrowed for them, (members, years).

    grown: their log growth in the model with reporting noise, (members, years). What fills it up are the shocks of
    high-tech certifications: one office of a place examines and promotes both, and in Jiaxing they went up together.
    """
    members, years = grown.shape
    shocks = departures(start.growth["hnte_certifications"], place, members, years, seed)
    shocks -= np.median(shocks, axis=0)
    return filling(grown, shocks, growth.spreads(place, years)[1]) * shocks


def filling(own: Floats, shocks: Floats, sd: Floats) -> Floats:
    """Share of shocks that gives own deviations, both (members, years), the sd (years,); none where they have it.

    At most MOST_FILLING.
    """
    own, shocks = own - own.mean(axis=0), shocks - shocks.mean(axis=0)
    together, variance = (own * shocks).mean(axis=0), np.maximum((shocks**2).mean(axis=0), 1e-12)
    missing = np.maximum(sd**2 - (own**2).mean(axis=0), 0.0)
    share = (np.sqrt(together**2 + variance * missing) - together) / variance
    return np.where(missing > 0.0, np.minimum(share, MOST_FILLING), 0.0)


def cut(own: Floats, sd: Floats) -> Floats:
    """What takes own deviations, (members, years), down to an sd, (years,); nothing where they have no more."""
    return own * (np.minimum(1.0, sd / np.maximum(own.std(axis=0), 1e-9)) - 1.0)


def uncarried(grown: Floats, paths: dict[str, Floats], channel: str) -> Floats:
    """What of its own shift a count's firms do not carry, less what the shifts of others do to it, (members, years).

    grown: the count's log growth in the model, (members, years). A count may answer its shift less than one for one, as
    the number of firms above a threshold of sales answers sales, while its shift was estimated on the count itself. The
    answers to all shifts are least-squares coefficients over the members, year by year; what they leave is the model's
    own variance, and stays.
    """
    beyond = np.empty_like(grown)
    for year in range(grown.shape[1]):
        shifts = np.column_stack([path[:, year] - path[:, year].mean() for path in paths.values()])
        answers = np.linalg.lstsq(shifts, grown[:, year] - grown[:, year].mean(), rcond=None)[0]
        beyond[:, year] = shifts[:, list(paths).index(channel)] - shifts @ answers
    return beyond


def fitted(own: Floats, growth: Growth, leader: Growth, carried: bool, place: str, seed: int) -> Floats:
    """What gives a count without a channel the spread that was estimated, (members, years).

    own: the model's deviations from its median, with reporting noise, (members, years); leader: growth of what the
    count follows, which is itself but for grants; carried: whether the firms have the leader's shocks. Where the
    model's spread is less, shocks of the leader fill it up, or where the firms carry those, shocks of the count as far
    as the first year lacks them; where it is more, as for patents filed before the member's own year, it is cut.
    """
    members, years = own.shape
    (_, of_count), (_, of_leader) = (some.spreads(place, years) for some in (growth, leader))
    departing = faded(_shocks(growth, place, members, years, seed))
    followed = float(of_leader[0] / max(of_count[0], 1e-9)) ** 2
    beyond = max(0.0, 1.0 - followed)  # share of the variance that is its own; none where it leads itself
    estimated = np.sqrt(of_leader**2 + beyond * departing.var(axis=0))
    less = cut(own, estimated)
    if carried:
        return less + filling(own, departing, estimated)[0] * departing
    shocks = departures(leader, place, members, years, seed)
    more = less + filling(own, shocks, of_leader) * shocks
    return more + np.minimum(filling(own + more, departing, estimated), np.sqrt(beyond)) * departing


def faded(path: Floats) -> Floats:
    """The same yearly shocks as in cumulated ones, (members, years), when GRANTS_KEPT of each is left after a year."""
    left, kept = np.zeros(len(path)), np.empty_like(path)
    for year, new in enumerate(np.diff(path, axis=1, prepend=0.0).T):
        left = GRANTS_KEPT * left + new
        kept[:, year] = left
    return kept


def departures(growth: Growth, place: str, members: int, years: int, seed: int) -> Floats:
    """What members depart from the damped drift: its error and all shocks, cumulated, (members, years)."""
    trend, _ = growth.spreads(place, years)
    return growth.drift_paths(place, members, years, seed) - trend + _shocks(growth, place, members, years, seed)


def _shocks(growth: Growth, place: str, members: int, years: int, seed: int) -> Floats:
    return growth.common_shocks(members, years, seed) + growth.local_shocks(place, members, years, seed)
