"""Certification criteria, tax and deduction rates, awards and support schemes, each with its dates and its sentence."""

import pandas as pd

from ecosim.data import periods, tables
from ecosim.data.errors import nearest
from ecosim.data.panel import CountsError


def load() -> pd.DataFrame:
    """One number per row with its dates, its source and the sentence that gives it.

    Columns: `key, jurisdiction, rule, parameter, value, text, unit, valid_from, valid_to, note, source, address, quote,
    confidence`. A row is in force from `valid_from` (a time as in the counts; '' is before any date here) to the end
    of `valid_to` ('' is open). `value` is NaN where a rule is words (`text`). Rows with the same `key` and jurisdiction
    follow each other in time.
    """
    return tables.read_numbers("policy_rules", "value")


def hnte_awards() -> pd.DataFrame:
    """Awards in Zhejiang, 10k CNY per firm: `place, level, year, measure, value, unit, source, quote, confidence`."""
    return tables.read_numbers("hnte_awards", "value")


def in_force(key: str, day: str, jurisdiction: str = "China") -> float:
    """The value of a rule on the last day of `day` ('2018-06'), in the unit of its row.

    Raises CountsError where the name is unknown or no dated row covers that day.
    """
    rules = load()
    rows = rules[(rules["key"] == key) & (rules["jurisdiction"] == jurisdiction)]
    if rows.empty:
        raise CountsError(f"no rule {key!r} of {jurisdiction}; {nearest(key, set(rules['key']))}")
    last = periods.origin_date(day)
    spans = list(zip(rows["valid_from"].tolist(), rows["valid_to"].tolist(), rows["value"].tolist(), strict=True))
    for begin, end, value in spans:
        if (not begin or periods.parse(begin).start <= last) and (not end or periods.parse(end).end >= last):
            return float(value)
    known = ", ".join(f"{begin or '...'} to {end or '...'}" for begin, end, _ in spans)
    raise CountsError(f"rule {key!r} of {jurisdiction} has no value for {day}; it is carried for {known}")
