"""Years, quarters, months and days as the counts write them, and the quarter as a number."""

import re
from calendar import monthrange
from datetime import date
from functools import lru_cache
from typing import NamedTuple

QUARTERS_PER_YEAR = 4


class Period(NamedTuple):
    """A stretch of time with its first and last day."""

    start: date
    end: date
    frequency: str  # year, quarter, month or day


@lru_cache(maxsize=4096)
def parse(text: str) -> Period:
    """'2022', '2022-Q3', '2022-09' or '2022-09-30' as a period.

    Raises ValueError where the text is none of these.
    """
    if re.fullmatch(r"[0-9]{4}", text):
        year = int(text)
        return Period(date(year, 1, 1), date(year, 12, 31), "year")
    if match := re.fullmatch(r"([0-9]{4})-Q([1-4])", text):
        year, quarter = int(match[1]), int(match[2])
        return Period(date(year, 3 * quarter - 2, 1), _last_day(year, 3 * quarter), "quarter")
    if match := re.fullmatch(r"([0-9]{4})-([0-9]{2})", text):
        year, month = int(match[1]), int(match[2])
        if not 1 <= month <= 12:
            raise ValueError(f"{text!r} has no month {month}; write '2022-09'")
        return Period(date(year, month, 1), _last_day(year, month), "month")
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no time; write '2022', '2022-Q3', '2022-09' or '2022-09-30'") from None
    return Period(day, day, "day")


def _last_day(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def origin_date(origin: str) -> date:
    """The last day that is known at a forecast origin, '2016-12' -> 2016-12-31."""
    return parse(origin).end


def quarter_index(text: str) -> int:
    """The quarter that holds the last day of a period, as year * 4 + (quarter - 1)."""
    end = parse(text).end
    return end.year * QUARTERS_PER_YEAR + (end.month - 1) // 3


def quarter_label(index: int) -> str:
    """8067 -> '2016-Q4'."""
    return f"{index // QUARTERS_PER_YEAR}-Q{index % QUARTERS_PER_YEAR + 1}"


def year_of(index: int) -> int:
    """The calendar year of a quarter index."""
    return index // QUARTERS_PER_YEAR
