"""Tables of what the government reached: the take-up funnel by instrument and zone, and the missions' first times."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecosim.data.periods import quarter_index, quarter_label, year_of
from ecosim.model.take_up import KEPT, STAGES
from ecosim.policies.mission import Mission

if TYPE_CHECKING:
    from ecosim.forecast.ensemble import Run
    from ecosim.forecast.future import Outlook
    from ecosim.forecast.job import Job

EVERYWHERE, EVERYWHERE_ZH = "all", "全域"  # name of the sum over zones
FUNNEL = (
    "scenario", "location", "zone", "instrument", "year", "stage", "median", "lower", "upper",
    "zone_zh", "label", "label_zh",
)  # fmt: skip
REACHED = (
    "scenario", "location", "mission", "year", "share_reached", "first_median", "first_lower", "first_upper",
    "deadline", "label", "label_zh",
)  # fmt: skip
INTERVAL = (0.5, 0.05, 0.95)


def take_up(job: "Job", outlook: "Outlook") -> pd.DataFrame:
    """Firms by stage (`ecosim.model.take_up`) under the scenario: median and 90 % interval over members, real firms.

    Instruments that nobody could apply for in a year are left out, and `kept` where its year is not over; those that
    the baseline lacks come first. Stages that do not apply to an instrument (`without`) have no numbers.
    """
    zones = list(outlook.world.region.zones.items())
    last = year_of(outlook.world.origin + outlook.world.quarters)
    firms = _by_key(outlook.runs, (len(zones), len(STAGES)))
    own_first = sorted(job.policies, key=lambda name: name in job.baseline_policies)
    order = {name: number for number, name in enumerate(own_first)}
    places = [(name, zone.name_zh) for name, zone in zones]
    if len(zones) > 1:
        places.insert(0, (EVERYWHERE, EVERYWHERE_ZH))
    rows = []
    for instrument, year in sorted(firms, key=lambda key: (order.get(key[0], len(order)), key)):
        block = firms[instrument, year]
        if not block.any():
            continue
        if len(zones) > 1:
            block = np.concatenate([block.sum(axis=1, keepdims=True), block], axis=1)
        row = job.policies.get(instrument) or job.baseline_policies.get(instrument)
        without = getattr(row.policy, "without", ()) if row else ()
        labels = (row.label, row.label_zh) if row else (instrument, "")
        spread = np.quantile(block, INTERVAL, axis=0)  # (3, places, stages)
        spread[:, :, [stage in without for stage in STAGES]] = np.nan
        for place, (zone, chinese) in enumerate(places):
            for number, stage in enumerate(STAGES):
                if number != KEPT or year < last:
                    told = (job.scenario, job.region.name, zone, instrument, year, stage)
                    rows.append((*told, *spread[:, place, number], chinese, *labels))
    return pd.DataFrame(rows, columns=list(FUNNEL))


def _by_key(runs: "Sequence[Run]", shape: tuple[int, int]) -> dict[tuple[str, int], NDArray[np.int64]]:
    """Firms of all members by instrument and year, (members, zones, stages) each; none where a member has no such."""
    found = {key: np.zeros((len(runs), *shape), np.int64) for key in set().union(*(run.take_up for run in runs))}
    for member, run in enumerate(runs):
        for key, stages in run.take_up.items():
            found[key][member] = stages
    return found


def missions(job: "Job", outlook: "Outlook") -> pd.DataFrame:
    """By mission and year: share of members that have reached it by then, and the quarter in which it is first reached.

    first_median, first_lower, first_upper: quarters by which 50, 5 and 95 % of the members have reached it; empty
    where so many never do before the horizon.
    """
    world = outlook.world
    never = world.origin + world.quarters + 1
    rows = []
    for name, row in job.policies.items():
        if not isinstance(row.policy, Mission):
            continue
        found = [run.missions.get(name) for run in outlook.runs]
        first = np.array([never if quarter is None else quarter for quarter in found])
        times = np.quantile(first, INTERVAL, method="inverted_cdf").astype(int)
        labels = [quarter_label(int(time)) if time < never else "" for time in times]
        for year in range(year_of(world.origin + 1), year_of(never - 1) + 1):
            share = float((first <= quarter_index(str(year))).mean())
            told = (job.scenario, job.region.name, name, year, share)
            rows.append((*told, *labels, row.policy.deadline, row.label, row.label_zh))
    return pd.DataFrame(rows, columns=list(REACHED))
