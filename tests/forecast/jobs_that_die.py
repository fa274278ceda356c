"""Jobs whose worker is killed, for tests; they import nothing, so that a worker has them at once."""

import os
import signal
import time
from pathlib import Path


def dies_once(place: Path, number: int) -> int:
    """The first worker that gets number 5 dies of it."""
    mark = place / "died"
    if number == 5 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def dies(number: int) -> int:
    """Every worker that gets number 3 dies of it."""
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def slowly(place: Path, number: int) -> int:
    """Takes its time, and notes that it was run."""
    time.sleep(0.1)
    with (place / "ran").open("a", encoding="utf-8") as file:
        file.write(f"{number}\n")
    return number * number


def quickly(number: int) -> int:
    """Done at once."""
    return number * number


def late(number: int) -> int:
    """Raises what waiting for too long raises."""
    raise TimeoutError(f"{number} is too late")
