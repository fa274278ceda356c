"""The few numbers and charts that a reader meets first: which targets and years, and whether there is an effect."""

import pandas as pd
import pytest

from ecosim.door.headline import has_effect, headline_years, shown_targets


@pytest.mark.parametrize(
    ("years", "shown"), [(range(2017, 2026), ["2020", "2025"]), (range(2017, 2020), ["2019"]), ((), [])]
)
def test_the_nearer_year_is_the_fourth_where_there_are_as_many(years, shown) -> None:  # type: ignore[no-untyped-def]
    assert headline_years(pd.DataFrame({"time": list(years)[::-1]})) == shown


def test_targets_are_those_asked_for_and_six_at_most() -> None:
    forecast = pd.DataFrame({"target": [*"abcdefgh", "a"]})
    assert shown_targets(["h", "x", "b"], forecast) == ["h", "b"]
    assert shown_targets(["x"], forecast) == list("abcdef")
    assert shown_targets("hgfedcba", forecast) == list("hgfedc")


def test_one_number_that_is_not_zero_is_an_effect() -> None:
    assert has_effect(pd.DataFrame({"value": [0.0, 0.0, -1.0]}))
    assert not has_effect(pd.DataFrame({"value": [0.0, 0.0]}))
    assert not has_effect(pd.DataFrame({"value": []}))
