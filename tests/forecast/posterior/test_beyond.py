"""A simulation is counted as a place counts: flows with shocks that firms hide, and stocks that follow them."""

from types import SimpleNamespace

import numpy as np
import pytest

from ecosim.forecast.posterior.beyond import CERTIFIED, LISTED, counted, missing_sd
from ecosim.forecast.posterior.prepare import find_start

WORLD = SimpleNamespace(origin=4 * 2017 - 1, base_year=2016)  # from the end of 2016 on
COHORTS = (30.0, 20.0, 10.0)


def path_of(quarters=8):
    rows = quarters + 1
    quarter = np.arange(rows) % 4 == 0
    return {
        "hnte_new": np.where(quarter, 20.0, 0.0),
        "hnte_renewed": np.where(quarter, 10.0, 0.0),
        "hnte_stock": np.full(rows, 60.0),
        "hnte_foreign_stock": np.full(rows, 6.0),
        "tech_sme_new": np.full(rows, 5.0),
        "tech_sme_stock": 100.0 + 3.0 * np.arange(rows),
        "hnte_stock before": np.array([60.0]),
    }


def told(missing, seed=1):
    return counted(path_of(), missing, COHORTS, WORLD, np.random.default_rng(seed))


def test_where_nothing_is_missing_counts_are_the_firms_own():
    for missing in ({}, {CERTIFIED: np.zeros(2), LISTED: np.zeros(2)}):
        for name, values in told(missing).items():
            assert values == pytest.approx(path_of()[name]), name


def test_counted_flows_have_the_spread_that_was_missing_and_both_the_same_shocks():
    sd = {CERTIFIED: np.array([0.3, 0.5]), LISTED: np.array([0.15, 0.25])}
    luck = np.random.default_rng(2)
    many = [counted(path_of(), sd, COHORTS, WORLD, luck) for _ in range(4000)]
    certified = np.array([np.log(one["hnte_new"][[4, 8]] / 20.0) for one in many])
    listed = np.array([np.log(one["tech_sme_new"][[1, 5]] / 5.0) for one in many])
    assert certified.std(axis=0) == pytest.approx(sd[CERTIFIED], rel=0.04)
    assert listed.std(axis=0) == pytest.approx(sd[LISTED], rel=0.04)
    assert np.corrcoef(certified[:, 1], listed[:, 1])[0, 1] > 0.99
    assert certified.mean(axis=0) == pytest.approx(np.zeros(2), abs=0.03)


def test_the_stock_follows_three_years_of_counted_certifications_from_the_quarter_in_which_they_are_decided():
    one = told({CERTIFIED: np.array([0.4, 0.4])})
    first, second = one["hnte_new"][4] + one["hnte_renewed"][4], one["hnte_new"][8] + one["hnte_renewed"][8]
    assert first != pytest.approx(30.0)
    assert one["hnte_stock"][:4] == pytest.approx(np.full(4, 60.0))
    assert one["hnte_stock"][4:8] == pytest.approx(np.full(4, 60.0 * (30.0 + 20.0 + first) / 80.0))
    assert one["hnte_stock"][8] == pytest.approx(60.0 * (30.0 + first + second) / 90.0)
    assert one["hnte_foreign_stock"] == pytest.approx(one["hnte_stock"] / 10.0)
    assert one["tech_sme_stock"] == pytest.approx(path_of()["tech_sme_stock"])


def test_the_stock_of_technology_smes_gains_what_is_listed_beyond_the_firms_own():
    one = told({LISTED: np.array([0.4, 0.4])})
    by_hand, before, here = 100.0, 100.0, []
    for stock, new in zip(path_of()["tech_sme_stock"][1:], one["tech_sme_new"][1:], strict=True):
        by_hand = by_hand * (stock - 5.0) / before + new
        before = stock
        here.append(by_hand)
    assert one["tech_sme_stock"] == pytest.approx(np.array([100.0, *here]))


def test_a_simulation_that_spreads_as_far_as_was_estimated_lacks_nothing_and_one_that_stands_still_lacks_all(
    make_job, estimates
):
    from ecosim.forecast.posterior.prepare import prepare

    later = make_job(origin="2018-12", horizon=2020)
    place, _, _ = prepare(later, estimates, (), 2, 1500, lambda *_: None)
    _, start = find_start(later, 2)
    still = {target: np.zeros((12, 2)) for target in (CERTIFIED, LISTED)}
    wild = {target: np.random.default_rng(1).normal(0.0, 5.0, (12, 2)) for target in still}
    assert set(place.missing) == {CERTIFIED, LISTED} & set(start.growth)
    assert all((sd == 0.0).all() for sd in missing_sd(wild, start, place.world).values())
    lacking = missing_sd(still, start, place.world)
    assert lacking
    assert all((sd > 0.1).all() and (np.diff(sd) >= 0.0).all() for sd in lacking.values())
