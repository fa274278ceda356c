"""The chart of effects: small ones are told from none."""

import pytest
from matplotlib.text import Text

from ecosim.figures import effect_chart


def scaled(effect, largest):
    return effect.assign(value=effect["value"] / effect["value"].abs().max() * largest)


def test_a_small_effect_is_labelled_with_a_digit(tmp_path, effect, labels, drawn):
    effect_chart(scaled(effect, 0.04), ["tech_sme_stock"], tmp_path / "a.png", labels)
    said = [text.get_text() for text in drawn[0].axes[0].texts]
    assert any(text.startswith("+0.0") for text in said)
    assert not any(text == "0" or text.startswith("0 to") or text.endswith("to 0") for text in said)


def test_an_interval_that_holds_zero_says_so_though_half_of_the_futures_do_not(tmp_path, make_quantiles, labels, drawn):
    effect = make_quantiles("tech_sme_stock", 100, 0.0)
    for name, less in (("a", 85.0), ("b", 70.0)):
        shifted = effect.assign(value=effect["value"] - less)
        effect_chart(shifted, ["tech_sme_stock"], tmp_path / f"{name}.png", labels)
    holds, does_not = (
        any(text.get_text() == "90 % interval holds zero" for text in figure.findobj(Text)) for figure in drawn
    )
    assert holds
    assert not does_not


def test_an_effect_that_is_not_told_from_zero_lies_on_the_line_of_no_effect(tmp_path, effect, labels, drawn):
    effect_chart(scaled(effect, 1e-6), ["tech_sme_stock"], tmp_path / "a.png", labels)
    (axes,) = drawn[0].axes
    assert axes.get_ylim() == pytest.approx((-1.0, 1.0), abs=1e-3)
    assert "≈0" in [text.get_text() for text in axes.texts]
