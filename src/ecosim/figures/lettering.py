"""Text in charts on any machine: Latin letters from matplotlib's own font, Chinese from the font carried here."""

import warnings
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.font_manager import FontProperties

HAN_FONT = Path(__file__).parent / "fonts" / "EcosimHan-Regular.ttf"
HAN_FAMILY = "Ecosim Han"
LATIN_FAMILY = "DejaVu Sans"
NO_GLYPH = "\N{REPLACEMENT CHARACTER}"


@cache
def _glyphs() -> frozenset[int]:
    """The code points that the two fonts can draw; makes the carried one known to matplotlib."""
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    font_manager.fontManager.addfont(str(HAN_FONT))
    regular = next(entry for entry in font_manager.fontManager.ttflist if entry.fname == str(HAN_FONT))
    font_manager.fontManager.ttflist.append(replace(regular, weight=700))  # one weight for both: no warning, no search
    latin = font_manager.findfont(LATIN_FAMILY, fallback_to_default=False)
    return frozenset(FT2Font(latin).get_charmap()) | frozenset(FT2Font(str(HAN_FONT)).get_charmap())


def font(size: float, bold: bool = False) -> "FontProperties":
    """A font that draws Latin and Chinese alike; size in points."""
    from matplotlib.font_manager import FontProperties

    _glyphs()
    return FontProperties(family=[LATIN_FAMILY, HAN_FAMILY], size=size, weight="bold" if bold else "normal")


def missing_glyphs(text: str) -> str:
    """The characters of a text that the charts cannot draw, each once, in order."""
    return "".join(dict.fromkeys(c for c in text if ord(c) not in _glyphs() and not c.isspace()))


@cache
def _advance(character: str, bold: bool) -> float:
    """Width of a character in em; a hanzi is one em wide."""
    if ord(character) > 0x2E7F:
        return 1.0
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font, LoadFlags

    latin = FT2Font(font_manager.findfont(font(10, bold), fallback_to_default=False))
    latin.set_size(10, 72)
    return latin.load_char(ord(character), flags=LoadFlags.NO_HINTING).linearHoriAdvance / 65536 / 10


def width_of(text: str, size: float, bold: bool = False) -> float:
    """Width of a text in inches at a size in points."""
    return sum(_advance(character, bold) for character in drawable(text)) * size / 72


def drawable(text: str) -> str:
    """The text with a replacement mark for every character that no carried font has, and a warning that names them."""
    missing = missing_glyphs(text)
    if not missing:
        return text
    codes = ", ".join(f"{c} (U+{ord(c):04X})" for c in missing)
    warnings.warn(
        f"chart text {text!r}: the carried fonts have no glyph for {codes}; drawn as {NO_GLYPH}; "
        "write the label in simplified Chinese (GB 2312) or Latin letters",
        stacklevel=2,
    )
    return text.translate({ord(c): NO_GLYPH for c in missing})
