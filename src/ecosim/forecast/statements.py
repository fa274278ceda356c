"""The sentences that every forecast must carry: verdicts, what is assumed, and what the counts cannot tell."""

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ecosim.calibration.increments import base_year
from ecosim.calibration.inherit import Level, stocks_from_flows
from ecosim.calibration.regression import Calibration
from ecosim.data.digits import plain
from ecosim.data.panel import known_at, series
from ecosim.data.periods import origin_date, parse
from ecosim.data.targets import in_words
from ecosim.forecast import drawn_told, money_told, package_told, parts_told
from ecosim.forecast import scores as scoring
from ecosim.forecast.publish import INDEX, MODEL_TARGETS, RATIO, Futures
from ecosim.forecast.sampling_told import monte_carlo, short_pools, small_sample

if TYPE_CHECKING:
    from ecosim.forecast.future import Outlook
    from ecosim.forecast.job import Job


def write(
    job: "Job",
    outlook: "Outlook",
    calibration: Calibration,
    basis: pd.DataFrame,
    scores: pd.DataFrame,
    check: pd.DataFrame | None,
) -> tuple[str, ...]:
    """Sentences, the most important first."""
    sentences, taken = [], outlook.world.drawn
    if job.posterior is not None:
        sentences.append(drawn_told.members(job.posterior, taken))
        sentences += [] if job.calibrated is None else job.calibrated.warnings
    if check is not None and len(check):
        sentences.append(verdict(check))
    shown = {target: block for target, block in outlook.scenario.yearly.items() if target in job.targets}
    shown = shown or outlook.scenario.yearly
    sentences.append(monte_carlo(shown, str(job.horizon)))
    sentences += short_pools(outlook, often=True)
    carried = set(basis.loc[basis["basis"] == "inherited", "target"]) & set(shown)
    sentences += no_index(outlook.scenario)
    sentences += carried_levels(job, {name: level for name, level in outlook.anchor.levels.items() if name in carried})
    if outlook.differs:
        sentences.append(
            "These counts cannot tell the instruments apart: a policy effect here is a prior effect from literature or "
            "assumption, carried through the state of the firms; its interval is that of the priors."
            if taken is None or job.calibrated is None
            else drawn_told.effects(taken, job.calibrated.identification)
        )
        also = "" if taken is None else drawn_told.delivery(taken)
        sentences.append(f"{delivery_sentence(outlook.world.delivery_sd).removesuffix('.')}{also}.")
    sentences += not_shown(job, outlook) + parts_told.unused(job, outlook.scenario.yearly)
    if len(scores):
        sentences.append(hits(scores))
    sentences += parts_told.unscored(job)
    sentences += package_told.package(job)
    assumed = basis.loc[basis["basis"] == "assumption", "target"].map(in_words).tolist()
    if assumed:
        sentences.append(
            f"The level is an assumption, not a count, for {'; '.join(assumed)}. Read their growth, not their level."
        )
    sentences += late_levels(job, basis)
    sentences.append(placebo_sentence(calibration, taken is not None))
    sentences.append(
        "The counts fix only the product of firms that could apply and their hazard; the number of firms is a "
        "convention, and the share that never applies is varied in the ensemble. The renewal rate of certificates is "
        f"not identified either ({_prior(outlook, 'renewal')})."
    )
    if outlook.world.weight > 1:
        sentences.append(
            f"One simulated firm stands for {outlook.world.weight} firms. That inflates the sampling variance of a "
            "count as many times; it is taken off the local shocks that are added."
        )
        if outlook.differs:
            sentences.append(
                f"An instrument that reaches fewer than {100 * outlook.world.weight:,} firms moves fewer than 100 "
                "simulated ones, and what is shown as its effect may be mostly their luck: study.largest_sample "
                "simulates more firms."
            )
    sentences += small_sample(job, outlook)
    sentences += money_told.base(outlook)
    sentences += short_pools(outlook, often=False)
    sentences += list(outlook.anchor.notes)
    return tuple(sentence for sentence in sentences if sentence)


def not_shown(job: "Job", outlook: "Outlook") -> list[str]:
    """Targets that were asked for and that no forecast of the place gives."""
    given, notes = {*outlook.scenario.yearly, *outlook.scenario.quarterly}, " ".join(outlook.anchor.notes)
    missing = [name for name in job.targets if name not in given and not re.search(rf"\b{name}\b", notes)]
    if not missing:
        return []
    return [
        f"Asked for and not forecast, so not shown: {', '.join(missing)} (study.targets). "
        f"What is forecast: {', '.join(sorted(given))}."
    ]


