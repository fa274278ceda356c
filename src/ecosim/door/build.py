"""From checked settings to plain objects: the region, the policies, the counts, and the job that uses them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

from pydantic import TypeAdapter, ValidationError

from ecosim.data.errors import nearest
from ecosim.data.targets import TARGETS
from ecosim.door.compose import Composed
from ecosim.door.library import ConfigError
from ecosim.door.mistakes import explain_validation
from ecosim.door.origins import naming_files
from ecosim.door.own_counts import check_inside, check_places, unused
from ecosim.door.plausible import check_targets, check_wholes, contradictions, leaps
from ecosim.door.settings import Settings
from ecosim.door.studies import Calibrate, Decompose, Forecast, Regions
from ecosim.model.region import Region, Zone

if TYPE_CHECKING:
    import pandas as pd

    from ecosim.forecast.cluster import Cluster
    from ecosim.forecast.decomposition import Plan
    from ecosim.forecast.job import Job


def build_region(table: dict[Any, Any]) -> Region:
    """The region behind a table of its margins. Raises ConfigError, every complaint in one message."""
    try:
        region = TypeAdapter(Region).validate_python(table)
    except ValidationError as error:
        raise ConfigError(explain_validation(error, _names_in_region, "region")) from None
    if region.name in region.inside:
        raise ConfigError(f"region.inside names {region.name!r}, the place itself; name what it lies in")
    return region


def _names_in_region(loc: tuple[Any, ...]) -> list[str]:
    kind: Any = Zone if loc[:1] == ("zones",) else Region
    return list(kind.__dataclass_fields__)


def build_policies(composed: Composed) -> tuple[dict[str, Any], dict[str, Any]]:
    """The policies of the scenario and of its baseline, by name. Raises PolicyError."""
    from ecosim.policies import shelf

    rules = composed.baseline_rows
    with naming_files(composed.own, composed.choices, composed.overrides):
        return shelf.build(composed.settings.policies, rules), shelf.build(rules, rules)


def find_data(path: str, cwd: Path, own: Path | None) -> Path:
    """A user's file: in the working directory, else in the folder of --config-dir. Raises ConfigError without it."""
    places = [cwd] if own is None else [cwd, own]
    for place in places:
        if (place / path).is_file():
            return place / path
        if (place / path).is_dir():
            raise ConfigError(f"data.path={path!r}: is a folder; name a CSV or Parquet file of counts in it")
    looked = " and ".join(str(place) for place in places)
    raise ConfigError(f"data.path={path!r}: no such file in {looked}; give the path of a CSV or Parquet file of counts")


def load_table(path: str, cwd: Path, own: Path | None) -> "pd.DataFrame":
    """A user's counts alone. own: folder of --config-dir. Raises ConfigError, CountsError."""
    from ecosim.data import panel

    counts = panel.load_counts(find_data(path, cwd, own))
    if counts["value"].isna().all():
        raise panel.CountsError(f"data.path={path}: no row has a value; fill in the column value of one row at least")
    return counts


def load_counts(composed: Composed, cwd: Path, regions: Sequence[Region] = ()) -> "pd.DataFrame":
    """The carried counts with the user's own on top: where both have a value, the user's counts.

    regions: whose forecast the counts are for. Raises CountsError; StrangeCounts where the user's say nothing of them,
    or where a place around them is named in Chinese; Implausible where they cannot be right.
    """
    from ecosim.data import panel

    data = composed.settings.data
    base = load_carried(composed)
    own = load_table(data.path, cwd, composed.own) if data.path else None
    if own is not None and regions:
        check_places(str(data.path), own, regions, places_of(base))
        check_targets(str(data.path), own)
    if base is None or own is None:
        given = base if own is None else own
        assert given is not None  # the settings hold one of both
    else:
        given = panel.merge(own, base, f"{data.path} on top of the carried counts").counts
    check_inside(regions, given)
    check_wholes(regions, given, f"data.path={data.path}: " if own is not None else "")
    return given


def load_carried(composed: Composed) -> "pd.DataFrame | None":
    """The counts that ecosim carries and the settings choose, None where the user's own are to stand alone."""
    from ecosim.data import china, us_states

    name = composed.settings.data.carried
    return {"china": china.load, "us_states": us_states.load}[name]() if name else None


