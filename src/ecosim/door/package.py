"""The package of a scenario made smaller or larger: lines of work left out, and factors on what instruments give."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from ecosim.data.errors import nearest
from ecosim.door.library import ConfigError

Rows = dict[str, dict[str, Any]]


def shape(tree: dict[str, Any], baseline: Callable[[], Collection[str]]) -> None:
    """Apply `without` and `intensity` of the composed settings to their policies, in place.

    Names are rows of the package or lines of work; baseline: names of its rows, asked for where a row names no line
    of work. Raises ConfigError, with the nearest names, for any other one;
    values of another type are left to the check of the settings.
    """
    from ecosim.policies.shelf import given_by

    rows, without, factors = tree.get("policies"), tree.get("without"), tree.get("intensity")
    if not isinstance(rows, dict):
        return
    chosen: dict[str, float] = {}
    for name, factor in factors.items() if isinstance(factors, dict) else ():
        if isinstance(factor, int | float) and not isinstance(factor, bool):
            named = _rows_of(str(name), rows, "intensity", baseline)
            if named and not any(given_by(rows[row]) for row in named):
                raise ConfigError(
                    f"intensity.{name}: {', '.join(named)} has nothing of which more gives more; leave it out"
                )
            for row in named:
                chosen[row] = chosen.get(row, 1.0) * factor
    for row, factor in chosen.items():
        if given := given_by(rows[row]):
            rows[row] = {key: _times(value, factor) if key in given else value for key, value in rows[row].items()}
    left_out = [_rows_of(str(name), rows, "without", baseline) for name in without] if isinstance(without, list) else []
    for row in {row for some in left_out for row in some}:
        del rows[row]


def _rows_of(name: str, rows: Rows, key: str, baseline: Callable[[], Collection[str]]) -> list[str]:
    """The rows that a name stands for; none where the package does nothing in that line of work."""
    from ecosim.policies.shelf import GROUPS, usual_group

    if name in rows:
        return [name]
    if name not in GROUPS:
        raise ConfigError(f"{key}: no row or line of work {name!r} in the policies; {nearest(name, [*GROUPS, *rows])}")
    tables = {row: values for row, values in rows.items() if isinstance(values, Mapping)}
    usual = baseline() if any(not values.get("group") for values in tables.values()) else ()
    return [row for row, values in tables.items() if str(values.get("group") or usual_group(row, usual)) == name]


def _times(value: Any, factor: float) -> Any:
    """A number, or every step of a table of dates and numbers, times a factor."""
    if isinstance(value, Mapping):
        return {when: _times(step, factor) for when, step in value.items()}
    return value * factor if isinstance(value, int | float) and not isinstance(value, bool) else value
