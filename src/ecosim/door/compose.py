"""From a command line to checked settings: Hydra composes, pydantic checks, a mistake becomes one message."""

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import BaseModel, ValidationError
from yaml import YAMLError

from ecosim.data.errors import nearest
from ecosim.door import schedules
from ecosim.door.library import GROUPS, ConfigError, Library, absolute, split_override
from ecosim.door.mistakes import Tree, explain, explain_validation
from ecosim.door.origins import naming_files
from ecosim.door.package import shape
from ecosim.door.recorded import quoted
from ecosim.door.settings import Settings
from ecosim.door.studies import STUDY_SETTINGS, Forecast, Regions

DEFAULT_REGION = re.compile(r"^\s*-\s*(?:override\s+)?/?region:\s*['\"]?([^'\"\s]+)", re.MULTILINE)
OF_REGIONS = re.compile(r"^\s*-\s*override\s+/?study:\s*regions\b", re.MULTILINE)


@dataclass(frozen=True)
class Composed:
    """A checked choice. settings: typed; tree: the same as a table; baseline_rows: the policies it is held against."""

    settings: Settings
    tree: dict[str, Any]
    baseline_rows: dict[str, dict[str, Any]]
    scenario: str
    question: str
    label: str  # name of its folder in outputs: the scenario, and region or study where they are not its own
    choices: dict[str, str]  # group -> chosen file
    overrides: tuple[str, ...]
    own: Path | None


def compose(overrides: Sequence[str], config_dir: str | Path | None = None, cwd: Path | None = None) -> Composed:
    """Compose and check what a command line asks for.

    overrides: as on the command line, '+scenario=pinghu_2017', 'members=50'. config_dir: a folder of the user's own.
    Raises ConfigError with the nearest valid names.
    """
    own = absolute(config_dir, cwd or Path.cwd())
    library = Library(own)
    checked = [check_override(text, library) for text in overrides]
    with _hydra(library):
        node = _compose_node(checked, library)
        choices = dict(node.hydra.runtime.choices)
        tree = _plain(node, checked)
        with naming_files(own, {group: str(name) for group, name in choices.items()}, overrides):
            _settle_schedules(tree, checked, library)
            shape(tree, lambda: _file("policies", str(tree.get("baseline")), library))
            settings = _check(tree)
        if isinstance(settings.study, Regions):
            tree["places"] = {name: _file("region", name, library) for name in settings.study.regions}
            tree["study"] |= settings.study.names(tree["places"], {split_override(text).key for text in overrides})
            settings = _check(tree)
        baseline = _file("policies", settings.baseline, library)
    scenario = choices.get("scenario")
    if scenario is None and settings.study.needs_scenario:
        raise ConfigError(f"no scenario; add +scenario=name, {nearest('', library.options('scenario'))}")
    return Composed(
        settings=settings,
        tree=tree,
        baseline_rows=baseline,
        scenario=scenario or "",
        question=library.question("scenario", scenario) if scenario else "",
        label=_label(scenario, choices["region"], library, settings) if scenario else settings.study.name,
        choices={group: str(name) for group, name in choices.items() if group in GROUPS},
        overrides=tuple(overrides),
        own=own,
    )


@contextmanager
def _hydra(library: Library) -> Iterator[None]:
    """Hydra for the block, also inside a job of its own sweep, whose state comes back afterwards."""
    state = GlobalHydra.instance()
    before = state.hydra
    state.clear()
    try:
        with (
            warnings.catch_warnings(),
            initialize_config_dir(str(library.carried), job_name="ecosim", version_base="1.3"),
        ):
            warnings.simplefilter("ignore", UserWarning)
            yield
    finally:
        state.hydra = before


def check_override(text: str, library: Library, sweep: bool = False) -> str:
    """One override as Hydra reads it: choices exist, Chinese values are quoted. sweep: several values are allowed."""
    if not text.strip() or text.startswith("="):
        raise ConfigError(f"an empty override {text!r}; write key=value, for example members=50")
    sign, key, value = split_override(text)
    if value is None and sign != "~":
        raise ConfigError(f"cannot read {text!r}; write key=value, for example members=50")
    if key in GROUPS and sign == "~":
        raise ConfigError(f"{text!r} would leave no {key} at all; choose another by {key}=name")
    if key not in GROUPS:
        return _quoted(sign, key, value)
    if not value:
        raise ConfigError(f"{key}= is empty; {nearest('', library.options(key))}")
    if value.startswith("["):
        raise ConfigError(f"{text!r}: give one {key}, not a list")
    if key == "scenario" and not sign:
        raise ConfigError(f"a scenario is added with a plus sign: +scenario={value}")
    names = value.split(",") if sweep else [value]
    if len(names) == 1 and "," in value:
        raise ConfigError(f"{text!r} gives several values; add --multirun to run them all")
    for name in names:
        library.scenario(name.strip()) if key == "scenario" else library.find(key, name.strip())
    return text if value.isascii() else f"{sign}{key}={','.join(map(quoted, names))}"