def places_of(counts: "pd.DataFrame | None") -> set[str]:
    """The places of a table of counts."""
    return set() if counts is None else set(counts["location"].astype(str))


def build_regions(composed: Composed) -> tuple[Region, ...]:
    """The regions that are forecast: one, or with study=regions several. Raises ConfigError."""
    settings = composed.settings
    if isinstance(settings.study, Regions):
        return tuple(build_region(table) for table in settings.places.values())
    with naming_files(composed.own, composed.choices, composed.overrides):
        return (build_region(settings.region),)


def tell_unused(composed: Composed, counts: "pd.DataFrame") -> list[str]:
    """Sentences on rows of data.path, and places around the region, that the forecast of these counts does not use."""
    path, regions = composed.settings.data.path, build_regions(composed)
    told: list[str] = []
    if path:
        told += [*leaps(path, counts, regions), *contradictions(path, counts, regions)]
        told += unused(path, counts, regions, places_of(load_carried(composed)))
    return told + check_inside(regions, counts)


def count_workers(workers: int | None) -> int:
    """Threads to use: the number asked for, or every core that this process may use."""
    if workers is not None:
        return workers
    import joblib

    return int(joblib.cpu_count())


def build_job(composed: Composed, cwd: Path) -> "Job":
    """Everything that the forecast needs, as plain objects. Raises UserError where something cannot be built."""
    study = composed.settings.study
    if not isinstance(study, Forecast | Decompose | Calibrate | Regions):
        raise ConfigError(f"study={study.name} forecasts nothing; choose forecast, decompose or regions")
    if not (study.targets or isinstance(study, Calibrate)):
        raise ConfigError(
            "study.targets=[] is empty; name what to show first, study.targets=[hnte_stock], or leave it out"
        )
    for name in study.targets:
        if name not in TARGETS:
            raise ConfigError(f"study.targets: no target {name!r}; {nearest(name, TARGETS)}")
    if isinstance(study, Regions):
        region = build_region(composed.settings.region)
        region = replace(region, name=study.called or "", name_zh=study.called_zh or "")
    else:
        (region,) = build_regions(composed)
    policies, baseline = build_policies(composed)
    counts = load_counts(composed, cwd, build_regions(composed))
    from ecosim.forecast.job import Job

    settings = composed.settings
    members = getattr(study, "members", None) or settings.members
    return Job(
        scenario=composed.scenario,
        region=region,
        origin=settings.origin,
        horizon=settings.horizon,
        members=members,
        seed=settings.seed,
        workers=count_workers(settings.workers),
        policies=policies,
        baseline=settings.baseline,
        baseline_policies=baseline,
        counts=counts,
        behaviors=settings.behaviors,
        targets=tuple(dict.fromkeys(study.targets)),
        delivery_sd=settings.delivery_sd,
        hindcast=settings.calibration.hindcast,
        decompose=_plan(study) if isinstance(study, Decompose) else None,
        cluster=_cluster(settings),
    )


def build_places(composed: Composed, whole: "Job") -> dict[str, "Job"]:
    """The jobs of study=regions, by the names of their regions: the whole's, each with a region and luck of its own.

    Raises ConfigError where a region cannot be built, or two are the same place.
    """
    study, kept = composed.settings.study, whole.kept
    places: dict[str, Job] = {}
    assert isinstance(study, Regions)
    own = {} if study.largest_sample is None else {"largest_sample": study.largest_sample}
    for name, table in composed.settings.places.items():
        region = build_region({**table, **own})
        same = [other for other, job in places.items() if job.region.name == region.name]
        if same:
            raise ConfigError(f"study.regions: {same[0]} and {name} are both {region.name}; name one of them")
        own_luck = crc32(region.name.encode())
        places[name] = replace(whole, region=region, kept=kept / name if kept else None, place=own_luck)
    return places


def _cluster(settings: Settings) -> "Cluster | None":
    from ecosim.forecast.cluster import Cluster

    address = settings.execution.address
    return Cluster(address) if address is not None else None


def _plan(study: Decompose) -> "Plan":
    from ecosim.forecast.decomposition import Plan

    return Plan(study.permutations, None if study.year is None else (study.year,))
