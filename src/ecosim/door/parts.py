"""Texts and times as settings take them, and what every part of the settings has in common."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ecosim.data.periods import parse


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


Text = Annotated[str, BeforeValidator(_as_text), Field(min_length=1)]
Origin = Annotated[str, BeforeValidator(_as_origin), Field(min_length=1)]

Time = Annotated[str, BeforeValidator(_as_time), Field(min_length=1)]


class Part(BaseModel):
    """A part of the settings; unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True)
