"""Short tables and the verdict: what they hold, in which layout, and who was better."""

import io

import pandas as pd

from ecosim.figures import Labels
from ecosim.report import hindcast_table, summary_table
from ecosim.report.words import Start, effect_sentence, headline, last_count, placebo_sentences, verdict

LABELS = Labels("Pinghu", "平湖", "2017 policy package", "national rules only")


def test_the_terminal_table_fits_80_characters_and_keeps_chinese(forecast, counts, make_table):
    from rich.console import Console

    effect = make_table("tech_sme_stock", {"2018": 50.0})
    out = io.StringIO()
    table = summary_table(forecast, counts, ["tech_sme_stock", "rd_expenditure"], LABELS, effect)
    Console(file=out, width=80).print(table)
    text = out.getvalue()
    assert "平湖" in text
    assert "科技型中小企业" in text
    assert "1,211–1,817" in text
    assert "+40 to +60" in text
    assert "…" not in text


def printed(table):
    from rich.console import Console

    out = io.StringIO()
    Console(file=out, width=80).print(table)
    return out.getvalue()


def test_the_unit_of_a_target_stands_under_its_name_on_the_terminal(forecast, counts):
    text = printed(summary_table(forecast, counts, ["tech_sme_stock", "rd_expenditure"], LABELS))
    assert "科技型中小企业, firms" in text
    assert "研发经费, 100m CNY" in text


def test_the_numbers_of_a_row_are_all_in_one_form_on_the_terminal(counts, make_table):
    known = counts.assign(value=31020.0)
    forecast = make_table("tech_sme_stock", {"2017": 48000.0, "2018": 90000.0})
    effect = make_table("tech_sme_stock", {"2018": 1500.0})
    text = printed(summary_table(forecast, known, ["tech_sme_stock"], LABELS, effect))
    for form in ("31k", "48k", "38k–58k", "90k", "72k–108k", "+1.5k", "+1.2k to +1.8k"):
        assert form in text


def test_the_terminal_shows_the_first_the_middle_and_the_last_year(counts, make_table):
    forecast = make_table("tech_sme_stock", {str(year): 300.0 for year in range(2017, 2021)})
    table = summary_table(forecast, counts, ["tech_sme_stock"], LABELS)
    assert [column.header for column in table.columns] == ["target", "last", "2017", "2018", "2020"]


def test_money_is_not_said_to_be_so_many_times_as_many(forecast):
    _, sentence = headline(forecast, Start("2016", 10.0), "rd_expenditure", LABELS)
    assert sentence.startswith("10 in 2016, 15.5 (100m CNY) expected in 2018; nine futures in ten lie between")


def test_an_effect_is_that_of_the_last_year_and_no_share_of_a_baseline_of_nothing(make_table):
    effect = make_table("tech_sme_stock", {"2017": 20.0, "2018": 50.0})
    none = make_table("tech_sme_stock", {"2017": 100.0, "2018": 0.0})
    _, sentence = effect_sentence(effect, none, "tech_sme_stock", LABELS)
    assert sentence == "+50 firms at the end of 2018 (50 % of futures +45 to +55, 90 % +40 to +60)."


def test_markup_of_the_terminal_in_a_name_is_literal(forecast, counts):
    from rich.console import Console

    out = io.StringIO()
    Console(file=out, width=80).print(summary_table(forecast, counts, ["tech_sme_stock"], Labels("[red]x[/red]")))
    assert "[red]x[/red]" in out.getvalue()


def test_the_last_count_skips_gaps_and_order(counts):
    assert last_count(counts, "tech_sme_stock") == ("2016", 279.0, "observed")
    assert last_count(counts, "births") is None


def test_the_last_count_of_a_flow_by_month_is_that_of_a_whole_year(months):
    assert last_count(months, "patents_granted") == ("2016", 1512.0, "observed")
    assert last_count(months.iloc[:11], "patents_granted") is None


