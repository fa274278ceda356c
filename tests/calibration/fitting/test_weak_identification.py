"""A policy without variation of its own is said not to be identified; one with it is not."""

import numpy as np
import pandas as pd
import pytest

from ecosim.calibration.fitting import NOT_IDENTIFIED, Equation, fit

EFFECTS = ("firm", "year")


def table(made, seed, **columns):
    data = made(seed, units=30)
    luck = np.random.default_rng(seed)
    for name, make in columns.items():
        data[name] = make(data, luck)
    mean = np.exp(1.0 + 0.5 * data["x"] + 0.3 * data.get("policy", 0) + data["effect"])
    data["y"] = luck.poisson(mean * luck.gamma(4.0, 0.25, len(data)))
    return data


def verdict(data, effects=EFFECTS, family="poisson", terms=("x", "policy"), term="policy"):
    equation = Equation(
        "weak", "y", terms, family, effects, clusters="firm", policies=(term,), unit="firm", time="year"
    )
    found = fit(equation, data)
    row = found.coefficients.set_index("term").loc[term]
    return row, found


@pytest.mark.parametrize("family", ["poisson", "conditional_poisson", "nb2", "linear"])
@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda data, luck: 1.0, "it never varies"),
        (
            lambda data, luck: (data["year"] >= 2004).astype(float),
            "0.0% of its variation is apart from the common path",
        ),
        (lambda data, luck: luck.normal(size=30)[data["firm"]], "it does not vary within firm"),
        (lambda data, luck: 2.0 * data["x"] + 1.0, "the other terms together say the same"),
    ],
    ids=["constant", "national", "fixed in place", "another term"],
)
def test_a_policy_that_cannot_be_told_has_no_estimate_but_the_verdict(made, family, make, says):
    row, found = verdict(table(made, 1, policy=make), family=family)
    assert np.isnan(row["estimate"])
    assert row["use"].startswith(NOT_IDENTIFIED)
    assert says in row["use"]
    assert found.diagnostics["statistic"].eq("verdict on policy").any()
    x = found.value("x")
    if "other terms" not in says:
        assert abs(x.estimate - 0.5) < 5 * x.std_error or family == "linear"


@pytest.mark.parametrize("seed", range(5))
def test_a_policy_that_varies_between_places_and_years_is_not_flagged(made, seed):
    start = np.random.default_rng(seed + 50).integers(2002, 2009, 30)
    row, _ = verdict(table(made, seed, policy=lambda data, luck: (data["year"] >= start[data["firm"]]).astype(float)))
    assert NOT_IDENTIFIED not in row["use"]
    assert abs(row["estimate"] - 0.3) < 4 * row["std_error"]


@pytest.mark.parametrize("seed", range(5))
def test_a_hair_of_variation_beside_time_is_not_enough(made, seed):
    def hair(data, luck):
        return (data["year"] >= 2004) + luck.normal(0, 0.02, len(data))

    row, _ = verdict(table(made, seed, policy=hair))
    assert row["use"].startswith(NOT_IDENTIFIED)
    assert np.isfinite(row["std_error"])


def test_a_national_policy_is_not_identified_even_where_the_equation_has_no_time_effect(made):
    data = table(made, 2, policy=lambda data, luck: (data["year"] >= 2004).astype(float))
    row, found = verdict(data, effects=("firm",))
    assert row["use"].startswith(NOT_IDENTIFIED)
    assert found.tested == ()


def test_one_place_alone_identifies_no_policy():
    luck = np.random.default_rng(3)
    data = pd.DataFrame({"firm": "Pinghu", "year": range(2000, 2020)})
    data["policy"] = (data["year"] >= 2010).astype(float)
    data["y"] = luck.poisson(20 + 5 * data["policy"])
    equation = Equation("one", "y", ("policy",), policies=("policy",), unit="firm")
    assert fit(equation, data).coefficients["use"].iloc[0].startswith(NOT_IDENTIFIED)


def test_a_square_beside_its_term_is_identified(made):
    data = table(made, 4)
    data["age"] = data["year"] - 1990 + data["firm"] % 7
    row, _ = verdict(data, effects=("firm",), terms=("x", "age", "age^2"), term="age^2")
    assert NOT_IDENTIFIED not in row["use"] or "common path" in row["use"]
    assert np.isfinite(row["estimate"])
