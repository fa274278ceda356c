"""Every family finds what made the data, and agrees with statsmodels called by hand."""

import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy import stats
from statsmodels.discrete.conditional_models import ConditionalPoisson

from ecosim.calibration.fitting import Equation, fit
from ecosim.calibration.fitting.design import build
from ecosim.calibration.fitting.fit import estimate
from ecosim.calibration.fitting.series import adopted, common_factor

SEEDS = range(12)
ALPHA = 0.4


def linear_index(data):
    return 0.7 * data["x"] - 0.4 * data["z"]


def poisson(data, luck):
    return luck.poisson(np.exp(1.0 + linear_index(data) + data["effect"]))


def nb2(data, luck):
    mean = np.exp(1.0 + linear_index(data))
    return luck.negative_binomial(1 / ALPHA, 1 / (1 + ALPHA * mean))


def inflated(data, luck):
    zero = luck.random(len(data)) < 1 / (1 + np.exp(-(-0.5 + 1.0 * data["z"])))
    return np.where(zero, 0, luck.poisson(np.exp(1.0 + linear_index(data))))


def inflated_nb2(data, luck):
    return np.where(luck.random(len(data)) < 0.3, 0, nb2(data, luck))


def hazard(data, luck):
    return (luck.random(len(data)) < -np.expm1(-np.exp(-1.0 + linear_index(data)))).astype(int)


def ranks(data, luck):
    latent = linear_index(data) + luck.logistic(size=len(data))
    return np.digitize(latent, [-1.0, 0.5, 1.5])


def linear(data, luck):
    return linear_index(data) + 3 * data["effect"] + luck.normal(0, 1, len(data))


MADE = {
    "poisson": (poisson, {"fixed_effects": ("firm", "year")}),
    "conditional_poisson": (poisson, {"fixed_effects": ("firm", "year")}),
    "nb2": (nb2, {}),
    "zero_inflated_poisson": (inflated, {"zero_terms": ("z",)}),
    "zero_inflated_nb2": (inflated_nb2, {}),
    "hazard": (hazard, {}),
    "ordered_logit": (ranks, {}),
    "linear": (linear, {"fixed_effects": ("firm", "year")}),
}


def numbers(equation, data):
    return estimate(equation, build(equation, data))


@pytest.mark.parametrize("family", MADE)
def test_a_family_recovers_the_slopes_that_made_the_data(family, made, near):
    make, more = MADE[family]
    equation = Equation("made", "y", ("x", "z"), family, unit="firm", clusters="firm", **more)
    found = []
    for seed in SEEDS:
        data = made(seed)
        data["y"] = make(data, np.random.default_rng(seed + 1000))
        result = numbers(equation, data)
        found.append((result.estimate[:2], result.std_error[:2]))
    near([(estimate[0], error[0]) for estimate, error in found], 0.7)
    near([(estimate[1], error[1]) for estimate, error in found], -0.4)


def test_nb2_recovers_the_dispersion_which_glm_fixes_at_one(made, near):
    found = []
    for seed in SEEDS:
        data = made(seed, units=150)
        data["y"] = nb2(data, np.random.default_rng(seed + 1000))
        result = numbers(Equation("made", "y", ("x", "z"), "nb2"), data)
        found.append((result.estimate[-1], result.std_error[-1]))
    near(found, ALPHA)


def test_an_inflated_family_recovers_the_chance_of_extra_zeros(made, near):
    found = []
    for seed in SEEDS:
        data = made(seed, units=120)
        data["y"] = inflated(data, np.random.default_rng(seed + 1000))
        equation = Equation("made", "y", ("x", "z"), "zero_inflated_poisson", zero_terms=("z",))
        result = numbers(equation, data)
        place = result.terms.index("zero: z")
        found.append((result.estimate[place], result.std_error[place]))
    near(found, 1.0)


def test_a_hazard_with_exposure_and_trials_recovers_its_rate(near):
    found = []
    for seed in SEEDS:
        luck = np.random.default_rng(seed)
        data = pd.DataFrame({"x": luck.normal(0, 1, 400), "risk": luck.integers(5, 60, 400), "years": 0.25})
        data.loc[::2, "years"] = 1.0
        chance = -np.expm1(-data["years"] * np.exp(-2.0 + 0.5 * data["x"]))
        data["closed"] = luck.binomial(data["risk"], chance)
        result = numbers(Equation("exit", "closed", ("x",), "hazard", trials="risk", exposure="years"), data)
        found.append((result.estimate, result.std_error))
    near([(e[0], s[0]) for e, s in found], 0.5)
    near([(e[1], s[1]) for e, s in found], -2.0)


