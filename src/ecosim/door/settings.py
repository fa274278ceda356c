"""What a composed scenario must hold: types, ranges and rules between its values, checked once."""

import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ecosim.data.periods import origin_date, parse

LONGEST_HORIZON = 40  # years after the origin; beyond, no interval of this model means anything


def _as_text(value: Any) -> Any:
    if isinstance(value, bool):
        word = "yes, on or true" if value else "no, off or false"
        raise ValueError(f"YAML reads {word} without quotes as {value}, not as text; quote it")
    if isinstance(value, int | float):
        raise ValueError(f"YAML reads this as the number {value}, not as text; quote it")
    return value


def _as_origin(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and 1000 <= value <= 9999:
        return f"{value}-12"
    value = _as_text(value)
    if not isinstance(value, str):
        return value
    period = parse(value)
    if period.frequency == "year":
        return f"{value}-12"
    if not 1950 <= period.end.year <= 2100:
        raise ValueError("the year must lie between 1950 and 2100")
    return value


def _as_time(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and 1000 <= value <= 9999:
        return str(value)
    value = _as_text(value)
    if isinstance(value, str):
        parse(value)
    return value


def _as_team(value: str) -> str:
    if not re.fullmatch(r"[a-zA-Z0-9_+]{1,16}", value):
        raise ValueError("a hub takes up to 16 letters, digits, _ or +")
    return value


def _as_repository(value: str) -> str:
    if not re.fullmatch(r"[^/\s]+/[^/\s]+", value):
        raise ValueError("write owner/name")
    return value


def _as_runs(value: tuple[str, ...]) -> tuple[str, ...]:
    if not 2 <= len(value) <= 8:
        raise ValueError(f"{len(value)} run{'s' * (len(value) != 1)}; name two to eight, runs=[<id>,<id>]")
    return value


Text = Annotated[str, BeforeValidator(_as_text), Field(min_length=1)]
Origin = Annotated[str, BeforeValidator(_as_origin), Field(min_length=1)]

Time = Annotated[str, BeforeValidator(_as_time), Field(min_length=1)]


class Part(BaseModel):
    """A part of the settings; unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Data(Part):
    """Where the counts come from: the carried table, a file of the user's own, or both."""

    carried: Literal["china", "us_states"] | None
    path: Text | None

    @model_validator(mode="after")
    def _some(self) -> "Data":
        if self.carried is None and self.path is None:
            raise ValueError("no counts at all; give data.path=counts.csv or data=china")
        return self


class Calibration(Part):
    """How the estimates are checked. hindcast: an earlier origin, or None."""

    hindcast: Origin | None


class StudyPart(Part):
    """What is done; each study has its own settings. needs_scenario: False where it runs without one.

    targets: those a study shows first; a scenario may name its own, so every study takes them.
    """

    needs_scenario: ClassVar[bool] = False

    targets: tuple[Text, ...] = ()


class Forecast(StudyPart):
    """The scenario beside its baseline."""

    needs_scenario: ClassVar[bool] = True

    name: Literal["forecast"]
    targets: tuple[Text, ...]


class Decompose(StudyPart):
    """The scenario taken apart: what each line of work and each instrument adds, and what it costs.

    permutations: sampled orders of joining, where not every coalition is run; members: None for those of the settings;
    year: the only one to report, None for the second, the fourth and the last of the forecast.
    """

    needs_scenario: ClassVar[bool] = True

    name: Literal["decompose"]
    permutations: Annotated[int, Field(strict=True, ge=2, le=1000)]
    members: Annotated[int, Field(strict=True, ge=2, le=100_000)] | None
    year: Annotated[int, Field(strict=True, ge=1950, le=2150)] | None


class StylisedFacts(StudyPart):
    """The firm model held against what is known of firms. seeds: runs; firms: of each, about."""

    name: Literal["stylised_facts"]
    seeds: Annotated[int, Field(strict=True, ge=5, le=1000)]
    firms: Annotated[int, Field(strict=True, ge=2000, le=2_000_000)]


class Sync(StudyPart):
    """Runs that MLflow has not got are sent to it."""

    name: Literal["sync"]


class Publish(StudyPart):
    """A run as a bundle to publish; comments in configs/study/publish.yaml."""

    name: Literal["publish"]
    run: Text
    to: Text | None
    team: Annotated[Text, AfterValidator(_as_team)]
    authors: tuple[Text, ...]
    email: Text | None
    repository: Annotated[Text, AfterValidator(_as_repository)] | None
    license: Literal["CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-SA-4.0", "ODC-BY-1.0", "ODbL-1.0"]
    timezone: Text


class Compare(StudyPart):
    """Several runs on one page."""

    name: Literal["compare"]
    runs: Annotated[tuple[Text, ...], AfterValidator(_as_runs)]


class Reproduce(StudyPart):
    """A run made again from what it recorded."""

    name: Literal["reproduce"]
    run: Text


class Score(StudyPart):
    """A published forecast held against new counts. forecast: None to check the ledger alone."""

    name: Literal["score"]
    forecast: Text | None
    ledger: Text


class Backtest(StudyPart):
    """Forecasts from past origins held against the counts; comments in configs/study/backtest.yaml."""

    name: Literal["backtest"]
    locations: tuple[Text, ...]
    models: tuple[Text, ...]
    horizons: Annotated[tuple[Annotated[int, Field(strict=True, ge=1, le=120)], ...], Field(min_length=1)]
    window: Annotated[int, Field(strict=True, ge=3)] | None
    origins: Annotated[int, Field(strict=True, ge=1)] | None
    every: Annotated[int, Field(strict=True, ge=1)]
    first: Time | None
    last: Time | None
    least_history: Annotated[int, Field(strict=True, ge=3)]
    season: Annotated[int, Field(strict=True, ge=1, le=366)] | None
    samples: Annotated[int, Field(strict=True, ge=100, le=100_000)]
    relative_to: Text | None
    examined: Text | None
    resume: Text | None

    @model_validator(mode="after")
    def _fits(self) -> "Backtest":
        if self.window is not None and self.window < self.least_history:
            raise ValueError(
                f"window {self.window} is shorter than least_history {self.least_history}, so nothing could be forecast"
            )
        if self.first is not None and self.last is not None and parse(self.first).end > parse(self.last).end:
            raise ValueError(f"first {self.first} is after last {self.last}")
        return self


class FitEquation(StudyPart):
    """Equations of the user's own on a table. equation: names of files; until: last year used, None for all."""

    name: Literal["fit"]
    equation: Text | Annotated[tuple[Text, ...], Field(min_length=1)]
    until: Annotated[int, Field(strict=True)] | None

    @property
    def equations(self) -> tuple[str, ...]:
        """The names, one or several."""
        return (self.equation,) if isinstance(self.equation, str) else self.equation


class Calibrate(StudyPart):
    """A posterior of the scenario's place by simulation; comments in configs/study/calibrate.yaml."""

    needs_scenario: ClassVar[bool] = True

    name: Literal["calibrate"]
    parameters: tuple[Text, ...]
    years: Annotated[int, Field(strict=True, ge=1, le=12)]
    population: Annotated[int, Field(strict=True, ge=20, le=100_000)]
    simulations: Annotated[int, Field(strict=True, ge=20, le=10_000_000)]
    generations: Annotated[int, Field(strict=True, ge=1, le=100)]
    least_acceptance: Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]
    firms: Annotated[int, Field(strict=True, ge=200, le=1_000_000)]
    moments: Annotated[bool, Field(strict=True)]

    @model_validator(mode="after")
    def _fits(self) -> "Calibrate":
        if self.simulations < self.population:
            raise ValueError(
                f"simulations {self.simulations} are fewer than population {self.population}; the first generation "
                "alone needs as many"
            )
        return self


Study = Annotated[
    Forecast
    | Decompose
    | StylisedFacts
    | Sync
    | Backtest
    | FitEquation
    | Calibrate
    | Publish
    | Compare
    | Reproduce
    | Score,
    Field(discriminator="name"),
]
STUDY_SETTINGS: dict[str, type[StudyPart]] = {
    "forecast": Forecast,
    "decompose": Decompose,
    "stylised_facts": StylisedFacts,
    "sync": Sync,
    "publish": Publish,
    "compare": Compare,
    "reproduce": Reproduce,
    "score": Score,
    "backtest": Backtest,
    "fit": FitEquation,
    "calibrate": Calibrate,
}


class Execution(Part):
    """Where it runs. workers: processes of this machine, None for every core; address: of a Dask scheduler."""

    name: Literal["local", "dask"]
    workers: Annotated[int, Field(strict=True, ge=1, le=1024)] | None
    address: Text | None

    @model_validator(mode="after")
    def _has_address(self) -> "Execution":
        if self.name == "dask" and self.address is None:
            raise ValueError("no scheduler; give its address: execution=dask execution.address=tcp://host:8786")
        if self.name == "local" and self.address is not None:
            raise ValueError("address is of a Dask scheduler; add execution=dask")
        return self


class Tracking(Part):
    """Whether and where the run is logged."""

    enabled: Annotated[bool, Field(strict=True)]
    experiment: Text | None


class Settings(Part):
    """Everything that a run needs to know, with region, policies and behaviors still as plain tables."""

    title: Text | None
    seed: Annotated[int, Field(strict=True, ge=0, lt=2**32)]
    members: Annotated[int, Field(strict=True, ge=2, le=100_000)]
    origin: Origin
    horizon: Annotated[int, Field(strict=True, ge=1950, le=2150)]
    baseline: Text
    workers: Annotated[int, Field(strict=True, ge=1, le=1024)] | None
    resume: Text | None = None  # the stopped run to go on with; the door reads it before the settings are composed
    region: dict[Any, Any]
    data: Data
    policies: dict[Text, dict[Any, Any]] = Field(default_factory=dict)
    without: tuple[Text, ...] = ()  # rows and lines of work taken out of the policies
    intensity: dict[Text, Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]] = Field(default_factory=dict)
    delivery_sd: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] = 0.5
    behaviors: dict[Text, dict[Text, Any]]
    calibration: Calibration
    study: Study
    execution: Execution
    tracking: Tracking

    @model_validator(mode="after")
    def _in_order(self) -> "Settings":
        if self.resume is not None:
            raise ValueError(
                f"resume goes on with a forecast, study=decompose or study=backtest, not {self.study.name}"
            )
        known = origin_date(self.origin)
        if self.horizon <= known.year and (self.horizon < known.year or (known.month, known.day) == (12, 31)):
            raise ValueError(
                f"horizon {self.horizon} is not after the origin {self.origin}; "
                "the last year must end after the last known month"
            )
        if self.horizon - known.year > LONGEST_HORIZON:
            raise ValueError(
                f"horizon {self.horizon} is {self.horizon - known.year} years after the origin {self.origin}; "
                f"at most {LONGEST_HORIZON} can be forecast"
            )
        if isinstance(self.study, Decompose) and self.study.year is not None:
            first = known.year if (known.month, known.day) != (12, 31) else known.year + 1
            if not first <= self.study.year <= self.horizon:
                raise ValueError(
                    f"study.year {self.study.year} is not forecast; give a year from {first} to {self.horizon}, or null"
                )
        if self.calibration.hindcast is not None and origin_date(self.calibration.hindcast) >= known:
            raise ValueError(
                f"calibration.hindcast {self.calibration.hindcast} is not before the origin {self.origin}; "
                "give an earlier one, or calibration.hindcast=null for no check"
            )
        return self
