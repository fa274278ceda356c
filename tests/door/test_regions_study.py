"""study=regions: one scenario in many places; each as if it were alone, and their sum."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecosim.data.errors import UserError
from ecosim.door.build import build_job, build_places
from ecosim.door.compose import compose
from ecosim.door.console import run
from ecosim.door.run import run_scenario
from ecosim.door.studies import Regions
from ecosim.door.told import place_of

SMALL = ["+scenario=zhejiang_2022", "members=4", "horizon=2024", "calibration.hindcast=null", "tracking.enabled=false"]
TWO = [*SMALL, "study=regions", "study.regions=[tibet,qinghai]", "study.largest_sample=300"]


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_scenario(TWO, cwd=tmp_path_factory.mktemp("together")).folder


def members_of(folder: Path) -> pd.DataFrame:
    table = pd.read_parquet(folder / "members.parquet")
    return table[table["frequency"] == "year"]


@pytest.mark.slow
def test_a_place_is_forecast_as_if_it_were_alone_with_other_luck(together: Path, here: Path) -> None:
    alone = run_scenario([*SMALL, "region=tibet", "+region.largest_sample=300"]).folder
    for name in ("coefficients.csv", "observed.csv", "references.csv"):
        assert (together / "places" / "tibet" / name).read_bytes() == (alone / name).read_bytes(), name
    levels = [pd.read_csv(folder / "basis.csv") for folder in (together / "places" / "tibet", alone)]
    counted = [table[table["basis"] == "observed"].reset_index(drop=True) for table in levels]
    assert len(counted[0]) > 3
    assert counted[0].equals(counted[1])
    one, other = (members_of(folder) for folder in (together / "places" / "tibet", alone))
    assert one[["target", "time", "member"]].equals(other[["target", "time", "member"]])
    assert not np.array_equal(one["value"], other["value"])
    middle = [rows.groupby(["target", "time"])["value"].median() for rows in (one, other)]
    assert np.exp(np.abs(np.log(middle[0] / middle[1])).median()) < 1.3


@pytest.mark.slow
def test_the_sum_is_that_of_the_places_in_every_future(together: Path) -> None:
    key = ["target", "time", "member"]
    parts = [members_of(together / "places" / name).set_index(key)["value"] for name in ("tibet", "qinghai")]
    whole = members_of(together).set_index(key)["value"]
    summed = (parts[0] + parts[1]).reindex(whole.index)
    assert {"hnte_certifications", "patents_granted", "rd_expenditure"} <= set(whole.index.get_level_values("target"))
    np.testing.assert_allclose(whole, summed, rtol=1e-12)
    forecast = pd.read_csv(together / "forecast.csv")
    assert set(forecast["location"]) == {"Tibet + Qinghai"}
    told = pd.read_csv(together / "identification.csv")["parameter"]
    assert not told.str.startswith(("level:", "growth:")).any()  # of one place, not of the sum
    assert len(told) > 20
    places = pd.read_csv(together / "places.csv")
    assert set(places["location"]) == {"Tibet", "Qinghai"}
    assert (together / "places.png").is_file()
    assert "Place by place" in (together / "report.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_sum_is_made_again_to_the_last_bit(together: Path, capfd: pytest.CaptureFixture[str]) -> None:
    home = together.parents[2]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        assert run(["study=reproduce", f"run={together.relative_to(home)}"]) == 0
    assert "identical" in capfd.readouterr().out


def test_all_31_provinces_are_one_scenario() -> None:
    composed = compose(["+scenario=provinces_2022"])
    assert len(composed.settings.places) == 31
    assert composed.settings.study.name == "regions"


@pytest.mark.parametrize(
    ("overrides", "names"),
    [
        ([], ("31 provinces", "31省区市")),
        (["study.regions=[anhui,tibet,shanghai]"], ("Anhui + Tibet + Shanghai", "安徽+西藏+上海")),
        (["study.regions=[anhui,tibet,shanghai,hubei]"], ("4 regions", "4个地区")),
        (["study.regions=[anhui,tibet]", "study.called=Two provinces"], ("Two provinces", None)),
        (["study.regions=[anhui,tibet]", "study.called_zh=两省区"], ("Anhui + Tibet", "两省区")),
        (["study.called=China"], ("China", None)),
    ],
)
def test_a_sum_is_named_after_what_is_summed(overrides: list[str], names: tuple[str, str | None]) -> None:
    composed = compose(["+scenario=provinces_2022", *overrides])
    study = composed.settings.study
    assert (study.called, study.called_zh) == names
    assert place_of(composed) == names[0]
    region = build_job(composed, Path.cwd()).region
    assert (region.name, region.name_zh) == (names[0], names[1] or "")


def test_a_scenario_of_ones_own_with_other_regions_is_named_after_those(own: Callable[[str, str], Path]) -> None:
    head = "# @package _global_\n# How many in a few?\ndefaults:\n  - provinces_2022\nstudy:\n  regions: "
    own("scenario/two.yaml", f"{head}[tibet, qinghai]\n")
    own("scenario/named.yaml", f"{head}[tibet, qinghai]\n  called: Two provinces\n")
    folder = own("scenario/four.yaml", f"{head}[tibet, qinghai, hubei, hunan]\n")
    called = {}
    for name in ("two", "named", "four"):
        study = compose([f"+scenario={name}"], folder).settings.study
        assert isinstance(study, Regions)
        called[name] = (study.called, study.called_zh)
    assert called == {
        "two": ("Tibet + Qinghai", "西藏+青海"),
        "named": ("Two provinces", None),
        "four": ("4 regions", "4个地区"),
    }


@pytest.mark.parametrize(
    ("regions", "called"), [("[tibet,qinghai]", "Tibet + Qinghai"), ("[tibet,qinghai,hubei,hunan]", "4 regions")]
)
def test_a_sum_that_no_file_names_is_named_after_its_regions(regions: str, called: str) -> None:
    assert compose([*SMALL, "study=regions", f"study.regions={regions}"]).settings.study.called == called


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["study.regions=[tibet]"], "at least 2"),
        (["study.regions=[tibet,atlantis]"], "atlantis"),
        (["study.regions=[tibet,tibet]"], "tibet would be added up twice"),
        (["study.largest_sample=10"], "largest_sample"),
    ],
)
def test_regions_that_cannot_be_added_up_are_named(overrides: list[str], words: str) -> None:
    with pytest.raises(UserError, match=words):
        compose([*SMALL, "study=regions", *overrides])


def test_places_of_a_sum_share_the_seed_and_each_has_luck_of_its_own() -> None:
    composed = compose(TWO)
    whole = build_job(composed, Path.cwd())
    places = build_places(composed, whole)
    assert {job.seed for job in places.values()} == {whole.seed} == {whole.luck}
    assert len({whole.luck, *(job.luck for job in places.values())}) == 3


def test_places_belong_to_the_sum_of_regions_alone() -> None:
    with pytest.raises(UserError, match="study=regions"):
        compose([*SMALL, "+places.tibet={}"])


@pytest.mark.slow
def test_a_recorded_sum_goes_by_its_own_name_everywhere(together: Path, capfd: pytest.CaptureFixture[str]) -> None:
    home, named = together.parents[2], together.relative_to(together.parents[2])
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        assert run(["study=publish", f"run={named}"]) == 0
        (bundle,) = (home / "outputs" / "published").iterdir()
        title = (bundle / "report.html").read_text(encoding="utf-8").partition("<title>")[2].partition("</title>")[0]
        names = [title, (bundle / "hub-config" / "admin.json").read_text(encoding="utf-8")]
        assert ["Tibet + Qinghai" in name for name in names] == [True, True]
        assert not any("Zhejiang" in name for name in names)  # the scenario's own region is not among the two
        capfd.readouterr()
        assert run(["study=update", f"run={named}"]) == 2  # counts of Zhejiang are none of the sum
    assert "known of Tibet + Qinghai" in capfd.readouterr().err
