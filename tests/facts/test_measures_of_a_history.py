"""What is measured of a history: the right year, the right firms and the right unit, by small cases."""

import numpy as np
import pytest

from ecosim.data import exit_hazards
from ecosim.facts import history, measure
from ecosim.facts.history import OLDEST, History, Year

FLAGS = {"sector": np.int8, "age": np.int16, "performs": np.int8, "patents": np.int32, "certificate": np.int8}


def year(uid, **columns):
    """Firms of a year; what is not given is 0."""
    size = len(uid)
    empty = {name: np.zeros(size, FLAGS.get(name, np.float64)) for name in Year._fields}
    given = {name: np.asarray(values, dtype=FLAGS.get(name, np.float64)) for name, values in columns.items()}
    whole = {**empty, **given, "responds": np.asarray(columns.get("responds", np.zeros(size)), dtype=bool)}
    return Year(**{**whole, "uid": np.asarray(uid, np.uint64)})


def life_table(*hazards):
    """Firm-quarters and closings at yearly hazards of the first three years of age, the next four, and later."""
    quarterly = 1.0 - (1.0 - np.array(hazards)) ** 0.25
    ages = np.repeat(quarterly, [4, 4, 4, 16, OLDEST - 28])
    return np.full(OLDEST, 1e4), 1e4 * ages


def turnover(births, firms, hazards=(0.016, 0.063, 0.095, 0.08, 0.05)):
    """M4 and M5 of a history with these births by quarter and firms at the ends of quarters."""
    return measure.of_turnover(History([], {"births": births, "firms": firms}, *life_table(*hazards)))


def test_the_entry_rate_is_births_of_a_year_over_the_firms_at_its_start():
    ends = 1000.0 * 2.0 ** np.arange(measure.POOLED + 1)  # twice as many every year
    firms = np.repeat(ends, 4)
    births = np.r_[np.zeros(4), np.repeat(ends[:-1] * 0.3 / 4, 4)]
    assert turnover(births, firms)["entry_rate"] == pytest.approx(0.3)


def test_closing_is_off_by_percentage_points_from_the_register():
    published = exit_hazards.china()["hazard"].to_numpy(float)
    flat = np.full(4 * (measure.POOLED + 1), 100.0)
    assert turnover(flat, flat, (*published, 0.05))["exit_by_age"] == pytest.approx(0.0, abs=1e-9)
    off = turnover(flat, flat, (0.016, 0.083, 0.095, 0.12, 0.05))  # above what is at least 8 % is no distance
    assert off["exit_by_age"] == pytest.approx(2.0)
    assert off["exit_peak"] == pytest.approx(0.095 / 0.12)
    assert [off[f"hazard_{age}"] for age in (1, 2, 3, 4, 8)] == pytest.approx([0.016, 0.083, 0.095, 0.12, 0.05])


def test_growth_stands_beside_the_change_of_productivity_of_its_year_and_of_the_year_before():
    ten, fifty = np.log([10.0, 50.0])
    first = year([1, 2, 3, 4, 5], log_productivity=[1.0, 2.0, 3.0, 4.0, 5.0])
    second = year(
        [1, 2, 3, 4, 6],  # 5 has closed, 6 is new
        log_employees=[ten, fifty, np.log(9.0), fifty, fifty],  # 3 is too small
        log_productivity=[1.1, 2.3, 3.0, 4.0, 6.0],
    )
    third = year([1, 2, 3, 6], log_employees=[ten + 0.2, fifty + 0.6, 9.0, 9.0], log_productivity=[1.5, 2.4, 3.0, 6.0])
    size, change, now, before = measure._growth_of(first, second, third)  # of 1 and 2, less their mean
    assert size.tolist() == [ten, fifty]
    assert change == pytest.approx([-0.2, 0.2])
    assert now == pytest.approx([0.15, -0.15])  # 0.4 and 0.1
    assert before == pytest.approx([-0.1, 0.1])  # 0.1 and 0.3


def test_the_share_that_does_research_is_compared_from_class_to_class_of_size():
    people = np.repeat([5.0, 15.0, 30.0, 70.0, 200.0, 500.0], 10)
    performs = np.concatenate([np.arange(10) < count for count in (1, 2, 4, 3, 6, 9)])
    luck = np.random.default_rng(1)
    last = year(
        range(60),
        log_employees=np.log(people),
        performs=performs,
        ratio=np.where(performs, luck.lognormal(size=60), 0.0),
        knowledge=luck.lognormal(size=60),
    )
    found = measure.of_research([last._replace(knowledge=luck.lognormal(size=60)), last])
    assert found["performers"] == pytest.approx(25 / 60)
    assert found["performers_large"] == pytest.approx((3 + 6 + 9) / 30)
    assert found["performers_rise"] == pytest.approx(-0.1)  # from 20 to 50 people to the next class
    assert found["intensity_spread"] == pytest.approx(np.log(last.ratio[performs]).std())


