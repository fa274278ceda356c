"""What can be run: scenarios with their questions, regions, studies, policy packages, and what each of them sets."""

from pathlib import Path

from ecosim import __version__
from ecosim.door.library import GROUPS, PACKAGE_LINE, Library, read_text, split_override

COMMAND = "python -m ecosim"
OVERRIDES = (
    ("members=50", "fewer futures, sooner done (200 by default)"),
    ("origin=2018-06", "the last month the forecast may know"),
    ("region=anhui", "another place: +scenario=zhejiang_2022 region=anhui"),
    ("policies.hnte_award.amount=30", "change a number, from its own date on; ~policies.hnte_award removes the row"),
    ("'policies.x.rate={2018-07: 30}'", "change the whole schedule of row x; with + before it one date, or add one"),
    ("posterior=outputs/<run>", "draw members from the posterior of a study=calibrate; also by its id"),
    ("resume=outputs/<run>", "go on with a run that was stopped; also by its id in MLflow"),
    ("execution=dask", "members on a Dask scheduler: execution.address=tcp://host:8786"),
    ("tracking.enabled=false", "log nothing in MLflow; the results stand in outputs/ all the same"),
    ("data.path=counts.csv", "add counts of your own (CSV or Parquet)"),
)
HOW = {
    "scenario": "what it sets, on top of the defaults; --cfg job in place of --help shows all settings that follow",
    "study": "its settings: study.<setting>=<value> changes one",
    "policies": "its rows: policies.<row>.<key>=<value> changes one, ~policies.<row> removes one",
}
SET = "what it sets: {group}.<key>=<value> changes one"
UI = f"""ecosim ui: the runs of this folder in MLflow, in the browser of this machine; Ctrl-C ends it.

  ecosim ui --port 5001   at this port; without it at 5000, or where that is taken at any free one

Tick runs and press Compare for parameters that differ, metrics and charts. Where runs go to a
tracking server (MLFLOW_TRACKING_URI), nothing is started: the link to its own pages is printed.
More: {COMMAND} --help"""


def of_choices(overrides: list[str], own: Path | None = None) -> str:
    """The help on what a command line names, else the overview. Raises ConfigError where it names what is not there."""
    if overrides == ["ui"]:
        return UI
    library = Library(own)
    named = [(key, value) for _, key, value in map(split_override, overrides) if key in GROUPS and value]
    told = [_of_file(library, group, name) for group, several in named for name in several.split(",")]
    return "\n\n".join(told) if told else overview(own)


def _of_file(library: Library, group: str, name: str) -> str:
    lines = [line for line in read_text(library.find(group, name)).splitlines() if line != PACKAGE_LINE]
    body = [line for line in lines if not (group == "study" and line.startswith("name:"))]
    how = HOW.get(group, SET.format(group=group))
    return "\n".join([f"{group}={name}: {how}", "", *(f"  {line}".rstrip() for line in body)])


def overview(own: Path | None = None, full: bool = True) -> str:
    """The help as text. own: the user's folder of configurations. full: with regions, studies and overrides."""
    library = Library(own)
    lines = [
        f"ecosim {__version__}: forecasts how a region's innovative firms grow under subsidy and talent policies.",
        "",
        f"  {COMMAND} +scenario=<name> [override ...]",
        "",
        "Scenarios",
        *_described(library, "scenario"),
    ]
    if not full:
        return "\n".join([*lines, "", f"More: {COMMAND} --help"])
    lines += [
        "",
        "Policy packages (policies=<name>)",
        *_described(library, "policies"),
        "",
        "Regions (region=<name>)",
        *_wrapped(list(library.options("region"))),
        "",
        "Studies (study=<name>)",
        *_described(library, "study"),
        "",
        "Overrides worth knowing",
        *(f"  {example:<31} {text}" for example, text in OVERRIDES),
        "",
        "Also",
        f"  {'--multirun +scenario=a,b':<31} every combination as one sweep",
        f"  {'--config-dir <folder>':<31} scenarios, regions and policies of your own",
        f"  {'--cfg job':<31} show the settings without running them",
        f"  {'ecosim ui':<31} compare runs in the browser",
        f"  {'study=backtest --help':<31} what a study, scenario, region or package sets, and how to change it",
        f"  {'--version':<31} the version",
    ]
    return "\n".join(lines)


def _described(library: Library, group: str) -> list[str]:
    names = list(library.options(group))
    width = max((len(name) for name in names), default=0)
    return [f"  {name:<{width}}  {library.question(group, name)}" for name in names] or ["  none"]


def _wrapped(names: list[str], width: int = 100) -> list[str]:
    lines, line = [], " "
    for name in names:
        if len(line) + len(name) + 1 > width:
            lines.append(line)
            line = " "
        line += f" {name}"
    return [*lines, line]
