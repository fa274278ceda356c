"""The charts are drawn, the same each time, and refuse what they cannot draw."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ecosim.figures import Labels, canvas, effect_chart, fan_chart, fan_limits, hindcast_chart, identification_chart
from ecosim.figures.fan import Fan, fan_span
from ecosim.figures.fan import _draw as draw_fan

PNG = b"\x89PNG\r\n\x1a\n"
BOTH = ("tech_sme_stock", "hnte_stock")


@pytest.fixture
def past(make_quantiles):
    drift = make_quantiles("hnte_stock", 100, 0.1, "drift", "2015-12", (2016,))
    walk = make_quantiles("hnte_stock", 100, 0.0, "random walk", "2015-12", (2016,))
    return {
        "ecosim": make_quantiles("hnte_stock", 100, 0.2, origin="2015-12", years=(2016,)),
        "random walk": walk,
        "drift": drift,
    }


@pytest.fixture
def truth():
    return pd.DataFrame({"location": ["Pinghu"], "target": ["hnte_stock"], "time": ["2016"], "value": [120.0]})


def width_of_png(path):
    return int.from_bytes(path.read_bytes()[16:20], "big")


def test_every_chart_is_a_png_of_1280_pixels(tmp_path, fan, effect, past, truth, labels):
    paths = [
        fan_chart(fan, BOTH, tmp_path / "fan.png", labels),
        effect_chart(effect, BOTH, tmp_path / "effect.png", labels),
        hindcast_chart(past, truth, ["hnte_stock"], tmp_path / "hindcast.png", labels, "2016"),
    ]
    assert all(path.read_bytes().startswith(PNG) for path in paths)
    assert {width_of_png(path) for path in paths} == {1280}


def test_one_column_is_narrow_enough_for_a_phone(tmp_path, fan, labels):
    assert width_of_png(fan_chart(fan, BOTH, tmp_path / "fan.png", labels, columns=1)) == 680


def test_the_same_tables_give_the_same_bytes(tmp_path, fan, labels):
    first = fan_chart(fan, BOTH, tmp_path / "a.png", labels).read_bytes()
    assert fan_chart(fan, BOTH, tmp_path / "b.png", labels).read_bytes() == first
    assert b"tIME" not in first
    assert b"Software" not in first


def test_threads_draw_what_one_thread_draws(tmp_path, fan, labels):
    alone = fan_chart(fan, BOTH, tmp_path / "alone.png", labels).read_bytes()
    with ThreadPoolExecutor(2) as pool:
        paths = list(pool.map(lambda n: fan_chart(fan, BOTH, tmp_path / f"{n}.png", labels), range(2)))
    assert {path.read_bytes() for path in paths} == {alone}


def test_the_baseline_and_the_later_count_show(tmp_path, fan, labels):
    whole = fan_chart(fan, BOTH, tmp_path / "a.png", labels).read_bytes()
    without_baseline = Fan(fan.forecast, fan.observed, None, fan.later, fan.policies, fan.notes)
    without_later = Fan(fan.forecast, fan.observed, fan.baseline, None, fan.policies, fan.notes)
    drawn = {
        fan_chart(other, BOTH, tmp_path / "b.png", labels).read_bytes() for other in (without_baseline, without_later)
    }
    assert len(drawn | {whole}) == 3


def drawn_lines(fan, target, labels):
    """By marker: places and values of everything that is drawn of a target; the median's line under ''."""
    figure = canvas.new_figure(4.0, 3.0)
    axes = canvas.panel(figure, 0.5, 0.5, 2.0, 2.0)
    draw_fan(axes, fan, target, labels, first=True, limits=None, span=fan_span([fan], [target]))
    marked = {str(line.get_marker()): line.get_xydata() for line in axes.lines if line.get_marker() in ("o", "D")}
    (median,) = [line for line in axes.lines if line.get_color() == canvas.BLUE]
    return marked | {"": median.get_xydata()}


