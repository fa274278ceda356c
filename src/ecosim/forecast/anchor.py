"""The levels from which a place starts, and how sure they are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ecosim.calibration.borrow import own_growth, stocks_from_flows, tells_growth
from ecosim.calibration.growth import DRIFT_BETWEEN_FLOOR, Growth
from ecosim.calibration.increments import base_year
from ecosim.calibration.inherit import CLOSING_SHARE, Level, inherit_growth, inherit_level, own_level
from ecosim.data.digits import plain
from ecosim.data.panel import CountsError, by_quarter, known_at, series
from ecosim.data.periods import QUARTERS_PER_YEAR, quarter_index
from ecosim.forecast.start import Ladder
from ecosim.model.region import Region, RegionError

LADDER_TARGETS = ("tech_sme_stock", "tech_sme_new", "hnte_stock", "hnte_certifications")
PANEL_TARGETS = (
    "patents_applied",
    "inventions_applied",
    "patents_granted",
    "inventions_granted",
    "rd_expenditure",
    "rd_personnel",
    "hightech_firms",
)
MODEL_TARGETS = ("firms", "births", "deaths", "employment")  # the model's own level and growth where none is counted
WHOLE_OF = {
    "hnte_foreign_stock": "hnte_stock",
    "hnte_new": "hnte_certifications",
    "hnte_certifications": "hnte_stock",  # a certificate lasts three years
    "inventions_applied": "patents_applied",
    "inventions_granted": "patents_granted",
}
MORE_TECH_SMES = 1.05  # technology SMEs over high-tech enterprises, which are among them, at least; assumption
AGREE = (0.8, 1.25)  # three years of certifications over the stock; beyond it a note says so, a convention
LEAST_FIRMS = 200


@dataclass(frozen=True)
class Anchor:
    """Levels at the origin's last complete year, growth to come, and the certificates of the place."""

    levels: dict[str, Level]
    growth: dict[str, Growth]
    ladder: Ladder
    firms: int
    notes: tuple[str, ...]


def anchor(counts: pd.DataFrame, region: Region, origin: str, horizon: int) -> Anchor:
    """What is known of a place at the origin.

    Raises CountsError where the counts lead to no certificates at all, or a part is more than its whole.
    """
    known = stocks_from_flows(known_at(counts, origin))
    check_parts(known, region.name)
    levels: dict[str, Level] = {}
    growth: dict[str, Growth] = {}
    without: dict[str, list[str]] = {}  # targets that are not forecast, by reason
    for target in (*LADDER_TARGETS, *PANEL_TARGETS):
        try:
            levels[target] = inherit_level(known, target, region.name, region.inside, origin)
            growth[target] = inherit_growth(known, target, region.name, region.inside, origin, horizon)
        except CountsError as error:
            if target in ("hnte_stock", "hnte_certifications"):
                raise
            levels.pop(target, None)
            without.setdefault(_reason(error, region.name), []).append(target)
    notes = [f"{', '.join(some)} {_is(some)} not forecast: {reason}" for reason, some in without.items()]
    for target in MODEL_TARGETS:
        if (level := own_level(known, target, region.name, origin)) is not None:
            levels[target] = level
            if (counted := own_growth(known, target, region.name, origin, horizon)) is not None:
                growth[target] = counted
    first, year = series(known, region.name, "hnte_new"), base_year(origin)
    if year in first.index:  # else certifications less renewals
        levels["hnte_new"] = Level(float(first[year]), 0.0, "observed", f"observed {year}", str(year), "counts")
    follow_own_stock(known, region, growth)
    ladder = make_ladder(known, region, origin, levels, growth)
    counted_ones = counted_cohorts(known, region.name, year)
    stock, certified = levels["hnte_stock"], sum(counted_ones)
    if ladder.counted:
        used = ladder.high_tech_stock
        words = f"{used:,.0f}, as the certifications that were counted have it; {stock.explanation}"
        levels["hnte_stock"] = replace(
            stock, mean=used, log_sd=stock.log_sd * (1.0 - certified / used), explanation=words
        )
    elif len(counted_ones) == 3 and not AGREE[0] < certified / stock.mean < AGREE[1]:
        notes.append(
            f"{region.name}, {year}: hnte_stock is {plain(stock.mean)}, and the certifications of three years, which "
            f"a certificate lasts, sum to {plain(certified)}: one of the two counts something else. The newest "
            "certificates are those counted, older ones what is left of the stock."
        )
    listed, high_tech = levels.get("tech_sme_stock"), levels["hnte_stock"].mean
    if listed is not None and listed.basis == "observed" and listed.mean < high_tech:
        least = MORE_TECH_SMES * high_tech
        notes.append(
            f"{region.name}: tech_sme_stock is {plain(listed.mean)} and hnte_stock {plain(high_tech)}; in the model "
            "high-tech enterprises are technology SMEs too, so these start at "
            f"{plain(least)}. Read their growth alone."
        )
        words = f"starts at {least:,.0f}, as high-tech enterprises are among them; {listed.explanation}"
        levels["tech_sme_stock"] = replace(listed, mean=least, basis="assumption", explanation=words)
    firms = number_of_firms(region, levels)
    for target, used in (("hnte_certifications", ladder.cohorts[0]), ("tech_sme_new", ladder.tech_sme_flow)):
        level = levels.get(target)
        if level is not None and not np.isclose(level.mean, used):
            words = f"starts at {used:,.0f}, as the stock's cohorts and closings have it; {level.explanation}"
            levels[target] = replace(level, mean=used, basis="assumption", explanation=words)
    return Anchor(levels, growth, ladder, firms, tuple(notes))


