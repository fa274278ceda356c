"""Rows by a mark: the vector instructions list what a plain search lists."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from numba.core.errors import TypingError

from ecosim.model import listing
from ecosim.model.listing import one_by_one, rows_with

KINDS = (np.int8, np.uint8, np.uint16, np.int64)


@settings(deadline=None)  # the first example compiles
@given(
    kind=st.sampled_from(KINDS),
    marks=st.lists(st.integers(0, 127), max_size=70),
    bit=st.integers(0, 6),
)
def test_the_rows_with_a_bit_are_listed_in_order_and_nothing_is_written_behind_them(kind, marks, bit):
    marks, rows = np.array(marks, kind), np.full(80, -1)
    count = rows_with(kind(1 << bit), marks, rows[: max(marks.size, 1)])
    assert rows[:count].tolist() == np.flatnonzero(marks & (1 << bit)).tolist()
    assert set(rows[max(marks.size, 1) :]) == {-1}


@pytest.mark.parametrize("kind", KINDS)
def test_processors_without_the_instructions_list_the_same(kind):
    marks = np.random.default_rng(1).integers(0, 8, 1_003).astype(kind)
    fast, slow = np.empty(marks.size, np.int64), np.empty(marks.size, np.int64)
    count = rows_with(kind(2), marks, fast)
    assert count == one_by_one(kind(2), marks, 0, marks.size, slow, 0)
    assert fast[:count].tolist() == slow[:count].tolist()
    assert 0 < count < marks.size


def test_the_whole_list_is_the_same_where_rows_are_listed_one_by_one():
    code = (
        "import numpy as np; from ecosim.model import listing; assert not listing.WHOLE; "
        "marks = np.random.default_rng(1).integers(0, 8, 1_003).astype(np.int8); rows = np.full(1_003, -1); "
        "count = listing.rows_with(np.int8(2), marks, rows); "
        "assert rows[:count].tolist() == np.flatnonzero(marks & 2).tolist(); "
        "assert listing.append_eight(np.int8(2), marks, 16, rows, 5) == np.count_nonzero(marks[16:24] & 2)"
    )
    plain = {**os.environ, "NUMBA_CPU_FEATURES": "+sse2"}
    done = subprocess.run([sys.executable, "-c", code], env=plain, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_a_list_of_eight_rows_is_appended_to_what_is_listed():
    marks, rows = np.zeros(24, np.int8), np.full(11, 99)
    marks[[9, 11, 15, 16]] = 1
    assert listing.append_eight(np.int8(1), marks, 8, rows, 2) == 3
    assert rows[:5].tolist() == [99, 99, 9, 11, 15]
    assert rows[10] == 99  # at most eight rows are written


@njit
def twice(marks, rows):
    first = listing.append_eight(np.int8(1), marks, 0, rows, 0)
    return first + listing.append_eight(np.int8(1), marks, 8, rows, first)


def test_one_loop_may_list_eight_rows_more_than_once():
    rows = np.zeros(16, np.int64)
    assert twice(np.ones(16, np.int8), rows) == 16
    assert rows.tolist() == list(range(16))


@pytest.mark.skipif(not listing.WHOLE, reason="this processor lists one row after another")
def test_marks_and_rows_that_do_not_lie_as_the_instructions_take_them_are_refused():
    for marks, rows in (
        (np.ones(32, np.int8)[::2], np.zeros(16, np.int64)),
        (np.ones(16, np.int8), np.zeros(32, np.int64)[::2]),
        (np.ones(16, np.int8), np.zeros(16, np.int32)),
    ):
        with pytest.raises(TypingError, match="both lie one after another"):
            rows_with(np.int8(1), marks, rows)
