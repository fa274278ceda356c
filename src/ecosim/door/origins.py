"""In which file of the user's own, and in which line, a key of the settings was written."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import yaml

from ecosim.data.errors import UserError
from ecosim.door.library import GROUPS, ConfigError, read_text, split_override

_KEY = re.compile(r"(?:no key ')?([^\s:='\"]+)")  # that a complaint begins with
_BASE = re.compile(r"(?:override\s+)?/?([\w/-]+)")


@contextmanager
def naming_files(own: Path | None, choices: Mapping[str, str], overrides: Sequence[str]) -> Iterator[None]:
    """A UserError of the block opens with file and line where the key that it complains of stands, if it stands in one.

    own: the user's folder; choices: the chosen file of each group. A key that the command line gives has no line.
    """
    try:
        yield
    except UserError as error:
        if own is None:
            raise
        given = [split_override(text).key for text in overrides]
        lines = [_opened(line, own, choices, given) for line in str(error).split("\n")]
        raise type(error)("\n".join(lines)) from None


def _opened(complaint: str, own: Path, choices: Mapping[str, str], given: Sequence[str]) -> str:
    found = _KEY.match(complaint)
    if found is None:
        return complaint
    path = found[1].rstrip(".;,").split(".")
    if any(key.split(".") == path[: key.count(".") + 1] for key in given if key not in GROUPS):
        return complaint
    best: tuple[int, Path, int] = (0, own, 0)
    for file, keys in _files(own, choices, path):
        depth, line = _deepest(file, keys)
        here = depth or not keys or (len(keys) < len(path) and " is missing" in complaint)
        if here and depth + len(path) - len(keys) > best[0]:
            best = (depth + len(path) - len(keys), file, line)
    depth, file, line = best
    return f"{file}, line {line}: {complaint}" if depth else complaint


def _files(own: Path, choices: Mapping[str, str], path: Sequence[str]) -> Iterator[tuple[Path, Sequence[str]]]:
    """The user's files that may hold a key, with the key as it is written there: the scenario's, then the group's."""
    scenario = own / "scenario" / f"{choices.get('scenario')}.yaml"
    if scenario.is_file():
        yield scenario, path
    group = path[0]
    waiting, seen = [choices.get(group, "")], set()
    while waiting:
        name = waiting.pop()
        file = own / group / f"{name}.yaml"
        if name and name not in seen and file.is_file():
            seen.add(name)
            yield file, path[1:]
            waiting += _based_on(file)


def _based_on(file: Path) -> list[str]:
    node = _node(file)
    rows = dict(_children(node)).get("defaults") if isinstance(node, yaml.MappingNode) else None
    values = rows[1].value if rows is not None and isinstance(rows[1], yaml.SequenceNode) else []
    texts = [each.value for each in values if isinstance(each, yaml.ScalarNode)]
    return [found[1] for text in texts if (found := _BASE.fullmatch(text))]


def _deepest(file: Path, keys: Sequence[str]) -> tuple[int, int]:
    """How many of the keys a file has, one inside the other, and the line of the last of them."""
    node, depth, line = _node(file), 0, 1
    for key in keys:
        if isinstance(node, yaml.SequenceNode) and key.isdigit() and int(key) < len(node.value):
            node = node.value[int(key)]
            line = node.start_mark.line + 1
        elif isinstance(node, yaml.MappingNode) and key in (children := dict(_children(node))):
            line, node = children[key]
        else:
            break
        depth += 1
    return depth, line


def _children(node: yaml.MappingNode) -> Iterator[tuple[str, tuple[int, yaml.Node]]]:
    for key, value in node.value:
        yield str(key.value), (key.start_mark.line + 1, value)


def _node(file: Path) -> yaml.Node | None:
    try:
        return yaml.compose(read_text(file), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ConfigError, OSError):  # the complaint itself is what the user is told
        return None