def _quoted(sign: str, key: str, value: str | None) -> str:
    if value is None:
        return f"{sign}{key}"
    if key == "posterior" and value:
        value = quoted(value)  # an id such as 3e10 is no number
    value = schedules.plain_names(key, value)
    if not value.isascii() and not set(value) & set("'\",[]{}:$()\\="):
        value = f"'{value}'"
    return f"{sign}{key}={value}"


def _compose_node(overrides: list[str], library: Library) -> DictConfig:
    try:
        given = [*schedules.instead(overrides), *search_path(library)]
        return hydra_compose("config", given, return_hydra_config=True)
    except UnicodeDecodeError as error:
        library.check_texts()
        raise explain(error, overrides, dict) from None
    except (YAMLError, OmegaConfBaseException, ValueError, OSError) as error:
        raise explain(error, overrides, lambda: _tree_of_choices(overrides, library)) from None
    except Exception as error:
        if type(error).__module__.partition(".")[0] != "hydra":
            raise
        raise explain(error, overrides, lambda: _tree_of_choices(overrides, library)) from None


def search_path(library: Library) -> list[str]:
    """The override that lets Hydra find the user's own folder."""
    if library.own is None:
        return []
    escaped = str(library.own).replace("\\", "\\\\").replace("'", "\\'")
    return [f"hydra.searchpath=['file://{escaped}']"]


def known_tree(overrides: Sequence[str], library: Library) -> Tree:
    """The settings that a command line chooses files for, of a sweep its first; to name what is valid."""
    with _hydra(library):
        return _tree_of_choices(overrides, library)


def _tree_of_choices(overrides: Sequence[str], library: Library) -> Tree:
    """The settings with the chosen files but without any value of the command line, to name what is valid."""
    choices = [text.partition(",")[0] for text in overrides if split_override(text).key in GROUPS]
    node = hydra_compose("config", [*choices, *search_path(library)])
    return OmegaConf.to_container(node, resolve=False)  # type: ignore[return-value]


def _plain(node: DictConfig, overrides: list[str]) -> dict[str, Any]:
    tree = OmegaConf.masked_copy(node, [str(key) for key in node if key != "hydra"])
    try:
        plain = OmegaConf.to_container(tree, resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        raise explain(error, overrides, dict) from None
    return {str(key): value for key, value in plain.items()}  # type: ignore[union-attr]


def _settle_schedules(tree: dict[str, Any], overrides: list[str], library: Library) -> None:
    """The schedules of the policies as the command line means them, in place. Raises ConfigError."""
    changed, added = schedules.numbers(overrides), schedules.additions(overrides)
    if changed or added:
        before = _tree_of_choices(overrides, library)["policies"]
        schedules.keep_dates(tree["policies"], changed, before)
        schedules.keep_numbers(tree["policies"], added, before, overrides)
    if isinstance(tree["policies"], dict):
        schedules.name_alike(tree["policies"])


def _check(tree: dict[str, Any]) -> Settings:
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        study = tree.get("study")
        name = str(study.get("name")) if isinstance(study, dict) else ""
        raise ConfigError(explain_validation(error, lambda loc: _valid_names(loc, name))) from None


def _valid_names(loc: tuple[Any, ...], study: str) -> list[str]:
    """Names allowed beside a location of the settings, under the study of a name."""
    model: type[BaseModel] = Settings
    for part in loc[:-1]:
        annotation = model.model_fields[part].annotation
        if part == "study":
            annotation = STUDY_SETTINGS.get(study, Forecast)
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        model = annotation
    return list(model.model_fields)


def compose_file(group: str, name: str, library: Library) -> dict[str, Any]:
    """One configuration file alone, with what it is based on, as a plain table. Raises ConfigError."""
    with _hydra(library):
        return _file(group, name, library)


def _file(group: str, name: str, library: Library) -> dict[str, Any]:
    library.find(group, name)
    try:
        # added to nothing, as Hydra looks for the file that it starts from in the carried folder alone
        node = hydra_compose(None, [f"+{group}={quoted(name)}", *search_path(library)])
        table = OmegaConf.to_container(node[group], resolve=True, throw_on_missing=True)
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("hydra", "omegaconf", "yaml"):
            raise
        raise explain(error, [], dict) from None
    return {str(key): value for key, value in table.items()} if isinstance(table, dict) else {}


def _label(scenario: str, region: str, library: Library, settings: Settings) -> str:
    name = scenario.replace("/", "-")
    text = library.scenario(scenario).read_text(encoding="utf-8")
    if isinstance(settings.study, Regions):
        return name if OF_REGIONS.search(text) else f"{name}-{settings.study.name}"
    own = DEFAULT_REGION.search(text)
    usual = own or DEFAULT_REGION.search((library.carried / "config.yaml").read_text(encoding="utf-8"))
    return name if usual is not None and usual[1] == region else f"{name}-{region.replace('/', '-')}"
