"""The paper under every chart: size, palette, axes, and a file that is the same on every run."""

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecosim.data.writing import write_whole
from ecosim.figures.lettering import drawable, font, width_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

DPI = 200
WIDTH = 6.4  # inch: 1,280 pixels, still read when a compare page shows them as 500
NARROW = 3.4  # inch: one panel, for a phone

SAMPLE, GAP = 0.29, 0.12  # inch of a sample in a legend with the gap to its words, and between columns
LEFT, RIGHT = 0.58, 0.75  # inch of a panel for the numbers on its left and the words on its right

# Okabe and Ito (2008), told apart by color-blind readers and in gray
BLUE, GREEN, ORANGE, VERMILION = "#0072B2", "#009E73", "#E69F00", "#D55E00"
INK, GRAY, PALE = "#1a1a1a", "#5f5f5f", "#d9d9d9"
BANDS = {0.9: "#dcebf5", 0.8: "#b9d7eb", 0.5: "#7db6da"}  # tints of BLUE, opaque so that nothing shines through

SMALL, BODY, HEAD = 7.5, 8.5, 10.5  # points


def new_figure(width: float, height: float) -> "Figure":
    """A white page in inches, drawn by Agg, without any state of pyplot: safe in threads."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def write(where: "Axes | Figure", x: float, y: float, text: str, size: float = BODY, **looks: Any) -> "Text":
    """Text that draws Chinese, takes '$' literally and names the characters it cannot draw."""
    bold = bool(looks.pop("bold", False))
    looks.setdefault("color", INK)
    return where.text(x, y, drawable(text), fontproperties=font(size, bold), parse_math=False, **looks)


def sheet(
    title: str, subtitle: str, panels: int, columns: int, foot: float, each: float = 1.85, left: float = LEFT
) -> tuple["Figure", list["Axes"]]:
    """A page with its heads and a grid of panels, read from left to right.

    foot: inches left free at the bottom; each: height of a row; left: inches left free beside every panel.
    """
    width = NARROW if columns == 1 and panels > 1 else WIDTH
    columns = min(columns, panels)
    rows = -(-panels // columns)
    heads = wrap(title, width - 0.2, HEAD, bold=True)
    lines = wrap(subtitle, width - 0.2, SMALL)
    top = 0.1 + 0.2 * len(heads) + 0.15 * len(lines) + 0.08
    height = top + rows * each + foot
    figure = new_figure(width, height)
    for n, line in enumerate(heads):
        write(figure, 0.1 / width, 1 - (0.1 + 0.2 * n) / height, line, HEAD, bold=True, va="top")
    for n, line in enumerate(lines):
        down = 0.1 + 0.2 * len(heads) + 0.15 * n
        write(figure, 0.1 / width, 1 - down / height, line, SMALL, color=GRAY, va="top")
    cell = width / columns
    corners = [(n % columns * cell + left, foot + (rows - 1 - n // columns) * each + 0.3) for n in range(panels)]
    return figure, [panel(figure, *corner, cell - left - RIGHT, each - 0.72) for corner in corners]


def head(axes: "Axes", title: str, unit: str, note: str = "", left: float = LEFT, largest: float = BODY) -> None:
    """Name, unit and remark above a panel, flush with its numbers on the left; largest: points of the name at most."""
    width, height = size(axes)
    looks = {"ha": "left", "va": "bottom", "transform": axes.transAxes, "clip_on": False}
    start, cell = (0.1 - left) / width, left + width + RIGHT
    write(axes, start, 1 + 0.21 / height, title, fit(title, cell - 0.2, largest, bold=True), bold=True, **looks)
    write(axes, start, 1 + 0.06 / height, unit, SMALL, color=GRAY, **looks)
    if note:
        used = width_of(unit, SMALL) + 0.1 if unit else 0.0
        small = fit(note, cell - 0.2 - used, SMALL)
        write(axes, start + used / width, 1 + 0.06 / height, note, small, color=VERMILION, **looks)


def size(axes: "Axes") -> tuple[float, float]:
    """Width and height of a panel in inches."""
    extent = axes.get_window_extent()
    return extent.width / DPI, extent.height / DPI


def years(axes: "Axes") -> None:
    """At most five whole years below, numbers on the left."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True, min_n_ticks=2))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, min_n_ticks=3))
    axes.yaxis.set_major_formatter(FuncFormatter(tick))
    grid(axes, "y")


