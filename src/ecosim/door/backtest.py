"""study=backtest from its command line to its tables: compose, find or make the folder, run, write, draw, tell."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecosim.data.errors import UserError, nearest
from ecosim.data.writing import write_whole
from ecosim.door import folder, told
from ecosim.door.backtest_told import describe_backtest, results_of_backtest
from ecosim.door.build import count_workers, load_counts
from ecosim.door.compose import Composed, compose
from ecosim.door.library import ConfigError, split_override
from ecosim.door.progress import Stages
from ecosim.door.provenance import describe
from ecosim.door.run import log_run, open_tracking
from ecosim.door.settings import Settings
from ecosim.door.studies import Backtest

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.forecast.evaluation.outcome import Outcome
    from ecosim.forecast.evaluation.race import Course, Plan

TABLES = {"scores": "scores", "skill": "skill", "summary": "summary", "tests": "tests", "missing": "missing",
          "warnings": "warnings", "weights": "weights"}  # fmt: skip

OF_FORECASTS = {  # settings of a forecast that a backtest has no use for, and what to write in their place
    "origin": "its origins are times of the counts: study.first=2015, study.last=2019 or study.origins=5",
    "horizon": "study.horizons=[1,2,3] says how many steps ahead",
    "members": "study.samples=1000 says how many sample paths a forecast has",
    "baseline": "study.relative_to=last_value names the forecast to compare with",
    "region": "study.locations=[Zhejiang] names places of the counts",
} | dict.fromkeys(
    ("policies", "behaviors", "calibration", "without", "intensity", "delivery_sd", "title"), "leave it out"
)

EXAMINED = ("ecosim_stacked", "ecosim", "ensemble")  # whose verdict stands on top where the settings name none


class NoForecasts(UserError):
    """A backtest in which no method has a forecast."""


@dataclass(frozen=True)
class BacktestOutcome:
    """A finished backtest: its folder, its tables, the sentences, and why MLflow does not have it (empty: it does)."""

    folder: Path
    outcome: "Outcome"
    sentences: tuple[str, ...]
    seconds: dict[str, float] = field(default_factory=dict)
    run_id: str | None = None
    problem: str = ""


def run_backtest(
    overrides: Sequence[str], config_dir: str | Path | None = None, cwd: str | Path | None = None
) -> BacktestOutcome:
    """Run what a command line asks for. Raises UserError; pieces that were finished by then are kept."""
    from ecosim.tracking.processes import terminable

    place = Path(cwd or Path.cwd()).resolve()
    started = time.perf_counter()
    with terminable(), Stages() as stages:
        stages("settings", 0, 1)
        composed = compose(spelled_out(overrides), config_dir, place)
        if composed.scenario:
            raise ConfigError(f"study=backtest takes no scenario; leave out +scenario={composed.scenario}")
        _refuse_others(overrides)
        from ecosim.data import panel
        from ecosim.forecast.evaluation import kept, race

        plan = build_plan(composed, place)
        with _naming(composed.settings.data.path):
            course = race.lay_course(plan)
        data_hash = panel.data_hash(course.grid.counts)
        key = kept.key_of(_settling(plan), data_hash)
        provenance = describe(composed.overrides, composed.tree, data_hash, composed.own)
        store = open_tracking(composed, place, stages)
        home = _home(composed, key, place, stages)
        stages("settings", 1, 1)
        with kept.held(home):
            folder.write_settings(composed, home)
            tags = told.tags_of(composed, provenance, "backtest")
            with told.logged(store, composed, tags, None, paragraph=describe_backtest(composed, course)) as opened:
                race.run(course, home, key, count_workers(composed.settings.workers), stages)
                outcome, sentences = _evaluate(composed, course, home, stages)
                if not len(outcome.scores):
                    folder.write_table(outcome.missing, home / "missing.csv")
                    kept.Kept(home).clear()
                    raise NoForecasts(
                        _nothing(outcome, home.relative_to(place) if home.is_relative_to(place) else home)
                    )
                _write(outcome, sentences, provenance, home, stages)
                kept.Kept(home).clear()
                run = opened()
                results = None if run is None else results_of_backtest(composed, course, outcome, data_hash)
                words = " ".join((*sentences, describe_backtest(composed, course)))
                problem = "" if run is None else log_run(run, home, results, stages, words)
    seconds = {**stages.seconds, "all": time.perf_counter() - started}
    return BacktestOutcome(home, outcome, sentences, seconds, run.id if run else None, problem)


@contextmanager
def _naming(named: str | None) -> Iterator[None]:
    """A CountsError of the block names the table that the counts are out of, where the user gave one."""
    from ecosim.data.panel import CountsError

    try:
        yield
    except CountsError as error:
        raise CountsError(f"data.path={named}: {error}" if named else str(error)) from None


def spelled_out(overrides: Sequence[str]) -> list[str]:
    """The overrides with the study's own keys in full ('models=' is short for 'study.models=').

    A file of the user's own is taken alone, unless the command names a data set to lay it over.
    """
    own_keys = set(Backtest.model_fields) - set(Settings.model_fields) - {"name"} | {"resume"}
    full = []
    for text in overrides:
        sign, key, _ = split_override(text)
        full.append(text.replace(key, f"study.{key}", 1) if key in own_keys and sign in ("", "++") else text)
    keys = {split_override(text).key for text in full}
    return ["data=own", *full] if "data.path" in keys and "data" not in keys else full


def _refuse_others(overrides: Sequence[str]) -> None:
    """Raises ConfigError where a setting of a forecast is given, which a backtest would not use."""
    for text in overrides:
        key = split_override(text).key.partition(".")[0]
        if key in OF_FORECASTS:
            raise ConfigError(f"{text}: study=backtest does not use {key}; {OF_FORECASTS[key]}")


def build_plan(composed: Composed, cwd: Path) -> "Plan":
    """The plan behind the settings. Raises UserError where a name is unknown."""
    from ecosim.forecast.evaluation.race import Plan
    from ecosim.forecast.references.firm_model import FirmModel
    from ecosim.forecast.references.shelf import NAMES, PLAIN, STACKED

    study, data = composed.settings.study, composed.settings.data
    assert isinstance(study, Backtest)
    for name in (*study.models, study.relative_to, study.examined):
        if name is not None and name not in NAMES:
            raise ConfigError(f"study: no model {name!r}; {nearest(name, NAMES)}")
    for name in (study.relative_to, study.examined):
        if study.models and name is not None and name not in study.models:
            raise ConfigError(
                f"study: {name!r} is not among study.models={list(study.models)}; add it or choose one of them"
            )
    leader = FirmModel.name
    for name in (PLAIN, STACKED):
        if name in study.models and leader not in study.models:
            raise ConfigError(f"study.models: {name} combines {leader} with other forecasts; add {leader}")
    counts = load_counts(composed, cwd)
    locations = study.locations or _usual_locations(composed, counts)
    with _naming(data.path):
        models = _models(study, counts, locations)
    return Plan(
        counts=counts,
        locations=locations,
        targets=study.targets,
        models=models,
        horizons=tuple(sorted(set(study.horizons))),
        window=study.window,
        origins=study.origins,
        every=study.every,
        first=study.first,
        last=study.last,
        least_history=study.least_history,
        season=study.season,
        samples=study.samples,
        seed=composed.settings.seed,
        breaks=_breaks() if data.carried == "china" else {},
    )


def _models(study: Backtest, counts: "pd.DataFrame", locations: tuple[str, ...]) -> tuple[str, ...]:
    """The named models in the order of the shelf, or all that suit the data."""
    from ecosim.forecast.evaluation import grid
    from ecosim.forecast.references.shelf import NAMES, usual

    if study.models:
        return tuple(name for name in NAMES if name in study.models)
    chosen, frequency = grid.choose(counts, study.targets, locations, study.least_history)
    season = grid.PER_YEAR[frequency] if study.season is None else study.season
    return usual(season, set(chosen["target"]))


def _usual_locations(composed: Composed, counts: "pd.DataFrame") -> tuple[str, ...]:
    """Of the carried China table the provinces, and every location of a file laid over it; else all."""
    from ecosim.data import china

    if composed.settings.data.carried != "china":
        return ()
    carried = set(china.location_names()) - set(china.provinces())
    return tuple(sorted(set(counts["location"]) - carried))


def _breaks() -> dict[str, tuple[str, ...]]:
    """Years of the carried China table from which a target is not comparable with what was before."""
    from ecosim.calibration.increments import BREAKS

    return {target: tuple(str(year) for year in years) for target, years in BREAKS.items()}


def _settling(plan: "Plan") -> dict[str, Any]:
    """What settles the numbers of a piece, besides the counts."""
    return {
        name: _plain(value)
        for name, value in vars(plan).items()
        if name not in ("counts", "origins", "first", "last", "every")
    } | {"origins": [plan.origins, plan.first, plan.last, plan.every]}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _home(composed: Composed, key: dict[str, Any], cwd: Path, stages: Stages) -> Path:
    """The folder to work in: the one to resume, a stopped one of the same command, or a new one."""
    from ecosim.forecast.evaluation import kept

    study = composed.settings.study
    assert isinstance(study, Backtest)
    if study.resume is not None:
        home = (cwd / study.resume).resolve()
        why = kept.mismatch(home, key)
        if why:
            raise UserError(f"study.resume={study.resume}: {why}")
        return home
    found = kept.unfinished(cwd / "outputs" / composed.label, key)
    if found is not None:
        stages.say(f"goes on with {found.relative_to(cwd)}, which was stopped; remove that folder to begin anew")
        return found
    return folder.new_folder(cwd, composed.label)


def _evaluate(composed: Composed, course: "Course", home: Path, stages: Stages) -> tuple["Outcome", tuple[str, ...]]:
    from ecosim.forecast.evaluation.outcome import gather
    from ecosim.forecast.evaluation.verdict import verdict

    study, models = composed.settings.study, course.plan.models
    assert isinstance(study, Backtest)
    baseline = study.relative_to or ("last_value" if "last_value" in models else models[0])
    examined = study.examined or next((name for name in EXAMINED if name in models), models[-1])
    stages("skill", 0, 1)
    outcome = gather(course, home, baseline, examined)
    sentences = verdict(outcome)
    stages("skill", 1, 1)
    return outcome, sentences


def _nothing(outcome: "Outcome", home: Path) -> str:
    """What could not be forecast and why, method by method, and the way out."""
    gone = outcome.missing
    reasons = "; ".join(
        f"{model} ({rows['reason'].value_counts().index[0]})" for model, rows in gone.groupby("model", sort=False)
    )
    targets = ", ".join(sorted(gone["target"].unique()))
    return (
        f"no method has a forecast of {targets} at any origin: {reasons}; name other methods, models=[...], or give "
        f"longer series; every reason stands in {home / 'missing.csv'}"
    )


def _write(
    outcome: "Outcome", sentences: tuple[str, ...], provenance: dict[str, Any], home: Path, stages: Stages
) -> None:
    """Every table, the sentences and the chart. Raises OutputError."""
    from ecosim.door.backtest_summary import draw

    stages("tables", 0, 1)
    try:
        for field_name, name in TABLES.items():
            folder.write_table(getattr(outcome, field_name), home / f"{name}.csv")
        write_whole(home / "forecasts.parquet", lambda path: outcome.forecasts.to_parquet(path, index=False))
        folder.write_text("\n".join(sentences) + "\n", home / "statements.txt")
        draw(outcome, home)
    except OSError as error:
        raise folder.cannot_write(error, home) from error
    folder.write_provenance(provenance, stages.seconds, home)
    stages("tables", 1, 1)


def show(finished: BacktestOutcome) -> None:
    """Print the verdict and the table of a finished backtest."""
    from ecosim.door.backtest_summary import print_summary

    print_summary(finished.outcome, finished.sentences, finished.folder, finished.seconds["all"])
