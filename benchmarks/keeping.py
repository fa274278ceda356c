"""`python -m benchmarks.keeping`: what it costs to keep a member in Parquet as it comes, and to read it again."""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from ecosim.forecast.ensemble import RUNS, Run
from ecosim.forecast.streaming import CHUNK, Chunks
from ecosim.model.ecosystem import OBSERVED

QUARTERS, INSTRUMENTS, YEARS, PACKAGES = 36, 40, 9, 2  # of pinghu_2017, about


def member(number: int) -> list[Run]:
    """Records as large as those of pinghu_2017."""
    draws = np.random.default_rng(number)
    rows = [(f"instrument_{name}", 2017 + year) for name in range(INSTRUMENTS) for year in range(YEARS)]
    money = dict(zip(rows, draws.gamma(2.0, 100.0, len(rows)), strict=True))
    counts = {row: int(value) for row, value in money.items()}
    funnel = {row: draws.integers(0, 100, (9, 5)) for row in rows}
    anyway = {f"instrument_{name}": draws.random((YEARS, 2)) for name in range(INSTRUMENTS)}
    series = draws.normal(size=(QUARTERS, len(OBSERVED)))
    return [
        Run(series[:4], series[0], series, money, counts, counts, (), money, funnel, {"mission": None}, None, anyway)
        for _ in range(PACKAGES)
    ]


def main() -> int:
    """Print milliseconds of one core to write and to read a member, and its kilobytes."""
    members = {number: member(number) for number in range(2 * CHUNK)}
    with tempfile.TemporaryDirectory() as place:
        chunks = Chunks(Path(place), RUNS)
        began = time.process_time()
        for number, records in members.items():
            chunks.add(number, records)
        chunks.flush()
        written = time.process_time()
        found = Chunks(Path(place), RUNS).read()
        read = time.process_time()
        size = sum(path.stat().st_size for path in Path(place).iterdir())
    assert len(found) == len(members)
    write, again = (written - began) / len(members) * 1e3, (read - written) / len(members) * 1e3
    sys.stdout.write(f"a member: {write:.1f} ms to keep, {again:.1f} ms to read, {size / len(members) / 1e3:.0f} kB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