def _reason(error: CountsError, place: str) -> str:
    """What an error says behind the place and the target that it names."""
    of, _, reason = str(error).removeprefix(f"{place}, ").partition(": ")
    return reason if of in (*LADDER_TARGETS, *PANEL_TARGETS) else str(error)


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def check_parts(known: pd.DataFrame, place: str) -> None:
    """Raises CountsError where a place counted more of something than of what it is a part of."""
    for part, whole in WHOLE_OF.items():
        both = pd.concat([series(known, place, part), series(known, place, whole)], axis=1, join="inner")
        for year, (one, all_) in zip(both.index, both.to_numpy(), strict=True):
            if one > all_:
                raise CountsError(
                    f"{place}, {year}: {part} is {plain(one)} and {whole}, of which it is a part, {plain(all_)}; "
                    "correct one of the two, or leave it out"
                )


def follow_own_stock(known: pd.DataFrame, region: Region, growth: dict[str, Growth]) -> None:
    """Let a place outside the panels pass on what its own stocks say of growth to the flows that make them.

    At a steady rate a stock and its flow grow alike. A flow of whose growth the place's own counts say nothing takes
    the drift of its stock; where they tell both, the surer one is taken.
    """
    for flow, stock in (("hnte_certifications", "hnte_stock"), ("tech_sme_new", "tech_sme_stock")):
        if flow not in growth or stock not in growth or region.level in ("province", "country"):
            continue
        of_flow, of_stock = growth[flow], growth[stock]
        if region.name not in of_flow.locations or not _told_by_counts(known, region.name, of_stock):
            continue
        drift, sd, _ = of_stock.place(region.name)
        if sd < of_flow.place(region.name)[1] or not _told_by_counts(known, region.name, of_flow):
            row = of_flow.locations.index(region.name)
            drifts, sds = of_flow.drift.copy(), of_flow.drift_sd.copy()
            drifts[row], sds[row] = drift, max(sd, DRIFT_BETWEEN_FLOOR)
            growth[flow] = replace(of_flow, drift=drifts, drift_sd=sds, basis=f"{of_flow.basis}; own {stock}")


def _told_by_counts(known: pd.DataFrame, location: str, growth: Growth) -> bool:
    """Whether the place's own counts say how a target grows, or the one that its growth is borrowed from."""
    return any(tells_growth(known, location, target) for target in {growth.target, growth.borrowed_from})