def test_the_last_count_of_a_stock_by_month_is_its_last(months):
    stock = months.assign(target="hnte_stock")
    assert last_count(stock, "hnte_stock") == ("2017-02", 170.0, "observed")
    assert last_count(stock.iloc[:12], "hnte_stock") == ("2016", 148.0, "observed")


def test_months_stand_as_a_year_before_yearly_forecasts_in_sentence_and_terminal(months, make_table):
    from rich.console import Console

    forecast = make_table("patents_granted", {"2018": 5649.0})
    _, sentence = headline(forecast, last_count(months, "patents_granted"), "patents_granted", LABELS)
    assert sentence.startswith("1,512 in 2016, 5,649 patents expected in 2018, 3.7 times as many; ")
    out = io.StringIO()
    Console(file=out, width=80).print(summary_table(forecast, months, ["patents_granted"], LABELS))
    assert "1,512" in out.getvalue()
    assert "170" not in out.getvalue()


def test_a_count_of_another_place_is_no_truth(counts, make_table):
    both = pd.concat([counts, counts.assign(location="Haiyan", value=9999.0)])
    table = hindcast_table({"ecosim": make_table("tech_sme_stock", {"2016": 280.0})}, both)
    assert list(table["truth"]) == [279.0]


def test_a_hindcast_row_holds_method_truth_and_interval(make_table):
    truth = pd.DataFrame(
        {"location": ["Pinghu"] * 2, "target": ["firms"] * 2, "time": ["2017", "2019"], "value": [99.0, 1.0]}
    )
    table = hindcast_table({"ecosim": make_table("firms", {"2017": 100.0, "2018": 120.0})}, truth)
    assert table.to_dict("records") == [
        {
            "method": "ecosim",
            "target": "firms",
            "time": "2017",
            "truth": 99.0,
            "median": 100.0,
            "low": 80.0,
            "high": 120.0,
        }
    ]


def test_the_model_is_said_to_be_closer_where_it_is(hindcast):
    worse, sentence = verdict(hindcast, LABELS)
    assert not worse
    assert "the model was closer than random walk and drift on every target" in sentence
    assert "held the count 1 of 1 times" in sentence


def test_a_simple_forecast_that_did_as_well_is_not_said_to_be_farther_away(hindcast):
    hindcast.loc[hindcast["method"] == "drift", "median"] = hindcast["median"].iloc[0]
    worse, sentence = verdict(hindcast, LABELS)
    assert not worse
    assert "random walk and drift did not do better on any target (1 target, by the median)" in sentence


def test_a_simple_forecast_that_did_better_is_named(hindcast):
    hindcast.loc[hindcast["method"] == "drift", "median"] = 101.0
    worse, sentence = verdict(hindcast, LABELS)
    assert worse
    assert "a simple forecast did better than the model: drift on High-tech enterprises" in sentence


def test_the_score_decides_where_there_is_one(hindcast):
    worse, sentence = verdict(hindcast.assign(wis=[9.0, 5.0, 12.0]), LABELS)
    assert worse
    assert "random walk on High-tech enterprises (1 target, by weighted interval score)" in sentence
    assert "drift on" not in sentence


def test_a_score_that_is_missing_somewhere_leaves_the_verdict_to_the_median(hindcast):
    worse, sentence = verdict(hindcast.assign(wis=[9.0, 5.0, float("nan")]), LABELS)
    assert not worse
    assert "by the median" in sentence


def test_a_simple_forecast_that_was_as_close_is_not_said_to_be_better(hindcast):
    hindcast.loc[hindcast["method"] == "drift", "median"] = 96.0
    assert not verdict(hindcast, LABELS)[0]


def test_an_interval_holds_the_counts_at_its_ends(hindcast):
    for end in ("low", "high"):
        assert "held the count 1 of 1 times" in verdict(hindcast.assign(truth=hindcast[end].iloc[0]), LABELS)[1]


def test_a_lead_without_its_lag_is_no_placebo(make_placebo):
    assert placebo_sentences(make_placebo(0.46, 0.38), LABELS)
    assert placebo_sentences(make_placebo(0.46, 0.38).iloc[1:], LABELS) == []
