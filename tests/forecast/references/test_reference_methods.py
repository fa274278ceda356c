"""Every reference forecast on data whose answer is known."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ecosim.calibration.growth import fit_growth
from ecosim.forecast import reference
from ecosim.forecast.evaluation.forecaster import Ahead, History, Known, NoForecast, Paths
from ecosim.forecast.references.ar1 import ar1
from ecosim.forecast.references.arima import arima
from ecosim.forecast.references.bass import bass
from ecosim.forecast.references.drift import drift
from ecosim.forecast.references.ensemble import quantile_median
from ecosim.forecast.references.ets import Smoothing, ets, run
from ecosim.forecast.references.historical_mean import historical_mean
from ecosim.forecast.references.last_value import last_value
from ecosim.forecast.references.local_linear_trend import local_linear_trend
from ecosim.forecast.references.nb_trend import nb_trend
from ecosim.forecast.references.pooled import Pooled
from ecosim.forecast.references.seasonal_naive import seasonal_naive
from ecosim.forecast.references.shelf import METHODS, Single
from ecosim.forecast.references.var1 import var1

LEVELS = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
MANY = 40_000


def luck(seed):
    return np.random.default_rng(seed)


def walk(length, sd, drift=0.0, seed=0):
    return np.exp(6.0 + np.cumsum(drift + sd * luck(seed).standard_normal(length)))


def table_of(values, place="Here"):
    rows = [(place, "rd_expenditure", str(2001 + t), value) for t, value in enumerate(values)]
    frame = pd.DataFrame(rows, columns=["location", "target", "time", "value"])
    return frame.assign(unit="100m CNY", as_of="", source="test")


@pytest.mark.parametrize(("method", "other"), [(last_value, reference.random_walk), (drift, reference.drift)])
def test_random_walk_and_drift_are_those_of_the_forecast_study(make_case, method, other):
    values = walk(12, 0.1, 0.05)
    expected = other(table_of(values), "rd_expenditure", "Here", "2012-12", 3, LEVELS)
    found = np.quantile(np.log(method(make_case(values, samples=MANY))), LEVELS, axis=0)
    wanted = np.log(expected.pivot(index="quantile", columns="time", values="value").to_numpy())
    assert found == pytest.approx(wanted, abs=0.012)


def test_the_pooled_reference_goes_on_from_a_places_last_value_as_the_panel_grows():
    values = {place: walk(12, 0.1, 0.05, seed) for seed, place in enumerate(("Here", "There", "Elsewhere"))}
    counts = pd.concat([table_of(each, place) for place, each in values.items()], ignore_index=True)
    series = {(place, "rd_expenditure"): Known(each, 0, False, 1, "") for place, each in values.items()}
    found = Pooled().fit(History("2012", counts, series), sorted(series), Ahead(3, 500, 1))
    growth = fit_growth(counts, "rd_expenditure", "2012", horizon=3)
    for place, each in values.items():
        paths = np.log(found[place, "rd_expenditure"].values) - np.log(each[-1])
        center, sd = growth.spread(place, 3)
        assert np.median(paths[:, -1]) == pytest.approx(center, abs=6 * sd / np.sqrt(500))
        assert paths[:, -1].std() == pytest.approx(sd, rel=0.2)
    late = {("Here", "rd_expenditure"): Known(values["Here"][:-1], 1, False, 1, "")}
    assert isinstance(
        Pooled().fit(History("2012", counts, late), list(late), Ahead(3, 9, 1))[next(iter(late))], NoForecast
    )


def test_historical_mean_is_a_t_about_the_mean(make_case):
    values = walk(10, 0.2)
    logs = np.log(values)
    width = logs.std(ddof=1) * np.sqrt(1 + 1 / 10) * stats.t.ppf(LEVELS, 9)
    found = np.quantile(np.log(historical_mean(make_case(values, samples=MANY))), LEVELS, axis=0)
    assert found[:, 2] == pytest.approx(logs.mean() + width, abs=0.02)


def test_ar1_continues_a_growth_that_fades(make_case):
    steps, shocks = np.zeros(600), 0.01 * luck(2).standard_normal(600)
    for t in range(1, 600):
        steps[t] = 0.02 + 0.6 * steps[t - 1] + shocks[t]
    values = np.exp(1.0 + np.cumsum(steps) / 10)
    found = np.log(ar1(make_case(values, steps=1, samples=MANY))) - np.log(values[-1])
    assert found.mean() * 10 == pytest.approx(0.02 + 0.6 * steps[-1], abs=0.003)
    assert found.std() * 10 == pytest.approx(0.01, rel=0.1)


def test_the_recursion_of_ets_is_that_of_statsmodels():
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    z = np.cumsum(luck(3).standard_normal(48)) + np.tile([0.0, 2.0, -1.0, -1.0], 12)
    model = ETSModel(z, error="add", trend="add", damped_trend=True, seasonal="add", seasonal_periods=4)
    result = model.fit(disp=0)
    p = dict(zip(model.param_names, result.params, strict=True))
    one = {name: np.array([value]) for name, value in p.items()}
    states = np.array([[p[f"initial_seasonal.{3 - i}"]] for i in range(4)])
    smoothing = Smoothing(
        one["smoothing_level"], one["smoothing_trend"], one["smoothing_seasonal"], one["damping_trend"],
        one["initial_level"], one["initial_trend"], states,
    )  # fmt: skip
    after = run(smoothing, z, 4)
    assert after.squares[0] == pytest.approx(float(np.sum(np.asarray(result.resid) ** 2)))
    phi = p["damping_trend"]
    ahead = [after.level[0] + sum(phi**k for k in range(1, h + 1)) * after.trend[0] + after.season[(h - 1) % 4, 0]
             for h in range(1, 6)]  # fmt: skip
    assert ahead == pytest.approx(np.asarray(result.forecast(5)))


@pytest.mark.parametrize("method", [ets, arima, local_linear_trend])
def test_a_random_walk_is_recognized(make_case, method):
    values = walk(80, 0.1, seed=4)
    found = np.log(method(make_case(values)))
    assert np.median(found[:, 0]) == pytest.approx(np.log(values[-1]), abs=0.06)
    assert found[:, 0].std() == pytest.approx(0.1, rel=0.3)


@pytest.mark.parametrize("method", [drift, ets, arima, local_linear_trend, nb_trend])
def test_steady_growth_goes_on(make_case, method):
    counts = np.round(np.exp(6.0 + 0.1 * np.arange(20) + 0.003 * luck(5).standard_normal(20)))
    found = np.median(method(make_case(counts, counted=True)), axis=0)
    assert np.log(found) == pytest.approx(6.0 + 0.1 * np.arange(20, 23), abs=0.03)


def test_arima_returns_to_the_mean_of_a_stationary_series(make_case):
    values, shocks = np.zeros(300), luck(6).standard_normal(300)
    for t in range(1, 300):
        values[t] = 0.5 * values[t - 1] + shocks[t]
    found = arima(make_case(values, steps=8))
    assert np.median(found[:, -1]) == pytest.approx(values.mean(), abs=0.25)
    assert found[:, -1].std() == pytest.approx(np.sqrt(1 / 0.75), rel=0.15)


def test_nb_trend_finds_the_dispersion_that_made_the_counts(make_case):
    alpha, mean = 0.05, 200.0
    counts = luck(7).poisson(mean * luck(8).gamma(1 / alpha, alpha, 400)).astype(float)
    found = nb_trend(make_case(counts, steps=1, counted=True, samples=MANY))
    assert found.std() == pytest.approx(np.sqrt(mean + alpha * mean**2), rel=0.1)


def test_nb_trend_of_poisson_counts_is_poisson(make_case):
    counts = luck(9).poisson(50.0, 400).astype(float)
    found = nb_trend(make_case(counts, steps=1, counted=True, samples=MANY))
    assert found.std() == pytest.approx(np.sqrt(50.0), rel=0.1)


def test_nb_trend_needs_two_years_more_than_it_has_coefficients(make_case):
    assert nb_trend(make_case([5.0, 6.0, 4.0, 7.0], counted=True)).shape == (4000, 3)
    with pytest.raises(NoForecast, match="needs 2 more years than coefficients, has 1"):
        nb_trend(make_case([5.0, 6.0, 4.0], counted=True))


def test_nb_trend_is_for_counts_only(make_case):
    with pytest.raises(NoForecast, match="counts only"):
        nb_trend(make_case(walk(12, 0.1)))


def bass_curve(length, ceiling, p=0.03, q=0.45):
    adopted = [20.0]
    for _ in range(length - 1):
        adopted.append(adopted[-1] + (p + q * adopted[-1] / ceiling) * (ceiling - adopted[-1]))
    return np.array(adopted)


def test_bass_knows_the_ceiling_after_the_turn(make_case):
    curve = bass_curve(40, 5000.0)
    noisy = np.round(
        curve[0] + np.concatenate([[0], np.cumsum(np.diff(curve) * (1 + 0.05 * luck(10).standard_normal(39)))])
    )
    found = np.median(bass(make_case(noisy[:16], steps=14, counted=True, kind="stock")), axis=0)
    assert found[-1] == pytest.approx(5000.0, rel=0.15)
    assert (np.diff(found) >= 0).all()


def test_bass_is_for_cumulative_series_only(make_case):
    with pytest.raises(NoForecast, match="cumulative"):
        bass(make_case(walk(20, 0.2), kind="stock"))
    with pytest.raises(NoForecast, match="cumulative"):
        bass(make_case(bass_curve(20, 900.0), kind="flow"))


def test_var1_sees_what_another_target_announces(make_case):
    lead = 0.1 * luck(11).standard_normal(60)
    follows = np.concatenate([[0.0], lead[:-1]]) + 0.01 * luck(12).standard_normal(60)
    values, other = np.exp(8.0 + np.cumsum(follows)), np.exp(8.0 + np.cumsum(lead))
    case = make_case(values, steps=1, beside={"other": other})
    found = np.log(var1(case)) - np.log(values[-1])
    assert found.mean() == pytest.approx(lead[-1], abs=0.01)
    assert found.std() < 0.02


def test_var1_alone_is_no_forecast(make_case):
    with pytest.raises(NoForecast, match="no other target"):
        var1(make_case(walk(20, 0.1)))


def test_seasonal_naive_repeats_the_last_cycle(make_case):
    values = np.tile([10.0, 20.0, 30.0, 40.0], 6) * np.exp(0.001 * luck(13).standard_normal(24))
    found = np.median(seasonal_naive(make_case(values, steps=6, season=4)), axis=0)
    assert found == pytest.approx([10, 20, 30, 40, 10, 20], rel=0.01)


@pytest.mark.parametrize("method", [ets, arima, local_linear_trend])
def test_a_season_is_carried_on(make_case, method):
    season = np.tile([0.0, 0.4, -0.3, 0.1], 12)
    values = np.exp(5.0 + season + 0.01 * luck(14).standard_normal(48))
    found = np.log(np.median(method(make_case(values, steps=4, season=4, samples=1000)), axis=0))
    assert found == pytest.approx(5.0 + season[:4], abs=0.05)


def test_the_ensemble_is_the_median_of_quantiles_and_keeps_the_first_ones_ranks():
    first = np.array([[3.0, 1.0], [1.0, 3.0], [2.0, 2.0]])
    others = {"first": first, "second": first + 10.0, "third": first + 1.0}
    assert quantile_median(others) == pytest.approx(first + 1.0)
    with pytest.raises(NoForecast, match="needs 2"):
        quantile_median({"first": first})


@pytest.mark.parametrize("name", METHODS)
def test_counts_stay_whole_and_positive_and_luck_has_a_name(make_case, name):
    counts = np.cumsum(luck(15).poisson(5.0, 24)).astype(float)
    other = luck(16).poisson(30.0, 24).astype(float)

    def draw(label):
        return METHODS[name](make_case(counts, counted=True, season=4, samples=500, beside={"b": other}, name=label))

    try:
        found = draw("one")
    except NoForecast:
        if name == "bass":
            return  # these counts show no ceiling
        raise
    assert found.shape == (500, 3)
    assert np.isfinite(found).all()
    assert (found >= 0).all()
    assert (found == np.round(found)).all()
    assert (found == draw("one")).all()
    assert (found != draw("two")).any()


@pytest.mark.parametrize("name", METHODS)
def test_a_series_that_is_short_constant_or_odd_gives_a_forecast_or_a_reason(name):
    odd = {
        "short": [5.0, 6.0, 4.0],
        "constant": [7.0] * 15,
        "zeros": [0.0] * 15,
        "gap": [5.0, 6.0, np.nan, np.nan, 9.0, 8.0, 7.0, 9.0, 11.0, 12.0, 13.0, 12.0, 15.0],
        "jump": [1.0] * 10 + [1e6],
    }
    series = {("Here", key): Known(np.array(values), 0, True, 1, "") for key, values in odd.items()}
    history = History("2020", pd.DataFrame(), series)
    found = Single(name, METHODS[name]).fit(history, sorted(series), Ahead(2, 200, 1))
    assert set(found) == set(series)
    for result in found.values():
        assert isinstance(result, Paths | NoForecast)
        if isinstance(result, Paths):
            assert np.isfinite(result.values).all()
        else:
            assert str(result)


def test_a_fit_that_fails_is_a_reason_and_never_a_number():
    def fails(case):
        raise np.linalg.LinAlgError("singular matrix")

    def explodes(case):
        return np.full((case.samples, case.steps), np.nan)

    history = History("2020", pd.DataFrame(), {("Here", "a"): Known(np.arange(1.0, 9.0), 0, True, 1, "")})
    for method, words in ((fails, "LinAlgError: singular matrix"), (explodes, "not finite")):
        found = Single("odd", method).fit(history, [("Here", "a")], Ahead(2, 100, 1))["Here", "a"]
        assert isinstance(found, NoForecast)
        assert words in str(found)


def test_a_value_that_is_late_is_forecast_from_where_it_ended():
    values = np.array([10.0, 12.0, 11.0, 13.0, 12.0])
    late = Known(values, 2, False, 1, "")
    now = Known(values, 0, False, 1, "")
    method = Single("last_value", last_value)

    def width(known):
        history = History("2020", pd.DataFrame(), {("Here", "a"): known})
        paths = method.fit(history, [("Here", "a")], Ahead(1, MANY, 1))["Here", "a"]
        return np.log(paths.values[:, 0])

    ratio = np.subtract(*np.quantile(width(late), [0.75, 0.25])) / np.subtract(*np.quantile(width(now), [0.75, 0.25]))
    assert ratio == pytest.approx(np.sqrt(3.0), rel=0.05)


@pytest.mark.parametrize("method", [last_value, drift, historical_mean])
def test_where_nothing_changes_a_forecast_of_no_change_is_the_very_figure(method):
    known = Known(np.full(15, 55.5), 0, False, 1, "")
    history = History("2015", table_of(np.full(15, 55.5)), {("Here", "rd_expenditure"): known})
    found = Single(method.__name__, method).fit(history, list(history.series), Ahead(3, 100, 1))
    (paths,) = found.values()
    assert isinstance(paths, Paths)
    assert (paths.values == 55.5).all()


def test_a_season_that_returns_is_the_very_figure():
    cycle = [3.3, 55.5, 1e7 / 3, 0.7]
    known = Known(np.tile(cycle, 5), 0, False, 4, "")
    history = History("2015-Q4", table_of(known.values), {("Here", "rd_expenditure"): known})
    (paths,) = Single("seasonal_naive", seasonal_naive).fit(history, list(history.series), Ahead(4, 100, 1)).values()
    assert isinstance(paths, Paths)
    assert (paths.values == cycle).all()


def test_only_what_rounding_leaves_is_taken_for_a_known_figure():
    known = Known(np.array([2.0, 50.0, 55.5]), 0, False, 1, "")
    paths = np.array([[55.5 * (1 + 5e-15), 55.5 * (1 + 1e-9), 50.0 * (1 - 5e-15), 1.0, 900.0]])
    assert (known.exact(paths) == [[55.5, 55.5 * (1 + 1e-9), 50.0, 1.0, 900.0]]).all()
