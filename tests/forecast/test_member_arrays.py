"""Tables from arrays over members say what a look at one member after the other says, to the last bit."""

import numpy as np
import pytest

from ecosim.forecast import costs, funnel, reference, tabulate
from ecosim.forecast.books import Book, paid
from ecosim.model.take_up import STAGES

BOOKED = [
    {("award", 2017): 20.0, ("award", 2018): 0.1, ("fund", 2018): 7.0},
    {},
    {("fund", 2017): 0.2, ("award", 2018): 0.2, ("award", 2030): 9.0},
]
YEARS = range(2017, 2019)


def test_a_book_has_every_key_that_any_member_booked_and_nothing_where_one_did_not():
    book = Book.of(BOOKED)
    assert list(book.columns) == [("award", 2017), ("award", 2018), ("award", 2030), ("fund", 2017), ("fund", 2018)]
    assert book.at([("award", 2018), ("visits", 2018)]).tolist() == [[0.1, 0.0], [0.0, 0.0], [0.2, 0.0]]
    assert book.at([]).shape == (3, 0)


@pytest.mark.parametrize("names", [("award",), ("award", "fund", "visits"), ()])
def test_instruments_together_are_their_sum_by_year(names):
    added = [[sum(one.get((name, year), 0.0) for name in names) for year in YEARS] for one in BOOKED]
    assert Book.of(BOOKED).together(names, YEARS).tolist() == added
    assert paid(BOOKED, names, YEARS).tolist() == added


def test_books_in_which_nobody_booked_anything_make_an_empty_ledger():
    empty = Book.of([{}, {}])
    assert tabulate.ledger(tabulate.Books(empty, empty, empty, empty)).empty


def test_the_ledger_is_that_of_one_key_after_the_other(small_outlook):
    runs = small_outlook.runs
    table = tabulate.ledger(tabulate.booked(small_outlook))
    keys = sorted({key for run in runs for key in (*run.outlay, *run.tax, *run.refused)})
    assert list(zip(table["instrument"], table["year"], strict=True)) == keys
    for key, row in zip(keys, table.to_dict("records"), strict=True):
        for column, name in (("outlay", "outlay"), ("tax_expenditure", "tax")):
            values = np.array([getattr(run, name).get(key, 0.0) for run in runs])
            told = [row[column], row[f"{column}_lower"], row[f"{column}_upper"]]
            assert told == np.quantile(values, [0.5, 0.05, 0.95]).tolist()
        for name in ("recipients", "refused"):
            assert row[name] == np.median([getattr(run, name).get(key, 0) for run in runs])


def test_the_dead_weight_of_every_year_is_that_of_one_member_after_the_other(small_outlook):
    done = [run.anyway for run in small_outlook.runs]
    assert done[0]
    for name, known in done[0].items():
        for years in (slice(None), *(slice(k, k + 1) for k in range(len(known)))):
            sums = [some[name][years].sum(axis=0) for some in done]
            expected = [also / acted if acted > 0 else np.nan for acted, also in sums]
            np.testing.assert_array_equal(costs.deadweight(costs.acts_of(done, name)[:, years]), expected)


def test_take_up_is_that_of_one_cell_after_the_other(make_job, small_outlook):
    job, runs = make_job(), small_outlook.runs
    zones = list(small_outlook.world.region.zones)
    table = funnel.take_up(job, small_outlook)
    assert len(table)
    for row in table.to_dict("records"):
        key, stage = (row["instrument"], row["year"]), STAGES.index(row["stage"])
        found = [run.take_up[key][:, stage] if key in run.take_up else np.zeros(len(zones)) for run in runs]
        values = [cell.sum() if row["zone"] == funnel.EVERYWHERE else cell[zones.index(row["zone"])] for cell in found]
        told = [row[name] for name in ("median", "lower", "upper")]
        assert np.isnan(told).all() or told == np.quantile(values, funnel.INTERVAL).tolist()


def test_references_of_all_targets_are_those_of_one_after_the_other(make_job, small_outlook):
    job = make_job()
    tables = reference.both(job.counts, ["hnte_stock", "institutes", "firms"], job.region.name, job.origin, 2)
    assert [(table["target"].iloc[0], table["model"].iloc[0]) for table in tables] == [
        (target, model) for target in ("hnte_stock", "firms") for model in ("random_walk", "drift")
    ]
    for table, method in zip(tables, 2 * [reference.random_walk, reference.drift], strict=True):
        alone = method(job.counts, str(table["target"].iloc[0]), job.region.name, job.origin, 2)
        assert table.equals(alone)
