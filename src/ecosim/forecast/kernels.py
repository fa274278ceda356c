"""Compiles the model where the disk does not hold it yet: every kernel once, in two processes side by side.

The rules by which firms decide take as long to compile as all else together, and neither half needs the other. Left to
themselves, the process that estimates and every worker would compile all of it at the same time, each for itself.
"""

import platform
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import llvmlite.binding
from filelock import FileLock, Timeout
from pydantic import TypeAdapter

from ecosim.behaviors.decisions import SHELF, Behaviors
from ecosim.behaviors.rules import FirmRules, region_draw
from ecosim.calibration.estimate import from_table
from ecosim.data.errors import UserError
from ecosim.data.periods import quarter_index
from ecosim.forecast.crew import WorkerLost, results
from ecosim.forecast.playground import carried
from ecosim.forecast.start import PEOPLE_SHARE, Ladder, condition
from ecosim.forecast.witness import NAME, Witness
from ecosim.model import compiled
from ecosim.model.ecosystem import EcosystemModel, Policy
from ecosim.model.luck import Key
from ecosim.model.population import synthesize
from ecosim.model.region import Region
from ecosim.policies import shelf

PACKAGE = "pinghu_2017"  # the scenario that is lived through: an instrument of every family, in a region with zones
EVE = quarter_index("2017-06")
QUARTERS = 10  # in which every instrument of it is at work
FIRMS = 1_500
PATIENCE = 900.0  # seconds to wait for another process that compiles
SECONDS = 0.5  # between two looks at how far it is


class NotKept(UserError, RuntimeError):
    """A folder that takes no compiled model, or a compilation that was ended from outside."""


def kept() -> bool:
    """Whether the disk holds every kernel of this version, compiled for this processor."""
    return _mark().is_file()


def compile_missing(progress: Callable[[int, int], None]) -> None:
    """Compile what the disk does not hold. progress: kernels that are compiled, of how many, from another thread.

    Where several processes of a machine begin at the same time, one compiles and the others wait. Raises NotKept; a
    model can be simulated all the same, as every process compiles for itself what it does not find.
    """
    try:
        compiled.folder().mkdir(parents=True, exist_ok=True)
        with FileLock(compiled.folder() / "compiling.lock", timeout=PATIENCE):
            if not kept():
                with _watched(progress):
                    _compile()
                _mark().touch()
                compiled.forget_unused()
    except (OSError, NotImplementedError, Timeout, WorkerLost) as error:  # no place, no locks there, no end, no worker
        raise NotKept(
            f"the model could not be compiled once for all in {compiled.folder()} ({error}); every process compiles "
            "for itself. NUMBA_CACHE_DIR=<a folder> or XDG_CACHE_HOME=<a folder> keeps it elsewhere"
        ) from error


def _compile() -> None:
    from joblib import cpu_count

    for _ in results(_half, range(2), min(2, cpu_count())):
        pass
    live_whole()


def _half(number: int) -> None:
    decide_once() if number == 0 else live_undecided()


def decide_once() -> None:
    """How firms decide, and how a forecast starts."""
    model = _model(Unsurveyed, FirmRules)
    model.rules.decide(model, model.weather(), True)
    model.rules.certifiable(model)
    region_draw(model, 1)  # of a place where many arrive
    condition(model, Ladder(40.0, 10.0, (10.0, 8.0, 6.0), 4.0), _center())


def live_undecided() -> None:
    """All other parts of a quarter."""
    model = _model(EcosystemModel, Undecided)
    for _ in range(QUARTERS):
        model.step()


def live_whole() -> None:
    """What is only called where firms decide and are counted too, or where it is watched who acts; little by then."""
    model = _model(EcosystemModel, FirmRules)
    model = model.fork(policies={**model.policies, NAME: Witness(model.policies)})
    for _ in range(QUARTERS):
        model.step()


class Unsurveyed(EcosystemModel):
    """A model without a census."""

    def take_survey(self) -> None:
        """Takes none."""


class Undecided(FirmRules):
    """Rules of firms that stay as they are."""

    def decide(self, model: EcosystemModel, weather: dict[str, float], decides: bool) -> None:
        """Nobody decides."""


def _model(kind: type[EcosystemModel], rules: type[FirmRules]) -> EcosystemModel:
    table = _rows(f"region/{PACKAGE.partition('_')[0]}.yaml")
    region = TypeAdapter(Region).validate_python(table)
    key = Key(0, 0)
    people = int(FIRMS * 20 * PEOPLE_SHARE)
    return kind(
        region,
        synthesize(region, FIRMS, key),
        rules(_center(), region),
        policies=_policies(),
        key=key,
        quarter=EVE,
        people=people,
    )


def _policies() -> dict[str, Policy]:
    rows = _rows("policies/national_rules.yaml") | _rows(f"policies/{PACKAGE}.yaml")
    return {name: row.policy for name, row in shelf.build(rows).items()}


def _center() -> Behaviors:
    priors = _rows("behaviors/literature.yaml")
    return Behaviors(**{name: from_table(name, kind, priors[name]).center for name, kind in SHELF.items()})


def _rows(name: str) -> dict[str, Any]:
    rows = carried(name)
    rows.pop("defaults", None)
    return rows


def _mark() -> Path:
    """The file that says so, for one version, processor and Python, and one place of the package: numba goes by it."""
    processor = f"{llvmlite.binding.get_host_cpu_name()}-{platform.python_version()}"
    place = sha256(str(Path(compiled.__file__).resolve()).encode()).hexdigest()[:8]
    return compiled.folder() / f"complete-{compiled.fingerprint()}-{processor}-{place}"


@contextmanager
def _watched(progress: Callable[[int, int], None]) -> Iterator[None]:
    """Tell how many kernels the disk holds, while they are compiled."""
    total = len(compiled.DISPATCHERS)
    over = threading.Event()

    def look() -> None:
        while not over.wait(SECONDS):
            progress(min(sum(1 for _ in compiled.folder().rglob("*.nbi")), total - 1), total)

    progress(0, total)
    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
    progress(total, total)
