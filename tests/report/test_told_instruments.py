"""What the instruments are and cost is a table with names, years and units that a reader can use."""

import re
from dataclasses import replace
from html import unescape

import pandas as pd
import pytest

from ecosim.report import write_report
from ecosim.report.instruments import costs, listed


@pytest.fixture
def table():
    """costs.csv of an award, a rule of taxes and a plan that costs nothing, in two years."""
    rows = []
    for year, factor in (("2017", 1), ("2018", 2), ("all", 3)):
        rows += [
            ("award", "Award", "奖励", year, 4066.7 * factor, 900.0, 24000.0, 0.0, 60.0, 2.0, 0.53, "firms"),
            ("tax", "Income tax", "所得税", year, 0.0, 0.0, 0.0, 426467.2 * factor, 500.0, 0.0, float("nan"), ""),
            ("plan", "Plan", "计划", year, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, float("nan"), ""),
            ("package", "Whole package", "政策包", year, 9000.0 * factor, 9000.0, 9000.0, 0.0, 60.0, 2.0,
             float("nan"), ""),
        ]  # fmt: skip
    columns = [
        "instrument", "label", "label_zh", "year", "outlay", "outlay_lower", "outlay_upper", "tax_expenditure",
        "recipients", "refused", "deadweight_share", "deadweight_of",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns).assign(without="package")


def test_sums_come_first_the_dearest_on_top_and_what_costs_nothing_is_left_out(table):
    totals = costs(table).totals
    assert [row[0] for row in totals.rows] == [("Whole package", "政策包"), ("Award", "奖励"), ("Income tax", "所得税")]
    package, award, _ = totals.rows
    assert package[1] == ("27,000", "")  # an interval that is a point is none
    assert award[1:] == [("12,200", "900 to 24,000"), ("–", ""), ("60", ""), ("2", ""), ("53 %", "of firms")]
    assert totals.rows[2][2] == ("1,279,402", "")


def test_an_instrument_that_costs_nothing_and_reaches_firms_stands_with_dashes_as_the_page_says(
    context, table, tmp_path
):
    reaches = table.assign(recipients=table["recipients"].where(table["instrument"] != "plan", 7.0))
    plan = next(row for row in costs(reaches).totals.rows if row[0][0] == "Plan")
    assert plan[1:4] == [("–", ""), ("–", ""), ("7", "")]
    page = write_report(tmp_path / "r.html", replace(context, outlays=reaches)).read_text(encoding="utf-8")
    assert "Instruments that cost nothing and reach no firm are left out." in page


def test_a_run_that_is_too_short_to_tell_who_would_have_acted_anyway_says_so(table):
    short = table.assign(deadweight_note="").astype({"deadweight_note": object})
    award = short["instrument"] == "award"
    short.loc[award, "deadweight_share"] = float("nan")
    short.loc[award, "deadweight_note"] = "undefined: the horizon is too near to tell who would have acted anyway"
    package, award, tax = (row[-1] for row in costs(short).totals.rows)
    assert award == ("–", "the horizon is too near")
    assert package == tax == ("–", "")


def test_a_package_that_saves_tax_is_shown_with_its_sign(table):
    package = table["instrument"] == "package"
    saving = table.assign(
        tax_expenditure=table["tax_expenditure"].where(~package, -1234.0),
        outlay=table["outlay"].where(~package, 0.0),
        recipients=table["recipients"].where(~package, 0.0),
    )
    told = costs(saving)
    assert told.totals.rows[-1][:4] == [("Whole package", "政策包"), ("–", ""), ("−1,234", ""), ("–", "")]
    assert told.years.rows[-1] == [("Whole package, tax not collected", "政策包"), *[("−1,234", "")] * 2]


def test_the_page_says_that_the_package_counts_the_change_of_rules_of_the_baseline_alone(context, table, tmp_path):
    page = write_report(tmp_path / "r.html", replace(context, outlays=table)).read_text(encoding="utf-8")
    assert "the whole package counts only what the scenario pays or does not collect beyond the baseline" in page


def test_the_page_says_what_the_package_makes_rules_cost_that_it_leaves_as_they_are(context, table, tmp_path):
    package = (table["instrument"] == "package") & (table["year"] == "all")
    nothing = table.assign(induced=float("nan"), induced_lower=float("nan"), induced_upper=float("nan"))
    more = nothing.copy()
    more.loc[package, ["induced", "induced_lower", "induced_upper"]] = 66545.0, 13204.0, 234404.0
    assert costs(more).induced == "66,545 (13,204 to 234,404)"
    assert costs(nothing).induced == costs(table).induced == ""
    page = write_report(tmp_path / "r.html", replace(context, outlays=more)).read_text(encoding="utf-8")
    assert "leaves as they are cost <b>66,545 (13,204 to 234,404)</b> 10k CNY more under it" in page


def test_amounts_beyond_a_budget_are_explained_beside_them(context, table, tmp_path):
    told = replace(context, outlays=table, overspent=("More than the written budget is paid by Award.",))
    page = write_report(tmp_path / "r.html", told).read_text(encoding="utf-8")
    section = page[page.index('id="outlays"') :].partition("</section>")[0]
    assert "More than the written budget is paid by Award." in section


def test_years_are_heads_of_columns_and_each_amount_stands_under_its_year(table):
    years = costs(table).years
    assert years.columns == [("instrument", ""), ("2017", ""), ("2018", "")]
    assert years.rows[1] == [("Award", "奖励"), ("4,067", ""), ("8,133", "")]
    assert years.rows[2][0] == ("Income tax, tax not collected", "所得税")


def test_no_year_of_the_page_has_a_separator_and_the_heads_have_units(context, table, tmp_path):
    page = write_report(tmp_path / "r.html", replace(context, outlays=table)).read_text(encoding="utf-8")
    section = page[page.index('id="outlays"') :].partition("</section>")[0]
    assert not re.search(r"\b2,01[78]\b", section)
    assert "outlay lower" not in section
    text = " ".join(unescape(re.sub(r"<[^>]+>", " ", section)).split())
    assert "paid 10k CNY" in text
    assert "sums from 2017 to 2018" in text
    assert "without the whole package" in text


def test_a_ledger_without_sums_is_told_by_year_with_the_labels_of_the_policies(context):
    told = costs(context.outlays, context.policies)
    assert told.totals is None
    assert told.years.rows == [[("Award", "奖励"), ("1,200", "")]]


def test_instruments_that_cost_nothing_make_no_section(table):
    assert costs(table[table["instrument"] == "plan"]) is None


def test_instruments_of_the_baseline_stand_apart_from_the_package(context):
    both = pd.concat([context.policies, context.policies.assign(label="Law", in_baseline=True)])
    found = listed(both)
    assert [row[0][0] for row in found.own] == ["Award"]
    assert [row[0][0] for row in found.shared] == ["Law"]


def test_a_wide_table_uses_the_margins_of_a_screen_and_shows_where_it_goes_on(context, tmp_path):
    page = write_report(tmp_path / "r.html", context).read_text(encoding="utf-8")
    assert "max-width: calc(50vw + 50% - 2rem)" in page
    assert re.search(r"\.wide \{[^}]*background: linear-gradient", page)