def test_an_assumed_level_is_drawn_where_there_is_no_count(fan, labels):
    drawn = drawn_lines(replace(fan, assumed={"hnte_stock": ("2016", 100.0)}), "hnte_stock", labels)
    assert drawn["D"].tolist() == [[2017.0, 100.0]]
    assert drawn[""][0].tolist() == [2017.0, 100.0]
    assert "D" not in drawn_lines(fan, "hnte_stock", labels)


def test_counts_are_drawn_beside_an_assumed_level_and_the_fan_opens_from_the_later_one(fan, labels):
    earlier = replace(fan, later=None, observed=fan.observed[fan.observed["time"] != "2016"])
    later_level = drawn_lines(replace(earlier, assumed={"tech_sme_stock": ("2016", 279.0)}), "tech_sme_stock", labels)
    assert [2015.0, 150.0] in later_level["o"].tolist()
    assert later_level["D"].tolist() == [later_level[""][0].tolist()] == [[2017.0, 279.0]]
    counts_last = drawn_lines(
        replace(fan, later=None, assumed={"tech_sme_stock": ("2014", 100.0)}), "tech_sme_stock", labels
    )
    assert counts_last[""][0].tolist() == [2017.0, 279.0]
    assert counts_last["D"].tolist() == [[2015.0, 100.0]]
    same_time = replace(fan, later=None, assumed={"tech_sme_stock": ("2016", 300.0)})
    assert drawn_lines(same_time, "tech_sme_stock", labels)[""][0].tolist() == [2017.0, 300.0]


def test_a_fan_does_not_open_from_a_level_that_is_no_earlier_than_its_first_year(fan, labels):
    within = drawn_lines(replace(fan, assumed={"hnte_stock": ("2017", 100.0)}), "hnte_stock", labels)
    assert within[""][:, 0].tolist() == [2018.0, 2019.0, 2020.0]


def test_an_assumed_level_lies_within_the_panel(fan):
    assert fan_limits([replace(fan, assumed={"hnte_stock": ("2016", 900.0)})], ["hnte_stock"])["hnte_stock"][1] > 900


def test_effects_from_a_posterior_are_not_called_prior_effects(tmp_path, effect, labels):
    drawn = replace(labels, posterior=True)
    assert labels.caution == "prior effect × state, not estimated from these counts"
    assert drawn.caution.startswith("posterior and prior effect × state")
    assert replace(labels, updated=True).caution.endswith("moved by new counts, not identified from them alone")
    pictures = [effect_chart(effect, BOTH, tmp_path / "a.png", words).read_bytes() for words in (labels, drawn)]
    assert pictures[0] != pictures[1]


def test_shared_limits_hold_every_run(fan, make_quantiles):
    higher = Fan(make_quantiles("tech_sme_stock", 279, 0.5), fan.observed)
    low, high = fan_limits([fan, higher], ["tech_sme_stock"])["tech_sme_stock"]
    assert low == 0
    assert high > higher.forecast["value"].max() > fan_limits([fan], ["tech_sme_stock"])["tech_sme_stock"][1]


def test_limits_hold_what_was_counted_later_and_what_lies_below_zero(fan):
    later = fan.later.assign(value=9999.0, time="2024")
    assert fan_limits([replace(fan, later=later)], BOTH)["tech_sme_stock"][1] > 9999
    assert fan_span([replace(fan, later=later)], BOTH) == (2014.0, 2025.0)
    below = replace(fan, forecast=fan.forecast.assign(value=-fan.forecast["value"]))
    assert fan_limits([below], BOTH)["tech_sme_stock"][0] < below.forecast["value"].min()


def test_counts_of_other_places_are_left_out(tmp_path, fan, labels):
    alone = fan_chart(fan, BOTH, tmp_path / "a.png", labels).read_bytes()
    others = pd.concat([fan.observed, fan.observed.assign(location="Haiyan", value=9999.0)])
    among = Fan(fan.forecast, others, fan.baseline, fan.later, fan.policies, fan.notes)
    assert fan_chart(among, BOTH, tmp_path / "b.png", labels).read_bytes() == alone


