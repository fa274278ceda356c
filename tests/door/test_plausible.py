"""Counts that cannot be right are refused or named, whatever the forecast would make of them."""

import pandas as pd
import pytest

from ecosim.data.panel import COLUMNS
from ecosim.door.plausible import Implausible, check_targets, check_wholes, contradictions, leaps, meant_target
from ecosim.model.region import Region


def counts(*rows):
    table = pd.DataFrame(rows, columns=["location", "target", "time", "value"])
    return table.assign(unit="count", as_of="", source="")[list(COLUMNS)]


@pytest.fixture
def county(pinghu_region):
    return pinghu_region


@pytest.fixture
def pinghu_region():
    from ecosim.door.build import build_region
    from ecosim.door.compose import compose

    region: Region = build_region(compose(["+scenario=pinghu_2017"]).settings.region)
    return region


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("hnte_stok", "hnte_stock"),
        ("高新技术企业", "hnte_stock"),
        ("高新技术企业数量", "hnte_stock"),
        ("科技型中小企业", "tech_sme_stock"),
        ("高新技术企业备案", "hnte_registered"),
        ("高新技术企业数", "hnte_stock"),
        ("规上工业企业亏损面", ""),  # of industrial firms, but another thing than their number
        ("swimming_pools", ""),
        ("企业", ""),
        ("企业数", "firms"),
    ],
)
def test_a_slip_of_the_pen_and_a_chinese_name_are_known_for_what_they_mean(text, meant):
    assert meant_target(text) == meant


def test_a_table_with_such_names_is_refused_with_what_to_write():
    table = counts(
        ("Here", "高新技术企业", "2021", 4.0), ("Here", "高新技术企业", "2022", 5.0), ("Here", "births", "2022", 5.0)
    )
    with pytest.raises(Implausible, match=r"own.csv.*'高新技术企业' \(2 rows\): write 'hnte_stock'"):
        check_targets("own.csv", table)
    check_targets("own.csv", counts(("Here", "swimming_pools", "2022", 5.0)))


def test_a_county_cannot_have_more_than_its_province(county):
    whole = county.inside[-1]
    check_wholes([county], counts((county.name, "births", "2022", 9.0), (whole, "births", "2022", 9.0)))
    check_wholes([county], counts((county.name, "births", "2021", 99.0), (whole, "births", "2022", 9.0)))
    check_wholes([county], counts((county.name, "rd_intensity", "2022", 9.0), (whole, "rd_intensity", "2022", 3.0)))
    with pytest.raises(Implausible, match=rf"{county.name}, births, 2022: 10 is more than the 9 of {whole}"):
        check_wholes([county], counts((county.name, "births", "2022", 10.0), (whole, "births", "2022", 9.0)))
    with pytest.raises(Implausible, match=rf"^data\.path=own\.csv: {county.name}, births, 2022"):
        check_wholes(
            [county], counts((county.name, "births", "2022", 10.0), (whole, "births", "2022", 9.0)),
            "data.path=own.csv: ",
        )  # fmt: skip
    revised = counts(
        (whole, "births", "2022", 90.0), (whole, "births", "2022", 9.0), (county.name, "births", "2022", 50.0)
    )
    with pytest.raises(Implausible, match="more than the 9"):
        check_wholes([county], revised.assign(as_of=["2023-01", "2024-01", ""]))


def test_a_tenfold_leap_is_told_and_a_small_or_slow_one_is_not(county):
    name = county.name
    table = counts(
        (name, "hnte_stock", "2020", 70.0), (name, "hnte_stock", "2021", 1050.0), (name, "hnte_stock", "2022", 1100.0),
        (name, "births", "2018", 1.0), (name, "births", "2019", 12.0), (name, "deaths", "2015", 3.0),
        (name, "deaths", "2019", 90.0), ("Elsewhere", "births", "2020", 1.0), ("Elsewhere", "births", "2021", 900.0),
    )  # fmt: skip
    assert list(leaps("own.csv", table, [county])) == [
        f"{name}, hnte_stock: 70 in 2020 and 1,050 in 2021 (own.csv); is a digit or a unit wrong?"
    ]


def test_more_births_than_firms_and_more_firms_than_employees_are_told(county):
    name = county.name
    good = [(name, "firms", "2021", 900.0), (name, "births", "2021", 90.0), (name, "employment", "2021", 8000.0)]
    assert list(contradictions("own.csv", counts(*good), [county])) == []
    wrong = [(name, "firms", str(year), 1000.0) for year in (2021, 2022)]
    wrong += [(name, "births", str(year), 9000.0) for year in (2021, 2022)]
    wrong += [
        (name, "employment", "2022", 12.0),
        ("Elsewhere", "births", "2022", 1e6),
        ("Elsewhere", "firms", "2022", 1.0),
    ]
    births, people = contradictions("own.csv", counts(*wrong), [county])
    assert births.startswith(f"{name}, 2021 and 1 more year: births is 9,000 and firms 1,000 (own.csv)")
    assert people.startswith(f"{name}, 2022: firms is 1,000 and employment 12")
