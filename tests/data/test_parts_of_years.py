"""Months and quarters: whole quarters are summed, and years that are not whole are named."""

import pandas as pd

from ecosim.data.parts import in_quarters, loose_months, unfinished


def counts(target, times, value=1.0, **more):
    columns = {"location": "Here", "unit": "count", "as_of": "", "source": "made up", **more}
    return pd.DataFrame({"target": target, "time": times, "value": value}).assign(**columns)


def months(year, first, last):
    return [f"{year}-{month:02d}" for month in range(first, last + 1)]


def test_months_of_a_flow_are_quarters_where_all_three_are_there():
    table = in_quarters(counts("tech_sme_new", months(2018, 2, 8), 5.0))
    assert table[["time", "value"]].to_numpy().tolist() == [["2018-Q2", 15.0]]


def test_stocks_years_and_quarters_stay_as_they_are():
    flows, other = counts("tech_sme_new", ["2018", "2018-Q1"]), counts("mine", ["2018-02"])
    table = pd.concat([counts("tech_sme_stock", ["2018-07"]), flows, other], ignore_index=True)
    pd.testing.assert_frame_equal(in_quarters(table), table)
    mixed = pd.concat([table, counts("tech_sme_new", ["2018-05", "2018-06-30"])], ignore_index=True)
    pd.testing.assert_frame_equal(in_quarters(mixed), table)


def test_of_several_vintages_of_a_month_the_last_is_summed():
    first = counts("tech_sme_new", months(2018, 1, 3), 5.0, as_of="2018-04")
    again = counts("tech_sme_new", ["2018-03"], 7.0, as_of="2018-06")
    assert in_quarters(pd.concat([first, again], ignore_index=True))["value"].tolist() == [17.0]


def test_each_figure_stands_once():
    stock = counts("tech_sme_stock", ["2018-04", "2018-06", "2018-05", "2018-Q3"], [3.0, 5.0, 4.0, 6.0])
    revised = counts("births", ["2018", "2018"], [600.0, 640.0]).assign(as_of=["2019-01", "2019-06"])
    doubled = counts("deaths", [*months(2018, 1, 3), "2018-Q1"], [1.0, 1.0, 1.0, 9.0])
    table = in_quarters(pd.concat([stock, revised, doubled], ignore_index=True))
    told = [tuple(row) for row in table[["target", "time", "value"]].to_numpy()]
    assert told == [
        ("tech_sme_stock", "2018-06", 5.0),
        ("tech_sme_stock", "2018-Q3", 6.0),
        ("births", "2018", 640.0),
        ("deaths", "2018-Q1", 9.0),
    ]


def test_a_later_month_that_is_not_known_hides_no_earlier_one():
    table = counts("tech_sme_stock", ["2018-04", "2018-05"], [3.0, float("nan")])
    assert in_quarters(table)["value"].tolist() == [3.0]


def test_years_that_lack_parts_are_named_and_whole_ones_are_not():
    table = pd.concat(
        [
            counts("tech_sme_new", [*months(2017, 1, 12), *months(2018, 1, 5)]),
            counts("births", ["2018-Q1", "2018-Q2", "2018-Q3"]),
            counts("deaths", ["2018-Q1", "2018"]),
            counts("tech_sme_stock", ["2017-12", "2018-03", "2018-06"]),
            counts("mine", ["2018-03"]),
        ],
        ignore_index=True,
    )
    assert [str(each) for each in unfinished(table)] == [
        "tech_sme_new of 2018 (5 months)",
        "births of 2018 (3 quarters)",
        "tech_sme_stock of 2018 (2 months)",
    ]
    assert loose_months(table) == {"tech_sme_new": 2}
