"""Results: told in one batch, in names MLflow takes, in the order the compare page wants."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from ecosim import tracking
from ecosim.tracking.record import MARK, clean


def logged(store, folder, results, **more):
    with tracking.open_run(store, "a", {}, "") as run:
        run.log(folder, results, **more)
    return store.client.get_run(run.id)


def test_everything_arrives_and_nothing_stays_pending(store, folder, results):
    run = logged(store, folder, results, tags={"config_hash": "c1"}, description="Said by a human.")
    assert run.data.params == {"seed": "2017", "members": "200"}
    assert run.data.metrics["effect_hnte_stock_2020_median"] == 31
    history = store.client.get_metric_history(run.info.run_id, "hnte_stock/median")
    assert [(m.step, m.value) for m in history] == [(2019, 450.0), (2020, 514.0)]
    assert run.data.tags["config_hash"] == "c1"
    assert run.data.tags["outputs"] == str(folder)
    assert run.data.tags["mlflow.note.content"] == "Said by a human."
    files = {file.path for file in store.client.list_artifacts(run.info.run_id)}
    assert files == {"forecast.csv", "fan.png", "config.yaml", "forecast_table.json"}
    assert not (folder / MARK).exists()
    assert tracking.pending(folder.parent) == []


def test_the_headline_metric_stands_first(store, folder):
    results = tracking.Results(metrics={"z_headline": 1.0, "a": 2.0}, yearly={"b/median": {2020: 1.0}})
    assert next(iter(logged(store, folder, results).data.metrics)) == "z_headline"


def test_the_dataset_is_logged_with_its_hash(store, folder, results):
    inputs = logged(store, folder, results).inputs.dataset_inputs
    assert [(i.dataset.name, i.dataset.digest) for i in inputs] == [("china", "a" * 36)]
    assert json.loads(inputs[0].dataset.profile)["num_rows"] == 1
    assert json.loads(inputs[0].dataset.schema)["mlflow_colspec"][2] == {
        "type": "double",
        "name": "value",
        "required": True,
    }
    assert [(tag.key, tag.value) for tag in inputs[0].tags] == [("mlflow.data.context", "calibration")]


def test_two_runs_that_name_the_same_data_at_the_same_moment_both_have_it(store, folder, results):
    """MLflow looks for the data set and then writes it; here the other run writes it between the two."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    others, second = [], shutil.copytree(folder, folder.with_name("second"))

    def between(_connection, _cursor, statement, *_):
        if statement.startswith("INSERT INTO datasets") and not others:
            others.append(None)
            others[0] = logged(tracking.open_store(store.root), second, results)

    event.listen(Engine, "before_cursor_execute", between)
    try:
        run = logged(store, folder, results)
    finally:
        event.remove(Engine, "before_cursor_execute", between)
    assert [other.inputs.dataset_inputs for other in others] == [run.inputs.dataset_inputs]
    assert len(run.inputs.dataset_inputs) == 1


def test_mlflow_itself_reads_the_table_and_knows_it_as_one(store, folder, results, monkeypatch):
    run = logged(store, folder, results)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.address)
    table = store.client.load_table(store.experiment_id, "forecast_table.json", run_ids=[run.info.run_id])
    assert table.loc[0, "median [90 %]"] == "514 [497-530]"


@pytest.mark.parametrize(("targets", "transactions"), [(100, 1), (120, 2)])
def test_the_numbers_of_a_run_are_a_transaction_for_each_thousand(store, folder, monkeypatch, targets, transactions):
    from mlflow import MlflowClient

    batches, log = [], MlflowClient.log_batch
    monkeypatch.setattr(MlflowClient, "log_batch", lambda *given, **named: batches.append(1) or log(*given, **named))
    for single in ("log_metric", "log_param", "set_tag"):
        monkeypatch.setattr(MlflowClient, single, lambda *_, **__: pytest.fail("one number at a time"))
    yearly = {f"target{number}/median": dict.fromkeys(range(2017, 2026), number + 0.5) for number in range(targets)}
    with tracking.open_run(store, "a", {"role": "single"}, "why") as run:
        run.log(folder, tracking.Results({"members": 4}, {"hnte_stock_2020_median": 514.0}, yearly))
    assert len(batches) == transactions
    assert len(store.client.get_run(run.id).data.metrics) == targets + 1
    assert len(store.client.get_metric_history(run.id, f"target{targets - 1}/median")) == 9


def test_names_that_mlflow_refuses_are_cleaned_and_stay_apart(store, folder):
    metrics = {"growth (%)": 1.0, "growth (@)": 2.0, "share=a": 3.0, "新增企业": 4.0, "../up": 5.0, "a//b": 6.0}
    run = logged(store, folder, tracking.Results(metrics=metrics, params={"rate=(%)": "x"}))
    assert run.data.metrics == {
        "growth ___": 1.0,
        "growth ____2": 2.0,
        "share_a": 3.0,
        "新增企业": 4.0,
        "up": 5.0,
        "a/b": 6.0,
    }
    assert run.data.params == {"rate____": "x"}


def test_a_name_of_nothing_but_dots_becomes_a_line():
    assert clean("..") == "_"
    assert clean("a:b") == "a_b"
    assert len(clean("x" * 300)) == 250


def test_a_long_parameter_is_cut_and_says_so(store, folder):
    run = logged(store, folder, tracking.Results(params={"policies": "x" * 7000}))
    assert len(run.data.params["policies"]) == 6000
    assert run.data.params["policies"].endswith("(cut; whole in config.yaml)")


def test_more_than_thirty_parameters_are_counted_instead_of_shown(store, folder):
    run = logged(store, folder, tracking.Results(params={f"p{n:02}": n for n in range(40)}))
    assert len(run.data.params) == 29
    assert run.data.params["more"] == "12 more in config.yaml"