def carried_levels(job: "Job", levels: dict[str, Level]) -> list[str]:
    """Last own counts that are older than the origin's last complete year. levels: by target, what was made of them."""
    known, year = stocks_from_flows(known_at(job.counts, job.origin)), base_year(job.origin)
    told, latest = dict[str, str](), 0
    for target, level in levels.items():
        own = series(known, job.region.name, target).loc[:year].dropna()
        if len(own) and own.index[-1] < year:
            told[target] = (
                f"{in_words(target)}, {own.index[-1]}: {plain(own.iloc[-1])}, taken as {plain(level.mean)} in {year}"
            )
            latest = max(latest, int(own.index[-1]))
    if not told:
        return []
    return [
        f"Older than the origin are the last counts of {job.region.name}: {'; '.join(told.values())}. "
        f"{_carrier(tuple(told))} carries them on, and no count confirms it; with origin={latest}-12 the model itself "
        "goes on from what was counted."
    ]


def _carrier(targets: tuple[str, ...]) -> str:
    """What carries old counts of some targets on, in words."""
    alone = [in_words(target) for target in targets if target in MODEL_TARGETS]
    own = "mean growth of their own counts, or none where too few tell it,"
    if len(alone) == len(targets):
        return own.capitalize()
    return "Growth of other places" + (f", and for {', '.join(alone)} the {own}" if alone else "")


def no_index(futures: Futures) -> list[str]:
    """Why the stock of high-tech enterprises has no index, or no ratio to that of two years before."""
    if INDEX not in futures.yearly:
        return [
            "High-tech enterprises: the stock at the origin is 0: no index, and no growth rate can be taken from it; "
            f"{INDEX} and {RATIO} are left out."
        ]
    if RATIO not in futures.quarterly:
        fell = (futures.quarterly["hnte_stock"] <= 0.0).any(axis=1).sum()
        when = f"falls to 0 in {fell} of the futures" if fell else "was 0 within two years before the origin"
        return [f"High-tech enterprises: the stock {when}; {RATIO} is left out."]
    return []


def delivery_sentence(sd: float) -> str:
    """What the interval holds of the doubt about amounts and places."""
    if sd == 0.0:
        return (
            "Amounts, budgets and places of the package are taken as written (delivery_sd=0): the interval of its "
            "effect leaves out that most of them are assumptions."
        )
    low, high = (np.exp(side * 1.645 * sd - sd**2 / 2) for side in (-1, 1))
    return (
        "Amounts, budgets, places and strengths of the package are assumptions: in nine of ten futures an instrument "
        f"delivers between {low:.2g} and {high:.2g} times what is written (delivery_sd={sd:g})."
    )


def hits(scores: pd.DataFrame) -> str:
    """How many later counts lie in their interval, which do not, and whether the baseline comes closer to them."""
    missed, many = scores[~scores["inside_90"].astype(bool)], len(scores)
    held = many - len(missed)
    text = (
        f"Of {many} count{'s' if many > 1 else ''} published after the origin, {held or 'none'} "
        f"{'lies' if held == 1 else 'lie'} in the 90 % interval"
    )
    outside = [
        f"{in_words(row['target'])}, {row['time']}: {row['observed']:,.10g} (interval {plain(row['lower'])} to "
        f"{plain(row['upper'])})"
        for row in missed.to_dict("records")
    ]
    text += f"; outside: {'; '.join(outside)}." if outside else "."
    if "baseline_wis" not in scores:
        return text
    theirs = int(scores["baseline_inside_90"].astype(bool).sum())
    closer = int((scores["baseline_wis"] < scores["wis"]).sum())
    lie, are = ("lies" if theirs == 1 else "lie"), ("is" if closer == 1 else "are")
    told = "they do not speak for the effect" if 2 * closer > many else "too few to tell an effect from luck"
    return (
        f"{text} Under the baseline, without the effect, {theirs or 'none'} of them {lie} in its interval, and "
        f"{closer or 'none'} {are} closer to it (weighted interval score): {told}."
    )


