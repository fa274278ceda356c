"""Every mistake of a user is answered with one message that names the thing and the way out."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ecosim.data.errors import UserError
from ecosim.data.panel import CountsError
from ecosim.door import folder
from ecosim.door.build import build_job, build_policies, build_region, load_counts
from ecosim.door.compose import compose
from ecosim.door.console import run
from ecosim.door.library import ConfigError
from ecosim.door.sweep import run_sweep

PINGHU = "+scenario=pinghu_2017"

WRONG = [  # overrides, what the message must say
    (["+scenarioo=x"], r"\+scenario="),
    (["scenario=pinghu_2017"], r"\+scenario=pinghu_2017"),
    (["members=5"], "no scenario.*pinghu_2017.*zhejiang_2022"),
    (["+scenario=pinghu2017"], "did you mean 'pinghu_2017'"),
    (["+scenario="], "pinghu_2017.*zhejiang_2022"),
    ([PINGHU, "+scenario=zhejiang_2022"], "two scenarios"),
    ([PINGHU, PINGHU], "two scenarios"),
    (["+scenario=pinghu_2017,zhejiang_2022"], "--multirun"),
    (["+scenario=[pinghu_2017,zhejiang_2022]"], "not a list"),
    ([PINGHU, "horizn=3"], "did you mean 'horizon'"),
    ([PINGHU, "+horizn=3"], "did you mean 'horizon'"),
    ([PINGHU, "members=-5"], "members=-5.*greater"),
    ([PINGHU, "members=abc"], "members='abc'.*whole number"),
    ([PINGHU, "members=1.5"], "members=1.5.*whole number"),
    ([PINGHU, "members=true"], "members=True.*whole number"),
    ([PINGHU, "members=1,2"], "--multirun"),
    ([PINGHU, "members=[1"], "cannot read"),
    ([PINGHU, "members=${x}"], "members.*'x'"),
    ([PINGHU, "members.x=1"], "'members' is a single value"),
    ([PINGHU, "+members=7"], "without '\\+'"),
    ([PINGHU, "seed=-1"], "seed=-1"),
    ([PINGHU, "workers=0"], "workers=0"),
    ([PINGHU, "origin=2016-13"], "no month 13"),
    ([PINGHU, "origin=soon"], "'soon' is no time"),
    ([PINGHU, "origin=2016.12"], "origin.*quote it"),
    ([PINGHU, "horizon=2016"], "horizon 2016 is not after the origin 2016-12"),
    ([PINGHU, "horizon=2010"], "horizon 2010 is not after"),
    ([PINGHU, "horizon=2099"], "at most 40"),
    ([PINGHU, "horizon="], "horizon is empty"),
    ([PINGHU, "calibration.hindcast=2016-12"], "not before the origin"),
    ([PINGHU, ""], "an empty override"),
    ([PINGHU, "="], "an empty override"),
    ([PINGHU, "foo"], "cannot read 'foo'"),
    ([PINGHU, "region=pinhgu"], "did you mean 'pinghu'"),
    ([PINGHU, "region=Zhejiang"], "did you mean 'zhejiang'"),
    ([PINGHU, "region=浙江"], "did you mean 'zhejiang'"),
    ([PINGHU, "region='Inner Mongolia'"], "did you mean 'inner_mongolia'"),
    ([PINGHU, "region=null"], "no region 'null'"),
    ([PINGHU, "+region=anhui"], "without '\\+'"),
    ([PINGHU, "~region"], "no region at all"),
    ([PINGHU, "policies=pinghu"], "did you mean 'pinghu_2017'"),
    ([PINGHU, "baseline=national"], "did you mean 'national_rules'"),
    ([PINGHU, "~policies.unknown"], "no 'unknown' in 'policies'"),
    ([PINGHU, "~policies.hnte_awrad"], "did you mean 'hnte_award'"),
    ([PINGHU, "policies.hnte_awrad.amount=3"], "did you mean 'hnte_award'"),
    ([PINGHU, "policies.hnte_award.amonut=3"], "did you mean 'amount'"),
    ([PINGHU, "policies.hnte_award=null"], "policies.hnte_award is empty"),
    ([PINGHU, "policies.奖励.amount=3"], "ASCII"),
    ([PINGHU, "tracking.enable=false"], "did you mean 'enabled'"),
    (
        [PINGHU, "tracking=null"],
        "tracking=null: is a table; change a setting in it, tracking.enabled=false to log nothing",
    ),
    ([PINGHU, "tracking=off"], "tracking=off: is a table.*tracking.enabled=false"),
    ([PINGHU, "+data.pth=x"], "did you mean 'path'"),
    ([PINGHU, "data=own"], "data.path has no value"),
    ([PINGHU, "data.carried=null"], "no counts at all"),
    ([PINGHU, "study=forcast"], "did you mean 'forecast'"),
    ([PINGHU, "study.name=forcast"], "study.name='forcast'; did you mean 'forecast'"),
    ([PINGHU, "study.seeds=5"], "no 'seeds' in 'study'"),
    ([PINGHU, "+study.target=[hnte_stock]"], "no key 'study.target'; did you mean 'targets'"),
    (["study=stylised_facts", "study.seeds=2"], "study.seeds=2: must be greater than or equal to 5"),
    (["study=stylised_facts", "study.seeds=many"], "study.seeds='many': must be a whole number"),
    (["study=stylised_facts", "+study.sedes=5"], "no key 'study.sedes'; did you mean 'seeds'"),
]


@pytest.mark.parametrize(("overrides", "answer"), WRONG)
def test_a_wrong_command_line_is_answered_with_the_way_out(overrides: list[str], answer: str) -> None:
    with pytest.raises(ConfigError, match=f"(?s){answer}"):
        compose(overrides)


@pytest.mark.parametrize(
    ("overrides", "answer"),
    [
        (["policies.hnte_award.family=awrd"], "did you mean 'award'"),
        (["policies.hnte_award.budget=-5"], "hnte_award.budget"),
        (["policies.hnte_award.amount=lots"], "hnte_award.amount"),
        (["+policies.hnte_award.amonut=3"], "did you mean 'amount'"),
        (["+policies.x.amount=3"], "policies.x.*family"),
        (["policies.research_subsidy.rate=100"], "^policies.research_subsidy: rate 100 is above at_most 50; raise"),
        (["+policies.hnte_award.eligible={sectors: []}"], "^policies.hnte_award.eligible.sectors: is an empty list"),
        (["+policies.hnte_award.eligible={sectors: [garment]}"], "^policies.hnte_award.eligible.sectors: unknown name"),
    ],
)
def test_a_wrong_policy_row_is_answered_with_the_way_out(overrides: list[str], answer: str) -> None:
    with pytest.raises(UserError, match=answer) as caught:
        build_policies(compose([PINGHU, *overrides]))
    assert "ArgsKwargs" not in str(caught.value)


@pytest.mark.parametrize(
    ("override", "answer"),
    [
        ("+policies.hnte_award.eligible={zones: [danghuu]}", "^policies.hnte_award.eligible.zones: .*'danghu"),
        (
            "+policies.tech_bank.eligible={zones: [danghuu]}",
            "^policies.tech_bank.eligible.zones: the region has no zone",
        ),
        ("policies.zhangjiang_park.parks=[zhang]", "^policies.zhangjiang_park.parks: the region Pinghu has no park"),
    ],
)
def test_a_zone_or_park_that_the_region_lacks_names_its_row(override: str, answer: str, here: Path) -> None:
    from ecosim.forecast.job import check_zones

    with pytest.raises(UserError, match=answer):
        check_zones(build_job(compose([PINGHU, override]), here))


def test_a_number_in_place_of_a_coefficients_row_is_answered_with_the_way_out() -> None:
    from ecosim.forecast.job import read_estimates

    with pytest.raises(UserError, match=r"products.research: 0 replaces.*behaviors.products.research.mean=0"):
        read_estimates(compose([PINGHU, "behaviors.products.research=0"]).settings.behaviors)


@pytest.mark.parametrize(
    ("override", "answer"),
    [
        ("+region.frims=3", "did you mean 'firms'"),
        ("+region.zones.lindai.shares=3", "did you mean 'share'"),
        ("region.zones.lindai.share=-1", "region.zones.lindai.share=-1"),
        ("region.level=town", "unknown level 'town'"),
        ("region.sectors.garments=2", "make them sum to 1"),
        ("+region.sectors.garment=0", "did you mean 'garments'"),
        ("region.firms=3", "region.firms=3"),
        ("region.inside=[Jiaxing,Pinghu]", "region.inside names 'Pinghu', the place itself"),
    ],
)
def test_a_wrong_region_is_answered_with_the_way_out(override: str, answer: str) -> None:
    with pytest.raises(ConfigError, match=answer):
        build_region(compose([PINGHU, override]).settings.region)


SCENARIO = "# @package _global_\n# Does it work?\ndefaults:\n  - override /region: {region}\n{more}"


@pytest.mark.parametrize(
    ("more", "answer"),
    [
        ("title: NO\n", "title.*without quotes as False.*quote it"),
        ("title: 010\n", "title.*number 8.*quote it"),
        ("title: 12:30:00\n", "title.*number 45000.*quote it"),
        ("origin: 3.10\n", "origin.*3.1.*quote it"),
        ("tracking: {experiment: off}\n", "tracking.experiment.*quote it"),
        ("calibration: 3\n", "calibration=3: is a table; change a setting in it, calibration.hindcast=..."),
        ("members: [1\n", "no valid YAML"),
        ("members: 3\nmembers: 4\n", "duplicate key members"),
        ("horizn: 3\n", "did you mean 'horizon'"),
    ],
)
def test_what_yaml_reads_otherwise_is_explained(own: Callable[[str, str], Path], more: str, answer: str) -> None:
    home = own("scenario/mine.yaml", SCENARIO.format(region="pinghu", more=more))
    with pytest.raises(ConfigError, match=f"(?s){answer}"):
        compose(["+scenario=mine"], home)


def test_names_that_yaml_reads_as_false_are_explained(own: Callable[[str, str], Path]) -> None:
    more = "region:\n  name: NO\n  zones: {010: {share: 0}}\n"
    home = own("scenario/mine.yaml", SCENARIO.format(region="pinghu", more=more))
    with pytest.raises(ConfigError, match=r"(?s)region\.name.*False.*quote it") as caught:
        build_region(compose(["+scenario=mine"], home).settings.region)
    assert "8; quote it" in str(caught.value)


def test_a_scenario_without_the_package_line_is_explained(own: Callable[[str, str], Path]) -> None:
    home = own("scenario/mine.yaml", "# Does it work?\nhorizon: 2020\n")
    with pytest.raises(ConfigError, match="first line must be '# @package _global_'"):
        compose(["+scenario=mine"], home)


def test_a_scenario_that_asks_for_an_unknown_region_is_explained(own: Callable[[str, str], Path]) -> None:
    home = own("scenario/mine.yaml", SCENARIO.format(region="pinhgu", more=""))
    with pytest.raises(ConfigError, match=r"no region 'pinhgu'.*scenario/mine.*did you mean 'pinghu'"):
        compose(["+scenario=mine"], home)


def test_a_file_of_the_user_that_would_be_ignored_is_refused(own: Callable[[str, str], Path]) -> None:
    home = own("scenario/pinghu_2017.yaml", SCENARIO.format(region="pinghu", more="horizon: 2018\n"))
    with pytest.raises(ConfigError, match=r"scenario/pinghu_2017\.yaml has the name of a file that ecosim carries"):
        compose([PINGHU], home)


def test_a_file_that_is_not_utf8_is_explained(own: Callable[[str, str], Path]) -> None:
    home = own("scenario/mine.yaml", "")
    (home / "scenario" / "mine.yaml").write_bytes("# @package _global_\n# 平湖？\n".encode("gbk"))
    with pytest.raises(ConfigError, match="save the file as UTF-8"):
        compose(["+scenario=mine"], home)


def test_a_byte_order_mark_before_the_package_line_is_explained(own: Callable[[str, str], Path]) -> None:
    home = own("scenario/mine.yaml", "\ufeff" + SCENARIO.format(region="pinghu", more=""))
    with pytest.raises(ConfigError, match=r"mine\.yaml: begins with a byte-order mark; save .* without BOM"):
        compose(["+scenario=mine"], home)


def test_a_scenario_that_never_composes_is_explained_by_the_first_reason(own: Callable[[str, str], Path]) -> None:
    text = SCENARIO.format(region="pinghu", more="").replace("/region", "/region@of.mine")
    with pytest.raises(ConfigError, match=r"scenario/mine.*Could not override 'region@of\.mine'"):
        compose(["+scenario=mine"], own("scenario/mine.yaml", text))


def test_chinese_names_work_in_a_folder_with_a_chinese_name(tmp_path: Path) -> None:
    home = tmp_path / "我的 县, 'x'"
    (home / "scenario").mkdir(parents=True)
    more = "title: 新政\nregion: {zones: {城关镇: {share: 0}}}\n"
    (home / "scenario" / "mine.yaml").write_text(SCENARIO.format(region="pinghu", more=more), encoding="utf-8")
    composed = compose(["+scenario=mine"], home)
    assert composed.settings.title == "新政"
    assert "城关镇" in build_region(composed.settings.region).zone_names


def test_a_scenario_with_a_chinese_name_is_chosen_by_it(own: Callable[[str, str], Path]) -> None:
    home = own("scenario/新政.yaml", SCENARIO.format(region="pinghu", more=""))
    assert compose(["+scenario=新政"], home).scenario == "新政"


@pytest.mark.parametrize("study", ["forecast", "decompose", "regions"])
def test_no_target_at_all_is_refused(here: Path, study: str) -> None:
    with pytest.raises(ConfigError, match=r"study.targets=\[\] is empty; name what to show first"):
        build_job(compose([PINGHU, f"study={study}", "study.targets=[]"]), here)


def test_a_target_that_nobody_knows_is_not_shown_in_silence(here: Path) -> None:
    with pytest.raises(ConfigError, match=r"study.targets: no target 'hnte_stok'.*hnte_stock"):
        build_job(compose([PINGHU, "study.targets=[hnte_stok,hnte_stock]"]), here)


HEAD = "# @package _global_\n# Does it work?\n"
ROW = """defaults: [national_rules, _self_]
my_award:
  family: award
  group: certification
  rung: high_tech
  amount: {"2017-07": 20}
  budget: {"2017-07": 1500}
  source: "assumption"