def tick(value: float, _: object = None) -> str:
    """A number beside an axis, with commas; from a million on in millions, '1.5m'."""
    text = f"{value / 1e6:,.10g}m" if abs(value) >= 1e6 else f"{value:,.10g}"
    return text.replace("-", "−")


def values_below(axes: "Axes") -> None:
    """Values along the lower edge only, with commas."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=3, min_n_ticks=2))
    axes.xaxis.set_major_formatter(FuncFormatter(tick))
    grid(axes, "x")


def per_row(key: list[tuple[Any, str]], inches: float) -> int:
    """How many samples stand side by side in a legend of some width, at most five."""
    for columns in range(min(5, len(key)), 1, -1):
        longer, rest = len(key) % columns, -(-len(key) // columns)
        sizes = [rest if n < longer or not longer else rest - 1 for n in range(columns)]
        stops = [sum(sizes[:n]) for n in range(columns + 1)]
        wide = (max(width_of(words, SMALL) for _, words in key[a:b]) for a, b in pairwise(stops))
        if sum(wide) + columns * (SAMPLE + GAP) - GAP <= inches - 0.1:
            return columns
    return 1


def legend(figure: "Figure", key: list[tuple[Any, str]], columns: int) -> None:
    """Samples with their words along the lower edge; a tuple of samples stands side by side."""
    from matplotlib.legend_handler import HandlerTuple

    figure.legend(
        [sample for sample, _ in key],
        [drawable(words) for _, words in key],
        loc="lower left",
        ncol=columns,
        prop=font(SMALL),
        frameon=False,
        borderaxespad=0.3,
        columnspacing=1.1,
        handletextpad=0.5,
        handlelength=2.2,
        labelspacing=0.35,
        handler_map={tuple: HandlerTuple(ndivide=None, pad=0.0)},
    )


def panel(figure: "Figure", left: float, bottom: float, width: float, height: float) -> "Axes":
    """Axes at a place in inches, with open corners and light grid lines."""
    full_width, full_height = figure.get_size_inches()
    axes = figure.add_axes((left / full_width, bottom / full_height, width / full_width, height / full_height))
    axes.set_facecolor("white")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(GRAY)
        axes.spines[side].set_linewidth(0.6)
    axes.tick_params(length=2.5, width=0.6, color=GRAY, labelsize=SMALL, labelcolor=INK, labelfontfamily="DejaVu Sans")
    axes.set_axisbelow(True)
    return axes


def grid(axes: "Axes", axis: str) -> None:
    """Light lines across one axis ('x' or 'y')."""
    axes.grid(True, axis=axis, color="#ececec", linewidth=0.6)  # type: ignore[arg-type]


def wrap(text: str, inches: float, size: float, bold: bool = False) -> list[str]:
    """A text in lines no wider than given; Chinese breaks anywhere, Latin between words."""
    lines, line = [], ""
    for piece in _pieces(text):
        if line.strip() and width_of(line + piece.rstrip(), size, bold) > inches:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    return [*lines, line.rstrip()] if line.strip() else lines


def fit(text: str, inches: float, size: float, bold: bool = False) -> float:
    """The size at which a text is no wider than given, in points, at most `size`."""
    wide = width_of(text, size, bold)
    return size * min(1.0, inches / wide) if wide else size


def _pieces(text: str) -> list[str]:
    pieces, word = [], ""
    for character in text:
        if ord(character) > 0x2E7F:  # hanzi and full-width forms break on both sides
            pieces += [word, character] if word else [character]
            word = ""
        else:
            word += character
            if character == " ":
                pieces.append(word)
                word = ""
    return [*pieces, word] if word else pieces


def save(figure: "Figure", path: Path) -> Path:
    """Writes the PNG without date or software name, so that equal tables give equal bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nameless = {"Software": None}
    write_whole(path, lambda part: figure.savefig(part, format="png", dpi=DPI, facecolor="white", metadata=nameless))
    return path
