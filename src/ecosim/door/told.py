"""What a run tells MLflow: name, tags, a paragraph, the parameters that matter, headline numbers and lines by year."""

import importlib
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecosim.door.compose import Composed
from ecosim.door.headline import has_effect, headline_years, shown_targets
from ecosim.door.library import split_override
from ecosim.door.studies import Regions

if TYPE_CHECKING:
    from ecosim.forecast.job import Job, Result
    from ecosim.tracking import Results, Run, Store, Sweep

MOST_PARAMS = 28
NAMED_ANYWAY = ("scenario", "seed")  # in the name of every run
USUAL_STUDY = "forecast"
NAMED_FIRST = ("study", "members", "origin")
MOST_NAMED = 2  # other overrides in a name
NO_NUMBER = ("tracking", "workers", "execution", "resume")  # settle none
SLOW = ("jinja2",)  # what the report imports, ready before it is written


class Opening:
    """A run that is being opened in a thread of its own: MLflow takes seconds to import, the kernels need not wait."""

    def __init__(self, opened: "AbstractContextManager[Run]", noted: "Callable[[str, str | None], None]") -> None:
        self._opened = opened
        self._noted = noted
        self._run: Run | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._open, name="open-run", daemon=True)
        self._thread.start()

    def _open(self) -> None:
        try:
            self._run = self._opened.__enter__()
            self._noted(self._run.store.address, self._run.id)
        except BaseException as error:  # handed to the thread that waits
            self._error = error
        for slow in SLOW:
            importlib.import_module(slow)

    def run(self) -> "Run":
        """The open run; waits for it. Raises what opening it raised."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        assert self._run is not None
        return self._run

    def close(self, error: BaseException | None) -> None:
        """Gives the run its status: FINISHED without an error, KILLED or FAILED with one."""
        self._thread.join()
        if self._run is not None:
            self._opened.__exit__(type(error) if error else None, error, error.__traceback__ if error else None)


@contextmanager
def logged(
    store: "Store | None",
    composed: Composed,
    tags: dict[str, str],
    sweep: "Sweep | None",
    name: str = "",
    paragraph: str = "",
    again: tuple[str, str] | None = None,
    noted: Callable[[str, str | None], None] = lambda address, run_id: None,
) -> Iterator[Callable[[], "Run | None"]]:
    """A run in MLflow around the block, opened beside it; the block gets a function that waits for it.

    name, paragraph: of a study that is no forecast, in place of the scenario's. again: address and id of the stopped
    run that goes on. noted: called with both as soon as they are known.
    """
    if store is None:
        yield lambda: None
        return
    from ecosim.tracking import open_run, run_name

    called = run_name(name or composed.label, composed.settings.seed, () if name else overridden(composed))
    opening = Opening(open_run(store, called, tags, paragraph or describe(composed), sweep, again), noted)
    try:
        yield opening.run
    except BaseException as error:
        try:
            opening.close(error)
        except BaseException as raised:
            if raised is not error:
                error.add_note(f"and the run's status could not be written: {raised}")
        raise
    opening.close(None)


def overridden(composed: Composed) -> list[str]:
    """What the command line changed, in words for a name: study, members and origin, then at most two more.

    Left out is what stands in every name, what goes without saying, and what settles no number.
    """
    words: list[tuple[str, str]] = []
    for text in composed.overrides:
        sign, key, value = split_override(text)
        said = key in NAMED_ANYWAY or (key == "study" and value in (USUAL_STUDY, composed.label))
        if not said and key.partition(".")[0] not in NO_NUMBER:
            short = key.removeprefix("policies.")
            words.append((key, f"without {short}" if sign == "~" else f"{short}={value}"))
    first = [word for name in NAMED_FIRST for key, word in words if key == name]
    others = [word for key, word in words if key not in NAMED_FIRST]
    more = [f"and {len(others) - MOST_NAMED} more"] if len(others) > MOST_NAMED else []
    return [*first, *others[:MOST_NAMED], *more]


def describe(composed: Composed) -> str:
    """The paragraph that stands above a run."""
    settings = composed.settings
    place = place_of(composed)
    effects = (
        f"part of what carries them is drawn from the posterior of {settings.posterior}, all else from priors"
        if settings.posterior
        else "they are prior effect x state, not estimates from these counts"
    )
    return (
        f"{composed.question} Forecast for {place} from what was known at {settings.origin} to {settings.horizon}: "
        f"{settings.members} futures under the policies of {composed.choices['policies']}, each beside the same future "
        f"under {settings.baseline}. Policy effects: {effects}."
    )


def place_of(composed: Composed) -> str:
    """The name of the place that is forecast, or of the sum of several."""
    study = composed.settings.study
    return str(study.called if isinstance(study, Regions) else composed.settings.region.get("name", ""))


def tags_of(composed: Composed, provenance: dict[str, Any], role: str) -> dict[str, str]:
    """The tags to search runs by."""
    return {
        "scenario": composed.scenario,
        "region": place_of(composed),
        "role": role,
        "origin": composed.settings.origin,
        "config_hash": provenance["config_hash"][:12],
        "data_hash": provenance["data_hash"][:12],
        "git_commit": provenance["git"]["commit"] or "",
        "git_dirty": str(provenance["git"]["dirty"]),
        "ecosim_version": provenance["ecosim"],
        **_of_posterior(provenance.get("posterior")),
    }


def _of_posterior(posterior: dict[str, Any] | None) -> dict[str, str]:
    if posterior is None:
        return {}
    return {
        "posterior_run": str(posterior["run"]),
        "posterior_origin": str(posterior["origin"]),
        "posterior_data_hash": str(posterior["data_hash"])[:12],
    }


def params_of(composed: Composed) -> dict[str, object]:
    """Fewer than 30 parameters: what is chosen, and every single value that the command line changed."""
    settings = composed.settings
    params: dict[str, object] = {
        "scenario": composed.scenario,
        "region": f"{len(settings.places)} regions" if settings.places else composed.choices["region"],
        "policies": composed.choices["policies"],
        "baseline": settings.baseline,
        "origin": settings.origin,
        "horizon": settings.horizon,
        "members": getattr(settings.study, "members", None) or settings.members,
        "seed": settings.seed,
        "data": settings.data.path or composed.choices["data"],
    }
    if settings.posterior:
        params["posterior"] = settings.posterior
    if settings.without:
        params["without"] = ", ".join(settings.without)
    if settings.intensity:
        params["intensity"] = ", ".join(f"{name} {factor:g}" for name, factor in settings.intensity.items())
    for text in composed.overrides:
        sign, key, value = split_override(text)
        if key not in params and not key.startswith(("tracking", "workers", "execution")):
            params[key] = "removed" if sign == "~" else value
    return dict(list(params.items())[:MOST_PARAMS])


def results_of(composed: Composed, job: "Job", result: "Result", data_hash: str) -> "Results":
    """Everything that is logged besides files, the headline of the scenario first."""
    from ecosim.data import panel
    from ecosim.tracking import Results, dataset, headline_metrics, yearly_metrics

    targets = shown_targets(job.targets, result.forecast, most=12)
    years = [int(year) for year in headline_years(result.forecast)]

    def of(table: Any) -> Any:
        return table[table["target"].isin(targets)]

    metrics = headline_metrics(of(result.forecast), targets[0], years)
    lines = yearly_metrics(of(result.forecast)) | yearly_metrics(of(result.baseline_forecast), "baseline/")
    if has_effect(result.effect):
        metrics |= headline_metrics(of(result.effect), targets[0], years, "effect_")
        lines |= yearly_metrics(of(result.effect), "effect/")
    if result.decomposition is not None:
        metrics |= _shares(result.decomposition, targets[0])
    known = panel.known_at(job.counts, job.origin)
    source = composed.settings.data.path or "ecosim.data.china"
    data = dataset(known, composed.choices["data"], str(source), data_hash)
    return Results(params_of(composed), metrics, lines, data)


def _shares(table: Any, target: str) -> dict[str, float]:
    """Median share of each line of work of the effect on a target in the last year, shapley_talent."""
    rows = table[(table["target"] == target) & (table["measure"] == "shapley")]
    last = rows[rows["time"].astype(str) == max(rows["time"].astype(str))] if len(rows) else rows
    return {f"shapley_{row['group']}": float(row["median"]) for row in last.to_dict("records")}


def write_compare_table(job: "Job", result: "Result", folder: Path) -> None:
    """forecast_table.json, which MLflow's compare page joins across runs."""
    from ecosim.tracking import forecast_table, write_table

    shown = result.forecast[result.forecast["target"].isin(shown_targets(job.targets, result.forecast))]
    write_table(forecast_table(shown), folder / "forecast_table.json")