@pytest.mark.parametrize("units", [1, 6])
def test_bass_recovers_innovation_and_imitation(units, near):
    found = []
    for seed in SEEDS:
        luck = np.random.default_rng(seed)
        age = np.arange(1.0, 25.0)
        growth = adopted(0.02, 0.4, age) - adopted(0.02, 0.4, age - 1)
        market = 800 + 900 * np.arange(units)
        data = pd.DataFrame({"location": np.repeat(np.arange(units), 24), "year": np.tile(np.arange(1, 25), units)})
        data["adopters"] = luck.poisson(np.outer(market, growth)).ravel()
        result = numbers(Equation("bass", "adopters", family="bass"), data)
        found.append((result.estimate, result.std_error))
    if units == 1:
        near([(e[0], s[0]) for e, s in found], 0.02)
        near([(e[1], s[1]) for e, s in found], 0.4)
        near([(e[2], s[2]) for e, s in found], 800)
    assert np.mean([e[1] for e, _ in found]) == pytest.approx(0.4, rel=0.05)


def test_the_common_factor_recovers_its_persistence(near):
    found = []
    for seed in SEEDS:
        luck = np.random.default_rng(seed)
        factor = np.zeros(120)
        for t in range(1, 120):
            factor[t] = 0.6 * factor[t - 1] + luck.normal(0, 0.1)
        rows = [(p, t, 0.1 + p / 50 + factor[t] + luck.normal(0, 0.02)) for p in range(8) for t in range(120)]
        data = pd.DataFrame(rows, columns=["location", "year", "growth"])
        result = numbers(Equation("factor", "growth", family="autoregression"), data)
        assert result.terms == ("mean", "persistence", "shock sd")
        found.append((result.estimate[1], result.std_error[1]))
    assert np.mean([e for e, _ in found]) == pytest.approx(0.6, abs=0.08)  # the likelihood is biased down a little
    near(found, 0.58)


def test_places_that_come_later_leave_no_step_in_the_common_factor():
    rows = [(place, year, 0.1 * year + place) for place in range(10) for year in range(0 if place < 5 else 10, 20)]
    data = pd.DataFrame(rows, columns=["location", "year", "growth"])
    equation = Equation("factor", "growth", family="autoregression")
    factor = common_factor(equation, build(equation, data))
    assert np.diff(factor) == pytest.approx(np.full(19, 0.1))
    assert factor[data["year"]].mean() == pytest.approx(data["growth"].mean())


def test_the_mean_of_the_common_factor_is_that_of_the_places():
    luck = np.random.default_rng(1)
    factor = 0.1 * np.sin(np.arange(60)) + luck.normal(0, 0.01, 60)
    rows = [(p, t, 0.5 + p + factor[t]) for p in range(4) for t in range(60)]
    data = pd.DataFrame(rows, columns=["location", "year", "growth"])
    result = numbers(Equation("factor", "growth", family="autoregression"), data)
    assert result.estimate[0] == pytest.approx(2.0, abs=0.05)


def test_a_local_linear_trend_recovers_the_sds_of_its_parts():
    found = []
    for seed in range(8):
        luck = np.random.default_rng(seed)
        slope = np.cumsum(luck.normal(0, 0.05, 200))
        level = np.cumsum(slope + luck.normal(0, 0.5, 200)) + luck.normal(0, 1.0, 200)
        data = pd.DataFrame({"year": np.arange(200), "level": level})
        found.append(numbers(Equation("trend", "level", family="unobserved_components"), data).estimate)
    assert np.mean(found, axis=0) == pytest.approx([1.0, 0.5, 0.05], rel=0.3)


def test_poisson_agrees_with_the_formula_interface(made):
    data = made(1)
    data["y"] = poisson(data, np.random.default_rng(1))
    equation = Equation("made", "y", ("x", "x^2"), fixed_effects=("firm", "year"), clusters="firm", unit="firm")
    mine = numbers(equation, data)
    model = smf.glm("y ~ x + I(x ** 2) + C(firm) + C(year)", data, family=sm.families.Poisson())
    theirs = model.fit(cov_type="cluster", cov_kwds={"groups": data["firm"]})
    names = ["x", "I(x ** 2)"]
    assert np.allclose(mine.estimate, theirs.params[names], rtol=1e-7)
    assert np.allclose(mine.std_error, theirs.bse[names], rtol=1e-6)


