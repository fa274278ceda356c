"""The tables beside a forecast: what levels rest on, references, scores against later counts, costs, coefficients."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ecosim.calibration import indirect
from ecosim.calibration.borrow import unfollowed_growth
from ecosim.calibration.estimate import Estimate
from ecosim.calibration.growth import Growth
from ecosim.calibration.regression import Calibration
from ecosim.data.digits import plain
from ecosim.data.panel import known_at, series
from ecosim.data.parts import in_quarters
from ecosim.data.periods import origin_date, parse, quarter_index, quarter_label
from ecosim.forecast import costs as instrument_costs
from ecosim.forecast import publish, reference, summary
from ecosim.forecast import scores as scoring
from ecosim.forecast.books import Books
from ecosim.forecast.drawn import AT_ORIGIN, FROM_POSTERIOR
from ecosim.forecast.ensemble import World, years_ahead
from ecosim.forecast.instruments import is_other
from ecosim.forecast.publish import INDEX, MODEL_TARGETS, RATIO
from ecosim.forecast.shifts import GRANTED_OF

if TYPE_CHECKING:
    from ecosim.forecast.future import Outlook
    from ecosim.forecast.job import Job, Progress

Floats = NDArray[np.float64]
LEVELS = np.array(reference.QUANTILES)
NOT_COUNTED = {"prior": "assumption", "published": "literature"}  # kinds of a calibration's rows, by estimator


def members(job: "Job", outlook: "Outlook") -> pd.DataFrame:
    """Every member's yearly and quarterly values under the scenario and its baseline, column frequency."""
    world = outlook.world
    ahead = summary.quarter_times(world.origin, world.quarters)
    years = summary.times(world.base_year + 1, 200)
    frames = []
    named = [(job.scenario, outlook.scenario)]
    if outlook.differs:
        named.append((job.baseline, outlook.baseline))
    for name, futures in named:
        for values, labels, frequency in ((futures.yearly, years, "year"), (futures.quarterly, ahead, "quarter")):
            frames.append(
                summary.member_table(values, labels, name, job.region.name, job.origin).assign(frequency=frequency)
            )
    return pd.concat(frames, ignore_index=True)


def basis(outlook: "Outlook") -> pd.DataFrame:
    """What each level rests on: target, level, basis, time, source.

    A level that members draw from a posterior is their median, its basis 'posterior'.
    """
    rows = []
    for target, level in outlook.anchor.levels.items():
        rows.append((target, level.mean, level.basis, level.time, f"{level.explanation} [{level.source}]"))
    if outlook.world.region.firms is not None:
        own = outlook.world.region
        for target in MODEL_TARGETS:
            if target not in outlook.anchor.levels:
                own_level = float(np.median(outlook.baseline.yearly[target][:, 0]))
                words = f"the model's, a year after it starts with {own.firms:,} firms [{own.firms_source}]"
                rows.append((target, own_level, "assumption", str(outlook.world.base_year + 1), words))
    year = str(outlook.world.base_year)
    start = publish.starts(outlook.runs)
    base = publish.base_values(outlook.world, outlook.runs)
    own_levels = {
        "hnte_foreign_stock": (start["hnte_foreign_stock"], "the firms that the model holds likely to be certified"),
        "hnte_new": (base["hnte_new"], "certifications less renewals"),
    }
    for target, (values, words) in own_levels.items():
        if target in outlook.scenario.yearly and target not in outlook.anchor.levels:
            counted = target == "hnte_foreign_stock" and outlook.anchor.ladder.foreign is not None
            kind, why = ("observed", "the place's own count") if counted else ("assumption", f"no count: {words}")
            rows.append((target, float(np.median(values)), kind, year, why))
    table = pd.DataFrame(rows, columns=["target", "level", "basis", "time", "source"])
    return table if outlook.world.drawn is None else _drawn_levels(table, outlook.world, base)


