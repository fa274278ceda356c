"""What a run says of the number of its futures."""

import re

import numpy as np
import pytest

from ecosim.forecast.sampling_told import monte_carlo


def percents(sentence):
    return [float(number) for number in re.findall(r"within ([\d.]+) %", sentence)]


@pytest.mark.parametrize("count", [60, 200, 1000])
def test_a_run_says_how_far_other_futures_would_move_what_it_shows(count):
    members = np.random.default_rng(2).lognormal(sigma=0.5, size=(1000, count))
    told = [monte_carlo({"firms": np.stack([row, row], axis=1)}, "2025") for row in members[:100]]
    median, ends = np.mean([percents(sentence) for sentence in told], axis=0) / 100
    spread = [np.quantile(np.log(members), level, axis=1).std() for level in (0.5, 0.05, 0.95)]
    assert median == pytest.approx(spread[0], rel=0.15)
    assert 1.0 < ends / max(spread[1:]) < 1.5  # the larger of two estimates
    assert f"members={4 * count} halves that" in told[0]


def test_the_errors_told_are_those_of_the_last_year_from_the_steadiest_target_to_the_other_one():
    luck = np.random.default_rng(3).lognormal(size=(100, 2))
    wild, mild = luck, 5.0 + luck
    alone = [percents(monte_carlo({"firms": values}, "2025")) for values in (wild, mild)]
    both = monte_carlo({"wild": wild, "mild": mild}, "2025")
    assert all(f"within {low:.2g} to {high:.2g} %" in both for high, low in zip(*alone, strict=True))
    assert percents(monte_carlo({"firms": wild[:, ::-1]}, "2025")) != alone[0]


def test_members_that_agree_leave_no_error():
    for value in (0.0, 0.1, 1.0):
        assert percents(monte_carlo({"firms": np.full((100, 2), value)}, "2025")) == [0.0, 0.0]


def test_few_futures_are_said_to_be_few():
    told = monte_carlo({"firms": np.ones((20, 3))}, "2025")
    assert told.startswith("20 futures are few: the ends of the 90 % intervals rest on the outermost one or two of")
