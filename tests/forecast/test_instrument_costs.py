"""What one unit more costs, and when no number is an answer."""

import numpy as np
import pytest

from ecosim.forecast.books import Book, Books, net
from ecosim.forecast.costs import (
    FEWER,
    HOLDS_ZERO,
    NO_EFFECT,
    NO_OWN_COUNT,
    acts_of,
    cost_per_additional,
    deadweight,
    induced,
    too_short,
)
from ecosim.forecast.decomposition import _share, standard_error

COST = np.full(100, 300.0)


def test_cost_per_additional_is_outlay_over_effect_member_by_member():
    additional = np.linspace(10.0, 30.0, 100)
    found = cost_per_additional(COST, additional, 500.0)
    assert found.lower < found.median < found.upper
    assert found.median == pytest.approx(np.median(COST / additional), rel=0.02)
    assert found.note == ""


@pytest.mark.parametrize(
    ("additional", "note"),
    [
        (np.linspace(-5.0, 20.0, 100), HOLDS_ZERO),
        (np.r_[np.zeros(10), np.full(90, 5.0)], HOLDS_ZERO),
        (np.linspace(-20.0, -10.0, 100), FEWER),
        (np.zeros(100), NO_EFFECT),
        (np.full(100, 1e-8), NO_EFFECT),
        (np.full(100, np.nan), NO_OWN_COUNT),
    ],
)
def test_no_number_is_given_where_the_sign_of_the_effect_is_not_sure_or_nothing_is_added(additional, note):
    found = cost_per_additional(COST, additional, 500.0)
    assert np.isnan([found.median, found.lower, found.upper]).all()
    assert found.note == note


def test_the_interval_has_no_upper_end_where_some_members_add_nothing():
    additional = np.r_[np.zeros(5), np.full(95, 5.0)]
    found = cost_per_additional(COST, additional, 500.0)
    assert found.median == 60.0
    assert found.upper == np.inf


def test_what_is_saved_costs_less_than_nothing():
    found = cost_per_additional(-COST, np.full(100, 5.0), 500.0)
    assert found == (-60.0, -60.0, -60.0, "")


def test_a_book_beyond_another_has_what_either_has_and_leaves_new_instruments_as_they_are():
    booked, before = {("tax", 2017): 7.0, ("award", 2017): 0.1}, {("tax", 2017): 9.0, ("tax", 2018): 4.0}
    assert net(booked, before) == {("tax", 2017): -2.0, ("award", 2017): 0.1, ("tax", 2018): -4.0}
    assert net(booked, {}) == booked


def test_what_unchanged_rules_cost_more_under_a_package_is_counted_apart_from_the_package():
    def books(outlay, tax):
        return Books(*(Book.of([some]) for some in (outlay, tax, {}, {})))

    after = books({("award", 2017): 5.0, ("visits", 2017): 2.0}, {("income_tax", 2017): 9.0, ("reduced", 2018): 4.0})
    before = books({("visits", 2017): 1.5}, {("income_tax", 2017): 6.0, ("reduced", 2018): 5.0})
    found = induced(["award", "reduced"], range(2017, 2019), after, before)
    assert found.tolist() == [[3.5, 0.0]]  # 0.5 of visits, 3 of income tax; the package's own award and rule are not


def test_deadweight_is_the_part_that_was_also_done_without_and_unknown_where_nothing_was_done():
    done = [{"award": np.array([[4.0, 1.0], [6.0, 6.0]])}, {"award": np.zeros((2, 2))}, {}]
    acts = acts_of(done, "award")
    shares = deadweight(acts)
    assert shares[0] == 0.7
    assert np.isnan(shares[1:]).all()
    assert deadweight(acts[:, :1])[0] == 0.25
    assert np.isnan(deadweight(acts_of(done, "visits"))).all()


def test_years_that_are_not_known_do_not_enter_the_deadweight_of_all():
    done = [{"award": np.array([[4.0, 1.0], [np.nan, np.nan]])}, {}]
    acts = acts_of(done, "award")
    assert deadweight(acts)[0] == 0.25
    assert np.isnan(deadweight(acts[:, 1:])).all()
    assert [too_short(acts), too_short(acts[:, 1:]), too_short(acts_of(done, "visits"))] == [False, True, False]


def test_a_share_of_an_effect_is_told_where_its_mean_is_surely_not_zero():
    sure, unsure = np.tile([1.0, 3.0], 50), np.tile([-9.0, 11.0], 50)  # means 2 and 1, of errors 0.1 and 1
    assert _share(np.full(100, 0.5), sure) == pytest.approx(0.25)
    assert np.isnan(_share(np.full(100, 0.5), unsure))


def test_the_standard_error_of_a_median_is_that_of_many_medians():
    luck = np.random.default_rng(4)
    draws = luck.standard_normal((2000, 200))
    told = np.mean([standard_error(row) for row in draws[:300]])
    assert told == pytest.approx(np.median(draws, axis=1).std(), rel=0.1)
    assert standard_error(np.full(10, 3.0)) == 0.0
