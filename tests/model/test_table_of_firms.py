"""Rows are free places, uids are firms: reuse, growth of capacity, and no influence of rows on results."""

import pickle
from copy import deepcopy

import numpy as np
import pytest
from numba import literal_unroll, njit
from numpy.typing import NDArray

from ecosim.model.firms import DTYPES, Columns, Firms, dtype_of, empty
from ecosim.model.luck import Key
from ecosim.model.population import agents_and_weight, quotas, synthesize
from ecosim.model.region import SECTORS
from ecosim.model.table import columns_of, survey_of, terms_of
from ecosim.model.terms import grid, kinds
from ecosim.policies import shelf


def test_closed_rows_are_filled_before_new_ones():
    firms = Firms.room_for(100)
    rows = firms.take_rows(10)
    firms.columns.alive[rows] = 1
    firms.release(rows[3:5])
    again = firms.take_rows(3)
    assert set(again[:2].tolist()) == {3, 4}
    assert again[2] == 10
    assert firms.free.size == 0


def test_capacity_grows_and_keeps_every_value():
    firms = Firms.room_for(10)
    rows = firms.take_rows(firms.capacity)
    firms.columns.alive[rows] = 1
    firms.columns.uid[rows] = rows.astype(np.uint64) + np.uint64(7)
    old = firms.capacity
    more = firms.take_rows(1)
    assert firms.capacity == old + old // 2
    assert more.tolist() == [old]
    assert np.array_equal(firms.columns.uid[rows], rows.astype(np.uint64) + np.uint64(7))
    assert firms.take_rows(10 * old).size == 10 * old


def test_a_copy_shares_nothing(small_region):
    firms = synthesize(small_region, 60, Key(1, 1))
    other = firms.copy()
    other.columns.alive[:] = 0
    other.release(np.array([3]))
    assert len(firms) == 60
    assert firms.free.size == 0


def test_no_entrant_is_dropped_when_births_are_many(make_model, center):
    behaviors = center._replace(entry=center.entry._replace(local=1.5, crowding=0.0))
    model = make_model(100, behaviors=behaviors)
    for _ in range(5):
        before = len(model.firms)
        model.step()
        assert len(model.firms) == before + model.births - model.deaths
    columns, rows = model.firms.columns, model.firms.rows
    assert model.firms.capacity > 1000
    assert np.unique(columns.uid[rows]).size == rows.size > 1000


def test_free_and_living_rows_share_out_the_table(make_model, quick):
    model = make_model(300, behaviors=quick)
    for _ in range(12):
        model.step()
        free = model.firms.free.tolist()
        assert len(free) == len(set(free))
        assert sorted([*free, *model.firms.rows.tolist()]) == list(range(model.firms.top))


def in_another_order(firms, seed, spare):
    """The same firms in other rows, in a table of another capacity with holes in it."""
    order = np.random.default_rng(seed).permutation(firms.top + spare)[: firms.top]
    columns = empty(firms.capacity + 3 * spare)
    for old, new in zip(firms.columns, columns, strict=True):
        new[order] = old[: firms.top]
    holes = [row for row in range(firms.top + spare) if row not in set(order.tolist())]
    return Firms(Columns(*columns), np.array(holes, np.int64), firms.top + spare)


@pytest.mark.parametrize(("seed", "spare"), [(1, 0), (2, 170)])
def test_results_depend_neither_on_rows_nor_on_capacity(make_model, quick, small_region, package_rows, seed, spare):
    rows = {**package_rows, "visits_to_few": {
        "family": "discovery_visits", "capacity": 10, "cost": 1, "source": "test",
        "eligible": {"sectors": ["electronics"], "zones": ["park"], "ownership": ["private", "foreign"]},
    }}  # fmt: skip
    local = {name: row.policy for name, row in shelf.build(rows).items()}
    firms = synthesize(small_region, 400, Key(11, 0))
    histories, ledgers = [], []
    for table in (firms.copy(), in_another_order(firms, seed, spare)):
        model = make_model(table, behaviors=quick, quarter="2017-06")
        model.policies = {**model.policies, **local}
        for _ in range(16):
            model.step()
        histories.append(np.array(model.history))
        ledgers.append({key: fen for key, fen in model.ledger.outlay.items() if fen})
    assert np.array_equal(*histories)
    assert ledgers[0] == ledgers[1]
    assert histories[0][:, model.observed_names.index("hnte_new")].sum() > 0
    assert any(name == "visits_to_few" for name, _ in ledgers[0])


def test_margins_of_the_population_are_met_exactly(small_region):
    columns = synthesize(small_region, 1000, Key(3, 4)).columns
    sectors = np.bincount(columns.sector[:1000], minlength=len(SECTORS))
    assert dict(zip(SECTORS, sectors.tolist(), strict=True)) == {
        **dict.fromkeys(SECTORS, 0), "advanced_equipment": 400, "electronics": 300, "garments": 300
    }  # fmt: skip
    assert np.bincount(columns.zone[:1000]).tolist() == [600, 400]
    assert np.bincount(columns.ownership[:1000], minlength=5).tolist() == [700, 100, 0, 0, 200]


