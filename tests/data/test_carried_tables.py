"""The tables that the package carries: valid, dated, sourced, and equal to the compilation they come from."""

from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ecosim.data import china, exit_hazards, literature, panel, periods, policy_rules, us_states
from ecosim.data.panel import CountsError

COMPILATION = Path(__file__).resolve().parents[2].parent / "shared" / "data"

RENAMED = {
    "hnte_certification_flow_proposed": "hnte_certifications",
    "hnte_stock_derived": "hnte_stock",
    "provincial_tech_sme_stock": "tech_sme_stock",
    "provincial_tech_sme_stock_derived": "tech_sme_stock",
    "provincial_tech_sme_new": "tech_sme_new",
    "hnte_foreign_invested_stock": "hnte_foreign_stock",
    "hightech_manufacturing_firms": "hightech_firms",
    "patents_granted_domestic": "patents_granted",
    "patents_granted_invention": "inventions_granted",
    "patents_applied_domestic": "patents_applied",
    "patents_applied_invention": "inventions_applied",
    "rd_expenditure_gov_funded": "rd_government_funded",
    "rd_expenditure_firm_funded": "rd_firm_funded",
    "rd_personnel_fte": "rd_personnel",
    "rd_researchers_fte": "rd_researchers",
    "fiscal_st_expenditure": "fiscal_science_spending",
    "industrial_output_above_designated_size": "industrial_output",
    "small_micro_firms_stock": "small_firms",
    "small_micro_firms_births": "small_firm_births",
    "small_micro_firms_deaths": "small_firm_deaths",
    "small_micro_firms_deaths_derived": "small_firm_deaths",
    "hnte_newly_recognised": "hnte_new",
    "hnte_newly_recognised_derived": "hnte_new",
    "hnte_per_1000_enterprises": "hnte_per_1000_firms",
    "hnte_japanese_newly_recognised": "hnte_japanese_new",
    "hnte_stock_growth_ratio_two_years": "hnte_stock_ratio_2y",
    "provincial_tech_sme_new_h1": "tech_sme_new_first_half",
    "new_firms_registered_per_day": "new_firms_per_day",
    "firms_registered_and_cancelled_same_year": "firms_closed_in_founding_year",
    "market_entities_stock": "market_entities",
    "firms_stock": "firms",
    "corporations_stock": "firms",
    "industrial_firms_above_designated_size": "industrial_firms",
    "industrial_firms_with_rd_activity": "industrial_firms_with_rd",
    "hnte_flow_registered": "hnte_registered",
}


@pytest.fixture(scope="module")
def counts() -> pd.DataFrame:
    return china.load()


def test_the_carried_counts_are_valid(counts):
    pd.testing.assert_frame_equal(panel.validate(counts, "china"), counts, check_dtype=False)


def test_every_carried_target_and_location_has_a_chinese_name(counts):
    assert set(counts["target"]) <= set(panel.TARGETS)
    assert set(counts["location"]) == set(china.location_names())
    for name in [*china.location_names().values(), *(target.chinese for target in panel.TARGETS.values())]:
        assert any("一" <= sign <= "鿿" for sign in name), name


def test_every_target_has_a_known_unit_and_kind():
    assert {target.unit for target in panel.TARGETS.values()} <= set(panel.UNITS)
    assert {target.kind for target in panel.TARGETS.values()} == {"stock", "flow", "level"}


def test_thirty_one_provinces_and_china_is_none_of_them(counts):
    assert len(set(china.provinces())) == 31
    assert "China" not in china.provinces()
    full = panel.wide(counts, "patents_granted")[list(china.provinces())].loc[2010:2022]
    assert full.shape == (13, 31)
    assert full.notna().all().all()


def test_a_caller_cannot_change_the_carried_counts():
    mine = china.load()
    mine.loc[:, "value"] = -1.0
    assert (china.load()["value"].dropna() >= 0).all()


def test_every_row_says_where_it_comes_from(counts):
    assert counts["source"].notna().all()
    assert counts["source"].str.len().min() > 10
    observed = counts.dropna(subset="value")
    assert set(observed["source"]) <= set(china.sources()["source"])
    assert counts.loc[counts["value"].isna(), "source"].str.startswith("declared gap").all()


def test_hightech_firms_declare_2017_and_flag_their_breaks(counts):
    hightech = panel.wide(counts, "hightech_firms")
    assert hightech.loc[2017].isna().all()
    assert hightech.drop(2017).notna().all().all()
    breaks = china.breaks()
    assert set(breaks.loc[breaks["target"] == "hightech_firms", "time"]) == {"2011", "2018"}
    assert set(breaks["target"]) <= set(panel.TARGETS)


