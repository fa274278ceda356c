"""The axis of time of a fan chart: a year is a span, so a stock stands at its end and a flow in its middle."""

from collections.abc import Iterable
from math import ceil, floor
from typing import TYPE_CHECKING, Any

from ecosim.data.periods import parse
from ecosim.figures import canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_YEARS = 5  # labels below
STEPS = (1, 2, 3, 4, 5, 10, 20, 50)  # years between labels
FEW_STARTS = 3  # up to here every start of a policy has its own line, beyond only the first
SAME = 0.05  # years within which the line of a start would cover that of the origin
WORD = 0.16  # inch that the upright word beside the origin needs


def place(time: str, stock: bool) -> float:
    """Where a value stands, in years: a stock at the end of its period (2017 -> 2018.0), a flow in its middle."""
    end = parse(time).end
    closing = end.year + end.month / 12
    return closing if stock else (begin(time) + closing) / 2


def begin(time: str) -> float:
    """Where a period begins, in years: '2017-07' -> 2017.5."""
    start = parse(time).start
    return start.year + (start.month - 1) / 12


def limits(places: Iterable[float]) -> tuple[float, float]:
    """Whole years that hold all places and something before the first."""
    places = list(places)
    return float(ceil(min(places)) - 1), float(ceil(max(places)))


def years(axes: "Axes") -> None:
    """A mark where a year begins, and numbers under the middle of years: of the last one and at most four before it."""
    from matplotlib.ticker import FixedFormatter, FixedLocator

    first, last = axes.get_xlim()
    begins = range(ceil(first), floor(last) + 1)
    whole = [year for year in begins if year + 1 <= last]
    step = next((step for step in STEPS if len(whole[::-step]) <= MOST_YEARS), STEPS[-1])
    told = whole[::-step]
    canvas.years(axes)
    axes.xaxis.set_major_locator(FixedLocator(list(begins)))
    axes.xaxis.set_major_formatter(FixedFormatter([""] * len(begins)))
    axes.xaxis.set_minor_locator(FixedLocator([year + 0.5 for year in told]))
    axes.xaxis.set_minor_formatter(FixedFormatter([str(year) for year in told]))
    looks: dict[str, Any] = {"labelsize": canvas.SMALL, "labelcolor": canvas.INK, "labelfontfamily": "DejaVu Sans"}
    axes.tick_params(axis="x", which="minor", length=0, pad=4.5, **looks)


def dates(axes: "Axes", origin: str, starts: Iterable[str], word: bool) -> bool:
    """The origin as a full line and a mark on the upper edge where policies start; whether any start is shown.

    word: write 'origin' beside its line.
    """
    across = axes.get_xaxis_transform()
    at = place(origin, stock=True)
    first, last = axes.get_xlim()
    axes.axvline(at, color=canvas.INK, linewidth=0.8)
    shown = sorted({begin(start) for start in starts if first <= begin(start) <= last})
    for start in shown if len(shown) <= FEW_STARTS else shown[:1]:
        if abs(start - at) > SAME:
            axes.axvline(start, color=canvas.VERMILION, linewidth=0.7, linestyle=(0, (3, 2)))
    looks: dict[str, Any] = {"marker": "v", "markersize": 3, "linestyle": "", "color": canvas.VERMILION}
    axes.plot(shown, [1.0] * len(shown), transform=across, clip_on=False, **looks)
    if word:
        width, _ = canvas.size(axes)
        a_year = width / (last - first)  # inch
        gap, side = (-0.03, "right") if (at - first) * a_year >= WORD else (0.04, "left")
        upright: dict[str, Any] = {"transform": across, "rotation": 90, "va": "top", "ha": side}
        canvas.write(axes, at + gap / a_year, 0.97, "origin", canvas.SMALL - 0.5, **upright)
    return bool(shown)
