"""Charts of several runs and of calibration: the same bytes for the same tables, and refusals in words."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from ecosim.figures import canvas
from ecosim.figures.calibration import calibration_chart
from ecosim.figures.calibration_by_horizon import calibration_by_horizon
from ecosim.figures.effect import effect_limits
from ecosim.figures.fan import Fan, fan_span
from ecosim.figures.overlay import COLORS, overlay_chart


def test_an_overlay_is_the_same_for_the_same_tables(forecast, baseline, counts, labels, tmp_path):
    runs = {"A ours": forecast, "B theirs": baseline}
    known = dict.fromkeys(runs, counts)
    paths = [
        overlay_chart(runs, known, ["tech_sme_stock", "hnte_stock"], tmp_path / name, labels) for name in ("a", "b")
    ]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert paths[0].stat().st_size > 10_000


def test_a_run_a_hundred_times_smaller_is_seen_beside_the_other(make_quantiles, counts, labels, tmp_path, drawn):
    runs = {"A": make_quantiles("tech_sme_stock", 279, 0.1), "B": make_quantiles("tech_sme_stock", 60_000, 0.1)}
    overlay_chart(runs, dict.fromkeys(runs, counts), ["tech_sme_stock"], tmp_path / "a.png", labels)
    (axes,) = drawn[0].axes
    assert axes.get_yscale() == "log"
    assert {"log scale", "377", "80,992"} <= {text.get_text() for text in axes.texts}
    alike = {"A": runs["A"], "B": runs["A"].assign(value=0.0)}
    overlay_chart(alike, dict.fromkeys(runs, counts), ["tech_sme_stock"], tmp_path / "b.png", labels)
    assert drawn[1].axes[0].get_yscale() == "linear"
    assert drawn[1].axes[0].get_ylim()[0] == 0


def test_an_overlay_takes_a_few_targets_and_runs_only(forecast, counts, labels, tmp_path):
    with pytest.raises(ValueError, match="1 to 6 targets of 1 to 8 runs"):
        overlay_chart({}, {}, ["hnte_stock"], tmp_path / "a.png", labels)


def test_counts_have_the_color_of_their_run_where_the_runs_know_others(forecast, counts, labels, tmp_path, drawn):
    elsewhere = counts.assign(location="Haiyan", value=counts["value"] * 2)
    known = {"A here": counts, "B here, later": counts, "C elsewhere": elsewhere}
    overlay_chart(dict.fromkeys(known, forecast), known, ["tech_sme_stock"], tmp_path / "a.png", labels)
    (axes,) = drawn[0].axes
    own, other = counts["value"].dropna().tolist(), elsewhere["value"].dropna().tolist()
    assert {color: sorted(y for _, y in places) for color, places in dots(axes).items()} == {
        COLORS[0]: own,
        COLORS[1]: own,
        COLORS[2]: other,
    }
    sizes = {line.get_color(): line.get_markersize() for line in axes.lines if line.get_marker() == "o"}
    assert sizes[COLORS[1]] > sizes[COLORS[0]], "what both know is seen in both colors"
    assert "in the color of the run" in " ".join(text.get_text() for text in drawn[0].texts)


def test_counts_on_which_runs_agree_are_black_also_where_one_knows_more(forecast, counts, labels, tmp_path, drawn):
    known = {"A later": counts, "B earlier": counts.iloc[:1]}
    overlay_chart(dict.fromkeys(known, forecast), known, ["tech_sme_stock"], tmp_path / "a.png", labels)
    assert set(dots(drawn[0].axes[0])) == {canvas.INK}
    revised = {"A": counts, "B": counts.assign(value=counts["value"] + 5)}
    overlay_chart(dict.fromkeys(revised, forecast), revised, ["tech_sme_stock"], tmp_path / "b.png", labels)
    assert set(dots(drawn[1].axes[0])) == {COLORS[0], COLORS[1]}


def test_common_limits_hold_every_run(make_quantiles, counts):
    near = make_quantiles("tech_sme_stock", 279, 0.1)
    far = make_quantiles("tech_sme_stock", 279, 0.1, years=(2017, 2025), sd=0.4)
    low, high = fan_span([Fan(near, counts), Fan(far, counts)], ["tech_sme_stock"])
    assert (low, high) == (2014.0, 2026.0)  # from the year of the first count to the end of 2025
    low, high = effect_limits([near, far], ["tech_sme_stock"])["tech_sme_stock"]
    values = pd.concat([near, far]).query("quantile in (0.05, 0.95)")["value"]
    assert low <= 0 < values.max() <= high
    assert effect_limits([near], ["hnte_stock"]) == {}


@pytest.fixture
def over_time():
    rows = [
        ("m", year, nominal, covered, covered - 0.2, covered + 0.1, 4, 2, 1)
        for year in ("2017", "2018")
        for nominal, covered in ((0.5, 0.5), (0.8, 0.7), (0.9, 0.85), (0.95, 0.9))
    ]
    columns = ["model", "through", "nominal", "covered", "lower", "upper", "cells", "forecasts", "years"]
    return pd.DataFrame(rows, columns=columns)


def test_calibration_is_drawn_for_a_model_that_is_there(over_time, tmp_path):
    shares = [(name, level, level) for name in ("m", "walk") for level in (0.25, 0.5, 0.75)]
    reliability = pd.DataFrame(shares, columns=["model", "nominal", "share"])
    assert calibration_chart(over_time, reliability, "m", tmp_path / "a.png").stat().st_size > 10_000
    with pytest.raises(ValueError, match=r"other: not in the table; it has \['m'\]"):
        calibration_chart(over_time, reliability, "other", tmp_path / "b.png")


def test_the_calibration_of_a_backtest_is_the_same_for_the_same_tables(tmp_path):
    rows = [(step, percent, percent / 100 - 0.02, np.nan) for step in (1, 2, 3, 5) for percent in (50, 80, 90)]
    covered = pd.DataFrame(rows, columns=["horizon", "percent", "share", "without"])
    cells = [(step, origin, rank / 20) for step in (1, 2, 3, 5) for origin in ("2010", "2011") for rank in range(21)]
    pits = pd.DataFrame(cells, columns=["horizon", "origin", "value"])
    words = ("title", "subtitle", "year")
    paths = [calibration_by_horizon(covered, pits, tmp_path / f"{name}.png", *words) for name in ("a", "b")]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert paths[0].stat().st_size > 10_000
    with pytest.raises(ValueError, match="no scored forecast"):
        calibration_by_horizon(covered.iloc[:0], pits, tmp_path / "c.png", *words)


def texts_of(figure):
    return {text.get_text() for text in figure.findobj(Text)}


def test_the_calibration_says_how_many_counts_the_last_year_rests_on(over_time, tmp_path, drawn):
    last = over_time["through"] == "2018"
    growing = over_time.assign(cells=over_time["cells"].where(~last, 8), years=over_time["years"].where(~last, 2))
    reliability = pd.DataFrame([("m", 0.5, 0.5)], columns=["model", "nominal", "share"])
    calibration_chart(growing, reliability, "m", tmp_path / "a.png")
    assert "8 counts of 2 years in 2 published forecasts" in texts_of(drawn[0])


def test_histograms_are_of_the_first_a_middle_and_the_last_horizon_with_their_origins(tmp_path, drawn):
    covered = pd.DataFrame([(step, 90, 0.9, np.nan) for step in (1, 2, 3, 5)],
                           columns=["horizon", "percent", "share", "without"])  # fmt: skip
    cells = [(step, origin, rank / 20) for step in (1, 2, 3, 5) for origin in ("2010", "2011") for rank in range(21)]
    pits = pd.DataFrame(cells, columns=["horizon", "origin", "value"])
    calibration_by_horizon(covered, pits, tmp_path / "a.png", "title", "subtitle", "year")
    told = texts_of(drawn[0])
    assert {text.partition(":")[0] for text in told if "where the counts lay" in text} == {
        "1 year ahead", "3 years ahead", "5 years ahead",
    }  # fmt: skip
    assert "% of counts by tenth of the forecast; 2 origins" in told


def test_runs_of_like_size_share_an_axis_from_zero(make_quantiles, counts, labels, tmp_path, drawn):
    runs = {"A": make_quantiles("tech_sme_stock", 279, 0.1), "B": make_quantiles("tech_sme_stock", 2790, 0.1)}
    overlay_chart(runs, dict.fromkeys(runs, counts), ["tech_sme_stock"], tmp_path / "a.png", labels)
    (axes,) = drawn[0].axes
    assert (axes.get_yscale(), axes.get_ylim()[0]) == ("linear", 0.0)


def dots(axes):
    """Places of the dots by color."""
    found = {}
    for line in axes.lines:
        if line.get_marker() == "o" and line.get_markerfacecolor() != "white":
            places = zip(line.get_xdata(), line.get_ydata(), strict=True)
            found.setdefault(line.get_color(), []).extend(places)
    return found


@pytest.mark.parametrize("shares", [(0.0, 0.1, 0.2), (1.0, 1.0, 1.0)])
def test_coverage_of_a_backtest_is_seen_whole_and_apart(shares, tmp_path, drawn):
    rows = [
        (step, percent, share, np.nan) for step in (1, 2) for percent, share in zip((50, 80, 90), shares, strict=True)
    ]
    covered = pd.DataFrame(rows, columns=["horizon", "percent", "share", "without"])
    pits = pd.DataFrame([(step, "2001", 0.5) for step in (1, 2)], columns=["horizon", "origin", "value"])
    calibration_by_horizon(covered, pits, tmp_path / "a.png", "title", "subtitle", "year")
    axes = drawn[0].axes[0]
    low, high = axes.get_ylim()
    places = [place for line in dots(axes).values() for place in line]
    assert len(places) == len(set(places)) == 6
    assert all(low < share < high for _, share in places)


def test_the_calibration_of_one_year_has_one_year_below_and_three_dots(over_time, tmp_path, drawn):
    reliability = pd.DataFrame([("m", 0.5, 0.5)], columns=["model", "nominal", "share"])
    calibration_chart(
        over_time[over_time["through"] == "2017"].assign(covered=1.0), reliability, "m", tmp_path / "a.png"
    )
    axes = drawn[0].axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["2017"]
    places = [place for line in dots(axes).values() for place in line]
    assert len(places) == len(set(places)) == 3
