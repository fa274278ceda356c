"""A published forecast is scored as any forecast is, on counts it could not know, beside its references."""

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scoringrules

from ecosim.forecast import scores
from ecosim.publication import calibration, checksums, scoring
from ecosim.publication.bundle import BundleError, publish
from ecosim.publication.hub import Publisher
from ecosim.publication.recorded import Recorded
from ecosim.publication.scoring import ScoringError


def counts(rows: list[tuple[str, str, float]], location: str = "Pinghu") -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["target", "time", "value"])
    return table.assign(location=location, unit="count", as_of="", source="")


TRUTH = counts([("tech_sme_stock", "2017", 358.0), ("tech_sme_stock", "2018", 400.0), ("tech_sme_new", "2017", 95.0)])


def value(table: pd.DataFrame, score: str, time: str = "2017", model: str = "lab-abm") -> float:
    rows = table[(table["model"] == model) & (table["score"] == score) & (table["time"] == time)]
    return float(rows.loc[rows["target"] == "tech_sme_stock", "value"].item())


def test_scores_agree_with_scoringrules(published: Path) -> None:
    forecast = scoring.read_forecast(published)
    table = scoring.score(forecast, TRUTH)
    rows = forecast.outputs["lab-abm"]
    cell = rows[(rows["target"] == "tech_sme_stock") & (rows["horizon"] == 12)]
    samples = cell.loc[cell["output_type"] == "sample", "value"].to_numpy()
    assert np.isclose(value(table, "crps"), scoringrules.crps_ensemble(358.0, samples, estimator="fair"))
    levels = cell.loc[cell["output_type"] == "quantile", "output_type_id"].astype(float).to_numpy()
    quantiles = cell.loc[cell["output_type"] == "quantile", "value"].to_numpy()
    pinball = np.maximum(levels * (358.0 - quantiles), (levels - 1) * (358.0 - quantiles))
    assert np.isclose(value(table, "wis"), 2 * pinball.mean())


def test_months_are_scored_as_the_sum_of_their_year_and_years_that_lack_some_are_named(published: Path) -> None:
    forecast = scoring.read_forecast(published)
    months = [("tech_sme_new", f"{year}-{month:02d}", 8.0) for year, last in ((2017, 12), (2018, 7)) for month in
              range(1, last + 1)]  # fmt: skip
    given = counts([*months, ("tech_sme_stock", "2018-06", 300.0), ("births", "2018-06", 3.0)])
    table = scoring.score(forecast, given)
    found = table[["target", "time", "observed"]].drop_duplicates()
    assert found.to_numpy().tolist() == [["tech_sme_new", "2017", 96.0]]
    assert scoring.unscored(forecast, given) == [
        "Not scored, as years are forecast and these are not whole: tech_sme_new of 2018 (7 months), tech_sme_stock of "
        "2018 (1 month)."
    ]
    assert scoring.unscored(forecast, TRUTH) == []


def test_rows_of_nothing_that_is_forecast_are_counted_and_named(published: Path) -> None:
    forecast = scoring.read_forecast(published)
    given = counts(
        [("tech_sme_stock", "2017", 358.0), ("swimming_pools", "2017", 3.0), ("tech_sme_stock", "1999", 3.0)]
    )
    (told,) = scoring.unscored(forecast, given, "new.csv")
    assert told.startswith("2 of 3 rows of new.csv are of nothing that is forecast: ")
    assert "swimming_pools, 2017; " in told
    assert "tech_sme_stock, 1999." in told
    assert scoring.unscored(forecast, given) == []


def test_an_interval_holds_a_count_between_its_ends(published: Path) -> None:
    forecast = scoring.read_forecast(published)
    rows = forecast.outputs["lab-abm"]
    cell = rows[(rows["target"] == "tech_sme_stock") & (rows["horizon"] == 24) & (rows["output_type"] == "quantile")]
    quantile = dict(zip(cell["output_type_id"].astype(float), cell["value"], strict=True))
    between = (quantile[0.9] + quantile[0.95]) / 2
    table = scoring.score(forecast, counts([("tech_sme_stock", "2018", between)]))
    held = [value(table, f"coverage_{percent}", "2018") for percent in (50, 80, 90, 95)]
    assert held == [0.0, 0.0, 1.0, 1.0]


