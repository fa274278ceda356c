"""What members draw of the levels that a place starts from."""

from types import SimpleNamespace

import numpy as np
import pytest

from ecosim.calibration.inherit import Level
from ecosim.data.periods import quarter_index
from ecosim.forecast.ensemble import level_draws
from ecosim.forecast.future import flow_sd

END_2016 = quarter_index("2016-12")


def logs_of(world, members=4000):
    """Logs of what each member multiplies the stocks of both rungs and the flow of the first by, (members, 3)."""
    return np.log([level_draws(world, member) for member in range(members)])


@pytest.mark.parametrize("luck", [7, 2**31 + 7, 2**32 - 1])
def test_each_rung_is_as_unsure_as_its_own_level_and_an_unknown_flow_follows_its_stock(make_world, luck):
    logs = logs_of(make_world(END_2016, 2016, 4, level_sd=(0.4, 0.2), flow_sd=0.3, flow_of_stock=True, luck=luck))
    assert logs.std(axis=0) == pytest.approx([0.4, 0.2, np.hypot(0.2, 0.3)], rel=0.05)  # 4.5 standard errors
    assert np.abs(logs.mean(axis=0)).max() < 4 * 0.4 / np.sqrt(4000)
    correlation = np.corrcoef(logs.T)
    assert correlation[1, 2] == pytest.approx(0.2 / np.hypot(0.2, 0.3), abs=0.05)
    assert np.abs(correlation[0, 1:]).max() < 0.07


def test_levels_of_two_places_of_a_sum_err_each_by_itself(make_world):
    wide = {"level_sd": (0.4, 0.2), "flow_sd": 0.3, "flow_of_stock": True}
    one, other = (logs_of(make_world(END_2016, 2016, 4, luck=luck, **wide)) for luck in (5, 6))
    assert np.abs([np.corrcoef(one[:, k], other[:, k])[0, 1] for k in range(3)]).max() < 0.07


def test_a_flow_that_was_counted_is_as_it_was(make_world):
    logs = logs_of(make_world(END_2016, 2016, 4, level_sd=(0.4, 0.2)), members=3)
    assert (logs[:, 2] == 0.0).all()


def test_a_flow_that_was_not_taken_from_its_stock_errs_by_itself(make_world):
    logs = logs_of(make_world(END_2016, 2016, 4, level_sd=(0.4, 0.2), flow_sd=0.3))
    assert logs[:, 2].std() == pytest.approx(0.3, rel=0.05)
    assert abs(np.corrcoef(logs.T)[1, 2]) < 0.07


@pytest.mark.parametrize(
    ("flow", "stock", "taken", "beyond"),
    [
        (0.5, 0.3, True, 0.4),
        (0.5, None, True, 0.5),
        (0.3, 0.5, True, 0.0),
        (None, 0.3, True, 0.4),
        (0.5, 0.3, False, 0.5),
    ],
)
def test_the_doubt_of_a_flow_taken_from_its_stock_is_what_that_of_the_stock_leaves(flow, stock, taken, beyond):
    named = {"tech_sme_new": flow, "tech_sme_stock": stock}
    levels = {
        name: Level(9.0, sd, "assumption", "", "2016", "", from_stock=taken)
        for name, sd in named.items()
        if sd is not None
    }
    assert flow_sd(SimpleNamespace(levels=levels)) == pytest.approx(beyond)
