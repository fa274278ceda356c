"""What the forecasts of Pinghu and Zhejiang must show; each runs the whole job on the real counts."""

import re

import numpy as np
import pytest

from ecosim.data.targets import in_words
from ecosim.forecast.job import run
from ecosim.forecast.statements import wis_by_model

pytestmark = pytest.mark.slow


def silent(stage, done, total):
    """Progress that nobody sees."""


def interval(table, target, time):
    """5 %, 50 % and 95 % quantile of a target at a time."""
    cell = table[(table["target"] == target) & (table["time"] == time)].set_index("quantile")["value"]
    return cell[0.05], cell[0.5], cell[0.95]


@pytest.fixture(scope="module")
def pinghu_2016(make_job, pinghu, all_counts):
    """Pinghu from the eve of its package, 100 members."""
    return run(make_job(region=pinghu, counts=all_counts, members=100, workers=2), silent)


@pytest.fixture(scope="module")
def zhejiang_2022(make_job, make_region, all_counts):
    """Zhejiang from the end of 2022, and as it would have been forecast a year before."""
    region = make_region("_province_base", name="Zhejiang", largest_sample=5000)
    return run(
        make_job(
            region=region, counts=all_counts, package={}, origin="2022-12", horizon=2023, members=40, workers=2,
            hindcast="2021-12",
        ),
        silent,
    )  # fmt: skip


def test_358_tech_smes_at_the_end_of_2017_lie_in_a_narrow_interval(pinghu_2016):
    low, median, high = interval(pinghu_2016.forecast, "tech_sme_stock", "2017")
    assert low <= 358 <= high
    assert high - low <= 0.60 * median


def test_high_tech_enterprises_about_double_in_the_two_years_to_the_middle_of_2018(pinghu_2016):
    low, median, high = interval(pinghu_2016.forecast_quarterly, "hnte_stock_ratio_2y", "2018-Q2")
    assert 1.6 <= median <= 2.5
    assert low <= 2.0 <= high


@pytest.mark.parametrize("quarter", ["2018-Q2", "2018-Q3"])
def test_17_foreign_invested_high_tech_enterprises_by_the_middle_of_2018_are_inside(pinghu_2016, quarter):
    low, _, high = interval(pinghu_2016.forecast_quarterly, "hnte_foreign_stock", quarter)
    assert low <= 17 <= high


def test_every_count_published_after_the_origin_is_scored(pinghu_2016):
    scored = set(zip(pinghu_2016.scores["target"], pinghu_2016.scores["time"], strict=True))
    assert scored >= {
        ("tech_sme_stock", "2017"),
        ("hnte_stock_ratio_2y", "2018-06"),
        ("hnte_foreign_stock", "2018-07"),
    }


def test_the_level_of_high_tech_enterprises_is_called_an_assumption_beside_an_index(pinghu_2016):
    rests_on = pinghu_2016.basis.set_index("target")["basis"]
    assert rests_on["hnte_stock"] == "assumption"
    assert rests_on["tech_sme_stock"] == "observed"
    sentence = next(line for line in pinghu_2016.statements if "is an assumption, not a count" in line)
    named = sentence.partition(" for ")[2].partition(". Read")[0].split("; ")
    assert in_words("hnte_stock") in named
    assert in_words("tech_sme_stock") not in named
    low, median, high = interval(pinghu_2016.forecast, "hnte_stock_index", "2017")
    assert 100 < median < 300
    assert low < high


def test_inventions_are_a_part_of_all_patents_in_hardly_any_future_more_than_all(pinghu_2016):
    rows = (
        pinghu_2016.members.query("frequency == 'year'") if "frequency" in pinghu_2016.members else pinghu_2016.members
    )
    counts = rows.pivot_table(index=["scenario", "member", "time"], columns="target", values="value")
    for part, whole in (("inventions_applied", "patents_applied"), ("inventions_granted", "patents_granted")):
        assert (counts[part] > counts[whole]).mean() < 0.01


def test_the_books_own_up_to_the_research_that_they_pay(pinghu_2016):
    (told,) = (line for line in pinghu_2016.statements if line.startswith("The books pay the model's own firms"))
    assert float(re.search(r"is ([\d.]+) times the forecast's level", told)[1]) > 1.25
    assert not any(line.startswith("Few simulated firms") for line in pinghu_2016.statements)


def test_it_is_said_in_words_that_the_counts_cannot_tell_the_instruments_apart(pinghu_2016):
    assert any("counts cannot tell the instruments apart" in sentence for sentence in pinghu_2016.statements)


def test_levels_published_after_the_origin_are_owned_up_to(pinghu_2016):
    assert any("tech_sme_stock of 2016 (279) was published only in 2018-10" in line for line in pinghu_2016.statements)


def test_the_package_has_an_effect_and_an_interval_of_it(pinghu_2016):
    low, median, high = interval(pinghu_2016.effect, "tech_sme_stock", "2018")
    assert low < median < high
    assert median > 0


def test_a_sample_with_few_certificates_is_said_to_be_small(zhejiang_2022):
    (told,) = (line for line in zhejiang_2022.statements if line.startswith("Few simulated firms"))
    assert "of Zhejiang: about" in told
    assert "raise largest_sample (5,000)" in told


def test_certifications_of_2022_from_2021_stand_beside_the_truth_and_both_references(zhejiang_2022):
    rows = zhejiang_2022.hindcast.query("target == 'hnte_certifications' and time == '2022'")
    assert set(rows["model"]) == {"ecosim", "random_walk", "drift"}
    assert set(rows["origin"]) == {"2021-12"}
    assert (rows["observed"] == 14138.0).all()
    assert (rows.groupby("model")["quantile"].nunique() == 23).all()


def test_the_verdict_is_that_of_the_scores(zhejiang_2022):
    verdict = zhejiang_2022.statements[0]
    assert verdict.startswith("Hindcast of Zhejiang from 2021-12")
    scores = np.exp(np.log(wis_by_model(zhejiang_2022.hindcast)).mean())
    worse = scores["ecosim"] > min(scores["random_walk"], scores["drift"])
    assert ("did better than ecosim" in verdict) == worse


def test_certifications_of_2022_lie_in_the_hindcasts_interval(zhejiang_2022):
    rows = zhejiang_2022.hindcast.query("model == 'ecosim' and time == '2022'")
    low, _, high = interval(rows, "hnte_certifications", "2022")
    assert low <= 14138 <= high


def test_a_province_of_many_firms_says_how_many_one_agent_stands_for(zhejiang_2022):
    assert any(line.startswith("One simulated firm stands for 431 firms") for line in zhejiang_2022.statements)
    start = zhejiang_2022.forecast_quarterly.query("target == 'hnte_stock' and time == '2023-Q1' and quantile == 0.5")
    assert start["value"].item() == pytest.approx(35856, rel=0.05)