def test_the_log_score_of_an_index_does_not_ask_whether_its_figure_is_whole(published: Path) -> None:
    forecast = scoring.read_forecast(published)
    rows = forecast.outputs["lab-abm"]
    rows = rows[(rows["target"] == "tech_sme_stock") & (rows["horizon"] == 12)].assign(target="hnte_stock_ratio_2y")
    rows["value"] = rows["value"].where(rows["output_type"] != "sample", rows["value"] / 200.0)
    forecast = replace(forecast, outputs={"lab-abm": rows})
    found = []
    for figure in (2.0 - 1e-9, 2.0):
        table = scoring.score(forecast, counts([("hnte_stock_ratio_2y", "2017", figure)]))
        found.append(table.loc[table["score"] == "log_score", "value"].item())
    assert found[0] == pytest.approx(found[1])


def test_a_density_is_scored_of_what_is_no_whole_number_and_no_error_in_percent_of_nothing(published: Path) -> None:
    forecast = scoring.read_forecast(published)
    rows = forecast.outputs["lab-abm"]
    cell = rows[(rows["target"] == "tech_sme_stock") & (rows["horizon"] == 12) & (rows["output_type"] == "sample")]
    members = cell["value"].to_numpy()[None, :]
    for count, log_score in ((358.0, scores.log_score_counts), (358.5, scores.log_score_real)):
        table = scoring.score(forecast, counts([("tech_sme_stock", "2017", count)]))
        assert value(table, "log_score") == pytest.approx(log_score(np.array([count]), members)[0])
        assert "mape" in set(table["score"])
    assert "mape" not in set(scoring.score(forecast, counts([("tech_sme_stock", "2017", 0.0)]))["score"])


def test_a_count_is_placed_between_the_published_quantiles() -> None:
    levels, values = np.array([0.25, 0.5, 0.75]), np.array([10.0, 20.0, 40.0])
    assert [scoring.pit_of(levels, values, y) for y in (5.0, 10.0, 30.0, 50.0)] == [0.0, 0.25, 0.625, 1.0]


def test_a_count_that_several_quantiles_are_lies_in_their_middle() -> None:
    levels = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
    assert scoring.pit_of(levels, np.array([0.0, 0.0, 0.0, 1.0, 2.0]), 0.0) == pytest.approx(0.275)
    assert scoring.pit_of(levels, np.array([0.0, 0.0, 0.0, 1.0, 2.0]), 1.0) == pytest.approx(0.75)
    luck = np.random.default_rng(1)
    fine = np.arange(0.01, 1.0, 0.01)
    values = np.quantile(luck.poisson(0.7, 100_000), fine)
    pit = [scoring.pit_of(fine, values, float(y)) for y in luck.poisson(0.7, 4_000)]
    assert np.mean(pit) == pytest.approx(0.5, abs=0.03)


def test_the_relative_score_is_one_mean_over_the_other_on_common_cells(published: Path) -> None:
    forecast = scoring.read_forecast(published)
    table = scoring.score(forecast, TRUTH)
    skill = scoring.skill(table, forecast.own).set_index("target")
    own, walk = (
        np.mean([value(table, "wis", time, model) for time in ("2017", "2018")])
        for model in ("lab-abm", "lab-random_walk")
    )
    assert np.isclose(skill.loc["tech_sme_stock", "value"], own / walk)
    assert (skill.loc["all", "cells"], skill.loc["all", "years"]) == (2, 2)


def test_the_relative_score_of_all_targets_is_the_geometric_mean_of_those_of_each() -> None:
    own = {("a", "2017"): 1.0, ("a", "2018"): 2.0, ("a", "2019"): 6.0, ("b", "2017"): 4.0, ("c", "2017"): 9.0}
    walk = {("a", "2017"): 2.0, ("a", "2018"): 2.0, ("a", "2019"): 2.0, ("b", "2017"): 8.0}
    rows = [
        (model, target, "Here", time, "wis", value)
        for model, scores in (("own", own), ("walk", walk))
        for (target, time), value in scores.items()
    ]
    table = pd.DataFrame(rows, columns=["model", "target", "location", "time", "score", "value"])
    skill = scoring.skill(table, "own").set_index("target")
    assert skill["value"].to_dict() == pytest.approx({"a": 3.0 / 2.0, "b": 0.5, "all": np.sqrt(1.5 * 0.5)})
    assert skill.loc["all", ["cells", "years"]].tolist() == [4, 3]


