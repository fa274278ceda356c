"""The shelf of instrument families: configuration names a family, it can never name code."""

import dataclasses
import importlib
import pkgutil
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

import ecosim.policies
from ecosim.data.errors import UserError, nearest
from ecosim.model.ecosystem import Policy

ABOUT = ("label", "label_zh", "source", "group")  # every row says what it is and where its numbers come from
GROUPS = {  # lines of work of a package, over which effects are decomposed: our own, after the seven of the article
    "rules": "National rules",
    "certification": "Certification and institutes",
    "research": "R&D and patents",
    "talent": "Talent",
    "finance": "Finance",
    "service": "Service system",
    "platforms": "Platforms, zones and sectors",
    "integration": "Shanghai and investment",
    "governance": "Missions and effort",
    "other": "Other measures",  # rows that name no line of work, unless they are the baseline's
}

GROUPS_ZH = {
    "rules": "国家政策",
    "certification": "认定与研究院",
    "research": "研发与专利",
    "talent": "人才",
    "finance": "科技金融",
    "service": "服务体系",
    "platforms": "平台园区产业",
    "integration": "接轨上海与招商",
    "governance": "任务与推进",
    "other": "其他措施",
}


GIVEN = (  # what an instrument pays, or how many places it has; by skill and by rung of institutes too
    "amount", "budget", "capacity", "fund", "places", "rate", "slots", "start_ups", "graduate", "senior", "leading",
    "city", "provincial_center", "provincial_institute", "key_institute",
)  # fmt: skip
DOSES = (  # the same and how strongly an instrument acts; dates, classes, unit costs and counted events are none
    *GIVEN, "access", "arrivals", "coverage", "founders", "founding", "lending", "nearness", "premium", "pressure",
    "push", "reach", "yields",
)  # fmt: skip


LIMITS = ("budget", "fund")  # which may be as large as one likes
LARGEST = 1e8  # 10k CNY, a trillion yuan: beyond it sums of claims could no longer be counted to the fen


class PolicyError(UserError, ValueError):
    """A policy row that cannot be used."""


def needed(field: dataclasses.Field[Any]) -> bool:
    """Whether a row must give a field of its family."""
    default = field.default
    return default.is_required() if isinstance(default, FieldInfo) else default is dataclasses.MISSING


def doses_of(policy: Policy) -> list[str]:
    """Names of the doses that an instrument has; without its `no_doses`, of which less gives more."""
    fields = {field.name for field in dataclasses.fields(policy)}  # type: ignore[arg-type]
    names = [name for name in DOSES if name in fields.difference(getattr(policy, "no_doses", ()))]
    return [name for name in names if getattr(policy, name) is not None]


def given_by(row: Any) -> list[str]:
    """Keys of a row of configuration that say what it pays or how many places it has, likewise."""
    if not isinstance(row, Mapping):  # `build` says so
        return []
    left_out = getattr(families().get(str(row.get("family"))), "no_doses", ())
    return [key for key in row if key in GIVEN and key not in left_out]


@dataclasses.dataclass(frozen=True)
class Instrument:
    """One row of a package: an instance of a family with its labels, line of work and the sentence it comes from."""

    policy: Policy
    family: str
    label: str
    label_zh: str
    source: str
    group: str = "other"  # one of GROUPS


@cache
def families() -> dict[str, type]:
    """Families by name: every class with a `family` in the files of this folder."""
    found: dict[str, type] = {}
    for module in pkgutil.iter_modules(ecosim.policies.__path__):
        for item in vars(importlib.import_module(f"ecosim.policies.{module.name}")).values():
            name = getattr(item, "family", None)
            if isinstance(item, type) and isinstance(name, str):
                found[name] = item
    return found


def build(rows: dict[str, Any], baseline: Collection[str] = ()) -> dict[str, Instrument]:
    """Instruments by name from rows of configuration.

    baseline: names of its rows, which are national rules where they name no other line of work.
    Raises PolicyError naming row, key and value, with the nearest valid names.
    """
    return {str(name): _instrument(str(name), row, usual_group(str(name), baseline)) for name, row in rows.items()}


def _reason(problem: Any, kind: type) -> str:
    """Why pydantic refuses a value, with the way out."""
    value, loc = problem.get("input"), problem["loc"]
    if problem["type"] == "unexpected_keyword_argument":
        part = {field.name: field.default for field in dataclasses.fields(kind)}.get(str(loc[0]))
        names = [field.name for field in dataclasses.fields(part)] if dataclasses.is_dataclass(part) else []
        return f"unknown key; {nearest(str(loc[-1]), names)}"
    if problem["type"] == "tuple_type" and isinstance(value, str):
        return f"{value!r} must be a list: [{value}]"
    return str(problem["msg"]).removeprefix("Value error, ")


def usual_group(name: str, baseline: Collection[str]) -> str:
    """The line of work of a row that names none."""
    return "rules" if name in baseline else "other"


def _instrument(name: str, row: Any, usual: str) -> Instrument:
    if not isinstance(row, dict):
        raise PolicyError(f"policies.{name}: {row!r} is no row; write family, source and its numbers")
    values = dict(row)
    family = values.pop("family", None)
    if family is None:
        raise PolicyError(f"policies.{name}: family is missing; one of {', '.join(sorted(families()))}")
    if not isinstance(family, str) or family not in families():
        raise PolicyError(f"policies.{name}.family: unknown family {family!r}; {nearest(str(family), families())}")
    about = {key: str(values.pop(key, "") or "") for key in ABOUT}
    if not about["source"]:
        raise PolicyError(f"policies.{name}.source is missing; quote the sentence, or write 'assumption: ...'")
    group = about["group"] or usual
    if group not in GROUPS:
        raise PolicyError(f"policies.{name}.group: unknown group {group!r}; {nearest(group, GROUPS)}")
    kind = families()[family]
    fields = [field.name for field in dataclasses.fields(kind)]
    for key in values:
        if key not in fields:
            raise PolicyError(f"policies.{name}.{key}: unknown key; {nearest(str(key), [*fields, 'family', *ABOUT])}")
    for key, value in values.items():
        for number in value.values() if isinstance(value, dict) else [value]:
            if isinstance(number, int | float) and number > LARGEST and key not in LIMITS:
                raise PolicyError(f"policies.{name}.{key}: {number:g} is more than {LARGEST:g}; amounts are in 10k CNY")
    try:
        policy = kind(**values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in ("policies", name, *first["loc"]))
        text = _reason(first, kind)
        value = first.get("input")
        named = not isinstance(value, str | int | float | None) or str(value) in text  # the reason itself names it
        given = "" if named or first["type"] == "missing" else f"{value!r}: "
        raise PolicyError(f"{where}: {given}{text}") from None
    return Instrument(policy, family, about["label"] or name, about["label_zh"], about["source"], group)
