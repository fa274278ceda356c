"""The page says what the tables say, runs nothing, and leaves out what is not there."""

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import pandas as pd
import pytest

from ecosim.figures import Labels
from ecosim.report import ReportContext, write_report
from ecosim.report.words import BASELINE, share_of_futures

SECTIONS = {
    "effect": "effect", "hindcast": "hindcast", "basis": "basis", "coefficients": "coefficients",
    "diagnostics": "diagnostics", "placebo": "placebo", "policies": "policies", "outlays": "outlays",
}  # fmt: skip
TEXTS = {"assumptions": (), "not_identified": (), "provenance": {}, "citation": ""}
VOID = {"meta", "img", "source"}


class Outline(HTMLParser):
    """Ids of sections, and whether every tag that opens also closes."""

    def __init__(self, page):
        super().__init__()
        self.sections, self.open = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag == "section":
            self.sections.append(dict(attrs)["id"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def page_of(context, tmp_path):
    return write_report(tmp_path / "report.html", context).read_text(encoding="utf-8")


def visible(page):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_every_table_has_its_section_and_every_tag_closes(context, tmp_path):
    outline = Outline(page_of(context, tmp_path))
    assert outline.open == []
    expected = {"headline", "years", *SECTIONS.values(), "assumptions", "not-identified", "provenance", "cite"}
    assert set(outline.sections) == expected


@pytest.mark.parametrize("name", SECTIONS)
def test_a_table_that_is_not_there_leaves_its_section_out(name, context, tmp_path):
    sections = Outline(page_of(replace(context, **{name: None}), tmp_path)).sections
    assert SECTIONS[name] not in sections
    assert "years" in sections


@pytest.mark.parametrize("name", TEXTS)
def test_an_empty_text_leaves_its_section_out(name, context, tmp_path):
    section = {"citation": "cite"}.get(name, name.replace("_", "-"))
    assert section not in Outline(page_of(replace(context, **{name: TEXTS[name]}), tmp_path)).sections


def test_a_forecast_alone_makes_a_page(context, tmp_path):
    bare = ReportContext(labels=context.labels, forecast=context.forecast, targets=context.targets)
    assert Outline(page_of(bare, tmp_path)).sections == ["headline", "years"]


def test_numbers_in_the_page_are_those_of_the_table(context, tmp_path):
    page = page_of(context, tmp_path)
    cells = re.findall(r"<b>([\d.,]+)</b><small>([\d.,]+) to ([\d.,]+)</small>", page)
    shown = [[float(text.replace(",", "")) for text in cell] for cell in cells]
    wide = context.forecast.pivot(index=["time", "target"], columns="quantile", values="value")
    expected = [
        list(wide.loc[(time, target), [0.5, 0.05, 0.95]]) for time in ("2017", "2018") for target in context.targets
    ]
    assert len(shown) == len(expected) == 4
    for cell, values in zip(shown, expected, strict=True):
        assert cell == pytest.approx(values, rel=0.01)


def test_the_headline_says_from_where_to_where_and_how_sure(context, tmp_path):
    text = visible(page_of(context, tmp_path))
    assert (
        "Technology SMEs 科技型中小企业 : 279 in 2016, 1,514 firms expected at the end of 2018, 5.4 times as many; "
        "nine futures in ten lie between 1,211 and 1,817." in text
    )


def test_the_models_own_forecast_under_the_baseline_stands_beside_the_counts_and_is_no_simple_forecast(
    context, tmp_path
):
    rows = [
        ("ecosim", "tech_sme_stock", "2017", 358.0, 409.0, 344.0, 535.0, 31.6),
        (BASELINE, "tech_sme_stock", "2017", 358.0, 343.0, 303.0, 392.0, 8.9),
        ("drift", "tech_sme_stock", "2017", 358.0, 600.0, 500.0, 700.0, 90.0),
    ]
    columns = ["method", "target", "time", "truth", "median", "low", "high", "wis"]
    text = visible(page_of(replace(context, scores=pd.DataFrame(rows, columns=columns)), tmp_path))
    assert "ecosim, baseline 343 303 to 392 yes" in text
    assert "the model was closer than drift on every target (1 target, by weighted interval score)" in text


def test_counts_of_other_places_are_left_out(context, tmp_path):
    others = pd.concat([context.observed, context.observed.assign(location="Haiyan", time="2016-12", value=9999.0)])
    assert page_of(replace(context, observed=others), tmp_path) == page_of(context, tmp_path)


def test_a_level_nobody_counted_is_called_an_assumption(context, tmp_path):
    assumed = context.basis.assign(target="tech_sme_stock")
    text = visible(page_of(replace(context, observed=None, basis=assumed), tmp_path))
    assert "100 (assumption) in 2016, 1,514 firms expected at the end of 2018, 15.1 times as many" in text
    unknown = replace(context, observed=None, basis=assumed.assign(level=float("nan")))
    assert "Technology SMEs 科技型中小企业 : 1,514 firms expected" in visible(page_of(unknown, tmp_path))


def test_a_forecast_that_starts_from_a_later_level_than_its_last_count_says_both_and_grows_from_the_level(
    context, tmp_path
):
    later = context.basis.assign(target="tech_sme_stock", time="2017", level=300.0, basis="posterior")
    text = visible(page_of(replace(context, basis=later), tmp_path))
    assert "279 counted in 2016, taken to start at 300 (posterior) in 2017, 1,514 firms expected" in text
    assert "5.0 times as many" in text
    same = replace(context, basis=later.assign(time="2016"))
    assert "279 counted in 2016, taken to start at 300 (posterior) in 2016" in visible(page_of(same, tmp_path))
    earlier = replace(context, basis=later.assign(time="2015"))
    assert ": 279 in 2016, 1,514 firms expected" in visible(page_of(earlier, tmp_path))
    inherited = replace(context, basis=later.assign(basis="inherited"))
    assert ": 279 in 2016, 1,514 firms expected" in visible(page_of(inherited, tmp_path))


def test_the_effect_is_said_with_its_interval_and_its_limits(context, tmp_path):
    text = visible(page_of(context, tmp_path))
    assert "+50 firms at the end of 2018, +5 % of the baseline" in text
    assert "(50 % of futures +45 to +55, 90 % +40 to +60)." in text
    assert "The data cannot tell the instruments apart: the effect is prior effect × state" in text


def test_an_effect_from_a_posterior_says_so_wherever_a_prior_is_named(context, tmp_path):
    first = "Members draw 15 parameters together from the weighted posterior of run earlier."
    drawn = replace(context, labels=replace(context.labels, posterior=True), headline=(first,))
    text = visible(page_of(drawn, tmp_path))
    assert text.index("What to expect") < text.index(first) < text.index("Year by year")
    assert text.count("what members draw from the posterior of a calibration, and from priors for all else") == 2
    assert "the effect is prior effect × state" not in text


@pytest.mark.parametrize("posterior", [False, True])
def test_an_effect_that_new_counts_moved_is_said_to_be_moved_and_not_identified(context, tmp_path, posterior):
    moved = replace(context, labels=replace(context.labels, posterior=posterior, updated=True))
    text = visible(page_of(moved, tmp_path))
    assert text.count("(ensemble Kalman smoother); it is not identified from counts alone.") == 2
    assert "not an estimate from these counts" not in text
    assert "It was not measured" not in text


def test_an_effect_that_may_be_zero_says_so(context, tmp_path):
    effect = context.effect.assign(value=context.effect["value"] - 42)  # half of the futures lie above
    assert "the 90 % interval holds zero" in visible(page_of(replace(context, effect=effect), tmp_path))


def test_a_remark_about_a_level_stands_in_headline_and_table(context, tmp_path):
    noted = replace(context, notes={"tech_sme_stock": "level assumed: read the growth"})
    assert visible(page_of(noted, tmp_path)).count("level assumed: read the growth") == 2


def test_the_lead_is_printed_beside_the_lag(context, tmp_path):
    text = visible(page_of(context, tmp_path))
    assert (
        "High-tech certifications : next year's spending has 0.38 (0.15), last year's 0.46 (0.19); "
        "fails: both years' spending predicts." in text
    )


def test_markup_in_a_name_is_shown_and_never_run(context, tmp_path):
    evil = "<script>alert(1)</script>"
    hostile = replace(
        context,
        labels=Labels(evil, evil, evil, evil),
        policies=context.policies.assign(label=evil, source='"><img src=x onerror=alert(1)>'),
        provenance={evil: evil},
        citation=evil,
        assumptions=(evil,),
        headline=(evil,),
    )
    page = page_of(hostile, tmp_path)
    assert "<script" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_page_needs_nothing_from_anywhere(context, tmp_path):
    page = page_of(context, tmp_path)
    assert not re.search(r"(?:src|href|srcset)=\"(?!data:)", page)
    assert "url(" not in page
    assert 'src="data:image/png;base64,' in page


def test_a_phone_gets_the_narrow_chart(context, tmp_path):
    narrow = tmp_path / "narrow.png"
    narrow.write_bytes(b"\x89PNG narrow")
    page = page_of(replace(context, charts={**context.charts, "fan_narrow": narrow}), tmp_path)
    assert '<source media="(max-width: 40rem)" srcset="data:image/png;base64,' in page


def test_the_same_run_gives_the_same_page(context, tmp_path):
    assert page_of(context, tmp_path / "a") == page_of(context, tmp_path / "b")


def test_each_count_stands_once_beside_its_methods(context, tmp_path):
    page = page_of(context, tmp_path)
    assert page.count('rowspan="3">100</td>') == 1
    assert [page.count(f'<td class="s">{method}</td>') for method in ("ecosim", "random walk", "drift")] == [1, 1, 1]


def test_an_error_is_of_the_median_in_percent_of_the_count_and_an_interval_holds_its_ends(context, hindcast, tmp_path):
    for truth, held in ((90.0, "yes +16 %"), (120.0, "yes −13 %"), (130.0, "no −20 %"), (0.0, "no –")):
        page = page_of(replace(context, hindcast=hindcast.head(1).assign(truth=truth)), tmp_path)
        _, _, row = page.partition('<td class="s">ecosim</td>')
        assert visible(row.partition("</tr>")[0]) == f"104 90 to 120 {held}"


def test_missions_are_told_by_year_with_their_first_time(context, tmp_path):
    rows = [
        ("m", "Japanese firm", "日资高企", "2018-12", year, share, "2017-Q4", "2017-Q1", "")
        for year, share in ((2017, 0.505), (2018, 0.995), (2019, 1.0))
    ]
    names = ["mission", "label", "label_zh", "deadline", "year", "share_reached"]
    table = pd.DataFrame(rows, columns=[*names, "first_median", "first_lower", "first_upper"])
    page = write_report(tmp_path / "page.html", replace(context, missions=table)).read_text(encoding="utf-8")
    for text in ("Japanese firm 日资高企", ">51 %<", ">&gt;99 %<", ">100 %<", "2017-Q4", "2017-Q1 to later"):
        assert text in page
    assert 'id="missions"' not in write_report(tmp_path / "b.html", context).read_text(encoding="utf-8")


def test_a_mission_that_is_reached_before_the_package_begins_is_reached_at_the_origin(context, tmp_path):
    row = {"mission": "m", "label": "Bank", "label_zh": "", "deadline": "2018-12", "year": 2017, "share_reached": 1.0}
    first = {f"first_{name}": "2016-Q4" for name in ("lower", "median", "upper")}
    page = page_of(replace(context, missions=pd.DataFrame([row | first])), tmp_path)
    assert visible(page).count("at the origin") == 1
    later = pd.DataFrame([row | first | {"first_median": "2017-Q1", "first_upper": "2018-Q1"}])
    page = page_of(replace(context, missions=later), tmp_path)
    assert "<b>2017-Q1</b><small>at the origin to 2018-Q1</small>" in page


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.0, "0 %"), (0.004, "<1 %"), (0.005, "1 %"), (0.285, "29 %"), (0.505, "51 %"), (0.996, ">99 %")],
)
def test_a_share_is_rounded_upward_at_halves_and_all_or_none_only_where_it_is(share, words):
    assert share_of_futures(share) == words


