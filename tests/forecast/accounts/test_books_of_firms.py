"""Cohorts close as the model's firms do, and the books of a forecast add up."""

import numpy as np
import pytest

from ecosim.behaviors.exit import Exit
from ecosim.forecast.accounts import demography, firms
from ecosim.forecast.evaluation.forecaster import NoForecast
from ecosim.forecast.playground import carried, ecosystem

AGES_ALONE = ("log_size", "productivity", "certified", "constrained", "incubated")


def behaviors_of_age_alone():
    rows = carried("behaviors/literature.yaml")
    return {**rows, "exit": {**rows["exit"], **{name: {**rows["exit"][name], "mean": 0.0} for name in AGES_ALONE}}}


def yearly(model, years):
    """Counts of a model at the ends of years, and firms and closings by completed years of age."""
    counts, at_risk, closed = [], np.zeros(demography.AGES), np.zeros(demography.AGES)
    before, ages = np.zeros(0, np.uint64), np.zeros(0, np.int64)
    for year in range(years + 1):
        columns, rows = model.firms.columns, model.firms.rows
        uid = columns.uid[rows].copy()
        if year:
            left = np.isin(before, uid)
            np.add.at(closed, ages[~left], 1)
            born = len(uid) - int(left.sum())
            people = float(np.exp(columns.log_employees[rows]).sum())
            counts.append((len(uid), born, int((~left).sum()), people))
        before, ages = uid, np.minimum(columns.age[rows] // 4, demography.AGES - 1)
        if year < years:
            np.add.at(at_risk, ages, 1)
            for _ in range(4):
                model.step()
    return np.array(counts, dtype=float), at_risk, closed


@pytest.mark.slow
def test_cohorts_close_and_grow_as_the_firms_of_the_agent_based_model_do():
    rows = behaviors_of_age_alone()
    rule = Exit(**{name: row["mean"] for name, row in rows["exit"].items()})
    tables, at_risk, closed = [], np.zeros(demography.AGES), np.zeros(demography.AGES)
    for seed in (1, 2, 3):
        table, risk, gone = yearly(ecosystem(rng=seed, firms=2_500, behaviors=rows), 14)
        tables.append(table)
        at_risk, closed = at_risk + risk, closed + gone
    hazard = demography.yearly_hazards(rule)
    z = (closed - at_risk * hazard) / np.sqrt(at_risk * hazard * (1.0 - hazard))
    assert np.abs(z).max() < 4.0, z.round(1)

    stock, born, gone, people = np.stack(tables).transpose(2, 0, 1)  # (places, years)
    books = firms.keep(stock[:, :11], born[:, :11], gone[:, :11], people[:, :11])
    paths = firms.forecast(books, 2022, 3, 2_000, np.random.default_rng(1))
    for name, truth in (("stock", stock), ("founded", born), ("closed", gone)):
        middle = np.median(paths[name].sum(axis=1), axis=0)
        after = truth[:, 11:].sum(axis=0)
        low, high = np.quantile(paths[name].sum(axis=1), [0.01, 0.99], axis=0)
        assert ((after >= low) & (after <= high)).all(), (name, low, after, high)
        assert np.abs(middle / after - 1.0).max() < (0.03 if name == "stock" else 0.15), (name, middle, after)


def test_a_hazard_without_age_is_the_same_at_every_age():
    hazards = demography.yearly_hazards(demography.PROFILES["flat"])
    quarter = 1.0 - np.exp(-np.exp(-3.664))
    assert hazards == pytest.approx(1.0 - (1.0 - quarter) ** 4)


def test_a_year_closes_firms_that_have_decided_for_none_to_three_quarters_before_it():
    young, second = (1.0 - np.exp(-np.exp(rate)) for rate in demography.PROFILES["china"][:2])
    lived = np.arange(4)  # quarters, of firms founded evenly over the year before
    there, left = (1.0 - young) ** lived, (1.0 - young) ** 4 * (1.0 - second) ** lived
    assert demography.yearly_hazards(demography.PROFILES["china"])[0] == pytest.approx(1.0 - left.sum() / there.sum())


def steady_books(stock, founded, closed, places=3, years=16):
    """Books of places that begin with a stock and of whose firms the same shares are founded and closed every year."""
    firms_of = stock * (1.0 + founded - closed) ** np.arange(years)
    flows = (np.r_[np.nan, share * firms_of[:-1]] for share in (founded, closed))
    return [np.tile(row, (places, 1)) for row in (firms_of, *flows)]


def test_the_first_years_firms_are_those_left_of_a_steady_founding():
    hazards = demography.yearly_hazards(demography.PROFILES["china"])
    cohorts = demography.rebuild(*steady_books(1_000.0, 0.12, 0.02), hazards)
    left = np.cumprod([1.0, *(1.0 - hazards[:3])])
    assert cohorts.firms[0, 0, :4] == pytest.approx(120.0 * left)
    assert cohorts.firms[0, 0].sum() == pytest.approx(1_000.0)


def test_one_firm_founded_and_one_closed_every_year_stay_one():
    paths = firms.forecast(
        firms.keep(*steady_books(40.0, 1 / 40, 1 / 40), None), 2022, 2, 200, np.random.default_rng(5)
    )
    assert (paths["founded"] == 1.0).all()
    assert (paths["closed"] == 1.0).all()


def test_founding_goes_on_as_a_share_of_the_firms_at_the_start_of_the_year():
    books = firms.keep(*steady_books(1e5, 0.25, 0.05), None)
    paths = firms.forecast(books, 2022, 1, 200, np.random.default_rng(6))
    assert np.median(paths["founded"] / books.firms[:, -1:]) == pytest.approx(0.25, rel=0.01)


def made_up_books(places=4, years=16, seed=1):
    luck = np.random.default_rng(seed)
    stock, born, gone = (np.zeros((places, years)) for _ in range(3))
    stock[:, 0] = 10_000
    for year in range(1, years):
        shock = 0.05 * luck.standard_normal()
        gone[:, year] = np.round(stock[:, year - 1] * 0.09 * np.exp(shock))
        born[:, year] = np.round(stock[:, year - 1] * 0.11 * np.exp(-shock))
        stock[:, year] = stock[:, year - 1] + born[:, year] - gone[:, year]
    return stock, born, gone


def test_in_every_member_and_year_firms_are_those_before_and_born_less_closed():
    stock, born, gone = made_up_books()
    paths = firms.forecast(firms.keep(stock, born, gone, 8.0 * stock), 2022, 4, 300, np.random.default_rng(2))
    before = np.concatenate([np.tile(stock[:, -1, None], (300, 1, 1)), paths["stock"][..., :-1]], axis=-1)
    assert np.array_equal(paths["stock"], before + paths["founded"] - paths["closed"])
    assert (paths["closed"] >= 0).all()


def test_the_flow_that_is_missing_is_derived():
    stock, born, gone = made_up_books()
    without = firms.keep(stock, None, gone, None)
    assert np.array_equal(without.births[:, 1:], born[:, 1:])
    with pytest.raises(NoForecast, match="founded or closed"):
        firms.keep(stock, None, None, None)


def test_nothing_before_a_gap_is_used_and_a_late_place_begins_late():
    stock, born, gone = made_up_books()
    stock[1, 5] = np.nan
    stock[0, :2] = stock[2:, :2] = np.nan
    books = firms.keep(stock, born, gone, None)
    assert np.isnan(books.firms[1, :6]).all()
    assert np.isfinite(books.firms[1, 6:]).all()
    books = firms.of_places(books, np.ones(len(stock), bool))
    assert books.firms.shape == (4, 14)
    paths = firms.forecast(books, 2022, 2, 100, np.random.default_rng(3))
    assert np.isfinite(paths["stock"]).all()


def test_firms_that_come_without_being_counted_keep_coming():
    stock, born, gone = made_up_books()
    drifting = np.round(stock * (1.02 ** np.arange(stock.shape[1])))
    books = firms.keep(drifting, born * 1.0, gone * 1.0, None)
    paths = firms.forecast(books, 2022, 1, 500, np.random.default_rng(4))
    counted = drifting[:, -1] + np.median(paths["founded"] - paths["closed"], axis=0)[:, 0]
    assert (np.median(paths["stock"], axis=0)[:, 0] > 1.01 * counted).all()


def test_young_firms_raise_closings_after_a_wave_of_founding():
    hazards = demography.yearly_hazards(demography.PROFILES["united_states"])
    steady = np.tile([1_000.0], (1, 12))
    born = np.full((1, 12), 120.0)
    born[0, -1] = 320.0
    stock = steady.copy()
    stock[0, -1] = 1_200.0
    cohorts = demography.rebuild(stock, born, np.full((1, 12), 120.0), hazards)
    quiet = demography.rebuild(steady, np.full((1, 12), 120.0), np.full((1, 12), 120.0), hazards)
    assert (cohorts.firms[0, -1] @ hazards) / 1_200 > 1.1 * (quiet.firms[0, -1] @ hazards) / 1_000


def test_closings_in_the_states_vary_least_beyond_the_ages_of_us_establishments():
    from ecosim.data import us_states

    counts = us_states.load()
    counts = counts[counts["time"].astype(int) <= 1996]
    stock, born, gone = (
        counts[counts["target"] == name].pivot(index="location", columns="time", values="value").to_numpy()
        for name in ("firms", "births", "deaths")
    )
    born = np.concatenate([np.full((len(stock), stock.shape[1] - born.shape[1]), np.nan), born], axis=1)
    books = firms.keep(stock, born, gone, None)
    counted = books.firms, books.births, books.deaths
    known = [demography.best_profile(*counted, year) for year in (2021, 1996)]
    by_name = [demography.yearly_hazards(demography.PROFILES[name]) for name in ("united_states", "flat")]
    assert np.array_equal(known, by_name)  # a profile that was published later is not known
