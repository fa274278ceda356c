"""What each line of work adds, in words: figures, money, and what is undefined or without bound."""

from dataclasses import replace

import pandas as pd
import pytest

from ecosim.figures import Labels
from ecosim.report import write_report
from ecosim.report.decomposition import tell

GROUPS = {"service": ("Service system", "服务体系"), "talent": ("Talent", "人才")}
LABELS = Labels("Pinghu", "平湖")


@pytest.fixture
def table() -> pd.DataFrame:
    """Two lines of work, the second of which adds nothing sure and cannot say what it costs."""
    rows = [("package", "package", 10.0, 1.0, "")]
    rows += [("service", measure, 8.0, 0.8, "") for measure in ("shapley", "leave_one_out", "first_in")]
    note = "undefined: the 90 % interval of the effect holds zero"
    rows += [("talent", measure, 2.0, float("nan"), note) for measure in ("shapley", "leave_one_out", "first_in")]
    frame = pd.DataFrame(rows, columns=["group", "measure", "median", "share", "cost_note"])
    frame = frame.assign(mean=frame["median"], lower_05=frame["median"] - 3, upper_95=frame["median"] + 3)
    frame = frame.assign(instrument=float("nan"), target="hnte_stock", time="2025", outlay=1250.0, tax_expenditure=0.0)
    cost = frame["cost_note"].eq("")
    frame["cost_per_additional"], frame["cost_lower"] = 150.0, 120.0
    frame.loc[~cost, ["cost_per_additional", "cost_lower"]] = float("nan")
    frame["cost_upper"] = float("inf")
    frame["deadweight_share"] = [float("nan"), *[0.25] * 3, *[float("nan")] * 3]
    older = frame.assign(time="2020", median=1.0)
    return pd.concat([older, frame], ignore_index=True)


def test_the_sentence_is_about_the_last_year_and_names_shares_that_are_sure(table) -> None:
    ((name, sentence),) = tell(table, ["hnte_stock", "unknown"], LABELS, GROUPS).sentences
    assert name == "High-tech enterprises 高新技术企业"
    assert sentence == (
        "of the package's +10 (+7 to +13) firms at the end of 2025: Service system +8 (+5 to +11), 80 %; "
        "Talent +2 (−1 to +5)."
    )


def test_the_sentence_begins_with_the_largest_part_of_either_sign(table) -> None:
    harmful = table.assign(mean=table["mean"].where(table["group"] != "talent", -20.0))
    ((_, sentence),) = tell(harmful, ["hnte_stock"], LABELS, GROUPS).sentences
    assert sentence.index("Talent") < sentence.index("Service system")


def test_the_table_says_what_was_paid_and_what_cannot_be_said(table) -> None:
    ((title, columns, rows),) = tell(table, ["hnte_stock"], LABELS, GROUPS).tables
    assert title.endswith("2025")
    assert all(len(row) == len(columns) for row in rows)
    service, talent, package = rows
    assert service == [
        ("Service system", "服务体系"), *[("+8", "+5 to +11")] * 3, ("1,250", ""), ("25 %", ""),
        ("150", "120 to no bound"),
    ]  # fmt: skip
    assert talent[-2:] == [("–", ""), ("undefined", "")]
    assert package[0] == ("Whole package", "政策包")


def test_money_for_one_more_is_yuan_for_a_yuan_where_money_is_counted(table) -> None:
    for target, unit in (("hnte_stock", "10k CNY"), ("rd_expenditure", "CNY for one CNY")):
        ((_, columns, _),) = tell(table.assign(target=target), [target], LABELS, GROUPS).tables
        assert columns[-1] == ("for one more", unit)


def test_a_dash_says_where_the_horizon_is_too_near_to_tell_who_would_have_acted_anyway(table) -> None:
    ((_, _, rows),) = tell(table.assign(deadweight_note="undefined: too near"), ["hnte_stock"], LABELS, GROUPS).tables
    assert [row[5] for row in rows] == [("25 %", ""), ("–", "the horizon is too near"), ("", "")]


def test_money_is_called_what_was_paid_or_not_collected_and_may_be_saved(context, table, tmp_path) -> None:
    saving = table.assign(tax_expenditure=-2500.0)
    ((_, columns, rows),) = tell(saving, ["hnte_stock"], LABELS, GROUPS).tables
    place = columns.index(("paid or not collected", "10k CNY"))
    assert [row[place] for row in rows] == [("−1,250", "")] * 3
    page = write_report(tmp_path / "r.html", replace(context, decomposition=saving, targets=("hnte_stock",),
                        forecast=context.forecast.assign(target="hnte_stock").drop_duplicates(["time", "quantile"]),
                        groups=GROUPS)).read_text(encoding="utf-8")  # fmt: skip
    section = page[page.index('id="lines-of-work"') :].partition("</section>")[0]
    assert "paid or not collected are outlay and tax of all years" in section
    assert "of stocks in the year of the head, of flows in all years together" in section
    assert "Paid:" not in section
    assert "outlay over" not in section


def test_a_package_whose_sign_is_not_sure_says_so(table) -> None:
    unsure = table.assign(lower_05=-table["upper_95"])
    ((_, sentence),) = tell(unsure, ["hnte_stock"], LABELS, GROUPS).sentences
    assert sentence.endswith("The 90 % interval of the package holds zero.")


def test_the_effect_on_an_index_is_told_in_points(table) -> None:
    ((_, sentence),) = tell(table.assign(target="hnte_stock_index"), ["hnte_stock_index"], LABELS, GROUPS).sentences
    assert sentence.startswith("of the package's +10 (+7 to +13) index points at the end of 2025")


def test_the_effect_on_money_keeps_its_unit_apart(table) -> None:
    ((_, sentence),) = tell(table.assign(target="rd_expenditure"), ["rd_expenditure"], LABELS, GROUPS).sentences
    assert sentence.startswith("of the package's +10 (+7 to +13) (100m CNY) in 2025")


def test_effects_from_a_posterior_are_called_so(table) -> None:
    assert "Each figure is a prior effect" in tell(table, ["hnte_stock"], LABELS, GROUPS).caution
    drawn = tell(table, ["hnte_stock"], Labels("Pinghu", posterior=True), GROUPS).caution
    assert "parameters drawn from a posterior, and from priors for all else" in drawn


def test_the_page_says_that_amounts_are_medians_and_shares_of_means(context, table, tmp_path) -> None:
    page = write_report(tmp_path / "r.html", replace(context, decomposition=table, targets=("hnte_stock",),
                        forecast=context.forecast.assign(target="hnte_stock").drop_duplicates(["time", "quantile"]),
                        groups=GROUPS)).read_text(encoding="utf-8")  # fmt: skip
    assert "Amounts are medians over futures, shares are of means" in page
    assert '<td class="n">150<small>120 to no bound</small></td>' in page
