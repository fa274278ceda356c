"""The chart of relative skill: drawn from any table, the same bytes for the same table."""

import pandas as pd
import pytest

from ecosim.figures import skill_chart

ROWS = [
    ("ets", 1, 0.93, 0.85, 1.02), ("ets", 3, 1.10, 0.95, 1.30), ("a_very_long_name_of_a_method", 1, 0.4, 0.3, 0.6),
    ("historical_mean", 1, 9.0, 7.0, 12.0), ("historical_mean", 3, 1.9, 1.2, 40.0),
]  # fmt: skip


@pytest.fixture
def skill():
    return pd.DataFrame(ROWS, columns=["model", "horizon", "value", "lower", "upper"])


def draw(skill, path):
    return skill_chart(skill, path, "title", "subtitle", "last_value", "year", ("ets",))


def test_equal_tables_give_equal_bytes(skill, tmp_path):
    first, second = draw(skill, tmp_path / "a.png"), draw(skill.copy(), tmp_path / "b.png")
    assert first.read_bytes() == second.read_bytes()
    assert first.stat().st_size > 5000


def test_a_table_without_rows_is_refused(skill, tmp_path):
    with pytest.raises(ValueError, match="fewer than two methods"):
        draw(skill.iloc[:0], tmp_path / "a.png")


def test_every_method_is_seen_however_good_or_bad(skill, tmp_path, drawn):
    better = [("best", 1, 0.29, 0.23, 0.37), ("best", 3, 0.37, 0.3, 0.5), ("perfect", 1, 0.04, 0.03, 0.05)]
    draw(pd.concat([skill, pd.DataFrame(better, columns=skill.columns)]), tmp_path / "a.png")
    (axes,) = drawn[0].axes
    low, high = axes.get_xlim()
    dots = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "o"]
    assert sorted(dots) == [0.29, 0.37, 0.4, 0.93, 1.1, 1.9]
    assert low <= min(dots)
    assert max(dots) <= high
    written = {text.get_text(): text for text in axes.texts}
    assert written["\u2039 0.04"].get_position()[0] == low
    assert written["9.0 \u203a"].get_position()[0] == high


def test_the_best_method_stands_on_top_and_three_horizons_are_told(skill, tmp_path, drawn):
    more = pd.DataFrame([("ets", step, 0.9, 0.8, 1.0) for step in (2, 5)], columns=skill.columns)
    draw(pd.concat([skill, more]), tmp_path / "a.png")
    names = {text.get_text(): text.get_position()[1] for text in drawn[0].axes[0].texts if text.get_position()[0] < 0}
    assert sorted(names, key=names.get) == ["a very long name of a method", "ets", "historical mean"]
    told = [text.get_text() for text in drawn[0].legends[0].get_texts()]
    assert told == ["1 year ahead", "3 years ahead", "5 years ahead"]


def test_the_words_above_stand_on_the_page_where_all_are_much_better(tmp_path, drawn):
    rows = [("ets", 1, 0.12, 0.1, 0.15), ("drift", 1, 0.9, 0.8, 1.0)]
    draw(pd.DataFrame(rows, columns=["model", "horizon", "value", "lower", "upper"]), tmp_path / "a.png")
    for text in drawn[0].axes[0].texts:
        assert text.get_window_extent().x1 <= drawn[0].bbox.x1
