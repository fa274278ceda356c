"""The whole calibration: complete tables, nothing later than the origin, and nothing dropped in silence."""

import numpy as np
import pytest

from ecosim.calibration.equations import EQUATIONS
from ecosim.calibration.exit_by_age import fit_exit
from ecosim.calibration.regression import calibrate
from ecosim.data import exit_hazards


@pytest.fixture(scope="module")
def early(carried):
    return calibrate(carried, "2016-12")


def test_every_equation_is_fitted_or_says_why_not(early):
    fitted = set(early.coefficients["equation"])
    told = set(early.diagnostics.loc[early.diagnostics["note"].str.startswith("not fitted"), "equation"])
    assert {equation.name for equation in EQUATIONS} <= fitted | told
    assert "hnte_certifications" in told
    assert "hnte_certifications" not in fitted


def test_coefficients_carry_errors_sources_and_covariances(early):
    assert list(early.coefficients.columns[:5]) == ["equation", "term", "estimate", "std_error", "source"]
    assert (early.coefficients["source"].str.len() > 0).all()
    counted = early.coefficients["estimator"].str.startswith("Poisson")
    variances = early.covariances[early.covariances["term"] == early.covariances["other"]]
    assert np.allclose(variances["value"].to_numpy(), early.coefficients.loc[counted, "std_error"].to_numpy() ** 2)
    assert early.coefficients.loc[counted, "use"].str.contains("no counterfactual").all()


def test_later_figures_change_nothing(carried, early):
    later = carried["time"].str[:4].astype(int) > 2016
    again = calibrate(carried.assign(value=carried["value"].where(~later, carried["value"] * 3)), "2016-12")
    assert early.coefficients.equals(again.coefficients)
    assert early.placebos.equals(again.placebos)


def test_american_closing_by_age_waits_until_its_table_was_complete(carried, early):
    assert not early.coefficients["equation"].str.contains("US").any()
    assert early.diagnostics.set_index("equation").loc["exit by age, US", "note"].startswith("not fitted")
    published = early.coefficients[early.coefficients["equation"].str.contains("China")]
    assert published["estimate"].tolist() == [0.016, 0.063, 0.095, 0.08]


def test_closing_falls_with_age_near_the_counts():
    american = exit_hazards.united_states()
    rows = fit_exit(american).set_index("term")
    fit = rows["estimate"]
    hazard = 1 - np.exp(-np.exp(fit["intercept"] + fit["log_age"] * np.log(american["age"])))
    assert fit["log_age"] < 0
    assert hazard.iloc[0] == pytest.approx(american["hazard"].iloc[0], rel=0.15)
    pearson = (american["at_risk"] * (american["hazard"] - hazard) ** 2 / (hazard * (1 - hazard))).sum() / 25
    assert rows["dispersion"].iloc[0] == pytest.approx(pearson)
    assert pearson > 1
    assert hazard.iloc[9] == pytest.approx(american["hazard"].iloc[9], rel=0.15)


def test_the_renewal_rate_enters_as_a_prior_that_is_named_one(carried, early):
    rate = early.coefficients.set_index("equation").loc["hnte renewal"]
    assert rate["estimate"] == pytest.approx(0.75)
    assert "assumption" in rate["source"]
