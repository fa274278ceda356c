"""What a run says of the number of its futures and of their firms."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from ecosim.forecast.sampling_told import monte_carlo, short_pools


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


def futures(*short, firms=3000):
    """As many futures as there are tuples of the flows that their firms could not reach."""
    scenario = SimpleNamespace(yearly=dict.fromkeys(("hnte_new", "tech_sme_new", "firms")))
    runs = [SimpleNamespace(short=names) for names in short]
    return SimpleNamespace(runs=runs, scenario=scenario, anchor=SimpleNamespace(firms=firms))


def test_flows_that_futures_have_too_few_firms_for_are_told_once_the_earlier_where_most_of_them_do():
    outlook = futures(("hnte_new", "tech_sme_new"), ("hnte_new",), ("hnte_new",), ())
    (often,) = short_pools(outlook, often=True)
    assert often.startswith(
        "Of 3,000 firms fewer could apply than the origin needs for new high-tech enterprises (in 3 of 4 futures) and "
    )
    assert "technology SMEs newly listed (in 1 of 4 futures)" in often
    assert "raise firms in its region file" in often
    assert short_pools(outlook, often=False) == []


def test_half_of_the_futures_are_not_most_of_them():
    outlook = futures(("hnte_new",), ())
    assert short_pools(outlook, often=True) == []
    assert len(short_pools(outlook, often=False)) == 1


def test_enough_firms_are_not_spoken_of():
    outlook = futures((), (), ())
    assert short_pools(outlook, often=True) == short_pools(outlook, often=False) == []
    outlook = futures(("hnte_new",), ("hnte_new",))
    del outlook.scenario.yearly["hnte_new"]
    assert short_pools(outlook, often=True) == []


def test_both_flows_stand_in_one_sentence():
    (told,) = short_pools(futures(("hnte_new", "tech_sme_new")), often=True)
    assert "(in 1 of 1 futures) and " in told
