"""What Hydra, OmegaConf, YAML and pydantic say about a user's mistake, said again in one plain sentence."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf.errors import InterpolationKeyError, MissingMandatoryValue, OmegaConfBaseException
from pydantic import ValidationError
from yaml import YAMLError

from ecosim.data.errors import nearest
from ecosim.door.library import GROUPS, ConfigError, Library, split_override

QUOTE_HINT = "YAML reads it as {value!r}; quote it"
OFF = {"tracking": "tracking.enabled=false to log nothing"}
Tree = Mapping[Any, Any]


def unknown_key(key: str, tree: Tree) -> str:
    """The message for a dotted key that is not in the settings: where it goes wrong and the nearest valid name."""
    here: Any = tree
    path: list[str] = []
    for part in key.split("."):
        if not isinstance(here, Mapping):
            return f"{'.'.join(path)!r} is a single value and has no {part!r}"
        if part not in here:
            inside = f" in {'.'.join(path)!r}" if path else ""
            hint = nearest(part, [str(name) for name in here])
            more = f"; a key that its file leaves out is added by +{key}=..." if len(path) > 1 else ""
            return f"no {part!r}{inside}; {hint}{more}"
        here = here[part]
        path.append(part)
    return f"{key!r} cannot be changed in this way; write {key}=... with a value of its kind"


def explain(error: Exception, overrides: Iterable[str], tree: Callable[[], Tree]) -> ConfigError:
    """A mistake found while composing, as one message. tree: the composed settings without the value overrides."""
    if isinstance(error, ConfigError):
        return error
    if isinstance(error, OverrideParseException):
        given = list(overrides)
        plain = error.override.removeprefix("+")  # what `schedules.instead` makes of a table
        return ConfigError(_unreadable(plain if plain in given else error.override))
    if isinstance(error, MissingConfigException):
        return ConfigError(_missing_file(error, list(overrides)))
    if isinstance(error, YAMLError):
        return ConfigError(f"no valid YAML: {' '.join(str(error).split())}")
    if isinstance(error, UnicodeDecodeError):
        return ConfigError(f"a configuration file is not UTF-8 at byte {error.start}; save it as UTF-8")
    if isinstance(error, MissingMandatoryValue):
        return ConfigError(f"{error.full_key} has no value; give {error.full_key}=...")
    if isinstance(error, InterpolationKeyError):
        return ConfigError(f"{error.full_key}: {str(error).splitlines()[0]}")
    if isinstance(error, HydraException):
        return ConfigError(_composition(str(error), list(overrides), tree, error.__cause__))
    if isinstance(error, OmegaConfBaseException):
        return ConfigError(f"{error.full_key}: {str(error).splitlines()[0]}" if error.full_key else _first(str(error)))
    return ConfigError(_first(str(error)))


def _first(text: str) -> str:
    return text.strip().partition("\n")[0]


def _unreadable(override: str) -> str:
    if not override.strip():
        return "an empty override; write key=value, for example members=50"
    key = split_override(override).key
    if not key.isascii():
        return f"cannot read {override!r}: keys on the command line are ASCII; change this row in a scenario file"
    if re.match(r"policies\.[^.]+\.[^.]+\.\d{4}", key):
        row, date = key.rsplit(".", 1)
        form = f"{row}={{{date}: ...}}"
        return f"cannot read {override!r}; write '{form}' for the whole schedule, '+{form}' for this date beside others"
    if "{" in override or override.endswith("}"):
        return (
            f"cannot read {override!r}; write a table as {{name: value, ...}}, and key and table within one pair of "
            "quotes, which the shell takes off: 'policies.hnte_award.amount={2017-07: 20, 2018-07: 30}'"
        )
    return (
        f"cannot read {override!r}; write key=value, with quotes around anything but plain words and numbers: "
        "\"region.name='New Town'\""
    )


def _missing_file(error: MissingConfigException, overrides: list[str]) -> str:
    missing = error.missing_cfg_file or ""
    group, _, name = missing.lstrip("/").rpartition("/")
    asked = re.match(r"In '([^']+)'", str(error))
    file = asked[1] if asked else "config"
    if file == "config":  # what a scenario overrides counts as asked for there
        file = next((f"scenario/{value}" for _, key, value in map(split_override, overrides) if key == "scenario"), "")
    where = f" (asked for in {file})" if file else ""
    if not group:
        return f"no configuration {missing!r}{where}; the groups are {', '.join(GROUPS)}"
    options = [option for option in error.options or Library().options(group) if not option.startswith("_")]
    return f"no {group} {name!r}{where}; {nearest(name, options)}"


def _composition(
    message: str, overrides: list[str], tree: Callable[[], Tree], cause: BaseException | None = None
) -> str:
    if "scenario appears more than once" in message:
        return "two scenarios; give one, or a sweep: --multirun +scenario=a,b"
    if match := re.search(r"Multiple values for ([\w/@]+)\.", message):
        group = match[1].partition("@")[0]
        if group == "scenario":
            return "two scenarios; give one, or a sweep: --multirun +scenario=a,b"
        return (
            f"two choices of {group}; write {group}=name, without '+', once, and in the defaults of a file "
            f"'- override /{group}: name'"
        )
    if match := re.search(r"Ambiguous value for argument '(.*)'", message):
        return f"{match[1]!r} gives several values; add --multirun to run them all, or quote the value"
    if match := re.search(r"Could not override '([\w/@]+)'\. No match in the defaults list", message):
        return _no_group(match[1])
    if match := re.search(r"Could not (?:override|delete from config\.) '([^']*)'", message):
        inside = re.search(r"full_key: (\S+)", str(cause))  # a name within a table that the key has already
        within = inside is not None and inside[1].startswith(f"{match[1]}.")
        return _unknown(inside[1] if inside and within else match[1], tree, message)
    if match := re.search(r"Could not append to config\. An item is already at '([^']*)'", message):
        return f"{match[1]!r} is there already; write {match[1]}=... without '+'"
    if "Could not delete" in message or "Could not override" in message:
        for override in map(split_override, overrides):
            if override.key and override.key not in GROUPS and override.sign != "+":
                return _unknown(override.key, tree, message)
    return _first(message)


def _unknown(key: str, tree: Callable[[], Tree], message: str) -> str:
    """`unknown_key`, or the first line of Hydra's message where it is a chosen file that cannot be composed."""
    try:
        known = tree()
    except (HydraException, OmegaConfBaseException, YAMLError, ValueError, OSError):
        return _first(message)
    return unknown_key(key, known)


