"""The chart of stylised facts: every measure a row, the same bytes on every run, and bands of every kind."""

import numpy as np
import pandas as pd
import pytest

from ecosim.figures import facts_chart
from ecosim.figures.facts import on_axis


@pytest.fixture
def facts():
    return pd.DataFrame(
        {
            "fact": ["M1", "M8", "M10", "M16"],
            "name": ["size tail", "patents", "placebo", "net entry"],
            "kind": ["calibration check", "validation", "validation", "validation"],
            "lower": [0.9, 0.5, -np.inf, 2 / 3],
            "upper": [1.15, np.inf, 1.5, np.inf],
            "value": [1.0, 0.6, 0.9, -4.0],
            "verdict": ["pass", "pass", "pass", "fail"],
            "measure": ["a", "b", "c", "d"],
        }
    )


@pytest.fixture
def by_seed(facts):
    rows = [(row.measure, seed, row.value + 0.02 * seed) for row in facts.itertuples() for seed in range(5)]
    return pd.DataFrame(rows, columns=["measure", "seed", "value"])


def test_equal_tables_give_equal_bytes(facts, by_seed, tmp_path):
    first = facts_chart(facts, by_seed, tmp_path / "a.png", "平湖").read_bytes()
    assert first == facts_chart(facts, by_seed, tmp_path / "b.png", "平湖").read_bytes()
    changed = facts_chart(facts.assign(value=1.1), by_seed, tmp_path / "c.png", "平湖").read_bytes()
    assert changed != first


def test_a_table_without_a_target_is_refused(facts, by_seed, tmp_path):
    with pytest.raises(ValueError, match="no fact with a target"):
        facts_chart(facts.assign(verdict=""), by_seed, tmp_path / "a.png", "Pinghu")


def test_every_band_lies_from_zero_to_one():
    assert on_axis(np.array([0.9, 1.15]), 0.9, 1.15) == pytest.approx([0, 1])
    assert on_axis(np.array([0.5, 1.0]), 0.5, np.inf) == pytest.approx([0, 1])
    assert on_axis(np.array([0.0, 1.5]), -np.inf, 1.5) == pytest.approx([0, 1])
    assert on_axis(np.array([0.25]), 0.0, np.inf) == pytest.approx([0.5])
