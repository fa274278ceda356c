"""The command line: reads the options, hands the rest to the run, and turns every mistake into one message."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from ecosim import __version__
from ecosim.data.errors import UserError, nearest
from ecosim.door.library import Library, split_override, value_of

NOT_ACCEPTED, MISTAKE, STOPPED = 1, 2, 130
OPTIONS = ("--multirun", "--config-dir", "--cfg", "--help", "--version", "--port")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UserError(message)


def run(arguments: Sequence[str]) -> int:
    """Do what the command line asks for; the exit code.

    0, 1 for a model that is not accepted, 2 for a user's mistake, 130 for Ctrl-C, 143 for SIGTERM.
    """
    try:
        return _run(list(arguments))
    except UserError as error:
        _complain(str(error), error)
        return MISTAKE
    except OSError as error:
        from ecosim.door.folder import FULL, cannot_write

        if error.errno not in FULL:
            raise
        _complain(str(cannot_write(error, Path.cwd())))
        return MISTAKE
    except KeyboardInterrupt as error:
        _complain("stopped by Ctrl-C; what was finished is kept in outputs/", error)
        return STOPPED
    except SystemExit as error:
        if isinstance(error.code, int) and error.code > 128:
            _complain(f"asked to end (signal {error.code - 128}); what was finished is kept in outputs/", error)
            return error.code
        raise


def _complain(message: str, error: BaseException | None = None) -> None:
    notes = getattr(error, "__notes__", [])
    print(f"ecosim: {message}", *notes, sep="\n", file=sys.stderr, flush=True)  # noqa: T201


def _told(problem: str) -> int:
    """The exit code of a study that is done; problem: why MLflow does not have it, empty where it does."""
    if problem:
        _complain(problem)
    return MISTAKE if problem else 0


def _run(arguments: list[str]) -> int:
    options = _parse(arguments)
    own = Path(options.config_dir).resolve() if options.config_dir else None
    if options.version:
        print(f"ecosim {__version__}")  # noqa: T201
        return 0
    if options.help or not (options.overrides or options.multirun or options.cfg):
        from ecosim.door.help import of_choices

        print(of_choices(options.overrides, own))  # noqa: T201
        return 0
    if options.overrides == ["ui"]:
        return _ui(options.port)
    if options.multirun:
        from ecosim.door.sweep import run_sweep

        return run_sweep(options.overrides, options.config_dir, Path.cwd())
    if options.cfg:
        return _show(_study(options.overrides, own), options.overrides, options.config_dir)
    return STUDIES[_study(options.overrides, own)](options.overrides, options.config_dir)


def _study(overrides: list[str], own: Path | None) -> str:
    """Name of the study that a command line chooses, also by a file of the user's own; forecast where it says none."""
    chosen = [value for _, key, value in map(split_override, overrides) if key == "study" and value]
    if not chosen:
        return "forecast"
    file = Library(own).options("study").get(chosen[-1])
    name = value_of(file, "name") if file else ""
    return name if name in STUDIES else "forecast"


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = _Parser(prog="ecosim", add_help=False, allow_abbrev=False)
    parser.add_argument("overrides", nargs="*")
    parser.add_argument("--help", "-h", action="store_true")
    parser.add_argument("--version", action="store_true")
    parser.add_argument("--multirun", "-m", action="store_true")
    parser.add_argument("--config-dir", "-cd")
    parser.add_argument("--cfg", "-c", choices=["job"])
    parser.add_argument("--port", type=int)
    options, unknown = parser.parse_known_intermixed_args(arguments)
    if unknown:
        raise UserError(f"no option {unknown[0]!r}; {nearest(unknown[0], OPTIONS)}")
    return options


def _forecast(overrides: list[str], config_dir: str | None) -> int:
    from ecosim.door import summary
    from ecosim.door.run import run_scenario

    outcome = run_scenario(overrides, config_dir)
    summary.show(outcome)
    return _told(outcome.problem)


def _show(study: str, overrides: list[str], config_dir: str | None) -> int:
    import yaml

    from ecosim.door.compose import compose

    composed = compose(_in_full(study, overrides), config_dir)
    print(yaml.safe_dump(composed.tree, allow_unicode=True, sort_keys=False, width=120), end="")  # noqa: T201
    return 0