def _drawn_levels(table: pd.DataFrame, world: World, base: Mapping[str, Floats]) -> pd.DataFrame:
    """The basis with the levels that members drew: their medians, and the run of the posterior.

    base: by target, (members,), what members start from.
    """
    drawn = world.drawn
    assert drawn is not None
    from_whom = {name.removeprefix(AT_ORIGIN): "" for name in drawn.names if name.startswith(AT_ORIGIN)}
    if "hnte_stock" in from_whom:
        from_whom["hnte_certifications"] = "hnte_stock"
    if "tech_sme_stock" in from_whom and "tech_sme_new" not in from_whom and world.flow_of_stock:
        from_whom["tech_sme_new"] = "tech_sme_stock"
    rows = table.to_dict("records")
    for row in rows:
        followed = from_whom.get(str(row["target"]))
        if followed is None:
            continue
        how = f"follows {followed}, which they draw" if followed else "drawn"
        source = f"median of members: {how} from the posterior of run {drawn.run}, origin {drawn.origin}"
        was = f"in place of {plain(row['level'])} ({row['basis']}: {row['source']})"
        row |= {
            "level": float(np.median(base[str(row["target"])])),
            "basis": FROM_POSTERIOR,
            "source": f"{source}; {was}",
        }
    return pd.DataFrame(rows, columns=table.columns)


def references(job: "Job", outlook: "Outlook") -> pd.DataFrame:
    """Random walk and drift for every target of which the place has a count at the origin."""
    years = job.horizon - outlook.world.base_year
    frames = reference.both(job.counts, outlook.scenario.yearly, job.region.name, job.origin, years)
    columns = list(reference.COLUMNS)
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def later(job: "Job", observed: pd.DataFrame) -> pd.DataFrame:
    """Counts of the place dated after the origin: never used, shown as hollow marks and scored."""
    here = job.counts[(job.counts["location"] == job.region.name) & job.counts["value"].notna()]
    known = origin_date(job.origin)
    after = [parse(str(time)).end > known for time in here["time"]]
    return here[np.array(after, dtype=bool)].reset_index(drop=True)