def test_the_page_says_what_the_data_tell_and_what_not(context, tmp_path):
    table = pd.DataFrame({
        "parameter": ["level: hnte_stock", "exit.mature"], "prior_sd": [0.4, 0.2], "posterior_sd": [0.1, 0.2],
        "contraction": [0.75, 0.0], "verdict": ["the data narrow the prior by 75%", "not identified by these data"],
        "basis": ["regressions", "regressions"],
    })  # fmt: skip
    page = page_of(replace(context, identification=table), tmp_path)
    assert "identification" in Outline(page).sections
    told = visible(page)
    assert "keeps its prior: 1 of 2. From: regressions." in told
    assert "level: hnte stock 0.4 0.1 75 %" in told
    assert "Not identified by these data (1)" in told
    assert "identification" not in Outline(page_of(replace(context, identification=None), tmp_path)).sections


def test_a_parameter_is_identified_from_a_fifth_of_its_prior_on(context, tmp_path):
    table = pd.DataFrame({"parameter": ["edge", "below", "wider"], "contraction": [0.20, 0.19, -0.1]})
    table = table.assign(prior_sd=0.4, posterior_sd=0.3, verdict="so", basis="regressions")
    told = visible(page_of(replace(context, identification=table), tmp_path))
    assert "keeps its prior: 2 of 3." in told
    assert "Not identified by these data (2)" in told
    assert "wider 0.4 0.3 0 %" in told


def test_an_index_is_told_in_words(context, make_table, tmp_path):
    name = "hnte_stock_index"
    forecast, effect = make_table(name, {"2018": 265.0}), make_table(name, {"2018": 60.0})
    text = visible(page_of(replace(context, targets=(name,), forecast=forecast, effect=effect), tmp_path))
    assert "index 265 (origin = 100) expected at the end of 2018" in text
    assert "+60 index points at the end of 2018" in text
    assert "265 origin = 100" not in text


def test_what_a_level_rests_on_stands_apart_from_its_sources_each_said_once(context, tmp_path):
    cited = context.basis.assign(source="Zhejiang 2016 x share of gdp [Yearbook; patents; Report; Yearbook; gdp]")
    page = page_of(replace(context, basis=cited), tmp_path)
    assert "Zhejiang 2016 x share of gdp<small>Yearbook; patents; Report; gdp</small>" in page
