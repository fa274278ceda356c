"""`python -m benchmarks.member`: one member of pinghu_2017, and beside it the firm rules of the first version alone.

The first version's kernel: closing, growth, R&D, notch, knowledge, patents, productivity, awareness, certification, the
census and founding, compiled from the same files at the same commit, without people, credit, places, institutes,
knowledge from outside, arrivals, books and policies. State the ratio; a time alone means little on a shared machine.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from ecosim.behaviors import (
    awareness,
    certification,
    decisions,
    entry,
    exit,
    growth,
    innovation,
    knowledge,
    notch,
    productivity,
    research,
)
from ecosim.behaviors.decisions import BLOCK, ROOM, Behaviors, draw_life, grow_older, rows_between
from ecosim.behaviors.scratch import SCRATCH
from ecosim.data.periods import QUARTERS_PER_YEAR
from ecosim.door.build import build_region
from ecosim.door.compose import compose
from ecosim.forecast.playground import ecosystem
from ecosim.model import survey as census
from ecosim.model.compiled import kernel
from ecosim.model.ecosystem import DECISION_QUARTER, EcosystemModel
from ecosim.model.firms import Columns
from ecosim.model.survey import Survey
from ecosim.model.terms import Terms

QUARTERS = 40


@kernel
def first_rules(
    b: Behaviors, firms: Columns, terms: Terms, survey: Survey, decides: bool, key: Any, quarter: Any, top: int,
    room: Any,
) -> None:  # fmt: skip
    """The rules of the first version on every block. room: (ROOM, BLOCK) scratch."""
    work, life = room[:SCRATCH], room[SCRATCH:]
    for start in range(0, top, BLOCK):
        block = rows_between(firms, start, min(start + BLOCK, top))
        draw_life(block, key, quarter, life)
        exit.act(b.exit, block, terms, survey, life[1], work)
        grow_older(block)
        growth.act(b.growth, block, survey, life[0], work)
        decisions.classify(block, survey.known.shape[0])
        research.participate(b.participation, block, terms, life[2], work)
        research.spend(b.intensity, block, terms, 0.0, work)
        if decides:
            notch.act(b.notch, block, terms, key, quarter, work)
        knowledge.act(b.knowledge, block, work)
        innovation.act(b.innovation, block, terms, survey, 0.0, key, quarter, work)
        productivity.act(b.productivity, b.knowledge, block, survey, 0.0, key, quarter, work)
        awareness.act(b.awareness, block, terms, survey, key, quarter, work)
        certification.act(b.certification, block, terms, (0.0, 0.0), decides, key, quarter, work)


def prepare(firms: int) -> EcosystemModel:
    """Pinghu's firms on the eve of the package, after nine years under the rules of the time."""
    settings = compose(["+scenario=pinghu_2017"]).settings
    region = build_region(settings.region)
    model = ecosystem(firms=firms, region=region, policies=settings.policies)
    del model.datacollector
    return model


def whole(ready: EcosystemModel) -> tuple[float, int]:
    """CPU seconds of a member of 40 quarters under the package, and its firm-steps."""
    model, steps = ready.fork(), 0
    began = time.process_time()
    for _ in range(QUARTERS):
        model.step()
        steps += int(model.survey.totals[census.FIRMS])
    return time.process_time() - began, steps


def first(ready: EcosystemModel) -> tuple[float, int]:
    """The same of the first version's kernel: rules, census and founders; nobody is closed, so that firms stay."""
    model = ready.fork()
    model.revise_terms()
    behaviors, columns, top = ready.rules.behaviors, model.firms.columns, model.firms.top  # type: ignore[attr-defined]
    lift = np.ones(model.terms.founding.size)
    parents, uids, room = np.empty(top, np.int64), np.empty(top, np.uint64), np.empty((ROOM, BLOCK))
    began = time.process_time()
    for step in range(1, QUARTERS + 1):
        quarter = np.uint64(model.quarter + step)
        decides = (model.quarter + step) % QUARTERS_PER_YEAR == DECISION_QUARTER
        first_rules(behaviors, columns, model.terms, model.survey, decides, model.luck, quarter, top, room)
        census.take(columns, top, model.survey)
        entry.spawn(0.02, lift, columns, model.luck, quarter, top, parents, uids)
    return time.process_time() - began, QUARTERS * len(ready.firms)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print milliseconds of a member, ns per firm-step of both, and their ratio; medians of paired runs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.member", description=__doc__)
    parser.add_argument("--firms", type=int, default=5_200)
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args(arguments)
    ready = prepare(options.firms)
    whole(ready), first(ready)  # compiles
    pairs = [(*whole(ready), *first(ready)) for _ in range(options.repeats)]
    member = np.array([seconds for seconds, *_ in pairs]) * 1e3
    ours, theirs = (np.array([pair[k] / pair[k + 1] * 1e9 for pair in pairs]) for k in (0, 2))
    sys.stdout.write(
        f"a member of {QUARTERS} quarters from {len(ready.firms):,} firms: median {np.median(member):.1f} ms, "
        f"least {member.min():.1f} ms of one core\n"
        f"whole model {np.median(ours):.0f} ns per firm-step, first version's kernel {np.median(theirs):.0f} ns: "
        f"x {np.median(ours / theirs):.2f}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
