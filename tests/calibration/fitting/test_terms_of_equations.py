"""The language of terms: what it reads, what it refuses, and that it runs nothing."""

import numpy as np
import pandas as pd
import pytest

from ecosim.calibration.fitting import EquationError
from ecosim.calibration.fitting.terms import columns, one_ahead, parse
from ecosim.calibration.fitting.values import Table, evaluate, show

FRAME = pd.DataFrame(
    {
        "place": ["a", "a", "a", "b", "b"],
        "year": [2001, 2002, 2004, 2001, 2002],
        "x": [1.0, 2.0, 4.0, 10.0, 20.0],
        "n": [0, 3, 0, 1, 2],
        "研发": [1, 2, 3, 4, 5],
        "my column": ["1", "2", "", "NA", "5"],
        "kind": ["s", "p", "s", "", "p"],
        "change": [-1.0, 0.0, 2.0, 3.0, 4.0],
    }
)
TABLE = Table("made.csv", FRAME, "place", "year")
NAN = np.nan


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("x", [1, 2, 4, 10, 20]),
        ("log(x)", np.log([1, 2, 4, 10, 20])),
        ("x^2", [1, 4, 16, 100, 400]),
        ("square(x)", [1, 4, 16, 100, 400]),
        ("x*n/2", [0, 3, 0, 5, 20]),
        ("log(x/研发)", np.log([1, 1, 4 / 3, 2.5, 4])),
        ("log_or_zero(n)", [0, np.log(3), 0, 0, np.log(2)]),
        ("is_zero(n)", [1, 0, 1, 0, 0]),
        ("is(kind, s)", [1, 0, 1, NAN, 0]),
        ("`my column`", [1, 2, NAN, NAN, 5]),
        ("lag(x)", [NAN, 1, NAN, NAN, 10]),
        ("lag(x, 2)", [NAN, NAN, 2, NAN, NAN]),
        ("lead(x)", [2, NAN, NAN, 20, NAN]),
        ("diff(log(x))", [NAN, np.log(2), NAN, NAN, np.log(2)]),
        ("log(lag(x))", [NAN, 0, NAN, NAN, np.log(10)]),
    ],
)
def test_a_term_has_the_values_that_it_says(text, values):
    assert np.allclose(evaluate(parse(text), TABLE), values, equal_nan=True)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "ends too early"),
        ("x +z", "sums are made of several terms"),
        ("x - z", "cannot read"),
        ("lgo(x)", "did you mean 'log'"),
        ("__import__(x)", "no function"),
        ("x.__class__", "cannot read"),
        ("x[0]", "cannot read"),
        ("log(x", r"'\)' is missing"),
        ("log(x)) ", "too much"),
        ("x^z", "whole number"),
        ("x^0", "whole number from 1 to 100"),
        ("lag(x, 1.5)", "whole number"),
        ("*x", "stands where a column should"),
        ("x " * 200, "longer than 200"),
    ],
)
def test_what_is_no_term_is_refused_by_place(text, says):
    with pytest.raises(EquationError, match=says):
        parse(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("y", "made.csv: no column 'y'"),
        ("log(n)", r"log of 2 values of n that have none, first at row 2: 0; write log_or_zero\(n\) and is_zero\(n\)"),
        ("log_or_zero(change)", "log of 1 values of change that have none, first at row 2: -1; drop these rows"),
        ("x/n", "n is 0 at row 2 and divides"),
        ("kind", "kind is no number at row 2: 's'"),
        ("is(kind, q)", "kind never holds 'q'"),
    ],
)
def test_a_value_that_cannot_be_is_named_with_its_row(text, says):
    with pytest.raises(EquationError, match=says):
        evaluate(parse(text), TABLE)


def test_a_unit_that_stands_twice_has_no_lag():
    twice = Table("t", pd.concat([FRAME, FRAME.head(1)]), "place", "year")
    with pytest.raises(EquationError, match="place a stands twice at year 2001"):
        evaluate(parse("lag(x)"), twice)


@pytest.mark.parametrize("times", [["2017-Q3", "2017-Q4", "2018-Q1"], ["2017-11", "2017-12", "2018-01"]])
def test_quarters_and_months_are_periods_too(times):
    frame = pd.DataFrame({"place": "a", "time": times, "x": [1, 2, 3]})
    assert np.allclose(evaluate(parse("lag(x)"), Table("t", frame, "place", "time")), [NAN, 1, 2], equal_nan=True)


@pytest.mark.parametrize(
    ("text", "ahead"),
    [
        ("x", "lead(x)"),
        ("log(lag(x))", "log(lead(x))"),
        ("lag(x, 2)", "lead(x)"),
        ("lag(x)*n", "x*lead(n)"),
        ("log(x)/2", "log(lead(x))/2"),
        ("x/(n*研发)", "lead(x)/(lead(n)*lead(研发))"),
        ("(x*n)^2", "(lead(x)*lead(n))^2"),
        ("(x^2)^3/n", "(lead(x)^2)^3/lead(n)"),
    ],
)
def test_the_placebo_of_a_term_is_that_of_the_next_period(text, ahead):
    assert show(one_ahead(parse(text))) == ahead


def test_numbers_of_seven_digits_with_a_gap_among_them_name_different_units():
    frame = pd.DataFrame({"firm": [1234567, 1234567, 1234568, 1234568, np.nan], "half": 0.5})
    assert list(Table("t", frame).labels("firm")) == ["1234567", "1234567", "1234568", "1234568", ""]
    assert set(Table("t", frame).labels("half")) == {"0.5"}


def test_a_term_names_its_columns():
    assert set(columns(parse("log(lag(x)/n)*is(kind, s)"))) == {"x", "n", "kind"}
