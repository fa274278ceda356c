"""The chart of many places: the largest on top, on a scale that holds every interval, with when they were counted."""

import pandas as pd
import pytest

from ecosim.figures import places_chart
from ecosim.figures.places import LEAST, MOST


def table(places):
    rows = [(name, "hnte_stock", "2020", m, 0.5 * m, 2 * m, 0.9 * m, "2016") for name, m in places.items()]
    columns = ["location", "target", "time", "median", "lower", "upper", "last_count", "last_time"]
    return pd.DataFrame(rows, columns=columns)


def names(axes):
    """The places from top to bottom."""
    left = {text.get_text(): text.get_position()[1] for text in axes.texts if text.get_ha() == "right"}
    return sorted(left, key=left.get)


def key(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_the_largest_place_stands_on_top_and_the_smallest_are_left_out(tmp_path, labels, drawn):
    many = table({f"place {n}": float(n) for n in range(1, MOST + 11)})
    places_chart(many, "hnte_stock", "2020", tmp_path / "a.png", labels)
    assert names(drawn[0].axes[0]) == [f"place {n}" for n in range(MOST + 10, 10, -1)]


def test_every_interval_lies_on_the_scale(tmp_path, labels, drawn):
    some = table({"large": 900.0, "small": 1.0, "none": 0.0})
    places_chart(some, "hnte_stock", "2020", tmp_path / "a.png", labels)
    assert names(drawn[0].axes[0]) == ["large", "small"]
    low, high = drawn[0].axes[0].get_xlim()
    assert low == LEAST
    assert high > 1800


@pytest.mark.parametrize(
    ("times", "words"), [(["2016", "2016"], "counted 2016"), (["2015", "2016"], "counted last"), ([None, None], "")]
)
def test_the_key_says_when_the_places_were_counted(times, words, tmp_path, labels, drawn):
    places_chart(table({"a": 9.0, "b": 5.0}).assign(last_time=times), "hnte_stock", "2020", tmp_path / "a.png", labels)
    assert key(drawn[0]) == [*([words] if words else []), "median 2020", "90 % of futures"]


def test_a_year_without_a_forecast_is_refused(tmp_path, labels):
    with pytest.raises(ValueError, match="hnte_stock 2031: no place has a forecast above zero to draw"):
        places_chart(table({"a": 9.0}), "hnte_stock", "2031", tmp_path / "a.png", labels)