def _no_group(group: str) -> str:
    if group == "scenario":
        return "a scenario is added with a plus sign: +scenario=name"
    return f"no group {group!r} to choose from; {nearest(group, GROUPS)}"


def explain_validation(error: ValidationError, valid: Callable[[tuple[Any, ...]], list[str]], prefix: str = "") -> str:
    """Every complaint of pydantic as 'key: value: reason', joined by line breaks.

    valid: names allowed beside a location, for the hint on unknown ones.
    """
    lines: dict[str, None] = {}
    problems = error.errors()
    for problem in problems:
        inner = any(other["loc"][:-1] == problem["loc"] for other in problems)
        if inner and problem["type"] == "too_short":  # for want of the items that are complained of themselves
            continue
        loc = tuple(part for part in problem["loc"] if part != "[key]")
        if loc[:1] == ("study",):
            loc = (*loc[:1], *loc[2:])  # without the name of the study that pydantic puts there
        key = ".".join([prefix, *map(str, loc)] if prefix else map(str, loc))
        lines[_complaint(key, loc, dict(problem), valid)] = None
    return "\n".join(lines)


def _complaint(
    key: str, loc: tuple[Any, ...], problem: dict[str, Any], valid: Callable[[tuple[Any, ...]], list[str]]
) -> str:
    kind, value, reason = problem["type"], problem["input"], str(problem["msg"])
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        if key in ("scenario", "scenarios") or key.startswith("scenario"):
            return f"no key {key!r}; a scenario is chosen by +scenario=name"
        return f"no key {key!r}; {nearest(str(loc[-1]), valid(loc))}"
    if kind in ("missing", "missing_argument"):
        return f"{key} is missing; give it"
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        names = re.findall(r"'([^']+)'", str(problem.get("ctx", {}).get("expected_tags", "")))
        given = str(problem.get("ctx", {}).get("tag", ""))
        return f"{key}.name={given!r}; {nearest(given, names)}"
    if kind == "model_type":
        way_out = OFF.get(key) or f"{key}.{next(iter(valid((*loc, ''))), '<setting>')}=..."
        return f"{key}={'null' if value is None else value}: is a table; change a setting in it, {way_out}"
    if kind in ("tuple_type", "list_type"):
        return f"{key}={value!r}: must be a list, {key}=[{value}]"
    if kind == "too_short" and not value:
        least = problem["ctx"]["min_length"]
        return f"{key}=[] is empty; give at least {least} value{'s' * (least > 1)}, {key}=[...]"
    reason = reason.removeprefix("Value error, ")
    if not loc:
        return reason
    if (kind == "string_type" and isinstance(value, bool | int | float)) or "quote it" in reason:
        return f"{key}: {reason}" if "quote it" in reason else f"{key}: {QUOTE_HINT.format(value=value)}"
    reason = reason.replace("Input should be a valid", "must be a").replace("Input should be", "must be")
    reason = reason.replace("must be a integer", "must be a whole number").replace("must be a string", "must be text")
    if value is None or value == "":
        return f"{key} is empty; it {reason}" if reason.startswith("must") else f"{key} is empty"
    if not isinstance(value, str | int | float | bool) or repr(value) in reason:
        return f"{key}: {reason}"
    return f"{key}={value!r}: {reason}"
