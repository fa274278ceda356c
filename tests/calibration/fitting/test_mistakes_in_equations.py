"""A mistake in an equation or its table is answered by name, value and way out."""

import numpy as np
import pandas as pd
import pytest

from ecosim.calibration.fitting import Equation, EquationError, fit, from_table

ROWS = {"outcome": "y", "terms": ["x"], "unit": "firm"}


def data(rows=40):
    luck = np.random.default_rng(1)
    frame = pd.DataFrame(
        {"firm": np.arange(rows) // 4, "year": 2000 + np.arange(rows) % 4, "x": luck.normal(size=rows)}
    )
    return frame.assign(y=luck.poisson(3.0, rows), z=luck.normal(size=rows), industry="a", one=1)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ({"famliy": "nb2"}, "no key 'famliy'; did you mean 'family'"),
        ({"family": "nb1"}, "no family 'nb1'; did you mean 'nb2'"),
        ({"terms": []}, "has no terms"),
        ({"terms": [1]}, "terms: YAML reads 1, not text; quote it"),
        ({"terms": ["x", "x"]}, "one text twice"),
        ({"terms": ["exec(x)"]}, "no function 'exec'"),
        ({"policies": ["w"]}, "policies holds 'w', no term"),
        ({"trials": "n"}, "takes no trials"),
        ({"zero_terms": ["x"]}, "takes no zero_terms"),
        ({"family": "bass"}, "takes no terms"),
        ({"family": "linear", "offset": "z"}, "takes no offset"),
        ({"family": "conditional_poisson"}, "needs fixed_effects"),
        ({"errors": "clasical"}, "did you mean 'classical'"),
        ({"errors": "classical", "clusters": "firm"}, "leave out one of errors and clusters"),
        ({"small_sample": "stata"}, "small_sample='stata'"),
        ({"level": 90}, "level=90 is no share"),
        ({"level": "high"}, "level='high' is no number"),
        ({"outcome": None}, "outcome is empty"),
        (
            {"terms": ["z", "is(industry", "a)"]},
            'commas, here into .*quote the term, "is\\(industry, a\\)", or write one',
        ),
        ({"terms": ["log(lag(x", "2))"]}, r'quote the term, "log\(lag\(x, 2\)\)"'),
    ],
)
def test_a_mistake_in_an_equation_names_it(rows, says):
    with pytest.raises(EquationError, match=says) as error:
        from_table("mine", ROWS | rows)
    assert str(error.value).startswith("equation mine: ")


def test_a_bracket_that_is_missing_is_not_taken_for_a_comma_of_yaml():
    with pytest.raises(EquationError, match="term 'log\\(x': '\\)' is missing"):
        from_table("mine", ROWS | {"terms": ["log(x", "z"]})
    assert from_table("mine", ROWS | {"terms": ["`x (in 10k`", "`z)`"]}).terms == ("`x (in 10k`", "`z)`")


def test_an_equation_without_an_outcome_says_so():
    with pytest.raises(EquationError, match="equation mine: outcome is missing; give it"):
        from_table("mine", {"terms": ["x"]})


@pytest.mark.parametrize(
    ("rows", "change", "says"),
    [
        ({"terms": ["xx"]}, {}, "own.csv: no column 'xx'; did you mean 'x'"),
        ({"outcome": "z"}, {}, r"own.csv: outcome z at row \d+ is -\d.*negative"),
        ({"outcome": "one"}, {}, "outcome one is 1 in every row"),
        ({"family": "hazard"}, {}, "not between 0 and 1; or give trials"),
        ({"family": "hazard", "trials": "z"}, {"y": -1, "z": 2}, "which is not between 0 and z; check both"),
        ({"family": "ordered_logit", "outcome": "z"}, {}, "no whole number; an order has ranks"),
        ({"terms": ["lag(x)"], "time": "month"}, {}, "no column 'month' along which lags look"),
        ({"terms": ["x"], "policies": ["x"], "time": "month"}, {}, "along which policies move"),
        ({"clusters": "industry"}, {}, "clusters industry has one group"),
        ({"exposure": "z"}, {}, r"exposure z is -\d.* an exposure is positive"),
        ({}, {"x": np.nan}, "not one row has every value"),
        ({}, {"x": 2.0}, "x: not identified by these data: it never varies; nothing to fit"),
        ({"fixed_effects": ["id"]}, {"id": range(40)}, "does not vary within id; nothing to fit"),
        ({"family": "autoregression", "terms": []}, {}, "4 periods; a common factor needs 8"),
        (
            {"family": "autoregression", "terms": []},
            {"year": [*range(2000, 2005), *range(2006, 2041)]},
            "no y after 2004; a common factor has no gaps",
        ),
        ({"family": "bass", "terms": [], "unit": "year"}, {"year": range(2000, 2040)}, "a unit has 1 rows"),
    ],
)
def test_a_table_that_does_not_fit_the_equation_is_answered_by_place(rows, change, says):
    with pytest.raises(EquationError, match=says):
        fit(from_table("mine", ROWS | rows), data().assign(**change), "own.csv")


def test_a_count_with_less_variance_than_poisson_has_no_nb2():
    frame = data().assign(y=np.tile([2, 3, 3, 4], 10))
    with pytest.raises(EquationError, match="family poisson"):
        fit(from_table("mine", ROWS | {"family": "nb2"}), frame)


def test_an_event_that_is_foretold_is_no_hazard():
    frame = data()
    frame["y"] = (frame["x"] > 0).astype(int)
    with pytest.raises(EquationError, match="foretell"):
        fit(from_table("mine", ROWS | {"family": "hazard"}), frame)


def test_too_many_dummies_point_to_the_conditional_family():
    frame = pd.DataFrame({"firm": np.arange(6000) // 2, "x": np.random.default_rng(1).normal(size=6000)})
    frame["y"] = np.random.default_rng(2).poisson(3.0, 6000)
    with pytest.raises(EquationError, match=r"\d+ dummies for firm, more than 2500.*conditional_poisson"):
        fit(Equation("big", "y", ("x",), fixed_effects=("firm",), unit="firm"), frame)
    assert fit(Equation("big", "y", ("x",), "conditional_poisson", ("firm",), unit="firm"), frame).rows > 5000


def test_rows_that_lack_a_value_are_counted():
    frame = data()
    frame.loc[:4, "x"] = np.nan
    rows = fit(Equation("gaps", "y", ("x",), unit="firm"), frame).diagnostics.set_index("statistic").loc["rows"]
    assert rows["value"] == 35
    assert rows["note"] == "5 of 40 rows lack a value that the equation needs"


def test_groups_without_a_count_are_left_out_and_told():
    frame = data()
    frame.loc[frame["firm"] == 3, "y"] = 0
    equation = Equation("zeros", "y", ("x",), fixed_effects=("firm",), unit="firm")
    found = fit(equation, frame)
    assert found.rows == 36
    assert "4 rows of 1 firm without a single count" in found.diagnostics.iloc[0]["note"]


def test_text_cells_that_are_numbers_count_as_such():
    frame = data()
    texts = frame.astype(str)
    equation = Equation("text", "y", ("lag(x)",), unit="firm", clusters="firm")
    assert np.allclose(fit(equation, frame).value("lag(x)"), fit(equation, texts).value("lag(x)"))
