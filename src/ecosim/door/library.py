"""The configuration files that can be chosen: those of the package and those in a folder of the user's own."""

import os
import re
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from ecosim.data.errors import UserError, nearest

GROUPS = ("scenario", "region", "data", "policies", "behaviors", "calibration", "study", "execution")
USERS = ("scenario", "region", "policies")  # groups of which a user most often has files of his own
FOLDERS = (*GROUPS, "equation")  # equations are named by study.equation, not composed
PACKAGE_LINE = "# @package _global_"
BYTE_ORDER_MARK = "\ufeff"
SENTENCE = re.compile(r"(?<=[.?!]) |(?<=[。？！])")


class ConfigError(UserError, ValueError):
    """A scenario, a key or a value that cannot be used."""


class Override(NamedTuple):
    """One override of the command line, taken apart as text: sign '', '+', '++' or '~', key, value or None."""

    sign: str
    key: str
    value: str | None


def config_dir() -> Path:
    """The folder of the carried configuration files: inside the installed package, or of the source checkout."""
    packaged = Path(__file__).parents[1] / "configs"
    checkout = Path(__file__).parents[3] / "configs"
    for folder in (packaged, checkout):
        if (folder / "config.yaml").is_file():
            return folder
    raise ConfigError(f"no configuration files in {packaged} or {checkout}; install ecosim again")


def split_override(text: str) -> Override:
    """'+scenario=x' as ('+', 'scenario', 'x'); '~policies.award' as ('~', 'policies.award', None)."""
    body = text.lstrip("+~")
    sign = text[: len(text) - len(body)]
    key, equals, value = body.partition("=")
    return Override(sign, key.strip(), value.strip() if equals else None)


class Library:
    """The configuration files on the search path, the user's own folder after the carried one."""

    def __init__(self, own: Path | None = None) -> None:
        """own: the user's folder (--config-dir). Raises ConfigError where it is missing or hides a carried file."""
        self.carried = config_dir()
        self.own = own
        if own is not None:
            self._check_own(own)

    def _check_own(self, own: Path) -> None:
        if not own.is_dir():
            raise ConfigError(f"--config-dir: no folder {own}; give the folder that holds scenario/, region/ ...")
        files = [own / "config.yaml", *(path for group in FOLDERS for path in (own / group).rglob("*.y*ml"))]
        taken = sorted(str(path.relative_to(own)) for path in files if path.is_file() and self._is_carried(path, own))
        if taken:
            raise ConfigError(
                f"{own}: {', '.join(taken)} has the name of a file that ecosim carries and would be ignored; "
                "give it another name"
            )

    def _is_carried(self, path: Path, own: Path) -> bool:
        return (self.carried / path.relative_to(own).with_suffix(".yaml")).is_file()

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders that are searched, in order."""
        return (self.carried,) if self.own is None else (self.carried, self.own)

    def check_texts(self) -> None:
        """Raises ConfigError for the first file of the user's own that is not UTF-8."""
        if self.own is not None:
            for path in sorted(path for group in FOLDERS for path in (self.own / group).rglob("*.y*ml")):
                read_text(path)

    def options(self, group: str) -> dict[str, Path]:
        """What can be chosen in a group, by name; files that begin with '_' are parts of others and left out."""
        found: dict[str, Path] = {}
        for folder in self.folders:
            base = folder / group
            for path in sorted(base.rglob("*.yaml")):
                if not path.name.startswith("_"):
                    found.setdefault(path.relative_to(base).with_suffix("").as_posix(), path)
        return found

    def find(self, group: str, name: str) -> Path:
        """The file behind a name. Raises ConfigError with the nearest valid names."""
        options = self.options(group)
        if name in options:
            return options[name]
        own = "" if self.own is not None or group not in USERS else " (yours is looked for with --config-dir FOLDER)"
        raise ConfigError(f"no {group} {name!r}; {self._hint(group, name, options)}{own}")

    def _hint(self, group: str, name: str, options: dict[str, Path]) -> str:
        plain = name.strip("'\"").replace(" ", "_").lower()
        if plain in options:
            return f"did you mean {plain!r}? (names are lower case)"
        if group == "region":
            for option, path in options.items():
                if name.strip("'\"") in (value_of(path, "name_zh"), value_of(path, "name")):
                    return f"did you mean {option!r}? write region={option}"
        return nearest(plain, options)

    def question(self, group: str, name: str) -> str:
        """The first sentence of the comment on top of a file: the question of a scenario."""
        lines = takewhile(lambda line: line.startswith("#"), read_text(self.find(group, name)).splitlines())
        texts = (line.lstrip("#").strip() for line in lines)
        comment = " ".join(text for text in texts if text and not text.startswith("@"))
        return SENTENCE.split(comment, maxsplit=1)[0]

    def scenario(self, name: str) -> Path:
        """The file of a scenario. Raises ConfigError where its first line is not the package line, to the byte."""
        path = self.find("scenario", name)
        text = read_text(path)
        if text.startswith(BYTE_ORDER_MARK):  # Hydra reads no package line behind it
            raise ConfigError(f"{path}: begins with a byte-order mark; save the file as UTF-8 without BOM")
        if text.partition("\n")[0].strip() != PACKAGE_LINE:
            raise ConfigError(f"{path}: the first line must be {PACKAGE_LINE!r}; the scenario's question comes second")
        return path


def read_text(path: Path) -> str:
    """A configuration file as text. Raises ConfigError where it is not UTF-8."""
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path}: line {line} is not UTF-8; save the file as UTF-8") from None


def value_of(path: Path, key: str) -> str:
    """The plain text after a top-level `key:` of a file, '' without one; enough for names, no YAML needed."""
    for line in read_text(path).splitlines():
        if line.startswith(f"{key}:"):
            return line.partition(":")[2].partition(" #")[0].strip().strip("'\"")
    return ""


def absolute(folder: str | os.PathLike[str] | None, cwd: Path) -> Path | None:
    """A user's folder against the working directory."""
    return None if folder is None else (cwd / folder).resolve()
