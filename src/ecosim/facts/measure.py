"""All measures of one seed, taken from its history."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ecosim.data import exit_hazards
from ecosim.facts import adoption, growth, notch, patents, reallocation, research, sizes, turnover
from ecosim.facts.history import History, Year, matched
from ecosim.model.terms import SALES_BANDS

Floats = NDArray[np.float64]

POOLED = 5  # last years that are taken together
SMALLEST = np.log(10.0)  # ln employees; below, growth is cut off at one worker
LARGE = np.log(50.0)
CLASSES = (0.0, 10.0, 20.0, 50.0, 100.0, 300.0, np.inf)  # employees
REQUIRED = (0.05, 0.04, 0.03)  # R&D over sales by band of sales, certificate of 2016
PLACEBOS = (0.6, 1.5)  # of the required ratio
DESIGNATED = 500.0  # annual sales, 10k CNY: size from which China surveyed every industrial firm in 1998 to 2006
SPAN = 9  # years of the reallocation, 1998 to 2007 in the source


def measure(usual: History, high_growth: History) -> dict[str, float]:
    """Every measure of the register by its key. high_growth: the same firms in the regime of M16."""
    return {
        **of_sizes(usual.years[-1]),
        **of_growth(usual.years[-POOLED - 2 :]),
        **of_turnover(usual),
        **of_research(usual.years[-POOLED:]),
        **of_patents(usual.years),
        **of_notch(usual.years[-POOLED - 1 :]),
        **of_adoption(usual),
        "productivity_gap": reallocation.gap_within(usual.years[-1].log_productivity, usual.years[-1].sector),
        **of_reallocation(high_growth.years[0], high_growth.years[SPAN]),
    }


def of_sizes(year: Year) -> dict[str, float]:
    """M1."""
    return {
        "size_tail": sizes.hill(year.log_employees),
        "pareto_lognormal": sizes.pareto_or_lognormal(year.log_employees).statistic,
    }


def of_growth(years: list[Year]) -> dict[str, float]:
    """M2, M3 and M15 on firms of ten and more employees, pooled over pairs of years, less sector and year means."""
    pairs = [_growth_of(*three) for three in zip(years[:-2], years[1:-1], years[2:], strict=True)]
    size, change, now, before = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
    return {
        "growth_shape": growth.subbotin(change).shape,
        "growth_shape_rescaled": growth.subbotin(growth.rescaled(size, change)).shape,
        "size_variance": growth.size_variance_slope(size, change),
        "growth_explained": growth.explained_share(change, np.column_stack([now, before])),
    }


def _growth_of(first: Year, second: Year, third: Year) -> tuple[Floats, Floats, Floats, Floats]:
    """ln employees, their growth, and the changes of ln sales per worker in the same year and the one before."""
    there = np.isin(second.uid, first.uid) & np.isin(second.uid, third.uid) & (second.log_employees >= SMALLEST)
    uid, sector = second.uid[there], second.sector[there]
    at_first, at_third = np.searchsorted(first.uid, uid), np.searchsorted(third.uid, uid)
    change = third.log_employees[at_third] - second.log_employees[there]
    now = third.log_productivity[at_third] - second.log_productivity[there]
    before = second.log_productivity[there] - first.log_productivity[at_first]
    return (
        second.log_employees[there],
        _less_sector_mean(change, sector),
        _less_sector_mean(now, sector),
        _less_sector_mean(before, sector),
    )


def _less_sector_mean(values: Floats, sector: NDArray[np.int8]) -> Floats:
    means = np.bincount(sector, weights=values) / np.maximum(np.bincount(sector), 1)
    return np.asarray(values - means[sector])


def of_turnover(history: History) -> dict[str, float]:
    """M4 and M5."""
    register = exit_hazards.china()
    edges = (*register["age_from"], float(register["age_to"].iloc[-1]), history.exposure.size / 4)
    hazards = turnover.yearly_hazards(history.exposure, history.closed, edges)
    published, bound = register["hazard"].to_numpy(float), register["lower_bound"].to_numpy(bool)
    births = history.series["births"].reshape(-1, 4).sum(axis=1)
    firms = history.series["firms"][3::4]
    return {
        "exit_by_age": 100.0 * turnover.furthest_off(hazards[:-1], published, bound),
        "exit_peak": float(hazards[2] / np.delete(hazards, 2).max()),
        "entry_rate": turnover.entry_rate(births[-POOLED:], firms[-POOLED - 1 : -1]),
        **{f"hazard_{year}": float(hazard) for year, hazard in zip((1, 2, 3, 4, 8), hazards, strict=True)},
    }


def of_research(years: list[Year]) -> dict[str, float]:
    """M6, M7 and M12."""
    last = years[-1]
    group = np.digitize(np.exp(last.log_employees), CLASSES)
    shares = [float(last.performs[group == number].mean()) for number in range(1, len(CLASSES))]
    spends = last.ratio > 0.0
    logs = np.log(last.ratio[spends])
    return {
        "performers": float(last.performs.mean()),
        "performers_large": float(last.performs[last.log_employees >= LARGE].mean()),
        "performers_rise": float(np.diff(shares).min()),
        "intensity_spread": float(logs.std()),
        "intensity_skew": research.skewness(last.ratio[spends]),
        "intensity_size": research.slope(last.log_employees[spends], logs),
        **_research_productivity(years),
    }


def _research_productivity(years: list[Year]) -> dict[str, float]:
    parts = []
    for first, second in pairwise(years):
        i, j = matched(first, second)
        usable = (first.ratio[i] > 0.0) & (first.knowledge[i] > 0.0) & (second.knowledge[j] > 0.0)
        usable &= second.performs[j] == 1
        i, j = i[usable], j[usable]
        renewal = np.log(first.ratio[i]) + first.log_sales[i] - np.log(first.knowledge[i])
        parts.append(
            np.column_stack(
                [
                    second.log_productivity[j] - first.log_productivity[i],
                    np.log(second.knowledge[j] / first.knowledge[i]),
                    renewal,
                    first.log_productivity[i],
                    first.log_employees[i],
                ]
            )
        )
    table = np.concatenate(parts)
    change, cause, known, controls = table[:, 0], table[:, 1], table[:, 2], table[:, 3:]
    return {
        "research_productivity": research.elasticity_of_change(change, cause, known, controls),
        "research_productivity_plain": research.elasticity_of_change(change, cause, cause, controls),
    }


def of_patents(years: list[Year]) -> dict[str, float]:
    """M8 on all applicants of the years on record; M9 on the performers of the last year."""
    uid = np.concatenate([year.uid for year in years])
    filed = np.concatenate([year.filed for year in years])
    total = np.bincount(np.unique(uid, return_inverse=True)[1], weights=filed).astype(np.int64)
    last = years[-1]
    whole_year = (last.performs == 1) & (last.age >= 4) & (last.research > 0.0)
    counted = patents.elasticity_of_counts(last.filed[whole_year], np.log(last.research[whole_year]))
    return {
        "patents_top": patents.share_of_top_decile(total),
        "patents_tail": patents.tail_of_top_decile(total).exponent,
        "patents_tail_free": patents.power_law(total).exponent,
        "patents_elasticity": counted.elasticity,
        "patents_dispersion": counted.dispersion,
    }


def of_notch(years: list[Year]) -> dict[str, float]:
    """M10 and M11 in the years of the criteria of 2016."""
    reported = np.concatenate([np.where(year.performs == 1, year.reported, 0.0) for year in years])
    band = np.concatenate([np.digitize(np.exp(year.log_sales), SALES_BANDS) for year in years])
    bands = [(reported[band == number], required) for number, required in enumerate(REQUIRED)]
    responds = np.concatenate([year.responds for year in years])
    after = np.concatenate([year.next_ratio for year in years])[responds]
    sales = np.exp(np.concatenate([year.log_sales for year in years])[responds])
    return {
        "bunching": min(notch.excess_mass(ratios, required) for ratios, required in bands),
        "placebo": max(notch.excess_mass(ratios, required * off) for ratios, required in bands for off in PLACEBOS),
        "relabeled": notch.relabeled_share(reported[responds], after, sales),
    }


def of_adoption(history: History) -> dict[str, float]:
    """M13."""
    curve = adoption.logistic(history.series["tech_sme_stock"] / history.series["firms"])
    return {"adoption_fit": curve.explained, "adoption_turn": curve.inside}


def of_reallocation(first: Year, last: Year) -> dict[str, float]:
    """M16 on firms with sales above the threshold of the source's survey, weighted by employees."""
    before, after = _surveyed(first), _surveyed(last)
    parts = reallocation.decompose(before, after)
    uid, weight, value = after
    new = ~np.isin(uid, before[0])
    return {
        "net_entry": parts.net_entry_share,
        "high_growth": parts.change,
        "entrants_employment": float(weight[new].sum() / weight.sum()),
        "entrants_behind": float(
            np.average(value[new], weights=weight[new]) - np.average(value[~new], weights=weight[~new])
        ),
    }


def _surveyed(year: Year) -> tuple[NDArray[np.uint64], Floats, Floats]:
    large = np.exp(year.log_sales) >= DESIGNATED
    return year.uid[large], np.exp(year.log_employees[large]), year.log_productivity[large]
