"""What was counted in a place after the start of a simulation, and the same moment of a simulated series."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecosim.calibration.borrow import broken
from ecosim.calibration.increments import base_year
from ecosim.data.panel import series
from ecosim.data.parts import in_quarters, whole_years
from ecosim.data.periods import QUARTERS_PER_YEAR, parse, quarter_index
from ecosim.forecast.anchor import MODEL_TARGETS, PANEL_TARGETS
from ecosim.forecast.publish import FLOW_OF, FLOWS, ONCE_A_YEAR, RATIO_QUARTERS, RATIO_SD, RATIOS
from ecosim.model.ecosystem import OBSERVED

Floats = NDArray[np.float64]

JAPANESE = "hnte_japanese_new"  # has no flow in the model: the rise of the stock within the year
SUMMED = {"hnte_certifications": ("hnte_new", "hnte_renewed"), JAPANESE: ("japanese_hnte_stock",)}


@dataclass(frozen=True)
class Moment:
    """One count of the place. start, end: quarters (index), end included; way: level, growth, ratio or rise.

    value: as published; moment: on the scale on which simulations are compared; noise: sd of reporting on that scale;
    used: False for a count that only repeats others.
    """

    name: str
    series: tuple[str, ...]
    way: str
    start: int
    end: int
    value: float
    moment: float
    noise: float = 0.0
    used: bool = True


def moments_of(known: pd.DataFrame, place: str, start: str, origin: str, noise: dict[str, float]) -> tuple[Moment, ...]:
    """Counts of a place dated after the start and known at the origin that the model has.

    noise: sd of the log of one reported level by target. Levels and flows of certificates stand on the scale
    2 sqrt(y + 3/8), on which a Poisson count has variance one (Anscombe 1948, unverified); counts whose level the model
    does not have (patents, R&D) or has by convention (firms, births, closings, employment) as log growth since the
    start's last complete year, but not over a declared break; ratios as logs. Each figure counts once (see
    `in_quarters`), parts of a year's certificates as the year that they make: the model gives them in its last quarter.
    """
    first, last, base = quarter_index(start), quarter_index(origin), base_year(start)
    found = []
    once = in_quarters(_given_by_year(known[(known["location"] == place) & known["value"].notna()]))
    for target in known.loc[known["location"] == place, "target"].unique():
        name = str(target)
        rows = once[once["target"] == name]
        if name in RATIOS:
            for time, value in zip(rows["time"].astype(str), rows["value"].astype(float), strict=True):
                end = quarter_index(time)
                if first < end <= last and value > 0:
                    found.append(_ratio(name, time, end, first, value))
            continue
        if name not in OBSERVED and name not in SUMMED:
            continue
        own = series(known, place, name)
        if name in PANEL_TARGETS or name in MODEL_TARGETS:
            found += _growths(name, own, base, first, last, noise.get(name, 0.0))
        else:
            found += _levels(name, rows, first, last)
    return _once(tuple(found), known, place)


def _given_by_year(rows: pd.DataFrame) -> pd.DataFrame:
    """The same rows with whole years in place of the parts of a year of certificates."""
    certificates = rows["target"].isin([*ONCE_A_YEAR, JAPANESE])
    parts = certificates & (rows["time"].astype(str).map(lambda time: parse(time).frequency) != "year")
    return pd.concat([rows[~parts], whole_years(rows[parts])], ignore_index=True) if parts.any() else rows


def _ratio(name: str, time: str, end: int, first: int, value: float) -> Moment:
    start = max(end - RATIO_QUARTERS, first)
    return Moment(f"{name} {time}", (RATIOS[name],), "ratio", start, end, value, float(np.log(value)), RATIO_SD)


def _growths(name: str, own: pd.Series, base: int, first: int, last: int, noise: float) -> list[Moment]:
    if base not in own.index or own[base] <= 0:
        return []
    rows = []
    for year, value in zip(own.index.astype(int), own.to_numpy(float), strict=True):
        end = int(year) * QUARTERS_PER_YEAR + QUARTERS_PER_YEAR - 1
        if first < end <= last and value > 0 and not broken(name, base, int(year)):
            growth = float(np.log(value / own[base]))
            rows.append(
                Moment(f"{name} {year}", (name,), "growth", end - 3, end, float(value), growth, np.sqrt(2.0) * noise)
            )
    return rows


def _levels(name: str, rows: pd.DataFrame, first: int, last: int) -> list[Moment]:
    found = []
    flow = name in FLOWS or name == JAPANESE
    for time, value in zip(rows["time"].astype(str), rows["value"].astype(float), strict=True):
        end, yearly = quarter_index(time), parse(time).frequency == "year"
        start = end - QUARTERS_PER_YEAR + 1 if yearly else end
        if not first < start <= end <= last and not (not flow and first < end <= last):
            continue
        way = "rise" if name == JAPANESE else "level"
        parts = SUMMED.get(name, (name,))
        found.append(Moment(f"{name} {time}", parts, way, start if flow else end, end, value, root(value)))
    return found


def _once(found: tuple[Moment, ...], known: pd.DataFrame, place: str) -> tuple[Moment, ...]:
    """Stocks that are only the sum of other counts are carried, not used.

    A stock of tech-SMEs that is the last one plus the year's flow, and one of high-tech enterprises that is the sum of
    three flows, say nothing that these do not.
    """
    kept = []
    for moment in found:
        stock, _, time = moment.name.partition(" ")
        flow = FLOW_OF.get(stock)
        if flow and parse(time).frequency == "year":
            flows, year = series(known, place, flow), int(time)
            before = series(known, place, stock).get(year - 1, np.nan)
            sums = [before + flows.get(year, np.nan)]
            if stock == "hnte_stock":
                sums.append(sum(flows.get(year - back, np.nan) for back in range(3)))
            moment = replace(moment, used=not np.isclose(sums, moment.value, rtol=1e-9).any())
        kept.append(moment)
    return tuple(kept)


def root(value: float) -> float:
    """A count on the scale on which its Poisson variance is one."""
    return float(2.0 * np.sqrt(max(value, 0.0) + 0.375))


def simulated(moment: Moment, path: dict[str, Floats], first: int, luck: float) -> float:
    """The same moment of a simulation. path: series by quarter from the start (its row 0) on; luck: standard normal."""
    total = sum((path[name] for name in moment.series), np.zeros(1))
    start, end = moment.start - first, moment.end - first
    if moment.way == "ratio":
        grown = float(np.log((total[end] + 0.5) / (total[start] + 0.5)))
        return grown * RATIO_QUARTERS / max(end - start, 1) + moment.noise * luck
    if moment.way == "growth":
        flow = moment.series[0] in FLOWS
        now = total[start : end + 1].sum() if flow else total[end]
        return float(np.log((now + 0.5) / (path[f"{moment.series[0]} before"][0] + 0.5))) + moment.noise * luck
    if moment.way == "rise":
        return root(float(total[end] - total[start - 1]))
    flow = moment.series[0] in FLOWS
    return root(float(total[start : end + 1].sum() if flow else total[end]))


def published(moment: Moment, values: Floats) -> Floats:
    """Simulated moments, (n,), in the unit in which the count is published."""
    if moment.way == "ratio":
        return np.exp(values)
    if moment.way == "growth":
        base = moment.value / np.exp(moment.moment)
        grown: Floats = base * np.exp(values)
        return grown
    counts: Floats = np.maximum(np.square(values / 2.0) - 0.375, 0.0)
    return counts
