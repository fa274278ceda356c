"""Holds the configuration of a bundle against the schemas of the hubverse."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecosim.data.errors import UserError

if TYPE_CHECKING:
    from jsonschema import ValidationError

LONGEST = 200  # characters of a complaint
SCHEMAS = Path(__file__).parent / "schemas"


class HubError(UserError, ValueError):
    """A bundle that is not as the hubverse wants it."""


def schema(name: str) -> dict[str, Any]:
    """The schema for 'tasks', 'admin', 'target-data' or 'model-metadata'."""
    return dict(json.loads((SCHEMAS / f"{name}-schema.json").read_text(encoding="utf-8")))


def complaints(name: str, config: Mapping[str, Any]) -> list[str]:
    """What a configuration lacks, one sentence each: 'tasks.rounds.0: ...'; empty where it is valid."""
    from jsonschema import Draft202012Validator, FormatChecker

    validator = Draft202012Validator(schema(name), format_checker=FormatChecker())
    errors = sorted(validator.iter_errors(config), key=lambda error: [str(part) for part in error.absolute_path])
    return [f"{'.'.join([name, *map(str, error.absolute_path)])}: {_said(error)}" for error in errors]


def _said(error: "ValidationError") -> str:
    if error.validator == "enum" and len(error.message) > LONGEST:
        return f"{error.instance!r} is none of the values that the schema takes"
    return str(error.message)[:LONGEST]


def require_valid(name: str, config: Mapping[str, Any]) -> None:
    """Raises HubError with the first complaints."""
    wrong = complaints(name, config)
    if wrong:
        raise HubError(f"not valid under the hubverse schema: {'; '.join(wrong[:3])}")
