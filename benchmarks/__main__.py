"""`python -m benchmarks --firms 100000 --json FILE`: the reference model in every implementation, side by side."""

import argparse
import importlib
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

SEED = 7
WORK = 2_000_000  # firm-steps that a fast implementation is given; a slow one makes a tenth or a hundredth of it


class Implementation(NamedTuple):
    """How one row of the table is made. largest: firms above which it is not run."""

    module: str
    label: str
    share: float
    largest: int


IMPLEMENTATIONS = (
    Implementation("mesa_objects", "Mesa, idiomatic", 0.03, 200_000),
    Implementation("mesa_tuned", "Mesa, tuned by hand", 0.1, 1_000_000),
    Implementation("starsim_guide", "Starsim, as its guide writes it", 0.5, 1_000_000),
    Implementation("starsim_arrays", "Starsim, tuned by hand", 0.5, 1_000_000),
    Implementation("numpy_columns", "NumPy columns", 1.0, 10_000_000),
    Implementation("ecosim_engine", "ecosim", 4.0, 100_000_000),
    Implementation("c_kernel", "C, gcc -O3", 4.0, 100_000_000),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print a table, and write rows (implementation, firms, ns_per_firm_step, bytes_per_firm) to --json."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--firms", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument(
        "--only", nargs="+", choices=[row.module for row in IMPLEMENTATIONS], help="leave the others out"
    )
    parser.add_argument("--repeats", type=int, default=3, help="runs of each, in turn; the median counts")
    parser.add_argument("--json", type=Path, help="file for the rows")
    parser.add_argument("--one", nargs=2, metavar=("MODULE", "FIRMS"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if min(options.firms) < 100 or options.repeats < 1:
        parser.error("give at least 100 firms and one repeat")
    if options.one:
        sys.stdout.write(json.dumps(measure(options.one[0], int(options.one[1]))) + "\n")
        return 0
    rows, absent = compare(options.firms, options.only, options.repeats)
    show(rows, absent)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 0


def measure(module: str, firms: int) -> dict[str, float]:
    """One implementation in this process: CPU ns per firm-step after a first quarter, resident bytes per firm."""
    import psutil

    implementation = next(row for row in IMPLEMENTATIONS if row.module == module)
    make = importlib.import_module(f"benchmarks.{module}").Model
    make(200, SEED).step()  # imports and compiles
    before = psutil.Process().memory_info().rss
    model = make(firms, SEED)
    model.step()
    held = psutil.Process().memory_info().rss - before
    quarters = max(3, int(WORK * implementation.share / firms))
    steps, began = 0.0, time.process_time()
    for _ in range(min(quarters, 150)):
        model.step()
        steps += model.history[-1][0] if hasattr(model, "history") else firms
    return {"ns": (time.process_time() - began) / steps * 1e9, "bytes": held / firms}


def compare(
    sizes: Sequence[int], only: Sequence[str] | None, repeats: int
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Rows of all implementations, each in processes of its own, in turn; and why some are absent."""
    absent: dict[str, str] = {}
    chosen = [row for row in IMPLEMENTATIONS if only is None or row.module in only]
    runs: dict[tuple[int, str], list[dict[str, float]]] = {}
    plan = [(firms, row) for firms in sizes for _ in range(repeats) for row in chosen if firms <= row.largest]
    for firms, row in told(plan):
        if row.label not in absent:
            found = in_a_process(row, firms)
            if isinstance(found, str):
                absent[row.label] = found
            else:
                runs.setdefault((firms, row.label), []).append(found)
    rows = [
        {"implementation": label, "firms": firms, "ns_per_firm_step": median([run["ns"] for run in found]),
         "bytes_per_firm": median([run["bytes"] for run in found])}
        for (firms, label), found in runs.items()
    ]  # fmt: skip
    return rows, absent


def told(plan: list[tuple[int, Implementation]]) -> Iterator[tuple[int, Implementation]]:
    """The runs of a plan, with a bar that names each on a terminal, a line for each elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description:<48}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        task = bars.add_task("", total=len(plan))
        for done, (firms, row) in enumerate(plan):
            bars.update(task, completed=done, description=f"{row.label}, {firms:,} firms")
            if not console.is_terminal:
                sys.stderr.write(f"run {done + 1} of {len(plan)}: {row.label}, {firms:,} firms\n")
                sys.stderr.flush()
            yield firms, row


def in_a_process(row: Implementation, firms: int) -> dict[str, float] | str:
    """Figures of one run, or why there are none."""
    command = [sys.executable, "-m", "benchmarks", "--one", row.module, str(firms)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return done.stderr.strip().splitlines()[-1]
    figures: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return figures


def median(values: list[float]) -> float:
    """The middle value."""
    ordered = sorted(values)
    return ordered[len(ordered) // 2]


def vectors() -> str:
    """The widest vectors that compiled code has on this processor."""
    import llvmlite.binding

    features = llvmlite.binding.get_host_cpu_features()
    named = {"avx512f": "AVX-512", "avx2": "AVX2", "neon": "NEON"}
    return next((name for feature, name in named.items() if features.get(feature)), "narrow vectors")


def show(rows: list[dict[str, Any]], absent: dict[str, str]) -> None:
    """Print the table: ns per firm-step, times the time of ecosim, bytes per firm."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    widest = vectors()
    for firms in sorted({row["firms"] for row in rows}):
        here = [row for row in rows if row["firms"] == firms]
        own = next((row["ns_per_firm_step"] for row in here if row["implementation"] == "ecosim"), None)
        table = Table(title=f"{firms:,} firms, one thread, {platform.machine()} with {widest}")
        table.add_column("implementation", no_wrap=True)
        for name in ("ns per firm-step", "x ecosim", "bytes per firm"):
            table.add_column(name, justify="right")
        for row in here:
            ratio = f"{row['ns_per_firm_step'] / own:.1f}" if own else "–"
            table.add_row(
                row["implementation"], f"{row['ns_per_firm_step']:.0f}", ratio, f"{max(row['bytes_per_firm'], 0):.0f}"
            )
        console.print(table)
    for label, reason in absent.items():
        console.print(f"left out: {label}: {reason}", markup=False, highlight=False)


if __name__ == "__main__":
    sys.exit(main())
