"""The rules in force in all of China, by their dates."""

import numpy as np
import pytest


@pytest.mark.parametrize(
    ("text", "none", "tech_sme"),
    [("2007-Q4", 0, 0), ("2008-Q1", 0.5, 0.5), ("2016-Q4", 0.5, 0.5), ("2017-Q1", 0.5, 0.75), ("2017-Q4", 0.5, 0.75),
     ("2018-Q1", 0.75, 0.75), ("2020-Q4", 0.75, 0.75), ("2021-Q1", 1.0, 1.0), ("2022-Q1", 1.0, 1.0)],
)  # fmt: skip
def test_the_super_deduction_follows_its_dates(make_model, national, text, none, tech_sme):
    model = make_model(60, policies=national, quarter=text)
    model.revise_terms()
    assert [set(shares) for shares in model.terms.deduction] == [{none}, {tech_sme}, {none}]


@pytest.mark.parametrize(
    ("text", "small"), [("2008-Q2", 0.06), ("2015-Q4", 0.06), ("2016-Q1", 0.05), ("2030-Q1", 0.05)]
)
def test_the_criteria_fall_from_six_to_five_percent_in_2016(make_model, national, text, small):
    model = make_model(60, policies=national, quarter=text)
    model.revise_terms()
    assert model.terms.criteria == pytest.approx([small, 0.04, 0.03, 0.10, 1.0, 0.60])


def test_before_the_law_nobody_can_be_certified(make_model, national):
    model = make_model(60, policies=national, quarter="2007-Q4")
    model.revise_terms()
    assert np.all(np.isinf(model.terms.criteria))
    assert set(model.terms.tax_rate.flat) == {0.25}
