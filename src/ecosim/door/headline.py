"""Which few of all the numbers a reader meets first."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

FIRST_LOOK = 4  # years after the origin of the nearer headline year
MOST_CHARTS = 6


def shown_targets(targets: Iterable[str], forecast: "pd.DataFrame", most: int = MOST_CHARTS) -> list[str]:
    """The targets to show: those asked for that the forecast has, else the first of the forecast."""
    present = list(dict.fromkeys(forecast["target"]))
    return ([target for target in targets if target in present] or present)[:most]


def headline_years(forecast: "pd.DataFrame") -> list[str]:
    """A nearer year and the last one, as the table writes them."""
    years = sorted(dict.fromkeys(forecast["time"].astype(str)))
    return list(dict.fromkeys([years[min(FIRST_LOOK, len(years)) - 1], years[-1]])) if years else []


def has_effect(effect: "pd.DataFrame") -> bool:
    """Whether the scenario differs from its baseline at all."""
    return bool(len(effect)) and bool((effect["value"] != 0).any())
