"""The ladder of take-up: which instruments it shows, for which year, and that equal tables give equal bytes."""

import pandas as pd
import pytest

from ecosim.figures import Labels, canvas, take_up_chart
from ecosim.figures.take_up import LEAST, MOST_LADDERS, ladders, year_to_draw

STAGES = ("eligible", "aware", "assisted", "applied", "funded", "kept")


def funnel(instruments=("award",), years=(2017, 2018), zones=("all", "town"), funded=20.0):
    rows = []
    for name in instruments:
        for year in years:
            for zone in zones:
                for place, stage in enumerate(STAGES):
                    if stage == "kept" and year == max(years):
                        continue
                    value = funded * (len(STAGES) - place)
                    words = (name.title(), "认定奖励")
                    told = ("s", "Pinghu", zone, name, year, stage)
                    rows.append((*told, value, 0.8 * value, 1.2 * value, "", *words))
    columns = [
        "scenario", "location", "zone", "instrument", "year", "stage", "median", "lower", "upper",
        "zone_zh", "label", "label_zh",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def test_the_year_is_the_last_one_of_which_it_is_known_what_was_kept():
    assert year_to_draw(funnel()) == 2017
    assert year_to_draw(funnel(years=(2017,))) is None


def test_ladders_are_those_that_somebody_got_and_twelve_at_most():
    table = funnel([f"award {number}" for number in range(15)])
    assert len(ladders(table, 2017)) == MOST_LADDERS
    assert ladders(funnel(funded=0.0), 2017) == {}
    assert ladders(funnel(zones=("town",)), 2017) == {"award": 2017}


def test_an_instrument_that_ended_is_drawn_in_its_last_year_and_the_others_are_counted(tmp_path, drawn):
    going, ended = funnel(("award",), years=(2017, 2018, 2019)), funnel(("visits",), years=(2017, 2018))
    still_listed = funnel(("visits",), years=(2018, 2019), funded=0.0).query("year == 2019 or stage == 'kept'")
    table = pd.concat([going, ended, still_listed], ignore_index=True)
    assert ladders(table, 2018) == {"award": 2018, "visits": 2018}
    assert ladders(pd.concat([going, funnel(("visits",), years=(2016, 2017))]), 2018) == {"award": 2018, "visits": 2017}
    many = pd.concat([funnel([f"award {number}" for number in range(13)], years=(2017, 2018, 2019)), ended])
    take_up_chart(pd.concat([ended, many]), 2018, tmp_path / "a.png", Labels("Pinghu"))
    said = " ".join(text.get_text() for text in drawn[0].texts).replace("\n", " ")
    assert "2 more instruments: take_up.csv" in said
    before = pd.concat([going, funnel(("visits",), years=(2016, 2017))])
    take_up_chart(before, 2018, tmp_path / "b.png", Labels("Pinghu"))
    assert [text.get_text() for axes in drawn[1].axes for text in axes.texts if "last" in text.get_text()] == [
        "2017, its last year"
    ]


def test_an_instrument_to_which_stages_do_not_apply_is_drawn_without_their_bars(tmp_path):
    table = funnel(("award", "centers"))
    none = (table["instrument"] == "centers") & table["stage"].isin(["applied", "funded", "kept"])
    without = table.assign(**{name: table[name].mask(none) for name in ("median", "lower", "upper")})
    assert list(ladders(without, 2017)) == ["award", "centers"]
    labels = Labels("Pinghu", "平湖")
    drawn = take_up_chart(without, 2017, tmp_path / "a.png", labels).read_bytes()
    assert drawn != take_up_chart(table, 2017, tmp_path / "b.png", labels).read_bytes()


@pytest.mark.parametrize("columns", [1, 2])
def test_the_names_of_instruments_are_of_one_size_that_can_be_read(tmp_path, monkeypatch, columns):
    monkeypatch.setattr(canvas, "save", lambda figure, path: figure)
    table = funnel(("five ones: a provincial key enterprise institute", "visits", "tax"))
    figure = take_up_chart(table, 2017, tmp_path / "a.png", Labels("Pinghu", "平湖"), columns)
    heads = {text.get_text(): text.get_fontsize() for axes in figure.axes for text in axes.texts}
    sizes = {heads[name] for name in ("Five Ones: A Provincial Key Enterprise Institute", "Visits", "Tax")}
    assert len(sizes) == 1
    assert LEAST <= sizes.pop() <= canvas.BODY
    assert heads["认定奖励"] == canvas.SMALL


def test_equal_tables_give_equal_charts_with_chinese_words(tmp_path):
    labels, table = Labels("Pinghu", "平湖"), funnel(("award", "visits", "tax"))
    first = take_up_chart(table, 2017, tmp_path / "a.png", labels).read_bytes()
    assert take_up_chart(table, 2017, tmp_path / "b.png", labels).read_bytes() == first
    assert take_up_chart(table, 2018, tmp_path / "c.png", labels).read_bytes() != first
    assert take_up_chart(table, 2017, tmp_path / "narrow.png", labels, columns=1).exists()


def test_a_year_without_any_ladder_is_explained(tmp_path):
    with pytest.raises(ValueError, match="up to 2016; choose a later year"):
        take_up_chart(funnel(), 2016, tmp_path / "a.png", Labels("Pinghu"))


def test_the_interval_shows_inside_its_bar(tmp_path, monkeypatch):
    monkeypatch.setattr(canvas, "save", lambda figure, path: figure)
    axes = take_up_chart(funnel(), 2017, tmp_path / "a.png", Labels("Pinghu", "平湖")).axes[0]
    assert all(sum(bar.get_facecolor()[:3]) > 1.9 for bar in axes.patches), "bars are light"
    assert {line.get_color() for line in axes.lines} == {canvas.INK}