def test_missing_numbers_are_logged_as_missing(store, folder):
    run = logged(store, folder, tracking.Results(metrics={"a": float("nan")}, yearly={"b": {2020: float("nan")}}))
    assert np.isnan(run.data.metrics["a"])


def test_a_file_that_was_not_written_is_named(store, folder, results):
    with pytest.raises(tracking.TrackingError, match=r"lacks effect\.csv; write the results before"):
        logged(store, folder, results, files=["forecast.csv", "effect.csv"])


def test_one_name_for_a_scalar_and_a_path_is_refused(store, folder):
    with pytest.raises(ValueError, match="hnte: a scalar and a yearly metric"):
        logged(store, folder, tracking.Results(metrics={"hnte": 1.0}, yearly={"hnte": {2020: 1.0}}))


def test_a_full_disk_is_one_message_and_costs_no_result(store, folder, results, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("shutil.copyfileobj", full)
        with pytest.raises(
            tracking.TrackingError, match=r"no room left on the disk \(.* MB free\).*make room"
        ) as caught:
            logged(store, folder, results)
    assert f"whole in {folder}" in str(caught.value)
    assert tracking.pending(folder.parent) == [folder]
    run_id = tracking.send(store, folder)
    assert store.client.get_run(run_id).info.status == "FINISHED"
    assert len(store.client.search_runs([store.experiment_id])) == 1


def test_a_full_database_is_the_same_message(store, folder, results, monkeypatch):
    import sqlite3

    def full(*_, **__):
        raise sqlite3.OperationalError("database or disk is full")

    with tracking.open_run(store, "a", {}, "") as run:
        with monkeypatch.context() as patched:
            patched.setattr(type(store.client), "log_batch", full)
            with pytest.raises(tracking.TrackingError, match="no room left on the disk"):
                run.log(folder, results)
        run.log(folder, results)
    assert store.client.get_run(run.id).info.status == "FINISHED"
    assert not (folder / MARK).exists()


def test_a_process_killed_while_logging_leaves_its_results_pending(store, folder, results):
    from ecosim.tracking import record as records

    half = records.Record("a", {}, "", 1, process={"ecosim.pid": "1", "ecosim.started": "0", "ecosim.host": "x"})
    half.write(folder)
    assert tracking.pending(folder.parent) == [], "of another host: perhaps still at it"
    from ecosim.tracking import processes

    half.process = processes.signature() | {processes.STARTED: "0"}
    half.write(folder)
    assert tracking.pending(folder.parent) == [folder]


def test_a_folder_without_anything_pending_is_not_sent(store, folder):
    with pytest.raises(tracking.TrackingError, match=r"holds no not_logged\.json"):
        tracking.send(store, folder)


def test_a_damaged_mark_is_named(store, folder):
    (folder / MARK).write_text("{", encoding="utf-8")
    with pytest.raises(tracking.TrackingError, match=r"not_logged\.json: cannot be read .* delete it"):
        tracking.pending(folder)


def quantiles() -> pd.DataFrame:
    rows = [
        ("pinghu_2017", "Pinghu", "2016-12", time_, target, level, value + 100 * level)
        for target, value in (("firms", 9000.0), ("hnte_stock", 450.0))
        for time_ in ("2019", "2020", "2020-Q1")
        for level in (0.05, 0.5, 0.95)
    ]
    return pd.DataFrame(rows, columns=["scenario", "location", "origin", "time", "target", "quantile", "value"])


def test_yearly_metrics_are_sections_with_years_as_steps():
    lines = tracking.yearly_metrics(quantiles(), prefix="effect/")
    assert lines["effect/hnte_stock/median"] == {2019: 500.0, 2020: 500.0}
    assert len(lines) == 6


def test_headlines_start_with_the_target_named_first():
    scalars = tracking.headline_metrics(quantiles(), "hnte_stock", [2020])
    assert list(scalars.items())[:2] == [("hnte_stock_2020_median", 500.0), ("hnte_stock_2020_width90", 90.0)]
    assert len(scalars) == 4


def test_the_small_table_shows_median_and_interval():
    table = tracking.forecast_table(quantiles(), [2020])
    assert table.to_numpy().tolist() == [["firms 2020", "9,050 [9,005-9,095]"], ["hnte_stock 2020", "500 [455-545]"]]


def test_two_scenarios_in_one_line_are_refused():
    two = pd.concat([quantiles(), quantiles().assign(scenario="baseline")])
    with pytest.raises(ValueError, match="one scenario and origin at a time"):
        tracking.yearly_metrics(two)


def test_several_locations_become_sections_of_their_own():
    two = pd.concat([quantiles(), quantiles().assign(location="Haiyan")])
    assert "Haiyan/firms/median" in tracking.yearly_metrics(two)


def test_scenario_and_seed_fit_into_the_eighteen_characters_that_are_always_shown():
    assert tracking.run_name("pinghu_2017", 2017) == "pinghu_2017-s2017"
    assert tracking.run_name("a_very_long_scenario_name", 2017) == "a_very_long_-s2017"


def test_a_name_tells_what_sets_a_run_apart_in_sixty_characters():
    assert tracking.run_name("pinghu_2017", 7, ["members=20", "without visits"]) == (
        "pinghu_2017-s7 members=20 without visits"
    )
    long = tracking.run_name("pinghu_2017", 2017, ["members=20", "hnte_award.amount={2017-07: 20, 2019-01: 30}"])
    assert long == "pinghu_2017-s2017 members=20 hnte_award.amount={2017-07: ..."
    assert len(long) <= 60