def test_the_stock_is_the_sum_of_three_yearly_certifications(counts):
    flows = panel.wide(counts, "hnte_certifications")[list(china.provinces())]
    stock = panel.wide(counts, "hnte_stock").loc[2020:2022, list(china.provinces())]
    pd.testing.assert_frame_equal(stock, flows.rolling(3).sum().loc[2020:2022], check_names=False)
    assert stock.loc[2020, "Zhejiang"] == 22334


def test_implied_gdp_agrees_with_the_published_one_of_zhejiang(counts):
    implied = panel.series(counts, "Zhejiang", "gdp_implied")
    assert implied.loc[2022] == pytest.approx(77715, rel=0.005)  # 2022 bulletin of Zhejiang: 77,715 (100m CNY)


def test_nothing_of_the_article_is_known_on_the_eve_of_the_package_when_vintages_are_kept(counts):
    known = panel.known_at(counts, "2016-12", vintage=True)
    assert not known["source"].str.contains("解密金平湖新崛起密码").any()
    revised = panel.known_at(counts, "2016-12")
    assert panel.series(revised, "Pinghu", "tech_sme_stock").to_dict() == {2016: 279.0}


def test_the_origin_of_2018_knows_the_article_but_for_what_is_dated_july(counts):
    known = panel.known_at(counts, "2018-06")
    pinghu = known[known["location"] == "Pinghu"].dropna(subset="value")
    assert set(pinghu["target"]) >= {"tech_sme_stock", "tech_sme_new", "hnte_stock_ratio_2y", "hnte_japanese_new"}
    assert "hnte_foreign_stock" not in set(pinghu["target"])
    assert panel.by_quarter(panel.known_at(counts, "2018-07"), "Pinghu", "hnte_foreign_stock").to_dict() == {8074: 17.0}


def test_an_origin_that_is_no_time_is_an_error(counts):
    with pytest.raises(CountsError, match="origin 'soon' is no time; write '2022'"):
        panel.known_at(counts, "soon")


def test_points_carry_a_quote_and_a_confidence():
    points = china.points()
    assert (points["quote"].str.len() > 0).all()
    assert (points["confidence"].str.len() > 0).all()
    assert points["value"].notna().all()


def test_the_article_is_carried_number_by_number():
    article = china.pinghu_article()
    assert set(article["id"]) == {f"N{i}" for i in range(1, 16)} | {""}
    assert (article["quote"].str.len() > 0).all()
    assert article.loc[article["id"] == "N1", "value"].tolist() == [79.0, 358.0]
    assert "not used" in article.loc[article["id"] == "N14", "note"].iloc[0]
    times = {time for time in article["time"] if time}
    assert all(periods.parse(time) for time in times)


def test_exit_hazards_are_probabilities_and_counts_agree():
    states = exit_hazards.united_states()
    assert states["age"].tolist() == list(range(1, 28))
    assert (states["hazard"] * states["at_risk"]).round().equals(states["deaths"].astype(float))
    table = exit_hazards.china()
    assert table[["age_from", "age_to"]].to_numpy().tolist() == [[0, 1], [1, 2], [2, 3], [3, 7]]
    assert table["hazard"].tolist() == [0.016, 0.063, 0.095, 0.08]
    assert table["lower_bound"].tolist() == [False, False, False, True]


def test_rules_are_dated_and_say_where_they_stand():
    rules = policy_rules.load()
    for time in [*rules["valid_from"], *rules["valid_to"]]:
        assert not time or periods.parse(time)
    assert (rules["value"].notna() | (rules["text"] != "")).all()
    assert (rules["source"].str.len() > 0).all()
    assert (policy_rules.hnte_awards()["value"] > 0).all()


@pytest.mark.parametrize(
    ("key", "day", "value"),
    [
        ("hnte_rd_share_to_50m_sales", "2015-12", 6),
        ("hnte_rd_share_to_50m_sales", "2016-06", 5),
        ("super_deduction_general", "2016-12", 50),
        ("super_deduction_general", "2018-03", 75),
        ("super_deduction_tech_sme", "2017-03", 75),
        ("super_deduction_tech_sme", "2022-03", 100),
        ("income_tax_rate_hnte", "2018-06", 15),
        ("income_tax_rate_small_profit", "2021-06", 2.5),
    ],
)
def test_a_rule_has_one_value_on_a_day(key, day, value):
    assert policy_rules.in_force(key, day) == value


def test_an_unknown_rule_and_an_uncovered_day_are_errors():
    with pytest.raises(CountsError, match="did you mean 'super_deduction_general'"):
        policy_rules.in_force("super_deduction_generl", "2018")
    with pytest.raises(CountsError, match="has no value for 2016-12; it is carried for 2017-01-01 to 2021-12-31"):
        policy_rules.in_force("super_deduction_tech_sme", "2016-12")