def test_a_forecast_without_any_count_is_drawn(tmp_path, make_quantiles, labels):
    nothing = pd.DataFrame({"location": [], "target": [], "time": [], "value": []})
    fan = Fan(make_quantiles("institutes", 3, 0.1), nothing)
    assert fan_chart(fan, ["institutes"], tmp_path / "fan.png", labels).exists()


def test_a_forecast_of_zeros_is_drawn(tmp_path, make_quantiles, labels, counts):
    zeros = make_quantiles("institutes", 0, 0.0)
    assert fan_chart(Fan(zeros, counts), ["institutes"], tmp_path / "fan.png", labels).exists()
    assert effect_chart(zeros, ["institutes"], tmp_path / "effect.png", labels).exists()


def test_dollars_in_a_name_are_not_mathematics(tmp_path, fan):
    assert fan_chart(fan, BOTH, tmp_path / "fan.png", Labels("$a$b$", "平湖", r"costs $\frac$")).exists()


def test_seven_targets_are_too_many(tmp_path, fan, effect, labels):
    with pytest.raises(ValueError, match="1 to 6 targets, not 7"):
        fan_chart(fan, ["hnte_stock"] * 7, tmp_path / "fan.png", labels)
    with pytest.raises(ValueError, match="1 to 6 targets, not 0"):
        effect_chart(effect, [], tmp_path / "effect.png", labels)


def test_a_target_without_forecast_is_named(tmp_path, fan, labels):
    with pytest.raises(ValueError, match="births: no forecast to draw; the table has hnte_stock, tech_sme_stock"):
        fan_chart(fan, ["births"], tmp_path / "fan.png", labels)


def test_two_places_in_one_fan_are_refused(tmp_path, fan, labels):
    two = pd.concat([fan.forecast, fan.forecast.assign(location="Haiyan")])
    with pytest.raises(ValueError, match="one location at a time, not Haiyan, Pinghu"):
        fan_chart(Fan(two, fan.observed), BOTH, tmp_path / "fan.png", labels)


def test_a_missing_quantile_is_named(tmp_path, fan, labels):
    few = fan.forecast[~np.isclose(fan.forecast["quantile"], 0.95)]
    with pytest.raises(ValueError, match=r"quantiles \[0\.95\] are not in the table"):
        fan_chart(Fan(few, fan.observed), BOTH, tmp_path / "fan.png", labels)


def test_a_quantile_that_stands_twice_is_named(tmp_path, fan, labels):
    twice = replace(fan, forecast=pd.concat([fan.forecast, fan.forecast.head(1)]))
    with pytest.raises(ValueError, match=r"tech_sme_stock: quantile 0.05 of 2017 stands twice; keep one"):
        fan_chart(twice, BOTH, tmp_path / "fan.png", labels)


def test_a_hindcast_without_its_count_is_refused(tmp_path, past, truth, labels):
    with pytest.raises(ValueError, match="hnte_stock: 0 counts for 2017, one is needed"):
        hindcast_chart(past, truth, ["hnte_stock"], tmp_path / "h.png", labels, "2017")


def test_importing_charts_and_report_loads_no_heavy_library():
    heavy = "{'matplotlib', 'jinja2', 'rich', 'mlflow', 'mesa', 'statsmodels'}"
    code = f"import sys, ecosim.figures, ecosim.report; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_the_chart_of_identification_grows_with_its_rows_and_refuses_none(tmp_path):
    table = pd.DataFrame({
        "parameter": ["a", "b"], "prior_mean": 0.0, "prior_sd": 1.0, "posterior_mean": [0.5, 0.0],
        "lower": [0.2, -1.6], "upper": [0.8, 1.6], "contraction": [0.8, -0.02],
    })  # fmt: skip
    path = identification_chart(table, tmp_path / "one.png", "Pinghu 平湖", "made up", {"a": "Level 水平"})
    assert path.read_bytes().startswith(PNG)
    again = identification_chart(table, tmp_path / "two.png", "Pinghu 平湖", "made up", {"a": "Level 水平"})
    assert path.read_bytes() == again.read_bytes()
    with pytest.raises(ValueError, match="no parameter to draw"):
        identification_chart(table.iloc[:0], tmp_path / "none.png", "Pinghu", "")