def number_of_firms(region: Region, levels: dict[str, Level]) -> int:
    """The region file's number, or firms per certificate by convention; registers count far more than could apply.

    Raises RegionError where the region file's number is less than the firms that hold a certificate.
    """
    if region.firms is not None:
        certified = max(level.mean for name, level in levels.items() if name in ("hnte_stock", "tech_sme_stock"))
        if region.firms < certified:
            raise RegionError(
                f"{region.name}: {certified:,.0f} firms hold a certificate, but the region file says firms: "
                f"{region.firms:,}; give all firms that could be certified one day, or leave firms out"
            )
        return region.firms
    return max(LEAST_FIRMS, round(region.firms_per_certificate * levels["hnte_stock"].mean))


def counted_cohorts(known: pd.DataFrame, place: str, year: int) -> list[float]:
    """Certifications of a year, the one before and two before, as far back as they were counted without a gap."""
    flows = series(known, place, "hnte_certifications")
    gap = next((back for back in range(3) if year - back not in flows.index), 3)
    return [float(flows[year - back]) for back in range(gap)]


def make_ladder(
    known: pd.DataFrame, region: Region, origin: str, levels: dict[str, Level], growth: dict[str, Growth]
) -> Ladder:
    """Certificates by cohort and yearly flows: flows as counted, older ones from the stock and its past growth."""
    stock = levels["hnte_stock"].mean
    flows = series(known, region.name, "hnte_certifications")
    yearly = growth["hnte_certifications"].spread(region.name, 1)[0]
    year = base_year(origin)
    past = growth["hnte_certifications"]  # what has been is not damped, only what is to come
    grown = past.drift[past.locations.index(region.name)] if region.name in past.locations else past.pooled_drift
    weights = np.exp(-grown * np.arange(4))
    weights /= weights[:3].sum()
    counted = counted_cohorts(known, region.name, year)
    if len(counted) == 3:
        cohorts, before = counted, counted[2] * np.exp(-yearly)
        before = float(flows[year - 3]) if year - 3 in flows.index else before
    elif counted and counted[-1] > 0.0:
        shape = counted[-1] * weights / weights[0]
        cohorts, before = [*counted, *map(float, shape[1 : 4 - len(counted)])], float(shape[4 - len(counted)])
    else:
        cohorts, before = [float(stock * weight) for weight in weights[:3]], float(stock * weights[3])
    if levels["hnte_stock"].basis == "observed" and not np.isclose(sum(cohorts), stock):  # what is left of it is older
        older = cohorts[1:] if sum(cohorts[1:]) > 0.0 else list(map(float, weights[1:3]))
        fitting = max(stock - cohorts[0], 0.0) / sum(older)
        cohorts, before = [cohorts[0], *(fitting * one for one in older)], fitting * before
    tech_sme = levels.get("tech_sme_stock")
    new = levels.get("tech_sme_new")
    # where nothing is known of tech-SMEs they are taken as three times the high-tech enterprises, assumption
    tech_stock = max(tech_sme.mean, MORE_TECH_SMES * stock) if tech_sme else 3.0 * stock
    rise = tech_stock * (1.0 - np.exp(-yearly))  # a stock may fall by more than firms that close
    tech_flow = new.mean if new else max(rise + CLOSING_SHARE * tech_stock, 0.0)
    passed = (quarter_index(origin) + 1) % QUARTERS_PER_YEAR / QUARTERS_PER_YEAR  # of the year under way
    since = passed * (tech_flow - CLOSING_SHARE * tech_stock)  # high-tech certificates change in its last quarter alone
    foreign = by_quarter(known, region.name, "hnte_foreign_stock")
    foreign = foreign[foreign.index > quarter_index(origin) - QUARTERS_PER_YEAR]  # a count of the last year, or none
    stocks = series(known, region.name, "hnte_stock")
    year_before, two_before = (float(stocks[year - back]) if year - back in stocks.index else None for back in (1, 2))
    uncounted = levels["hnte_stock"].basis != "observed"
    return Ladder(
        tech_sme_stock=tech_stock + since,
        tech_sme_flow=tech_flow,
        cohorts=(cohorts[0], cohorts[1], cohorts[2]),
        expired=before,
        foreign=float(foreign.iloc[-1]) if len(foreign) else None,
        counted=len(counted) if uncounted and counted and counted[-1] > 0.0 and sum(counted) < sum(cohorts) else 0,
        before=(year_before, two_before),
    )
