"""The instruments of a package as a table: what they are called, whose they are, their numbers in words."""

import dataclasses
from typing import TYPE_CHECKING

import pandas as pd

from ecosim.data.periods import quarter_label
from ecosim.policies.eligibility import Eligibility
from ecosim.policies.schedule import Schedule
from ecosim.policies.shelf import Instrument

if TYPE_CHECKING:
    from ecosim.forecast.job import Job


def table(job: "Job") -> pd.DataFrame:
    """Instruments of a package: name, label, label_zh, family, numbers, in_baseline, source."""
    rows = []
    for name, row in job.policies.items():
        fields = {field.name: getattr(row.policy, field.name) for field in dataclasses.fields(row.policy)}  # type: ignore[arg-type]
        if fields.get("ration") != "score":  # by what they are ranked that way
            fields.pop("score", None)
        told = ((key, numbers_of(value)) for key, value in fields.items())
        numbers = [f"{key}: {words}" for key, words in told if words]
        kept = not is_other(row, job.baseline_policies.get(name))
        rows.append((name, row.label, row.label_zh, row.family, "; ".join(numbers), kept, row.source))
    columns = ["instrument", "label", "label_zh", "family", "numbers", "in_baseline", "source"]
    return pd.DataFrame(rows, columns=columns)


def is_other(row: Instrument, theirs: Instrument | None) -> bool:
    """Whether an instrument is not simply the baseline's."""
    return theirs is None or theirs.policy != row.policy


def numbers_of(value: object) -> str:
    """What a field of an instrument says: steps with quarters, a number, a table, dates of places, names, classes.

    '20 from 2017-Q3, 30 from 2021-Q1'; '0.5'; 'electronics 0.2, optics 0.1'; 'old_town from 2017-Q1'; 'lottery';
    'sectors electronics or optics, sizes small'. Empty for others, and for classes where all are eligible.
    """
    if isinstance(value, Eligibility):
        some = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return ", ".join(f"{name} {' or '.join(classes)}" for name, classes in some.items() if classes)
    if isinstance(value, str):
        return value
    if isinstance(value, Schedule):
        steps = ((f"{number:g}", start) for start, number in value)
        return ", ".join(number + (f" from {quarter_label(start)}" if start > 0 else "") for number, start in steps)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:g}"
    if isinstance(value, dict) and all(isinstance(number, int | float) for number in value.values()):
        return ", ".join(f"{name} {number:g}" for name, number in value.items())
    if isinstance(value, tuple) and all(isinstance(name, str) for name in value):
        return ", ".join(value)
    if isinstance(value, tuple) and all(isinstance(pair, tuple) and isinstance(pair[-1], int) for pair in value):
        return ", ".join(f"{place} from {quarter_label(start)}" for place, start in value)
    return ""
