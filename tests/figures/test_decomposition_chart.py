"""The chart of lines of work: drawn for page and phone, the same each time, and honest about what it lacks."""

import warnings

import numpy as np
import pandas as pd
import pytest

from ecosim.figures import Labels, canvas, decomposition_chart
from ecosim.policies.shelf import GROUPS, GROUPS_ZH

NAMES = {group: (name, GROUPS_ZH[group]) for group, name in GROUPS.items()}
LABELS = Labels("Pinghu", "平湖", "2017 policy package", "national rules")
BOTH = ("hnte_stock", "tech_sme_stock")


@pytest.fixture
def table() -> pd.DataFrame:
    """Every line of work, two targets and two years; one adds nothing, one takes away, one has no share."""
    rows = []
    for target in BOTH:
        for time in ("2020", "2025"):
            rows.append(("package", "package", target, time, 40.0, 1.0))
            for number, group in enumerate(GROUPS):
                for measure in ("shapley", "leave_one_out", "first_in"):
                    rows.append((group, measure, target, time, 10.0 * number - 10.0, np.nan if number == 3 else 0.1))
    frame = pd.DataFrame(rows, columns=["group", "measure", "target", "time", "median", "share"])
    frame = frame.assign(mean=frame["median"], lower_05=frame["median"] - 4, upper_95=frame["median"] + 9)
    return frame.assign(instrument=np.nan, outlay=1234.0, tax_expenditure=0.0)


@pytest.mark.parametrize(("columns", "width"), [(2, 1280), (1, 680)])
def test_it_is_a_png_for_a_page_or_a_phone_with_every_glyph(tmp_path, table, columns, width) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        path = decomposition_chart(table, BOTH, tmp_path / "a.png", LABELS, NAMES, columns)
    assert int.from_bytes(path.read_bytes()[16:20], "big") == width


def test_the_same_table_gives_the_same_bytes(tmp_path, table) -> None:
    one, other = (decomposition_chart(table, BOTH, tmp_path / name, LABELS, NAMES) for name in ("a.png", "b.png"))
    assert one.read_bytes() == other.read_bytes()


def test_only_the_last_year_is_drawn(tmp_path, table) -> None:
    whole = decomposition_chart(table, BOTH, tmp_path / "a.png", LABELS, NAMES)
    last = decomposition_chart(table[table["time"] == "2025"], BOTH, tmp_path / "b.png", LABELS, NAMES)
    assert whole.read_bytes() == last.read_bytes()


@pytest.mark.parametrize(
    ("targets", "told"), [((), "1 or 2 targets"), (("patents",), "patents: not in"), ((*BOTH, "x"), "not 3")]
)
def test_it_refuses_what_it_cannot_draw(tmp_path, table, targets, told) -> None:
    with pytest.raises(ValueError, match=told):
        decomposition_chart(table, targets, tmp_path / "a.png", LABELS, NAMES)


def test_the_legend_says_that_bars_are_medians_and_shares_of_means(tmp_path, table, monkeypatch) -> None:
    monkeypatch.setattr(canvas, "save", lambda figure, path: figure)
    figure = decomposition_chart(table, BOTH, tmp_path / "a.png", LABELS, NAMES)
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "part of the effect: median, 90 % of futures" in words
    assert "share of the effect, of means" in words
