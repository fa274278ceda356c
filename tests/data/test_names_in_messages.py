"""Which names a message suggests, and how many it lists."""

import pytest

from ecosim.data.errors import nearest
from ecosim.data.naming import some


@pytest.mark.parametrize(
    ("name", "valid"), [("--nope", "--port"), ("nope", "compare"), ("nothing", "problem_matching")]
)
def test_a_far_fetched_name_is_not_suggested(name: str, valid: str) -> None:
    assert nearest(name, [valid]) == f"valid: {valid}"


@pytest.mark.parametrize(("name", "valid"), [("lgo", "log"), ("pinghu", "pinghu_2017"), ("national", "national_rules")])
def test_a_close_name_is_suggested_before_all_of_them(name: str, valid: str) -> None:
    assert nearest(name, [valid, "entirely"]).startswith(f"did you mean {valid!r}? valid: ")


def test_of_many_names_the_first_are_listed_and_the_others_counted() -> None:
    assert some(["a", "b", "c"]) == "a, b, c"
    assert some(dict.fromkeys("abcde")) == "a, b, c and 2 more"
    assert some(["a", "b"], 1) == "a and 1 more"