def test_what_the_data_tell_begins_at_a_fifth(drawn, tmp_path):
    table = pd.DataFrame({"parameter": ["at", "below"], "prior_mean": 0.0, "prior_sd": 1.0, "posterior_mean": 0.0,
                          "lower": -1.3, "upper": 1.3, "contraction": [0.20, 0.19]})  # fmt: skip
    figure = identification_chart(table, tmp_path / "one.png", "Pinghu", "made up")
    assert "Pinghu: the data tell of 1 of 2 parameters 可识别 1/2" in [text.get_text() for text in figure.texts]
    assert [text.get_text() for text in figure.axes[1].texts][:2] == ["20%", "not identified 不可识别"]


@pytest.mark.parametrize(("count", "words"), [(120.0, ["+2 %", "−17 %, out", "−8 %"]), (0.0, ["out", "out", "out"])])
def test_the_errors_of_a_hindcast_are_of_medians_and_out_is_beyond_ninety_percent(
    count, words, drawn, past, truth, labels, tmp_path
):
    figure = hindcast_chart(past, truth.assign(value=count), ["hnte_stock"], tmp_path / "a.png", labels, "2016")
    beside = [text.get_text() for text in figure.axes[0].texts if 1 < text.get_position()[0] < 2]
    assert beside == words


@pytest.fixture
def drawn(monkeypatch, tmp_path):
    """Draws a fan and gives the figure in place of its file."""
    monkeypatch.setattr(canvas, "save", lambda figure, path: figure)
    return lambda fan, targets, labels, **looks: fan_chart(fan, targets, tmp_path / "fan.png", labels, **looks)