def _prior(outlook: "Outlook", term: str) -> str:
    estimate = outlook.world.estimates["certification"]
    k = estimate.behavior._fields.index(term)  # type: ignore[attr-defined]
    if (drawn := outlook.world.drawn) is not None and (name := f"certification.{term}") in drawn.names:
        mean, sd = drawn.moments(name)
        return f"posterior mean {mean:.2f}, standard deviation {sd:.2f}"
    return f"prior mean {estimate.mean[k]:.2f}, standard deviation {np.sqrt(estimate.covariance[k, k]):.2f}"


def verdict(check: pd.DataFrame) -> str:
    """Whether the model beat random walk and drift in the hindcast, in words, by the weighted interval score."""
    table = wis_by_model(check)
    if table.empty or len(table.columns) < 2:  # no reference could start from a count
        return ""
    total = np.exp(np.log(table).mean(axis=0))
    best = total.drop("ecosim").idxmin()
    ratio = total["ecosim"] / total[best]
    place, origin = check["location"].iloc[0], check["origin"].iloc[0]
    head = f"Hindcast of {place} from {origin} ({len(table)} targets, one origin: too few to rank models): "
    name = str(best).replace("_", " ")
    if ratio > 1.0:
        return f"{head}the {name} did better than ecosim (weighted interval score {ratio:.2f} times as large)."
    return f"{head}ecosim did better than the best reference, the {name} (weighted interval score x {ratio:.2f})."


def wis_by_model(check: pd.DataFrame) -> pd.DataFrame:
    """Mean weighted interval score, targets x models; only targets that every model forecast."""
    rows = []
    for (target, model, time), cell in check.groupby(["target", "model", "time"]):
        cell = cell.sort_values("quantile")
        score = scoring.wis(
            cell["observed"].to_numpy()[:1], cell["value"].to_numpy()[None, :], cell["quantile"].to_numpy()
        )[0]
        rows.append((str(target), str(model), str(time), max(float(score), 1e-9)))
    frame = pd.DataFrame(rows, columns=["target", "model", "time", "wis"])
    return frame.pivot_table(index="target", columns="model", values="wis").dropna() if len(frame) else frame


def late_levels(job: "Job", basis: pd.DataFrame) -> list[str]:
    """Counts that date before the origin and became known only after it; of places around those that a level rests on.

    basis: of `tabulate.basis`.
    """
    words = " ".join(basis["source"])
    used = [place for place in job.region.inside if re.search(rf"\b{re.escape(place)} \d{{4}} \(", words)]
    here = job.counts[job.counts["location"].isin([job.region.name, *used]) & job.counts["value"].notna()]
    known = origin_date(job.origin)
    late = [
        bool(as_of) and parse(as_of).end > known >= parse(time).end
        for as_of, time in zip(here["as_of"].astype(str), here["time"].astype(str), strict=True)
    ]
    named = [
        f"{row.location!s}, {row.target!s} of {row.time!s} ({row.value:,.10g}) was published only in {row.as_of!s}"
        for row in here[np.array(late, dtype=bool)].itertuples()
        if row.target in ("tech_sme_stock", "hnte_stock", "hnte_certifications", "firms")
    ]
    if not named:
        return []
    source = "it" if len(named) == 1 else "one of these"
    return [
        f"{'; '.join(named)}; a level that rests on {source} was known later than the origin, and the forecast is a "
        "hindcast."
    ]


def placebo_sentence(calibration: Calibration, drawn: bool = False) -> str:
    """The lead placebo beside the lag, where the panel could be fitted. drawn: members draw from a posterior."""
    table = calibration.placebos
    rows = table[table["equation"].eq("hnte_certifications") & table["beside"].eq("alone")]
    both = rows[rows["sample"].eq("common")]
    lag, lead = both[both["timing"].eq("lag")], both[both["timing"].eq("lead")]
    if lag.empty or lead.empty:
        rest = "no policy effect rests on it" if drawn else "policy effects are priors in any case"
        return f"No lead placebo of certifications could be computed at this origin (too few years); {rest}."
    before, after = lag.iloc[0], lead.iloc[0]
    return (
        "Lead placebo on the same provinces and years: certifications on last year's fiscal science spending "
        f"{before['estimate']:.2f} (standard error {before['std_error']:.2f}), on next year's {after['estimate']:.2f} "
        f"({after['std_error']:.2f}); {before['flag']}. Spending may forecast, it does not enter a policy effect."
    )
