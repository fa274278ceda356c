"""Count equations: they find what made the data, and they give the figures of an earlier analysis."""

import numpy as np
import pandas as pd
import pytest
from made_counts import table

from ecosim.calibration.equations import (
    EQUATIONS,
    Equation,
    fit_dispersion,
    fit_equation,
    moment_dispersion,
    panel_rows,
)
from ecosim.calibration.fitting.counts import rows_of
from ecosim.calibration.placebo import _flag, lead_placebos
from ecosim.data.panel import known_at

NAMED = {equation.name: equation for equation in EQUATIONS}


@pytest.fixture(scope="module")
def known(carried):
    return known_at(carried, "2022-12")


@pytest.mark.parametrize(
    ("name", "slopes", "pearson", "alpha", "n"),
    [
        ("inventions_applied", {"rd_expenditure": (0.74, 0.26), "rd_personnel": (-0.11, 0.30)}, 1494, 0.064, 341),
        (
            "inventions_applied with fiscal",
            {"rd_expenditure": (0.54, 0.26), "fiscal_science_spending": (0.22, 0.12)},
            1455,
            0.062,
            341,
        ),
        (
            "inventions_applied between",
            {"rd_expenditure": (0.66, 0.20), "rd_personnel": (0.41, 0.18)},
            4359,
            0.293,
            341,
        ),
        (
            "inventions_granted",
            {
                "rd_expenditure": (-0.17, 0.11),
                "rd_personnel": (0.50, 0.11),
                "fiscal_science_spending": (0.20, 0.06),
            },
            94,
            0.023,
            341,
        ),
        (
            "hightech_firms",
            {"rd_firm_funded": (-0.10, 0.05), "fiscal_science_spending": (0.03, 0.03)},
            2.9,
            0.0021,
            278,
        ),
        (
            "hnte_certifications",
            {
                "rd_expenditure": (-0.55, 0.30),
                "rd_personnel": (0.08, 0.37),
                "fiscal_science_spending": (0.46, 0.19),
            },
            107,
            0.038,
            155,
        ),
        (
            "hnte_certifications by funder",
            {
                "rd_firm_funded": (-0.63, 0.47),
                "rd_government_funded": (-0.13, 0.19),
                "fiscal_science_spending": (0.46, 0.18),
            },
            103,
            0.037,
            155,
        ),
    ],
)
def test_equations_give_the_printed_figures(known, name, slopes, pearson, alpha, n):
    fit = fit_equation(panel_rows(known, NAMED[name]), NAMED[name])
    errors = np.sqrt(np.diag(fit.covariance))
    for series, (estimate, error) in slopes.items():
        row = fit.terms.index(f"{series} lag")
        assert fit.estimate[row] == pytest.approx(estimate, abs=0.006)
        assert errors[row] == pytest.approx(error, abs=0.006)
    assert fit.rows == n
    assert fit.pearson == pytest.approx(pearson, rel=0.02)
    assert fit.alpha == pytest.approx(alpha, rel=0.03)


def test_next_years_spending_predicts_certifications_as_well_as_last_years(known):
    placebos = lead_placebos(known, NAMED["hnte_certifications"]).set_index(["sample", "timing", "beside"])
    lag, lead = placebos.loc[("all", "lag", "alone")], placebos.loc[("common", "lead", "alone")]
    assert (lag["estimate"], lag["std_error"]) == pytest.approx((0.46, 0.19), abs=0.006)
    assert (lead["estimate"], lead["std_error"]) == pytest.approx((0.38, 0.15), abs=0.006)
    assert placebos.loc[("common", "lag", "alone"), "estimate"] < lead["estimate"]
    assert placebos["flag"].str.startswith("fails").all()


@pytest.mark.parametrize(
    ("lag", "lead", "words"),
    [
        (5.0, 1.7, "fails: both years' spending predicts;"),
        (1.2, -1.7, "fails: next year's spending predicts, last year's does not;"),
        (0.2, 0.9, "neither year's"),
        (-2.0, 0.9, "last year's predicts, next year's"),
    ],
)
def test_a_placebo_fails_where_next_years_spending_predicts_at_all_and_says_which_year_does(lag, lead, words):
    """By the ratio of each estimate to its error; the sign and the other year do not matter."""
    rows = [("all", "lag", 9.0), ("common", "lag", lag), ("common", "lead", lead)]
    found = [{"sample": sample, "timing": timing, "beside": "alone", "estimate": 0.3 * ratio, "std_error": 0.3}
             for sample, timing, ratio in rows]  # fmt: skip
    assert _flag(found).startswith(words)


def test_lag_and_lead_stand_on_the_same_rows(known):
    placebos = lead_placebos(known, NAMED["inventions_granted"])
    assert placebos.loc[placebos["sample"] == "common", "n"].nunique() == 1


def made(alpha, places=40, years=8, slope=0.7):
    """A driver and a count of it with NB2 variance."""
    luck = np.random.default_rng(3)
    driver = np.exp(luck.normal(4, 1, (places, 1)) + np.cumsum(luck.normal(0.1, 0.3, (places, years)), axis=1))
    mean = np.exp(1.0 + luck.normal(0, 0.5, (places, 1))) * driver**slope
    counts = luck.negative_binomial(1 / alpha, 1 / (1 + alpha * mean))
    rows = [(f"p{p}", 2000 + t) for p in range(places) for t in range(years)]
    outcome = table([(*row, value) for row, value in zip(rows, counts.ravel(), strict=True)], "patents_applied")
    lagged = [(place, year - 1, value) for (place, year), value in zip(rows, driver.ravel(), strict=True)]
    return outcome, table(lagged, "rd_expenditure", "100m CNY")


def test_fit_recovers_the_slope_and_dispersion_that_made_the_data():
    equation = Equation("made", "patents_applied", ("rd_expenditure",))
    rows = panel_rows(pd.concat(made(0.05), ignore_index=True), equation)
    fit = fit_equation(rows, equation)
    assert abs(fit.estimate[0] - 0.7) < 4 * np.sqrt(fit.covariance[0, 0])
    assert fit.alpha == pytest.approx(0.05, rel=0.35)
    nb2 = fit_dispersion(rows, equation, fit)
    assert nb2 is not None
    assert abs(nb2.estimate[0] - 0.7) < 4 * nb2.std_error[0]
    assert nb2.alpha < fit.alpha * 1.1  # the likelihood does not count the degrees of freedom of place effects


def test_a_count_with_no_more_than_poisson_variance_has_no_dispersion():
    mean = np.full(10, 5.0)
    assert moment_dispersion(mean, mean, 8.0) == 0.0


def test_years_in_which_a_series_breaks_are_left_out(known):
    assert not {2011, 2017, 2018} & set(panel_rows(known, NAMED["hightech_firms"])["year"])
    assert {2010, 2012} < set(rows_of(known, ["hightech_firms"])["year"])
    assert not {2011, 2018} & set(rows_of(known, ["hightech_firms"])["year"])
