"""From estimated growth to conditions, by hand."""

import numpy as np
import pytest

from ecosim.calibration.growth import Growth
from ecosim.forecast import shifts
from ecosim.forecast.shifts import LARGEST_SHIFT, Structure, member_paths, missing_share, to_conditions

Q4_2016 = 2016 * 4 + 3
Q2_2018 = 2018 * 4 + 1


@pytest.fixture
def growth():
    """Drift 0.2 a year, damped by half; a local sd of 0.3 and an uncertainty of drift of 0.4."""
    return Growth(
        target="rd_expenditure",
        base_year=2016,
        locations=("Here",),
        drift=np.array([0.2]),
        drift_sd=np.array([0.4]),
        local_scale=np.array([0.3]),
        common_scale=np.array([0.1, 0.1]),
        common_df=6.0,
        measurement_sd=0.05,
        damping=np.array([0.5, 0.5]),
        scale=np.array([1.0, 1.0]),
        origins=np.array([0, 0]),
        years=(2014, 2015, 2016),
        pooled_drift=0.1,
        pooled_drift_sd=0.1,
        pooled_local_scale=0.2,
        borrowed_from="rd_expenditure",
        basis="made up",
    )


def structure(sd, center=(0.0, 0.0)):
    return Structure({"rd_expenditure": np.array(center)}, {"rd_expenditure": np.array(sd)})


def path(**rows):
    return {name: np.array(values, dtype=float) for name, values in rows.items()}


def test_certificates_take_the_shift_of_their_year():
    conditions = to_conditions(path(high_tech=[[1, 3]]), 0, Q4_2016, 8, 2016)
    assert conditions.high_tech.tolist() == [1, 1, 1, 1, 3, 3, 3, 3]


def test_growth_of_sales_is_the_yearly_step_over_four_quarters():
    conditions = to_conditions(path(demand=[[0.4, 1.0]]), 0, Q4_2016, 8, 2016)
    assert conditions.demand == pytest.approx([0.1] * 4 + [0.15] * 4)


def test_levels_of_flows_are_straight_between_the_middles_of_years():
    conditions = to_conditions(path(research=[[2, 4]]), 0, Q4_2016, 8, 2016)
    assert conditions.research == pytest.approx([1.25, 1.75, 2.25, 2.75, 3.25, 3.75, 4.0, 4.0])
    assert conditions.research[:4].mean() == pytest.approx(2.0)


def test_a_channel_without_a_path_stays_neutral():
    conditions = to_conditions(path(research=[[2, 4]]), 0, Q4_2016, 8, 2016)
    assert not any(np.any(values) for name, values in conditions._asdict().items() if name != "research")


def test_each_member_takes_its_own_row():
    conditions = to_conditions(path(high_tech=[[1, 3], [5, 7]]), 1, Q4_2016, 8, 2016)
    assert conditions.high_tech[[0, -1]].tolist() == [5, 7]


def test_from_a_middle_of_a_year_the_first_shift_holds_for_its_last_quarters():
    conditions = to_conditions(path(high_tech=[[1, 3]], research=[[2, 4]]), 0, Q2_2018, 6, 2017)
    assert conditions.high_tech.tolist() == [1, 1, 3, 3, 3, 3]
    assert conditions.research[:2] == pytest.approx([2.25, 2.75])


def test_after_the_last_year_the_last_shift_holds_and_growth_keeps_its_step():
    conditions = to_conditions(path(high_tech=[[1, 3]], research=[[2, 4]]), 0, Q4_2016, 12, 2016)
    assert conditions.high_tech[8:].tolist() == [3, 3, 3, 3]
    assert conditions.research[8:].tolist() == [4, 4, 4, 4]


def test_what_the_model_varies_by_itself_is_not_added_again(growth):
    # of the model's own variance 0.09 the drift's error covers (0.5 x 0.4) squared = 0.04; local shocks have 0.09
    assert missing_share(growth, structure([0.3, 0.3]), "rd_expenditure", "Here") == pytest.approx(2 / 3)


def test_nothing_is_added_where_the_model_varies_more_than_the_counts(growth):
    assert missing_share(growth, structure([0.6, 0.6]), "rd_expenditure", "Here") == 0.0


def test_all_is_added_to_a_count_that_the_pilot_does_not_know(growth):
    assert missing_share(growth, Structure({}, {}), "rd_expenditure", "Here") == 1.0


def test_a_place_outside_the_panel_has_the_pooled_variance(growth):
    assert missing_share(growth, structure([0.1, 0.1]), "rd_expenditure", "There") == pytest.approx(
        np.sqrt(1 - 0.0075 / 0.04)
    )


def test_the_median_path_is_the_trend_less_the_models_own_growth(growth):
    paths = member_paths(growth, structure([0.1, 0.1], (0.05, 0.3)), "rd_expenditure", "Here", 4000, 2, seed=1)
    assert paths.shape == (4000, 2)
    error = 4 * 1.25 * paths.std(axis=0) / np.sqrt(4000)
    assert np.abs(np.median(paths, axis=0) - ([0.1 - 0.05, 0.2 - 0.3])).max() < error.max()


def test_paths_are_trend_common_shock_and_the_missing_local_shock(growth):
    own = structure([0.3, 0.3], (0.05, 0.3))
    paths = member_paths(growth, own, "rd_expenditure", "Here", 6, 2, seed=1)
    expected = growth.drift_paths("Here", 6, 2, 1) - [0.05, 0.3] + growth.common_shocks(6, 2, 1)
    assert paths == pytest.approx(expected + 2 / 3 * growth.local_shocks("Here", 6, 2, 1))


def test_no_shift_is_larger_than_the_largest(growth):
    paths = member_paths(growth, structure([0.3, 0.3], (-9.0, 9.0)), "rd_expenditure", "Here", 5, 2, seed=1)
    assert (paths[:, 0] == LARGEST_SHIFT).all()
    assert (paths[:, 1] == -LARGEST_SHIFT).all()


def test_a_members_path_does_not_depend_on_how_many_there_are(growth):
    few, many = (member_paths(growth, structure([0.3, 0.3]), "rd_expenditure", "Here", n, 2, seed=1) for n in (3, 9))
    assert np.array_equal(few, many[:3])


def test_every_channel_is_a_condition_of_the_firms():
    assert set(shifts.CHANNELS) == set(to_conditions({}, 0, Q4_2016, 1, 2016)._fields)