"""


@pytest.mark.parametrize(
    ("was", "wrong", "answer"),
    [
        ("20}", "-20}", "line 6: policies.my_award.amount: -20 must be"),
        ('"2017-07": 20', '"2017-13": 20', "line 6: policies.my_award.amount: '2017-13' has no month 13"),
        ("amount", "amont", "line 6: policies.my_award.amont: unknown key; did you mean 'amount'?"),
        ("rung: high_tech", "rung: hightech", "line 5: policies.my_award.rung: 'hightech'"),
        ('  source: "assumption"\n', "", "line 2: policies.my_award.source is missing"),
    ],
)
def test_a_wrong_row_in_a_file_of_ones_own_is_named_by_file_and_line(
    own: Callable[[str, str], Path], was: str, wrong: str, answer: str
) -> None:
    home = own("policies/mine.yaml", ROW.replace(was, wrong))
    with pytest.raises(UserError) as caught:
        build_policies(compose([PINGHU, "policies=mine"], home))
    assert str(caught.value).startswith(f"{home / 'policies' / 'mine.yaml'}, {answer}")


def test_what_the_command_line_gives_is_in_no_line_of_a_file(own: Callable[[str, str], Path]) -> None:
    home = own("policies/mine.yaml", ROW)
    with pytest.raises(UserError) as caught:
        build_policies(compose([PINGHU, "policies=mine", "policies.my_award.amount=-3"], home))
    assert str(caught.value).startswith("policies.my_award.amount: -3")


def test_a_row_in_a_file_that_another_is_based_on_is_named_by_that_file(own: Callable[[str, str], Path]) -> None:
    own("policies/base.yaml", ROW.replace("20}", "-20}"))
    home = own("policies/mine.yaml", "defaults: [base, _self_]\n")
    with pytest.raises(UserError) as caught:
        build_policies(compose([PINGHU, "policies=mine"], home))
    assert str(caught.value).startswith(f"{home / 'policies' / 'base.yaml'}, line 6: ")


def test_wrong_values_of_a_scenario_and_a_region_of_ones_own_are_named_by_file_and_line(
    own: Callable[[str, str], Path], here: Path
) -> None:
    home = own("scenario/mine.yaml", f'{HEAD}origin: "2016-13"\n')
    with pytest.raises(ConfigError) as caught:
        compose(["+scenario=mine"], home)
    assert str(caught.value).startswith(f"{home / 'scenario' / 'mine.yaml'}, line 3: origin: ")
    own("scenario/mine.yaml", HEAD)
    own("region/here.yaml", "name: Here\nlevel: county\nfirms: many\n")
    with pytest.raises(ConfigError) as caught:
        build_job(compose(["+scenario=mine", "region=here"], home), here)
    file = home / "region" / "here.yaml"
    assert f"{file}, line 3: region.firms='many': must be a whole number" in str(caught.value)
    assert f"{file}, line 1: region.sectors is missing; give it" in str(caught.value)


def test_a_policy_file_that_is_not_utf8_is_named_by_file_and_line(own: Callable[[str, str], Path]) -> None:
    home = own("policies/mine.yaml", "")
    (home / "policies" / "mine.yaml").write_bytes(f"# one\n# 奖励\n{ROW}".encode("gb18030"))
    with pytest.raises(ConfigError, match=r"policies/mine.yaml: line 2 is not UTF-8; save the file as UTF-8"):
        compose([PINGHU, "policies=mine"], home)


def test_a_missing_config_folder_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no folder"):
        compose([PINGHU], tmp_path / "nix")


def test_a_data_file_is_looked_for_here_and_in_the_config_folder(own: Callable[[str, str], Path], here: Path) -> None:
    home = own("counts.csv", "location,target,time,value,unit\nMy County,hnte_stock,2020,7,count\n")
    composed = compose([PINGHU, "data.path=counts.csv"], home)
    counts = load_counts(composed, here)
    assert (counts["location"] == "My County").sum() == 1
    with pytest.raises(ConfigError, match=r"no such file in .* and "):
        load_counts(compose([PINGHU, "data.path=nix.csv"], home), here)


def test_a_folder_in_place_of_a_table_is_called_one(here: Path) -> None:
    (here / "counts.csv").mkdir()
    with pytest.raises(ConfigError, match=r"data.path='counts.csv': is a folder; name a CSV or Parquet file"):
        load_counts(compose([PINGHU, "data.path=counts.csv"]), here)


def test_a_table_without_any_value_is_refused(here: Path) -> None:
    (here / "counts.csv").write_text("location,target,time,value\nPinghu,hnte_stock,2015,\n", encoding="utf-8")
    with pytest.raises(CountsError, match=r"^data.path=counts.csv: no row has a value; fill in the column value"):
        load_counts(compose([PINGHU, "data.path=counts.csv"]), here)


def test_a_full_disk_names_what_was_kept(tmp_path: Path) -> None:
    (tmp_path / "forecast.csv").write_text("kept")
    error = folder.cannot_write(OSError(28, "No space left on device", str(tmp_path / "effect.csv")), tmp_path)
    assert "the disk is full" in str(error)
    assert "effect.csv" in str(error)
    assert "kept in" in str(error)
    assert "forecast.csv" in str(error)


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["--scenario=x"], "no option '--scenario=x'"),
        (["--config-dir"], "--config-dir"),
        (["--multirun", "seed=1,2"], "a sweep needs its scenarios"),
        ([PINGHU, "members=-5"], "members=-5"),
    ],
)
def test_a_mistake_ends_with_2_and_one_message(
    arguments: list[str], answer: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    said = capsys.readouterr()
    assert answer in said.err
    assert said.err.startswith("ecosim: ")
    assert "Traceback" not in said.err
    assert not said.out
    assert not list(here.glob("outputs/*"))


@pytest.mark.parametrize(
    ("overrides", "answer"),
    [
        (["+scenario=pinghu_2017,pinghu"], "did you mean 'pinghu_2017'"),
        ([PINGHU, "horizn=1,2"], "did you mean 'horizon'"),
    ],
)
def test_a_sweep_that_cannot_be_composed_starts_no_job(overrides: list[str], answer: str, here: Path) -> None:
    with pytest.raises(ConfigError, match=answer):
        run_sweep([*overrides, "tracking.enabled=false"], None, here)
