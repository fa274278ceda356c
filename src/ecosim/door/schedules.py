"""Schedules of policy rows on the command line: read as they are written, whole in place of those of their files."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ecosim.door.library import ConfigError, split_override

FIELD = re.compile(r"policies\.[^.]+\.[^.]+")
ITEM = r"(\{[^{}]*\}|[\d.]+)"
TABLES = re.compile(rf"(?=.*\{{){ITEM}(\s*,\s*{ITEM})*")  # a table, or several and numbers of a sweep
NAME = re.compile(r"([{,]\s*)(['\"]?)([\w.-]+)\2(?=\s*:)")
EARLIEST = "1950"  # before every origin: the date of what holds at all times
DATE = re.compile(r"\d{4}\S*")


def plain_names(key: str, value: str) -> str:
    """A table without the quotes around its names, which Hydra does not read: {'2017-07': 20} as {2017-07: 20}.

    Raises ConfigError where the value of a policy row is an empty table.
    """
    if FIELD.fullmatch(key) and re.fullmatch(r"\{\s*\}", value):
        raise ConfigError(f"{key}={value}: is empty and would change nothing; write its values, as in {{2017-07: 20}}")
    return NAME.sub(r"\1\3", value) if value.startswith("{") or TABLES.fullmatch(value) else value


def instead(overrides: Iterable[str]) -> list[str]:
    """The overrides with every table that takes the place of another one as two: the old one goes, the new one comes.

    These are schedules, `policies.award.amount={2018-07: 30}`, and `intensity={talent: 1.5}`; Hydra alone would lay
    them over the old ones, and refuse names that those do not have.
    """
    found: list[str] = []
    for text in overrides:
        sign, key, value = split_override(text)
        whole = not sign and value is not None and TABLES.fullmatch(value) and _is_whole(key, value)
        found += [f"{key}=null", f"+{key}={value}"] if whole else [text]
    return found


def _is_whole(key: str, value: str) -> bool:
    return key == "intensity" or bool(FIELD.fullmatch(key) and _dated(value))


def together(overrides: Iterable[str]) -> list[str]:
    """The overrides behind those of `instead`, as a user writes them."""
    found: list[str] = []
    for text in overrides:
        sign, key, value = split_override(text)
        if sign == "+" and found and found[-1] == f"{key}=null" and value:
            found[-1] = f"{key}={value}"
        else:
            found.append(text)
    return found


def numbers(overrides: Iterable[str]) -> list[tuple[str, str]]:
    """Row and field of the values of policy rows that a command line changes without any sign."""
    keys = [key.split(".") for sign, key, _ in map(split_override, overrides) if not sign]
    return [(key[1], key[2]) for key in keys if len(key) == 3 and key[0] == "policies"]


def keep_dates(rows: Mapping[str, Any], changed: Sequence[tuple[str, str]], before: Mapping[str, Any]) -> None:
    """Gives a number the date of the single step that it replaces, in place: amount=30 for {2017-07: 20}.

    rows: the policies with the numbers; before: without them. Raises ConfigError where the schedule has several dates,
    as the number could be meant for any of them.
    """
    for row, field in changed:
        steps, value = before.get(row, {}).get(field), rows.get(row, {}).get(field)
        if not isinstance(steps, dict) or isinstance(value, bool) or not isinstance(value, int | float):
            continue
        if len(steps) == 1:
            rows[row][field] = dict.fromkeys(steps, value)
        elif steps and all(DATE.fullmatch(str(when)) for when in steps):
            told = ", ".join(f"{when}: {step:g}" for when, step in steps.items())
            first = next(iter(steps))
            raise ConfigError(
                f"policies.{row}.{field}={value}: has several dates, {{{told}}}; write "
                f"'policies.{row}.{field}={{{first}: {value}}}' for {value} from then on, "
                "with + before it to change that date alone"
            )


def additions(overrides: Iterable[str]) -> list[tuple[str, str]]:
    """Row and field of the values of policy rows to which a command line adds dates: '+policies.x.rate={2019: 5}'."""
    found = [(key.split("."), value) for sign, key, value in map(split_override, overrides) if sign in ("+", "++")]
    return [(key[1], key[2]) for key, value in found if len(key) == 3 and key[0] == "policies" and _dated(value)]


def _dated(value: str | None) -> bool:
    names = [name for _, _, name in NAME.findall(value or "")]
    return bool(names) and all(map(DATE.fullmatch, names))


def keep_numbers(
    rows: Mapping[str, Any], added: Sequence[tuple[str, str]], before: Mapping[str, Any], overrides: Sequence[str]
) -> None:
    """Keeps a number that holds at all times until the first date that is added to it, in place.

    rows: the policies with the dates; before: without them; the number is that of the command line where it gives one.
    """
    given = {key: _number(value) for sign, key, value in map(split_override, overrides) if not sign}
    for row, field in dict.fromkeys(added):
        own, steps = given.get(f"policies.{row}.{field}"), rows.get(row, {}).get(field)
        value = before.get(row, {}).get(field) if own is None else own
        if isinstance(steps, dict) and isinstance(value, int | float) and not isinstance(value, bool):
            rows[row][field] = {EARLIEST: value, **steps}


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return int(number) if number.is_integer() else number


def name_alike(rows: Mapping[str, Any]) -> None:
    """Dates as text in place where some of a schedule are numbers, as {2017-07: 20, 2018: 30} is read."""
    for row in rows.values():
        for field, value in row.items() if isinstance(row, dict) else ():
            if isinstance(value, dict) and len({type(when) for when in value}) > 1:
                row[field] = {str(when): step for when, step in value.items()}