def test_a_target_on_which_one_of_them_is_perfect_is_not_in_the_mean_of_ratios() -> None:
    rows = [
        (model, target, location, "2017", "wis", value)
        for target, location, own, walk in (("a", "Here", 1.0, 4.0), ("a", "There", 3.0, 4.0), ("b", "Here", 0.0, 1.0),
                                            ("c", "Here", 1.0, 0.0))
        for model, value in (("own", own), ("walk", walk))
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["model", "target", "location", "time", "score", "value"])
    skill = scoring.skill(table, "own").set_index("target")
    assert skill["value"].to_dict() == {"a": 0.5, "b": 0.0, "all": 0.5}
    assert skill["cells"].to_dict() == {"a": 2, "b": 1, "all": 2}
    assert skill["years"].tolist() == [1, 1, 1]


def test_a_reference_that_was_not_published_is_reported(published: Path) -> None:
    forecast = scoring.read_forecast(published)
    gone = scoring.missing(forecast, scoring.score(forecast, TRUTH))
    assert gone[["model", "target", "time"]].to_numpy().tolist() == [["lab-random_walk", "tech_sme_new", "2017"]]


def test_a_worse_forecast_is_said_to_be_worse_first(published: Path) -> None:
    forecast = scoring.read_forecast(published)
    at_the_walk = counts([("tech_sme_stock", "2017", 300.0)])
    table = scoring.score(forecast, at_the_walk)
    skill = scoring.skill(table, forecast.own)
    for relative in (skill, skill.assign(value=1.0), skill.assign(value=0.998)):  # 0.998 is printed as 1.00
        first = scoring.sentences(forecast, table, relative)[0]
        assert first.startswith("lab-abm does not beat lab-random_walk (")


def test_a_period_that_had_ended_is_called_a_hindcast(published: Path) -> None:
    forecast = scoring.read_forecast(published)
    table = scoring.score(forecast, TRUTH)
    assert table["made_ahead"].all()  # made in January 2017
    on_the_day = scoring.Forecast(**{**vars(forecast), "made": "2017-12-31"})
    assert not scoring.score(on_the_day, TRUTH).query("time == '2017'")["made_ahead"].any()
    late = scoring.Forecast(**{**vars(forecast), "made": "2018-03-01"})
    table = scoring.score(late, TRUTH)
    assert set(table.loc[~table["made_ahead"], "time"]) == {"2017"}
    assert "hindcast" in scoring.sentences(late, table, scoring.skill(table, late.own))[-1]


@pytest.mark.parametrize(
    "wrong",
    [
        counts([("tech_sme_stock", "2031", 3.0)]),
        counts([("tech_sme_stock", "2017", 3.0)], "Jiaxing"),
        counts([("tech_sme_new", "2017-Q1", 3.0)]),
    ],
)
def test_counts_about_something_else_are_refused(published: Path, wrong: pd.DataFrame) -> None:
    with pytest.raises(ScoringError, match=r"no count is about this forecast.*Pinghu in 2017 to 2019"):
        scoring.score(scoring.read_forecast(published), wrong)


def test_a_part_of_a_year_is_not_held_against_the_year(published: Path) -> None:
    forecast = scoring.read_forecast(published)
    rows = forecast.outputs["lab-abm"]
    parts = rows.assign(target_end_date=rows["target_end_date"].str.replace("12-31", "09-30"))
    with pytest.raises(ScoringError, match="no count is about this forecast"):
        scoring.score(scoring.Forecast(**{**vars(forecast), "outputs": {"lab-abm": parts}}), TRUTH)


def test_a_bundle_that_was_touched_is_not_scored(bundle: Path) -> None:
    path = next((bundle / "model-output" / "lab-abm").glob("*.parquet"))
    shutil.copyfile(next((bundle / "model-output" / "lab-random_walk").glob("*.parquet")), path)
    with pytest.raises(checksums.ChecksumError, match=r"abm.parquet \(changed\)"):
        scoring.read_forecast(bundle)


def in_config(bundle: Path, text: str) -> Path:
    path = bundle / "run" / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def in_provenance(bundle: Path, text: str) -> Path:
    path = bundle / "run" / "provenance.json"
    path.write_text(text, encoding="utf-8")
    return path


def in_output(bundle: Path, column: str) -> Path:
    path = next((bundle / "model-output" / "lab-abm").glob("*.parquet"))
    pd.read_parquet(path).drop(columns=column).to_parquet(path)
    return path


