"""Members to tables: quantiles, pairs and the columns that every table has."""

import numpy as np
import pytest

from ecosim.data.panel import COLUMNS
from ecosim.forecast import summary
from ecosim.forecast.reference import QUANTILES

FORECAST = ["scenario", "location", "origin", "time", "target"]
BLOCK = np.random.default_rng(3).lognormal(size=(37, 3))


def test_quantiles_are_those_of_numpy_over_members():
    table = summary.quantile_table({"firms": BLOCK}, ["2017", "2018", "2019"], "s", "Here", "2016-12")
    cells = table.pivot_table(index="time", columns="quantile", values="value")
    assert cells.loc["2018"].to_numpy() == pytest.approx(np.quantile(BLOCK[:, 1], QUANTILES), rel=1e-12)
    assert list(table.columns) == [*FORECAST, "quantile", "value"]


def test_a_member_keeps_its_values_and_their_times():
    table = summary.member_table({"firms": BLOCK}, ["2017", "2018", "2019", "2020"], "s", "Here", "2016-12")
    assert list(table.columns) == [*FORECAST, "member", "value"]
    cells = table.pivot_table(index="member", columns="time", values="value")
    assert np.array_equal(cells.to_numpy(), BLOCK)
    assert list(cells.columns) == ["2017", "2018", "2019"]


def test_the_effect_is_the_difference_within_each_member():
    luck = np.array([[100.0], [1.0]])  # members differ by far more than the policy does
    paired = summary.effect({"firms": luck + 3.0, "births": luck}, {"firms": luck})
    assert set(paired) == {"firms"}
    assert np.array_equal(paired["firms"], [[3.0], [3.0]])
    table = summary.quantile_table(paired, ["2017"], "s", "Here", "2016-12")
    assert (table["value"] == 3.0).all()


def test_labels_of_quarters_begin_after_the_origin():
    assert summary.quarter_times(2018 * 4 + 1, 3) == ["2018-Q3", "2018-Q4", "2019-Q1"]
    assert summary.times(2018, 2) == ["2018", "2019"]


@pytest.mark.parametrize("name", ["forecast", "forecast_quarterly", "baseline_forecast"])
def test_a_forecast_has_the_columns_of_the_hubs(small_result, name):
    table = getattr(small_result, name)
    assert list(table.columns) == [*FORECAST, "quantile", "value"]
    assert set(table["scenario"]) == {"national_rules" if name.startswith("baseline") else "package"}
    assert set(table["origin"]) == {"2016-12"}
    assert set(table["location"]) == {"Smallville"}


@pytest.mark.parametrize("name", ["effect", "effect_quarterly"])
def test_an_effect_also_names_its_baseline(small_result, name):
    table = getattr(small_result, name)
    assert list(table.columns) == [*FORECAST, "quantile", "value", "baseline"]
    assert set(table["baseline"]) == {"national_rules"}


@pytest.mark.parametrize("name", ["forecast", "forecast_quarterly", "effect", "effect_quarterly", "baseline_forecast"])
def test_every_target_and_time_has_the_23_quantiles_in_order(small_result, name):
    for _, cell in getattr(small_result, name).groupby(["target", "time"]):
        assert cell["quantile"].tolist() == list(QUANTILES)
        assert cell["value"].is_monotonic_increasing
        assert np.isfinite(cell["value"]).all()


def test_years_and_quarters_end_with_the_horizon(small_result):
    assert sorted(set(small_result.forecast["time"])) == ["2017", "2018"]
    quarters = [f"{year}-Q{quarter}" for year in (2017, 2018) for quarter in range(1, 5)]
    assert sorted(set(small_result.forecast_quarterly["time"])) == quarters


def test_the_members_hold_both_scenarios_by_year_and_quarter(small_result):
    table = small_result.members
    assert list(table.columns) == [*FORECAST, "member", "value", "frequency"]
    assert set(table["scenario"]) == {"package", "national_rules"}
    assert set(table["frequency"]) == {"year", "quarter"}
    assert set(table["member"]) == set(range(6))


def test_the_quantiles_are_those_of_the_members(small_result):
    rows = small_result.members.query("scenario == 'package' and frequency == 'year' and time == '2018'")
    for target, cell in rows.groupby("target"):
        table = small_result.forecast
        told = table.loc[(table["target"] == target) & (table["time"] == "2018"), "value"].to_numpy()
        assert told == pytest.approx(np.quantile(cell["value"], QUANTILES), rel=1e-12)


def test_the_effect_is_that_of_the_members(small_result):
    rows = small_result.members.query("frequency == 'year' and time == '2018'")
    paired = rows.pivot_table(index=["target", "member"], columns="scenario", values="value")
    for target, cell in (paired["package"] - paired["national_rules"]).groupby("target"):
        table = small_result.effect
        told = table.loc[(table["target"] == target) & (table["time"] == "2018"), "value"].to_numpy()
        assert told == pytest.approx(np.quantile(cell, QUANTILES), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("coefficients", ["equation", "term", "estimate", "std_error", "source"]),
        ("diagnostics", ["equation", "statistic", "value", "note"]),
        ("basis", ["target", "level", "basis", "time", "source"]),
        ("references", [*FORECAST, "quantile", "value", "model"]),
        ("scores", ["target", "time", "observed", "median", "lower", "upper", "inside_90"]),
        ("ledger", ["instrument", "year", "outlay"]),
        ("policy_table", ["instrument", "label", "label_zh", "family"]),
        ("observed", list(COLUMNS)),
        ("later", list(COLUMNS)),
    ],
)
def test_a_table_begins_with_its_agreed_columns(small_result, name, columns):
    table = getattr(small_result, name)
    assert list(table.columns)[: len(columns)] == columns
    assert len(table)


def test_the_basis_of_every_level_is_one_of_three(small_result):
    assert set(small_result.basis["basis"]) <= {"observed", "inherited", "assumption"}
    assert not small_result.basis["target"].duplicated().any()
    published = set(small_result.forecast["target"]) - {"hnte_stock_index", "hnte_new", "hnte_foreign_stock"}
    assert published <= set(small_result.basis["target"])


def test_every_coefficient_says_where_it_is_from(small_result):
    assert (small_result.coefficients["source"].str.len() > 0).all()
    assert np.isfinite(small_result.coefficients["estimate"]).all()
    kinds = small_result.coefficients.set_index("equation")["kind"]
    assert set(kinds[["hnte renewal"]]) == {"assumption"}
    assert set(kinds[["exit by age, China (published)"]]) == {"literature"}
    growth = kinds[[name for name in kinds.index if name.startswith("growth: ")]]
    unknown = growth.index.isin([f"growth: {name}" for name in ("firms", "births", "deaths", "employment")])
    assert set(growth[unknown]) == {"assumption"}  # counted in one year
    assert set(growth[~unknown]) == {"counts"}


def test_no_table_of_a_run_is_empty_but_the_hindcast(small_result, tables_of):
    assert small_result.hindcast is None
    assert {name for name, table in tables_of(small_result).items() if table.empty} <= {"placebos"}
