"""The report of a run: its tables and sentences, sorted into the sections of the page."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecosim.door.charts import OURS, assumed_levels, group_names, hindcast_by_model
from ecosim.door.headline import has_effect, shown_targets
from ecosim.door.provenance import command_line

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.figures import Labels
    from ecosim.forecast.job import Job, Result
    from ecosim.publication.recorded import Tables
    from ecosim.report import ReportContext


def write_report(
    result: "Result", job: "Job", labels: "Labels", drawn: list[Path], provenance: dict[str, Any], home: Path
) -> Path:
    """report.html in the folder of the run. Raises OSError where it cannot be written."""
    from ecosim import report

    citation = _citation(job, provenance)
    return report.write_report(
        home / "report.html", sorted_in(result, job.targets, labels, drawn, provenance, citation)
    )


def sorted_in(
    result: "Result | Tables",
    asked: Sequence[str],
    labels: "Labels",
    drawn: list[Path],
    provenance: dict[str, Any],
    citation: str,
) -> "ReportContext":
    """Tables and sentences of a run in the sections of the page. asked: targets to show; drawn: charts."""
    from ecosim import report

    targets = tuple(shown_targets(asked, result.forecast))
    effect = has_effect(result.effect)
    assumptions = tuple(text for text in result.statements if "assum" in text.lower())
    overspent = tuple(text for text in result.statements if text.startswith("More than the written budget "))
    return report.ReportContext(
        labels=labels,
        forecast=result.forecast,
        targets=targets,
        observed=result.observed,
        effect=result.effect if effect else None,
        baseline=result.baseline_forecast if effect else None,
        hindcast=_hindcast(result),
        scores=_since(result),
        basis=_filled(result.basis),
        coefficients=_filled(result.coefficients),
        diagnostics=_filled(result.diagnostics),
        placebo=_filled(result.placebos),
        identification=_filled(getattr(result, "identification", None)),
        policies=_filled(result.policy_table),
        outlays=_filled(result.ledger if result.costs is None else result.costs),
        overspent=overspent,
        missions=_filled(getattr(result, "missions", None)),
        decomposition=result.decomposition,
        groups=group_names(),
        assumptions=assumptions,
        not_identified=tuple(text for text in result.statements if text not in (*assumptions, *overspent)),
        headline=drawn_from(result.statements) if labels.posterior else (),
        notes=assumed_levels(result.basis),
        charts={path.stem: path for path in drawn},
        provenance=_readable(provenance),
        citation=citation,
    )


def drawn_from(statements: Sequence[str]) -> tuple[str, ...]:
    """What a reader must know first of a forecast from a posterior: its statement without the names.

    After an update it is the statement of the forecast that was updated, behind the origin of that.
    """
    return tuple(
        f"{drawn}{what.partition(': ')[0]}; all others are drawn from their priors. Their names stand under 'What "
        "these data cannot tell'."
        for _, drawn, what in (text.partition("Members draw ") for text in statements)
        if drawn
    )


def _filled(table: "pd.DataFrame | None") -> "pd.DataFrame | None":
    return table if table is not None and len(table) else None


def _hindcast(result: "Result | Tables") -> "pd.DataFrame | None":
    from ecosim.report.tables import hindcast_table

    found = hindcast_by_model(result)
    return None if found is None else hindcast_table(*found)


def _since(result: "Result | Tables") -> "pd.DataFrame | None":
    """Counts published after the origin beside the forecast, its baseline and the simple forecasts; None without any.

    method, target, time, truth, median, low, high, wis.
    """
    import pandas as pd

    from ecosim.forecast import tabulate
    from ecosim.report.words import BASELINE

    ours = _filled(result.scores)
    if ours is None:  # of an update, which records none
        ours = _filled(tabulate.scores(result.forecast, result.forecast.iloc[:0], result.later))
    if ours is None:
        return None
    marks = ("median", "lower", "upper", "wis")
    methods = {OURS: ours}
    if "baseline_wis" in ours:
        baseline = ours[["target", "time", "observed", *(f"baseline_{mark}" for mark in marks)]]
        methods[BASELINE] = baseline.rename(columns={f"baseline_{mark}": mark for mark in marks})
    if (references := _filled(result.references)) is not None:
        for name, rows in references.groupby("model", sort=False):
            methods[str(name).replace("_", " ")] = tabulate.scores(rows, rows.iloc[:0], result.later)
    table = pd.concat([rows.assign(method=method) for method, rows in methods.items()], ignore_index=True)
    table = table.rename(columns={"observed": "truth", "lower": "low", "upper": "high"})
    return table[["method", "target", "time", "truth", "median", "low", "high", "wis"]]


def _readable(provenance: dict[str, Any]) -> dict[str, str]:
    git = provenance["git"]
    commit = f"{git['commit'][:12]}{' with local changes' if git['dirty'] else ''}" if git["commit"] else "no checkout"
    posterior = provenance.get("posterior")
    drawn = {} if posterior is None else {
        "posterior": f"run {posterior['run']}, origin {posterior['origin']}, counts {posterior['data_hash'][:16]}, "
        f"draws {posterior['sha256'][:16]}"
    }  # fmt: skip
    return {
        "command": command_line(provenance["command"]),
        "seed": str(provenance["seed"]),
        "settings": provenance["config_hash"][:16],
        "counts": provenance["data_hash"][:16],
        "ecosim": f"{provenance['ecosim']} ({commit})",
        "Python": provenance["python"],
        "made": provenance["made"],
        **drawn,
    }


def _citation(job: "Job", provenance: dict[str, Any]) -> str:
    return (
        f"ecosim {provenance['ecosim']}, scenario {job.scenario}, origin {job.origin}, {job.members} members, "
        f"seed {job.seed}, settings {provenance['config_hash'][:12]}, counts {provenance['data_hash'][:12]}"
    )
