"""Numbers in sentences never need a calculator."""

import pytest

from ecosim.data.digits import plain


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1394.2, "1,394"),
        (11234.0, "11,234"),
        (99.96, "100"),
        (79.0, "79"),
        (2.016, "2.02"),
        (0.0, "0"),
    ],
)
def test_counts_are_whole_with_thousands_separated_and_never_powers_of_ten(value, words):
    assert plain(value) == words