def test_the_conditional_poisson_has_the_slopes_of_dummies_and_of_statsmodels(made):
    data = made(2, units=30)
    data["y"] = poisson(data, np.random.default_rng(2))
    both = [
        numbers(Equation("made", "y", ("x", "z"), family, ("firm",), errors="classical", unit="firm"), data)
        for family in ("poisson", "conditional_poisson")
    ]
    theirs = ConditionalPoisson(data["y"], data[["x", "z"]], groups=data["firm"]).fit()
    assert np.allclose(both[0].estimate, both[1].estimate, rtol=1e-8)
    assert np.allclose(both[0].std_error, both[1].std_error, rtol=1e-6)
    assert np.allclose(both[1].estimate, theirs.params, rtol=1e-5)
    assert np.allclose(both[1].std_error, theirs.bse, rtol=1e-3)


def test_nb2_and_hazard_agree_with_statsmodels_errors(made):
    data = made(3)
    luck = np.random.default_rng(3)
    data["y"], data["event"] = nb2(data, luck), hazard(data, luck)
    groups = {"groups": data["firm"]}
    columns = sm.add_constant(data[["x", "z"]], prepend=False)
    mine = numbers(Equation("n", "y", ("x", "z"), "nb2", clusters="firm", unit="firm"), data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = sm.NegativeBinomial(data["y"], columns).fit(disp=0, method="bfgs", maxiter=500).params
        theirs = sm.NegativeBinomial(data["y"], columns).fit(
            start_params=start, disp=0, method="newton", cov_type="cluster", cov_kwds=groups
        )
    assert np.allclose(mine.estimate, theirs.params, rtol=1e-4)
    assert np.allclose(mine.std_error, theirs.bse, rtol=1e-3)
    mine = numbers(Equation("h", "event", ("x", "z"), "hazard", clusters="firm", unit="firm"), data)
    family = sm.families.Binomial(link=sm.families.links.CLogLog())
    theirs = sm.GLM(data["event"], columns, family=family).fit(cov_type="cluster", cov_kwds=groups)
    assert np.allclose(mine.estimate, theirs.params, rtol=1e-6)
    assert np.allclose(mine.std_error, theirs.bse, rtol=1e-5)


def test_least_squares_agrees_with_dummies_classical_and_clustered(made):
    data = made(4, units=25)
    data["y"] = linear(data, np.random.default_rng(4))
    formula = smf.ols("y ~ x + z + C(firm) + C(year)", data)
    mine = numbers(Equation("l", "y", ("x", "z"), "linear", ("firm", "year"), errors="classical", unit="firm"), data)
    assert np.allclose(mine.estimate, formula.fit().params[["x", "z"]], rtol=1e-8)
    assert np.allclose(mine.std_error, formula.fit().bse[["x", "z"]], rtol=1e-8)
    clustered = Equation("l", "y", ("x", "z"), "linear", ("firm", "year"), clusters="firm", unit="firm")
    theirs = formula.fit(cov_type="cluster", cov_kwds={"groups": data["firm"]}).bse[["x", "z"]]
    n, dummies, counted = len(data), 2 + 25 + 7, 2 + 8  # effects nested in clusters are not counted
    assert np.allclose(numbers(clustered, data).std_error, theirs * np.sqrt((n - dummies) / (n - counted)), rtol=1e-8)


def test_an_offset_and_the_log_of_an_exposure_are_the_same(made):
    data = made(5)
    data["size"] = np.exp(data["z"])
    data["y"] = np.random.default_rng(5).poisson(3 * data["size"] * np.exp(0.7 * data["x"]))
    ways = [
        numbers(Equation("o", "y", ("x",), unit="firm", **more), data).estimate
        for more in ({"offset": "log(size)"}, {"exposure": "size"}, {"offset": "z"})
    ]
    assert np.allclose(ways[0], ways[1])
    assert np.allclose(ways[0], ways[2])


def test_the_diagnostics_tell_poisson_from_more_variance_and_from_extra_zeros(made):
    data, luck = made(6, units=150), np.random.default_rng(6)
    data["plain"] = luck.poisson(np.exp(1.0 + linear_index(data)))
    data["wide"], data["zeros"] = nb2(data, luck), inflated(data, luck)

    def beside(outcome, family="poisson"):
        table = fit(Equation("d", outcome, ("x", "z"), family, unit="firm"), data).diagnostics.set_index("statistic")
        return table["value"], table["note"]

    def expected_zeros(note):
        return float(note["zeros"].removeprefix("the fit expects "))

    value, note = beside("plain")
    assert value["Pearson / df"] == pytest.approx(1.0, abs=0.1)
    assert expected_zeros(note) == pytest.approx(value["zeros"], rel=0.1)
    assert abs(value["overdispersion t"]) < 3
    assert "no sign of extra zeros" in note["extra zeros chi2"]
    value, note = beside("wide")
    assert value["alpha"] == pytest.approx(ALPHA, rel=0.3)
    assert value["overdispersion t"] > 5
    assert value["zeros"] > 1.5 * expected_zeros(note)
    value, note = beside("wide", "nb2")
    assert expected_zeros(note) == pytest.approx(value["zeros"], rel=0.1)
    value, note = beside("zeros")
    assert "zero-inflated" in note["extra zeros chi2"]


@pytest.mark.parametrize(
    ("family", "clusters", "freedom"),
    [("linear", "firm", 39), ("linear", "", 40 * 8 - 2), ("poisson", "firm", 39), ("poisson", "", np.inf)],
)
def test_intervals_are_of_t_by_clusters_or_rows_and_normal_for_counts(made, family, clusters, freedom):
    data = made(8, units=40)
    data["y"] = np.random.default_rng(8).poisson(np.exp(1.0 + 0.2 * data["x"]))
    row = fit(Equation("t", "y", ("x",), family, clusters=clusters, unit="firm", level=0.8), data).coefficients.iloc[0]
    wide = stats.t.ppf(0.9, freedom) * row["std_error"]
    assert (row["lower"], row["upper"]) == pytest.approx((row["estimate"] - wide, row["estimate"] + wide), rel=1e-9)


def test_the_pseudo_r2_and_the_fit_of_a_hazard_are_those_of_statsmodels(made):
    data, luck = made(9, units=40), np.random.default_rng(9)
    data["y"], data["risk"] = luck.poisson(np.exp(1.0 + 0.5 * data["x"])), luck.integers(5, 20, len(data))
    data["closed"] = luck.binomial(data["risk"], -np.expm1(-np.exp(-0.5 + 0.5 * data["x"])))
    columns = sm.add_constant(data[["x"]])
    counts = fit(Equation("r", "y", ("x",), unit="firm"), data).diagnostics.set_index("statistic")["value"]
    assert counts["pseudo R2"] == pytest.approx(sm.Poisson(data["y"], columns).fit(disp=0).prsquared)
    equation = Equation("h", "closed", ("x",), "hazard", trials="risk", unit="firm")
    events = fit(equation, data).diagnostics.set_index("statistic")["value"]
    both = np.column_stack([data["closed"], data["risk"] - data["closed"]])
    theirs = sm.GLM(both, columns, family=sm.families.Binomial(link=sm.families.links.CLogLog())).fit()
    assert events["Pearson / df"] == pytest.approx(theirs.pearson_chi2 / theirs.df_resid)


@pytest.mark.parametrize(("units", "few"), [(29, True), (30, False)])
def test_fewer_than_thirty_clusters_are_said_to_be_few(made, units, few):
    data = made(10, units=units)
    data["y"] = np.random.default_rng(10).poisson(3.0, len(data))
    table = fit(Equation("c", "y", ("x",), clusters="firm", unit="firm"), data).diagnostics.set_index("statistic")
    assert table.loc["clusters", "value"] == units
    assert ("fewer than 30" in table.loc["clusters", "note"]) == few


@pytest.mark.parametrize(("count", "carries"), [(400, True), (20, True), (5, False)])
def test_one_group_that_carries_the_result_is_named(made, count, carries):
    data = made(7, units=40)
    data["y"] = np.random.default_rng(7).poisson(np.exp(1.0 + 0.2 * data["x"]))
    one = data["firm"] == 17
    data.loc[one, "x"] = np.linspace(2.0, 3.0, one.sum())
    data.loc[one, "y"] = count
    table = fit(Equation("i", "y", ("x",), clusters="firm", unit="firm"), data).diagnostics.set_index("statistic")
    assert (table.loc["influence", "value"] > 1.0) == carries
    assert ("without 17; one group carries the result" in table.loc["influence", "note"]) == carries


@pytest.mark.parametrize(("noise", "told"), [(0.1, "slopes are told apart"), (0.02, "slopes trade off")])
def test_slopes_that_trade_off_have_a_large_condition_number(made, noise, told):
    data, luck = made(11, units=40), np.random.default_rng(11)
    data["w"] = 1000.0 * (data["x"] + luck.normal(0, noise, len(data)))
    data["y"] = luck.poisson(3.0, len(data))
    table = fit(Equation("c", "y", ("x", "w"), unit="firm"), data).diagnostics.set_index("statistic")
    columns = stats.zscore(data[["x", "w"]].to_numpy())
    assert table.loc["condition number", "value"] == pytest.approx(np.linalg.cond(columns))
    assert told in table.loc["condition number", "note"]