def test_quotas_add_up_by_largest_remainder():
    thirds = {"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}
    assert np.bincount(quotas(thirds, ("a", "b", "c"), 10, np.arange(10))).sum() == 10
    assert np.bincount(quotas({"a": 0.26, "b": 0.74}, ("a", "b"), 10, np.arange(10))).tolist() == [3, 7]


@pytest.mark.parametrize(
    ("firms", "most", "expected"),
    [(600_000, 20_000, (20_000, 30)), (5200, 20_000, (5200, 1)), (20_001, 20_000, (10_000, 2))],
)
def test_one_agent_stands_for_several_firms_above_the_cap(firms, most, expected):
    assert agents_and_weight(firms, most) == expected


def test_every_firm_is_in_its_kind_from_its_first_survey_on(make_model, quick):
    model = make_model(300, behaviors=quick)
    zones = len(model.region.zones)
    labels = grid(np.arange(kinds(zones), dtype=float), zones)
    for _ in range(6):
        columns, rows = model.firms.columns, model.firms.rows
        band = np.searchsorted([20, 300, 1000], np.exp(columns.log_employees[rows]) * (1 + 1e-12), side="right")
        expected = labels[columns.sector[rows], columns.zone[rows], columns.ownership[rows], band]
        assert np.array_equal(columns.kind[rows], expected)
        model.step()


def test_every_column_has_a_type_of_fixed_width():
    assert all(kind.itemsize in (1, 2, 4, 8) for kind in DTYPES.values())
    assert DTYPES["uid"] == np.uint64


def test_a_firm_takes_at_most_200_bytes():
    assert sum(kind.itemsize for kind in DTYPES.values()) <= 200


@njit
def first_row(table, out):
    k = 0
    for column in literal_unroll(columns_of(table)):
        out[k] = column[0]
        k += 1  # noqa: SIM113 - numba unrolls no enumeration


def test_kernels_find_every_column_at_its_address_wherever_the_table_lies():
    firms = Firms.room_for(3)
    for k, column in enumerate(firms.columns):
        column[0] = k
    before = firms.table
    twin = pickle.loads(pickle.dumps(firms))
    twin.columns.uid[0] = 99
    firms.take_rows(firms.capacity + 1)
    assert firms.table[0] == firms.capacity > before[0]
    for table, first in ((firms, 0), (twin, 99), (twin.copy(), 99)):
        out = np.zeros(len(Columns._fields))
        first_row(table.table, out)
        assert out.tolist() == [first, *range(1, len(Columns._fields))]


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("knowledge", lambda column: np.repeat(column, 2)[::2]),  # not one after another
        ("age", lambda column: column.astype(np.float64)),
        ("patents", lambda column: column[:-1].copy()),
    ],
)
def test_a_column_that_does_not_lie_as_kernels_read_it_is_refused_by_name(small_region, name, wrong):
    firms = synthesize(small_region, 60, Key(1, 1))
    firms.columns = firms.columns._replace(**{name: wrong(getattr(firms.columns, name))})
    with pytest.raises(ValueError, match=f"column {name}: "):
        _ = firms.table


@njit
def edges(arrays, out):
    k = 0
    for array in literal_unroll(arrays):
        out[k, 0], out[k, 1], out[k, 2] = array.size, array.ravel()[0], array.ravel()[-1]
        k += 1  # noqa: SIM113 - numba unrolls no enumeration


@njit
def edges_of_terms(table, out):
    edges(terms_of(table), out)


@njit
def edges_of_survey(table, out):
    edges(survey_of(table), out)


@pytest.mark.parametrize(("part", "kernel"), [("terms", edges_of_terms), ("survey", edges_of_survey)])
def test_kernels_find_every_term_and_the_survey_where_they_lie_in_a_model_and_in_its_copies(make_model, part, kernel):
    model = make_model(60)
    for twin in (model, pickle.loads(pickle.dumps(model)), deepcopy(model), model.fork()):
        arrays = getattr(twin, part)
        for k, array in enumerate(arrays):
            array.flat[0], array.flat[-1] = k, k + 100 * (array.size > 1)
        out = np.zeros((len(arrays), 3))
        kernel(getattr(twin, f"{part}_table"), out)
        assert out[:, 0].tolist() == [array.size for array in arrays]
        assert out[:, 1].tolist() == [array.flat[0] for array in arrays] == list(range(len(arrays)))
        assert out[:, 2].tolist() == [array.flat[-1] for array in arrays]


def test_a_survey_that_does_not_lie_as_kernels_read_it_is_refused_by_name(make_model):
    model = make_model(60)
    model.survey = model.survey._replace(known=model.survey.known.astype(np.float32))
    with pytest.raises(ValueError, match="survey's known: float32"):
        model.take_survey()


@pytest.mark.parametrize("hint", [NDArray[np.int16], np.ndarray[tuple[int], np.dtype[np.int16]], list[np.int16]])
def test_the_type_of_numbers_is_found_at_any_depth_that_a_numpy_writes_it_at(hint):
    assert dtype_of(hint) == np.int16
