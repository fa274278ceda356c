"""Numbers in sentences never need a calculator."""

import pytest

from ecosim.data.digits import four, plain


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


@pytest.mark.parametrize(
    ("value", "words"),
    [(122807.4, "122,807"), (999.96, "1,000"), (143.26, "143.3"), (496.0, "496"), (8.8, "8.8"), (0.37824, "0.3782")],
)
def test_a_number_of_a_calculation_has_four_digits_at_least(value, words):
    assert four(value) == words
