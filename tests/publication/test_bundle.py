"""A bundle is a valid hub, says what it is, is the same whenever it is made, and is never written over."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from ecosim.publication import checksums, hub, outputs, validation
from ecosim.publication.bundle import PAGES, BundleError, publish, read_outputs
from ecosim.publication.hub import Publisher
from ecosim.publication.recorded import Recorded, RecordError

PAGE = "<html></html>"


def page(path: Path) -> None:
    path.write_text(PAGE, encoding="utf-8")


def read_json(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["tasks", "admin", "target-data"])
def test_every_configuration_is_valid_under_the_schema_that_it_names(published: Path, name: str) -> None:
    config = read_json(published / "hub-config" / f"{name}.json")
    assert validation.complaints(name, config) == []
    assert config["schema_version"] == validation.schema(name)["$id"]


def test_the_schemas_refuse_what_the_hubverse_refuses(published: Path) -> None:
    tasks = read_json(published / "hub-config" / "tasks.json")
    group = tasks["rounds"][0]["model_tasks"][0]
    group["target_metadata"][0]["time_unit"] = "year"  # why horizons are months
    group["output_type"]["quantile"]["output_type_id"]["required"] = [1.5]
    admin = read_json(published / "hub-config" / "admin.json")
    del admin["repository"]["owner"]
    wrong = validation.complaints("tasks", tasks) + validation.complaints("admin", admin)
    assert any("'year' is not one of ['day', 'week', 'month']" in text for text in wrong)
    assert any("1.5 is greater than the maximum" in text for text in wrong)
    assert any("'owner' is a required property" in text for text in wrong)


def test_a_year_ends_twelve_months_after_an_origin_in_december_and_six_after_june() -> None:
    assert outputs.months_between("2016-12-31", "2018-12-31") == 24
    assert outputs.months_between("2018-06-30", "2018-12-31") == 6


def test_model_output_holds_the_recorded_quantiles_and_every_member(published: Path) -> None:
    rows = read_outputs(published)["lab-abm"]
    recorded = pd.read_csv(published / "run" / "forecast.csv", dtype={"time": str})
    mine = rows[(rows["output_type"] == "quantile") & (rows["scenario_id"] == "test")]
    cell = mine[(mine["target"] == "tech_sme_new") & (mine["horizon"] == 24)]
    told = recorded[(recorded["target"] == "tech_sme_new") & (recorded["time"] == "2018")]
    assert cell["value"].tolist() == told["value"].tolist()
    assert cell["output_type_id"].tolist() == [f"{level:g}" for level in told["quantile"]]
    assert set(cell["target_end_date"]) == {"2018-12-31"}
    samples = rows[rows["output_type"] == "sample"]
    assert samples["output_type_id"].nunique() == 40
    assert set(samples["scenario_id"]) == {"test", "national_rules"}


def test_the_difference_of_two_samples_is_the_recorded_effect(published: Path) -> None:
    rows = read_outputs(published)["lab-abm"]
    samples = rows[(rows["output_type"] == "sample") & (rows["target"] == "tech_sme_new") & (rows["horizon"] == 12)]
    wide = samples.pivot(index="output_type_id", columns="scenario_id", values="value")
    effect = pd.read_csv(published / "run" / "effect.csv", dtype={"time": str})
    cell = effect[(effect["target"] == "tech_sme_new") & (effect["time"] == "2017") & (effect["quantile"] == 0.5)]
    assert np.isclose((wide["test"] - wide["national_rules"]).median(), cell["value"].item())


def test_csv_and_parquet_hold_the_same_rows(published: Path) -> None:
    for path in (published / "model-output").glob("*/*.csv"):
        text = pd.read_csv(path, dtype={"output_type_id": str})
        binary = read_outputs(published)[path.parent.name]
        pd.testing.assert_frame_equal(text, binary, check_dtype=False)


def test_a_scenario_without_an_effect_is_published_alone(
    make_run: Callable[..., Recorded], publisher: Publisher, tmp_path: Path
) -> None:
    made = publish(make_run(effect=1.0), publisher, tmp_path / "alone", page)
    assert set(read_outputs(made.folder)["lab-abm"]["scenario_id"]) == {"test"}


def test_counts_carry_the_day_from_which_they_were_known(published: Path) -> None:
    series = pd.read_csv(published / "target-data" / "time-series.csv").set_index("target_end_date")
    assert series["as_of"].to_dict() == {
        "2015-12-31": "2016-12-31",  # says so itself
        "2016-12-31": "2016-12-31",  # the origin
        "2017-12-31": "2017-01-15",  # the day of the run, which held it against its forecast
    }


def test_a_year_goes_before_its_last_month_and_parts_of_a_flow_are_left_out(make_run: Callable[..., Recorded]) -> None:
    run = make_run()
    known = pd.read_csv(run.folder / "observed.csv", dtype=str)
    month = known.tail(1).assign(time="2016-12", value="280")
    rows = [month, known, month.assign(target="tech_sme_new")]
    pd.concat(rows).to_csv(run.folder / "observed.csv", index=False)
    series = outputs.time_series(run)
    assert series["period"].tolist() == ["2015", "2016", "2017"]
    assert series["observation"].tolist() == [250.0, 279.0, 358.0]


@pytest.mark.parametrize(("value", "least"), [(0.0, 0), (-1.0, None)])
def test_values_begin_at_zero_unless_one_lies_below(
    make_run: Callable[..., Recorded], value: float, least: int | None
) -> None:
    run = make_run()
    models = [model._replace(rows=model.rows.assign(value=value)) for model in outputs.model_outputs(run)]
    kinds = hub.tasks(run, models)["rounds"][0]["model_tasks"][0]["output_type"]
    assert [kinds[kind]["value"].get("minimum") for kind in ("quantile", "sample")] == [least, least]


def test_strange_rows_are_named(published: Path, make_run: Callable[..., Recorded]) -> None:
    tasks, models = read_json(published / "hub-config" / "tasks.json"), outputs.model_outputs(make_run())
    assert hub.check_outputs(tasks, models) == []
    rows = models[0].rows.copy()
    rows.loc[0, "value"] = 1e9
    rows.loc[30:, "horizon"] = 7
    wrong = hub.check_outputs(tasks, [models[0]._replace(rows=rows), models[1]])
    assert any("horizon 7 is not in tasks.json" in text for text in wrong)
    assert any("quantiles fall" in text for text in wrong)
    twice = models[0].rows.copy()
    first, second, *_ = twice.index[twice["output_type"] == "sample"]
    twice.loc[second, "output_type_id"] = twice.loc[first, "output_type_id"]
    (said,) = hub.check_outputs(tasks, [models[0]._replace(rows=twice)])
    assert said.endswith("40 samples, not 40")


def test_a_forecast_with_a_gap_is_not_published(
    make_run: Callable[..., Recorded], publisher: Publisher, tmp_path: Path
) -> None:
    run = make_run()
    text = (run.folder / "forecast.csv").read_text(encoding="utf-8").splitlines()
    text[5] = text[5].rpartition(",")[0] + ","
    (run.folder / "forecast.csv").write_text("\n".join(text), encoding="utf-8")
    with pytest.raises(RecordError, match="no finite value"):
        publish(run, publisher, tmp_path / "gap", page)
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def test_the_same_run_gives_the_same_bytes(
    make_run: Callable[..., Recorded], publisher: Publisher, tmp_path: Path
) -> None:
    run = make_run()
    first = publish(run, publisher, tmp_path / "one", page)
    second = publish(run, publisher, tmp_path / "two", page)
    again = publish(run, publisher, tmp_path / "one", page)
    assert first.digest == second.digest == again.digest
    assert (first.fresh, again.fresh) == (True, False)


def test_what_was_published_is_not_written_over(
    make_run: Callable[..., Recorded], publisher: Publisher, tmp_path: Path
) -> None:
    run, target = make_run(), tmp_path / "one"
    publish(run, publisher, target, page)
    before = checksums.sha256(target / checksums.NAME)
    with pytest.raises(BundleError, match="not overwritten: give another folder"):
        publish(run, publisher, target, lambda path: path.write_text("another page"))
    assert checksums.verify(target) == before
    (tmp_path / "mine").mkdir()
    with pytest.raises(BundleError, match="holds no bundle; move it away"):
        publish(run, publisher, tmp_path / "mine", page)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda folder: (folder / "report.html").write_text("better"), r"report.html \(changed\)"),
        (lambda folder: (folder / "README.md").unlink(), r"README.md \(missing\)"),
        (lambda folder: (folder / "more.txt").write_text("more"), r"more.txt \(added\)"),
        (lambda folder: (folder / "SHA256SUMS").unlink(), "holds no SHA256SUMS"),
        (lambda folder: (folder / "SHA256SUMS").write_text("what?"), "line 1 is no checksum"),
    ],
)
def test_a_bundle_that_was_touched_says_where(bundle: Path, spoil: Callable[[Path], object], told: str) -> None:
    spoil(bundle)
    with pytest.raises(checksums.ChecksumError, match=told):
        checksums.verify(bundle)


def test_citation_and_crate_name_authors_license_and_every_file(published: Path) -> None:
    citation = yaml.safe_load((published / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["authors"] == [{"name": "Ada Lovelace"}]
    assert citation["license"] == "CC-BY-4.0"
    crate = read_json(published / "ro-crate-metadata.json")
    entities = {entity["@id"]: entity for entity in crate["@graph"]}
    assert entities["ro-crate-metadata.json"]["conformsTo"]["@id"] == "https://w3id.org/ro/crate/1.1"
    parts = {part["@id"] for part in entities["./"]["hasPart"]}
    assert parts == {name for name in checksums.files(published) if name != "ro-crate-metadata.json"}
    assert all(entities[name]["sha256"] == checksums.sha256(published / name) for name in parts)
    assert entities["./"]["datePublished"] == "2017-01-15"
    assert entities["#run"]["description"] == "ecosim +scenario=test 'title=two words'"


def test_metadata_of_every_model_is_valid_under_the_schema_of_the_hub(published: Path) -> None:
    files = sorted((published / "model-metadata").glob("*.yml"))
    assert [path.stem for path in files] == ["lab-abm", "lab-random_walk"]
    for path in files:
        assert validation.complaints("model-metadata", yaml.safe_load(path.read_text(encoding="utf-8"))) == []


def test_the_model_pages_in_the_bundle_lead_nowhere_else(published: Path) -> None:
    text = (published / "ODD.md").read_text(encoding="utf-8")
    assert "Purpose and patterns" in text
    assert "](" not in text.replace("](http", "")


def test_the_bundle_holds_all_elements_of_the_odd_protocol_under_two_titles(published: Path) -> None:
    lines = (published / "ODD.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("# ")] == ["# The model", "# Submodels and policies"]
    sections = [line for line in lines if line.startswith("## ")]
    assert sections.index("## 1. Purpose and patterns") < sections.index("## References")
    assert sections.index("## References") < sections.index("## What a firm decides") < sections.index("## Policies")


def test_the_package_ships_every_page_of_the_model() -> None:
    settings = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    shipped = settings["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert {f"docs/{name}": f"ecosim/docs/{name}" for name in PAGES}.items() <= shipped.items()


def test_a_run_of_another_study_is_refused(make_run: Callable[..., Recorded]) -> None:
    run = make_run()
    settings = yaml.safe_load((run.folder / "config.yaml").read_text(encoding="utf-8"))
    settings["study"] = {"name": "backtest"}
    (run.folder / "config.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    with pytest.raises(RecordError, match=r"is of study=backtest; study=publish takes runs of study=forecast"):
        Recorded(run.folder, run.run).require_forecast("publish")