def scores(yearly: pd.DataFrame, quarterly: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Later counts against the forecast: target, time, observed, median, lower, upper (90 %), inside, wis.

    A quarter is held against its quarter; months of a flow are summed to it where all three are there.
    """
    rows = []
    for row in in_quarters(truth).itertuples():
        table, time = yearly, str(row.time)
        if parse(time).frequency != "year":
            table, time = quarterly, quarter_label(quarter_index(time))
        cell = table[(table["target"] == row.target) & (table["time"] == time)].sort_values("quantile")
        if len(cell) != len(LEVELS):
            continue
        values = cell["value"].to_numpy()
        low, mid, high = (values[np.isclose(LEVELS, level)][0] for level in (0.05, 0.5, 0.95))
        wis = scoring.wis(np.array([row.value]), values[None, :], LEVELS)[0]
        rows.append((row.target, row.time, row.value, mid, low, high, bool(low <= row.value <= high), wis))
    return pd.DataFrame(rows, columns=["target", "time", "observed", "median", "lower", "upper", "inside_90", "wis"])


def beside_baseline(scores: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """The scores with those of the baseline on the same counts: baseline_median, _lower, _upper, _inside_90, _wis."""
    keys = ["target", "time", "observed"]
    named = theirs.rename(columns={name: f"baseline_{name}" for name in theirs.columns if name not in keys})
    return scores.merge(named, on=keys, how="left")


def hindcast(job: "Job", estimates: dict[str, Estimate], progress: "Progress") -> pd.DataFrame:
    """Forecast from an earlier origin beside random walk, drift and the truth: forecast schema, model, observed."""
    from ecosim.forecast.future import look_ahead
    from ecosim.forecast.job import Clock

    assert job.hindcast is not None
    last = origin_date(job.origin).year

    def within(stage: str, done: int, total: int) -> None:
        progress(f"hindcast: {stage}", done, total)

    outlook = look_ahead(job, estimates, job.hindcast, last, job.members, within, Clock())
    world = outlook.world
    own, _ = summary.tables(
        outlook.scenario, world.base_year + 1, world.origin, job.scenario, job.region.name, job.hindcast
    )
    ahead = last - world.base_year
    frames = reference.both(job.counts, outlook.scenario.yearly, job.region.name, job.hindcast, ahead)
    table = pd.concat([own.assign(model="ecosim"), *frames], ignore_index=True)
    known = known_at(job.counts, job.origin)
    truth = {
        target: series(known, job.region.name, target).to_dict() for target in set(table["target"]) - {INDEX, RATIO}
    }
    table["observed"] = [
        truth.get(target, {}).get(int(time), np.nan)
        for target, time in zip(table["target"], table["time"], strict=True)
    ]
    return table.dropna(subset=["observed"]).reset_index(drop=True)


def diagnostics(calibration: Calibration, matching: indirect.Matching) -> pd.DataFrame:
    """How well the equations fit, and what the counts say of a firm's coefficient: equation, statistic, value, note."""
    return pd.concat([calibration.diagnostics, indirect.diagnostic_rows(matching)], ignore_index=True)


def coefficients(
    calibration: Calibration, matching: indirect.Matching, estimates: dict[str, Estimate], outlook: "Outlook"
) -> pd.DataFrame:
    """Every number that the forecast rests on: equation, term, estimate, std_error, source, kind."""
    rows, place = prior_rows(estimates), outlook.world.region.name
    for target, growth in outlook.anchor.growth.items():
        follows = GRANTED_OF.get(target) in outlook.anchor.growth
        rows += _growth_rows(target, growth, place, "counts")[2 if follows else 0 :]
    for target in [name for name in outlook.scaling.factors if name in MODEL_TARGETS]:
        if target not in outlook.anchor.growth:
            prior = unfollowed_growth(target, place, outlook.world.base_year)
            rows += _growth_rows(target, prior, place, "assumption")
    if (drawn := outlook.world.drawn) is not None:
        source = f"posterior of run {drawn.run}, origin {drawn.origin}; members draw it in place of the prior"
        rows += [("posterior that members draw from", name, *drawn.moments(name), source, "counts")
                 for name in drawn.names]  # fmt: skip
    own = pd.DataFrame(rows, columns=["equation", "term", "estimate", "std_error", "source", "kind"])
    fitted = with_kinds(calibration.coefficients)
    matched = indirect.coefficient_rows(matching.found, estimates)
    return pd.concat([fitted, matched, own] if len(matched) else [fitted, own], ignore_index=True)


def with_kinds(fitted: pd.DataFrame) -> pd.DataFrame:
    """The calibration's coefficients with a column kind: counts, but where a prior or a published figure stands."""
    return fitted.assign(kind=fitted["estimator"].map(NOT_COUNTED).fillna("counts"))


def prior_rows(estimates: dict[str, Estimate]) -> list[tuple[str, str, float, float, str, str]]:
    """Every coefficient of the firms' rules: equation, term, estimate, std_error, source, kind."""
    rows = []
    for name, prior in estimates.items():
        for k, term in enumerate(prior.behavior._fields):  # type: ignore[attr-defined]
            sd = float(np.sqrt(prior.covariance[k, k]))
            rows.append((f"firm: {name}", term, float(prior.mean[k]), sd, prior.sources[k], prior.kinds[k]))
    return rows


def _growth_rows(target: str, growth: Growth, place: str, kind: str) -> list[tuple[str, str, float, float, str, str]]:
    center, sd = growth.spread(place, 1)
    name, source = f"growth: {target}", f"{kind}: {growth.basis}"
    return [
        (name, "log growth in the first year, damped", center, sd, source, kind),
        (name, "damping of drift", float(growth.damping[0]), 0.0, source, kind),
        (name, "scale of the common shock", float(growth.common_scale[0]), 0.0, source, kind),
        (name, "sd of reporting noise", growth.measurement_sd, 0.0, source, kind),
    ]


def booked(outlook: "Outlook") -> Books:
    """The books of all members under the scenario."""
    return Books.of(outlook.runs)


def ledger(books: Books) -> pd.DataFrame:
    """Books by instrument and year: outlay and tax not collected (10k CNY, 90 % intervals), recipients, refused."""
    keys = sorted({*books.outlay.columns, *books.tax.columns, *books.refused.columns})
    money = [np.quantile(book.at(keys), [0.5, 0.05, 0.95], axis=0) for book in (books.outlay, books.tax)]
    firms = [np.median(book.at(keys), axis=0) for book in (books.recipients, books.refused)]
    numbers = np.vstack([*money, *firms]).T.tolist()
    columns = [
        "instrument", "year", "outlay", "outlay_lower", "outlay_upper",
        "tax_expenditure", "tax_expenditure_lower", "tax_expenditure_upper", "recipients", "refused",
    ]  # fmt: skip
    return pd.DataFrame([(*key, *row) for key, row in zip(keys, numbers, strict=True)], columns=columns)


def costs(
    job: "Job", outlook: "Outlook", books: Books, done: Sequence[Mapping[str, Floats]], without: str
) -> pd.DataFrame:
    """costs.csv. done: by member and instrument, what recipients did and what they also did without it."""
    package = [name for name, row in job.policies.items() if is_other(row, job.baseline_policies.get(name))]
    package += [name for name in job.baseline_policies if name not in job.policies]
    years, before = years_ahead(outlook.world), outlook.baseline_books
    return instrument_costs.table(job.policies, package, years, books, before, done, without)
