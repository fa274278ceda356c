"""Chinese is drawn on a machine without Chinese fonts, and what cannot be drawn is said."""

import warnings

import pytest

from ecosim.data import targets
from ecosim.figures import TARGETS, Labels, fan_chart
from ecosim.figures.labels import TargetLabel, amount, brief, number
from ecosim.figures.lettering import HAN_FONT, drawable, missing_glyphs, width_of

PLACES = (
    "北京天津河北山西内蒙古辽宁吉林黑龙江上海江苏浙江安徽福建江西山东河南湖北湖南广东广西海南重庆四川贵州云南西藏陕西甘肃"
    "青海宁夏新疆 平湖嘉善海盐桐乡秀洲南湖嘉兴杭州宁波温州湖州绍兴金华衢州舟山台州丽水鄞州瓯海嵊泗缙云景宁畲族"
)


def test_the_carried_font_is_small_and_has_its_license():
    assert HAN_FONT.stat().st_size < 1.5e6
    assert "Apache License" in (HAN_FONT.parent / "LICENSE-Apache-2.0.txt").read_text(encoding="utf-8")


def test_every_hanzi_of_gb2312_has_a_glyph():
    rows = [bytes([0xA0 + row, 0xA0 + cell]) for row in range(16, 88) for cell in range(1, 95)]
    hanzi = [text for pair in rows if (text := pair.decode("gb2312", errors="ignore"))]
    assert len(hanzi) == 6763
    assert missing_glyphs("".join(hanzi)) == ""


def test_every_name_of_a_place_and_a_target_has_its_glyphs():
    names = [label.title + label.chinese + label.unit for label in TARGETS.values()]
    names += [target.english + target.chinese for target in targets.TARGETS.values()]
    assert missing_glyphs("".join(names) + PLACES + "，。：；（）“”《》、—–−×·％") == ""


def test_a_character_without_glyph_is_named_and_replaced():
    with pytest.warns(UserWarning, match=r"no glyph for 㐂 \(U\+3402\)"):
        assert drawable("平湖㐂㐂") == "平湖\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"


def test_chinese_labels_are_drawn_without_any_warning(tmp_path, fan, labels):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fan_chart(fan, ["tech_sme_stock"], tmp_path / "fan.png", labels)


def test_the_width_of_a_text_grows_with_its_letters_and_its_size():
    assert width_of("平湖", 9) == pytest.approx(2 * 9 / 72)
    assert width_of("Pinghu", 18) == pytest.approx(2 * width_of("Pinghu", 9))


@pytest.mark.parametrize(
    ("value", "text"), [(514.4, "514"), (9.96, "10"), (7.25, "7.2"), (3.0, "3"), (-1e-12, "0"), (12345.6, "12,346")]
)
def test_counts_read_as_counts(value, text):
    assert number(value, TargetLabel("Firms", "firms")) == text


@pytest.mark.parametrize(
    ("value", "whole", "text"),
    [(0.03, True, "+0.03"), (-4e-4, True, "−0.0004"), (0.0042, False, "+0.004"), (2e-7, False, "≈0"), (0.0, True, "0")],
)
def test_what_is_not_zero_is_not_written_as_zero(value, whole, text):
    assert number(value, TargetLabel("R&D", "", whole=whole), signed=True) == text


def test_signs_and_gaps_read_well():
    assert number(22.4, TargetLabel("Firms", "firms"), signed=True) == "+22"
    assert number(-22.4, TargetLabel("Firms", "firms"), signed=True) == "−22"
    assert number(float("nan"), TargetLabel("Firms", "firms")) == "–"
    assert number(14.25, TargetLabel("R&D", "100m CNY", whole=False)) == "14.2"


def test_large_numbers_that_stand_together_share_their_thousands():
    assert brief([89802, 41143, 186655], TargetLabel("Patents", "patents")) == ["90k", "41k", "187k"]
    assert brief([2e7, 5e6], TargetLabel("Patents", "patents")) == ["20m", "5m"]


def test_a_target_of_the_user_is_called_by_its_name():
    assert Labels("Pinghu").title("robot_makers") == "Robot makers"
    own = Labels("Pinghu", targets={"robot_makers": TargetLabel("Robot makers", "firms", "机器人企业")})
    assert own.title("robot_makers") == "Robot makers 机器人企业"


def test_an_index_is_told_in_words_and_its_changes_in_points():
    index, stock = (Labels("Pinghu").of(name) for name in ("hnte_stock_index", "tech_sme_stock"))
    assert amount(264.7, index) == "index 265 (origin = 100)"
    assert amount(60.2, index, signed=True) == "+60 index points"
    assert amount(514.0, stock) == "514 firms"
    assert amount(-44.0, stock, signed=True) == "−44 firms"
    assert amount(3.0, Labels("Pinghu").of("robot_makers")) == "3"
    assert Labels("Pinghu").measured("hnte_stock_index") == "origin = 100, end of year"  # under an axis


def test_a_unit_that_holds_a_number_does_not_run_into_the_value():
    money = Labels("Pinghu").of("rd_expenditure")
    assert amount(3.5, money) == "3.5 (100m CNY)"
    assert amount(3.5, money, signed=True) == "+3.5 (100m CNY)"