def _in_full(study: str, overrides: list[str]) -> list[str]:
    """The overrides with the short keys of a study in full, as it takes them itself."""
    from ecosim.door import backtest, comparing, publish, recorded, reproduce, score, updating

    keys = {"publish": publish, "compare": comparing, "reproduce": reproduce, "update": updating, "score": score}
    if study == "backtest":
        return backtest.spelled_out(overrides)
    return recorded.spelled_out(overrides, keys[study].KEYS) if study in keys else overrides


def _ui(port: int | None) -> int:
    from ecosim.tracking import open_store, ui

    def announce(link: str) -> None:
        print(f"compare runs at {link} (Ctrl-C ends it)", flush=True)  # noqa: T201

    ui(open_store(Path.cwd()), announce, port)
    return 0


def _stylised_facts(overrides: list[str], config_dir: str | None) -> int:
    """Hold the firm model against the stylised facts; 1 where more of them fail than may."""
    from ecosim.door.acceptance import run_facts, show
    from ecosim.facts.verdict import MOST_FAILING

    outcome = run_facts(overrides, config_dir)
    show(outcome)
    if outcome.problem:
        _complain(outcome.problem)
    if len(outcome.failing) > MOST_FAILING:
        _complain(f"{len(outcome.failing)} facts fail ({', '.join(outcome.failing)}); at most {MOST_FAILING} may")
        return NOT_ACCEPTED
    return MISTAKE if outcome.problem else 0


def _sync(overrides: list[str], config_dir: str | None) -> int:
    """Send the runs that a tracking server did not take."""
    from ecosim.door.compose import compose
    from ecosim.tracking import open_store, pending, send

    settings = compose(overrides, config_dir).settings
    store = open_store(Path.cwd(), settings.tracking.experiment)
    folders = pending(Path.cwd() / "outputs")
    for folder in folders:
        send(store, folder)
        print(f"sent {folder}")  # noqa: T201
    sent = f"{len(folders)} run{'s' * (len(folders) > 1)} sent"
    print(sent if folders else "nothing to send: every run in outputs/ is logged")  # noqa: T201
    return 0


def _publish(overrides: list[str], config_dir: str | None) -> int:
    """Write a run as a bundle to publish."""
    from ecosim.door import publish

    publish.show(publish.run_publish(overrides, config_dir))
    return 0


def _compare(overrides: list[str], config_dir: str | None) -> int:
    """Put runs on one page."""
    from ecosim.door import comparing

    compared = comparing.run_compare(overrides, config_dir)
    comparing.show(compared)
    return _told(compared.problem)


def _reproduce(overrides: list[str], config_dir: str | None) -> int:
    """Make a run again; 1 where it does not come out the same to the last bit."""
    from ecosim.door import reproduce

    found = reproduce.run_reproduce(overrides, config_dir)
    reproduce.show(found)
    return 0 if found.same else NOT_ACCEPTED


def _update(overrides: list[str], config_dir: str | None) -> int:
    """Weigh the members of a forecast by a new year's counts."""
    from ecosim.door import updating, updating_told

    outcome = updating.run_update(overrides, config_dir)
    updating_told.show(outcome)
    return _told(outcome.problem)


def _score(overrides: list[str], config_dir: str | None) -> int:
    """Score a published forecast and append to the ledger."""
    from ecosim.door import score

    score.show(score.run_score(overrides, config_dir))
    return 0


def _backtest(overrides: list[str], config_dir: str | None) -> int:
    """Hold forecasts from past origins against the counts."""
    from ecosim.door.backtest import run_backtest, show

    outcome = run_backtest(overrides, config_dir)
    show(outcome)
    return _told(outcome.problem)


def _fit(overrides: list[str], config_dir: str | None) -> int:
    """Fit equations of the user's own."""
    from ecosim.door import fitting

    outcome = fitting.run_fit(overrides, config_dir)
    fitting.show(outcome)
    return _told(outcome.problem)


def _calibrate(overrides: list[str], config_dir: str | None) -> int:
    """Draw a posterior of the scenario's place."""
    from ecosim.door import calibrating

    outcome = calibrating.run_calibration(overrides, config_dir)
    calibrating.show(outcome)
    return _told(outcome.problem)


STUDIES = {  # by `name` in configs/study
    "forecast": _forecast,
    "decompose": _forecast,
    "regions": _forecast,
    "stylised_facts": _stylised_facts,
    "sync": _sync,
    "publish": _publish,
    "compare": _compare,
    "reproduce": _reproduce,
    "update": _update,
    "score": _score,
    "backtest": _backtest,
    "fit": _fit,
    "calibrate": _calibrate,
}
