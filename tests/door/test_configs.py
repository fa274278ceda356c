"""Every configuration file composes, validates and can be built."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from ecosim.data import china
from ecosim.door.build import build_policies, build_region
from ecosim.door.compose import compose, compose_file
from ecosim.door.library import GROUPS, ConfigError, Library

LIBRARY = Library()


@pytest.mark.parametrize("name", LIBRARY.options("scenario"))
def test_every_scenario_composes_and_can_be_built(name: str) -> None:
    composed = compose([f"+scenario={name}"])
    assert composed.scenario == composed.label == name
    assert build_region(composed.settings.region).name
    package, baseline = build_policies(composed)
    assert set(baseline) <= set(package)


@pytest.mark.parametrize("name", LIBRARY.options("region"))
def test_every_region_composes_and_can_be_built(name: str) -> None:
    region = build_region(compose_file("region", name, LIBRARY))
    assert region.name.lower().replace(" ", "_") == name


@pytest.mark.parametrize("name", LIBRARY.options("policies"))
def test_every_policy_package_composes_and_can_be_built(name: str) -> None:
    package, _ = build_policies(compose(["+scenario=pinghu_2017", f"policies={name}"]))
    assert package


NEEDED = {
    "own": ["data.path=counts.csv"],
    "fit": ["study.equation=hnte_certifications"],
    "publish": ["study.run=abcd"],
    "reproduce": ["study.run=abcd"],
    "update": ["study.run=abcd"],
    "compare": ["study.runs=[abcd,bcde]"],
}


@pytest.mark.parametrize("group", ["data", "behaviors", "calibration", "study", "execution"])
def test_every_other_choice_composes(group: str) -> None:
    for name in LIBRARY.options(group):
        more = NEEDED.get(name, [])
        assert compose(["+scenario=pinghu_2017", f"{group}={name}", *more]).choices[group] == name


def test_regions_are_the_31_provinces_and_their_chinese_names() -> None:
    chinese = china.location_names()
    found = {}
    for path in LIBRARY.options("region").values():
        table = yaml.safe_load(path.read_text(encoding="utf-8"))
        found[table["name"]] = table["name_zh"]
    assert {name: found[name] for name in china.provinces()} == {name: chinese[name] for name in china.provinces()}


def test_every_file_says_in_its_first_comment_what_it_is() -> None:
    for group in GROUPS:
        for name in LIBRARY.options(group):
            assert LIBRARY.question(group, name), f"{group}/{name}"


def test_every_scenario_asks_a_question() -> None:
    for name in LIBRARY.options("scenario"):
        assert LIBRARY.question("scenario", name).endswith("?")


def test_a_region_on_the_command_line_names_the_run() -> None:
    composed = compose(["+scenario=zhejiang_2022", "region=inner_mongolia"])
    assert composed.label == "zhejiang_2022-inner_mongolia"
    assert composed.settings.region["name"] == "Inner Mongolia"


def test_the_region_of_the_scenario_does_not() -> None:
    assert compose(["+scenario=zhejiang_2022", "region=zhejiang"]).label == "zhejiang_2022"


def test_the_baseline_is_composed_without_the_overrides() -> None:
    changed = compose(["+scenario=pinghu_2017", "policies.hnte_income_tax.rate=10"])
    usual = compose(["+scenario=pinghu_2017"])
    assert changed.settings.policies["hnte_income_tax"] != usual.settings.policies["hnte_income_tax"]
    assert changed.baseline_rows == usual.baseline_rows


def test_the_baseline_and_the_regions_of_a_study_can_be_files_of_ones_own(own: Callable[[str, str], Path]) -> None:
    text = "# Rules of mine.\ndefaults: [national_rules, _self_]\nhnte_income_tax: {rate: 20}\n"
    home = own("policies/flat.yaml", text)
    flat = compose(["+scenario=pinghu_2017", "baseline=flat"], home)
    usual = compose(["+scenario=pinghu_2017"], home)
    assert flat.baseline_rows["hnte_income_tax"]["rate"] == 20
    assert flat.baseline_rows.keys() == usual.baseline_rows.keys()
    for name in ("yunxi", "云溪"):
        own(f"region/{name}.yaml", "# A county of mine.\ndefaults: [_province_base, _self_]\nname: Yunxi\n")
    own("policies/none.yaml", "# No rule at all.\n{}\n")
    places = "study.regions=[yunxi,'云溪',zhejiang]"
    found = compose(["+scenario=zhejiang_2022", "baseline=none", "study=regions", places], home)
    assert [place["name"] for place in found.tree["places"].values()] == ["Yunxi", "Yunxi", "Zhejiang"]
    assert found.baseline_rows == {}


def test_a_number_keeps_the_date_of_the_step_it_replaces() -> None:
    row = compose(["+scenario=pinghu_2017", "policies.hnte_award.amount=30"]).settings.policies["hnte_award"]
    assert row["amount"] == {"2017-07": 30}


def test_rows_are_removed_and_added_by_name() -> None:
    rows = ["~policies.one_to_one_service", "+policies.my_row.family=award", "+policies.my_row.source=mine"]
    found = compose(["+scenario=pinghu_2017", *rows]).settings.policies
    assert "one_to_one_service" not in found
    assert found["my_row"] == {"family": "award", "source": "mine"}


def test_chinese_values_need_no_quotes() -> None:
    assert compose(["+scenario=pinghu_2017", "region.name=平湖"]).settings.region["name"] == "平湖"
    assert compose(["+scenario=pinghu_2017", "title='新政, 2017'"]).settings.title == "新政, 2017"


def test_workers_of_the_execution_are_the_workers() -> None:
    assert compose(["+scenario=pinghu_2017", "execution.workers=3"]).settings.workers == 3
    assert compose(["+scenario=pinghu_2017", "workers=2"]).settings.workers == 2


def test_a_cluster_is_named_by_the_address_of_its_scheduler(here: Path) -> None:
    from ecosim.door.build import build_job

    address = "tcp://127.0.0.1:18786"
    job = build_job(compose(["+scenario=pinghu_2017", "execution=dask", f"execution.address={address}"]), here)
    assert job.crew == job.cluster
    assert job.cluster is not None
    assert job.cluster.address == address
    with pytest.raises(ConfigError, match="add execution=dask"):
        compose(["+scenario=pinghu_2017", f"execution.address={address}"])
    with pytest.raises(ConfigError, match="give its address"):
        compose(["+scenario=pinghu_2017", "execution=dask", "execution.address=null"])
