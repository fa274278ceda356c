"""The forecasts to beat: center, width, and whose increments they use."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ecosim.calibration.borrow import stock_damping
from ecosim.data import china
from ecosim.data.panel import COLUMNS, CountsError
from ecosim.forecast.reference import QUANTILES, _pooled_freedom, drift, random_walk

LOGS = np.array([1.0, 1.2, 1.3, 1.6, 1.7]) + 5.0


@pytest.fixture(scope="module")
def carried():
    return china.load()


def spending(logs=LOGS):
    rows = [("Here", "rd_expenditure", str(2011 + t), float(np.exp(log))) for t, log in enumerate(logs)]
    frame = pd.DataFrame(rows, columns=["location", "target", "time", "value"])
    return frame.assign(unit="100m CNY", as_of="", source="test")[list(COLUMNS)]


def at(table, time, quantile):
    return table.set_index(["time", "quantile"]).loc[(time, quantile), "value"]


def test_random_walk_is_a_t_with_the_root_mean_square_about_zero():
    table = random_walk(spending(), "rd_expenditure", "Here", "2015-12", 4)
    width = np.sqrt(np.mean(np.diff(LOGS) ** 2) * 4) * stats.t.ppf(0.95, 4)
    assert at(table, "2019", 0.5) == pytest.approx(np.exp(LOGS[-1]))
    assert at(table, "2019", 0.95) == pytest.approx(np.exp(LOGS[-1] + width))


def test_drift_carries_the_uncertainty_of_its_mean():
    steps = np.diff(LOGS)
    table = drift(spending(), "rd_expenditure", "Here", "2015-12", 2)
    width = steps.std(ddof=1) * np.sqrt(2 * (1 + 2 / 4)) * stats.t.ppf(0.9, 3)
    assert at(table, "2017", 0.5) == pytest.approx(np.exp(LOGS[-1] + 2 * steps.mean()))
    assert at(table, "2017", 0.9) == pytest.approx(np.exp(LOGS[-1] + 2 * steps.mean() + width))


def test_the_23_quantiles_of_every_year_are_there_and_ordered(carried):
    table = random_walk(carried, "hnte_certifications", "Zhejiang", "2021-12", 2)
    assert len(QUANTILES) == 23
    assert set(table["time"]) == {"2022", "2023"}
    assert table.groupby("time")["value"].apply(lambda values: values.is_monotonic_increasing).all()
    assert list(table.columns[:7]) == ["scenario", "location", "origin", "time", "target", "quantile", "value"]
    assert set(table["model"]) == {"random_walk"}


def test_a_short_series_uses_the_panels_increments_and_says_so(carried):
    table = random_walk(carried, "tech_sme_stock", "Pinghu", "2016-12", 1)
    assert at(table, "2017", 0.5) == pytest.approx(279)
    assert table["basis"].str.contains("inventions_applied of 31 places").all()


def test_increments_that_all_places_share_are_worth_their_years_and_others_their_cells():
    shared, own = np.random.default_rng(1).normal(size=(40, 1)), np.random.default_rng(2).normal(size=(40, 25))
    assert _pooled_freedom(np.tile(shared, 25)) == pytest.approx(40.0)
    assert _pooled_freedom(own) == pytest.approx(1000.0, rel=0.05)
    assert 40.0 < _pooled_freedom(shared + own) < 200.0


def test_a_stock_that_borrows_the_increments_of_a_flow_feels_them_little_by_little(carried):
    table = random_walk(carried, "tech_sme_stock", "Pinghu", "2016-12", 3)
    half = [np.log((at(table, year, 0.95) + 0.5) / 279.5) for year in ("2017", "2018", "2019")]
    assert np.array(half) / half[0] == pytest.approx(
        np.sqrt([1, 2, 3]) * stock_damping(3) / stock_damping(3)[0], rel=1e-6
    )


def test_a_stock_of_years_ago_has_felt_the_increments_of_a_flow_since_then(carried):
    table = random_walk(carried, "tech_sme_stock", "Pinghu", "2020-12", 2)  # counted in 2017 last
    half = [np.log((at(table, year, 0.95) + 0.5) / 358.5) for year in ("2021", "2022")]
    steps = np.array([4, 5])
    expected = np.sqrt(steps) * stock_damping(5)[steps - 1]
    assert half[1] / half[0] == pytest.approx(expected[1] / expected[0], rel=1e-6)


def test_nothing_after_the_origin_is_used(carried):
    later = carried["time"].str[:4].astype(int) > 2021
    changed = carried.assign(value=carried["value"].where(~later, 1.0))
    for model in (random_walk, drift):
        before, after = (model(c, "hnte_certifications", "Zhejiang", "2021-12", 3) for c in (carried, changed))
        assert before.equals(after)


def test_years_since_the_last_value_widen_the_forecast():
    missing = spending()
    late = random_walk(missing, "rd_expenditure", "Here", "2016-12", 1)
    direct = random_walk(missing, "rd_expenditure", "Here", "2015-12", 2)
    assert at(late, "2017", 0.9) == pytest.approx(at(direct, "2017", 0.9))


def test_a_place_without_a_value_is_refused(carried):
    with pytest.raises(CountsError, match=r"Pinghu, hnte_stock.*last value"):
        random_walk(carried, "hnte_stock", "Pinghu", "2016-12", 1)