def test_what_research_adds_to_productivity_is_not_misled_by_sales_that_feed_research():
    luck, size = np.random.default_rng(2), 40_000
    capital, ratio = luck.lognormal(size=(2, size))
    shock = 0.3 * luck.standard_normal(size)
    cause = 0.4 * (np.log(ratio) - np.log(capital)) + 0.5 * shock
    before = year(range(size), ratio=ratio, knowledge=capital)
    after = year(
        range(size), knowledge=capital * np.exp(cause), performs=np.ones(size), log_productivity=0.1 * cause + shock
    )
    found = measure._research_productivity([before, after])
    assert found["research_productivity"] == pytest.approx(0.1, abs=0.015)
    assert found["research_productivity_plain"] > 0.15


def test_patents_of_a_firm_are_those_of_all_its_years_on_record():
    luck = np.random.default_rng(3)
    filed = luck.poisson(luck.lognormal(2.0, 1.0, (2, 400))).astype(float)
    years = [
        year(range(400), filed=few, performs=np.ones(400), age=np.full(400, 9), research=luck.lognormal(size=400))
        for few in filed
    ]
    held = np.sort(filed.sum(axis=0))[::-1]
    assert (held > 0).all()
    assert measure.of_patents(years)["patents_top"] == pytest.approx(held[:40].sum() / held.sum())


def test_bunching_is_that_of_the_band_of_sales_in_which_it_is_least():
    sales = np.repeat([1_000.0, 10_000.0, 50_000.0], 6)
    above, below = [1.05, 1.1, 1.15], [0.85, 0.9, 0.95]
    relative = np.r_[above, above, above, below, above, below[:1], above[:2]]  # 6 to 0, 3 to 3, 5 to 1
    required = np.repeat(measure.REQUIRED, 6)
    some = {"log_employees": np.zeros(18), "log_productivity": np.log(sales), "performs": np.ones(18)}
    last = year(range(18), **some, reported=relative * required, responds=np.arange(18) == 2, next_ratio=0.9 * required)
    found = measure.of_notch([last])
    assert found["bunching"] == 1.0
    assert found["relabeled"] == pytest.approx(1.0 - 0.9 / 1.15)
    idle = last.performs.copy()
    idle[6:9] = 0
    assert measure.of_notch([last._replace(performs=idle)])["bunching"] == 0.0  # who does no research reports none


def test_reallocation_looks_at_firms_of_designated_size_weighted_by_people():
    small, large = measure.DESIGNATED - 1.0, measure.DESIGNATED * 4.0
    first = year([1, 2], log_employees=np.log([100.0, 1.0]), log_productivity=np.log([large / 100.0, small]))
    last = year(
        [1, 3, 4],
        log_employees=np.log([100.0, 300.0, 1.0]),
        log_productivity=np.log([large / 100.0, large / 300.0, small]),
    )
    found = measure.of_reallocation(first, last)
    assert found["entrants_employment"] == pytest.approx(0.75)
    assert found["entrants_behind"] == pytest.approx(-np.log(3.0))
    assert found["high_growth"] == pytest.approx(-0.75 * np.log(3.0))
    assert found["net_entry"] == pytest.approx(1.0)


def test_a_year_on_record_is_that_of_its_firms_and_the_life_table_counts_every_closing(make_model, quick):
    model = make_model(300, behaviors=quick)  # at the end of 2016
    kept = history.record(model.fork(), 8)
    research, filed, deaths, risk = {}, {}, 0, 0
    for quarter in range(8):
        f, rows = model.firms.columns, model.firms.rows
        before, ages = set(f.uid[rows].tolist()), f.age[rows]
        risk += int((ages < OLDEST).sum())
        old = dict(zip(f.uid[rows].tolist(), ages.tolist(), strict=True))
        model.step()
        f, rows = model.firms.columns, model.firms.rows
        alive = f.uid[rows].tolist()
        deaths += sum(old[uid] < OLDEST for uid in before - set(alive))
        if quarter % 4 == 0:
            research, filed = {}, {}
        for uid, spent, some in zip(alive, f.research[rows].tolist(), f.filed[rows].tolist(), strict=True):
            research[uid], filed[uid] = research.get(uid, 0.0) + spent, filed.get(uid, 0) + some
    assert deaths > 0
    assert (kept.exposure.sum(), kept.closed.sum()) == (risk, deaths)
    last = kept.years[-1]
    assert len(kept.years) == 2
    assert last.uid.tolist() == sorted(alive)
    assert last.research == pytest.approx([research[uid] for uid in sorted(alive)])
    assert last.filed.tolist() == [filed[uid] for uid in sorted(alive)]
    assert kept.series["firms"][-1] == len(alive)
