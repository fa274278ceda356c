"""The name of a run in MLflow says what the command line changed."""

import pytest

from ecosim.door.compose import compose
from ecosim.door.told import overridden


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ([], []),
        (["seed=7", "workers=2", "tracking.enabled=true", "execution=local", "study=forecast"], []),
        (["members=20"], ["members=20"]),
        (
            ["policies.hnte_award.amount=60", "origin=2018-12", "members=20", "study=decompose"],
            ["study=decompose", "members=20", "origin=2018-12", "hnte_award.amount=60"],
        ),
        (
            ["~policies.discovery_visits", "horizon=2024", "delivery_sd=0.2", "region=anhui"],
            ["without discovery_visits", "horizon=2024", "and 2 more"],
        ),
    ],
)
def test_what_was_overridden_is_named_study_members_and_origin_first(words: list[str], named: list[str]) -> None:
    assert overridden(compose(["+scenario=pinghu_2017", *words])) == named


def test_a_study_that_is_the_name_is_not_named_twice() -> None:
    assert overridden(compose(["study=backtest"])) == []
