"""Find the factor on talent programs at which talent_first costs what subsidy_first costs, in median outlay.

Run as `python experiments/policy_families/balance.py`; `--write` puts the factor into the scenario's file, `--members`
and `--seed` change the ensemble on which the medians are taken.
"""

import argparse
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ecosim.calibration import indirect
from ecosim.data.errors import UserError
from ecosim.door.build import build_job, build_policies
from ecosim.door.compose import compose
from ecosim.door.library import config_dir
from ecosim.forecast.coalitions import Package
from ecosim.forecast.ensemble import run_members
from ecosim.forecast.future import Outlook, look_ahead
from ecosim.forecast.job import Clock, Job, match, read_estimates

FIXED, SCALED, GROUP = "subsidy_first", "talent_first", "talent"
CLOSE = 0.002  # of the outlay; the test asks for 0.02
LARGEST = 64.0
STEPS = 24


class BalanceError(UserError, ValueError):
    """Packages whose costs cannot be made equal."""


def quiet(*_: object) -> None:
    """Progress that nobody sees."""


def say(line: str) -> None:
    """One line for the reader."""
    print(line, flush=True)  # noqa: T201


def foresee(overrides: Sequence[str], progress: Callable[[str, int, int], None] = quiet) -> tuple[Job, Outlook]:
    """The job of a scenario and its futures, without the tables of a run."""
    job = build_job(compose(overrides), Path.cwd())
    priors = read_estimates(job.behaviors)
    estimates = indirect.apply(priors, match(job, priors, job.origin, quiet).found)
    return job, look_ahead(job, estimates, job.origin, job.horizon, job.members, progress, Clock())


def outlay(job: Job, outlook: Outlook, overrides: Sequence[str]) -> float:
    """Median over members of what a scenario's package pays from the origin to the horizon, 10k CNY.

    The futures are those of the outlook, so all packages are paid in the same worlds with the same luck.
    """
    rows, baseline = build_policies(compose(overrides))
    policies = {name: row.policy for name, row in rows.items()}
    package = set(Package.of(rows, baseline).instruments)
    runs = run_members(outlook.world, [policies], outlook.paths, job.members, job.workers, quiet)[0]
    return float(
        np.median([sum(amount for (name, _), amount in run.outlay.items() if name in package) for run in runs])
    )


def solve(cost: Callable[[float], float], wanted: float, tell: Callable[[str], None]) -> float:
    """The factor at which a rising cost is the wanted one. Raises BalanceError where no factor reaches it."""
    low, high = 1 / LARGEST, LARGEST
    factor, before = 1.0, (0.0, 0.0)  # the factor before and its cost
    for _ in range(STEPS):
        found = cost(factor)
        tell(f"  factor {factor:8.4f}: {found:12,.1f} ({100 * (found / wanted - 1):+.2f} %)")
        if abs(found / wanted - 1) <= CLOSE:
            return factor
        low, high = (factor, high) if found < wanted else (low, factor)
        if high / low < 1 + 1e-6:
            break
        slope = (found - before[1]) / (factor - before[0])
        guess = factor + (wanted - found) / slope if slope > 0 else high
        before = (factor, found)
        factor = guess if low < guess < high else float(np.sqrt(low * high))
    raise BalanceError(
        f"no factor up to {LARGEST:g} makes {SCALED} cost {wanted:,.0f}; change its rows or those of {FIXED}"
    )


def main(arguments: Sequence[str] | None = None) -> float:
    """Print the figures, and the factor last."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--members", type=int, default=200)
    parser.add_argument("--seed", type=int, default=2017)
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args(arguments)
    more = [f"members={given.members}", f"seed={given.seed}"]
    more += [f"workers={given.workers}"] if given.workers else []
    job, outlook = foresee([f"+scenario={FIXED}", *more])
    wanted = outlay(job, outlook, [f"+scenario={FIXED}", *more])
    about = f"to {job.horizon}, {given.members} members, seed {given.seed}"
    say(f"{FIXED}: median outlay {wanted:,.1f} x 10k CNY {about}")

    def cost(factor: float) -> float:
        return outlay(job, outlook, [f"+scenario={SCALED}", f"intensity.{GROUP}={factor:.4f}", *more])

    factor = round(solve(cost, wanted, say), 4)
    say(f"{SCALED}: intensity.{GROUP}={factor}")
    if given.write:
        write(config_dir() / "scenario" / f"{SCALED}.yaml", factor)
    return factor


def write(path: Path, factor: float) -> None:
    """Put the factor into the scenario file, in its place."""
    line = rf"^(  {GROUP}: )\S+"
    text, changed = re.subn(line, rf"\g<1>{factor}", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    if changed != 1:
        raise BalanceError(f"{path} has no line '  {GROUP}: factor' under intensity; add it")
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
