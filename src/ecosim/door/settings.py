"""What a composed scenario must hold: types, ranges and rules between its values, checked once."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ecosim.data.periods import origin_date
from ecosim.door.parts import Origin, Part, Text
from ecosim.door.studies import Decompose, Regions, Study

LONGEST_HORIZON = 40  # years after the origin; beyond, no interval of this model means anything


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
    posterior: Text | None = None  # a run of study=calibrate whose draws stand in place of the priors
    region: dict[Any, Any]
    places: dict[Text, dict[Any, Any]] = Field(default_factory=dict)  # of study=regions, filled in from their files
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
                "resume goes on with a forecast, study=decompose, study=regions or study=backtest, not "
                f"{self.study.name}"
            )
        if self.posterior is not None and self.study.name not in ("forecast", "decompose"):
            raise ValueError(
                f"posterior is what members of study=forecast and study=decompose draw from, not of {self.study.name}"
            )
        if self.places and not isinstance(self.study, Regions):
            raise ValueError("places are those of study=regions; choose one place by region=name")
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