def no_parquet(bundle: Path, text: str) -> Path:
    path = next((bundle / "model-output" / "lab-abm").glob("*.parquet"))
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("spoil", "content", "told"),
    [
        (in_config, "scenario: [", "cannot be read"),
        (in_config, "origin: 2016-12", "has no scenario"),
        (in_config, "", "has no scenario"),
        (in_provenance, "{", "cannot be read"),
        (in_provenance, "{}", "has no made"),
        (in_output, "value", "has no column value"),
        (no_parquet, "PAR1", "cannot be read"),
    ],
)
def test_a_bundle_by_another_hand_is_refused_by_the_file_that_is_wrong(
    bundle: Path, spoil: Callable[[Path, str], Path], content: str, told: str
) -> None:
    path = spoil(bundle, content)
    checksums.write(bundle)
    with pytest.raises(BundleError, match=rf"^{re.escape(str(path))}: {told}.*; give a folder that study=publish made"):
        scoring.read_forecast(bundle)


def entries(make_run: Callable[..., Recorded], publisher: Publisher, tmp_path: Path) -> list[dict]:
    """Two forecasts of one team scored on the same counts, the first again on a revised one."""
    found = []
    for number, truth in ((1, TRUTH), (2, TRUTH), (1, counts([("tech_sme_stock", "2017", 900.0)]))):
        run = Recorded(tmp_path / "runs" / str(number), str(number))
        if not run.folder.exists():
            make_run(str(number), seed=number)
        target = tmp_path / f"bundle{number}"
        made = publish(run, publisher, target, lambda path: path.write_text("page"))
        forecast = scoring.read_forecast(made.folder)
        cells = scoring.cells_of(scoring.score(forecast, truth))
        found.append({"bundle": made.digest, "origin": forecast.origin, "cells": cells})
    return found


def test_repeated_forecasts_give_coverage_over_time(
    make_run: Callable[..., Recorded], publisher: Publisher, tmp_path: Path
) -> None:
    cells = calibration.cells(entries(make_run, publisher, tmp_path))
    own = cells[cells["model"] == "lab-abm"]
    assert len(own) == 6  # a revised count takes the place of the first one
    over_time = calibration.over_time(cells).set_index(["model", "through", "nominal"])
    first, last = over_time.loc[("lab-abm", "2017", 0.9)], over_time.loc[("lab-abm", "2018", 0.9)]
    assert (first["cells"], last["cells"], last["forecasts"], last["years"]) == (4, 6, 2, 2)
    assert first["covered"] == own.loc[own["time"] == "2017", "coverage_90"].mean() == 0.75
    assert first["lower"] < 0.75 < first["upper"]


def test_the_interval_of_a_coverage_is_that_of_wilson_at_ninety_percent() -> None:
    cells = pd.DataFrame({"bundle": "b", "model": "m", "time": "2017", "n": range(8)})
    for percent in (50, 80, 90, 95):
        cells[f"coverage_{percent}"] = [1.0] * 6 + [0.0] * 2
    (row,) = calibration.over_time(cells).query("nominal == 0.9").to_dict("records")
    z, share = 1.6448536, 0.75
    middle = (share + z**2 / 16) / (1 + z**2 / 8)
    half = z / (1 + z**2 / 8) * np.sqrt(share * 0.25 / 8 + z**2 / 256)
    assert (row["covered"], row["lower"], row["upper"]) == pytest.approx((share, middle - half, middle + half))


def test_the_share_below_each_quantile_rises_to_one(
    make_run: Callable[..., Recorded], publisher: Publisher, tmp_path: Path
) -> None:
    table = calibration.reliability(calibration.cells(entries(make_run, publisher, tmp_path)))
    own = table[table["model"] == "lab-abm"]
    assert own["share"].is_monotonic_increasing
    assert own["share"].between(0, 1).all()


def test_honest_forecasts_are_covered_as_they_promise() -> None:
    luck = np.random.default_rng(7)
    levels = np.array([0.01, 0.025, *np.arange(0.05, 0.96, 0.05), 0.975, 0.99])
    values = np.quantile(luck.normal(size=20_000), levels)
    pit = np.array([scoring.pit_of(levels, values, y) for y in luck.normal(size=2000)])
    table = pd.DataFrame({"model": "m", "pit": pit})
    shares = calibration.reliability(table)
    assert (shares["share"] - shares["nominal"]).abs().max() < 4 * np.sqrt(0.25 / 2000)
