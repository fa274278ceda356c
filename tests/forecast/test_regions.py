"""A sum of places is added up future by future, and says what could not be added."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from ecosim.forecast.regions import Sums, adds_up, basis_of_all, counts_of_all, coverage, table_of_places
from ecosim.forecast.summary import member_table, quantile_table

YEARS = ["2023", "2024"]


def futures(place, target="hnte_stock", scenario="rules", seed=0, level=100.0):
    values = level + np.random.default_rng(seed).normal(size=(50, 2)) * 10.0
    return member_table({target: values}, YEARS, scenario, place, "2022-12").assign(frequency="year"), values


def test_a_future_of_the_whole_is_the_sum_of_the_same_future_of_every_place():
    sums, blocks = Sums(), []
    for seed, place in enumerate(("Anhui", "Tibet", "Yunnan")):
        members, values = futures(place, seed=seed)
        sums.add(members.sample(frac=1.0, random_state=seed))  # whatever the order of the rows
        blocks.append(values)
    np.testing.assert_allclose(sums.of("rules", "year")["hnte_stock"], sum(blocks), rtol=1e-12)
    assert sums.times == {"year": YEARS}


def test_what_one_place_does_not_forecast_is_left_out_of_the_sum_and_named():
    sums = Sums()
    sums.add(pd.concat([futures("Anhui")[0], futures("Anhui", "institutes")[0]]))
    sums.add(futures("Tibet")[0])
    assert list(sums.of("rules", "year")) == ["hnte_stock"]
    assert sums.left_out == {"institutes"}


@pytest.mark.parametrize(
    ("target", "whether"),
    [("hnte_stock", True), ("rd_expenditure", True), ("rd_intensity", False), ("hnte_stock_index", False),
     ("hnte_stock_ratio_2y", False), ("progress_rank", False), ("a name of nobody", False)],
)  # fmt: skip
def test_counts_and_money_add_up_and_rates_ranks_and_indices_do_not(target, whether):
    assert adds_up(target) is whether


def result(place, counted, basis="observed"):
    observed = pd.DataFrame({"location": place, "target": "hnte_stock", "time": [*counted], "value": counted.values()})
    level = {"target": "hnte_stock", "level": 10.0, "basis": basis, "time": "2022", "source": "here"}
    forecast = quantile_table({"hnte_stock": futures(place)[1]}, YEARS, "rules", place, "2022-12")
    return SimpleNamespace(observed=observed, later=observed.iloc[:0], basis=pd.DataFrame([level]), forecast=forecast)


def test_counts_are_summed_only_where_every_place_has_one():
    several = [result("Anhui", {"2021": 5.0, "2022": 7.0}), result("Tibet", {"2021": np.nan, "2022": 2.0})]
    together = counts_of_all(several, "observed", "both")
    assert together.to_dict("records") == [{"time": "2022", "target": "hnte_stock", "value": 9.0, "location": "both"}]
    assert counts_of_all(several, "later", "both").empty


def test_the_level_of_a_sum_is_as_good_as_its_worst_part():
    several = [result("Anhui", {"2022": 7.0}), result("Tibet", {"2022": 2.0}, "assumption")]
    (row,) = basis_of_all(several, {"hnte_stock"}).to_dict("records")
    assert (row["level"], row["basis"]) == (20.0, "assumption")
    assert "1 observed" in row["source"]
    assert basis_of_all(several[:1], {"hnte_stock"})["basis"].tolist() == ["observed"]


def test_the_table_of_places_has_the_last_count_beside_every_forecast():
    table = table_of_places([result("Anhui", {"2021": 5.0, "2022": 7.0}), result("Tibet", {"2021": 3.0})])
    assert table["location"].tolist() == ["Anhui", "Anhui", "Tibet", "Tibet"]
    assert table["last_count"].tolist() == [7.0, 7.0, 3.0, 3.0]
    assert (table["lower"] < table["median"]).all()
    assert (table["median"] < table["upper"]).all()


def test_the_last_count_of_a_place_by_quarter_is_that_of_the_year():
    table = table_of_places([result("Anhui", {"2021-Q4": 5.0, "2022-Q3": 6.0, "2022-Q4": 7.0})])
    assert table[["last_count", "last_time"]].drop_duplicates().to_numpy().tolist() == [[7.0, "2022"]]


def scored(inside):
    """A place with counts of two targets after the origin, in their interval or not."""
    rows = [(target, held) for target, several in inside.items() for held in several]
    return SimpleNamespace(scores=pd.DataFrame(rows, columns=["target", "inside_90"]))


def test_the_coverage_of_places_is_told_with_the_count_that_does_worst():
    places = [
        scored({"hnte_stock": [True, True], "rd_expenditure": [False]}),
        scored({"hnte_stock": [True, False], "rd_expenditure": [False]}),
        SimpleNamespace(scores=pd.DataFrame()),
    ]
    (told,) = coverage(places)
    assert told.startswith(
        "Of 6 counts of single places published after the origin 3 lie in the 90 % interval, 50 %; "
        "fewest of R&D expenditure, 0 of 2."
    )
    assert list(coverage(places[2:])) == []
