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