def words_of(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def numbers_beside(axes):
    """What stands right of a panel: text and height."""
    return {text.get_text(): text.get_position()[1] for text in axes.texts if 1 < text.get_position()[0] < 2}


def test_a_stock_stands_at_the_end_of_its_year_and_a_flow_in_its_middle(drawn, fan, make_quantiles, counts, labels):
    flows = Fan(make_quantiles("births", 100, 0.1), counts.assign(target="births"), policies={"2017-07": "package"})
    stock, flow = (drawn(*args, labels).axes[0] for args in ((fan, ["tech_sme_stock"]), (flows, ["births"])))
    last_count = [
        next(line.get_xdata() for line in axes.lines if line.get_marker() == "o")[-1] for axes in (stock, flow)
    ]
    assert last_count == [2017.0, 2016.5]
    for axes in (stock, flow):
        told = dict(
            zip(axes.xaxis.get_minorticklocs(), (t.get_text() for t in axes.get_xticklabels(minor=True)), strict=True)
        )
        assert told[2017.5] == "2017"
        assert told[2019.5] == "2019"  # the horizon always
        assert next(line.get_xdata()[0] for line in axes.lines if line.get_marker() == "v") == 2017.5


def test_months_of_a_flow_are_drawn_as_the_years_that_the_forecast_counts(drawn, make_quantiles, labels):
    months = pd.DataFrame({
        "location": "Pinghu", "target": "births", "value": 10.0,
        "time": [f"{year}-{month:02}" for year in range(2015, 2019) for month in range(1, 13)],
    })  # fmt: skip
    fan = Fan(make_quantiles("births", 120, 0.1, origin="2017-06"), months[:30], later=months[30:])
    axes = drawn(fan, ["births"], labels).axes[0]
    known, later = (line for line in axes.lines if line.get_marker() == "o")
    assert known.get_xydata().tolist() == [[2015.5, 120.0], [2016.5, 120.0]]
    assert later.get_xydata().tolist() == [[2017.5, 120.0], [2018.5, 120.0]]  # half of 2017 was known at the origin
    assert fan_span([fan], ["births"]) == (2015.0, 2020.0)


def test_years_are_drawn_as_they_are(fan):
    pd.testing.assert_frame_equal(fan.known, fan.observed)
    pd.testing.assert_frame_equal(fan.published.reset_index(drop=True), fan.later, check_like=True)


def test_many_starts_of_policies_are_marks_above_and_one_line(drawn, fan, labels):
    starts = {f"2017-{month:02}": "2 policies" for month in (4, 6, 7, 9, 12)}
    axes = drawn(replace(fan, policies=starts), BOTH, labels).axes[0]
    lines = [line for line in axes.lines if line.get_color() == canvas.VERMILION]
    assert [len(line.get_xdata()) for line in lines if line.get_marker() == "v"] == [5]
    assert len([line for line in lines if line.get_linestyle() == "--"]) == 1
    assert "start of policies" in words_of(drawn(replace(fan, policies=starts), BOTH, labels))


def test_starts_beyond_the_years_shown_have_no_mark_and_one_at_the_origin_no_line_of_its_own(drawn, fan, labels):
    def marked(*starts):
        axes = drawn(replace(fan, policies=dict.fromkeys(starts, "package")), BOTH, labels).axes[0]
        lines = [line for line in axes.lines if line.get_color() == canvas.VERMILION]
        marks = next(line.get_xdata() for line in lines if line.get_marker() == "v")
        return list(marks), sum(line.get_linestyle() == "--" for line in lines)

    assert marked("2012-01", "2017-07", "2031-01") == ([2017.5], 1)
    assert marked("2017-01") == ([2017.0], 0)


def test_every_kind_of_line_is_in_the_legend_and_nothing_that_no_panel_shows(drawn, fan, labels):
    words = words_of(drawn(fan, BOTH, labels))
    assert "90 % under national rules only" in words
    assert "median under national rules only, gray number" in words
    assert "assumed level" not in words
    elsewhere = replace(fan, assumed={"births": ("2016", 5.0)})
    assert "assumed level" not in words_of(drawn(elsewhere, BOTH, labels))
    assert "assumed level" in words_of(drawn(replace(fan, assumed={"hnte_stock": ("2016", 100.0)}), BOTH, labels))
    assert "counted" not in words_of(drawn(fan, ["hnte_stock"], labels))


def test_a_baseline_that_is_the_forecast_itself_is_neither_drawn_nor_told(drawn, fan, labels):
    same = replace(fan, baseline=fan.forecast.assign(scenario="base"))
    figure = drawn(same, BOTH, labels)
    assert not [word for word in words_of(figure) if labels.baseline in word]
    assert [len(numbers_beside(axes)) for axes in figure.axes] == [2, 2]
    assert [len(numbers_beside(axes)) for axes in drawn(fan, BOTH, labels).axes] == [3, 3]


def test_no_number_beside_a_panel_falls_under_its_axis(drawn, make_quantiles, counts, labels):
    low = make_quantiles("tech_sme_stock", 10, -0.5, sd=1.5)
    fan = Fan(low, counts.iloc[:0], low.assign(value=low["value"] * 0.9, scenario="base"))
    heights = sorted(numbers_beside(drawn(fan, ["tech_sme_stock"], labels).axes[0]).values())
    assert len(heights) == 3
    assert heights[0] > 0
    assert min(np.diff(heights)) > 0.05


def test_a_legend_is_as_many_columns_as_its_words_leave_room_for():
    key = [(None, "counted"), (None, "median"), (None, "words of a very long baseline of somebody " * 2)]
    assert canvas.per_row(key[:2], canvas.NARROW) == 2
    assert canvas.per_row(key, canvas.NARROW) == 1
