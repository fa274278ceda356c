"""What tests need that run the command in a process of its own, with a forecast that costs nothing."""

import sqlite3
import sys
from pathlib import Path

WITH_FAKE = "import sys; sys.path.insert(0, sys.argv.pop(1)); import fake_job; fake_job.install(); "
COMMAND = [sys.executable, "-c", WITH_FAKE + "from ecosim.__main__ import main; main()", str(Path(__file__).parent)]


def statuses(home: Path) -> list[str]:
    """Of the runs in the store of a folder, the first one first."""
    with sqlite3.connect(home / "mlruns" / "mlflow.db") as base:
        return [status for (status,) in base.execute("SELECT status FROM runs ORDER BY start_time")]
