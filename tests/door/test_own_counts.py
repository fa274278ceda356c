"""Rows of data.path that a forecast cannot use: a table of strangers is refused, a misspelled target is told."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from ecosim.data.errors import UserError
from ecosim.door.build import build_job, tell_unused
from ecosim.door.compose import compose
from ecosim.door.console import run
from ecosim.door.own_counts import check_places

PINGHU, ANHUI = ["+scenario=pinghu_2017"], ["+scenario=zhejiang_2022", "region=anhui"]
TWO = ["+scenario=zhejiang_2022", "study=regions", "study.regions=[tibet,qinghai]"]
COUNTY = "# @package _global_\n# Does it work?\ndefaults:\n  - override /region: zhejiang\nregion: {name: 云溪县}\n"


def counts(rows: list[tuple[str, str, int, int]]) -> None:
    lines = [f"{place},{target},{time},{value},count" for place, target, time, value in rows]
    Path("my.csv").write_text("\n".join(["location,target,time,value,unit", *lines]) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("overrides", "place", "answer"),
    [
        (
            PINGHU,
            "平湖市",
            "no row of 'Pinghu'; its places are '平湖市'; write 'Pinghu' for '平湖市' in the column location",
        ),
        (PINGHU, "平湖", "write 'Pinghu' for '平湖'"),
        (PINGHU, "Pingu", "write 'Pinghu' for 'Pingu'"),
        (PINGHU, "浙江省", "write 'Zhejiang' for '浙江省'"),
        (PINGHU, "江苏", "write 'Jiangsu' for '江苏'"),
        (PINGHU, "Nowhere", "its places are 'Nowhere'; write 'Pinghu' in the column location"),
        ([*PINGHU, "data=own"], "平湖", "write 'Pinghu' for '平湖'"),
        (ANHUI, "安徽", "no row of 'Anhui'; its places are '安徽'; write 'Anhui' for '安徽'"),
        (TWO, "西藏", "no row of 'Tibet' or 'Qinghai'; its places are '西藏'; write 'Tibet' for '西藏'"),
    ],
)
def test_a_table_of_strangers_is_refused(here: Path, overrides: list[str], place: str, answer: str) -> None:
    counts([(place, "hnte_stock", 2016, 180)])
    with pytest.raises(UserError, match=answer) as caught:
        build_job(compose([*overrides, "data.path=my.csv"]), here)
    assert str(caught.value).startswith("data.path=my.csv: ")
    assert "\n" not in str(caught.value)


def test_of_many_strangers_five_are_named_and_the_others_counted() -> None:
    table = pd.DataFrame({"location": ["Q1", "Q2", "Q3", "Q4", "Q5", "Q6", "Q7", "Q7"]})
    region = SimpleNamespace(name="Pinghu", name_zh="平湖", inside=())
    with pytest.raises(UserError, match="its places are 'Q1', 'Q2', 'Q3', 'Q4', 'Q5' and 2 more; write 'Pinghu' in"):
        check_places("my.csv", table, [region], [])


def test_a_county_of_ones_own_is_told_how_its_table_spells_it(here: Path, own: Callable[[str, str], Path]) -> None:
    counts([("云溪", "hnte_stock", 2021, 7), ("云溪", "hnte_stock", 2022, 9)])
    home = own("scenario/mine.yaml", COUNTY)
    with pytest.raises(UserError, match="no row of '云溪县'; its places are '云溪'; write '云溪县' for '云溪'"):
        build_job(compose(["+scenario=mine", "data.path=my.csv"], home), here)


@pytest.mark.parametrize(
    ("overrides", "place"),
    [(PINGHU, "Pinghu"), (PINGHU, "Zhejiang"), (PINGHU, "Anhui"), (PINGHU, "China"), (TWO, "Qinghai"), (TWO, "Anhui"),
     ([*PINGHU, "data=own"], "Anhui"), ([*PINGHU, "data=us_states"], "OR")],
)  # fmt: skip
def test_counts_of_a_known_place_are_taken(here: Path, overrides: list[str], place: str) -> None:
    counts([(place, "gdp_implied", 2023, 4000)])
    Path("my.csv").write_text(Path("my.csv").read_text().replace(",count", ",100m CNY"))
    composed = compose([*overrides, "data.path=my.csv"])
    told = tell_unused(composed, build_job(composed, here).counts)
    assert not [sentence for sentence in told if "my.csv" in sentence]
    assert bool(told) == ("data=own" in overrides or "data=us_states" in overrides)  # nothing of Jiaxing and Zhejiang


def test_a_name_that_is_close_beside_one_that_is_right_is_told(here: Path) -> None:
    neighbor = [("Haining", "hnte_stock", 2016, 90)]
    counts([("Zhejiang", "hnte_stock", 2023, 41000), ("平湖市", "hnte_stock", 2016, 180), *neighbor])
    composed = compose([*PINGHU, "data.path=my.csv"])
    (sentence,) = tell_unused(composed, build_job(composed, here).counts)
    assert (
        sentence == "平湖市 (1 row of my.csv) is taken for another place than Pinghu; write Pinghu where it is meant."
    )


def test_a_target_that_no_forecast_knows_is_told(here: Path, fake: None, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [("Pinghu", "hnte_stand", time, 100 + time) for time in range(2013, 2017)]
    counts([*rows, ("Pinghu", "cafes", 2016, 3), ("Pinghu", "hnte_stock", 2016, 180)])
    assert run([*PINGHU, "members=4", "tracking.enabled=false", "data.path=my.csv"]) == 0
    (told,) = here.glob("outputs/*/*/statements.txt")
    sentences = told.read_text(encoding="utf-8").splitlines()
    assert sentences[:2] == [
        "hnte_stand (4 rows of my.csv) is not used; did you mean hnte_stock?",
        "cafes (1 row of my.csv) is not used; no forecast knows a target of this name.",
    ]
    shown = " ".join(capsys.readouterr().out.split())
    assert all(sentence in shown for sentence in sentences[:2])


@pytest.mark.parametrize(("place", "meant"), [("浙江", "Zhejiang"), ("浙江省", "Zhejiang"), ("嘉兴市", "Jiaxing")])
def test_a_place_around_by_its_chinese_name_is_refused(here: Path, place: str, meant: str) -> None:
    with pytest.raises(UserError, match=f"region.inside={place}: there are no counts of it; write '{meant}'"):
        build_job(compose([*PINGHU, f"region.inside=['{place}']"]), here)


def test_a_place_around_without_counts_is_told(here: Path) -> None:
    composed = compose([*PINGHU, "region.inside=[Shaoxing,Zhejang,Zhejiang]"])
    first, second = tell_unused(composed, build_job(composed, here).counts)
    told = "Pinghu is said to lie in {} (region.inside), of which there is no count: nothing is inherited from it"
    assert first == f"{told.format('Shaoxing')}."
    assert second == f"{told.format('Zhejang')}; is Zhejiang meant?"