def test_effect_sizes_carry_their_citation_and_a_number_or_a_sign():
    effects = literature.load()
    assert effects["key"].is_unique
    assert (effects["citation"].str.len() > 0).all()
    wordy = effects["unit"].isin(["+", "0", "words"])
    assert (effects["value"].notna() | effects["low"].notna() | wordy).all()
    assert effects.set_index("key").loc["relabelled_share", "value"] == 0.242
    assert (effects["low"].dropna() < effects["high"].dropna()).all()


def test_the_carried_files_are_small_and_hold_no_path_or_pin():
    folder = resources.files("ecosim.data").joinpath("tables")
    texts = {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir() if file.name.endswith(".csv")}
    assert len(texts) == 11
    assert sum(len(text.encode()) for text in texts.values()) < 700_000
    for name, text in texts.items():
        assert "github:" not in text, name
        assert "/work" + "/" not in text, name


@pytest.mark.skipif(not COMPILATION.is_dir(), reason="the compilation ../shared/data is not beside this checkout")
def test_every_carried_figure_is_the_one_of_the_compilation(counts):
    provincial = pd.read_csv(COMPILATION / "china" / "province_counts_2010_2022.csv")
    carried = counts.set_index(["location", "target", "time"])["value"]
    provincial["target"] = provincial["target"].replace(RENAMED)
    provincial = provincial[provincial["target"] != "tech_contract_value_output"]
    keys = pd.MultiIndex.from_frame(provincial[["location", "target", "year"]].astype({"year": str}))
    np.testing.assert_array_equal(carried.loc[keys].to_numpy(), provincial["value"].to_numpy())
    _compare_points(china.points(), pd.read_csv(COMPILATION / "china" / "quoted_points.csv"))
    hazards = pd.read_csv(COMPILATION / "us_bed_survival" / "us_exit_hazard_by_age_pooled.csv")
    np.testing.assert_allclose(exit_hazards.united_states()["hazard"], hazards["exit_hazard"], atol=5e-6)


def _compare_points(points: pd.DataFrame, quoted: pd.DataFrame) -> None:
    """Every point is a quoted one of the same place, year and value; but for sums and words, listed here."""
    places = {"Ningbo": "Zhejiang", "Xiamen": "Fujian", "Qingdao": "Shandong"}
    quoted["target"] = quoted["target"].replace(RENAMED)
    quoted["location"] = quoted["location"].str.replace(r" \(excl.*", "", regex=True).replace(places)
    registered = quoted[quoted["target"] == "hnte_registered"].groupby(["location", "target", "year"])["value"].sum()
    compiled = set(quoted[["location", "target", "year", "value"]].itertuples(index=False, name=None))
    compiled |= {(*key, value) for key, value in registered.items()}
    years = points["time"].str[:4]
    found = zip(points["location"], points["target"], years, points["value"], strict=True)
    only_carried = {row[:3] for row in found if row not in compiled}
    assert only_carried == {
        ("Pinghu", "hnte_japanese_new", "2016"),
        ("Pinghu", "hnte_stock_ratio_2y", "2018"),
        ("Pinghu", "institutes_foreign", "2018"),
        ("Pinghu", "tech_sme_stock_ratio_2y", "2018"),
    }


def test_the_states_are_valid_and_their_books_close():
    states = us_states.load()
    pd.testing.assert_frame_equal(panel.validate(states, "us_states"), states, check_dtype=False)
    assert states["location"].nunique() == 34
    assert states["source"].str.contains("US Census Bureau").all()
    tables = {target: panel.wide(states, target) for target in ("firms", "births", "deaths")}
    change = tables["firms"].diff().iloc[1:]
    assert (change == tables["births"] - tables["deaths"].iloc[1:]).all(axis=None)


@pytest.mark.skipif(not COMPILATION.is_dir(), reason="the compilation ../shared/data is not beside this checkout")
def test_every_figure_of_the_states_is_the_one_of_the_compilation():
    source = pd.read_csv(COMPILATION / "us_bds_state" / "bds_state_1978_2012.csv")
    carried = us_states.load().set_index(["location", "target", "time"])["value"]
    names = {"firms": "firms", "firmdeath_firms": "deaths", "implied_firm_entry": "births", "emp": "employment"}
    for column, target in names.items():
        rows = source[source[column].notna()]
        keys = [(state, target, str(year)) for state, year in zip(rows["state"], rows["year"], strict=True)]
        np.testing.assert_array_equal(carried.loc[keys].to_numpy(), rows[column].to_numpy())
