"""A published report shows scores, identification, every assumption and what stands beside it, and says what is bad."""

from dataclasses import replace

import pandas as pd

from ecosim.report import write_report


def page_of(context, tmp_path):
    return write_report(tmp_path / "report.html", context).read_text(encoding="utf-8")


def scored(ours, theirs):
    rows = [("ecosim", ours), ("drift", theirs)]
    columns = ["method", "target", "time", "truth", "median", "low", "high", "wis"]
    table = [(name, "tech_sme_stock", "2017", 358.0, 400.0, 350.0, 450.0, wis) for name, wis in rows]
    return pd.DataFrame(table, columns=columns)


def test_a_simple_forecast_that_did_better_stands_at_the_top(context, tmp_path):
    page = page_of(replace(context, hindcast=None, scores=scored(30.0, 5.0)), tmp_path)
    assert 'class="verdict worse"' in page
    assert page.index("a simple forecast did better than the model: drift") < page.index('id="headline"')
    assert page.index('id="scores"') < page.index('id="assumptions"')


def test_a_model_that_did_better_is_not_called_worse(context, tmp_path):
    page = page_of(replace(context, hindcast=None, scores=scored(5.0, 30.0)), tmp_path)
    assert 'class="verdict worse"' not in page
    assert "the model was closer than drift on every target" in page


def test_scores_stand_in_a_column_also_where_the_first_row_has_none(context, tmp_path):
    table = scored(5.0, 30.0)
    page = page_of(replace(context, hindcast=None, scores=table.assign(wis=[float("nan"), 30.0])), tmp_path)
    assert '<th class="n">WIS</th>' in page
    assert "WIS: weighted interval score" in page
    assert '<th class="n">WIS</th>' not in page_of(
        replace(context, hindcast=None, scores=table.drop(columns="wis")), tmp_path
    )


def test_identification_assumptions_and_links_have_their_places(context, tmp_path):
    row = ("exit log_age", 0.2, 0.1, 0.5, "narrowed <by half>", "counts")
    columns = ["parameter", "prior_sd", "posterior_sd", "contraction", "verdict", "basis"]
    identification = pd.DataFrame([row], columns=columns)
    assumed = pd.DataFrame({"part": ["policy: visits"], "value": ["3 a year"], "source": ["assumption: small"]})
    links = {"The model by the ODD protocol": "ODD.md"}
    page = page_of(replace(context, identification=identification, assumed=assumed, links=links), tmp_path)
    assert "narrowed &lt;by half&gt;" in page
    assert "Every assumption with its source (1)" in page
    assert '<a href="ODD.md">The model by the ODD protocol</a>' in page
