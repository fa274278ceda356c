"""What each study may be told: its settings, their types and ranges."""

import re
from collections.abc import Collection, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from ecosim.data.periods import parse
from ecosim.door.parts import Part, Text, Time


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


FEW = 3  # regions whose sum is called by their names


def _as_places(value: tuple[str, ...]) -> tuple[str, ...]:
    twice = sorted({name for name in value if value.count(name) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)} would be added up twice; name each region once")
    return value


class Regions(StudyPart):
    """The scenario in many regions, and their sum.

    called, called_zh: names of the sum, None for those of its regions or, of many, '4 regions'; regions: names of
    files; largest_sample: agents of each, above which one stands for several firms, None for the number in its file.
    """

    needs_scenario: ClassVar[bool] = True

    name: Literal["regions"]
    regions: Annotated[tuple[Text, ...], Field(min_length=2, max_length=1000), AfterValidator(_as_places)]
    called: Text | None
    called_zh: Text | None
    largest_sample: Annotated[int, Field(strict=True, ge=200)] | None

    def names(self, places: Mapping[str, Mapping[Any, Any]], given: Collection[str]) -> dict[str, str | None]:
        """What the sum is called, `called` and, where it has one, `called_zh`.

        places: the regions' files; given: settings of the command line. A name from a file is that of the file's
        regions: it does not hold for others that the command line names.
        """
        of_others = "study.regions" in given
        called = None if of_others and "study.called" not in given else self.called
        called_zh = None if of_others and "study.called_zh" not in given else self.called_zh
        if called is None:
            called, usual_zh = _together(list(places.values()))
            called_zh = called_zh or usual_zh
        return {"called": called, "called_zh": called_zh}


def _together(places: list[Mapping[Any, Any]]) -> tuple[str, str | None]:
    """'Anhui + Tibet + Shanghai', '安徽+西藏+上海'; of more than a few '4 regions', of all provinces '31 provinces'."""
    from ecosim.data import china

    if len(places) > FEW and {str(place.get("name")) for place in places} == set(china.provinces()):
        return f"{len(places)} provinces", f"{len(places)}省区市"
    if len(places) > FEW:
        return f"{len(places)} regions", f"{len(places)}个地区"
    chinese = [str(place.get("name_zh") or "") for place in places]
    return " + ".join(str(place.get("name", "")) for place in places), "+".join(chinese) if all(chinese) else None


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


class Update(StudyPart):
    """A recorded forecast moved by new counts; comments in configs/study/update.yaml."""

    name: Literal["update"]
    run: Text
    until: Annotated[int, Field(strict=True, ge=1950, le=2150)] | None
    counts: tuple[Text, ...]
    dispersion: Annotated[float, Field(gt=0, le=4, allow_inf_nan=False)]


class Score(StudyPart):
    """A published forecast held against new counts. forecast: None to check the ledger alone."""

    name: Literal["score"]
    forecast: Text | None
    ledger: Text


def _as_models(value: tuple[str, ...]) -> tuple[str, ...]:
    twice = sorted({name for name in value if value.count(name) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)} named more than once; name each method once")
    return value


class Backtest(StudyPart):
    """Forecasts from past origins held against the counts; comments in configs/study/backtest.yaml."""

    name: Literal["backtest"]
    locations: tuple[Text, ...]
    models: Annotated[tuple[Text, ...], AfterValidator(_as_models)]
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
    | Regions
    | StylisedFacts
    | Sync
    | Backtest
    | FitEquation
    | Calibrate
    | Publish
    | Compare
    | Reproduce
    | Update
    | Score,
    Field(discriminator="name"),
]
STUDY_SETTINGS: dict[str, type[StudyPart]] = {
    "forecast": Forecast,
    "decompose": Decompose,
    "regions": Regions,
    "stylised_facts": StylisedFacts,
    "sync": Sync,
    "publish": Publish,
    "compare": Compare,
    "reproduce": Reproduce,
    "update": Update,
    "score": Score,
    "backtest": Backtest,
    "fit": FitEquation,
    "calibrate": Calibrate,
}
