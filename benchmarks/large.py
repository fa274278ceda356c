"""`python -m benchmarks.large --firms 10000000`: 40 quarters of many firms in this one process, their time and memory.

With --whole the firms are those of pinghu_2017 under its package, at any size; without it those of the reference model;
with --ratio both in alternation. Few firms are run several times, as many as fit into two seconds of each: a run of
milliseconds says little. The median is told.
"""

import argparse
import resource
import sys
import time
from collections.abc import Callable, Sequence
from statistics import median

from benchmarks import ecosim_engine

QUARTERS, YEAR = 40, 4
SECONDS = 2.0

Begin = Callable[[], Callable[[], int]]  # gives a quarter of a model at its start, which gives its firms


def reference(firms: int) -> tuple[Begin, int]:
    """The reference model on the engine, and bytes of state for a row."""
    ecosim_engine.Model(200, 7).step()  # compiles

    def begin() -> Callable[[], int]:
        model = ecosim_engine.Model(firms, 7)

        def step() -> int:
            model.step()
            return int(model.history[-1][ecosim_engine.FIRMS])

        return step

    few = ecosim_engine.Model(1, 7)
    return begin, few.state_bytes // few.columns.uid.size


def whole(firms: int) -> tuple[Begin, int]:
    """The whole model on the eve of the package after nine years, and bytes of state for a row."""
    from benchmarks.member import prepare
    from ecosim.model import survey

    first = prepare(300).fork()
    for _ in range(YEAR + 1):  # compiles, what happens once a year too
        first.step()
    ready = prepare(firms)

    def begin() -> Callable[[], int]:
        model = ready.fork()

        def step() -> int:
            model.step()
            return int(model.survey.totals[survey.FIRMS])

        return step

    return begin, sum(column[:1].nbytes for column in ready.firms.columns)


def run(begin: Begin, quarters: int) -> tuple[float, float]:
    """CPU seconds of a run, and of one of its firm-steps."""
    step, began, steps = begin(), time.process_time(), 0
    for _ in range(quarters):
        steps += step()
    seconds = time.process_time() - began
    return seconds, seconds / steps


def measure(begin: Begin, quarters: int) -> tuple[float, float]:
    """CPU seconds of a run, and of one firm-step: medians of as many runs as fit."""
    runs: list[tuple[float, float]] = []
    spent = 0.0
    while not runs or spent + runs[-1][0] < SECONDS:
        runs.append(run(begin, quarters))
        spent += runs[-1][0]
    return median(seconds for seconds, _ in runs), median(each for _, each in runs)


def ratio(firms: int, quarters: int) -> tuple[float, float, float]:
    """CPU seconds of a firm-step of the reference model and of the whole one, and their ratio: medians of pairs."""
    small, all_, pairs = reference(firms)[0], whole(firms)[0], []
    spent = last = 0.0
    while not pairs or spent + last < 2.0 * SECONDS:
        (one, few), (other, many) = run(small, quarters), run(all_, quarters)
        pairs.append((few, many, many / few))
        last = one + other
        spent += last
    few, many, times = (median(values) for values in zip(*pairs, strict=True))
    return few, many, times


def main(arguments: Sequence[str] | None = None) -> int:
    """Print CPU seconds, ns per firm-step, bytes of state for a row, and the peak of the process's memory."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.large", description=__doc__)
    parser.add_argument("--firms", type=int, default=10_000_000)
    parser.add_argument("--quarters", type=int, default=QUARTERS)
    parser.add_argument("--whole", action="store_true", help="the whole model in place of the reference model")
    parser.add_argument("--ratio", action="store_true", help="both models, and how many times the time one takes")
    options = parser.parse_args(arguments)
    if options.ratio:
        few, many, times = ratio(options.firms, options.quarters)
        sys.stdout.write(
            f"{options.firms:,} firms, {options.quarters} quarters: reference model {few * 1e9:.1f} ns per firm-step, "
            f"whole model {many * 1e9:.1f}, x {times:.1f}\n"
        )
        return 0
    begin, state = (whole if options.whole else reference)(options.firms)
    seconds, each = measure(begin, options.quarters)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    sys.stdout.write(
        f"{options.firms:,} firms, {options.quarters} quarters: {seconds:.3g} s of one core, "
        f"{each * 1e9:.0f} ns per firm-step, {state} bytes of state a row, "
        f"{peak / 1e6:,.0f} MB at the peak of the process\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
