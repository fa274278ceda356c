"""Many first starts at once on an empty folder: every one gets through, and all see the same."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

STARTS = 8
START = """
import sys
import numpy as np
from ecosim.forecast.start import lots  # compiled at its first call, kept on disk under XDG_CACHE_HOME
draws = np.empty(3)
lots((np.uint64(7), np.uint64(0)), np.arange(3, dtype=np.uint64), draws)
from pathlib import Path
from ecosim import tracking
store = tracking.open_store(Path.cwd())
with tracking.open_run(store, sys.argv[1], {}, "") as run:
    pass
print(draws.tobytes().hex())
"""


@pytest.mark.slow
def test_eight_first_starts_at_once_share_one_cache_and_one_store(tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    for name in ("MLFLOW_TRACKING_URI", "NUMBA_CACHE_DIR"):
        environment.pop(name, None)
    begun = [
        subprocess.Popen(
            [sys.executable, "-c", START, f"start {number}"],
            cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for number in range(STARTS)
    ]  # fmt: skip
    ended = [process.communicate(timeout=300) for process in begun]
    assert [process.returncode for process in begun] == [0] * STARTS, ended
    assert len({said for said, _ in ended}) == 1
    import sqlite3

    with sqlite3.connect(tmp_path / "mlruns" / "mlflow.db") as base:
        runs = base.execute("SELECT name, status FROM runs ORDER BY name").fetchall()
        experiments = base.execute("SELECT count(*) FROM experiments WHERE name = 'ecosim'").fetchone()
    assert runs == [(f"start {number}", "FINISHED") for number in range(STARTS)]
    assert experiments == (1,)
    assert list((tmp_path / "cache" / "ecosim").rglob("*.nbi"))
    again = subprocess.run(
        [sys.executable, "-c", START, "again"], cwd=tmp_path, env={**environment, "NUMBA_DEBUG_CACHE": "1"},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert "data loaded from" in again.stdout
    assert "data saved to" not in again.stdout  # a warm start compiles nothing
