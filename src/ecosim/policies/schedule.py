"""A value that changes at dates: a step function of the quarter."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from ecosim.data.periods import parse, quarter_index


class Schedule(tuple[tuple[int, float], ...]):
    """(first quarter, value) steps in order of time; 0 before the first step unless the value has no date."""

    def at(self, quarter: int) -> float:
        """The value in force in a quarter (index)."""
        value = 0.0
        for start, step in self:
            if start > quarter:
                break
            value = step
        return value

    @property
    def largest(self) -> float:
        """The largest value of all steps."""
        return max((value for _, value in self), default=0.0)


ALWAYS = -(10**6)
FIRST_YEAR, LAST_YEAR = 1949, 2199  # of dates in packages: what is written for another year is a slip
NOTHING = Schedule()  # 0 at all times, the default of what an instrument need not have
ONE = Schedule([(ALWAYS, 1.0)])


def to_schedule(raw: Any) -> Schedule:
    """A number (in force always) or {'2017-07': 20, '2021': 30} as a schedule.

    Raises ValueError where a date or a value cannot be read, or a value is negative.
    """
    if isinstance(raw, Schedule):
        return raw
    if isinstance(raw, bool):
        raise ValueError(f"{raw!r} is no number; YAML reads NO, off and yes as true or false: write a number")
    if isinstance(raw, int | float):
        steps = {ALWAYS: float(raw)}
    elif isinstance(raw, dict):
        steps = {}
        for when, value in raw.items():
            if value is None:
                raise ValueError(f"{when!r} has no value; YAML ends a number at a comma: write 2500, not 2,500")
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ValueError(f"value {value!r} from {when!r} is no number")
            first = parse(str(when)).start
            if not FIRST_YEAR <= first.year <= LAST_YEAR:
                raise ValueError(f"date {when!r} lies outside {FIRST_YEAR} to {LAST_YEAR}: a slip of the pen?")
            start = quarter_index(first.isoformat())
            if start in steps:
                raise ValueError(f"{when!r} lies in the quarter of an earlier line; a value holds for whole quarters")
            steps[start] = float(value)
    else:
        raise ValueError(f"{raw!r} is neither a number nor a table of dates and numbers such as {{'2017-07': 20}}")
    for value in steps.values():
        if not 0 <= value < float("inf"):
            raise ValueError(f"{value:g} must be a finite number of 0 or more")
    return Schedule(sorted(steps.items()))


def _up_to_a_hundred(steps: Schedule) -> Schedule:
    if steps.largest > 100:
        raise ValueError(f"{steps.largest:g} is more than 100 percent")
    return steps


Steps = Annotated[Any, BeforeValidator(to_schedule)]
Percent = Annotated[Any, BeforeValidator(to_schedule), AfterValidator(_up_to_a_hundred)]
OptionalSteps = Annotated[Any, BeforeValidator(lambda raw: None if raw is None else to_schedule(raw))]
